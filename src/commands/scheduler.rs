//! The timer: one thread that does what is due.
//!
//! It starts the runs of schedules, forgets old commands once a day, and flushes the store a moment
//! after something was written. It sleeps until the next of these, or until somebody wakes it.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Status;
use super::error::CommandError;
use super::live::{Shared, lock};
use crate::problems::chain;

/// Longest sleep: the clock of the wall may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// How long a change may wait for being flushed; nothing that cannot be made again waits.
const FLUSH_AFTER: Duration = Duration::from_secs(1);

/// How long a run waits when the store refused to begin it.
const TRY_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(1);

const FORGET_EVERY: Duration = Duration::from_secs(86_400);

/// Does what is due until the tracker stops.
pub(super) fn keep_time(shared: &Shared) {
    let mut forget_at = Instant::now();
    let mut flush_at: Option<Instant> = None;
    while !shared.is_stopping() {
        if Instant::now() >= forget_at {
            forget(shared);
            forget_at = Instant::now() + FORGET_EVERY;
        }
        if flush_at.is_some_and(|time| Instant::now() >= time) {
            flush_at = None;
            shared.unsynced.store(false, Ordering::SeqCst);
            if let Err(error) = shared.store.sync() {
                tracing::error!(error = chain(&error), "command store cannot be flushed");
            }
        }
        if let Some((due, id)) = next_due(shared) {
            begin(shared, id, due);
            continue;
        }
        flush_at = sleep(shared, flush_at, forget_at);
    }
}

/// Takes the first run that is due from the list.
fn next_due(shared: &Shared) -> Option<(DateTime<Utc>, Uuid)> {
    let now = shared.probe.now();
    let mut state = lock(&shared.state);
    let first = state.timers.first().copied().filter(|(due, _)| *due <= now)?;
    state.timers.remove(&first);
    Some(first)
}

/// Sleeps until something is due or has changed; returns when the store is to be flushed.
fn sleep(shared: &Shared, flush_at: Option<Instant>, forget_at: Instant) -> Option<Instant> {
    let state = lock(&shared.state);
    let now = shared.probe.now();
    let due = state.timers.first().map(|(due, _)| (*due - now).to_std().unwrap_or_default());
    if shared.is_stopping() || due == Some(Duration::ZERO) {
        return flush_at;
    }
    let flush_at = flush_at
        .or_else(|| shared.unsynced.load(Ordering::SeqCst).then(|| Instant::now() + FLUSH_AFTER));
    let until = |time: Instant| time.saturating_duration_since(Instant::now());
    let length = [due, flush_at.map(until), Some(until(forget_at))]
        .into_iter()
        .flatten()
        .fold(LONGEST_SLEEP, Duration::min);
    let woken = shared.timer.wait_timeout(state, length).unwrap_or_else(PoisonError::into_inner);
    drop(woken);
    flush_at
}

/// Queues the run of `id` that was due at `due`.
fn begin(shared: &Shared, id: Uuid, due: DateTime<Utc>) {
    let Some(live) = shared.find(id) else { return };
    let begun = shared.change(&live, &[], |command| {
        if !command.waits_for_time() {
            return Err(CommandError::NotScheduled { id });
        }
        command.next_run = None;
        if command.status == Status::Finished {
            command.status = Status::Queued;
            command.first_batch = command.next_batch;
            command.started = None;
        }
        Ok(())
    });
    match begun {
        Ok(_) => {
            live.set_due(due);
            shared.enqueue(&live);
        }
        Err(CommandError::Record(error)) => {
            tracing::warn!(%id, error = chain(&error), "run is put off");
            let again = shared.probe.now() + TRY_AGAIN_AFTER;
            lock(&shared.state).timers.insert((again, id));
        }
        // Removed or held meanwhile.
        Err(_) => {}
    }
}

/// Forgets what is older than the retention.
fn forget(shared: &Shared) {
    let Some(before) = shared.probe.now().checked_sub_signed(shared.limits.retention) else {
        return;
    };
    loop {
        match shared.store.forget_before(before) {
            Ok(0) => return,
            Ok(commands) => tracing::info!(commands, "old commands are forgotten"),
            Err(error) => {
                tracing::warn!(error = chain(&error), "old commands cannot be forgotten");
                return;
            }
        }
        if shared.is_stopping() {
            return;
        }
    }
}
