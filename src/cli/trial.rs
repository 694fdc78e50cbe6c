//! `datagen try`: values of one script or module, how they are made, how fast, and at what cost.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::count::count;
use super::shown::tell;
use super::source::{self, Reading};
use crate::config::Config;
use crate::draft::{Bounds, MAX_PREVIEW_ROWS, TRIED_FIELD, Trial, TrialError, field_of, kind_of};
use crate::model::duplicate_keys;
use crate::problems::{Problems, Severity, escape_controls};
use crate::sandbox::Said;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A script or module file, or the name of a type
    #[arg(value_name = "FILE|TYPE")]
    what: String,
    /// Parameters, a JSON object
    #[arg(long, default_value = "{}", value_name = "JSON")]
    params: String,
    /// A field that it reads, in JSON; may be given several times
    #[arg(long = "field", value_name = "JSON")]
    fields: Vec<String>,
    /// What it returns, where it does not say it
    #[arg(long, value_name = "TYPE")]
    returns: Option<String>,
    /// The generator of a file that has several
    #[arg(long, value_name = "NAME")]
    generator: Option<String>,
    /// Number of values, at most 10,000
    #[arg(short = 'n', long, visible_short_alias = 'r', default_value_t = 10, value_parser = count)]
    rows: u64,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The point in time that it takes for now, RFC 3339 [default: the current time]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    if arguments.rows > MAX_PREVIEW_ROWS {
        bail!("--rows is {}, expected at most {MAX_PREVIEW_ROWS}", arguments.rows);
    }
    let mut reading = arguments.reading.clone();
    let mut trial = Trial {
        rows: arguments.rows,
        folder: Some(PathBuf::from(".")),
        seed: arguments.seed,
        now: source::now(arguments.now.as_deref())?,
        sub_values: true,
        ..Trial::default()
    };
    name_type(&arguments.what, &mut trial.field, &mut reading.extensions)?;
    let params: Value = json(&arguments.params, "--params")?;
    // A built-in type has attributes instead.
    if params.as_object().is_none_or(|params| !params.is_empty()) {
        trial.field.insert("params".to_owned(), params);
    }
    let named = [("returns", &arguments.returns), ("generator", &arguments.generator)];
    for (key, value) in named {
        if let Some(value) = value {
            trial.field.insert(key.to_owned(), value.as_str().into());
        }
    }
    for other in &arguments.fields {
        trial.others.push(json(other, "--field")?);
    }
    let bounds = Bounds::of_bytes(config.max_preview_bytes);
    let tried = match trial.run(&reading.surroundings(None, config)?, "json", &bounds) {
        Ok(tried) => tried,
        Err(TrialError::Problems(problems)) => {
            print_wrong(&arguments.what, &problems);
            return Ok(ExitCode::FAILURE);
        }
        Err(TrialError::Values { source, said }) => {
            tell_said(&said);
            return Err(source.into());
        }
    };
    print_wrong(&arguments.what, &tried.warnings);
    let mut out = io::stdout().lock();
    for (row, line) in String::from_utf8_lossy(&tried.values).lines().enumerate() {
        writeln!(out, "{row}: {}", escape_controls(&shown(line)?))?;
    }
    tell_said(&tried.said);
    tell(&tried.told());
    Ok(ExitCode::SUCCESS)
}

/// Tells what is wrong, without the place in the model that the trial made: its author wrote none.
fn print_wrong(what: &str, problems: &Problems) {
    for problem in problems {
        let mut problem = problem.clone();
        if problem.field.as_deref() == Some(TRIED_FIELD) {
            problem.pointer.clear();
            problem.field = None;
        }
        if problem.code == "unknown_reference" {
            let hint = "give it by `--field`, as in `--field '{\"name\": \"NAME\", \"type\": \"INTEGER\"}'`";
            problem.hint = Some(hint.to_owned());
        }
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let told = problem.to_string();
        // A fault of user code names its file itself.
        let label = if told.starts_with(what) { String::new() } else { format!("{what}: ") };
        tell(&format!("{severity}: {label}{told}"));
    }
}

/// What the JSON `text` of an argument holds.
fn json<T: DeserializeOwned>(text: &str, argument: &'static str) -> anyhow::Result<T> {
    let value = serde_json::from_str(text).context(argument)?;
    match duplicate_keys(text).first() {
        Some(problem) => bail!("{argument}: {problem}"),
        None => Ok(value),
    }
}

/// A row of the file: its value, then its sub-values by their names.
fn shown(line: &str) -> anyhow::Result<String> {
    let row: Map<String, Value> = serde_json::from_str(line)?;
    let mut values = row.iter().map(|(name, value)| (name, bare(value)));
    let value = values.next().map_or_else(String::new, |(_, value)| value);
    Ok(values.fold(value, |shown, (name, value)| format!("{shown}  {name}={value}")))
}

/// A value as it reads best: a text without quotation marks, unless it could be taken for something else.
fn bare(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.is_empty() || text == "null" || text.starts_with('"') => {
            value.to_string()
        }
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

/// Tells what the code printed.
fn tell_said(said: &Said) {
    for line in &said.lines {
        tell(&format!("printed: {line}"));
    }
    if said.more > 0 {
        tell(&format!("printed: {} lines more", said.more));
    }
}

/// What `what` names: a file whose folder is looked at as well, or a type.
fn name_type(
    what: &str,
    field: &mut Map<String, Value>,
    folders: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    let path = Path::new(what);
    let Some(kind) = kind_of(path) else {
        field.insert("type".to_owned(), what.into());
        return Ok(());
    };
    let Some(name) = path.file_name().filter(|_| path.is_file()) else {
        bail!("there is no file `{what}`");
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // First, so that this very file is found where another folder has one of that name.
    folders.insert(0, folder.unwrap_or(Path::new(".")).to_owned());
    field.extend(field_of(kind, name));
    Ok(())
}
