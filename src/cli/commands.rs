//! `datagen commands`: what a server has to do and has done.

use std::process::ExitCode;

use chrono::DateTime;
use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::client::{Client, Part, ServerArguments};
use super::count::count;
use super::shown::{answer, answer_json, tell};
use crate::api::answers::{CommandDetails, CommandStatus, StatusName};
use crate::problems::escape_controls;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  datagen commands
  datagen commands list --status RUNNING --json
  datagen commands list --scheduled
  datagen commands status 1b4e28ba-2fa1-11d2-883f-0016d3cca427
  datagen commands cancel 1b4e28ba-2fa1-11d2-883f-0016d3cca427
  datagen commands pause 1b4e28ba-2fa1-11d2-883f-0016d3cca427")]
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
    Status(Details),
    /// Stop commands: they end FAILED with the comment `cancelled`, and keep what was committed. Between the
    /// runs of a schedule, that is what ends
    Cancel(Several),
    /// Take up failed commands at their first uncommitted batch
    Retry(Several),
    /// Hold schedules: no run begins until `resume`
    Pause(Several),
    /// Let held schedules go on
    Resume(Several),
    /// End schedules; a run that is under way comes to its end
    Unschedule(Several),
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
    #[arg(long, default_value_t = 20, value_parser = count)]
    limit: u64,
    /// Leave out so many first
    #[arg(long, default_value_t = 0, value_parser = count)]
    offset: u64,
    /// Only commands accepted then or later, RFC 3339
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Details {
    /// The command's key
    #[arg(value_name = "UUID")]
    id: String,
    /// With --json: at most so many of its files
    #[arg(long, default_value_t = 1_000, value_parser = count, requires = "json")]
    limit: u64,
    /// With --json: leave out so many of its files first
    #[arg(long, default_value_t = 0, value_parser = count, requires = "json")]
    offset: u64,
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

/// A way to steer a command: where it is asked for, and what happens then.
struct Way {
    path: &'static str,
    told: fn(&CommandStatus) -> &'static str,
}

const CANCEL: Way = Way {
    path: "/command/cancel",
    told: |status| match status.status {
        StatusName::Finished => "its schedule is ended",
        StatusName::Failed => "is cancelled; what was committed stays",
        _ => "is being cancelled: it ends after what it is making now",
    },
};

const RETRY: Way =
    Way { path: "/command/retry", told: |_| "goes on at its first uncommitted batch" };

const PAUSE: Way =
    Way { path: "/command/pause", told: |_| "its schedule is held; `resume` lets it go on" };

const RESUME: Way = Way { path: "/command/resume", told: |_| "its schedule goes on" };

const UNSCHEDULE: Way = Way {
    path: "/command/removeScheduled",
    told: |status| {
        if status.status.is_over() {
            "its schedule is ended"
        } else {
            "its schedule is ended; the run under way comes to its end"
        }
    },
};

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.action {
        None => list(&arguments.list),
        Some(Action::List(arguments)) => list(arguments),
        Some(Action::Status(arguments)) => status(arguments),
        Some(Action::Cancel(arguments)) => steer(&CANCEL, arguments),
        Some(Action::Retry(arguments)) => steer(&RETRY, arguments),
        Some(Action::Pause(arguments)) => steer(&PAUSE, arguments),
        Some(Action::Resume(arguments)) => steer(&RESUME, arguments),
        Some(Action::Unschedule(arguments)) => steer(&UNSCHEDULE, arguments),
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
    let commands: Vec<CommandStatus> = client.post(path, &form)?;
    if arguments.common.json {
        answer_json(&commands, true)?;
    } else {
        answer(&table(&commands).to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn status(arguments: &Details) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.common.server)?;
    let form = [
        Part::value("commandUuid", &arguments.id),
        Part::value("limit", arguments.limit.to_string()),
        Part::value("offset", arguments.offset.to_string()),
    ];
    let command: CommandDetails = client.post("/command/get", &form)?;
    if arguments.common.json {
        answer_json(&command, true)?;
    } else {
        answer(&details(&command).to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Steers every command, also after one that refuses, and says what happens; the exit code tells whether all
/// went well.
fn steer(way: &Way, arguments: &Several) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.common.server)?;
    let (mut answers, mut good) = (Vec::new(), true);
    for id in &arguments.ids {
        match client.post::<CommandStatus>(way.path, &[Part::value("commandUuid", id)]) {
            Ok(status) => answers.push(status),
            Err(error) => {
                good = false;
                tell(&format!("error: {id}: {error}"));
            }
        }
    }
    if arguments.common.json {
        answer_json(&answers, true)?;
    } else {
        for status in &answers {
            answer(&format!("{}: {}", status.command_uuid, (way.told)(status)))?;
        }
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
fn table(commands: &[CommandStatus]) -> Table {
    let mut table = new_table();
    table.set_header([
        "command",
        "model",
        "accepted",
        "status",
        "%",
        "rows",
        "rows/s",
        "duration",
        "connectors",
        "comment",
    ]);
    for command in commands {
        let connectors: Vec<_> =
            command.connectors.iter().map(|total| total.connector.as_str()).collect();
        table.add_row([
            command.command_uuid.to_string(),
            cell(&command.model_id),
            time(command.accepted_timestamp),
            standing(command),
            cell(&command.progress),
            format!("{} / {}", command.rows, command.total_rows),
            format!("{:.0}", command.rows_per_second),
            cell(&command.duration),
            cell(&connectors.join(", ")),
            cell(&command.comment),
        ]);
    }
    for column in [4, 5, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Where a command stands; of one with a schedule, also when it runs next.
fn standing(command: &CommandStatus) -> String {
    match command.next_run {
        Some(next) => format!("{}, next {}", command.status.text(), time(next.timestamp_millis())),
        None => command.status.text().to_owned(),
    }
}

/// One command: what a person asks for first, its steps and its files.
fn details(command: &CommandDetails) -> Table {
    let status = &command.status;
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let shown = [
        ("command", status.command_uuid.to_string()),
        ("status", status.status.text().to_owned()),
        ("comment", cell(&status.comment)),
        ("progress, %", cell(&status.progress)),
        ("rows", status.rows.to_string()),
        ("of", status.total_rows.to_string()),
        ("batches", status.batches.to_string()),
        ("of", command.number_of_batches.to_string()),
        ("rows/s", format!("{:.0}", status.rows_per_second)),
        (
            "seconds left",
            status.remaining_seconds.map_or_else(String::new, |left| format!("{left:.0}")),
        ),
        ("duration", cell(&status.duration)),
        ("accepted", time(status.accepted_timestamp)),
        ("owner", cell(&command.owner)),
        ("model", cell(&status.model_id)),
        ("threads", command.number_of_threads.to_string()),
        ("seed", command.seed.to_string()),
        ("now", cell(&command.now)),
        ("cron", cell(command.cron.as_deref().unwrap_or_default())),
        ("seconds between runs", number(command.delay_between_executions_seconds)),
        ("held", if command.paused { "yes".to_owned() } else { String::new() }),
        ("runs", status.runs.to_string()),
        ("next run", status.next_run.map_or_else(String::new, |next| next.to_rfc3339())),
    ];
    let mut table = new_table();
    for (name, value) in shown {
        if !value.is_empty() {
            table.add_row([name.to_owned(), value]);
        }
    }
    for total in &status.connectors {
        let told = format!(
            "{} rows, {} bytes, {} files: {}",
            total.rows,
            total.bytes,
            total.files,
            cell(&total.destination)
        );
        table.add_row([cell(&total.connector), told]);
    }
    for code in &command.user_code {
        let version = code.version.as_ref().map(|version| format!("version {version}, "));
        let told = format!("{}SHA-256 {}", version.unwrap_or_default(), code.sha256);
        table.add_row([cell(&code.file), cell(&told)]);
    }
    for failed in &status.failed_rows {
        let told = format!("{} rows, the first: {}", failed.rows, cell(&failed.message));
        table.add_row([format!("null for an error: {}", cell(&failed.field)), told]);
    }
    let earlier = command.transitions_total.saturating_sub(command.transitions.len() as u64);
    if earlier > 0 {
        table.add_row(["earlier steps".to_owned(), earlier.to_string()]);
    }
    for step in &command.transitions {
        let told = format!("{} {}", step.status.text(), cell(&step.comment));
        table.add_row([step.time.to_rfc3339(), told]);
    }
    table
}

/// A text as a cell: it does not steer the terminal.
fn cell(text: &str) -> String {
    escape_controls(text).into_owned()
}

/// A point in time as people read it, in UTC.
fn time(milliseconds: i64) -> String {
    DateTime::from_timestamp_millis(milliseconds)
        .map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}
