//! The command line, run as a user runs it.

use crate::support::{run, run_ok};

#[test]
fn the_version_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run_ok(folder.path(), &["--version"]).starts_with("datagen "));
}

#[test]
fn an_unknown_model_is_refused_with_a_guess() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["preview", "custmer"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("did you mean `customer`?"), "{stderr}");
}

/// `datagen ARGUMENTS` in `folder`, which must be refused: what it says.
fn refusal(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Issue 9, F17: a type of another system leads to ours, also where types are looked up.
#[test]
fn a_type_of_another_system_is_told_as_ours() {
    let folder = tempfile::tempdir().unwrap();
    let told = |name| refusal(folder.path(), &["fields", name]);
    insta::assert_snapshot!(told("INT"), @r#"error: unknown field type `INT` (write INTEGER, with `min` and `max`)"#);
    insta::assert_snapshot!(told("varchar"), @r#"error: unknown field type `varchar` (write STRING, with `length` or `possible_values`; STRING_REGEX for texts of a form)"#);
    insta::assert_snapshot!(told("INTGER"), @r#"error: unknown field type `INTGER` (did you mean `INTEGER`?)"#);
    insta::assert_snapshot!(told("banana"), @r#"error: unknown field type `banana`; `datagen fields` lists them"#);
    insta::assert_snapshot!(told("RHIA"), @r#"error: unknown field type `RHIA` (did you mean `RHAI`?)"#);
    assert!(run_ok(folder.path(), &["fields", "rhai"]).starts_with("RHAI: "));
}

/// `datagen check` of the fields: what it says of them.
fn checked(fields: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.json"), format!(r#"{{"Fields": [{fields}]}}"#)).unwrap();
    let output = run(folder.path(), &["check", "m.json"]);
    let told = String::from_utf8(output.stderr).unwrap();
    format!("exit {}\n{told}", output.status.code().unwrap())
}

/// Issue 9, F12 and F17: the forms that newcomers write are told with the right spelling.
#[test]
fn forms_of_other_systems_are_told_with_the_right_spelling() {
    let regex = |text: &str| {
        checked(&format!(r#"{{"name": "a", "type": "STRING_REGEX", "regex": "{text}"}}"#))
    };
    insta::assert_snapshot!(regex(r"[A-Z]{2}\\d{4}"), @r#"
    exit 0
    warning: m.json: /Fields/0/regex: field `a`: `\d` stands for itself (give `"syntax": "regex"` for a regular expression)
    "#);
    insta::assert_snapshot!(regex("^[0-9]{4}$"), @r#"
    exit 0
    warning: m.json: /Fields/0/regex: field `a`: `^` and `$` stand for themselves (give `"syntax": "regex"` for a regular expression)
    "#);
    insta::assert_snapshot!(regex("[abc]{4}"), @r#"
    exit 0
    warning: m.json: /Fields/0/regex: field `a`: `[abc]` has one choice, the text `abc`: choices are parted by commas (give `"syntax": "regex"` for a regular expression)
    "#);
    let date = |text: &str| {
        checked(&format!(r#"{{"name": "a", "type": "DATE_AS_STRING", "pattern": "{text}"}}"#))
    };
    insta::assert_snapshot!(date("%Y-%m-%d"), @r#"
    exit 0
    warning: m.json: /Fields/0/pattern: field `a`: `%` stands for itself, and the letters are those of Java's DateTimeFormatter (did you mean `yyyy-MM-dd`?)
    "#);
    insta::assert_snapshot!(date("YYYY-MM-DD"), @r#"
    exit 0
    warning: m.json: /Fields/0/pattern: field `a`: `Y` is the year that the week belongs to: 2025 on 2024-12-30 (did you mean `yyyy-MM-DD`?)
    warning: m.json: /Fields/0/pattern: field `a`: `D` is the day of the year, 1 to 366 (did you mean `YYYY-MM-dd`?)
    "#);
    insta::assert_snapshot!(checked(r#"{"name": "a", "type": "INT"}"#), @r#"
    exit 1
    error: m.json: /Fields/0/type: field `a`: unknown field type `INT` (write INTEGER, with `min` and `max`)
    "#);
}

/// Issue 9, F16 t: formulas calculate with doubles, so what is larger is told before it is rounded.
#[test]
fn whole_numbers_that_a_formula_rounds_are_told() {
    let long = r#"{"name": "a", "type": "LONG", "ghost": true"#;
    let formula = |fields: &str, formula: &str| {
        checked(&format!(r#"{fields}, {{"name": "b", "type": "LONG", "formula": "{formula}"}}"#))
    };
    insta::assert_snapshot!(formula(&format!("{long}}}"), "${a} % 10"), @r#"
    exit 0
    warning: m.json: /Fields/1/formula: field `b`: `a` may be beyond 9007199254740992, where formulas round: they have JavaScript's numbers, of 53 bits (narrow its range, or compute the value by a RHAI field, whose whole numbers are exact)
    "#);
    insta::assert_snapshot!(formula(&format!("{long}}}"), "9007199254740993"), @r#"
    exit 0
    warning: m.json: /Fields/1/formula: field `b`: formula: `9007199254740993` is calculated as 9007199254740992: formulas have JavaScript's numbers, of 53 bits
    "#);
    let linked = format!(r#"{long}}}, {{"name": "c", "type": "LONG", "link": "$a"}}"#);
    insta::assert_snapshot!(formula(&linked, "${c} - 1"), @r#"
    exit 0
    warning: m.json: /Fields/2/formula: field `b`: `c` may be beyond 9007199254740992, where formulas round: they have JavaScript's numbers, of 53 bits (narrow its range, or compute the value by a RHAI field, whose whole numbers are exact)
    "#);
    let rounded = |fields: &str, text: &str| formula(fields, text).contains("formulas round");
    let listed = r#", "possible_values": [9007199254740993]}"#;
    assert!(rounded(&format!("{long}{listed}"), "${a} + 1"));
    let unique = r#"{"name": "a", "type": "UNIQUE_INTEGER"}"#;
    let sequence = r#"{"name": "a", "type": "SEQUENCE", "start": 9007199254740993}"#;
    assert!(rounded(unique, "${a} + 1") && rounded(sequence, "${a} + 1"));
    // What is small enough is exact, and what is passed on keeps every digit.
    for (fields, text) in [
        (&*format!(r#"{long}, "min": 0, "max": 9007199254740992}}"#), "${a} + 1"),
        (&*format!("{long}}}"), "${a}"),
        (r#"{"name": "a", "type": "SEQUENCE"}"#, "${a} * 2"),
        (r#"{"name": "a", "type": "TIMESTAMP"}"#, "${a} + 1"),
    ] {
        assert!(!rounded(fields, text), "{fields} {text}");
    }
}

/// Issue 9, F16 m and q: what the end of a run says is what there is.
#[test]
fn a_run_of_no_batches_names_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["generate", "-m", "sensor", "-b", "0", "-c", "csv", "--output-root", "out"];
    let output = run(folder.path(), &arguments);
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("0 files") && !told.contains("sensor-"), "{told}");
    let files = std::fs::read_dir(folder.path().join("out")).map_or(0, Iterator::count);
    assert_eq!(files, 0);
    let help = run_ok(folder.path(), &["connectors", "csv"]);
    assert!(help.contains("LOCAL_FILE_PATH"), "{help}");
    let line = help.lines().find(|line| line.contains("LOCAL_FILE_PATH")).unwrap();
    assert!(
        line.contains(
            "a folder named after the command; for `datagen generate` the output root itself"
        ),
        "{line}"
    );
}

/// Issue 9, F14: files of an earlier run that stay beside those of this one are told at its end.
#[test]
fn files_of_an_earlier_run_are_told_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let generate = |batches: &str, more: &[&str]| {
        let mut arguments = vec![
            "generate",
            "-m",
            "sensor",
            "-r",
            "7",
            "-b",
            batches,
            "-c",
            "csv",
            "--output-root",
            "out",
        ];
        arguments.extend(more);
        let output = run(folder.path(), &arguments);
        assert!(output.status.success());
        let told = String::from_utf8(output.stderr).unwrap();
        let told = told.replace(&*folder.path().to_string_lossy(), "…");
        told.lines().filter(|line| line.contains("earlier run")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(generate("4", &[]), "");
    insta::assert_snapshot!(generate("2", &[]), @r#"warning: sensor: connectors/csv: 2 files of earlier runs stay beside those of this one, the first is `…/out/sensor-0000000002.csv` (`DELETE_PREVIOUS=true` removes them before the first batch)"#);
    assert_eq!(generate("4", &[]), "");
    assert_eq!(generate("2", &["--set", "DELETE_PREVIOUS=true"]), "");
}
