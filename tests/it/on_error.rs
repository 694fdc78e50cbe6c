//! `"on_error": "null"`: rows that user code fails on are null, counted, and the same ones whatever runs
//! them.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{files_below, run};
use crate::wasm_text::Text;

/// Fields that fail in rows that `plain` or the row number tells: a lowered script, interpreted ones, a
/// record with a sub-value, and a module.
pub(crate) fn failing_fields() -> Vec<Value> {
    let script = |name: &str, returns: &str, code: &str| {
        json!({"name": name, "type": "RHAI", "returns": returns, "on_error": "null",
            "code": format!("fn generate(row, params) {{ {code} }}")})
    };
    vec![
        json!({"name": "plain", "type": "INTEGER", "min": 0, "max": 999}),
        script("lowered", "int64", "1000 / (row.plain % 10)"),
        script(
            "thrown",
            "utf8",
            "let a = [row.plain]; if a[0] % 7 == 0 { throw `no ${a[0]}` } `${a[0]}`",
        ),
        script("endless", "int64", "if row_number() % 97 == 5 { loop { } } row_number()"),
        json!({"name": "record", "type": "RHAI", "returns": "utf8", "on_error": "null", "code":
            "const sub_values = #{ half: \"int32\" };\n\
             fn generate(row, params) { #{ value: `v${row.plain}`, half: if row.plain % 2 == 0 { row.plain / 2 } else { \"odd\" } } }"}),
        json!({"name": "half", "type": "LINK", "link": "$record.half"}),
        json!({"name": "trapped", "type": "COUNT", "on_error": "NULL"}),
    ]
}

/// A module that traps in every 13th row.
pub(crate) fn write_module(folder: &Path) {
    let modules = folder.join("wasm-generators");
    fs::create_dir_all(&modules).unwrap();
    let text = Text {
        generate: "(local.set $row (i32.const 0))
            (block $end (loop $each
              (br_if $end (i32.ge_u (local.get $row) (local.get $rows)))
              (if (i64.eqz (i64.rem_u (i64.add (local.get $first) (i64.extend_i32_u (local.get $row)))
                                      (i64.const 13))) (then unreachable))
              (local.set $row (i32.add (local.get $row) (i32.const 1)))
              (br $each)))"
            .to_owned(),
        ..Text::default()
    };
    fs::write(modules.join("count.wasm"), text.bytes()).unwrap();
}

fn write_model(folder: &Path) {
    write_module(folder);
    fs::write(folder.join("m.json"), json!({"Fields": failing_fields()}).to_string()).unwrap();
}

/// What the rows themselves say of which values must be null: rows per field.
fn expected_nulls(csv: &str) -> Vec<(String, u64)> {
    let mut counts = [0; 5];
    for (row, line) in csv.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        let plain: u64 = cells[0].parse().unwrap();
        let odd = plain % 2 == 1;
        let fails =
            [row % 97 == 5, plain.is_multiple_of(10), odd, plain.is_multiple_of(7), row % 13 == 0];
        let shown = [cells[3], cells[1], cells[4], cells[2], cells[6]];
        for ((fails, shown), count) in fails.into_iter().zip(shown).zip(&mut counts) {
            assert_eq!(shown.is_empty(), fails, "row {row}: {line}");
            *count += u64::from(fails);
        }
        assert_eq!(cells[5], if odd { String::new() } else { (plain / 2).to_string() });
    }
    let names = ["endless", "lowered", "record", "thrown", "trapped"];
    names.into_iter().map(str::to_owned).zip(counts).collect()
}

fn told(failed: &Value) -> Vec<(String, u64)> {
    let failed = failed.as_array().unwrap().iter();
    failed
        .map(|one| (one["field"].as_str().unwrap().to_owned(), one["rows"].as_u64().unwrap()))
        .collect()
}

