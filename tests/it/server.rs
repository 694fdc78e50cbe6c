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
        Self::start_by(&mut datagen(folder))
    }

    /// The process without waiting for anything.
    pub(crate) fn spawn(command: &mut Command) -> Child {
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--home", "home", "--output-root", "out"])
            .args(["--models", "models"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts it in `folder` by `command`, which ends where the arguments of the program begin, and
    /// waits until it listens.
    pub(crate) fn start_by(command: &mut Command) -> Self {
        Self::wait_for(Self::spawn(command))
    }

    /// Starts it in `folder` with more arguments of `serve`, and waits until it listens.
    pub(crate) fn start_with(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_as(&mut datagen(folder), arguments)
    }

    /// Starts it by `command` with `arguments` of `serve`, which may name where to listen.
    pub(crate) fn start_as(command: &mut Command, arguments: &[&str]) -> Self {
        let listen: &[&str] =
            if arguments.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        command.args(["serve", "--home", "home", "--output-root", "out", "--models", "models"]);
        let command = command.args(listen).args(arguments).stdout(Stdio::piped());
        Self::wait_for(command.spawn().unwrap())
    }

    fn wait_for(mut child: Child) -> Self {
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // As text and as JSON.
        let address = line[line.find("http").unwrap()..].split(',').next().unwrap();
        let address = address.replace("//0.0.0.0:", "//127.0.0.1:");
        Self { child, address }
    }

    /// The most memory that it ever held, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until somebody has ended it.
    pub(crate) fn wait_for_end(mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.has_ended() {
            assert!(Instant::now() < deadline, "nobody has ended the server");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it as a loss of the process would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as a loss of the process would, for others still holding it.
    pub(crate) fn kill_now(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
    }

    /// Asks it to stop, and waits: how long it took.
    pub(crate) fn terminate(mut self) -> Duration {
        let started = Instant::now();
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        started.elapsed()
    }

    /// Submits the `form` to `path`: the key of the command.
    pub(crate) fn submit(&self, path: &str, form: &[&str]) -> String {
        let form: Vec<_> = form.iter().flat_map(|part| ["-F", part]).collect();
        let (code, answer) = self.post(path, &form);
        assert_eq!(code, 200, "{path} {form:?}: {answer}");
        answer["commandUuid"].as_str().unwrap().to_owned()
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

    /// The code is 0 when nobody answers.
    pub(crate) fn post(&self, path: &str, arguments: &[&str]) -> (u16, Value) {
        let (code, body) = self.curl(path, &[&["-X", "POST"], arguments].concat());
        (code, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// Polls as the reference's script does, until the command is over.
    pub(crate) fn wait(&self, id: &str) -> Value {
        self.wait_as(id, &[])
    }

    /// The same of a command that may have run at three kills in a row and had no time for a batch: it is
    /// taken up again then.
    pub(crate) fn wait_after_kills(&self, id: &str) -> Value {
        let ended = self.wait(id);
        if !ended["comment"].as_str().unwrap().starts_with("the server ended 3 times") {
            return ended;
        }
        assert_eq!(self.post(&format!("/command/retry?commandUuid={id}"), &[]).0, 200);
        self.wait(id)
    }

    /// The same by one who logs in with `arguments` of curl.
    pub(crate) fn wait_as(&self, id: &str, arguments: &[&str]) -> Value {
        self.wait_within(Duration::from_secs(60), id, arguments)
    }

    /// The same of a command that takes `limit` at most.
    pub(crate) fn wait_within(&self, limit: Duration, id: &str, arguments: &[&str]) -> Value {
        let deadline = Instant::now() + limit;
        loop {
            let (code, status) =
                self.post(&format!("/command/getCommandStatus?commandUuid={id}"), arguments);
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
