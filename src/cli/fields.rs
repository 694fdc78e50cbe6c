//! `datagen fields`: the field types explain themselves.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};

use crate::attributes::Attribute;
use crate::fields::{self, FIELD_TYPES};
use crate::model::COMMON_ATTRIBUTES;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A field type to explain
    #[arg(value_name = "TYPE")]
    name: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let Some(name) = &arguments.name else {
        let mut table = plain_table();
        for kind in FIELD_TYPES {
            table.add_row([kind.name(), kind.summary()]);
        }
        writeln!(out, "{}\n\n`datagen fields TYPE` explains one.", table.trim_fmt())?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(kind) = fields::find(name) else {
        match fields::closest(name) {
            Some(close) => bail!("unknown field type `{name}` (did you mean `{close}`?)"),
            None => bail!("unknown field type `{name}`; `datagen fields` lists them"),
        }
    };
    writeln!(out, "{}: {}", kind.name(), kind.summary())?;
    if !kind.aliases().is_empty() {
        writeln!(out, "also called: {}", kind.aliases().join(", "))?;
    }
    writeln!(out, "\nExample:\n  {}\n", kind.example())?;
    if !kind.attributes().is_empty() {
        writeln!(out, "Attributes:\n{}\n", attribute_table(kind.attributes()).trim_fmt())?;
    }
    writeln!(out, "Attributes of every field:\n{}", attribute_table(COMMON_ATTRIBUTES).trim_fmt())?;
    Ok(ExitCode::SUCCESS)
}

/// A table of attributes: name, kind, default, explanation.
pub(super) fn attribute_table(attributes: &[Attribute]) -> Table {
    let mut table = plain_table();
    for attribute in attributes {
        let default = match attribute.default {
            "" => String::new(),
            default => format!("default: {default}"),
        };
        table.add_row([attribute.name, attribute.kind, &default, attribute.doc]);
    }
    table
}

/// A table without lines, as wide as the terminal.
pub(super) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}
