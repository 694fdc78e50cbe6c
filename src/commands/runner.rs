//! Runners: the threads that run commands, one at a time each.
//!
//! `max_running_commands` of them wait at the queue; they wake at once and never poll. A runner makes the
//! plan run, stores what is committed, and decides what an end means: finished, failed, cancelled, or
//! interrupted by the end of the process, which leaves the command as it stands.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::error::CommandError;
use super::live::{Live, Shared, milliseconds};
use super::probe::Point;
use super::{Command, Status};
use crate::delivery::{BESIDE_HINT, Beside, Committed, Destination, Durability, Holder, Target};
use crate::draft::{Prepared, Refusal};
use crate::engine::{self, Control, EngineError, Observer, ObserverError, Run};
use crate::failures::Failures;
use crate::home::{StoreError, StoredBatch, lock};
use crate::problems::{Problem, chain, panic_text};

/// What a cancelled command says.
pub(super) const CANCELLED: &str = "cancelled";

/// Runs commands until the tracker stops.
pub(super) fn work(shared: &Shared) {
    while let Some(live) = shared.take() {
        let began = Instant::now();
        let span = tracing::info_span!("command", id = %live.id);
        span.in_scope(|| run(shared, &live));
        shared.release(&live, began.elapsed());
    }
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error(
        "connector `{connector}` would go on at `{present}`, but what it committed before is at `{past}`"
    )]
    Moved { connector: String, past: String, present: String },
    #[error("the model is no longer in the command store")]
    NoModel,
    #[error("internal error: {message}")]
    Panicked { message: String },
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Command(error.into())
    }
}

fn run(shared: &Shared, live: &Arc<Live>) {
    let began = Instant::now();
    let mut pending = Vec::new();
    // A panic fails this command, not the server: other commands share the process.
    let result = catch_unwind(AssertUnwindSafe(|| attempt(shared, live, &mut pending)))
        .unwrap_or_else(|panic| Err(RunError::Panicked { message: panic_text(&*panic) }));
    let connectors = live.command().order.connectors;
    let comment = match result {
        Ok(()) => {
            shared.counting.ended(&connectors, true, began.elapsed());
            return;
        }
        // Whoever wanted something else with it was faster: it is not ours.
        Err(RunError::Command(CommandError::Illegal(_))) => return,
        Err(_) if live.is_cancelled() => CANCELLED.to_owned(),
        Err(RunError::Engine(EngineError::Cancelled)) if shared.is_stopping() => {
            tracing::info!("command is interrupted, it goes on after the next start");
            return;
        }
        Err(error) => chain(&error),
    };
    shared.counting.ended(&connectors, false, began.elapsed());
    shared.fail(live, comment, &pending);
}

/// One run, from `STARTING` to `FINISHED`. On an error `pending` holds what is committed, not stored.
fn attempt(
    shared: &Shared,
    live: &Arc<Live>,
    pending: &mut Vec<StoredBatch>,
) -> Result<(), RunError> {
    let command = shared.change(live, &[], |command| {
        command.status = Status::Starting;
        // A run that goes on after a restart keeps the time at which it began.
        command.started.get_or_insert_with(|| shared.probe.now());
        Ok(())
    })?;
    let prepared = lock(&live.prepared).take();
    let Prepared { plan, targets, .. } = match prepared {
        Some(prepared) => prepared,
        None => {
            let model = shared.store.model(live.id)?.ok_or(RunError::NoModel)?;
            shared.prepare(&command, &model)?
        }
    };
    let destinations = check_destinations(&command, &targets)?;
    let commits: Vec<bool> =
        targets.iter().map(|target| target.about().durability == Durability::Batches).collect();
    // Where one target begins again, all do: the others write the same files once more.
    let first = if commits.iter().all(|commits| *commits) {
        command.next_batch
    } else {
        command.first_batch
    };
    let control = Arc::new(Control::default());
    let batches_before = first - command.first_batch;
    let rows_before = batches_before * command.order.batch_rows;
    control.resume(batches_before, rows_before);
    live.begin(&control, rows_before, &*shared.probe);
    // After `begin`, so that whoever asks now is heard by one of us.
    if live.is_cancelled() || shared.is_stopping() {
        control.cancel();
    }
    shared.pass(Point::Prepared)?;
    let command = shared.change(live, &[], |command| {
        command.status = Status::Running;
        command.destinations = destinations;
        Ok(())
    })?;
    let run = Run {
        plan,
        targets: targets.clone(),
        batch_rows: command.order.batch_rows,
        batches: first..command.end_batch(),
        holder: holder(&command),
        threads: usize::try_from(command.order.threads).unwrap_or(usize::MAX),
        memory_bytes: shared.limits.command_memory_bytes,
        network: shared.network.clone(),
        block_rows: None,
    };
    let mut recorder = Recorder {
        shared,
        live,
        command: &command,
        targets: &targets,
        commits: &commits,
        pending: &mut *pending,
        failures: Failures::default(),
        all_failures: Failures::default(),
    };
    let result = engine::run(&run, &control, &mut recorder);
    let Recorder { failures, all_failures, .. } = recorder;
    for (field, failed) in all_failures.iter() {
        tracing::warn!(
            field,
            rows = failed.rows,
            first = failed.message,
            "user code failed on rows, they are null"
        );
    }
    result?;
    finish(shared, live, pending, &failures)?;
    Ok(())
}