#[test]
fn failing_rows_are_null_and_counted_in_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    let arguments = ["generate", "--model", "m.json", "--rows", "600", "--batches", "2"];
    let output =
        run(folder.path(), &[&arguments[..], &["--seed", "4", "--summary", "json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = files_below(folder.path());
    let mut names: Vec<_> = files.keys().filter(|name| name.ends_with(".csv")).collect();
    names.sort();
    let text = |name: &String| String::from_utf8(files[name].clone()).unwrap();
    let second: Vec<String> = text(names[1]).lines().skip(1).map(|l| format!("{l}\n")).collect();
    let whole = [text(names[0]), second.concat()].concat();
    assert_eq!(told(&summary["failed_rows"]), expected_nulls(&whole));
    let warnings: Vec<&str> = stderr.lines().filter(|line| line.starts_with("warning")).collect();
    insta::assert_snapshot!(warnings.join("\n"), @"
    warning: m: field `endless`: 13 rows are null because user code failed on them; the first: code:1:61: one row takes more than 100000 operations (the limit `script_operations` of the setting `extension_limits`) (row 5)
    warning: m: field `lowered`: 126 rows are null because user code failed on them; the first: code:1:33: division by zero: 1000 / 0 (row 10)
    warning: m: field `record`: 598 rows are null because user code failed on them; the first: code: `half`: the script gives `odd` (utf8), expected int32 (row 1)
    warning: m: field `thrown`: 170 rows are null because user code failed on them; the first: code:1:68: no 644 (row 0)
    warning: m: field `trapped`: 93 rows are null because user code failed on them; the first: wasm-generators/count.wasm: wasm `unreachable` instruction executed: a panic, an exception, a failed assertion or a call of an operating system that there is none of; built with the present library of its language (`datagen new wasm`) it tells which (row 0)
    ");
}

#[test]
fn without_it_the_command_fails_and_a_slip_of_the_pen_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let code = "fn generate(row, params) { if row_number() == 7 { throw \"no\" } 1 }";
    let field = |on_error: &str| {
        json!({"Fields": [{"name": "x", "type": "RHAI", "code": code, "returns": "int32",
            "on_error": on_error}]})
    };
    let trial = |on_error: &str| {
        fs::write(folder.path().join("m.json"), field(on_error).to_string()).unwrap();
        let output = run(folder.path(), &["generate", "--model", "m.json", "--rows", "9", "-q"]);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    insta::assert_snapshot!([trial("fail"), trial("nul")].concat(), @"
    error: field `x`: code:1:51: no (row 7)
    error: m: /Fields/0/on_error: field `x`: `on_error` is the text `nul`, expected one of fail, null (did you mean `null`?)
    ");
}

/// A server that is killed again and again: the count is that of the rows, each counted once.
#[test]
fn a_command_that_goes_on_after_a_kill_counts_every_row_once() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    fs::create_dir(folder.path().join("models")).unwrap();
    fs::rename(folder.path().join("m.json"), folder.path().join("models/m.json")).unwrap();
    let mut server = Server::start(folder.path());
    let form = ["model=m", "LOCAL_FILE_PATH=c"];
    let id = server.submit("/datagen/csv?rows=300&batches=25&seed=4", &form);
    let status = |server: &Server| {
        server.post(&format!("/command/getCommandStatus?commandUuid={id}"), &[]).1
    };
    for kill in 1..=2_u64 {
        while status(&server)["batches"].as_u64().unwrap() < kill * 5 {
            thread::sleep(Duration::from_millis(5));
        }
        server.kill();
        server = Server::start(folder.path());
    }
    let ended = server.wait(&id);
    assert_eq!(ended["status"], "FINISHED", "{ended}");
    let keys: Vec<_> = ended.as_object().unwrap().keys().take(5).cloned().collect();
    assert_eq!(keys, ["commandUuid", "status", "comment", "progress", "duration"]);
    let files = files_below(&folder.path().join("out/c"));
    assert_eq!(files.len(), 25);
    let mut parts: Vec<(u64, String)> = files
        .into_iter()
        .map(|(name, bytes)| {
            let digits: String = name.chars().filter(char::is_ascii_digit).collect();
            (digits.parse().unwrap(), String::from_utf8(bytes).unwrap())
        })
        .collect();
    parts.sort();
    let lines = parts.iter().flat_map(|(_, text)| text.lines().skip(1));
    let whole: String = std::iter::once("header").chain(lines).map(|l| format!("{l}\n")).collect();
    assert_eq!(told(&ended["failedRows"]), expected_nulls(&whole));
}
