//! `datagen check`: every problem of models, for people or programs.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::shown::print_problems;
use super::source;
use crate::config::Config;
use crate::model;
use crate::plan::{self, Environment};
use crate::problems::Problems;
use crate::roots::ReadRoots;
use crate::sandbox::Extensions;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Model files or names
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<String>,
    /// Folder of user code beside the configured ones; may be given several times
    #[arg(long = "extensions", value_name = "DIR")]
    extensions: Vec<PathBuf>,
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
    let extensions = source::extensions(&arguments.extensions, config).current();
    let mut good = true;
    let mut answers = Vec::new();
    for name in &arguments.models {
        let source = source::read(name, config)?;
        let (problems, fields) = check(&source, config, &extensions);
        let fields = if arguments.explain { fields } else { Vec::new() };
        good &= !problems.has_errors();
        match arguments.format {
            Format::Text => {
                print_problems(name, &problems);
                let verdict = if problems.has_errors() { "refused" } else { "ok" };
                writeln!(io::stdout(), "{name}: {verdict}")?;
                for (field, how) in fields {
                    writeln!(io::stdout(), "  {field}: {how}")?;
                }
            }
            Format::Json => {
                let problems: Vec<_> = problems.iter().collect();
                let mut answer = json!({"model": name, "problems": problems});
                if arguments.explain {
                    let fields =
                        fields.iter().map(|(field, how)| json!({"field": field, "made": how}));
                    answer["fields"] = fields.collect();
                }
                answers.push(answer);
            }
        }
    }
    if arguments.format == Format::Json {
        writeln!(io::stdout(), "{:#}", json!({"ok": good, "models": answers}))?;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The findings, and how each field is made where there are no errors.
fn check(
    source: &source::ModelSource,
    config: &Config,
    extensions: &Extensions,
) -> (Problems, Vec<(String, String)>) {
    let mut problems = Problems::default();
    let mut fields = Vec::new();
    if let Some(model) = model::parse(&source.text, &mut problems) {
        let files = ReadRoots::new(source.folder.as_deref(), &config.read_roots);
        let environment =
            Environment { seed: 0, now: 0, rows: None, files: &files, extensions, may_lower: true };
        if let Some(plan) = plan::compile(&model, &environment, &mut problems) {
            let all = plan.explain().into_iter();
            fields = all.map(|(field, how)| (field.to_owned(), how)).collect();
        }
        crate::sinks::warn_unused(&model.settings, &[], &mut problems);
    }
    (problems, fields)
}
