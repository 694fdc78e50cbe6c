//! Places that fail: a full disk, a folder that may not be written, one that vanishes. The command fails
//! and says why, the server lives, other commands finish.
//!
//! The places are made by mounts in a name space of the server's own, which needs no rights where the
//! system lets users have name spaces. Where it does not, these tests say so aloud; with
//! `DATAGEN_REQUIRE_MOUNTS=1`, as in `.ci/run`, they fail.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::server::Server;
use crate::support::{datagen, files_below};

const NOT_RUN: &str = "NOT RUN: this system gives no name spaces, `unshare --user --mount` fails";

const NAME_SPACE: &[&str] = &["--user", "--map-root-user", "--mount"];

/// A server that has done `mounts` in a name space of its own; `None` where there are none.
fn server_with(folder: &Path, mounts: &str) -> Option<Server> {
    let trial = Command::new("unshare")
        .args(NAME_SPACE)
        .args(["mount", "-t", "tmpfs", "t", "/mnt"])
        .output();
    if !trial.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("DATAGEN_REQUIRE_MOUNTS").is_none(), "mounts are required");
        return None;
    }
    let program = datagen(folder);
    let script = format!("{mounts} && exec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(NAME_SPACE).args(["sh", "-ec", &script, "sh"]).arg(program.get_program());
    command.current_dir(folder).env("HOME", folder).env_remove("DATAGEN_CONFIG");
    Some(Server::start_by(&mut command))
}

/// The command `id` fails; its comment without the folder's own name.
fn failure(server: &Server, folder: &Path, id: &str) -> (Value, String) {
    let status = server.wait(id);
    assert_eq!(status["status"], "FAILED", "{status}");
    let comment = status["comment"].as_str().unwrap();
    let comment = comment.replace(folder.canonicalize().unwrap().to_str().unwrap(), "/tmp");
    (server.post(&format!("/command/get?commandUuid={id}"), &[]).1, comment)
}

#[test]
fn a_full_disk_fails_one_command_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("out/full")).unwrap();
    let mounts = "mount -t tmpfs -o size=1m tmpfs out/full";
    let Some(server) = server_with(folder.path(), mounts) else { return println!("{NOT_RUN}") };
    let path = "/datagen/multipleconnectors?connectors=csv,parquet&rows=2000&threads=2";
    let form = ["model=sensor", "seed=1", "LOCAL_FILE_NAME=x", "LOCAL_FILE_PATH=full"];
    let full = server.submit(&format!("{path}&batches=50"), &form);
    let other = server.submit(
        &format!("{path}&batches=50"),
        &["model=sensor", "seed=1", "LOCAL_FILE_NAME=x", "LOCAL_FILE_PATH=other"],
    );
    let (command, comment) = failure(&server, folder.path(), &full);
    assert!(
        comment.starts_with("connector `csv`, batch ")
            || comment.starts_with("connector `parquet`, batch "),
        "{comment}"
    );
    assert!(comment.ends_with("No space left on device (os error 28)"), "{comment}");
    assert!(!command["files"].as_array().unwrap().is_empty(), "{command}");
    assert_eq!(server.wait(&other)["status"], "FINISHED");
    // The disk is still full: a retry says the same.
    let (code, answer) = server.post(&format!("/command/retry?commandUuid={full}"), &[]);
    assert_eq!(code, 200, "{answer}");
    failure(&server, folder.path(), &full);
}

#[test]
fn a_folder_that_may_not_be_written_fails_one_command_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("out/fixed")).unwrap();
    let mounts = "mount -t tmpfs -o ro tmpfs out/fixed";
    let Some(server) = server_with(folder.path(), mounts) else { return println!("{NOT_RUN}") };
    let fixed = server.submit("/datagen/csv", &["model=sensor", "LOCAL_FILE_PATH=fixed"]);
    let deeper = server.submit("/datagen/csv", &["model=sensor", "LOCAL_FILE_PATH=fixed/deep"]);
    let other = server.submit("/datagen/csv", &["model=sensor"]);
    let (_, comment) = failure(&server, folder.path(), &fixed);
    assert_eq!(
        comment,
        "connector `csv`: write to `/tmp/out/fixed`: Read-only file system (os error 30) (set LOCAL_FILE_PATH to a folder that can be written to)"
    );
    let (_, comment) = failure(&server, folder.path(), &deeper);
    assert_eq!(
        comment,
        "connector `csv`: write to `/tmp/out/fixed/deep`: Read-only file system (os error 30) (set LOCAL_FILE_PATH to a folder that can be written to)"
    );
    assert_eq!(server.wait(&other)["status"], "FINISHED");
}

#[test]
fn a_folder_that_vanishes_fails_one_command_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let path = "/datagen/multipleconnectors?connectors=csv,orc&rows=5000&batches=200";
    let form = ["model=sensor", "seed=1", "LOCAL_FILE_NAME=x"];
    let gone = server.submit(path, &[&form[..], &["LOCAL_FILE_PATH=gone"]].concat());
    let other = server.submit("/datagen/csv?batches=3", &["model=sensor"]);
    let here = folder.path().join("out/gone");
    let path = format!("/command/get?commandUuid={gone}");
    // Some files are there, and known to be.
    while server.post(&path, &[]).1["files"].as_array().is_none_or(Vec::is_empty) {
        std::thread::sleep(Duration::from_millis(5));
    }
    // What is written meanwhile may keep it from going at once.
    while std::fs::remove_dir_all(&here).is_err() {}
    let (command, comment) = failure(&server, folder.path(), &gone);
    assert!(comment.starts_with("connector `"), "{comment}");
    assert!(comment.contains("`, batch "), "{comment}");
    // Whether it went before a file was made, or before it was published.
    let causes = ["No such file or directory (os error 2)", "before it became visible"];
    assert!(causes.iter().any(|cause| comment.ends_with(cause)), "{comment}");
    assert!(!command["files"].as_array().unwrap().is_empty(), "{command}");
    assert_eq!(server.wait(&other)["status"], "FINISHED");
    assert_eq!(files_below(&here).len(), 0);
}
