//! `datagen connectors`: the connectors explain themselves, and what the operator of this machine sets of them.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::fields::{attribute_table, plain_table};
use crate::config::{Config, VARIABLES};
use crate::delivery::{self, Connector, Named};
use crate::draft::{Operator, Origin, Shown, key_of};
use crate::problems::escape_controls;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A connector to explain
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
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
    writeln!(out, "Promise: {}.\n", delivery::promised(connector))?;
    writeln!(out, "Settings, in `Table_Names` or `Options` of a model, or by `--set KEY=VALUE`:")?;
    writeln!(out, "{}", attribute_table(&connector.attributes()).trim_fmt())?;
    // Whoever looks for the right key must find it: what is wrong is told when all is said.
    let operator = Operator::new(&config.connectors);
    tell_operator(&mut out, connector, operator.as_ref().unwrap_or(&Operator::default()))?;
    writeln!(
        out,
        "\nExample:\n  datagen generate --model customer --connector {} --rows 1000",
        connector.name()
    )?;
    operator.context("settings")?;
    Ok(ExitCode::SUCCESS)
}

/// How an operator sets the settings of a connector, and what is set: of secrets only whether.
fn tell_operator(
    out: &mut impl io::Write,
    connector: &dyn Connector,
    operator: &Operator,
) -> io::Result<()> {
    let kind = connector.kind();
    let example = connector.attributes().into_iter().next().map_or("KEY", |first| first.name);
    let key = key_of(kind, example);
    writeln!(
        out,
        "\nAn operator sets them below what models and calls say: `{example}` as `{key}` of `[connectors.{kind}]` in \
         datagen.toml, or by {VARIABLES}{}_{}. Keys of the list `locked` there are the operator's alone; \
         PROFILE=NAME of a model or call chooses `[connectors.{kind}.NAME]`.",
        kind.to_uppercase(),
        key.to_uppercase()
    )?;
    let profiles = operator.profiles(connector).into_iter().map(Some);
    for profile in std::iter::once(None).chain(profiles) {
        let mut table = plain_table();
        for shown in operator.shown(connector, profile).into_iter().filter(Shown::is_set) {
            let value = match (&shown.value, shown.origin) {
                (Some(value), _) => escape_controls(value).into_owned(),
                (None, Origin::Default) => "unset".to_owned(),
                (None, _) => "set".to_owned(),
            };
            let place = match shown.origin {
                Origin::Default => "default".to_owned(),
                origin => format!("{}: {}", origin.name(), shown.place),
            };
            let lock = if shown.locked { "locked" } else { "" };
            table.add_row([shown.attribute.name, &value, &place, lock]);
        }
        if !table.is_empty() {
            let which = profile.map_or_else(String::new, |name| format!(", by PROFILE={name}"));
            writeln!(out, "\nSet by the operator{which}:\n{}", table.trim_fmt())?;
        }
    }
    Ok(())
}
