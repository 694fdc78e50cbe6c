//! `datagen functions`: what scripts may call, from the table that both of their tiers run.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::fields::plain_table;
use crate::problems::did_you_mean;
use crate::sandbox::{HostFunction, host_functions, script_definitions};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A function to explain
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// How they are shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Tables, a group each
    Text,
    /// A JSON array
    Json,
    /// The table of `scripts/README.md`
    Markdown,
    /// Definitions for editors, all of them: `datagen.d.rhai`
    Rhai,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut functions: Vec<HostFunction> = host_functions().collect();
    if let Some(name) = &arguments.name {
        functions.retain(|function| function.name == name);
        if functions.is_empty() {
            match did_you_mean(name, host_functions().map(|function| function.name)) {
                Some(close) => bail!("there is no function `{name}` (did you mean `{close}`?)"),
                None => bail!("there is no function `{name}`; `datagen functions` lists them"),
            }
        }
    }
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Text => text(&mut out, &functions)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&functions)?)?,
        Format::Markdown => markdown(&mut out, &functions)?,
        Format::Rhai => out.write_all(script_definitions().as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text(out: &mut impl Write, functions: &[HostFunction]) -> io::Result<()> {
    for group in functions.chunk_by(|a, b| a.group == b.group) {
        let mut table = plain_table();
        for function in group {
            let tier = if function.lowered { "" } else { "interpreted" };
            table.add_row([function.signature, function.doc, tier]);
        }
        writeln!(out, "{}:\n{}\n", group[0].group, table.trim_fmt())?;
    }
    writeln!(
        out,
        "A script that calls a function marked `interpreted` is not compiled for whole columns.\n\
         The functions of the language itself: https://rhai.rs/book/"
    )
}

fn markdown(out: &mut impl Write, functions: &[HostFunction]) -> io::Result<()> {
    writeln!(out, "| group | function | gives | compiled |\n|---|---|---|---|")?;
    for group in functions.chunk_by(|a, b| a.group == b.group) {
        for (place, function) in group.iter().enumerate() {
            let name = if place == 0 { function.group } else { "" };
            let tier = if function.lowered { "yes" } else { "" };
            let forms: Vec<String> =
                forms(function.signature).iter().map(|form| format!("`{form}`")).collect();
            let doc = function.doc.replace('|', "\\|");
            writeln!(out, "| {name} | {} | {doc} | {tier} |", forms.join(", "))?;
        }
    }
    Ok(())
}

/// The forms of a signature: what stands between commas outside of parentheses.
fn forms(signature: &str) -> Vec<&str> {
    let mut forms = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (place, letter) in signature.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                forms.push(signature[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    forms.push(signature[start..].trim());
    forms
}
