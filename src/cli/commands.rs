//! `datagen commands`: what a server has to do and has done.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

use super::client::{Client, Part, ServerArguments};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  datagen commands
  datagen commands list --status RUNNING --json
  datagen commands status 1b4e28ba-2fa1-11d2-883f-0016d3cca427
  datagen commands cancel 1b4e28ba-2fa1-11d2-883f-0016d3cca427")]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List commands, the newest first
    List(List),
    /// Show everything about a command
    Status(One),
    /// Stop commands: they end FAILED with the comment `cancelled`, and keep what was committed
    Cancel(Several),
    /// Take up failed commands at their first uncommitted batch
    Retry(Several),
}

#[derive(Debug, Args)]
struct List {
    /// Only commands that stand here
    #[arg(long, value_name = "QUEUED|STARTING|RUNNING|FINISHED|FAILED")]
    status: Option<String>,
    /// Only commands with a schedule
    #[arg(long, conflicts_with = "status")]
    scheduled: bool,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: u64,
    /// Leave out so many first
    #[arg(long, default_value_t = 0)]
    offset: u64,
    /// Only commands accepted then or later, RFC 3339
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct One {
    /// The command's key
    #[arg(value_name = "UUID")]
    id: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Several {
    /// The commands' keys
    #[arg(value_name = "UUID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.action {
        None => list(&arguments.list),
        Some(Action::List(arguments)) => list(arguments),
        Some(Action::Status(arguments)) => status(arguments),
        Some(Action::Cancel(arguments)) => steer("/command/cancel", arguments),
        Some(Action::Retry(arguments)) => steer("/command/retry", arguments),
    }
}

fn list(arguments: &List) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.common.server)?;
    let mut form = vec![
        Part::value("limit", arguments.limit.to_string()),
        Part::value("offset", arguments.offset.to_string()),
    ];
    form.extend(arguments.since.as_ref().map(|since| Part::value("since", since)));
    let path = match &arguments.status {
        Some(status) => {
            form.push(Part::value("status", status));
            "/command/getByStatus"
        }
        None if arguments.scheduled => "/command/getAllScheduled",
        None => "/command/getAll",
    };
    let commands = client.post(path, &form)?;
    if arguments.common.json {
        writeln!(io::stdout(), "{commands:#}")?;
    } else {
        let rows = commands.as_array().map_or(&[][..], Vec::as_slice);
        writeln!(io::stdout(), "{}", table(rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn status(arguments: &One) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.common.server)?;
    let command = client.post("/command/get", &[Part::value("commandUuid", &arguments.id)])?;
    if arguments.common.json {
        writeln!(io::stdout(), "{command:#}")?;
    } else {
        writeln!(io::stdout(), "{}", details(&command))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Steers every command, also after one that refuses; the exit code tells whether all went well.
fn steer(path: &str, arguments: &Several) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.common.server)?;
    let (mut answers, mut good) = (Vec::new(), true);
    for id in &arguments.ids {
        match client.post(path, &[Part::value("commandUuid", id)]) {
            Ok(answer) => answers.push(answer),
            Err(error) => {
                good = false;
                writeln!(io::stderr(), "error: {id}: {error}")?;
            }
        }
    }
    if arguments.common.json {
        writeln!(io::stdout(), "{:#}", Value::Array(answers))?;
    } else if !answers.is_empty() {
        writeln!(io::stdout(), "{}", table(&answers))?;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn new_table() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Commands, a line each.
fn table(commands: &[Value]) -> Table {
    let mut table = new_table();
    table.set_header([
        "command",
        "status",
        "%",
        "rows",
        "rows/s",
        "duration",
        "connectors",
        "comment",
    ]);
    for command in commands {
        let connectors = command["connectors"].as_array().into_iter().flatten();
        let connectors: Vec<_> =
            connectors.filter_map(|total| total["connector"].as_str()).collect();
        table.add_row([
            text(&command["commandUuid"]),
            text(&command["status"]),
            text(&command["progress"]),
            format!("{} / {}", text(&command["rows"]), text(&command["totalRows"])),
            text(&command["rowsPerSecond"]),
            text(&command["duration"]),
            connectors.join(", "),
            text(&command["comment"]),
        ]);
    }
    for column in [2, 3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// One command: what a person asks for first, its steps and its files.
fn details(command: &Value) -> Table {
    const SHOWN: &[(&str, &str)] = &[
        ("commandUuid", "command"),
        ("status", "status"),
        ("comment", "comment"),
        ("progress", "progress, %"),
        ("rows", "rows"),
        ("totalRows", "of"),
        ("batches", "batches"),
        ("numberOfBatches", "of"),
        ("rowsPerSecond", "rows/s"),
        ("remainingSeconds", "seconds left"),
        ("duration", "duration"),
        ("owner", "owner"),
        ("modelId", "model"),
        ("numberOfThreads", "threads"),
        ("seed", "seed"),
        ("now", "now"),
        ("cron", "cron"),
        ("delayBetweenExecutionsSeconds", "seconds between runs"),
        ("runs", "runs"),
        ("nextRun", "next run"),
    ];
    let mut table = new_table();
    for (key, name) in SHOWN {
        let value = text(&command[*key]);
        if !value.is_empty() {
            table.add_row([(*name).to_owned(), value]);
        }
    }
    for total in command["connectors"].as_array().into_iter().flatten() {
        let told = format!(
            "{} rows, {} bytes, {} files: {}",
            text(&total["rows"]),
            text(&total["bytes"]),
            text(&total["files"]),
            text(&total["destination"])
        );
        table.add_row([text(&total["connector"]), told]);
    }
    for code in command["userCode"].as_array().into_iter().flatten() {
        table.add_row([text(&code["file"]), format!("SHA-256 {}", text(&code["sha256"]))]);
    }
    for failed in command["failedRows"].as_array().into_iter().flatten() {
        let told =
            format!("{} rows, the first: {}", text(&failed["rows"]), text(&failed["message"]));
        table.add_row([format!("null for an error: {}", text(&failed["field"])), told]);
    }
    for step in command["transitions"].as_array().into_iter().flatten() {
        table.add_row([
            text(&step["time"]),
            format!("{} {}", text(&step["status"]), text(&step["comment"])),
        ]);
    }
    table
}

/// A value as a cell: texts without quotes, nothing for `null`.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number)
            if number.as_f64().is_some_and(|n| n.fract() == 0.0 && n.abs() < 1e15) =>
        {
            number.as_f64().map_or_else(String::new, |number| format!("{number:.0}"))
        }
        other => other.to_string(),
    }
}
