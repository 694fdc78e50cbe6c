//! `datagen ddl`: the statements that would make the table of a model.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::generate::parse_settings;
use super::shown::print_problems;
use super::source::{self, Reading};
use crate::config::Config;
use crate::delivery::{Connector, connectors};
use crate::draft::Draft;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Model file or name
    #[arg(value_name = "MODEL")]
    model: String,
    /// Whose statements: postgres
    #[arg(long, value_name = "NAME")]
    dialect: String,
    /// Override a setting of `Table_Names` or `Options`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    #[command(flatten)]
    reading: Reading,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let connector = connector(&arguments.dialect)?;
    let source = source::read(&arguments.model, config)?;
    let overrides = parse_settings(&arguments.settings)?;
    let draft = Draft {
        text: &source.text,
        folder: source.folder.as_deref(),
        overrides: &overrides,
        now: source::now(None)?,
        ..Draft::default()
    };
    let surroundings = arguments.reading.surroundings(None, config)?;
    let (statements, problems) = draft.statements(connector, &surroundings);
    print_problems(&source.label, &problems);
    let Some(statements) = statements else { return Ok(ExitCode::FAILURE) };
    io::stdout().lock().write_all(statements.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The connector of a dialect, which may be called by the connector's name as well.
fn connector(dialect: &str) -> anyhow::Result<&'static dyn Connector> {
    let asked = dialect.trim().to_ascii_lowercase();
    let mut known = Vec::new();
    for connector in connectors() {
        let Some(name) = connector.dialect() else { continue };
        if [name, connector.name()].contains(&asked.as_str()) {
            return Ok(connector);
        }
        known.push(name);
    }
    bail!("--dialect `{dialect}`: expected {}", known.join(" or "))
}
