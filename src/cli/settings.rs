//! `datagen settings`: what an operator can set, from the list that sets it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;

use super::fields::plain_table;
use crate::config::SETTINGS;

#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> anyhow::Result<ExitCode> {
    let mut table = plain_table();
    for setting in SETTINGS {
        let default = format!("default: {}", setting.default_value());
        table.add_row([setting.key, &default, &setting.meaning()]);
    }
    let mut variables = plain_table();
    for setting in SETTINGS {
        variables.add_row([&setting.variable(), setting.form]);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n", table.trim_fmt())?;
    writeln!(
        out,
        "Each is a key of `datagen.toml` (or the file of --config), and an environment variable, which wins \
         over the file:\n{}\n\nFlags win over both. Connectors are set in sections `[connectors.NAME]`: `datagen connectors csv` says how.",
        variables.trim_fmt()
    )?;
    Ok(ExitCode::SUCCESS)
}
