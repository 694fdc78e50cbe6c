//! Previews and tries: bounded in memory and number, and ended with their client.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::Server;
use crate::support::{datagen, run};

/// A model whose rows take a megabyte each.
fn megabytes(folder: &std::path::Path) {
    let text = "x".repeat(1_000_000);
    let model =
        format!(r#"{{"Fields":[{{"name":"f","type":"STRING","possible_values":["{text}"]}}]}}"#);
    std::fs::write(folder.join("m.json"), model).unwrap();
}

/// Some 20 ms of work a row, which is not lowered.
const SLOW: &str = r#"{"Fields": [{"name": "x", "type": "RHAI", "returns": "int64",
    "code": "fn generate(row, params) { let a = [0]; for i in 0..9000 { a[0] = i; } a[0] }"}]}"#;

/// Issue 9, A1: a preview stops at its budget, says so, and the server lives.
#[test]
fn a_preview_has_a_budget_of_bytes() {
    let folder = tempfile::tempdir().unwrap();
    megabytes(folder.path());
    let server = Server::start(folder.path());
    let before = server.peak_memory();
    let upload = format!("model_file=@{}", folder.path().join("m.json").display());
    let ask = |form: &[&str]| {
        let form: Vec<_> = form.iter().flat_map(|part| ["-F", part]).collect();
        let (code, answer) = server
            .curl("/model/test", &[&["-X", "POST", "-D", "-", "-F", &upload], &form[..]].concat());
        let (head, body) =
            answer.split_once("\r\n\r\n{").or_else(|| answer.split_once("\r\n\r\n[")).unwrap();
        (code, head.to_ascii_lowercase(), body.len())
    };
    let (code, head, length) = ask(&["rows=10000"]);
    assert_eq!(code, 200);
    assert!(head.contains("x-datagen-warning: 67 of 10000 rows are shown"), "{head}");
    assert!(length > 66_000_000 && length <= 64 << 20, "{length}");
    let (code, head, length) = ask(&["rows=3"]);
    assert!(code == 200 && length > 3_000_000 && !head.contains("warning"), "{head}");
    // A field that is long by itself.
    let long = r#"{"Fields":[{"name":"f","type":"STRING","length":16777216}]}"#;
    let (code, rows) =
        server.post("/model/test", &["--form-string", &format!("model={long}"), "-F", "rows=400"]);
    assert_eq!((code, rows.as_array().unwrap().len()), (200, 3));
    let grown = server.peak_memory() - before;
    assert!(grown < 400 << 20, "{} MiB", grown >> 20);
}

/// Issue 9, A1: where not even one row fits, that is said; the command line has the same limit.
#[test]
fn a_row_that_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    megabytes(folder.path());
    std::fs::write(folder.path().join("datagen.toml"), "max_preview_bytes = 999_999\n").unwrap();
    let server = Server::start(folder.path());
    let upload = format!("model_file=@{}", folder.path().join("m.json").display());
    let (code, answer) = server.post("/model/test", &["-F", &upload]);
    let words =
        "row 0 takes more than the 999999 bytes that a preview may have; `max_preview_bytes`";
    assert_eq!((code, &answer["code"]), (400, &"no_preview".into()), "{answer}");
    assert!(answer["error"].as_str().unwrap().starts_with(words), "{answer}");
    let code = r#"code=fn generate(row, params) { let s = "y"; s.pad(60000, "y"); s }"#;
    let (status, answer) = server
        .post("/generators/try", &["--form-string", code, "-F", "returns=utf8", "-F", "rows=1000"]);
    assert_eq!((status, answer["values"].as_array().unwrap().len()), (200, 16), "{answer}");
    assert_eq!(answer["warnings"][0]["code"], "preview_cut");
    let output = run(folder.path(), &["preview", "m.json"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && told.contains(words), "{told}");
    let mut wider = datagen(folder.path());
    wider
        .args(["preview", "m.json", "--format", "csv"])
        .env("DATAGEN_MAX_PREVIEW_BYTES", "3000000");
    let output = wider.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && told.contains("warning: m: 2 of 10 rows are shown"),
        "{told}"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 3);
    assert_eq!(run(folder.path(), &["preview", "m.json", "-n", "10001"]).status.code(), Some(1));
}

/// Issue 9, C5: a client has two previews at a time; they end when it leaves.
#[test]
fn previews_are_counted_and_end_with_their_client() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("slow.json"), SLOW).unwrap();
    let server = Server::start(folder.path());
    let upload = format!("model_file=@{}", folder.path().join("slow.json").display());
    let start = || {
        Command::new("curl")
            // Where a quick one takes its place first, it comes again.
            .args([
                "-s",
                "--retry",
                "30",
                "-F",
                &upload,
                "-F",
                "rows=10000",
                &format!("{}/model/test", server.address),
            ])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut clients = [start(), start()];
    let ask = |path: &str, form: &[&str]| server.post(path, form);
    let quick = ["-F", "model=sensor"];
    let deadline = Instant::now() + Duration::from_secs(20);
    while ask("/model/test", &quick).0 == 200 {
        assert!(Instant::now() < deadline, "two previews are under way and a third one is let in");
    }
    let (code, head) = server.curl("/model/test", &["-X", "POST", "-i", "-F", "model=sensor"]);
    let head = head.to_ascii_lowercase();
    assert!(
        code == 429 && head.contains("retry-after: 1") && head.contains("too_many_trials"),
        "{head}"
    );
    let code = ["--form-string", "code=fn generate(row, params) { 1 }", "-F", "returns=int64"];
    assert_eq!(ask("/generators/try", &code).0, 429, "tries count as well");
    // Everything else is answered meanwhile.
    let began = Instant::now();
    assert_eq!(server.curl("/health/live", &[]).0, 200);
    assert_eq!(ask("/command/getAll", &[]), (200, Value::Array(Vec::new())));
    assert!(began.elapsed() < Duration::from_secs(5));
    for client in &mut clients {
        client.kill().unwrap();
        client.wait().unwrap();
    }
    let left = Instant::now();
    while ask("/model/test", &quick).0 == 429 {
        assert!(
            left.elapsed() < Duration::from_secs(10),
            "the previews go on without their clients"
        );
    }
}

/// Issue 9, C1 and D8: what a stranger's model holds does not steer the terminal that shows it.
#[test]
fn tables_and_messages_show_what_steers_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let value = r"\u001b]0;PWN\u0007\u001b[31mred\r\t\u202e\u200b\u2028x";
    let model = format!(
        r#"{{"Fields": [{{"name": "a", "type": "STRING", "possible_values": ["{value}"]}}]}}"#
    );
    std::fs::write(folder.path().join("m.json"), model).unwrap();
    let output = run(folder.path(), &["preview", "m.json", "-n", "1"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let raw = |text: &str| text.chars().any(|c| c != '\n' && datagen::problems::is_unseen(c));
    assert!(!raw(&shown), "{shown:?}");
    assert!(shown.contains(r"\u{1b}]0;PWN\u{7}"), "{shown}");
    let output = run(folder.path(), &["preview", "no\u{1b}[2J\u{202e}such.json"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && !raw(&told), "{told:?}");
    let mut talkative = datagen(folder.path());
    let output =
        talkative.args(["preview", "m.json"]).env("DATAGEN_LOG", "trace").output().unwrap();
    assert!(!output.stderr.contains(&b'\x1b'), "colours are for terminals");
}
