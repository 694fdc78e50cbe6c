//! Whatever a stranger wrote, a script, a name or a server's answer, does not steer the terminal.
//!
//! Issue 9, C1. What models and previews show is tested in `hostile` and `previews`.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;

use datagen::problems::is_unseen;
use serde_json::{Value, json};

use crate::support::{datagen, run};

/// A window's title, a color, deletion of the screen, a turned direction, no width, a separator of lines.
const HOSTILE: &str = "evil\u{1b}]0;PWN\u{7}\u{9b}31m\u{1b}[2J\u{202e}\u{200b}\u{2028}\u{7f}\r";

const ID: &str = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

/// stdout and stderr, of which every character can be seen.
fn seen(what: &str, output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !is_unseen(c)), "{what}: {text:?}");
        text
    };
    (text(&output.stdout), text(&output.stderr))
}

/// The status of a command, of which every text is hostile.
fn status(name: &str) -> Value {
    json!({
        "commandUuid": ID, "status": name, "comment": HOSTILE, "progress": HOSTILE,
        "duration": HOSTILE, "commandComment": HOSTILE, "durationSeconds": 1.5,
        "progressPercent": 100.0, "generatedPercent": 100.0, "rows": 3, "generatedRows": 3,
        "totalRows": 3, "batches": 1, "rowsPerSecond": 2.0, "remainingSeconds": null,
        "connectors": [
            {"connector": HOSTILE, "destination": HOSTILE, "rows": 3, "bytes": 9, "files": 1}
        ],
        "modelId": HOSTILE, "acceptedTimestamp": 1_767_225_600_000_i64, "scheduled": false,
        "nextRun": null, "runs": 1,
        "failedRows": [{"field": HOSTILE, "rows": 1, "firstRow": 0, "message": HOSTILE}],
    })
}

/// Everything about a command, likewise.
fn details(name: &str) -> Value {
    let mut whole = status(name);
    let more = json!({
        "commandError": HOSTILE, "modelFilePath": HOSTILE, "owner": HOSTILE, "numberOfThreads": 1,
        "numberOfBatches": 1, "rowsPerBatch": 3, "seed": 1, "now": HOSTILE,
        "delayBetweenExecutions": null, "delayBetweenExecutionsSeconds": null, "cron": HOSTILE,
        "paused": false, "connectorsList": [HOSTILE], "properties": {HOSTILE: HOSTILE},
        "durationMilliSeconds": 1_500, "lastStartedTimestamp": null,
        "lastFinishedTimestamp": null, "firstBatch": 0, "warnings": [{"message": HOSTILE}],
        "userCode": [{"kind": HOSTILE, "file": HOSTILE, "sha256": HOSTILE}],
        "transitions": [{"status": name, "time": "2026-01-01T00:00:00Z", "comment": HOSTILE}],
        "transitionsTotal": 1,
        "files":
            [{"connector": HOSTILE, "batch": 0, "path": HOSTILE, "bytes": 9, "crc32": HOSTILE}],
        "filesTotal": 1,
    });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

/// What the false server answers for `path`: its first part says how the server behaves.
fn answer(path: &str) -> (u16, String) {
    let (manner, operation) = path[1..].split_once('/').unwrap();
    let operation = operation.split('?').next().unwrap();
    let name = if manner == "fails" { "FAILED" } else { "FINISHED" };
    let body = match (manner, operation) {
        ("refuses", _) => return (400, json!({"error": HOSTILE}).to_string()),
        ("forbids", _) => {
            return (403, json!({"error": format!("{HOSTILE}\n{HOSTILE}")}).to_string());
        }
        ("babbles", _) => return (200, HOSTILE.to_owned()),
        ("breaks", _) => return (500, HOSTILE.to_owned()),
        (_, "datagen/multipleconnectors") => {
            json!({"commandUuid": ID, "error": "", "warnings": [{"message": HOSTILE}]})
        }
        (_, "command/get") => details(name),
        (_, "command/getAll" | "command/getAllScheduled" | "command/getByStatus") => {
            json!([status(name), status("QUEUED")])
        }
        _ => status(name),
    };
    (200, body.to_string())
}

/// Reads a request and answers it.
fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    let (code, body) = answer(first.split(' ').nth(1).unwrap());
    write!(
        stream,
        "HTTP/1.1 {code} {code}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len(),
    )
}

