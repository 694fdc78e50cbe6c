//! Scripts in a process with little memory: they end with a sentence, and the process lives. Issue 9, A2.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program with so many KiB of address space.
fn limited(folder: &Path, kibibytes: u32, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_datagen");
    Command::new("sh")
        .args(["-c", &format!("ulimit -v {kibibytes}; exec \"$0\" \"$@\""), program])
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("DATAGEN_CONFIG")
        .output()
        .unwrap()
}

const REPLACE: &str =
    r#"fn generate(row, params) { let s="x"; s.pad(60000,"y"); s.replace("y",s); s.len() }"#;
const MAP: &str = "fn generate(row, params) { let a=[]; a.pad(9999,0);
  a.map(|x| {let b=[]; b.pad(9999,x); b}).len() }";
const CALLS: &str = "fn deep(a, n) { let b = a; let c = a; let d = a; if n > 0 { deep(a, n - 1) } else { 0 } }
fn generate(row, params) { let a = []; a.pad(9999, 0); let f = Fn(\"x\").curry(a); deep([f, f, f], 30) }";

#[test]
fn a_script_that_grows_ends_with_its_place_in_a_small_process() {
    let folder = tempfile::tempdir().unwrap();
    for (name, code, place, words) in [
        ("replace", REPLACE, "1:59", "(the limit `script_"),
        ("map", MAP, "2:", "bytes of memory"),
        ("calls", CALLS, "2:", "bytes of memory"),
    ] {
        let file = format!("{name}.rhai");
        fs::write(folder.path().join(&file), code).unwrap();
        let output = limited(folder.path(), 600_000, &["try", &file, "--returns", "int64"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {told}");
        assert!(
            told.contains(words) && told.contains(&format!("{file}:{place}")),
            "{name}: {told}"
        );
    }
}

/// Sixteen threads, each with a script of its own on the way.
#[test]
fn scripts_on_many_threads_grow_no_further_each() {
    let folder = tempfile::tempdir().unwrap();
    let code = serde_json::to_string(MAP).unwrap();
    let flags: String =
        (0..3_000).map(|i| format!(", {{\"name\": \"b{i}\", \"type\": \"BOOLEAN\"}}")).collect();
    let field = format!(r#"{{"name": "x", "type": "RHAI", "returns": "int64", "code": {code}}}"#);
    let model = format!("{{\"Fields\": [{field}{flags}]}}");
    fs::write(folder.path().join("m.json"), model).unwrap();
    let arguments = ["generate", "-m", "m.json", "--rows", "1000", "--threads", "16", "-q"];
    let output = limited(folder.path(), 2_500_000, &arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("field `x`") && told.contains("bytes of memory"), "{told}");
}
