//! Runners: the threads that run commands, one at a time each.
//!
//! `max_running_commands` of them wait at the queue; they wake at once and never poll. A runner makes the
//! plan run, stores what is committed, and decides what an end means: finished, failed, cancelled, or
//! interrupted by the end of the process, which leaves the command as it stands.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::error::CommandError;
use super::live::{Live, Shared, milliseconds};
use super::probe::Point;
use super::recorder::{Recorder, Unstored};
use super::resume::{give_up_sealed, remembered, resumes};
use super::{Command, Status};
use crate::delivery::{Destination, Holder, Target};
use crate::draft::{Prepared, Refusal};
use crate::engine::{self, Control, EngineError, Run};
use crate::home::{StoreError, lock};
use crate::problems::{chain, panic_text};

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
    let mut unstored = Unstored::default();
    // A panic fails this command, not the server: other commands share the process.
    let result = catch_unwind(AssertUnwindSafe(|| attempt(shared, live, &mut unstored)))
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
    shared.fail(live, comment, &unstored);
    give_up_sealed(shared, &live.command());
}

/// One run, from `STARTING` to `FINISHED`. On an error `unstored` holds what is committed, not stored.
fn attempt(shared: &Shared, live: &Arc<Live>, unstored: &mut Unstored) -> Result<(), RunError> {
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
    let remembered = remembered(shared, &command)?;
    let control = Arc::new(Control::default());
    let batches_before = command.next_batch.saturating_sub(command.first_batch);
    let rows_before = batches_before * command.order.batch_rows;
    control.resume(batches_before, rows_before);
    live.begin(&control, rows_before, &*shared.probe);
    // After `begin`, so that whoever asks now is heard by one of us.
    if live.is_cancelled() || shared.is_stopping() {
        control.cancel();
    }
    look(shared, &targets, &control)?;
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
        batches: command.first_batch..command.end_batch(),
        resumes: resumes(&remembered),
        holder: holder(&command),
        threads: usize::try_from(command.order.threads).unwrap_or(usize::MAX),
        memory_bytes: shared.limits.command_memory_bytes,
        network: shared.network.clone(),
        block_rows: None,
    };
    let recorder = Recorder::new(shared, live, &command, &targets, &remembered);
    let result = engine::run(&run, &control, &recorder);
    store_retries(shared, &command, &control);
    *unstored = recorder.end(result.is_ok());
    result?;
    finish(shared, live, unstored)?;
    retire(shared, &command, &targets);
    Ok(())
}

/// What targets keep at their places to go on by goes, once it is on the disk that nothing has to go on.
fn retire(shared: &Shared, command: &Command, targets: &[Arc<dyn Target>]) {
    if !targets.iter().any(|target| target.keeps_position()) {
        return;
    }
    match shared.store.sync() {
        Ok(()) => engine::retire(targets, &holder(command), &shared.network),
        Err(error) => {
            tracing::warn!(id = %command.id, error = chain(&error), "positions stay behind");
        }
    }
}

/// Refuses targets that will not take the rows, before the first one is made. One that does not answer is waited for
/// when it is opened: it may be about to start.
fn look(
    shared: &Shared,
    targets: &[Arc<dyn Target>],
    control: &Control,
) -> Result<(), EngineError> {
    let mut found = engine::probe(targets, &shared.network, control.token());
    if control.is_cancelled() {
        return Err(EngineError::Cancelled);
    }
    found.retain(|not_ready| !not_ready.failure.kind().is_transient());
    if found.is_empty() { Ok(()) } else { Err(EngineError::NotReady(found)) }
}

/// Adds what was repeated in this run to what the command shows. It is for showing: the run does not fail by it.
fn store_retries(shared: &Shared, command: &Command, control: &Control) {
    let retries: Vec<u64> = control.lanes().iter().map(|lane| lane.retries).collect();
    if retries.iter().all(|retries| *retries == 0) {
        return;
    }
    for (connector, retries) in command.order.connectors.iter().zip(&retries) {
        shared.counting.repeated(connector, *retries);
    }
    if let Err(error) = shared.store.add_retries(command, &retries) {
        tracing::warn!(id = %command.id, error = chain(&error), "retries are not stored");
    }
}

fn finish(shared: &Shared, live: &Arc<Live>, unstored: &mut Unstored) -> Result<(), CommandError> {
    let (finished, took) = live.end_of_run(&*shared.probe);
    shared.change(live, &unstored.batches, |command| {
        command.status = Status::Finished;
        command.next_batch = command.end_batch();
        command.failures.add(unstored.failures.clone());
        command.finished = Some(finished);
        command.run_milliseconds = Some(milliseconds(took));
        command.interruptions = 0;
        command.runs += 1;
        let started = command.started.unwrap_or(finished);
        let schedule = command.order.schedule.as_ref();
        command.next_run = schedule.and_then(|schedule| schedule.next_run(started, finished));
        Ok(())
    })?;
    *unstored = Unstored::default();
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
