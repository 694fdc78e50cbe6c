//! `datagen credential`: settings under a name, kept sealed, that models and calls name.
//!
//! Works on the home folder, whether a server runs there or not; a running one heeds every change at once.
//! Secrets come from the terminal, from stdin or from a file, never from an argument, which every process of the
//! machine could read.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use console::Term;
use zeroize::Zeroizing;

use super::fields::plain_table;
use crate::access::{Caller, Role};
use crate::config::Config;
use crate::delivery;
use crate::home::{Credentials, UsedBy};
use crate::problems::escape_controls;
use crate::secrets::{Secret, Secrets};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of the server's own state [default: ~/.datagen]
    #[arg(long, value_name = "DIR", global = true)]
    home: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Keep settings under a name, in place of older ones
    #[command(after_help = "Examples:
  datagen credential add lake S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY
  datagen credential add events KAFKA_SASL_USERNAME=ann KAFKA_SASL_PASSWORD
  printf '%s\\n' \"$PASSWORD\" | datagen credential add events KAFKA_SASL_USERNAME=ann KAFKA_SASL_PASSWORD
  datagen credential add events KAFKA_SSL_KEY=@client.key

A model or a call uses it by `CREDENTIAL`: --set CREDENTIAL=lake")]
    Add {
        /// What to call it
        name: String,
        /// KEY=VALUE; KEY=@FILE for the content of a file; of a KEY alone the value is asked for, or is the
        /// next line of stdin. Secrets are never arguments
        #[arg(required = true, value_name = "KEY[=VALUE]")]
        settings: Vec<String>,
        /// The user who may use it [default: whoever need not log in, and admins]
        #[arg(long, value_name = "USER", default_value = "")]
        owner: String,
    },
    /// List credentials: what they hold is not told
    List,
    /// Forget a credential
    Remove {
        /// Its name
        name: String,
        /// Also where commands would fail without it
        #[arg(long)]
        force: bool,
    },
    /// Replace the key that secrets are sealed with, and seal everything anew
    Rotate,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let mut config = config.clone();
    if let Some(home) = &arguments.home {
        config.home.clone_from(home);
    }
    let mut errors = io::stderr();
    // Whoever can read the home may do everything with it.
    let caller = Caller::new("", Role::Admin);
    match &arguments.action {
        Action::Add { name, settings, owner } => {
            let settings = read_settings(settings)?;
            let owner = Caller::new(owner.as_str(), Role::Admin);
            Credentials::open(&config)?.put(&owner, name, None, settings, true)?;
            writeln!(errors, "credential `{name}` is stored; `CREDENTIAL={name}` uses it")?;
        }
        Action::List => list(&Credentials::open(&config)?, &caller)?,
        Action::Remove { name, force } => {
            Credentials::open(&config)?.remove(&caller, name, *force)?;
            writeln!(errors, "credential `{name}` is removed")?;
        }
        Action::Rotate => {
            let sealed = Credentials::open(&config)?.rotate()?;
            writeln!(errors, "the key is replaced, {sealed} sealed values are sealed anew")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(credentials: &Credentials, caller: &Caller) -> anyhow::Result<()> {
    let mut table = plain_table();
    table.set_header(["credential", "owner", "settings", "since", "used by"]);
    for credential in credentials.list(caller)? {
        let used = credentials.users_of(&credential.name)?;
        let settings: Vec<_> =
            credential.shown.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let owner = if credential.owner.is_empty() { "anonymous" } else { &credential.owner };
        table.add_row([
            credential.name.as_str(),
            owner,
            &escape_controls(&settings.join(" ")),
            &credential.changed.format("%Y-%m-%d").to_string(),
            &shown(&used),
        ]);
    }
    writeln!(io::stdout().lock(), "{}", table.trim_fmt())?;
    Ok(())
}

fn shown(used: &UsedBy) -> String {
    let mut users: Vec<String> = used.models.iter().map(|name| format!("model {name}")).collect();
    match used.commands.len() {
        0 => {}
        1 => users.push(format!("command {}", used.commands[0])),
        commands => users.push(format!("{commands} commands")),
    }
    users.join(", ")
}

fn read_settings(given: &[String]) -> anyhow::Result<Secrets> {
    let mut settings = Secrets::new();
    for setting in given {
        let (key, value) = match setting.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (setting.as_str(), None),
        };
        let value = match value.map(|value| (value, value.strip_prefix('@'))) {
            None => ask(key)?,
            Some((_, Some(path))) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("read `{path}`"))?;
                Secret::new(text)
            }
            Some(_) if delivery::is_secret(key) => bail!(
                "`{key}` is a secret, and arguments are seen by every process of this machine: give \
                 `{key}` alone, or `{key}=@FILE`"
            ),
            Some((value, None)) => Secret::new(value.to_owned()),
        };
        settings.insert(key.trim().to_uppercase(), value);
    }
    Ok(settings)
}

/// Longest line of stdin, in bytes.
const MOST: usize = 64 << 10;

/// The value of `key`: from the terminal, else the next line of stdin.
fn ask(key: &str) -> anyhow::Result<Secret> {
    if io::stdin().is_terminal() {
        let terminal = Term::stderr();
        terminal.write_str(&format!("{key}: "))?;
        return Ok(Secret::new(terminal.read_secure_line()?));
    }
    let mut line = Zeroizing::new(Vec::new());
    // Byte by byte: a buffer would keep what is behind the line.
    for byte in io::stdin().lock().bytes() {
        match byte.context("read stdin")? {
            b'\n' => break,
            byte if line.len() < MOST => line.push(byte),
            _ => bail!("the line of `{key}` has more than {MOST} bytes"),
        }
    }
    let text = String::from_utf8(line.to_vec()).with_context(|| format!("`{key}` is no text"))?;
    if text.is_empty() {
        bail!("no value is given for `{key}`, expected a line of stdin");
    }
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(&text).to_owned()))
}

/// The credentials of the home of `config`, for the commands of this machine; opened when one is named.
#[derive(Debug)]
pub(super) struct HomeVault(pub(super) Config);

impl crate::draft::Vault for HomeVault {
    fn open(&self, name: &str) -> Result<Secrets, String> {
        let told = |error: &dyn std::error::Error| crate::problems::chain(error);
        let credentials = Credentials::open(&self.0).map_err(|error| told(&error))?;
        credentials.usable(&Caller::new("", Role::Admin), name).map_err(|error| told(&error))
    }
}
