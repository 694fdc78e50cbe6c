//! The contract of delivery, held over the registry of connectors: wherever the process is killed, while it writes, seals,
//! records or publishes a batch, the next one completes what is missing, and readers find what an undisturbed run makes.
//!
//! strace kills the server at the entrance of a call of the system, the n-th of a thread, so that every step is met and
//! a failure comes again. Places beside the local disk are those of the tests of their connectors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use datagen::delivery::{Connector, connectors};

use crate::kafka::Broker;
use crate::postgresql::Database;
use crate::s3;
use crate::server::Server;
use crate::support::{files_below, random, run_ok};

/// A step of delivery, by the calls of the system that it consists of.
struct Step {
    name: &'static str,
    calls: &'static str,
    /// Which of them ends the process, counted by each thread.
    moments: &'static [u32],
}

const STEPS: &[Step] = &[
    Step { name: "write", calls: "write,writev,sendto,sendmsg", moments: &[2, 5, 9, 17, 40] },
    Step { name: "seal", calls: "fsync,fdatasync", moments: &[1, 2, 3, 5] },
    Step { name: "record", calls: "pwrite64", moments: &[1, 3, 6, 10, 20, 45] },
    Step { name: "publish", calls: "rename,renameat,renameat2,linkat", moments: &[1, 2, 3, 4] },
];

/// The kinds of connectors that have a place below: a new one gets its own there.
const KINDS: [&str; 4] = ["local", "s3", "kafka", "postgresql"];

/// Where the rows of connectors are found again.
enum Place {
    Local,
    S3 {
        endpoint: String,
        bucket: String,
    },
    /// Topics whose names begin so.
    Kafka {
        broker: Broker,
        topics: String,
    },
    /// Tables whose names begin so.
    Postgresql {
        database: Database,
        tables: String,
    },
}

impl Place {
    /// The places under test; a connector of none of them has no proof of its promise.
    fn all() -> Vec<Self> {
        let buckets = s3::servers().into_iter();
        let s3 = buckets.map(|endpoint| Self::S3 { endpoint, bucket: s3::bucket() });
        let kafka = Broker::find("the contract of kafka")
            .map(|broker| Self::Kafka { broker, topics: s3::bucket() });
        let postgresql = Database::find("the contract of postgresql")
            .map(|database| Self::Postgresql { database, tables: s3::bucket() });
        std::iter::once(Self::Local).chain(s3).chain(kafka).chain(postgresql).collect()
    }

