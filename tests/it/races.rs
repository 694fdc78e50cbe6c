//! Runs that want the same files at once, in whatever processes: each success that is told is whole and
//! its own, and every other run is refused with a sentence that names who writes there.
//!
//! `DATAGEN_RACES=100` races more often than the few times of a usual run.

use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::thread;

use serde_json::Value;

use crate::server::Server;
use crate::support::{datagen, files_below};

const ROWS: u64 = 20_000;

fn races() -> u64 {
    std::env::var("DATAGEN_RACES").map_or(4, |races| races.parse().unwrap())
}

/// A model whose every row tells whose it is.
fn model(whose: &str) -> String {
    format!(
        r#"{{"model_name": "x", "Fields": [
            {{"name": "id", "type": "INCREMENT_LONG", "min": 0}},
            {{"name": "whose", "type": "STRING", "possible_values": ["{whose}"]}}
        ]}}"#
    )
}

fn write_models(folder: &Path) {
    for whose in ["AAAA", "BBBB"] {
        fs::write(folder.join(format!("{whose}.json")), model(whose)).unwrap();
    }
}

/// Whether the csv file at `path` holds the rows from `first` on, all of `whose`.
fn is_whole(path: &Path, whose: &str, first: u64) -> bool {
    let Ok(text) = fs::read_to_string(path) else { return false };
    let rows: Vec<_> = text.lines().skip(1).collect();
    rows.len() as u64 == ROWS
        && rows.iter().zip(first + 1..).all(|(row, id)| *row == format!("\"{id}\",\"{whose}\""))
}

fn spawn(folder: &Path, whose: &str, settings: &[&str], batches: &str) -> Child {
    let rows = ROWS.to_string();
    let model = format!("{whose}.json");
    let mut command = datagen(folder);
    command.args(["generate", "-m", &model, "-r", &rows, "-b", batches, "-t", "1", "--seed", "1"]);
    command.args(["--output-root", "out"]).args(settings.iter().flat_map(|s| ["--set", s]));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Whether the run succeeded. Otherwise it must have been refused for the one of another process.
fn succeeded(output: &Output) -> bool {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let refused = stderr.contains("are being written by `datagen generate`, process ");
    assert!(output.status.success() != refused, "{stderr}");
    output.status.success()
}

/// Two processes by two paths of one folder, with equal names and with names that meet (issue 9, B1).
#[test]
fn two_processes_that_want_the_same_names_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    write_models(folder.path());
    fs::create_dir_all(folder.path().join("out/d")).unwrap();
    std::os::unix::fs::symlink("d", folder.path().join("out/alias")).unwrap();
    let here = folder.path().join("out/d");
    let (mut successes, mut refusals) = (0, 0);
    for race in 0..races() {
        // Two batches beside one file that has the name of the second one.
        let meeting = race % 2 == 1;
        let other: &[&str] = if meeting {
            &[
                "LOCAL_FILE_PATH=alias",
                "LOCAL_FILE_NAME=x-0000000001",
                "ONE_FILE_PER_ITERATION=false",
            ]
        } else {
            &["LOCAL_FILE_PATH=alias"]
        };
        let a = spawn(folder.path(), "AAAA", &["LOCAL_FILE_PATH=d"], "2");
        let b = spawn(folder.path(), "BBBB", other, if meeting { "1" } else { "2" });
        let (a, b) = (a.wait_with_output().unwrap(), b.wait_with_output().unwrap());
        let (a, b) = (succeeded(&a), succeeded(&b));
        assert!(a || b);
        let (zero, one) = (here.join("x-0000000000.csv"), here.join("x-0000000001.csv"));
        if a && b {
            // One after the other: then each success was its own until the later one replaced it.
            assert!(
                is_whole(&one, "AAAA", ROWS)
                    || is_whole(&one, "BBBB", if meeting { 0 } else { ROWS })
            );
        } else if a {
            assert!(is_whole(&zero, "AAAA", 0) && is_whole(&one, "AAAA", ROWS));
        } else {
            assert!(meeting || is_whole(&zero, "BBBB", 0));
            assert!(is_whole(&one, "BBBB", if meeting { 0 } else { ROWS }));
        }
        successes += u64::from(a) + u64::from(b);
        refusals += u64::from(!a) + u64::from(!b);
        let left: Vec<_> = files_below(&here).into_keys().collect();
        assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
        fs::remove_dir_all(&here).unwrap();
        fs::create_dir(&here).unwrap();
    }
    println!("{} races: {successes} successes, {refusals} refusals", races());
}

/// Two servers with one output root, and a process beside them.
#[test]
fn two_servers_that_want_the_same_names_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    write_models(folder.path());
    let one = Server::start(folder.path());
    // The same root by another path.
    let second = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("out/d")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("out"), second.path().join("out")).unwrap();
    let two = Server::start(second.path());
    let here = folder.path().join("out/d");
    let (mut successes, mut refusals) = (0, 0);
    for race in 0..races() {
        let ask = |server: &Server, whose: &str| {
            let path = format!("/datagen/csv?rows={ROWS}&batches=2&threads=1&seed=1");
            let model =
                format!("model_file=@{}", folder.path().join(format!("{whose}.json")).display());
            let id = server.submit(&path, &[&model, "LOCAL_FILE_PATH=d"]);
            server.wait(&id)
        };
        let beside =
            (race % 4 == 3).then(|| spawn(folder.path(), "AAAA", &["LOCAL_FILE_PATH=d"], "2"));
        let (a, b) = thread::scope(|scope| {
            let a = scope.spawn(|| ask(&one, "AAAA"));
            let b = ask(&two, "BBBB");
            (a.join().unwrap(), b)
        });
        let finished = |status: &Value| {
            let comment = status["comment"].as_str().unwrap();
            let refused = comment.contains("are being written by ");
            assert!((status["status"] == "FINISHED") != refused, "{status}");
            assert!(!refused || comment.contains(", process "), "{status}");
            !refused
        };
        let mut ended = vec![("AAAA", finished(&a)), ("BBBB", finished(&b))];
        if let Some(beside) = beside {
            let output = beside.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            let refused = stderr.contains("are being written by ");
            assert!(output.status.success() != refused, "{stderr}");
            ended.push(("AAAA", !refused));
        }
        let winners: Vec<_> =
            ended.iter().filter(|(_, won)| *won).map(|(whose, _)| *whose).collect();
        // Those that came one after the other replaced each other's files; the last one's are whole.
        let whole = |whose: &&str| {
            is_whole(&here.join("x-0000000000.csv"), whose, 0)
                && is_whole(&here.join("x-0000000001.csv"), whose, ROWS)
        };
        assert!(winners.iter().any(whole), "{ended:?}");
        successes += winners.len();
        refusals += ended.len() - winners.len();
        let left: Vec<_> = files_below(&here).into_keys().collect();
        assert_eq!(left, ["x-0000000000.csv", "x-0000000001.csv"]);
    }
    println!("{} races: {successes} successes, {refusals} refusals", races());
}
