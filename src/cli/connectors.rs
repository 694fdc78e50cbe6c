//! `datagen connectors`: the connectors explain themselves.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::fields::{attribute_table, plain_table};
use crate::delivery::{self, Named};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A connector to explain
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let Some(name) = &arguments.name else {
        let mut table = plain_table();
        for connector in delivery::connectors() {
            table.add_row([connector.name().to_owned(), connector.summary()]);
        }
        writeln!(out, "{}\n\n`datagen connectors NAME` explains one.", table.trim_fmt())?;
        return Ok(ExitCode::SUCCESS);
    };
    let connector = match delivery::find(name)? {
        Named::Known(connector) => connector,
        Named::ToCome(name) => bail!("connector `{name}` is not available yet"),
    };
    writeln!(out, "{}: {}\n", connector.name(), connector.summary())?;
    writeln!(out, "Promise: {}.\n", connector.promise())?;
    writeln!(out, "Settings, in `Table_Names` or `Options` of a model, or by `--set KEY=VALUE`:")?;
    writeln!(out, "{}", attribute_table(&connector.attributes()).trim_fmt())?;
    writeln!(
        out,
        "\nExample:\n  datagen generate --model customer --connector {} --rows 1000",
        connector.name()
    )?;
    Ok(ExitCode::SUCCESS)
}
