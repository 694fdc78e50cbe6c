//! Hostile models, paths and numbers: refused or handled, quickly, in little memory, without a panic.
//!
//! The program runs as a child, so that its peak memory can be read and a panic or a stack overflow shows.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use datagen::problems::is_unseen;

use crate::support::{datagen, run};

/// Peak of resident memory that any of it may take, some 20 MiB of it pages of the program itself.
const MOST_MEMORY_KIB: u64 = 210 << 10;
/// Far more than it takes, far less than an attack wants: the machine may be busy.
const MOST_TIME: Duration = Duration::from_secs(60);

/// What the program did.
struct Answer {
    code: Option<i32>,
    text: String,
}

/// Runs the program on `model`, watching time and memory.
fn watched(model: &str, arguments: &[&str]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.json"), model).unwrap();
    // Into a file: a pipe that nobody reads would stop the child.
    let stderr = fs::File::create(folder.path().join("stderr")).unwrap();
    let mut child = datagen(folder.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .unwrap();
    let (started, mut peak) = (Instant::now(), 0);
    let status = loop {
        peak = peak.max(peak_kib(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > MOST_TIME {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let text = fs::read(folder.path().join("stderr")).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    let begin: String = text.chars().take(300).collect();
    assert!(status.code().is_some(), "ended by a signal after {:?}: {begin}", started.elapsed());
    assert!(peak < MOST_MEMORY_KIB, "{peak} KiB: {begin}");
    assert!(!text.contains("panicked") && !text.contains("internal error"), "{begin}");
    Answer { code: status.code(), text }
}

/// The most memory that the process has had so far; 0 when it has ended.
fn peak_kib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

const CHECK: &[&str] = &["check", "m.json"];
const GENERATE: &[&str] =
    &["generate", "--model", "m.json", "--rows", "3", "--threads", "1", "--seed", "1", "--quiet"];

/// Refused by the check, in words that hold `words`.
fn refused(model: &str, words: &[&str]) {
    let Answer { code, text } = watched(model, CHECK);
    let begin: String = text.chars().take(600).collect();
    assert_eq!(code, Some(1), "{begin}");
    assert!(words.iter().all(|word| text.contains(word)), "expected {words:?}: {begin}");
    // What a terminal or a log takes for a command never reaches it.
    assert!(text.chars().all(|c| c == '\n' || !is_unseen(c)), "{begin:?}");
}

/// Accepted, or refused for a reason: in any case it ends.
fn handled(model: &str, arguments: &[&str]) -> Answer {
    let answer = watched(model, arguments);
    let begin: String = answer.text.chars().take(600).collect();
    assert!(answer.code == Some(0) || answer.text.contains("error: "), "{begin}");
    answer
}

fn model(fields: impl IntoIterator<Item = Value>) -> String {
    json!({"Fields": fields.into_iter().collect::<Vec<_>>()}).to_string()
}

fn field(attributes: Value) -> String {
    let mut field = json!({"name": "f", "type": "STRING"});
    let Value::Object(attributes) = attributes else { return model([field]) };
    for (key, value) in attributes {
        field[key] = value;
    }
    model([field])
}

/// `count` keys that are nearly `key`.
fn slips(key: &str, count: usize) -> Map<String, Value> {
    (0..count).map(|index| (format!("{key}{index}"), json!(1))).collect()
}

#[test]
fn deep_documents_are_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    refused(&deep, &["recursion limit"]);
    let inside = format!(r#"{{"Fields": [{{"name": "f", "type": "IP", "x": {deep}}}]}}"#);
    refused(&inside, &["recursion limit"]);
    refused(&r#"{"Fields":"#.repeat(100_000), &["recursion limit"]);
}

#[test]
fn wide_and_long_documents_are_refused_or_handled() {
    let integers = |count| (0..count).map(|i| json!({"name": format!("f{i}"), "type": "INTEGER"}));
    refused(&model(integers(10_000)), &["10000 fields, expected at most 5000"]);
    let answer = handled(&model(integers(5_000)), GENERATE);
    assert_eq!(answer.code, Some(0), "{}", answer.text);
    refused(&field(json!({"x": "y".repeat(17 << 20)})), &["expected at most 16777216"]);
    refused(&field(json!({"x": vec![1; 1_000_001]})), &["values, expected at most 1000000"]);
    refused(&model(vec![json!({"name": "f", "type": "IP"}); 5_000]), &["taken by entry 0"]);
}

/// A text of a stranger in every place of a model that a message quotes, for every kind of character that
/// steers a terminal or hides. Issue 9, C1.
#[test]
fn no_text_of_a_model_reaches_the_terminal_as_it_is() {
    let hostile = "\u{1b}]0;x\u{7}\u{9b}31m\r\n\t\0\u{202e}\u{2066}\u{200e}\u{61c}\u{2028}\u{2029}\u{200b}\u{200d}\u{2060}\u{feff}";
    let types = [
        "BIRTHDATE",
        "BLOB",
        "BOOLEAN",
        "CITY",
        "COUNTRY",
        "CSV",
        "DATE",
        "DATE_AS_STRING",
        "DECIMAL",
        "DOUBLE",
        "EMAIL",
        "FLOAT",
        "FULL_NAME",
        "HASH_MD5",
        "INCREMENT_INTEGER",
        "INTEGER",
        "LAST_NAME",
        "LINK",
        "LONG",
        "NAME",
        "PHONE",
        "SEQUENCE",
        "STRING",
        "STRING_REGEX",
        "TIMESTAMP",
        "UNIQUE_INTEGER",
        "UUID",
    ];
    let texts = [
        "min",
        "max",
        "min_date",
        "max_date",
        "start",
        "pattern",
        "regex",
        "file",
        "formula",
        "injection",
        "link",
        "null_rate",
        "ghost",
        "length",
        "precision",
        "decimals",
        "filters",
        "possible_values",
        "possible_values_weighted",
        "distribution",
        "syntax",
        "use_now",
        "email_domain",
    ];
    let mut fields = Vec::new();
    for kind in types {
        for (index, key) in texts.iter().enumerate() {
            let mut field = json!({"name": format!("{kind}{index}"), "type": kind});
            field[*key] = match *key {
                "filters" | "possible_values" => json!([hostile]),
                "possible_values_weighted" => json!({hostile: hostile}),
                "formula" => json!(format!("${{{kind}0}} + {hostile}")),
                "injection" => json!(format!("${{{hostile}}}")),
                _ => json!(hostile),
            };
            fields.push(field);
        }
        let deep = json!({"name": format!("{kind}d"), "type": kind, hostile: 1,
            "distribution": {"type": "normal", "mean": hostile, hostile: hostile}});
        let lines = json!({"name": format!("{kind}c"), "type": kind,
            "conditionals": {format!("$x{hostile}=1"): hostile, format!("$IP=\"{hostile}\""): format!("formula:{hostile}")}});
        fields.extend([deep, lines]);
    }
    fields.push(json!({"name": hostile, "type": hostile, hostile: hostile}));
    // A few at a time: of one document only so many findings are told.
    for some in fields.chunks(20) {
        let document = json!({"Fields": some, hostile: 1, "Options": {hostile: hostile}, "Table_Names": {hostile: [[]]}});
        refused(&document.to_string(), &["error: "]);
    }
    refused(hostile, &["not valid JSON"]);
    refused(&json!(hostile).to_string(), &["expected a JSON object"]);
}

#[test]
fn guesses_are_not_made_for_ever() {
    let wrong = |i| json!({"name": format!("field_{i}"), "type": "LONG", "formula": format!("${{xield_q{i}}}")});
    refused(&model((0..5_000).map(wrong)), &["unknown field `xield_q0`", "did you mean"]);
    let many = |i| {
        let text: String = (0..5_000).map(|j| format!("${{zz{j}}}")).collect();
        json!({"name": format!("f{i}"), "type": "STRING", "injection": text})
    };
    refused(&model((0..100).map(many)), &["unknown field `zz0`"]);
    let fields = json!([{"name": "f", "type": "IP"}]);
    assert_eq!(handled(&field(slips("ghosx", 400_000).into()), CHECK).code, Some(0));
    let options = json!({"Fields": fields, "Options": slips("csv_headex", 200_000)}).to_string();
    assert_eq!(handled(&options, CHECK).code, Some(0));
    let mut roots = slips("fielx", 400_000);
    roots.insert("Fields".to_owned(), fields);
    assert_eq!(handled(&Value::from(roots).to_string(), CHECK).code, Some(0));
}

#[test]
fn many_warnings_do_not_hide_an_error() {
    let mut attributes = slips("mix", 2_000);
    attributes.insert("length".to_owned(), json!("long"));
    refused(
        &field(attributes.into()),
        &["unknown attribute `mix0`", "`length` is the text `long`"],
    );
}

#[test]
fn endless_values_are_refused() {
    refused(&field(json!({"length": 1_000_000_000})), &["`length`", "at most 16777216"]);
    let longest = |i| json!({"name": format!("f{i}"), "type": "STRING", "length": 16_777_216});
    refused(&model((0..64).map(longest)), &["a row takes", "shorten this field"]);
    assert_eq!(handled(&model([longest(0)]), GENERATE).code, Some(0));
    let doubled = (0..60).map(|i| {
        let text = format!("${{f{i}}}${{f{i}}}");
        json!({"name": format!("f{}", i + 1), "type": "STRING", "injection": text, "ghost": i < 59})
    });
    let first = json!({"name": "f0", "type": "STRING", "length": 1_000});
    let answer = handled(&model([first].into_iter().chain(doubled)), GENERATE);
    assert!(answer.text.contains("the texts of a block are too long"), "{}", answer.text);
    let times = json!({"name": "b", "type": "STRING", "injection": "${f0}".repeat(4_000)});
    let answer = handled(&model([longest(0), times]), GENERATE);
    assert!(answer.text.contains("the texts of a block are too long"), "{}", answer.text);
    let doubling = format!("x='{}'; {}x", "a".repeat(1_000), "x=x+x; ".repeat(60));
    let answer = handled(&field(json!({"formula": doubling})), GENERATE);
    assert!(answer.text.contains("at most 1048576"), "{}", answer.text);
    let answer = handled(&field(json!({"formula": "'a'.repeat(1e9)"})), GENERATE);
    assert!(answer.text.contains("at most 1048576"), "{}", answer.text);
}

#[test]
fn huge_weights_and_numbers_are_handled() {
    let weights = json!({"a": 1e308, "b": 1e308, "c": 1e308, "d": 5e-324});
    assert_eq!(
        handled(&field(json!({"possible_values_weighted": weights})), GENERATE).code,
        Some(0)
    );
    refused(
        r#"{"Fields": [{"name": "f", "type": "DECIMAL", "min": 1e999999}]}"#,
        &["at most 16 digits"],
    );
    refused(
        r#"{"Fields": [{"name": "f", "type": "DOUBLE", "min": 1e999999}]}"#,
        &["expected a number"],
    );
    refused(
        r#"{"Fields": [{"name": "f", "type": "LONG", "max": 1e999999}]}"#,
        &["expected a whole number"],
    );
    refused(
        r#"{"Fields": [{"name": "f", "type": "STRING", "possible_values_weighted": {"a": 1e999999}}]}"#,
        &["expected a number from 0 on"],
    );
    refused(&field(json!({"type": "DECIMAL", "min": "1e999999999"})), &["at most 16 digits"]);
    refused(
        &field(json!({"type": "DECIMAL", "min": "9".repeat(1_000_000)})),
        &["is not a decimal number"],
    );
    refused(&field(json!({"type": "FLOAT", "min": "1e999"})), &["expected a number"]);
    let zipf = json!({"type": "LONG", "distribution": {"type": "zipf", "exponent": 1e-300}});
    handled(&field(zipf), GENERATE);
    let rows = ["generate", "--model", "m.json", "--quiet", "--rows"];
    for (count, words) in [
        ("9223372036854775808", "is more than 9223372036854775807 rows"),
        ("18446744073709551615", "is more than 9223372036854775807 rows"),
        ("18446744073709551616", "is more than 18446744073709551615"),
        ("-1", "unexpected argument"),
    ] {
        let answer = watched(&field(json!({})), &[&rows[..], &[count]].concat());
        assert!(answer.code != Some(0) && answer.text.contains(words), "{count}: {}", answer.text);
    }
    let batches = [&rows[..], &["4294967296", "--batches", "4294967296"]].concat();
    let answer = watched(&field(json!({})), &batches);
    assert!(answer.text.contains("ask for fewer rows or batches"), "{}", answer.text);
}

#[test]
fn bombs_of_forms_are_refused() {
    let form = |text: &str| field(json!({"type": "STRING_REGEX", "regex": text}));
    refused(&form("[A-Z]{999999999999}"), &["too large, at most 1048576"]);
    refused(&form(&"[A-Z]{1000000}".repeat(50)), &["at most 1048576"]);
    refused(&form(&"[A-Z]{1}".repeat(500_000)), &["4000000 bytes, at most"]);
    let regex =
        |text: &str| field(json!({"type": "STRING_REGEX", "syntax": "regex", "regex": text}));
    refused(&regex("((((a{1000}){1000}){1000}){1000})"), &["at most 1048576"]);
    refused(&regex(&format!("{}{}", "(".repeat(100_000), ")".repeat(100_000))), &["at most 2000"]);
    handled(&regex(&"(".repeat(1_000)), CHECK);
    handled(&regex(&r"\w{1000}".repeat(200)), GENERATE);
    let pattern = |text: String| field(json!({"type": "DATE_AS_STRING", "pattern": text}));
    refused(&pattern("[".repeat(1_000_000)), &["expected at most 256"]);
    refused(&pattern("y".repeat(1_000_000)), &["expected at most 256"]);
}

#[test]
fn bombs_of_formulas_and_conditions_are_refused() {
    let formula = |text: &str| field(json!({"formula": text}));
    refused(&formula(&"(".repeat(1 << 20)), &["1048576 bytes, at most 65536"]);
    refused(&formula(&"(".repeat(60_000)), &["more than 5000 brackets"]);
    refused(&formula(&"`${".repeat(20_000)), &["more than 5000 brackets"]);
    refused(&formula(&"1+".repeat(500_000)), &["at most 65536"]);
    refused(&formula(&format!("{}1", "1+".repeat(4_900))), &["more than 200 levels"]);
    handled(&formula(&format!("{}1{}", "(".repeat(4_900), ")".repeat(4_900))), CHECK);
    handled(&formula(&"if(1)".repeat(4_000)), CHECK);
    handled(&formula(&"a=>".repeat(4_000)), CHECK);
    let line = |text: String| field(json!({"conditionals": {text: "x"}}));
    refused(&line("(".repeat(60_000)), &["more than 100 levels"]);
    refused(&line(format!("{}$f=1", "!".repeat(60_000))), &["more than 100 levels"]);
    let lines: Map<String, Value> = (0..20_000).map(|i| (format!("$f={i}"), json!("x"))).collect();
    refused(&field(json!({"conditionals": lines})), &["20000 lines, at most 10000"]);
    let chain = (0..4_999).map(
        |i| json!({"name": format!("f{i}"), "type": "LONG", "formula": format!("${{f{}}}", i + 1)}),
    );
    let last = json!({"name": "f4999", "type": "LONG"});
    assert_eq!(handled(&model(chain.chain([last])), GENERATE).code, Some(0));
}

#[test]
fn names_that_speak_to_terminals_are_refused() {
    refused(&field(json!({"name": "a\u{1b}[31m\u{0}\nb"})), &["holds a control character"]);
    refused(&field(json!({"type": "\u{1b}]0;x\u{7}"})), &["unknown field type"]);
    refused(&field(json!({"name": "n".repeat(100_000)})), &["100000 bytes, expected at most 256"]);
    let answer = watched(&field(json!({"\u{1b}[31mred": 1})), CHECK);
    assert!(!answer.text.contains('\u{1b}'), "{:?}", answer.text);
}

#[test]
fn nothing_is_written_out_of_the_output_root() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = folder.path().join("out");
    fs::create_dir(&root).unwrap();
    symlink(outside.path(), root.join("link")).unwrap();
    fs::write(folder.path().join("m.json"), field(json!({}))).unwrap();
    let into = |setting: &str| {
        run(
            folder.path(),
            &[
                "generate",
                "--model",
                "m.json",
                "--rows",
                "1",
                "--output-root",
                "out",
                "--set",
                setting,
            ],
        )
    };
    for setting in [
        "LOCAL_FILE_PATH=../",
        "LOCAL_FILE_PATH=a/../../b",
        "LOCAL_FILE_PATH=link",
        "LOCAL_FILE_PATH=link/deeper",
        "LOCAL_FILE_NAME=../x",
        "LOCAL_FILE_NAME=link/x",
        "LOCAL_FILE_NAME=/etc/x",
    ] {
        let output = into(setting);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{setting}: {stderr}");
        assert!(stderr.contains("error: "), "{setting}: {stderr}");
    }
    // An absolute path is one below the root.
    assert!(into("LOCAL_FILE_PATH=/etc/deep").status.success());
    assert!(root.join("etc/deep").is_dir());
    assert_eq!(names(outside.path()), Vec::<String>::new());
    assert_eq!(names(folder.path()), ["m.json", "out"]);
}

#[test]
fn nothing_is_read_out_of_the_read_roots() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secret = outside.path().join("secret.csv");
    fs::write(&secret, "name\nsecret\n").unwrap();
    symlink(&secret, folder.path().join("link.csv")).unwrap();
    let climb = format!("../{}/secret.csv", outside.path().file_name().unwrap().to_str().unwrap());
    for file in [
        secret.to_str().unwrap(),
        "link.csv",
        &climb,
        "/etc/passwd",
        "/proc/self/environ",
        ".",
        "/dev/zero",
    ] {
        let model = field(json!({"type": "CSV", "file": file, "field": "name"}));
        fs::write(folder.path().join("m.json"), model).unwrap();
        let output = run(folder.path(), &["preview", "m.json"]);
        let (stdout, stderr) = (output.stdout, String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{file}: {stderr}");
        assert!(stderr.contains("cannot be read"), "{file}: {stderr}");
        assert!(!String::from_utf8_lossy(&stdout).contains("secret"), "{file}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
