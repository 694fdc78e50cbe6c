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
