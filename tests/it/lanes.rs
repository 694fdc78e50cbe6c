//! Several connectors of one command: each delivers by itself, and each is told about honestly.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use datagen::attributes::Settings;
use datagen::columns::Schema;
use datagen::delivery::{
    About, Destination, Durability, Holder, Opened, Payload, Published, Receipt, Sealing, Sink,
    Start, Target,
};
use datagen::engine::{Control, EngineError, Run};
use datagen::formats::Segment;
use datagen::plan::{Environment, Plan};
use datagen::problems::{Problems, chain};
use datagen::remote::{Failure, Io, Kind, Network};
use datagen::roots::ReadRoots;
use datagen::{engine, fields, formats, model, plan, sandbox};

use crate::server::Server;
use crate::support::{files_below, run, run_ok};

const ROWS: u64 = 2_000;
const BATCHES: u64 = 10;

fn arguments<'a>(root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["generate", "-m", "sensor", "-c", "csv,json,parquet", "-r", "2000"];
    arguments.extend(["-b", "10", "--seed", "7", "--now", "2026-01-01T00:00:00Z"]);
    arguments.extend(["--output-root", root]);
    arguments.extend(more);
    arguments
}

/// The connectors of a status by their names.
fn connector<'a>(status: &'a Value, name: &str) -> &'a Value {
    let connectors = status["connectors"].as_array().unwrap();
    connectors.iter().find(|connector| connector["connector"] == name).unwrap()
}

/// One connector of three fails for good: it is named, what the others have acknowledged stays and is counted, and a
/// retry makes only what is missing.
#[test]
fn one_of_three_fails_and_a_retry_completes() {
    let folder = tempfile::tempdir().unwrap();
    run_ok(folder.path(), &arguments("reference", &["-q"]));
    let undisturbed = files_below(&folder.path().join("reference"));
    let server = Server::start(folder.path());
    // A folder that is not empty stands where the file of batch 4 will be.
    let blocked = folder.path().join("out/here/sensor-0000000004.parquet");
    fs::create_dir_all(blocked.join("mine")).unwrap();
    let form = [
        "connectors=csv,json,parquet",
        "model=sensor",
        "rows=2000",
        "batches=10",
        "seed=7",
        "now=2026-01-01T00:00:00Z",
        "LOCAL_FILE_PATH=here",
    ];
    let id = server.submit("/datagen/multipleconnectors", &form);
    let failed = server.wait(&id);
    assert_eq!(failed["status"], "FAILED");
    let comment = failed["comment"].as_str().unwrap();
    assert!(comment.starts_with("connector `parquet`, batch 4: "), "{comment}");
    assert!(comment.contains("sensor-0000000004.parquet"), "{comment}");
    assert_eq!(connector(&failed, "parquet")["rows"], 4 * ROWS);
    for name in ["csv", "json"] {
        let (files, rows) = (&connector(&failed, name)["files"], &connector(&failed, name)["rows"]);
        assert_eq!(rows.as_u64().unwrap(), files.as_u64().unwrap() * ROWS);
        // What is acknowledged is there, under its final name, whole.
        for batch in 0..files.as_u64().unwrap() {
            let file = format!("sensor-{batch:010}.{name}");
            let here = fs::read(folder.path().join("out/here").join(&file)).unwrap();
            assert!(here == undisturbed[&file], "{file}");
        }
    }
    fs::remove_dir_all(&blocked).unwrap();
    let counted = |server: &Server, name: &str| {
        let (_, all) = server.curl("/metrics/all", &[]);
        serde_json::from_str::<Value>(&all).unwrap()[format!("{name}_ROWS_GENERATED")].as_u64()
    };
    let before = counted(&server, "CSV").unwrap();
    assert_eq!(connector(&failed, "csv")["rows"], before);
    assert_eq!(server.post(&format!("/command/retry?commandUuid={id}"), &[]).0, 200);
    let finished = server.wait(&id);
    assert_eq!(finished["status"], "FINISHED", "{finished}");
    for name in ["csv", "json", "parquet"] {
        assert_eq!(connector(&finished, name)["rows"], BATCHES * ROWS);
        assert_eq!(connector(&finished, name)["retries"], 0);
        // Nothing was made twice.
        assert_eq!(counted(&server, &name.to_uppercase()), Some(BATCHES * ROWS), "{name}");
    }
    assert!(files_below(&folder.path().join("out/here")) == undisturbed);
}

