//! `datagen generate` under signals (issue 9, D1).

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{datagen, files_below};

/// For each signal that ends a job: committed batches stay whole, nothing partial does, and the exit code
/// is what shells show for that signal.
#[test]
fn a_run_that_is_ended_by_a_signal_leaves_nothing_partial() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let folder = tempfile::tempdir().unwrap();
        let program = datagen(folder.path());
        // The tests may run where signals are ignored.
        let mut child = Command::new("env")
            .arg("--default-signal=HUP,INT,TERM")
            .arg(program.get_program())
            .args(["generate", "-m", "customer", "-c", "csv,parquet", "-r", "20000", "-b", "5000"])
            .args(["-t", "2", "--output-root", "out"])
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = folder.path().join("out");
        let deadline = Instant::now() + Duration::from_secs(60);
        while fs::read_dir(&out).map_or(0, Iterator::count) < 4 {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(5));
        }
        let id = child.id().to_string();
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success()
        );
        let status = child.wait().unwrap();
        let stderr = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
        assert_eq!(status.code(), Some(code), "{signal}: {stderr}");
        assert!(stderr.ends_with(&format!("error: cancelled by SIG{signal}\n")), "{stderr}");
        let left = files_below(&out);
        assert!(
            !left.is_empty() && left.keys().all(|name| !name.starts_with('.')),
            "{:?}",
            left.keys()
        );
    }
}

/// `nohup` asks that a closing terminal ends nothing.
#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let program = datagen(folder.path());
    let mut child = Command::new("env")
        .args(["--ignore-signal=HUP", "--default-signal=TERM"])
        .arg(program.get_program())
        .args(["generate", "-q", "-m", "customer", "-r", "20000", "-b", "5000"])
        .args(["-t", "1", "--output-root", "out"])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let files = || fs::read_dir(folder.path().join("out")).map_or(0, Iterator::count);
    let wait_for = |wanted: usize| {
        let deadline = Instant::now() + Duration::from_secs(60);
        while files() < wanted {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(5));
        }
    };
    wait_for(3);
    let kill = |signal: &str, id: u32| {
        let id = id.to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    };
    kill("-HUP", child.id());
    wait_for(files() + 3);
    kill("-TERM", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
