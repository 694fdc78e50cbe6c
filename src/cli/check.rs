//! `datagen check`: every problem of models, for people or programs; their first rows are made, too, and their
//! connectors looked at.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::generate::parse_settings;
use super::shown::{answer, answer_json, print_problems};
use super::source::{self, Reading};
use crate::config::Config;
use crate::draft::{Compiled, Draft};
use crate::engine::{Shares, probe};
use crate::remote::{Cancel, Network};

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
    /// Say of every field how its values are made: native, lowered, interpreted (and why), module; and how the
    /// memory of a command is divided
    #[arg(long)]
    explain: bool,
    /// Look whether the connectors can be reached and written to, and fit the rows
    #[arg(long, requires = "connectors")]
    connect: bool,
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
    let network = Network::default();
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
        if arguments.connect && !compiled.problems.has_errors() {
            let cancel = Cancel::default();
            for not_ready in probe(&compiled.targets, &network, &cancel) {
                compiled.problems.push(not_ready.problem());
            }
        }
        let fields = if arguments.explain { explain(&compiled) } else { Vec::new() };
        let shares = shares(&compiled, config).filter(|_| arguments.explain);
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
                for line in shares.iter().flat_map(told) {
                    answer(&format!("  {line}"))?;
                }
            }
            Format::Json => {
                let problems: Vec<_> = problems.iter().collect();
                let mut found = json!({"model": name, "problems": problems});
                if arguments.explain {
                    let fields =
                        fields.iter().map(|(field, how)| json!({"field": field, "made": how}));
                    found["fields"] = fields.collect();
                    found["memory"] = shares.as_ref().map(as_json).into();
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

/// How the memory of a command is divided, where there is a plan.
fn shares(compiled: &Compiled, config: &Config) -> Option<Shares> {
    let plan = compiled.plan.as_ref()?;
    Some(Shares::of(plan, &compiled.targets, config.command_memory()))
}

/// In lines for people.
fn told(shares: &Shares) -> Vec<String> {
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let Shares { budget, buffers, rows, largest } = shares;
    let mut lines = vec![format!("memory of a command (`command_memory_bytes`): {}", mib(*budget))];
    for (connector, bytes) in buffers.iter().filter(|(_, bytes)| *bytes > 0) {
        lines.push(format!("  buffers of {connector}: {}", mib(*bytes)));
    }
    let together = largest.map(|segment| {
        format!(
            "; {} lays out {} rows together, {}",
            segment.connector,
            segment.rows,
            mib(segment.bytes)
        )
    });
    lines.push(format!("  rows under way: {}{}", mib(*rows), together.unwrap_or_default()));
    lines
}

/// For programs, in bytes.
fn as_json(shares: &Shares) -> Value {
    let Shares { budget, buffers, rows, largest } = shares;
    let buffers =
        buffers.iter().map(|(connector, bytes)| json!({"connector": connector, "bytes": bytes}));
    let largest = largest.map(|segment| {
        json!({"connector": segment.connector, "rows": segment.rows, "bytes": segment.bytes})
    });
    json!({
        "budget": budget,
        "buffers": buffers.collect::<Vec<_>>(),
        "rows_under_way": rows,
        "largest_segment": largest,
    })
}
