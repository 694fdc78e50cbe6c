//! Servers of S3 that a test may break: one of moto that is its own, the gateway of an Ozone that nobody else uses
//! meanwhile, and a proxy that answers badly.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::s3::{python, script, servers};

/// A server of moto that the test may kill, with its settings.
pub(crate) struct Moto {
    folder: TempDir,
    port: u16,
}

impl Moto {
    /// `None` where no service is tested.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Option<Self> {
        if servers().is_empty() {
            return None;
        }
        let port = free_port();
        let moto = Self { folder: tempfile::tempdir().unwrap(), port };
        moto.run("start", variables);
        Some(moto)
    }

    fn run(&self, what: &str, variables: &[(&str, &str)]) -> String {
        let output = Command::new(script("moto/run"))
            .args([what, self.folder.path().to_str().unwrap()])
            .env("MOTO_PORT", self.port.to_string())
            .env("MOTO_PYTHON", python())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// It as something to break. Killed, it forgets all objects.
    pub(crate) fn service(&self) -> Service {
        let folder = self.folder.path().to_owned();
        Service { script: "moto/run", folder, pid: "pid", endpoint: self.endpoint() }
    }

    /// What `env` prints.
    pub(crate) fn variable(&self, name: &str) -> String {
        let text = self.run("env", &[]);
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_default().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.run("stop", &[]);
    }
}

/// A server to break, and how it is reached.
pub(crate) struct Service {
    script: &'static str,
    folder: PathBuf,
    /// The file of the process that answers.
    pid: &'static str,
    pub(crate) endpoint: String,
}

impl Service {
    /// The gateway of the Ozone in the folder that `DATAGEN_OZONE` names, if nobody else needs it. Killed, it comes
    /// back with all objects.
    pub(crate) fn ozone() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("DATAGEN_OZONE")?);
        let ports = std::fs::read_to_string(folder.join("ports")).unwrap();
        let port = ports.lines().find_map(|line| line.strip_prefix("OZONE_S3G_PORT=")).unwrap();
        let endpoint = format!("http://127.0.0.1:{port}");
        Some(Self { script: "ozone/run", folder, pid: "s3g.pid", endpoint })
    }

    /// The broker of `folder`.
    pub(crate) fn kafka(folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { script: "kafka/run", folder, pid: "pid", endpoint: String::new() }
    }

    fn run(&self, what: &str) {
        // Its output would keep a pipe open for as long as the server lives.
        let done = Command::new(script(self.script)).arg(what).arg(&self.folder).status().unwrap();
        assert!(done.success(), "{what}");
    }

    pub(crate) fn kill(&self) {
        self.run("kill");
    }

    pub(crate) fn start(&self) {
        self.run("start");
    }

    fn signal(&self, signal: &str) {
        let id = std::fs::read_to_string(self.folder.join(self.pid)).unwrap();
        assert!(Command::new("kill").args([signal, id.trim()]).status().unwrap().success());
    }

    /// Has it stand still: connections come about, nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A proxy before a server that answers badly.
pub(crate) struct Proxy {
    child: Child,
    told: BufReader<ChildStdout>,
    pub(crate) endpoint: String,
}

impl Proxy {
    pub(crate) fn start(target: &str, arguments: &[&str]) -> Self {
        let port = free_port().to_string();
        let target = target.rsplit(':').next().unwrap();
        let mut child = Command::new(python())
            .arg(script("faulty_proxy.py"))
            .args([&port, target])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap());
        let mut proxy = Self { child, told, endpoint: format!("http://127.0.0.1:{port}") };
        proxy.wait_for("ready");
        proxy
    }

    /// Waits until it says `what`.
    pub(crate) fn wait_for(&mut self, what: &str) {
        assert_eq!(self.line(), what);
    }

    /// What it says next.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
