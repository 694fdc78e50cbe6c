//! The budget of a command's memory holds whatever options, threads and user code want (issue 9, A4).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::server::Server;
use crate::support::datagen;

const WIDE: &str = r#"{"Fields": [{"name": "s", "type": "STRING", "length": 200}, {"name": "n", "type": "LONG"}]}"#;

const GROUPS: &str = "PARQUET_ROW_GROUP_ROWS=16777216";

#[test]
fn a_row_group_that_cannot_fit_is_refused_with_the_option() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.json"), WIDE).unwrap();
    let told = |text: &str| {
        let begin =
            text.find("connector `parquet` would hold ").unwrap_or_else(|| panic!("{text}"));
        let (_, rest) = text[begin..].split_once(" rows that it lays out together, ").unwrap();
        assert!(rest.starts_with(
            "more than the 64 MiB of `command_memory_bytes`: give a smaller `PARQUET_ROW_GROUP_ROWS`, \
             or a larger `command_memory_bytes`"
        ), "{text}");
    };
    let output = datagen(folder.path())
        .args(["generate", "-m", "m.json", "-c", "parquet", "-r", "20000000", "-t", "4"])
        .args(["--set", GROUPS, "--set", "PARQUET_ROW_GROUP_SIZE=200000000"])
        .env("DATAGEN_COMMAND_MEMORY_BYTES", "67108864")
        .output()
        .unwrap();
    assert!(!output.status.success());
    told(&String::from_utf8(output.stderr).unwrap());
    let mut program = datagen(folder.path());
    let server = Server::start_by(program.env("DATAGEN_COMMAND_MEMORY_BYTES", "67108864"));
    let model = format!("model_file=@{}", folder.path().join("m.json").display());
    let form = ["-F", &model, "-F", GROUPS, "-F", "PARQUET_ROW_GROUP_SIZE=200000000"];
    let (code, answer) = server.post("/datagen/parquet?rows=20000000&batches=1", &form);
    assert_eq!(code, 400, "{answer}");
    told(&answer.to_string());
}

/// Runs `generate` with a budget of `budget` MiB and a limit of address space that a run without budget exceeds.
fn limited(folder: &Path, budget: u64, model: &str, arguments: &str) -> (bool, String, Value) {
    std::fs::write(folder.join("m.json"), model).unwrap();
    let program = datagen(folder);
    let line = format!(
        "ulimit -v 2500000; exec '{}' generate -q -m m.json {arguments} --seed 1 --output-root out --summary json",
        program.get_program().to_str().unwrap()
    );
    let output = Command::new("bash")
        .args(["-c", &line])
        .current_dir(folder)
        .env("HOME", folder)
        .env("DATAGEN_COMMAND_MEMORY_BYTES", (budget << 20).to_string())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    // A run that is refused has no summary.
    let summary = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.success(), stderr, summary)
}

#[test]
fn large_texts_on_many_threads_stay_in_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let model = r#"{"Fields": [{"name": "f", "type": "STRING", "length": 1000000}]}"#;
    let (succeeded, stderr, summary) =
        limited(folder.path(), 256, model, "-c csv,json,avro,parquet,orc -r 60 -t 64");
    assert!(succeeded, "{stderr}");
    assert_eq!(summary["rows"], 60);
    let peak = summary["peak_row_bytes"].as_u64().unwrap();
    assert!(peak > 0 && peak <= 256 << 20, "{peak}");
}

#[test]
fn texts_of_user_code_that_do_not_fit_fail_the_command_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let model = r#"{"Fields": [{"name": "f", "type": "RHAI", "returns": "string",
        "code": "fn generate(row, params) { let s = \"\"; s.pad(50000, \"z\"); s }"}]}"#;
    let (succeeded, stderr, _) = limited(folder.path(), 64, model, "-r 8192 -t 16");
    assert!(!succeeded);
    assert!(
        stderr.contains("more than the 64 MiB of `command_memory_bytes`: make shorter texts"),
        "{stderr}"
    );
    // What is written in smaller batches fits.
    let (succeeded, stderr, summary) = limited(folder.path(), 64, model, "-r 100 -b 10 -t 16");
    assert!(succeeded, "{stderr}");
    assert_eq!(summary["rows"], 1000);
}
