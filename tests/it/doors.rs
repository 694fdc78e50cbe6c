//! The doors through which a model comes say the same of it: `datagen check`, `preview` and `generate`,
//! `/model/test`, `/model/store` and `/datagen/csv`.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use datagen::samples::MODELS;
use serde_json::{Value, json};

use crate::broken_models::{ACCEPTED, DOCUMENTS, REFUSED, WARNED, folder, with_fields};
use crate::server::Server;
use crate::support::run;

/// The time that all doors take for now.
const NOW: &str = "2026-11-27T12:00:00Z";

/// Models that compile, and have no value in the first row or one of the next.
const VALUELESS: &[(&str, &str)] = &[
    (
        "date and number",
        r#"{"name": "s", "type": "DATE"}, {"name": "n", "type": "INTEGER"},
           {"name": "f", "type": "DATE", "formula": "${s} + ${n}"}"#,
    ),
    (
        "date as number",
        r#"{"name": "d", "type": "DATE"}, {"name": "f", "type": "LONG", "formula": "${d}"}"#,
    ),
    (
        "dates subtracted",
        r#"{"name": "d", "type": "DATE"}, {"name": "f", "type": "LONG", "formula": "${d} - ${d}"}"#,
    ),
    (
        "half",
        r#"{"name": "n", "type": "INTEGER"}, {"name": "f", "type": "INTEGER", "formula": "5/2"}"#,
    ),
    (
        "too large",
        r#"{"name": "n", "type": "INTEGER"},
           {"name": "f", "type": "DECIMAL", "precision": 5, "scale": 2, "formula": "1234.5"}"#,
    ),
];

/// Settings that a connector takes or refuses: these are judged by all doors, too.
const SETTINGS: &[&str] = &[
    r#""AVRO_NAME": "1 x""#,
    r#""LOCAL_FILE_NAME": "../x""#,
    r#""ORC_COMPRESSION": "lzo""#,
    r#""COMPRESSION": "snappy""#,
    r#""CSV_HEADER": "maybe", "JSON_HEADR": 1"#,
];

