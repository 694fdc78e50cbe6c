//! `datagen check`: every problem of models, for people or programs; their first rows are made, too.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::generate::parse_settings;
use super::shown::{answer, answer_json, print_problems};
use super::source::{self, Reading};
use crate::config::Config;
use crate::draft::{Compiled, Draft};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Model files or names
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<String>,
    /// Connector that the rows shall go to; may be given several times [default: none, and all of them
    /// look at the settings that stand in the model]
    #[arg(long = "connector", short, value_name = "NAME", value_delimiter = ',')]
    connectors: Vec<String>,
    /// Override a setting of `Table_Names` or `Options`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The point in time that the models take for now, RFC 3339 [default: the current time]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    reading: Reading,
    /// Say of every field how its values are made: native, lowered, interpreted (and why), module
    #[arg(long)]
    explain: bool,
    /// How the findings are shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let surroundings = arguments.reading.surroundings(None, config)?;
    let overrides = parse_settings(&arguments.settings)?;
    let connectors = (!arguments.connectors.is_empty()).then_some(&arguments.connectors[..]);
    let now = source::now(arguments.now.as_deref())?;
    let mut good = true;
    let mut answers = Vec::new();
    for name in &arguments.models {
        let source = source::read(name, config)?;
        let draft = Draft {
            text: &source.text,
            folder: source.folder.as_deref(),
            connectors,
            overrides: &overrides,
            amount: None,
            seed: arguments.seed,
            now,
            ..Draft::default()
        };
        let mut compiled = draft.compile(&surroundings);
        compiled.make_first_rows();
        let fields = if arguments.explain { explain(&compiled) } else { Vec::new() };
        let problems = compiled.problems;
        good &= !problems.has_errors();
        match arguments.format {
            Format::Text => {
                print_problems(name, &problems);
                let verdict = if problems.has_errors() { "refused" } else { "ok" };
                answer(&format!("{name}: {verdict}"))?;
                for (field, how) in fields {
                    answer(&format!("  {field}: {how}"))?;
                }
            }
            Format::Json => {
                let problems: Vec<_> = problems.iter().collect();
                let mut found = json!({"model": name, "problems": problems});
                if arguments.explain {
                    let fields =
                        fields.iter().map(|(field, how)| json!({"field": field, "made": how}));
                    found["fields"] = fields.collect();
                }
                answers.push(found);
            }
        }
    }
    if arguments.format == Format::Json {
        answer_json(&json!({"ok": good, "models": answers}), true)?;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How each field is made, where there is a plan.
fn explain(compiled: &Compiled) -> Vec<(String, String)> {
    let all = compiled.plan.iter().flat_map(|plan| plan.explain());
    all.map(|(field, how)| (field.to_owned(), how)).collect()
}
