//! What scripts may call is told in the program and in `scripts/README.md`, from one table. Issue 9, F17.

use std::fs;
use std::path::Path;

use crate::support::{run, run_ok};

const BEGIN: &str = "<!-- functions: written by `BLESS=1 cargo test --test it functions` -->\n";
const END: &str = "<!-- end of functions -->\n";

#[test]
fn the_reference_of_scripts_is_what_the_program_tells() {
    let folder = tempfile::tempdir().unwrap();
    let told = run_ok(folder.path(), &["functions", "--format", "markdown"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{told}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, told, "`BLESS=1 cargo test --test it functions` writes it anew");
}

#[test]
fn functions_are_listed_explained_and_told_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let all = run_ok(folder.path(), &["functions"]);
    assert!(all.contains("rand_int(low, high)") && all.contains("interpreted"), "{all}");
    let one = run_ok(folder.path(), &["functions", "pick"]);
    assert!(one.contains("pick(list)") && !one.contains("rand_int"), "{one}");
    let json = run_ok(folder.path(), &["functions", "luhn", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["signature"], "luhn(digits)");
    assert_eq!(json[0]["lowered"], true);
    let wrong = run(folder.path(), &["functions", "rand_it"]);
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert!(told.contains("did you mean `rand_int`?"), "{told}");
}

/// Whether a line begins with `word`.
fn has(text: &str, word: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with(&format!("{word} ")))
}

#[test]
fn the_types_of_code_are_listed_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let all = run_ok(folder.path(), &["fields"]);
    assert!(has(&all, "RHAI") && has(&all, "WASM"), "{all}");
    let script = run_ok(folder.path(), &["fields", "rhai"]);
    for word in
        ["script", "code", "generator", "params", "inputs", "returns", "on_error", "null_rate"]
    {
        assert!(has(&script, word), "{word}: {script}");
    }
    assert!(
        script.contains("datagen functions") && script.contains("script_operations"),
        "{script}"
    );
    let module = run_ok(folder.path(), &["fields", "WASM"]);
    assert!(has(&module, "module") && module.contains("module_fuel"), "{module}");
    assert!(!has(&module, "code"), "{module}");
}

/// The example of a kind of code is a field that a model may hold.
#[test]
fn the_example_of_a_script_runs() {
    let folder = tempfile::tempdir().unwrap();
    let told = run_ok(folder.path(), &["fields", "RHAI"]);
    let example = told.lines().find(|line| line.starts_with("  {")).unwrap();
    let price = r#"{"name": "price", "type": "FLOAT", "min": 1, "max": 2}"#;
    fs::write(folder.path().join("m.json"), format!("{{\"Fields\": [{price}, {example}]}}"))
        .unwrap();
    assert_eq!(run_ok(folder.path(), &["check", "m.json"]), "m.json: ok\n");
    assert!(run_ok(folder.path(), &["new", "script", "mine"]).contains("datagen functions"));
}