/// Starts the false server: its address. Its thread ends with the tests.
fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that leaves early fails its own test.
            let _ = serve(stream.unwrap());
        }
    });
    format!("http://{address}")
}

#[test]
fn what_a_false_server_answers_does_not_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let server = start();
    let calls: [&[&str]; 10] = [
        &["run", "-m", "sensor"],
        &["run", "-m", "sensor", "--json"],
        &["run", "-m", "sensor", "--detach"],
        &["commands"],
        &["commands", "list", "--json"],
        &["commands", "list", "--scheduled"],
        &["commands", "status", ID],
        &["commands", "status", ID, "--json"],
        &["commands", "cancel", ID],
        &["commands", "retry", ID, "--json"],
    ];
    for manner in ["finishes", "fails", "refuses", "forbids", "babbles", "breaks"] {
        for call in calls {
            let what = format!("{manner}: {call:?}");
            let output = datagen(folder.path())
                .args(call)
                .env("DATAGEN_SERVER", format!("{server}/{manner}"))
                .output()
                .unwrap();
            let (out, err) = seen(&what, &output);
            let works = manner == "finishes" || manner == "fails";
            let fails =
                !works || manner == "fails" && call[0] == "run" && !call.contains(&"--detach");
            assert_eq!(output.status.code(), Some(i32::from(fails)), "{what}: {err}");
            // It is shown, and not left out.
            let told = match (manner, call.contains(&"--json")) {
                ("babbles" | "breaks", _) => continue,
                ("refuses" | "forbids", _) => err.contains(r"evil\u{1b}]0;PWN\u{7}"),
                (_, true) => {
                    let answer: Value = serde_json::from_str(&out).unwrap();
                    let one = if answer.is_array() { &answer[0] } else { &answer };
                    one["comment"] == HOSTILE
                }
                // Cells are cut where the terminal ends.
                (_, false) => {
                    call.contains(&"cancel") || out.contains("evil") || err.contains("evil")
                }
            };
            assert!(told, "{what}: {out}{err}");
        }
    }
}

/// `text` as a name that file systems take.
fn name(extension: &str) -> String {
    format!("evil\u{1b}]0;PWN\u{7}\u{9b}31m\u{202e}\u{200b}\u{2028}{extension}")
}

#[test]
fn fields_shows_what_strangers_scripts_say_of_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let scripts = name("");
    let path = folder.path().join(&scripts);
    fs::create_dir(&path).unwrap();
    // A carriage return ends a line of a script.
    let summary = HOSTILE.trim_end();
    let script = format!(
        "// A summary that is {summary}hidden.\nconst output = \"utf8\";\n\
         const params = #{{ a: #{{ value: \"\\x1b[2J\\u202e\", doc: \"Says \\x1b]0;PWN\\x07\\u202e.\" }} }};\n\
         fn generate(row, params) {{ \"x\" }}\n",
    );
    fs::write(path.join("shown.rhai"), script).unwrap();
    fs::write(
        path.join("broken.rhai"),
        format!("// \u{1b}[2J\nfn generate(row, params) {{ {HOSTILE} }}"),
    )
    .unwrap();
    let list = run(folder.path(), &["fields", "--extensions", &scripts]);
    let (out, err) = seen("fields", &list);
    assert!(list.status.success() && out.contains("refused: "), "{out}{err}");
    assert!(out.contains("A summary that is evil"), "{out}");
    let logged = datagen(folder.path())
        .args(["fields", "--extensions", &scripts])
        .env("DATAGEN_LOG_FORMAT", "json")
        .env("DATAGEN_LOG", "datagen_core::sandbox::library=info")
        .output()
        .unwrap();
    let (_, err) = seen("a log of JSON lines", &logged);
    let line: Value = serde_json::from_str(&err).unwrap();
    assert!(line["fields"]["error"].as_str().unwrap().starts_with("evil"), "{line}");
    let one = run(folder.path(), &["fields", "shown", "--extensions", &scripts]);
    let (out, err) = seen("fields shown", &one);
    assert!(one.status.success(), "{err}");
    assert!(out.contains(r"from evil\u{1b}]0;PWN\u{7}\u{9b}31m\u{202e}\u{200b}\u{2028}/"), "{out}");
    assert!(out.contains("Says "), "{out}");
    let file = format!("{scripts}/shown.rhai");
    let (out, err) = seen("try", &run(folder.path(), &["try", &file, "-n", "1"]));
    assert!(out.starts_with("0: x"), "{out}{err}");
}

