//! What a server has accepted outlives it: killed, stopped or started again, it makes the files of an
//! undisturbed run, once.
//!
//! `DATAGEN_KILLS=100` kills more often than the few times of a usual run.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::Server;
use crate::support::{datagen, files_below, random, run_ok};

/// What command `number` asks for: key and value, the same over HTTP and on the command line.
struct Asked {
    connectors: &'static str,
    rows: u64,
    batches: u64,
    settings: Vec<String>,
}

const NOW: &str = "2026-01-31T12:00:00Z";

impl Asked {
    /// All formats, several batches, different threads, one file for all batches in some.
    fn of_number(number: u64) -> Self {
        const CONNECTORS: &[&str] =
            &["csv,json,avro,parquet,orc", "parquet,csv", "orc,json", "avro,csv,orc"];
        Self {
            connectors: CONNECTORS[number as usize % CONNECTORS.len()],
            rows: 1_500 + 1_000 * (number % 3),
            batches: 10,
            settings: vec![
                format!("LOCAL_FILE_PATH=c{number}"),
                format!("ONE_FILE_PER_ITERATION={}", number % 5 != 4),
            ],
        }
    }

    /// The same with more to do.
    fn large(number: u64) -> Self {
        Self { rows: 6_000, batches: 30, ..Self::of_number(number) }
    }

    /// Submits it as command `number`; `None` when the server was gone before it had answered.
    fn submit(&self, server: &Server, number: u64) -> Option<String> {
        let form = [
            format!("connectors={}", self.connectors),
            format!("rows={}", self.rows),
            format!("batches={}", self.batches),
            format!("threads={}", 1 + number % 3),
            format!("seed={number}"),
            format!("now={NOW}"),
            "model=customer".to_owned(),
        ];
        let form: Vec<_> =
            form.iter().chain(&self.settings).flat_map(|part| ["-F", part]).collect();
        let (code, answer) = server.post("/datagen/multipleconnectors", &form);
        assert!([0, 200].contains(&code), "{code} {answer}");
        (code == 200).then(|| answer["commandUuid"].as_str().unwrap().to_owned())
    }

    /// Makes the files of command `number` below `root`, undisturbed.
    fn generate(&self, folder: &Path, root: &str, number: u64) {
        let (rows, batches) = (self.rows.to_string(), self.batches.to_string());
        let seed = number.to_string();
        let mut arguments = vec!["generate", "-q", "-m", "customer", "-c", self.connectors];
        arguments.extend(["-r", &rows, "-b", &batches, "--seed", &seed, "--now", NOW]);
        arguments.extend(["--output-root", root]);
        arguments.extend(self.settings.iter().flat_map(|setting| ["--set", setting]));
        run_ok(folder, &arguments);
    }
}

/// How often the steps of `command` show `status`.
fn times(command: &Value, status: &str) -> usize {
    let steps = command["transitions"].as_array().unwrap();
    steps.iter().filter(|step| step["status"] == status).count()
}

fn command(server: &Server, id: &str) -> Value {
    server.post(&format!("/command/get?commandUuid={id}"), &[]).1
}

/// For any moment at which the server is killed: no accepted command is lost, every one ends FINISHED
/// with the files of an undisturbed run, and nothing is beside them.
#[test]
fn a_killed_server_loses_nothing() {
    let kills: u64 = std::env::var("DATAGEN_KILLS").map_or(12, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let seed = u64::from(std::process::id()) ^ (started_at() << 20);
    println!("seed {seed}");
    let mut below = random(seed);
    let (mut accepted, mut number) = (Vec::new(), 0);
    for kill in 0..kills {
        if kill % 5 == 4 {
            // While it starts: opens its home, takes up what there is.
            let mut child = Server::spawn(&mut datagen(folder.path()));
            thread::sleep(Duration::from_millis(below(60)));
            child.kill().unwrap();
            child.wait().unwrap();
            continue;
        }
        let server = Server::start(folder.path());
        let moment = Duration::from_millis(below(450));
        thread::scope(|scope| {
            let killed = scope.spawn(|| {
                thread::sleep(moment);
                server.kill_now();
            });
            while !killed.is_finished() {
                // What is asked while the server goes may be accepted without an answer.
                match Asked::of_number(number).submit(&server, number) {
                    Some(id) => accepted.push(id),
                    None => break,
                }
                number += 1;
                thread::sleep(Duration::from_millis(150));
            }
            number += 1;
        });
    }
    let server = Server::start(folder.path());
    let (_, all) = server.post("/command/getAll", &[]);
    let all: Vec<_> =
        all.as_array().unwrap().iter().map(|c| c["commandUuid"].as_str().unwrap()).collect();
    for id in &accepted {
        assert!(all.contains(&id.as_str()), "{id} is lost");
    }
    let (mut interrupted, mut files) = (0, 0);
    for id in &all {
        let ended = server.wait_after_kills(id);
        assert_eq!((&ended["status"], &ended["comment"]), (&"FINISHED".into(), &"".into()));
        let command = command(&server, id);
        assert_eq!(times(&command, "FINISHED"), 1, "{command}");
        interrupted += times(&command, "QUEUED") - 1;
        let number = command["seed"].as_u64().unwrap();
        Asked::of_number(number).generate(folder.path(), "reference", number);
        let name = format!("c{number}");
        let made = files_below(&folder.path().join("out").join(&name));
        assert!(made == files_below(&folder.path().join("reference").join(&name)), "{command}");
        files += made.len();
    }
    let everything = files_below(&folder.path().join("out"));
    assert_eq!(everything.len(), files, "{:?}", everything.keys());
    println!(
        "{kills} kills, {} commands ({} answered), {interrupted} times interrupted, {files} files, {:?}",
        all.len(),
        accepted.len(),
        started.elapsed()
    );
}

fn started_at() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64
}

