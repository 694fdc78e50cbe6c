//! Settings: defaults < file (`datagen.toml`) < environment (`DATAGEN_*`) < flags.
//!
//! To add a setting: one entry in the list below, and its line in README's table, which a test compares
//! with the list. From the entry follow the key of the file, the variable, and `datagen settings`.

mod available;
mod connectors;
mod setting;

pub(crate) use connectors::{Connectors, Section, VARIABLES};
pub(crate) use setting::Setting;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::sandbox;
use crate::secrets::Secret;
use setting::{Form, Variables};

/// Writes [`Config`], its defaults and [`SETTINGS`] from one list.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr;)+) => {
        /// What an operator can set: a key of the file, an environment variable (`DATAGEN_OUTPUT_ROOT`) and,
        /// where a user meets it, a flag.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct Config {
            $($(#[doc = $doc])+ pub $key: $type,)+
            /// What connectors are set to, in sections of their own.
            pub(crate) connectors: Connectors,
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($key: $default,)+ connectors: Connectors::default() }
            }
        }

        /// Every setting, in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[
            $(Setting {
                key: stringify!($key),
                doc: &[$($doc),+],
                form: <$type as Form>::FORM,
                read: <$type as Form>::read,
            },)+
        ];
    };
}

settings! {
    /// Address and port that the server listens on.
    listen: String = "127.0.0.1:4242".to_owned();
    /// Folder of the server's own state.
    home: PathBuf = user_folder().join(".datagen");
    /// Folder of models that can be named.
    models: PathBuf = PathBuf::from("models");
    /// Folder that all local outputs stay below; where none is set, `data` below the home for the server, the
    /// current folder for the command line.
    output_root: Option<PathBuf> = None;
    /// Folders that models may read files from.
    read_roots: Vec<PathBuf> = Vec::new();
    /// Folders of user code: scripts and modules.
    extensions: Vec<PathBuf> = vec![PathBuf::from("scripts"), PathBuf::from("wasm-generators")];
    /// What user code may use.
    extension_limits: sandbox::Limits = sandbox::Limits::default();
    /// Most threads that a command may ask for.
    max_threads: usize = 64;
    /// Most bytes of a request's body; 4 such bodies may be under way from one address, 8 from all.
    max_upload_bytes: usize = 16 << 20;
    /// Most bytes of the rows of a preview or a try; what is more is left out, which is told.
    max_preview_bytes: u64 = 64 << 20;
    /// Most bytes that the rows of a command may take in memory while they are made and written; where none is
    /// set, an eighth of what the process may have, at most 1 GiB.
    command_memory_bytes: Option<u64> = None;
    /// Commands that run side by side.
    max_running_commands: usize = 2;
    /// Commands that may wait; one more is told to come back later.
    max_queued_commands: usize = 1_000;
    /// Days that finished commands are remembered.
    retention_days: u32 = 30;
    /// The server's certificate, a PEM file with those that lead to its CA; with a key it encrypts.
    tls_certificate: Option<PathBuf> = None;
    /// The certificate's key, a PEM file without password.
    tls_key: Option<PathBuf> = None;
    /// Connections that are served at a time, half of them of one address; more are told to come again, but for
    /// health.
    max_connections: usize = 1_024;
    /// Seconds that a client has for the head of a request, and for the next request of a connection.
    header_timeout_seconds: u64 = 15;
    /// Seconds that a request may take, its body included, and that an answer may not get on.
    request_timeout_seconds: u64 = 60;
    /// Whether metrics ask for a login where there are users.
    metrics_login: bool = false;
    /// Sites whose pages may ask from a browser, such as `https://portal.example`.
    allowed_origins: Vec<String> = Vec::new();
    /// Names beside those of its own machine that a server without login may be called by.
    allowed_hosts: Vec<String> = Vec::new();
}

impl Config {
    /// Most bytes that the rows of a command may take.
    pub(crate) fn command_memory(&self) -> u64 {
        self.command_memory_bytes.unwrap_or_else(available::command_memory)
    }
}

/// The user's own folder.
fn user_folder() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// The variable that holds the keys of stored secrets, where they are not kept in the home.
pub(crate) const SECRET_KEY: &str = "DATAGEN_SECRET_KEY";

/// The keys of stored secrets that the environment gives. They are no setting: no file should hold them, and
/// nobody is shown them.
pub(crate) fn secret_key() -> Option<Secret> {
    let key = std::env::var(SECRET_KEY).ok().map(Secret::new);
    key.filter(|key| !key.is_blank())
}

/// What the environment sets. Variables that are no setting (`DATAGEN_LOG`) have other readers.
fn variables() -> Variables {
    Variables::read(SETTINGS, |name| std::env::var(name).ok())
}

/// Why the settings could not be read.
///
/// A text: the error of figment holds values, which may be secrets.
#[derive(Debug, thiserror::Error)]
#[error("settings: {reason}")]
pub(crate) struct ConfigError {
    /// Key, place and expectation.
    reason: String,
}

impl ConfigError {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What was said of a file, without the lines of it that are quoted: there may be secrets in them.
fn without_excerpts(text: &str) -> String {
    let is_excerpt = |line: &str| {
        line.trim_start()
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start()
            .starts_with('|')
    };
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !is_excerpt(line))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    kept.join(", ")
}

impl Config {
    /// Reads the settings: `file`, or `datagen.toml` of the current folder where there is one.
    ///
    /// # Errors
    ///
    /// A key that does not exist, a value of another type, a file that cannot be read.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let toml = match file {
            Some(file) => Toml::file_exact(file),
            None => Toml::file("datagen.toml"),
        };
        let mut config = Self::read(Figment::new().merge(toml).merge(variables()))?;
        config.connectors.add_variables(std::env::vars_os())?;
        Ok(config)
    }

    fn read(given: Figment) -> Result<Self, ConfigError> {
        let all = Figment::from(Serialized::defaults(Self::default())).merge(given);
        all.extract().map_err(|error| ConfigError::new(without_excerpts(&error.to_string())))
    }

    /// Where user code comes from and what it may use.
    pub(crate) fn extension_settings(&self) -> sandbox::Settings {
        sandbox::Settings {
            folders: self.extensions.clone(),
            cache: Some(self.home.join("extension-cache")),
            limits: self.extension_limits.clone(),
        }
    }

    /// Whether the server encrypts.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls_certificate.is_some()
    }

    /// The folder of the server's outputs.
    pub(crate) fn server_output_root(&self) -> PathBuf {
        self.output_root.clone().unwrap_or_else(|| self.home.join("data"))
    }
}
