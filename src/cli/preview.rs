//! `datagen preview`: the first rows of a model, without writing anything.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};

use super::shown::print_problems;
use super::source;
use crate::commands;
use crate::config::Config;
use crate::model;
use crate::plan::{self, Environment};
use crate::problems::Problems;
use crate::roots::ReadRoots;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Model file, name of a model, or - for stdin
    #[arg(value_name = "MODEL")]
    model: String,
    /// Number of rows, at most 10,000
    #[arg(short = 'n', long, default_value_t = 10)]
    rows: u64,
    /// Row number of the first one: any row can be made alone
    #[arg(long, default_value_t = 0, value_name = "ROW")]
    from: u64,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The point in time that the model takes for now, RFC 3339 [default: the current time]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Folder that the model may read files from, beside its own
    #[arg(long = "read-root", value_name = "DIR")]
    read_roots: Vec<PathBuf>,
    /// Folder of user code beside the configured ones; may be given several times
    #[arg(long = "extensions", value_name = "DIR")]
    extensions: Vec<PathBuf>,
    /// How the rows are shown
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let source = source::read(&arguments.model, config)?;
    let now = match &arguments.now {
        Some(now) => commands::parse_now(now).map_err(anyhow::Error::msg).context("--now")?,
        None => commands::current_now(),
    };
    let roots = [&arguments.read_roots[..], &config.read_roots[..]].concat();
    let files = ReadRoots::new(source.folder.as_deref(), &roots);
    let extensions = source::extensions(&arguments.extensions, config).current();
    let environment = Environment {
        seed: arguments.seed,
        now,
        rows: None,
        files: &files,
        extensions: &extensions,
        may_lower: true,
    };
    let mut problems = Problems::default();
    let plan = model::parse(&source.text, &mut problems)
        .and_then(|model| plan::compile(&model, &environment, &mut problems));
    print_problems(&source.label, &problems);
    let Some(plan) = plan.filter(|_| !problems.has_errors()) else { return Ok(ExitCode::FAILURE) };
    // The table is made of CSV: its texts are shown as they are, without a detour over numbers.
    let format = if arguments.format == Format::Json { "json" } else { "csv" };
    let text = commands::preview(&plan, format, arguments.from, arguments.rows)?;
    let mut out = io::stdout().lock();
    if arguments.format == Format::Table {
        writeln!(out, "{}", table(&text)?)?;
    } else {
        out.write_all(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The CSV file `text` as a table.
fn table(text: &[u8]) -> anyhow::Result<Table> {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    let mut reader = csv::Reader::from_reader(text);
    table.set_header(reader.headers()?.iter());
    for record in reader.records() {
        table.add_row(record?.iter());
    }
    Ok(table)
}
