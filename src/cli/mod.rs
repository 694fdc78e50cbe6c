//! The command line: one file per subcommand.
//!
//! stdout carries data and answers, stderr everything else. Exit code 0: done; 1: refused or failed;
//! 2: the command line itself is wrong.

mod check;
mod client;
mod commands;
mod connectors;
mod count;
mod credential;
mod ddl;
mod expressions;
mod fields;
mod functions;
mod generate;
mod interrupt;
mod new;
mod preview;
mod run;
mod serve;
mod settings;
mod shown;
mod source;
mod test;
mod trial;
mod user;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::telemetry;

/// Synthetic data at scale: a small JSON model becomes millions of reproducible rows a second.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct Cli {
    /// Settings file [default: datagen.toml of the current folder, where there is one]
    #[arg(long, global = true, env = "DATAGEN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make rows of a model and write them to one or more connectors
    Generate(generate::Arguments),
    /// Show the first rows of a model
    Preview(preview::Arguments),
    /// Check models and list every problem
    Check(check::Arguments),
    /// List the field types, or explain one
    Fields(fields::Arguments),
    /// List the functions that scripts may call, or explain one
    Functions(functions::Arguments),
    /// Begin a field type of your own
    New(new::Arguments),
    /// Try a script or module out: values and speed
    Try(trial::Arguments),
    /// Run the tests of scripts and compare golden rows
    Test(test::Arguments),
    /// Serve the HTTP API
    Serve(serve::Arguments),
    /// Make rows on a server and watch it
    Run(run::Arguments),
    /// List, show, stop and take up the commands of a server
    Commands(commands::Arguments),
    /// Keep the users who may log in to the server
    User(user::Arguments),
    /// Keep credentials: logins for connectors, sealed, that models and calls name
    Credential(credential::Arguments),
    /// Explain what fields are computed with: links, injections, conditions, formulas, distributions
    Expressions(expressions::Arguments),
    /// List the connectors, or explain one
    Connectors(connectors::Arguments),
    /// Print the statements that would make the table of a model
    Ddl(ddl::Arguments),
    /// List the settings: keys of the settings file, environment variables, defaults
    Settings(settings::Arguments),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start();
    let result = Config::load(cli.config.as_deref()).map_err(anyhow::Error::from).and_then(
        |config| match cli.command {
            Command::Generate(arguments) => generate::run(&arguments, &config),
            Command::Preview(arguments) => preview::run(&arguments, &config),
            Command::Check(arguments) => check::run(&arguments, &config),
            Command::Fields(arguments) => fields::run(&arguments, &config),
            Command::Functions(arguments) => functions::run(&arguments),
            Command::New(arguments) => new::run(&arguments),
            Command::Try(arguments) => trial::run(&arguments, &config),
            Command::Test(arguments) => test::run(&arguments, &config),
            Command::Serve(arguments) => serve::run(&arguments, &config),
            Command::Run(arguments) => run::run(&arguments),
            Command::Commands(arguments) => commands::run(&arguments),
            Command::User(arguments) => user::run(&arguments, &config),
            Command::Credential(arguments) => credential::run(&arguments, &config),
            Command::Expressions(arguments) => expressions::run(&arguments),
            Command::Connectors(arguments) => connectors::run(&arguments, &config),
            Command::Ddl(arguments) => ddl::run(&arguments, &config),
            Command::Settings(arguments) => settings::run(&arguments),
        },
    );
    match result {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when stderr itself is gone.
            shown::tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// `datagen … | head` closes our stdout early: the reader has what it wanted.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
