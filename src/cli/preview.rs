//! `datagen preview`: the first rows of a model, without writing anything.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};

use super::count::count;
use super::shown::print_problems;
use super::source::{self, Reading};
use crate::config::Config;
use crate::draft::{self, Bounds, Draft, MAX_PREVIEW_ROWS};
use crate::problems::{Problems, escape_controls};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Model file, name of a model, or - for stdin
    #[arg(value_name = "MODEL")]
    model: String,
    /// Number of rows, at most 10,000
    #[arg(short = 'n', long, visible_short_alias = 'r', default_value_t = 10, value_parser = count)]
    rows: u64,
    /// Row number of the first one: any row can be made alone
    #[arg(long, default_value_t = 0, value_name = "ROW", value_parser = count)]
    from: u64,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The point in time that the model takes for now, RFC 3339 [default: the current time]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    reading: Reading,
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
    if arguments.rows > MAX_PREVIEW_ROWS {
        bail!("--rows is {}, expected at most {MAX_PREVIEW_ROWS}", arguments.rows);
    }
    let source = source::read(&arguments.model, config)?;
    let draft = Draft {
        text: &source.text,
        folder: source.folder.as_deref(),
        seed: arguments.seed,
        now: source::now(arguments.now.as_deref())?,
        ..Draft::default()
    };
    let compiled = draft.compile(&arguments.reading.surroundings(None, config)?);
    print_problems(&source.label, &compiled.problems);
    let Ok((plan, _)) = compiled.only_plan() else { return Ok(ExitCode::FAILURE) };
    // The table is made of CSV: its texts are shown as they are, without a detour over numbers.
    let format = if arguments.format == Format::Json { "json" } else { "csv" };
    let bounds = Bounds::of_bytes(config.max_preview_bytes);
    let preview = draft::preview(&plan, format, arguments.from, arguments.rows, &bounds)?;
    if let Some(warning) = preview.warning() {
        let mut told = Problems::default();
        told.push(warning);
        print_problems(&source.label, &told);
    }
    let text = preview.text;
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
    table.set_header(reader.headers()?.iter().map(escape_controls));
    for record in reader.records() {
        table.add_row(record?.iter().map(escape_controls));
    }
    Ok(table)
}
