//! `datagen generate`: the main job on this machine.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::{Args, ValueEnum};
use crossbeam_channel::{RecvTimeoutError, bounded};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use uuid::Uuid;

use super::count::count;
use super::interrupt::{self, Interruption};
use super::shown::{answer_json, print_failed_rows, print_problems, print_refusal, tell};
use super::source::{self, Reading};
use crate::commands;
use crate::config::Config;
use crate::delivery::{Beside, Committed, Holder, Stdout, Target};
use crate::draft::{Amount, Draft};
use crate::engine::{self, Control, EngineError, LaneProgress, Observer, ObserverError, Run};
use crate::failures::Failures;
use crate::formats::FORMATS;
use crate::plan::Plan;
use crate::problems::{Problems, chain, escape_controls};
use crate::remote::Network;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  datagen generate --model customer --rows 1000
  datagen generate --model my.json --connector parquet --rows 1000000 --batches 10 --output-root out
  datagen generate --model customer --connector csv --connector json --seed 42 --set CSV_DELIMITER=';'
  datagen generate --model customer --rows 5 --quiet -o - | head")]
pub(super) struct Arguments {
    /// Model file, name of a model of the models folder or of a shipped one, or - for stdin
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
    /// Worker threads [default: all cores]
    #[arg(long, short)]
    threads: Option<usize>,
    /// Seed of all random numbers [default: drawn, and shown]
    #[arg(long)]
    seed: Option<u64>,
    /// The point in time that the model takes for now, RFC 3339 [default: the current time]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Folder that all files stay below [default: the current folder]
    #[arg(long, value_name = "DIR")]
    output_root: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// Override a setting of `Table_Names` or `Options`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// `-` streams csv or json to stdout instead of writing files
    #[arg(long, short, value_name = "-")]
    output: Option<String>,
    /// Print a summary on stdout when done
    #[arg(long, value_enum)]
    summary: Option<Summary>,
    /// No progress bar and no closing line
    #[arg(long, short)]
    quiet: bool,
    /// Rows of a block, for measurements: it never changes what is written
    #[arg(long, hide = true)]
    block_rows: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Summary {
    Json,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let source = source::read(&arguments.model, config)?;
    let connectors = match arguments.connectors.as_slice() {
        [] => vec!["csv".to_owned()],
        given => given.to_vec(),
    };
    let overrides = parse_settings(&arguments.settings)?;
    let seed = arguments.seed.unwrap_or_else(commands::draw_seed);
    let now = source::now(arguments.now.as_deref())?;
    let draft = Draft {
        text: &source.text,
        folder: source.folder.as_deref(),
        connectors: Some(&connectors),
        overrides: &overrides,
        amount: Some(Amount { batch_rows: arguments.rows, batches: arguments.batches }),
        seed,
        now,
        ..Draft::default()
    };
    let surroundings = arguments.reading.surroundings(arguments.output_root.as_deref(), config)?;
    let prepared = match draft.compile(&surroundings).ready() {
        Ok(prepared) => prepared,
        Err(refusal) => {
            print_refusal(&source.label, &refusal);
            return Ok(ExitCode::FAILURE);
        }
    };
    print_problems(&source.label, &prepared.warnings);
    let targets = match arguments.output.as_deref() {
        None => prepared.targets,
        Some("-") => vec![stdout_target(&prepared.targets)?],
        Some(other) => bail!("--output `{other}`: expected -; folders are given by --output-root"),
    };
    let threads = arguments.threads.unwrap_or_else(all_cores);
    if threads == 0 || threads > config.max_threads {
        bail!("--threads {threads}: expected 1 to {}", config.max_threads);
    }
    let run = Run {
        plan: prepared.plan,
        targets,
        batch_rows: arguments.rows,
        batches: 0..arguments.batches,
        holder: Holder {
            id: Uuid::new_v4().simple().to_string(),
            shown: "`datagen generate`".to_owned(),
        },
        threads,
        resumes: Vec::new(),
        memory_bytes: config.command_memory(),
        network: Network::default(),
        block_rows: arguments.block_rows,
    };
    engine::check_memory(&run.plan, &run.targets, run.batch_rows, run.memory_bytes)?;
    let started = Instant::now();
    let control = Arc::new(Control::default());
    let interruption = Interruption::cancels(&control)?;
    let recorder = Recorder::of(&run);
    let result = look(&run, &control).and_then(|()| {
        show_progress(&run, &control, arguments.quiet, || engine::run(&run, &control, &recorder))
    });
    if result.is_ok() {
        engine::retire(&run.targets, &run.holder, &run.network);
    }
    let record = recorder.into_record();
    for (field, failed) in record.failures.iter() {
        print_failed_rows(&source.label, field, failed.rows, &failed.message);
    }
    let warnings = record.warnings();
    print_problems(&source.label, &warnings);
    let interrupted = matches!(result, Err(EngineError::Cancelled));
    let code = report(arguments, &run, &control, result, started.elapsed(), &record, (seed, now));
    match interruption.signal().filter(|_| interrupted) {
        Some(signal) => {
            tell(&format!("error: cancelled by {}", interrupt::name(signal)));
            Ok(interrupt::exit_code(signal))
        }
        None => code,
    }
}

/// Refuses targets that do not answer or will not take the rows, before the first one is made.
fn look(run: &Run, control: &Control) -> Result<(), EngineError> {
    let found = engine::probe(&run.targets, &run.network, control.token());
    if control.is_cancelled() {
        return Err(EngineError::Cancelled);
    }
    if found.is_empty() { Ok(()) } else { Err(EngineError::NotReady(found)) }
}

/// Settings as `--set KEY=VALUE` gives them.
pub(super) fn parse_settings(settings: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    settings
        .iter()
        .map(|setting| match setting.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok((key.trim().to_owned(), value.to_owned()))
            }
            _ => bail!("--set `{setting}`: expected KEY=VALUE"),
        })
        .collect()
}

fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn stdout_target(targets: &[Arc<dyn Target>]) -> anyhow::Result<Arc<dyn Target>> {
    let [target] = targets else { bail!("--output -: expected exactly one --connector") };
    let name = target.about().connector;
    let texts = FORMATS.iter().filter(|format| format.is_text()).map(|format| format.name());
    let texts: Vec<&str> = texts.collect();
    let encoder = target.payload().file_encoder().filter(|_| texts.contains(&name));
    let Some(encoder) = encoder else {
        let expected = texts.join(" or ");
        bail!("--output -: connector `{name}` cannot be streamed, expected {expected}");
    };
    Ok(Arc::new(Stdout::new(name, Arc::clone(encoder))))
}

/// What was committed, for the summary.
#[derive(Debug, Default)]
struct Record {
    connectors: Vec<&'static str>,
    /// Files with their batch and the place of their target: lanes tell them in any order.
    files: Vec<(u64, usize, String)>,
    failures: Failures,
    /// Files of earlier runs that stay, by connector.
    beside: Vec<(&'static str, Beside)>,
}

impl Record {
    /// Most files that the summary lists; the number of all is told beside it.
    const MOST_FILES: usize = 1_000;

    fn of(run: &Run) -> Self {
        let connectors = run.targets.iter().map(|target| target.about().connector).collect();
        Self { connectors, ..Self::default() }
    }

    fn note(&mut self, batch: u64, target: usize, committed: &Committed) {
        let own = self.files.iter().filter(|(_, known, _)| *known == target).count();
        let room = Self::MOST_FILES.saturating_sub(own);
        let files = committed.files.iter().take(room);
        self.files.extend(files.map(|file| (batch, target, file.path.clone())));
    }

    /// The first files in order of batch and connector.
    fn files(&self) -> Vec<&str> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_unstable();
        files.iter().take(Self::MOST_FILES).map(|(_, _, path)| path.as_str()).collect()
    }

    /// What the user should know of what was there before.
    fn warnings(&self) -> Problems {
        let mut problems = Problems::default();
        for (connector, beside) in &self.beside {
            problems.push(beside.warning(connector));
        }
        problems
    }
}

/// Takes down what lanes tell.
#[derive(Debug)]
struct Recorder(Mutex<Record>);

impl Recorder {
    fn of(run: &Run) -> Self {
        Self(Mutex::new(Record::of(run)))
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        // Whole whatever a panicking thread did: every change is one addition.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn into_record(self) -> Record {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recorder {
    fn committed(
        &self,
        batch: u64,
        target: usize,
        committed: &Committed,
    ) -> Result<(), ObserverError> {
        self.record().note(batch, target, committed);
        Ok(())
    }

    fn beside(&self, target: usize, beside: &Beside) {
        let mut record = self.record();
        let connector = record.connectors[target];
        record.beside.push((connector, beside.clone()));
    }

    fn failed_rows(&self, _: u64, failures: Failures) {
        self.record().failures.add(failures);
    }

    fn finished(&self, target: usize, committed: &Committed) -> Result<(), ObserverError> {
        self.record().note(u64::MAX, target, committed);
        Ok(())
    }
}

/// Runs `work` with a progress bar on stderr, when that is a terminal.
fn show_progress<T>(run: &Run, control: &Control, quiet: bool, work: impl FnOnce() -> T) -> T {
    if quiet || !io::stderr().is_terminal() {
        return work();
    }
    let rows = run.batch_rows * (run.batches.end - run.batches.start);
    let bar = ProgressBar::with_draw_target(Some(rows), ProgressDrawTarget::stderr());
    let template = "{bar:30} {percent:>3}% {human_pos}/{human_len} rows, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let (done_tx, done_rx) = bounded::<()>(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while done_rx.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout)
            {
                bar.set_position(control.generated_rows());
            }
            bar.finish_and_clear();
        });
        // Moved in, so that the bar ends also when `work` panics.
        let _done = done_tx;
        work()
    })
}