    /// The kind of connectors whose rows it holds.
    fn kind(&self) -> &'static str {
        match self {
            Self::Local => KINDS[0],
            Self::S3 { .. } => KINDS[1],
            Self::Kafka { .. } => KINDS[2],
            Self::Postgresql { .. } => KINDS[3],
        }
    }

    fn has(&self, connector: &dyn Connector) -> bool {
        connector.kind() == self.kind()
    }

    fn shown(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::S3 { endpoint, .. } => endpoint,
            Self::Kafka { .. } => "kafka",
            Self::Postgresql { .. } => "postgresql",
        }
    }

    fn settings(&self, folder: &str) -> Vec<String> {
        match self {
            Self::Local => vec![format!("LOCAL_FILE_PATH={folder}")],
            Self::S3 { endpoint, bucket } => {
                let mut settings = s3::settings(endpoint, bucket);
                settings.push(format!("S3_DIRECTORY={folder}"));
                settings
            }
            Self::Kafka { broker, topics } => vec![
                format!("KAFKA_BROKERS={}", broker.address("KAFKA_PORT")),
                format!("KAFKA_TOPIC={topics}-{folder}"),
            ],
            Self::Postgresql { database, tables } => {
                let mut settings = database.settings();
                settings.push(format!("POSTGRESQL_TABLE_NAME={tables}-{folder}"));
                settings
            }
        }
    }

    /// Whether `found` in `folder` of the outputs of `home` is what an undisturbed run makes: files with all their bytes,
    /// hidden and unfinished things too; of messages and tables the values, in any order, for
    /// partitions and tables have none.
    fn holds(&self, home: &Path, folder: &str, expected: &BTreeMap<&String, &Vec<u8>>) -> bool {
        if let Self::Postgresql { database, tables } = self {
            let lines: Vec<u8> =
                expected.values().flat_map(|bytes| bytes.iter().copied()).collect();
            let table = format!("public.{tables}-{folder}");
            let differences = database.referee(&table, &["same"], &lines);
            assert!(differences.is_empty(), "{table}: {differences}");
            return true;
        }
        if let Self::Kafka { broker, topics } = self {
            let messages = broker.read(&format!("{topics}-{folder}")).into_values().flatten();
            let mut lines: Vec<String> =
                messages.map(|message| message["value"].as_str().unwrap().to_owned()).collect();
            let files: Vec<&str> =
                expected.values().map(|bytes| std::str::from_utf8(bytes).unwrap()).collect();
            let mut undisturbed: Vec<&str> = files.iter().flat_map(|text| text.lines()).collect();
            lines.sort_unstable();
            undisturbed.sort_unstable();
            return lines == undisturbed;
        }
        self.found(home, folder).iter().eq(expected.iter().map(|(name, bytes)| (*name, *bytes)))
    }

    /// What is found in `folder` of the outputs of `home`, hidden and unfinished things too.
    fn found(&self, home: &Path, folder: &str) -> BTreeMap<String, Vec<u8>> {
        match self {
            Self::Local => files_below(&home.join("out").join(folder)),
            Self::S3 { endpoint, bucket } => s3::objects(endpoint, bucket, folder),
            Self::Kafka { .. } | Self::Postgresql { .. } => BTreeMap::new(),
        }
    }

    /// Nothing of an interrupted run is left.
    fn check_clean(&self) {
        if let Self::S3 { endpoint, bucket } = self {
            assert_eq!(s3::referee(endpoint, &["uploads", bucket]), serde_json::json!([]));
        }
    }
}

const ROWS: u64 = 3_000;
const BATCHES: u64 = 4;
const NOW: &str = "2026-01-31T12:00:00Z";

/// A command that is disturbed.
struct Case<'a> {
    places: Vec<&'a Place>,
    /// Of this test: seed of its rows and name of its folder.
    number: usize,
    /// Of any of the places.
    connectors: Vec<&'static dyn Connector>,
}

