//! Which version of user code made a value: told with what it made, pinned by models, and said where a file is broken.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{run, run_ok};

const SCRIPT: &str =
    "const version = \"1.2\";\nconst output = \"int64\";\nfn generate(row, params) { 7 }\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scripts")).unwrap();
    fs::create_dir(folder.path().join("models")).unwrap();
    fs::write(folder.path().join("scripts/tick.rhai"), SCRIPT).unwrap();
    write_model(folder.path(), &json!({"name": "f", "type": "TICK"}));
    folder
}

fn write_model(folder: &Path, field: &Value) {
    let model = json!({ "Fields": [field] }).to_string();
    fs::write(folder.join("models/m.json"), model).unwrap();
}

/// SHA-256 of the script, as `datagen fields` tells it.
fn sha256(folder: &Path) -> String {
    let told = run_ok(folder, &["fields", "TICK"]);
    assert!(told.contains("\nversion 1.2\n"), "{told}");
    let (_, rest) = told.split_once("(sha256 ").unwrap();
    rest.split_once(')').unwrap().0.to_owned()
}

#[test]
fn summary_and_files_tell_the_code_of_their_rows() {
    let folder = folder();
    let sha256 = sha256(folder.path());
    let summary = run_ok(
        folder.path(),
        &["generate", "-m", "models/m.json", "-n", "3", "-c", "parquet,avro", "--summary", "json"],
    );
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let code = json!({"kind": "RHAI", "file": "tick.rhai", "version": "1.2", "sha256": sha256});
    assert_eq!(summary["user_code"], json!([code]));
    let note = json!([{"file": "tick.rhai", "version": "1.2", "sha256": sha256}]);
    let files: Vec<String> = summary["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().or(file.as_str()).unwrap().to_owned())
        .collect();
    assert_eq!(files.len(), 2, "{summary}");
    let read = "
import sys, fastavro, pyarrow.parquet
for path in sys.argv[1:]:
    if path.endswith('.avro'):
        with open(path, 'rb') as file:
            print(fastavro.reader(file).metadata['datagen.user_code'])
    else:
        print(pyarrow.parquet.read_metadata(path).metadata[b'datagen.user_code'].decode())
";
    let python = std::env::var("DATAGEN_REFEREE").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python)
        .args(["-c", read])
        .args(&files)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.lines().count(), 2, "{}", String::from_utf8_lossy(&output.stderr));
    for line in told.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap(), note);
    }
}

#[test]
fn a_model_that_pins_other_code_is_refused_with_both_values() {
    let folder = folder();
    let sha256 = sha256(folder.path());
    let other = "0".repeat(64);
    let check = |field: Value| {
        write_model(folder.path(), &field);
        let output = run(folder.path(), &["check", "models/m.json"]);
        let told = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(told).unwrap())
    };
    let of_type = |pin: &str, value: &str| json!({"name": "f", "type": "TICK", pin: value});
    let of_file = |pin: &str, value: &str| json!({"name": "f", "type": "RHAI", "script": "tick.rhai", pin: value});
    let upper = sha256.to_uppercase();
    for good in [
        of_type("sha256", &sha256),
        of_type("version", "1.2"),
        of_file("sha256", &upper),
        of_file("version", "1.2"),
    ] {
        let (is_good, told) = check(good);
        assert!(is_good, "{told}");
    }
    for field in [of_type("sha256", &other), of_file("sha256", &other)] {
        let (is_good, told) = check(field);
        let wanted = format!("`tick.rhai` has the SHA-256 {sha256}, the model wants {other}");
        assert!(!is_good && told.contains(&wanted), "{told}");
    }
    for field in [of_type("version", "1.3"), of_file("version", "1.3")] {
        let (is_good, told) = check(field);
        let wanted = "`tick.rhai` is version `1.2`, the model wants `1.3`";
        assert!(!is_good && told.contains(wanted), "{told}");
    }
    let code = "fn generate(row, params) { 1 }";
    let field =
        json!({"name": "f", "type": "RHAI", "code": code, "returns": "int64", "version": "2"});
    let (is_good, told) = check(field);
    assert!(!is_good && told.contains("the code says no version, the model wants `2`"), "{told}");
    let (is_good, told) = check(of_type("sha256", "12ab"));
    assert!(!is_good && told.contains("`12ab` is no SHA-256, expected 64"), "{told}");
}

/// Issue 11, D9: one state, one behaviour, before a restart and after it.
#[test]
fn a_command_of_a_broken_file_says_that_it_runs_the_older_one_also_after_a_restart() {
    let folder = folder();
    let server = Server::start(folder.path());
    let submit = |server: &Server| {
        let (code, answer) = server.post("/datagen/csv?rows=1&seed=1", &["-F", "model=m"]);
        assert_eq!(code, 200, "{answer}");
        answer
    };
    let sha256 = sha256(folder.path());
    assert!(submit(&server)["warnings"].is_null());
    fs::write(folder.path().join("scripts/tick.rhai"), "fn generate(row, params) {\n").unwrap();
    let check = |server: &Server| {
        let answer = submit(server);
        let warnings = answer["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{answer}");
        assert_eq!(warnings[0]["code"], "older_code");
        let message = warnings[0]["message"].as_str().unwrap();
        let wanted = format!(
            "`tick.rhai` is broken now, so the version before it runs (SHA-256 {sha256}): "
        );
        assert!(message.starts_with(&wanted), "{message}");
        let id = answer["commandUuid"].as_str().unwrap();
        let status = server.wait(id);
        assert_eq!(status["status"], "FINISHED", "{status}");
        let (_, command) = server.post(&format!("/command/get?commandUuid={id}"), &[]);
        assert_eq!(command["userCode"][0]["version"], "1.2", "{command}");
        let file = fs::read_dir(folder.path().join("out").join(id)).unwrap().next().unwrap();
        assert_eq!(fs::read_to_string(file.unwrap().path()).unwrap(), "f\n\"7\"\n");
        message.to_owned()
    };
    let before = check(&server);
    server.terminate();
    let server = Server::start(folder.path());
    assert_eq!(check(&server), before);
    server.kill();
    let server = Server::start(folder.path());
    assert_eq!(check(&server), before);
    // What is whole again is what runs.
    fs::write(folder.path().join("scripts/tick.rhai"), SCRIPT.replace('7', "8")).unwrap();
    assert!(submit(&server)["warnings"].is_null());
}
