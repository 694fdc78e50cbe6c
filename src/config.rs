//! Settings: defaults < file (`datagen.toml`) < environment (`DATAGEN_*`) < flags.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::sandbox;

/// What an operator can set. Every key is also an environment variable (`DATAGEN_OUTPUT_ROOT`) and,
/// where a user meets it, a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port that the server listens on.
    pub listen: String,
    /// Folder of the server's own state.
    pub home: PathBuf,
    /// Folder of models that can be named.
    pub models: PathBuf,
    /// Folder that all local outputs stay below; `None`: `<home>/data` for the server, the current
    /// folder for the command line.
    pub output_root: Option<PathBuf>,
    /// Folders that models may read files from.
    pub read_roots: Vec<PathBuf>,
    /// Folders of user code: scripts and modules.
    pub extensions: Vec<PathBuf>,
    /// What user code may use.
    pub extension_limits: sandbox::Limits,
    /// Most threads that a command may ask for.
    pub max_threads: usize,
    /// Most bytes of a request's body.
    pub max_upload_bytes: usize,
    /// Commands that run side by side.
    pub max_running_commands: usize,
    /// Commands that may wait; one more is told to come back later.
    pub max_queued_commands: usize,
    /// Days that finished commands are remembered.
    pub retention_days: u32,
    /// The server's certificate, a PEM file with those that lead to its CA; with a key it encrypts.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's key, a PEM file without password.
    pub tls_key: Option<PathBuf>,
    /// Connections that are served at a time; others wait.
    pub max_connections: usize,
    /// Seconds that a client has for the head of a request, and for the next request of a connection.
    pub header_timeout_seconds: u64,
    /// Seconds that a request may take, its body included, and that an answer may not get on.
    pub request_timeout_seconds: u64,
    /// Whether metrics ask for a login where there are users.
    pub metrics_login: bool,
    /// Sites whose pages may ask from a browser, such as `https://portal.example`.
    pub allowed_origins: Vec<String>,
    /// Names beside those of its own machine that a server without login may be called by.
    pub allowed_hosts: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        Self {
            listen: "127.0.0.1:4242".to_owned(),
            home: home.join(".datagen"),
            models: PathBuf::from("models"),
            output_root: None,
            read_roots: Vec::new(),
            extensions: vec![PathBuf::from("scripts"), PathBuf::from("wasm-generators")],
            extension_limits: sandbox::Limits::default(),
            max_threads: 64,
            max_upload_bytes: 16 << 20,
            max_running_commands: 2,
            max_queued_commands: 1_000,
            retention_days: 30,
            tls_certificate: None,
            tls_key: None,
            max_connections: 1_024,
            header_timeout_seconds: 15,
            request_timeout_seconds: 60,
            metrics_login: false,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
        }
    }
}

/// Why the settings could not be read.
#[derive(Debug, thiserror::Error)]
#[error("settings")]
pub struct ConfigError {
    /// What figment said: it names key, place and expectation.
    #[source]
    source: Box<figment::Error>,
}

impl Config {
    /// Reads the settings: `file`, or `datagen.toml` of the current folder where there is one.
    ///
    /// # Errors
    ///
    /// A key that does not exist, a value of another type, a file that cannot be read.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let toml = match file {
            Some(file) => Toml::file_exact(file),
            None => Toml::file("datagen.toml"),
        };
        // Variables that are no setting (`DATAGEN_LOG`) have other readers.
        let keys = [
            "listen",
            "home",
            "models",
            "output_root",
            "read_roots",
            "extensions",
            "max_threads",
            "max_upload_bytes",
            "max_running_commands",
            "max_queued_commands",
            "retention_days",
            "tls_certificate",
            "tls_key",
            "max_connections",
            "header_timeout_seconds",
            "request_timeout_seconds",
            "metrics_login",
            "allowed_origins",
            "allowed_hosts",
        ];
        Figment::from(Serialized::defaults(Self::default()))
            .merge(toml)
            .merge(Env::prefixed("DATAGEN_").only(&keys))
            .extract()
            .map_err(|source| ConfigError { source: Box::new(source) })
    }

    /// Where user code comes from and what it may use.
    pub fn extension_settings(&self) -> sandbox::Settings {
        sandbox::Settings {
            folders: self.extensions.clone(),
            cache: Some(self.home.join("extension-cache")),
            limits: self.extension_limits.clone(),
        }
    }

    /// Whether the server encrypts.
    pub fn is_encrypted(&self) -> bool {
        self.tls_certificate.is_some()
    }

    /// The folder of the server's outputs.
    pub fn server_output_root(&self) -> PathBuf {
        self.output_root.clone().unwrap_or_else(|| self.home.join("data"))
    }
}