/// Every model that the tests know, good or broken, with a name.
fn models() -> Vec<(String, String)> {
    let mut models: Vec<(String, String)> = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(root.join("tests/models")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            models.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    models.sort();
    models.extend(MODELS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    let rows = REFUSED.iter().chain(WARNED).map(|(what, fields, _)| (*what, *fields));
    for (what, fields) in rows.chain(ACCEPTED.iter().copied()).chain(VALUELESS.iter().copied()) {
        models.push((what.to_owned(), with_fields(fields)));
    }
    // Over HTTP an empty text is no model, but none.
    let documents = DOCUMENTS.iter().filter(|(_, text, _)| !text.trim().is_empty());
    models.extend(documents.map(|(what, text, _)| ((*what).to_owned(), (*text).to_owned())));
    for settings in SETTINGS {
        let field = r#"{"name": "a", "type": "INTEGER"}"#;
        let text = format!(r#"{{"Fields": [{field}], "Options": {{{settings}}}}}"#);
        models.push(((*settings).to_owned(), text));
    }
    models
}

/// A folder with the files that the models read.
fn folder_with_files() -> tempfile::TempDir {
    let folder = folder();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["tests/models/guests.csv", "models/persons.csv"] {
        let name = Path::new(file).file_name().unwrap();
        fs::copy(root.join(file), folder.path().join(name)).unwrap();
    }
    folder
}

/// The answer to a form that is sent to `path`: status and body. Not by curl, for there are many.
fn post(server: &Server, path: &str, parts: &[(&str, &str)]) -> (u16, Value) {
    let mut body = String::new();
    for (name, text) in parts {
        let file = if *name == "model" { "; filename=\"a.json\"" } else { "" };
        let _ = write!(
            body,
            "--frontier\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n"
        );
    }
    body.push_str("--frontier--\r\n");
    let address = server.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=frontier\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| body.into()))
}

/// What `datagen check` finds in every model, with `arguments`.
fn checked(folder: &Path, count: usize, arguments: &[&str]) -> Vec<Vec<Value>> {
    let names: Vec<String> = (0..count).map(|number| format!("m/{number}.json")).collect();
    let names = names.iter().map(String::as_str);
    let root = folder.to_str().unwrap();
    let all: Vec<&str> = ["check", "--format", "json", "--now", NOW, "--read-root", root]
        .into_iter()
        .chain(arguments.iter().copied())
        .chain(names)
        .collect();
    let answer: Value = serde_json::from_slice(&run(folder, &all).stdout).unwrap();
    let found = |model: &Value| model["problems"].as_array().unwrap().clone();
    answer["models"].as_array().unwrap().iter().map(found).collect()
}

fn is_refused(problems: &[Value]) -> bool {
    problems.iter().any(|problem| problem["severity"] == "error")
}

/// The problems, without the places of files, which the doors tell as they know them.
fn comparable(problems: &[Value]) -> Vec<Value> {
    let told = problems.iter().map(|problem| {
        let mut problem = problem.clone();
        let message = problem["message"].as_str().unwrap().to_owned();
        let places = ["` in `", "` in the read roots"].map(|place| message.find(place));
        let until = places.into_iter().flatten().min().map_or(message.len(), |at| at + 1);
        problem["message"] = json!(message[..until]);
        problem
    });
    told.collect()
}

// Issue 9, F6, F13, redesign 6.
/// For every model: the doors that name no connector find the same, those that name one find the same.
#[test]
fn all_doors_find_the_same_in_the_same_model() {
    let folder = folder_with_files();
    let root = folder.path().to_str().unwrap();
    fs::create_dir(folder.path().join("m")).unwrap();
    let models = models();
    for (number, (_, text)) in models.iter().enumerate() {
        fs::write(folder.path().join(format!("m/{number}.json")), text).unwrap();
    }
    let plain = checked(folder.path(), models.len(), &[]);
    let with_csv = checked(folder.path(), models.len(), &["-c", "csv"]);
    let server = Server::start_with(folder.path(), &["--read-root", root]);
    let mut report = String::new();
    let mut differ = |door: &str, what: &str, expected: &[Value], found: &Value| {
        let found = found.as_array().map_or(&[][..], Vec::as_slice);
        if comparable(expected) != comparable(found) {
            let _ = writeln!(report, "{door}: {what}\n  {expected:?}\n  {found:?}");
        }
    };
    let valueless =
        |problems: &[Value]| problems.iter().any(|problem| problem["code"] == "no_value");
    for (number, (what, text)) in models.iter().enumerate() {
        let (status, answer) =
            post(&server, "/model/store", &[("model", text), ("name", &number.to_string())]);
        assert_eq!(status == 400, is_refused(&plain[number]), "store: {what}: {answer}");
        if status == 400 {
            differ("store", what, &plain[number], &answer["problems"]);
        }
        let (status, answer) = post(
            &server,
            "/model/test",
            &[("model", text), ("rows", "10"), ("seed", "0"), ("now", NOW)],
        );
        assert_eq!(status == 400, is_refused(&plain[number]), "test: {what}: {answer}");
        if valueless(&plain[number]) {
            assert!(answer["error"].as_str().unwrap().contains("field `f`: row "), "{answer}");
        } else if status == 400 {
            differ("test", what, &plain[number], &answer["problems"]);
        }
        // What has no value is refused when the rows are made.
        let refused = is_refused(&with_csv[number]) && !valueless(&with_csv[number]);
        let form = [("model", &text[..]), ("rows", "0"), ("batches", "0"), ("now", NOW)];
        let (status, answer) = post(&server, "/datagen/csv", &form);
        assert_eq!(status == 400, refused, "datagen: {what}: {answer}");
        let found = if refused { "problems" } else { "warnings" };
        if !valueless(&with_csv[number]) {
            differ("datagen", what, &with_csv[number], &answer[found]);
        }
    }
    assert!(report.is_empty(), "{report}");
}

// Issue 9, F6, F13.
/// For some models of each kind: the command line's doors, which print, agree as well.
#[test]
fn the_doors_of_the_command_line_print_the_same() {
    let folder = folder_with_files();
    let told = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        let is_told = |line: &&str| line.starts_with("error: ") || line.starts_with("warning: ");
        // `check` calls the model by its path, for it may have several; others by its name.
        let lines = told.lines().filter(is_told).map(|line| line.replace(": m.json: ", ": m: "));
        let lines: Vec<String> = lines.collect();
        (output.status.success(), lines)
    };
    for (what, text) in models().iter().step_by(23) {
        fs::write(folder.path().join("m.json"), text).unwrap();
        let now = ["--now", NOW];
        let check = told(&[&["check", "m.json"], &now[..]].concat());
        let preview = told(&[&["preview", "m.json"], &now[..]].concat());
        assert_eq!(check, preview, "{what}");
        let check = told(&[&["check", "m.json", "-c", "csv"], &now[..]].concat());
        let generate = told(
            &[&["generate", "-m", "m.json", "-q", "-r", "10", "--seed", "0"], &now[..]].concat(),
        );
        assert_eq!(check, generate, "{what}");
    }
    for (what, fields) in VALUELESS {
        fs::write(folder.path().join("m.json"), with_fields(fields)).unwrap();
        let (good, lines) = told(&["check", "m.json"]);
        assert!(!good && lines.last().unwrap().contains("field `f`: row "), "{what}: {lines:?}");
    }
}

// Issue 9, F6.
#[test]
fn a_range_that_begins_after_1970_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let model = with_fields(r#"{"name": "ts", "type": "TIMESTAMP", "min_date": "2020-01-01"}"#);
    fs::write(folder.path().join("m.json"), &model).unwrap();
    assert!(run(folder.path(), &["check", "m.json"]).status.success());
    let before = run(folder.path(), &["check", "m.json", "--now", "2019-01-01T00:00:00Z"]);
    assert!(!before.status.success());
    let server = Server::start(folder.path());
    let (status, answer) = post(&server, "/model/store", &[("model", &model), ("name", "ts")]);
    assert_eq!(status, 200, "{answer}");
}

// Issue 9, B4.
#[test]
fn a_name_of_the_models_folder_is_refused_for_storing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("models")).unwrap();
    let model = with_fields(r#"{"name": "a", "type": "INTEGER"}"#);
    fs::write(folder.path().join("models/ok.json"), &model).unwrap();
    let server = Server::start(folder.path());
    for name in ["ok", "ok.json", "customer"] {
        let (status, answer) = post(&server, "/model/store", &[("model", &model), ("name", name)]);
        assert_eq!((status, &answer["code"]), (400, &json!("wrong_name")), "{name}: {answer}");
    }
    // A file that comes later does not take the place of the stored model.
    let own = with_fields(r#"{"name": "stored", "type": "INTEGER", "min": 7, "max": 7}"#);
    assert_eq!(post(&server, "/model/store", &[("model", &own), ("name", "later")]).0, 200);
    fs::write(folder.path().join("models/later.json"), &model).unwrap();
    let (status, row) = server.post("/model/test?model=later", &[]);
    assert_eq!((status, row), (200, json!({"stored": 7})));
}