impl Case<'_> {
    fn folder(&self) -> String {
        format!("p{}", self.number)
    }

    fn one_file(&self) -> String {
        format!("ONE_FILE_PER_ITERATION={}", !self.number.is_multiple_of(4))
    }

    /// Submits it to a server that may be killed meanwhile; the id if there was an answer.
    fn submit(&self, server: &Server) -> Option<String> {
        let mut form = vec![
            format!("connectors={}", names(&self.connectors).join(",")),
            format!("rows={ROWS}"),
            format!("batches={BATCHES}"),
            format!("seed={}", self.number),
            format!("now={NOW}"),
            "model=sensor".to_owned(),
            "threads=2".to_owned(),
            self.one_file(),
        ];
        form.extend(self.places.iter().flat_map(|place| place.settings(&self.folder())));
        let form: Vec<_> = form.iter().flat_map(|part| ["-F", part]).collect();
        let (code, answer) = server.post("/datagen/multipleconnectors", &form);
        assert!([0, 200].contains(&code), "{code} {answer}");
        answer["commandUuid"].as_str().map(str::to_owned)
    }

    /// Submits it to a server that is killed at the `moment`-th call of `step`: whether it was, and the id if
    /// there was an answer.
    fn kill(&self, home: &Path, step: &Step, moment: u32) -> (bool, Option<String>) {
        let mut server = s3::server(home);
        let mut strace = trap(&server, step.calls, moment);
        let id = self.submit(&server);
        let killed = is_killed(&mut server, id.as_deref());
        // It goes with the server, or lets it go.
        let _ = strace.kill();
        strace.wait().unwrap();
        server.kill();
        (killed, id)
    }

    /// A server that is left alone completes it: the rows are those of an undisturbed run, once.
    fn check(&self, server: &Server, home: &Path, id: Option<&str>, at: &str) {
        let (_, all) = server.post("/command/getAll", &[]);
        let own = [format!("/{}/", self.folder()), format!("-{}`", self.folder())];
        let is_own = |command: &&Value| {
            let destination = command["connectors"][0]["destination"].as_str().unwrap();
            own.iter().any(|own| destination.contains(own))
        };
        let Some(command) = all.as_array().unwrap().iter().find(is_own) else {
            // It was killed before it had accepted.
            assert!(id.is_none(), "{at}");
            return;
        };
        let id = command["commandUuid"].as_str().unwrap();
        let ended = server.wait_after_kills(id);
        assert_eq!(ended["status"], "FINISHED", "{at}: {ended}");
        for connector in ended["connectors"].as_array().unwrap() {
            assert_eq!(connector["rows"], ROWS * BATCHES, "{at}: {ended}");
        }
        let undisturbed = self.undisturbed(home);
        for place in &self.places {
            let own = self.connectors.iter().filter(|connector| place.has(**connector));
            let own: Vec<_> = own.map(|connector| format!(".{}", format_of(*connector))).collect();
            let is_own = |name: &&String| own.iter().any(|ending| name.ends_with(ending));
            let expected = undisturbed.iter().filter(|(name, _)| is_own(name)).collect();
            let holds = own.is_empty() || place.holds(home, &self.folder(), &expected);
            let found = || place.found(home, &self.folder());
            assert!(holds, "{at} {}: {:?}", place.shown(), found().keys());
        }
    }

    /// The files that the command line makes of it.
    fn undisturbed(&self, home: &Path) -> BTreeMap<String, Vec<u8>> {
        let (seed, folder) = (self.number.to_string(), self.folder());
        let formats = self.connectors.iter().map(|connector| format_of(*connector));
        let formats: BTreeSet<_> = formats.collect();
        let formats: Vec<_> = formats.into_iter().collect();
        let (formats, one_file) = (formats.join(","), self.one_file());
        let (rows, batches) = (ROWS.to_string(), BATCHES.to_string());
        let path = format!("LOCAL_FILE_PATH={folder}");
        let mut arguments = vec!["generate", "-q", "-m", "sensor", "-b", &batches, "-r", &rows];
        arguments.extend(["--seed", &seed, "--now", NOW, "-c", &formats]);
        arguments.extend(["--output-root", "reference", "--set", &path, "--set", &one_file]);
        run_ok(home, &arguments);
        files_below(&home.join("reference").join(&folder))
    }
}

/// The format of its files; a message stands as a line of JSON.
fn format_of(connector: &dyn Connector) -> &'static str {
    connector.file_format().unwrap_or("json")
}

fn names(connectors: &[&'static dyn Connector]) -> Vec<&'static str> {
    connectors.iter().map(|connector| connector.name()).collect()
}

/// Kills `server` at the `moment`-th of the `calls` that one of its threads makes from now on.
fn trap(server: &Server, calls: &str, moment: u32) -> Child {
    let inject = format!("inject={calls}:signal=KILL:when={moment}");
    let strace = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject])
        .args(["-p", &server.id().to_string()])
        .spawn()
        .unwrap();
    while !is_traced(server.id()) {
        thread::sleep(Duration::from_millis(2));
    }
    strace
}

/// Whether somebody traces every thread of the process `id`.
fn is_traced(id: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let mut statuses =
        tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok());
    statuses.all(|status| !status.contains("TracerPid:\t0\n"))
}

