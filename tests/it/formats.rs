//! Files of all formats, read back by other implementations (`tests/referee.py`).

use std::path::Path;
use std::process::Command;

use crate::support::run_ok;

/// A Python with the packages of `tests/requirements.txt`: `.ci/run` makes one and names it.
fn referee() -> String {
    std::env::var("DATAGEN_REFEREE").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
fn other_readers_find_the_same_values_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = root.join("tests/models/hostile_values.json");
    let connectors = "csv,json,avro,parquet,orc";
    let rows = std::env::var("DATAGEN_REFEREE_ROWS").unwrap_or_else(|_| "20000".to_owned());
    run_ok(
        folder.path(),
        &[
            "generate",
            "--model",
            model.to_str().unwrap(),
            "--connector",
            connectors,
            "--rows",
            &rows,
            "--seed",
            "11",
            "--quiet",
        ],
    );
    let output = Command::new(referee())
        .arg(root.join("tests/referee.py"))
        .arg(folder.path())
        .arg("hostile_values")
        .output()
        .unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "the referee refuses (it needs the packages of tests/requirements.txt; `.ci/run` installs \
         them and sets DATAGEN_REFEREE):\n{stdout}{stderr}"
    );
    assert!(stdout.contains("equal in parquet, orc by pyarrow"), "{stdout}");
}