/// The command line tells what stays of a run that failed, of each connector.
#[test]
fn the_command_line_tells_what_each_connector_has() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("out/sensor-0000000004.parquet/mine")).unwrap();
    let output = run(folder.path(), &arguments("out", &["--summary", "json"]));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("connector `parquet`, batch 4: "), "{told}");
    assert!(told.contains("8000 rows by `parquet`"), "{told}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let target = &summary["targets"][2];
    assert_eq!((&target["connector"], &target["rows"]), (&"parquet".into(), &8_000.into()));
    let output = run(folder.path(), &arguments("out2", &["--summary", "json", "-q"]));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    for target in summary["targets"].as_array().unwrap() {
        assert_eq!((&target["rows"], &target["retries"]), (&20_000.into(), &0.into()));
    }
}

/// A place that refuses one batch, and never answers for the others.
#[derive(Debug)]
struct Hanging {
    about: About,
    payload: Payload,
}

const REFUSED: u64 = 2;

impl Hanging {
    fn new(schema: &Arc<Schema>) -> Self {
        let (settings, mut problems) = (Settings::default(), Problems::default());
        let format = formats::find("csv").unwrap();
        let encoder = format.compile(schema, &mut settings.reader(&mut problems)).unwrap();
        let about = About {
            connector: "hanging",
            destination: Destination::default(),
            durability: Durability::Batches,
            commits: 4,
            buffer_bytes: 0,
        };
        Self { about, payload: Payload::files(encoder) }
    }
}

impl Target for Hanging {
    fn about(&self) -> &About {
        &self.about
    }
    fn payload(&self) -> &Payload {
        &self.payload
    }
    fn probe(&self, _: &Io) -> Result<(), Failure> {
        Ok(())
    }
    fn open(&self, start: &Start, _: &Io) -> Result<Opened, Failure> {
        Ok(Opened::new(Batches(0), start))
    }
    fn publish(&self, _: &Receipt, _: &Io) -> Result<Published, Failure> {
        unreachable!("nothing is ever sealed")
    }
    fn discard(&self, _: &Receipt, _: &Io) -> Result<(), Failure> {
        Ok(())
    }
    fn clean(&self, _: &Holder, _: &Io) -> Result<(), Failure> {
        Ok(())
    }
}

/// The number of the batch under way.
struct Batches(u64);

impl Sink for Batches {
    fn begin(&mut self, batch: u64) -> Result<(), Failure> {
        self.0 = batch;
        Ok(())
    }
    fn write(&mut self, _: Segment) -> Result<(), Failure> {
        Ok(())
    }
    fn seal(&mut self) -> Result<Option<Sealing>, Failure> {
        let batch = self.0;
        Ok(Some(Sealing::later(move |io| match batch {
            REFUSED => Err(Failure::new(Kind::Refused, "no")),
            _ => io.wait(std::future::pending()),
        })))
    }
    fn end(self: Box<Self>) -> Result<Option<Sealing>, Failure> {
        Ok(None)
    }
    fn abandon(self: Box<Self>) {}
}

fn plan_of_one_field() -> Arc<Plan> {
    let mut problems = Problems::default();
    let environment = Environment {
        seed: 1,
        now: 0,
        total_rows: None,
        files: &ReadRoots::new(None, &[]),
        extensions: &fields::library(sandbox::Settings::default()).current(),
    };
    let text = r#"{"Fields": [{"name": "a", "type": "BOOLEAN"}]}"#;
    let model = model::parse(text, &mut problems).unwrap();
    Arc::new(plan::compile(&model, &environment, &BTreeSet::new(), &mut problems).unwrap())
}

/// A run of so many batches of ten rows.
fn run_of(plan: &Arc<Plan>, targets: Vec<Arc<dyn Target>>, batches: u64) -> Run {
    Run {
        targets,
        plan: Arc::clone(plan),
        batch_rows: 10,
        batches: 0..batches,
        resumes: Vec::new(),
        holder: Holder { id: "a".into(), shown: "a".into() },
        threads: 2,
        memory_bytes: 1 << 30,
        network: Network::default(),
        block_rows: None,
    }
}