#[test]
fn check_and_generate_show_hostile_names() {
    let folder = tempfile::tempdir().unwrap();
    let model = name(".json");
    let text = json!({"Fields": [{"name": "a\u{202e}\u{200b}b", "type": "INTEGER", "link": "$\u{9b}c"},
        {"name": "\u{9b}c", "type": "INTEGER"}]});
    fs::write(folder.path().join(&model), text.to_string()).unwrap();
    let shown = r"evil\u{1b}]0;PWN\u{7}\u{9b}31m\u{202e}\u{200b}\u{2028}.json";
    let (out, err) = seen("check", &run(folder.path(), &["check", &model, "--explain"]));
    assert!(out.contains(&format!("{shown}: ")), "{out}{err}");
    let json = run(folder.path(), &["check", &model, "--explain", "--format", "json"]);
    let (out, _) = seen("check --format json", &json);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["models"][0]["model"], model);
    // Of a file that is not there, too.
    let gone = name("-gone.json");
    for command in ["check", "preview"] {
        let (_, err) = seen(command, &run(folder.path(), &[command, &gone]));
        assert!(err.contains(r"evil\u{1b}]0;PWN"), "{err}");
    }
    generates(folder.path());
}

/// Names of outputs from the command line and from the model, told in the closing line and the summary.
fn generates(folder: &Path) {
    let mut told = 0;
    for (number, hostile) in
        ["a\u{202e}b", "a\u{200b}b", "a\u{2028}b", "a\u{1b}[2Jb"].iter().enumerate()
    {
        let model = json!({
            "Fields": [{"name": "a", "type": "INTEGER"}],
            "Table_Names": {"LOCAL_FILE_PATH": hostile, "LOCAL_FILE_NAME": format!("n{hostile}")},
        });
        let file = format!("m{number}.json");
        fs::write(folder.join(&file), model.to_string()).unwrap();
        let output = run(folder, &["generate", "-m", &file, "-n", "2", "--summary", "json"]);
        let (out, err) = seen(&format!("generate {hostile:?}"), &output);
        if output.status.success() {
            told += 1;
            let summary: Value = serde_json::from_str(&out).unwrap();
            let path = summary["files"][0].as_str().unwrap();
            assert!(path.contains(hostile), "{path:?}");
            assert!(err.contains(" rows in ") && err.contains(r"a\u{2"), "{err}");
        } else {
            assert!(err.contains(r"\u{"), "{err}");
        }
        let root = format!("root-{hostile}");
        let arguments = ["generate", "-m", "sensor", "-n", "2", "--output-root", &root];
        let (_, err) = seen(&format!("--output-root {root:?}"), &run(folder, &arguments));
        assert!(err.contains("2 rows in "), "{err}");
    }
    // Those that take no control characters may still take what cannot be seen.
    assert!(told <= 3, "{told}");
}
