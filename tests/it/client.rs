//! The command line against a server: `datagen run` and `datagen commands`.

use std::path::Path;

use serde_json::Value;

use crate::server::Server;
use crate::support::{datagen, files_below, run, run_ok};

/// Runs the program against `server`: exit code, stdout, stderr.
fn ask(folder: &Path, server: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = datagen(folder).args(arguments).env("DATAGEN_SERVER", server).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_run_makes_what_generate_makes_and_brings_it_home() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let model = r#"{"model_name": "mine", "Fields": [{"name": "a", "type": "INTEGER"}]}"#;
    std::fs::write(folder.path().join("mine.json"), model).unwrap();
    let same = ["-m", "mine.json", "-c", "csv,json", "-r", "500", "-b", "3", "--seed", "5"];
    let same = [&same[..], &["--set", "LOCAL_FILE_PATH=p"]].concat();
    let arguments = [&["run", "-o", "files.zip", "--json"], &same[..]].concat();
    let (code, out, err) = ask(folder.path(), &server.address, &arguments);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("1500 rows in ") && err.ends_with(": files.zip\n"), "{err}");
    let command: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&command["seed"], &command["modelFilePath"]), (&5.into(), &"mine.json".into()));
    run_ok(folder.path(), &[&["generate", "-q", "--output-root", "ref"], &same[..]].concat());
    let script = "import zipfile; zipfile.ZipFile('files.zip').extractall('home-brought')";
    let unpacked = std::process::Command::new("python3")
        .args(["-c", script])
        .current_dir(folder.path())
        .status();
    assert!(unpacked.unwrap().success());
    let brought = files_below(&folder.path().join("home-brought"));
    assert_eq!(brought.len(), 6);
    assert!(brought == files_below(&folder.path().join("ref")));
    assert!(!folder.path().join("files.zip.datagen-part").exists());
}

#[test]
fn a_run_that_fails_says_why_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ask = |arguments: &[&str]| ask(folder.path(), &server.address, arguments);
    std::fs::create_dir_all(folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("out/taken"), "").unwrap();
    let (code, _, err) = ask(&["run", "-m", "sensor", "--set", "LOCAL_FILE_PATH=taken"]);
    assert_eq!(code, 1);
    assert!(err.contains("connector `csv`: write to"), "{err}");
    let (code, out, err) = ask(&["run", "-m", "sensr", "--json"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("did you mean `sensor`?"), "{err}");
    let (code, _, err) = ask(&["run", "-m", "gone.json"]);
    assert_eq!((code, err.as_str()), (1, "error: there is no model file `gone.json` here\n"));
    let nobody = ["run", "--server", "127.0.0.1:1", "-m", "sensor"];
    let (code, _, err) = ask(&nobody);
    assert_eq!(code, 1);
    assert!(err.contains("http://127.0.0.1:1 cannot be reached: Connection refused"), "{err}");
    assert!(err.contains("`datagen serve` starts a server"), "{err}");
    let (code, _, err) = ask(&["run", "-m", "sensor", "--user", "ann"]);
    assert_eq!(code, 1);
    assert!(err.contains("set DATAGEN_PASSWORD, or give --netrc-file"), "{err}");
}

#[test]
fn commands_are_listed_shown_stopped_and_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ask = |arguments: &[&str]| ask(folder.path(), &server.address, arguments);
    let large = ["run", "-m", "customer", "-r", "100000", "-b", "1000", "--detach"];
    let (code, id, err) = ask(&large);
    assert_eq!(code, 0, "{err}");
    let id = id.trim();
    let (_, table, _) = ask(&["commands"]);
    assert!(table.contains(id) && table.contains("/ 100000000"), "{table}");
    assert!(table.contains("customer") && table.contains("accepted"), "{table}");
    let (code, out, _) = ask(&["commands", "cancel", id, "00000000-0000-0000-0000-000000000000"]);
    assert_eq!(code, 1, "one of them is unknown");
    assert!(out.contains(&format!("{id}: is being cancelled")), "{out}");
    assert_eq!(server.wait(id)["comment"], "cancelled");
    let (code, out, _) = ask(&["commands", "list", "--status", "FAILED", "--json"]);
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &listed[0]["commandUuid"]), (0, &id.into()));
    let (_, details, _) = ask(&["commands", "status", id]);
    assert!(details.contains("cancelled") && details.contains("RUNNING"), "{details}");
    let (code, _, err) = ask(&["commands", "retry", id]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(ask(&["commands", "cancel", id]).0, 0);
    let (code, _, err) = ask(&["commands", "list", "--status", "ODD"]);
    assert_eq!(code, 1);
    assert!(err.contains("unknown status `ODD`"), "{err}");
    assert!(run(folder.path(), &["run", "--help"]).status.success());
}

// Issue 9, F7
#[test]
fn schedules_are_held_let_go_and_ended_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ask = |arguments: &[&str]| ask(folder.path(), &server.address, arguments);
    let start = || {
        let every = ["run", "-m", "sensor", "-r", "1", "--every", "3600", "--detach"];
        let (code, id, err) = ask(&every);
        assert_eq!(code, 0, "{err}");
        let id = id.trim().to_owned();
        server.wait(&id);
        id
    };
    let (first, second) = (start(), start());
    let (_, listed, _) = ask(&["commands", "list", "--scheduled"]);
    assert!(listed.contains(&first) && listed.contains("FINISHED, next "), "{listed}");
    let (code, out, _) = ask(&["commands", "pause", &first]);
    assert_eq!(
        (code, out),
        (0, format!("{first}: its schedule is held; `resume` lets it go on\n"))
    );
    let (_, details, _) = ask(&["commands", "status", &first]);
    assert!(details.contains("held"), "{details}");
    let (code, out, _) = ask(&["commands", "resume", &first]);
    assert_eq!((code, out), (0, format!("{first}: its schedule goes on\n")));
    let (code, out, _) = ask(&["commands", "cancel", &first]);
    assert_eq!((code, out), (0, format!("{first}: its schedule is ended\n")));
    let (code, out, _) = ask(&["commands", "unschedule", &second]);
    assert_eq!((code, out), (0, format!("{second}: its schedule is ended\n")));
    let (_, listed, _) = ask(&["commands", "list", "--scheduled", "--json"]);
    assert_eq!(listed, "[]\n");
    let (code, _, err) = ask(&["commands", "cancel", &first]);
    assert_eq!(code, 1);
    assert!(err.contains("is FINISHED, expected QUEUED, STARTING or RUNNING"), "{err}");
    let (code, _, err) = ask(&["run", "-m", "sensor", "--every", "0"]);
    assert!(code != 0 && err.contains("0 is not in 1.."), "{err}");
}

// Issue 9, F9
#[test]
fn the_rate_of_a_finished_command_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let id = server.submit("/datagen/csv?rows=3000&batches=1", &["model=sensor"]);
    let status = server.wait(&id);
    let (rows, seconds) = (3_000.0, status["durationSeconds"].as_f64().unwrap());
    let expected = (rows / seconds.max(1e-3)).round();
    assert_eq!(status["rowsPerSecond"].as_f64().unwrap(), expected, "{status}");
    assert_eq!((&status["remainingSeconds"], &status["modelId"]), (&Value::Null, &"sensor".into()));
}