fn finish(
    shared: &Shared,
    live: &Arc<Live>,
    pending: &mut Vec<StoredBatch>,
    failures: &Failures,
) -> Result<(), CommandError> {
    let (finished, took) = live.end_of_run(&*shared.probe);
    shared.change(live, pending, |command| {
        command.status = Status::Finished;
        command.next_batch = command.end_batch();
        command.failures.add(failures.clone());
        command.finished = Some(finished);
        command.run_milliseconds = Some(milliseconds(took));
        command.interruptions = 0;
        command.runs += 1;
        let started = command.started.unwrap_or(finished);
        let schedule = command.order.schedule.as_ref();
        command.next_run = schedule.and_then(|schedule| schedule.next_run(started, finished));
        Ok(())
    })?;
    pending.clear();
    Ok(())
}

/// Who writes the files of `command`, now and after any restart.
pub(super) fn holder(command: &Command) -> Holder {
    Holder { id: command.id.simple().to_string(), shown: format!("command {}", command.id) }
}

/// The destinations of this run. What was committed before an interruption must be at the same place.
fn check_destinations(
    command: &Command,
    targets: &[Arc<dyn Target>],
) -> Result<Vec<Destination>, RunError> {
    let destinations: Vec<_> =
        targets.iter().map(|target| target.about().destination.clone()).collect();
    if command.next_batch > command.first_batch {
        for (index, (past, present)) in command.destinations.iter().zip(&destinations).enumerate() {
            if past.identity != present.identity {
                return Err(RunError::Moved {
                    connector: command.order.connectors[index].clone(),
                    past: past.shown.clone(),
                    present: present.shown.clone(),
                });
            }
        }
    }
    Ok(destinations)
}

/// Stores commits. The last batch is held back: it is stored together with the end of the run.
struct Recorder<'a> {
    shared: &'a Shared,
    live: &'a Arc<Live>,
    command: &'a Command,
    targets: &'a [Arc<dyn Target>],
    /// Per target whether it commits batches.
    commits: &'a [bool],
    pending: &'a mut Vec<StoredBatch>,
    /// Of the batches after the stored ones. They are made again where the run goes on there.
    failures: Failures,
    /// Of this run, stored or not.
    all_failures: Failures,
}

impl Recorder<'_> {
    fn note(&mut self, batch: u64, position: usize, committed: &Committed) {
        self.shared.counting.committed(&self.command.order.connectors[position], committed);
        self.pending.push(StoredBatch { batch, position, committed: committed.clone() });
    }
}

impl Observer for Recorder<'_> {
    fn committed(
        &mut self,
        batch: u64,
        target: usize,
        committed: &Committed,
    ) -> Result<(), ObserverError> {
        self.note(batch, target, committed);
        let is_last_target = self.commits[target + 1..].iter().all(|commits| !commits);
        if !is_last_target || batch + 1 == self.command.end_batch() {
            return Ok(());
        }
        let all = self.commits.iter().all(|commits| *commits);
        // Where the run would begin again, so would the counting.
        let (next, failures) = if all {
            (batch + 1, mem::take(&mut self.failures))
        } else {
            (self.command.first_batch, Failures::default())
        };
        self.shared
            .pass(Point::StoreBatch(batch))
            .and_then(|()| self.shared.store_batches(self.live, next, self.pending, &failures))?;
        self.pending.clear();
        Ok(())
    }

    fn failed_rows(&mut self, _: u64, failures: Failures) {
        self.failures.add(failures.clone());
        self.all_failures.add(failures);
    }

    fn beside(&mut self, target: usize, beside: &Beside) {
        let pointer = format!("connectors/{}", self.targets[target].about().connector);
        let warning =
            Problem::warning("files_beside", pointer, beside.to_string()).hint(BESIDE_HINT);
        tracing::warn!(message = %warning);
        if let Err(error) = self.shared.store.replace_warning(self.command.id, &warning) {
            tracing::warn!(error = chain(&error), "a warning of a command is not stored");
        }
    }

    fn finished(&mut self, target: usize, committed: &Committed) -> Result<(), ObserverError> {
        if !self.commits[target] && !committed.files.is_empty() {
            self.note(self.command.end_batch() - 1, target, committed);
        }
        Ok(())
    }
}