#[test]
fn a_server_that_is_asked_to_stop_under_load_stops_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ids: Vec<_> =
        (0..3).map(|number| Asked::large(number).submit(&server, number).unwrap()).collect();
    while command(&server, &ids[0])["generatedRows"].as_u64() == Some(0) {
        thread::sleep(Duration::from_millis(10));
    }
    let took = server.terminate();
    println!("stopped in {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let server = Server::start(folder.path());
    for (number, id) in ids.iter().enumerate() {
        let ended = server.wait(id);
        assert_eq!((&ended["status"], &ended["comment"]), (&"FINISHED".into(), &"".into()));
        Asked::large(number as u64).generate(folder.path(), "reference", number as u64);
    }
    assert_eq!(times(&command(&server, &ids[0]), "QUEUED"), 2);
    let (made, reference) = ("out", "reference");
    let [made, reference] = [made, reference].map(|root| files_below(&folder.path().join(root)));
    assert!(made == reference, "{:?}", made.keys());
}

/// A schedule of a second over three ends of its server, two kills and a stop: each run once, numbers
/// of rows and batches without gap or overlap.
#[test]
fn a_schedule_runs_once_at_a_time_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let model = r#"model={"Fields": [{"name": "n", "type": "INCREMENT_LONG", "min": 0}]}"#;
    let mut server = Server::start(folder.path());
    let path = "/datagen/csv?rows=5&batches=2&delay_between_executions_seconds=1";
    let id = server.submit(path, &[model, "LOCAL_FILE_PATH=runs", "LOCAL_FILE_NAME=n"]);
    for restart in 0..3 {
        let runs = command(&server, &id)["runs"].as_u64().unwrap();
        while command(&server, &id)["runs"].as_u64().unwrap() == runs {
            thread::sleep(Duration::from_millis(20));
        }
        if restart == 1 {
            server.terminate();
        } else {
            server.kill();
        }
        server = Server::start(folder.path());
    }
    let runs = command(&server, &id)["runs"].as_u64().unwrap();
    while command(&server, &id)["runs"].as_u64().unwrap() == runs {
        thread::sleep(Duration::from_millis(20));
    }
    let (code, _) = server.post(&format!("/command/removeScheduled?commandUuid={id}"), &[]);
    assert_eq!(code, 200);
    server.wait(&id);
    let command = command(&server, &id);
    let runs = command["runs"].as_u64().unwrap();
    assert!(runs >= 4, "{command}");
    assert_eq!(times(&command, "FINISHED"), runs as usize, "{command}");
    let files = files_below(&folder.path().join("out/runs"));
    assert_eq!(files.len() as u64, runs * 2, "{:?}", files.keys());
    let text: String = files.into_values().map(|file| String::from_utf8(file).unwrap()).collect();
    let rows: Vec<u64> =
        text.lines().filter_map(|line| line.trim_matches('"').parse().ok()).collect();
    assert_eq!(rows, (1..=runs * 10).collect::<Vec<_>>());
    println!("{runs} runs");
}

// Issue 9, D5
#[test]
fn the_files_of_a_command_are_told_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let model = r#"model={"Fields": [{"name": "n", "type": "BOOLEAN"}]}"#;
    let id = server.submit("/datagen/csv?rows=1&batches=25", &[model]);
    server.wait(&id);
    let get = |query: &str| server.post(&format!("/command/get?commandUuid={id}{query}"), &[]).1;
    let all = get("");
    assert_eq!((all["files"].as_array().unwrap().len(), &all["filesTotal"]), (25, &25.into()));
    let page = get("&limit=10&offset=20");
    assert_eq!((page["files"].as_array().unwrap().len(), &page["filesTotal"]), (5, &25.into()));
    assert_eq!(page["files"][0], all["files"][20]);
    assert_eq!(all["transitionsTotal"], 4);
}

// Issue 9, F8
#[test]
fn a_delay_below_a_second_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let path = "/datagen/csv?rows=1&batches=1&delay_between_executions_seconds=0";
    let (code, answer) = server.post(path, &["-F", "model=sensor"]);
    assert_eq!((code, &answer["code"]), (400, &"wrong_schedule".into()));
    let error = "a delay of 0 seconds is not possible, expected 1 to 3162240000";
    assert_eq!(answer["error"], error);
}

// Issue 9, C8
#[test]
fn a_home_that_is_gone_or_has_lost_its_users_does_not_serve() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let home = folder.path().join("home");
    let (code, _) = server.post("/datagen/csv?rows=1&batches=1", &["-F", "model=sensor"]);
    assert_eq!(code, 200);
    std::fs::remove_file(home.join("lock")).unwrap();
    let (code, answer) = server.post("/datagen/csv?rows=1&batches=1", &["-F", "model=sensor"]);
    assert!(code == 503 && answer["code"] == "home_moved", "{code} {answer}");
    let (code, answer) = server.curl("/health/ready", &[]);
    assert!(code == 503 && answer.contains("home_moved"), "{code} {answer}");
    server.kill();
    let home = home.to_str().unwrap();
    let mut add = datagen(folder.path());
    let added =
        add.args(["user", "add", "ann", "--home", home]).env("DATAGEN_PASSWORD", "correct horse");
    assert!(added.status().unwrap().success());
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{home}/datagen.db{suffix}"));
    }
    let refused =
        datagen(folder.path()).args(["serve", "--listen", "127.0.0.1:0", "--home", home]).output();
    let refused = refused.unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(told.contains("had users, and its database has none: put the database back"), "{told}");
}
