//! `datagen run`: a command on a server, watched from here.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::{Args, value_parser};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::client::{Client, Part, ServerArguments};
use super::count::count;
use super::generate::parse_settings;
use super::shown::{answer, answer_json, print_failed_rows, tell};
use crate::api::answers::{Accepted, CommandDetails, CommandStatus, StatusName};
use crate::problems::{escape_controls, excerpt};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  datagen run --model customer --rows 1000
  datagen run --server https://datagen.example:4242 --cacert ca.pem --model my.json -c csv -c parquet
  datagen run --model my.json --rows 1000000 --batches 10 -o files.zip
  datagen run --model my.json --every 3600 --detach

The exit code is 0 when the command is finished, 1 when it failed or was refused. Ctrl-C leaves the
command running: `datagen commands cancel` ends it, and a schedule also between its runs.")]
pub(super) struct Arguments {
    /// Model file, - for stdin, or the name of a model that the server knows
    #[arg(long, short, value_name = "FILE|NAME")]
    model: String,
    /// Where the rows go; may be given several times [default: csv]
    #[arg(long = "connector", short, value_name = "NAME", value_delimiter = ',')]
    connectors: Vec<String>,
    /// Rows of each batch: 1000, 1e6, 1k, 2.5M
    #[arg(long, short, visible_short_alias = 'n', default_value_t = 20, value_parser = count)]
    rows: u64,
    /// Number of batches; each is committed by itself
    #[arg(long, short, default_value_t = 1, value_parser = count)]
    batches: u64,
    /// Worker threads on the server
    #[arg(long, short, default_value_t = 1)]
    threads: u64,
    /// Seed of all random numbers [default: drawn, and shown]
    #[arg(long)]
    seed: Option<u64>,
    /// The point in time that the model takes for now, RFC 3339 [default: the time of acceptance]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Override a setting of `Table_Names` or `Options`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Run again and again, so many seconds after each end
    #[arg(long, value_name = "SECONDS", conflicts_with = "cron", value_parser = value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Run again and again, at the times of a cron expression (UTC)
    #[arg(long, value_name = "EXPRESSION")]
    cron: Option<String>,
    /// Save the files that were made here, as a zip archive
    #[arg(long, short, value_name = "FILE", conflicts_with = "detach")]
    output: Option<PathBuf>,
    /// Do not wait: print the command's key on stdout and leave
    #[arg(long, short)]
    detach: bool,
    /// Print everything about the command on stdout when it is over, as JSON
    #[arg(long)]
    json: bool,
    /// No progress bar and no closing line
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// How long a server that was there may be away while its command is watched.
const MAY_BE_AWAY: Duration = Duration::from_secs(120);

/// Shortest and longest time between two looks.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LAST_LOOK: Duration = Duration::from_secs(1);

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.server)?;
    let accepted: Accepted = client.post("/datagen/multipleconnectors", &form(arguments)?)?;
    let id = &accepted.command_uuid.to_string();
    for warning in &accepted.warnings {
        let message = escape_controls(warning["message"].as_str().unwrap_or_default());
        tell(&format!("warning: {}: {message}", arguments.model));
    }
    if arguments.detach {
        answer(id)?;
        return Ok(ExitCode::SUCCESS);
    }
    let status = watch(&client, id, arguments.quiet)?;
    if arguments.json {
        let command: CommandDetails =
            client.post("/command/get", &[Part::value("commandUuid", id)])?;
        answer_json(&command, true)?;
    }
    for failed in &status.failed_rows {
        let (field, message) = (escape_controls(&failed.field), escape_controls(&failed.message));
        print_failed_rows(&arguments.model, &field, failed.rows, &message);
    }
    if status.status != StatusName::Finished {
        bail!("command {id}: {}", escape_controls(&status.comment));
    }
    if let Some(path) = &arguments.output {
        save(&client, id, path)?;
    }
    if !arguments.quiet {
        tell(&closing_line(&status, arguments.output.as_deref()));
    }
    Ok(ExitCode::SUCCESS)
}

