//! `datagen user`: those who may log in to the server.
//!
//! Works on the home folder, whether a server runs there or not; a running one heeds every change at once.
//! A password comes from the terminal, from stdin or from `DATAGEN_PASSWORD`, never from an argument, which
//! every process of the machine could read.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use console::Term;

use super::fields::plain_table;
use crate::access::{MAX_PASSWORD_BYTES, Role};
use crate::config::Config;
use crate::home::Users;
use crate::problems::escape_controls;

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
    /// Let somebody log in; the password is asked for, or read from stdin or `DATAGEN_PASSWORD`
    Add {
        /// Name of the user
        name: String,
        /// What the user may do
        #[arg(long, value_enum, default_value_t = RoleName::User)]
        role: RoleName,
    },
    /// Let somebody in no more, with all tokens
    Remove {
        /// Name of the user
        name: String,
    },
    /// List users and tokens
    List,
    /// Change a password; it is asked for, or read from stdin or `DATAGEN_PASSWORD`
    Password {
        /// Name of the user
        name: String,
    },
    /// Change what a user may do
    Role {
        /// Name of the user
        name: String,
        /// What the user may do
        #[arg(value_enum)]
        role: RoleName,
    },
    /// Make a token for a program; it is shown once
    Token {
        /// Name of the user
        name: String,
        /// Days that it holds
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// What it is for
        #[arg(long, default_value = "", value_parser = read_label)]
        label: String,
    },
    /// Take a token back
    Revoke {
        /// Number of the token, as `list` shows it
        number: u64,
    },
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    /// Sees and steers everything
    Admin,
    /// Starts commands; sees and steers what is their own
    User,
    /// Sees everything, changes nothing
    Viewer,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::User => Self::User,
            RoleName::Viewer => Self::Viewer,
        }
    }
}

/// Longest label of a token.
const MAX_LABEL_CHARACTERS: usize = 100;

fn read_label(text: &str) -> Result<String, String> {
    if text.chars().count() > MAX_LABEL_CHARACTERS || text.chars().any(char::is_control) {
        return Err(format!("expected at most {MAX_LABEL_CHARACTERS} printable characters"));
    }
    Ok(text.to_owned())
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let mut config = config.clone();
    if let Some(home) = &arguments.home {
        config.home.clone_from(home);
    }
    let users = Users::open(&config)?;
    let mut errors = io::stderr();
    match &arguments.action {
        Action::Add { name, role } => {
            users.add(name, (*role).into(), &read_password()?)?;
            writeln!(errors, "user `{name}` can log in")?;
        }
        Action::Remove { name } => {
            let with = match users.remove(name)? {
                0 => String::new(),
                1 => " with a credential".to_owned(),
                credentials => format!(" with {credentials} credentials"),
            };
            writeln!(errors, "user `{name}` is removed{with}; the commands stay")?;
        }
        Action::List => list(&users)?,
        Action::Password { name } => {
            users.set_password(name, &read_password()?)?;
            writeln!(errors, "user `{name}` has a new password; tokens stay")?;
        }
        Action::Role { name, role } => users.set_role(name, (*role).into())?,
        Action::Token { name, days, label } => {
            let (token, kept) = users.issue(name, label, *days)?;
            let day = kept.expires.format("%Y-%m-%d");
            writeln!(
                errors,
                "token {} of `{name}`, until {day}; it is not shown again:",
                kept.number
            )?;
            writeln!(io::stdout(), "{}", token.text())?;
        }
        Action::Revoke { number } => users.revoke(*number)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(users: &Users) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let mut table = plain_table();
    table.set_header(["user", "role", "since"]);
    for user in users.list()? {
        let since = user.created.format("%Y-%m-%d").to_string();
        table.add_row([user.name, user.role.to_string(), since]);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    let tokens = users.tokens()?;
    if !tokens.is_empty() {
        let mut table = plain_table();
        table.set_header(["token", "user", "label", "until"]);
        for token in tokens {
            let until = token.expires.format("%Y-%m-%d").to_string();
            let label = escape_controls(&token.label).into_owned();
            table.add_row([token.number.to_string(), token.user, label, until]);
        }
        writeln!(out, "\n{}", table.trim_fmt())?;
    }
    Ok(())
}

/// The password: from the environment, from the terminal, else the first line of stdin.
fn read_password() -> anyhow::Result<String> {
    if let Ok(password) = std::env::var("DATAGEN_PASSWORD") {
        return Ok(password);
    }
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        // One byte more than a password and its line end can have: what is longer is refused as such.
        let most = MAX_PASSWORD_BYTES as u64 + 3;
        io::Read::take(io::stdin().lock(), most).read_line(&mut line).context("read stdin")?;
        let line = line.strip_suffix('\n').unwrap_or(&line);
        return Ok(line.strip_suffix('\r').unwrap_or(line).to_owned());
    }
    let terminal = Term::stderr();
    let ask = |question: &str| -> io::Result<String> {
        terminal.write_str(question)?;
        terminal.read_secure_line()
    };
    let password = ask("Password: ")?;
    if ask("Again: ")? != password {
        bail!("the two passwords differ");
    }
    Ok(password)
}