/// Where the rows are, in words; `files` of them became visible.
fn places(run: &Run, files: u64) -> String {
    if run.batches.is_empty() {
        return "0 files".to_owned();
    }
    let places: Vec<_> =
        run.targets.iter().map(|target| target.about().destination.shown.clone()).collect();
    let more = if files > run.targets.len() as u64 { " …" } else { "" };
    format!("{}{more}", places.join(", "))
}

fn report(
    arguments: &Arguments,
    run: &Run,
    control: &Control,
    result: Result<(), EngineError>,
    duration: Duration,
    record: &Record,
    (seed, now): (u64, i64),
) -> anyhow::Result<ExitCode> {
    let rows = control.committed_rows();
    let rows_per_second = (rows as f64 / duration.as_secs_f64().max(1e-6)).round();
    let failed = result.as_ref().err().map(|error| chain(error));
    if arguments.summary == Some(Summary::Json) {
        let failed_rows = record.failures.iter().map(|(field, failed)| {
            json!({
                "field": field,
                "rows": failed.rows,
                "first_row": failed.first_row,
                "message": failed.message,
            })
        });
        let failed_rows: Vec<_> = failed_rows.collect();
        let summary = json!({
            "status": if failed.is_none() { "FINISHED" } else { "FAILED" },
            "comment": failed.clone().unwrap_or_default(),
            "rows": rows,
            "batches": control.committed_batches(),
            "bytes": control.committed_bytes(),
            "files": record.files(),
            "file_count": control.committed_files(),
            "connectors": run.targets.iter().map(|target| target.about().connector).collect::<Vec<_>>(),
            "targets": targets(run, control),
            "seed": seed,
            "now": commands::format_now(now),
            "threads": run.threads,
            "memory_budget": run.memory_bytes,
            "peak_row_bytes": control.held_bytes(),
            "user_code": user_code(&run.plan),
            "failed_rows": failed_rows,
            "warnings": record.warnings().only_warnings().collect::<Vec<_>>(),
            "duration_ms": duration.as_millis() as u64,
            "rows_per_second": rows_per_second,
        });
        answer_json(&summary, false)?;
    }
    match result {
        Ok(()) => {
            if !arguments.quiet {
                tell(&format!(
                    "{rows} rows in {:.3} s ({rows_per_second} rows/s), seed {seed}: {}",
                    duration.as_secs_f64(),
                    escape_controls(&places(run, control.committed_files())),
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            if !arguments.quiet && control.lanes().iter().any(|lane| lane.rows > 0) {
                tell(&acknowledged(run, control));
            }
            Err(anyhow::Error::new(error))
        }
    }
}

/// The files of user code that made the rows.
fn user_code(plan: &Plan) -> Vec<Value> {
    let files = plan.extension_files().iter().map(|file| {
        let version = Some(file.program.version()).filter(|version| !version.is_empty());
        json!({
            "kind": file.kind.type_name(),
            "file": file.name,
            "version": version,
            "sha256": file.digest,
        })
    });
    files.collect()
}

/// What each target has acknowledged.
fn targets(run: &Run, control: &Control) -> Vec<Value> {
    let lanes = control.lanes();
    let lane = |index: usize| lanes.get(index).copied().unwrap_or_default();
    let target = |(index, target): (usize, &Arc<dyn Target>)| {
        json!({
            "connector": target.about().connector,
            "destination": target.about().destination.shown,
            "rows": lane(index).rows,
            "retries": lane(index).retries,
        })
    };
    run.targets.iter().enumerate().map(target).collect()
}

/// What stays of a run that failed, in words.
fn acknowledged(run: &Run, control: &Control) -> String {
    let lane = |(target, lane): (&Arc<dyn Target>, LaneProgress)| {
        format!("{} rows by `{}`", lane.rows, target.about().connector)
    };
    let lanes: Vec<_> = run.targets.iter().zip(control.lanes()).map(lane).collect();
    format!("acknowledged before the failure: {}", lanes.join(", "))
}