/// Issue 10, acceptance 2: when one commit fails, those that overlap it are not waited for, and no new one begins; the
/// failure is what is told, also where another connector ends meanwhile.
#[test]
fn a_failed_commit_ends_those_that_wait() {
    let plan = plan_of_one_field();
    let target = || -> Arc<dyn Target> { Arc::new(Hanging::new(plan.schema())) };
    let run = run_of(&plan, vec![target(), target()], 100);
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(engine::run(&run, &Control::default(), &())));
    let error = ended.recv_timeout(Duration::from_secs(60)).unwrap().unwrap_err();
    assert!(matches!(error, EngineError::Sink { batch: REFUSED, .. }), "{error:?}");
    assert_eq!(chain(&error), "connector `hanging`, batch 2: no");
}

/// A place that loses batch 2 so many times.
#[derive(Debug)]
struct Forgetful {
    about: About,
    payload: Payload,
    losses: Arc<Mutex<u64>>,
    sealed: Arc<Mutex<u64>>,
    published: Arc<Mutex<Vec<u64>>>,
}

impl Target for Forgetful {
    fn about(&self) -> &About {
        &self.about
    }
    fn payload(&self) -> &Payload {
        &self.payload
    }
    fn probe(&self, _: &Io) -> Result<(), Failure> {
        Ok(())
    }
    fn open(&self, start: &Start, _: &Io) -> Result<Opened, Failure> {
        let (losses, sealed) = (Arc::clone(&self.losses), Arc::clone(&self.sealed));
        let sink = Forgets { batch: 0, losses, sealed };
        Ok(Opened::new(sink, start))
    }
    fn publish(&self, _: &Receipt, _: &Io) -> Result<Published, Failure> {
        self.published.lock().unwrap().push(*self.sealed.lock().unwrap());
        Ok(Published::Done)
    }
    fn discard(&self, _: &Receipt, _: &Io) -> Result<(), Failure> {
        Ok(())
    }
    fn clean(&self, _: &Holder, _: &Io) -> Result<(), Failure> {
        Ok(())
    }
}

struct Forgets {
    batch: u64,
    losses: Arc<Mutex<u64>>,
    sealed: Arc<Mutex<u64>>,
}

impl Sink for Forgets {
    fn begin(&mut self, batch: u64) -> Result<(), Failure> {
        self.batch = batch;
        Ok(())
    }
    fn write(&mut self, _: Segment) -> Result<(), Failure> {
        let mut losses = self.losses.lock().unwrap();
        if self.batch == REFUSED && *losses > 0 {
            *losses -= 1;
            return Err(Failure::new(Kind::Transient { after: None }, "gone").made_again());
        }
        Ok(())
    }
    fn seal(&mut self) -> Result<Option<Sealing>, Failure> {
        let (batch, sealed) = (self.batch, Arc::clone(&self.sealed));
        Ok(Some(Sealing::later(move |_| {
            *sealed.lock().unwrap() = batch;
            Ok(Receipt::default())
        })))
    }
    fn end(self: Box<Self>) -> Result<Option<Sealing>, Failure> {
        Ok(None)
    }
    fn abandon(self: Box<Self>) {}
}

/// Issue 12: a batch that its place has lost is made again, and those of other connectors are not; one that is always lost
/// fails the run with the reason.
#[test]
fn a_batch_that_was_lost_is_made_again() {
    let plan = plan_of_one_field();
    for (losses, ends_well) in [(3, true), (1_000, false)] {
        let published = [(); 2].map(|()| Arc::new(Mutex::new(Vec::new())));
        let target = |losses: u64, published: &Arc<Mutex<Vec<u64>>>| -> Arc<dyn Target> {
            let Hanging { about, payload } = Hanging::new(plan.schema());
            let losses = Arc::new(Mutex::new(losses));
            let connector = if *losses.lock().unwrap() > 0 { "forgetful" } else { "sound" };
            let about = About { connector, commits: 1, ..about };
            let published = Arc::clone(published);
            Arc::new(Forgetful { about, payload, losses, sealed: Arc::default(), published })
        };
        let run = run_of(&plan, vec![target(losses, &published[0]), target(0, &published[1])], 6);
        let ended = engine::run(&run, &Control::default(), &());
        if ends_well {
            ended.unwrap();
            for published in &published {
                assert_eq!(*published.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
            }
        } else {
            assert_eq!(chain(&ended.unwrap_err()), "connector `forgetful`, batch 2: gone");
            assert_eq!(*published[0].lock().unwrap(), [0, 1]);
        }
    }
}
