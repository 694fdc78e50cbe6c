//! Starting the program as a user would.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program under test, started in `folder` with a home of its own.
pub(crate) fn datagen(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_datagen"));
    command.current_dir(folder).env("HOME", folder).env_remove("DATAGEN_CONFIG");
    command
}

/// Runs it with `arguments`.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    datagen(folder).args(arguments).output().unwrap()
}

/// Runs it and answers stdout; fails the test with stderr when the exit code is not 0.
pub(crate) fn run_ok(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "datagen {arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every file below `root`, hidden ones too, by its path from there. Nothing may be written there
/// meanwhile: a file that goes between being listed and being read fails the test.
pub(crate) fn files_below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    collect(root, root, &mut files);
    files
}

/// Numbers below the one that is asked for, the same for the same `seed`.
pub(crate) fn random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |most| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % most
    }
}

/// The password of every user of [`add_user`].
pub(crate) const PASSWORD: &str = "correct horse";

/// Adds a user to the home of `folder`, as an operator's script does.
pub(crate) fn add_user(folder: &Path, name: &str, role: &str) {
    let mut child = datagen(folder)
        .args(["user", "add", name, "--role", role, "--home", "home"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait().unwrap().success());
}