fn form(arguments: &Arguments) -> anyhow::Result<Vec<Part>> {
    let connectors = match arguments.connectors.as_slice() {
        [] => "csv".to_owned(),
        given => given.join(","),
    };
    let mut form = vec![
        model(&arguments.model)?,
        Part::value("connectors", connectors),
        Part::value("rows", arguments.rows.to_string()),
        Part::value("batches", arguments.batches.to_string()),
        Part::value("threads", arguments.threads.to_string()),
    ];
    let optional = [
        ("seed", arguments.seed.map(|seed| seed.to_string())),
        ("now", arguments.now.clone()),
        ("delay_between_executions_seconds", arguments.every.map(|seconds| seconds.to_string())),
        ("cron", arguments.cron.clone()),
    ];
    for (name, value) in optional {
        form.extend(value.map(|value| Part::value(name, value)));
    }
    for (key, value) in parse_settings(&arguments.settings)? {
        form.push(Part::value(&key, value));
    }
    Ok(form)
}

/// The model: an upload where it is a file here, otherwise the name of one of the server's.
fn model(name: &str) -> anyhow::Result<Part> {
    let path = Path::new(name);
    let (text, label) = if name == "-" {
        let text = io::read_to_string(io::stdin()).context("read the model from stdin")?;
        (text, "stdin".to_owned())
    } else if path.is_file() {
        let text = fs::read_to_string(path).with_context(|| format!("read model `{name}`"))?;
        let label = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        (text, label)
    } else if name.ends_with(".json") {
        bail!("there is no model file `{}` here", excerpt(name));
    } else {
        return Ok(Part::value("model", name));
    };
    Ok(Part { name: "model".to_owned(), text, file_name: Some(label) })
}

/// Watches the command until it is over, through restarts of the server; returns its last status.
fn watch(client: &Client, id: &str, quiet: bool) -> anyhow::Result<CommandStatus> {
    let bar = if quiet || !io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr())
    };
    let template = "{bar:30} {percent:>3}% {human_pos}/{human_len} rows, {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let which = [Part::value("commandUuid", id)];
    let (mut pause, mut answered) = (FIRST_LOOK, Instant::now());
    loop {
        match client.post::<CommandStatus>("/command/getCommandStatus", &which) {
            Ok(status) => {
                answered = Instant::now();
                show(&bar, &status);
                if status.status.is_over() {
                    bar.finish_and_clear();
                    return Ok(status);
                }
            }
            Err(error) if error.may_pass() && answered.elapsed() < MAY_BE_AWAY => {
                bar.set_message("the server is away, waiting");
            }
            Err(error) => {
                return Err(anyhow::Error::new(error))
                    .with_context(|| format!("command {id} was accepted, and may still run"));
            }
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LAST_LOOK);
    }
}

fn show(bar: &ProgressBar, status: &CommandStatus) {
    bar.set_length(status.total_rows);
    bar.set_position(status.generated_rows);
    let state = status.status.text();
    bar.set_message(match status.remaining_seconds {
        Some(left) => format!("{state}, {:.0} rows/s, {left:.0} s left", status.rows_per_second),
        None => state.to_owned(),
    });
}

/// What was made and where it is: here, where it was saved here.
fn closing_line(status: &CommandStatus, saved: Option<&Path>) -> String {
    let (rows, seconds) = (status.rows, status.duration_seconds);
    let speed = (rows as f64 / seconds.max(1e-3)).round();
    let places = match saved {
        Some(path) => path.display().to_string(),
        None => {
            let places: Vec<_> =
                status.connectors.iter().map(|total| total.destination.as_str()).collect();
            places.join(", ")
        }
    };
    format!("{rows} rows in {seconds:.3} s ({speed} rows/s): {}", escape_controls(&places))
}

/// Saves the files of the command at `path`, which appears when it is complete.
fn save(client: &Client, id: &str, path: &Path) -> anyhow::Result<()> {
    let body = client.download(&format!("/command/data?commandUuid={id}"))?;
    let unfinished = path.with_added_extension("datagen-part");
    let saved = || -> io::Result<()> {
        let mut file = File::create(&unfinished)?;
        io::copy(&mut body.into_with_config().limit(u64::MAX).reader(), &mut file)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    saved().map_err(|error| {
        // Whether it can be removed or not: it is not what was asked for.
        let _ = fs::remove_file(&unfinished);
        anyhow::Error::new(error).context(format!("save `{}`", path.display()))
    })
}