/// Whether the server was killed before its command was over.
fn is_killed(server: &mut Server, id: Option<&str>) -> bool {
    loop {
        if server.has_ended() {
            return true;
        }
        if let Some(id) = id {
            let path = format!("/command/getCommandStatus?commandUuid={id}");
            let (_, status) = server.post(&path, &[]);
            if status["status"] == "FINISHED" || status["status"] == "FAILED" {
                return false;
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Issue 10: for every connector of the registry and every step of a batch.
#[test]
fn a_kill_at_any_step_loses_and_doubles_nothing() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var_os("DATAGEN_REQUIRE_MOUNTS").is_none(), "strace is not installed");
        return println!("left out: strace is not installed");
    }
    let moments = |step: &'static Step| step.moments.iter().map(move |moment| (step, *moment));
    let places = Place::all();
    for place in &places {
        let own: Vec<_> = connectors().filter(|connector| place.has(*connector)).collect();
        let home = tempfile::tempdir().unwrap();
        let mut kills = BTreeMap::<&str, u32>::new();
        for (number, (step, moment)) in STEPS.iter().flat_map(moments).enumerate() {
            // All of them meet every step in their turn.
            let connectors = (0..2).map(|next| own[(number + next) % own.len()]).collect();
            let case = Case { places: vec![place], number, connectors };
            let (killed, id) = case.kill(home.path(), step, moment);
            *kills.entry(step.name).or_default() += u32::from(killed);
            let server = s3::server(home.path());
            let at = format!("{} {moment}", step.name);
            case.check(&server, home.path(), id.as_deref(), &at);
            server.kill();
        }
        place.check_clean();
        println!("{}: killed while it {kills:?}", place.shown());
        let met = kills.values().filter(|kills| **kills > 0).count();
        assert!(met >= 3, "{}: {kills:?}", place.shown());
    }
    let is_held = |connector: &dyn Connector| places.iter().any(|place| place.has(connector));
    let unproven: Vec<_> = connectors().filter(|connector| !is_held(*connector)).collect();
    // A place that is not there is one thing, a connector that nobody has thought of another.
    let unknown = unproven.iter().find(|connector| !KINDS.contains(&connector.kind()));
    assert!(unknown.is_none(), "no place of this test holds what {unknown:?} promises");
    if !unproven.is_empty() {
        println!("left out, for want of their servers: {:?}", names(&unproven));
    }
}

/// The places that one command can name: of several S3 servers one, in their turn.
fn together(places: &[Place], number: usize) -> Vec<&Place> {
    let is_server = |place: &&Place| matches!(place, Place::S3 { .. });
    let (servers, others): (Vec<&Place>, Vec<&Place>) = places.iter().partition(is_server);
    let server = servers.get(number % servers.len().max(1)).copied();
    others.into_iter().chain(server).collect()
}

/// Issue 10: two to four connectors of mixed kinds, and kills at any moment.
#[test]
fn random_kills_of_mixed_connectors_lose_and_double_nothing() {
    let kills: usize = std::env::var("DATAGEN_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let places = Place::all();
    let is_held = |connector: &&dyn Connector| places.iter().any(|place| place.has(*connector));
    let known: Vec<_> = connectors().filter(is_held).collect();
    let home = tempfile::tempdir().unwrap();
    let seed = std::process::id();
    println!("seed {seed}");
    let mut random = random(u64::from(seed));
    let mut below = |most: usize| random(most as u64) as usize;
    let (mut cases, mut accepted) = (Vec::new(), 0);
    for number in 0..kills {
        // Not next to each other in the registry, so that places are mixed.
        let (first, count) = (below(known.len()), 2 + below(3));
        let connectors = (0..count).map(|next| known[(first + 3 * next) % known.len()]).collect();
        let case = Case { places: together(&places, number), number, connectors };
        let server = s3::server(home.path());
        // Half of them while it begins, half while it delivers.
        let longest = [300, 2000][number % 2];
        let moment = Duration::from_millis(below(longest) as u64);
        let id = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(moment);
                server.kill_now();
            });
            case.submit(&server)
        });
        accepted += usize::from(id.is_some());
        cases.push((case, id));
    }
    println!("{kills} kills, {accepted} commands were accepted before");
    let server = s3::server(home.path());
    for (case, id) in &cases {
        case.check(&server, home.path(), id.as_deref(), "at random");
    }
    for place in places {
        place.check_clean();
    }
}
