//! A server under test, and curl as its client.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::datagen;

/// A server of its own home, killed at the end of the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// Starts it in `folder` with more arguments, and waits until it listens.
    pub(crate) fn start_with(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = datagen(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--home", "home", "--output-root", "out"])
            .args(["--models", "models"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().nth(2).unwrap().trim_end_matches(',').to_owned();
        Self { child, address }
    }

    /// Asks it to stop, and waits: how long it took.
    pub(crate) fn terminate(mut self) -> Duration {
        let started = Instant::now();
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        started.elapsed()
    }

    /// What curl answers for `path`: status code and body.
    pub(crate) fn curl(&self, path: &str, arguments: &[&str]) -> (u16, String) {
        let output = Command::new("curl")
            .args(["-s", "-w", "\n%{http_code}"])
            .args(arguments)
            .arg(format!("{}{path}", self.address))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, code) = text.rsplit_once('\n').unwrap();
        (code.parse().unwrap(), body.to_owned())
    }

    pub(crate) fn post(&self, path: &str, arguments: &[&str]) -> (u16, Value) {
        let (code, body) = self.curl(path, &[&["-X", "POST"], arguments].concat());
        (code, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// Polls as the reference's script does, until the command is over.
    pub(crate) fn wait(&self, id: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let (code, status) =
                self.post(&format!("/command/getCommandStatus?commandUuid={id}"), &[]);
            assert_eq!(code, 200, "{status}");
            if ["FINISHED", "FAILED"].contains(&status["status"].as_str().unwrap()) {
                return status;
            }
            assert!(Instant::now() < deadline, "{status}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
