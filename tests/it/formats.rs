//! Files of all formats, read back by other implementations (`tests/referee`).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::run_ok;

/// A Python with the packages of `tests/requirements.txt`: `.ci/run` makes one and names it.
fn python() -> String {
    std::env::var("DATAGEN_REFEREE").unwrap_or_else(|_| "python3".to_owned())
}

fn number(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Rows of a model of `tests/models`, in files of all `connectors`.
fn write(folder: &Path, model: &str, connectors: &str, options: &[&str]) {
    let model = root().join(format!("tests/models/{model}.json"));
    let rows = number("DATAGEN_REFEREE_ROWS", "20000");
    let model = ["generate", "--model", model.to_str().unwrap(), "--connector", connectors];
    let options = options.iter().flat_map(|option| ["--set", option]);
    let arguments = ["--rows", &rows, "--seed", "11", "--quiet"].into_iter().chain(options);
    run_ok(folder, &model.into_iter().chain(arguments).collect::<Vec<_>>());
}

/// What the referee says, where it agrees.
fn referee(arguments: &[&str]) -> String {
    let output =
        Command::new(python()).arg(root().join("tests/referee")).args(arguments).output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "the referee refuses (it needs the packages of tests/requirements.txt; `.ci/run` installs \
         them and sets DATAGEN_REFEREE):\n{stdout}{stderr}"
    );
    stdout.into_owned()
}

#[test]
fn other_readers_find_the_same_values_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "hostile_values", "csv,json,avro,parquet,orc", &[]);
    let told = referee(&["cells", folder.path().to_str().unwrap(), "hostile_values"]);
    assert!(told.contains("equal in parquet, orc by pyarrow"), "{told}");
}

/// Issue 9, F4, F10: filters on every column, which readers skip pages, row groups and stripes by. Spark's
/// versions read as well where `DATAGEN_SPARK` names a Python for each, separated by colons.
#[test]
fn other_readers_find_the_same_rows_by_any_filter() {
    let folder = tempfile::tempdir().unwrap();
    // Small enough that there is something to skip.
    let small =
        ["PARQUET_ROW_GROUP_ROWS=8192", "PARQUET_PAGE_SIZE=16384", "ORC_STRIPE_SIZE=2097152"];
    write(folder.path(), "filtered_values", "avro,parquet,orc", &small);
    let sparks = std::env::var("DATAGEN_SPARK").unwrap_or_default();
    let filters = number("DATAGEN_REFEREE_FILTERS", "250");
    let mut arguments =
        vec!["filters", folder.path().to_str().unwrap(), "filtered_values", "--filters", &filters];
    for python in sparks.split(':').filter(|python| !python.is_empty()) {
        arguments.extend(["--spark", python]);
    }
    let told = referee(&arguments);
    assert!(told.contains(", 0 wrong"), "{told}");
}
