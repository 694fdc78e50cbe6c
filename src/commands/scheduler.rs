//! The timer: one thread that does what is due.
//!
//! It starts the runs of schedules, forgets old commands once a day, flushes the store a moment after
//! something was written, stores failures that the store did not take before, and looks whether the home is
//! still there. It sleeps until the next of these, or until somebody wakes it.
//!
//! **Clocks.** The times of schedules are those of the clock of the wall, which people and machines set. The
//! timer watches it beside a clock that only goes on. After a leap, delays count on as if nothing had
//! happened, and times of cron expressions are reckoned anew where the clock was set back.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::error::CommandError;
use super::live::Shared;
use super::{Schedule, Status};
use crate::home::{forget_from, lock};
use crate::problems::chain;

/// Longest sleep: the clock of the wall may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

/// How long a change may wait for being flushed; nothing that cannot be made again waits.
const FLUSH_AFTER: Duration = Duration::from_secs(1);

/// How long a run waits when the store refused to begin it, and a failure that it did not take.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

const FORGET_EVERY: Duration = Duration::from_secs(86_400);

/// By how much the clocks may differ without one of them having been set: NTP slews, and reading takes time.
const LEAP: TimeDelta = TimeDelta::seconds(2);

/// When the timer does what it does without being asked, by the steady clock.
#[derive(Debug)]
struct Agenda {
    forget: Duration,
    flush: Option<Duration>,
    failures: Option<Duration>,
    home: Duration,
    /// Both clocks at the last look.
    seen: (DateTime<Utc>, Duration),
    home_is_lost: bool,
}

/// Does what is due until the tracker stops.
pub(super) fn keep_time(shared: &Shared) {
    let seen = shared.probe.both();
    let steady = seen.1;
    let mut agenda = Agenda {
        forget: steady,
        flush: None,
        failures: None,
        home: steady,
        seen,
        home_is_lost: false,
    };
    while !shared.is_stopping() {
        let now = agenda.work(shared);
        if let Some(id) = next_due(shared, now) {
            begin(shared, id);
            continue;
        }
        agenda.sleep(shared);
    }
}

impl Agenda {
    /// Does what is due but runs, and answers what the clock of the wall showed: runs are due by that
    /// look, for one after it may follow a leap that nobody has heeded.
    fn work(&mut self, shared: &Shared) -> DateTime<Utc> {
        let (now, steady) = shared.probe.both();
        let passed = TimeDelta::from_std(steady.saturating_sub(self.seen.1)).unwrap_or_default();
        let leap = (now - self.seen.0) - passed;
        self.seen = (now, steady);
        if leap.abs() >= LEAP {
            after_leap(shared, now, leap);
        }
        if steady >= self.forget {
            forget(shared);
            self.forget = steady + FORGET_EVERY;
        }
        if self.flush.is_some_and(|time| steady >= time) {
            self.flush = None;
            shared.unsynced.store(false, Ordering::SeqCst);
            if let Err(error) = shared.store.sync() {
                tracing::error!(error = chain(&error), "command store cannot be flushed");
            }
        }
        if self.failures.is_some_and(|time| steady >= time) {
            self.failures = None;
            shared.store_failures();
        }
        if steady >= self.home {
            self.look_at_home(shared);
            self.home = steady + LONGEST_SLEEP;
        }
        now
    }

    fn look_at_home(&mut self, shared: &Shared) {
        let lost = shared.check_home();
        if let Err(error) = &lost
            && !self.home_is_lost
        {
            tracing::error!(error = chain(error), "the home is lost, no command is accepted");
        }
        self.home_is_lost = lost.is_err();
    }

    /// Sleeps until something is due or has changed.
    fn sleep(&mut self, shared: &Shared) {
        let state = lock(&shared.state);
        let (now, steady) = shared.probe.both();
        let due = state.timers.first().map(|(due, _)| (*due - now).to_std().unwrap_or_default());
        if shared.is_stopping() || due == Some(Duration::ZERO) {
            return;
        }
        if self.flush.is_none() && shared.unsynced.load(Ordering::SeqCst) {
            self.flush = Some(steady + FLUSH_AFTER);
        }
        if self.failures.is_none() && shared.has_unstored_failures() {
            self.failures = Some(steady + TRY_AGAIN_AFTER);
        }
        let until = |time: Duration| time.saturating_sub(steady);
        let length =
            [due, self.flush.map(until), self.failures.map(until), Some(until(self.forget))]
                .into_iter()
                .flatten()
                .fold(LONGEST_SLEEP, Duration::min);
        let woken =
            shared.timer.wait_timeout(state, length).unwrap_or_else(PoisonError::into_inner);
        drop(woken);
    }
}

/// Takes the first run that is due at `now` from the list.
fn next_due(shared: &Shared, now: DateTime<Utc>) -> Option<Uuid> {
    let mut state = lock(&shared.state);
    let first = state.timers.first().copied().filter(|(due, _)| *due <= now)?;
    state.timers.remove(&first);
    Some(first.1)
}

/// Queues the run of `id`.
fn begin(shared: &Shared, id: Uuid) {
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
        Ok(_) => shared.enqueue(&live),
        Err(CommandError::Record(error)) => {
            tracing::warn!(%id, error = chain(&error), "run is put off");
            let again = shared.probe.now() + TRY_AGAIN_AFTER;
            lock(&shared.state).timers.insert((again, id));
        }
        // Removed or held meanwhile.
        Err(_) => {}
    }
}

/// The clock of the wall was set, by `leap`: waiting schedules get their times by the new one.
fn after_leap(shared: &Shared, now: DateTime<Utc>, leap: TimeDelta) {
    tracing::warn!(seconds = leap.num_seconds(), "the clock was set");
    // All of them, not only those in the list of timers: a run that has just ended is shown before it is listed.
    let commands: Vec<_> = lock(&shared.state).live.values().map(Arc::clone).collect();
    for live in commands {
        let moved = shared.change(&live, &[], |command| {
            let (Some(next), Some(schedule)) = (command.next_run, &command.order.schedule) else {
                return Err(CommandError::NotScheduled { id: live.id });
            };
            let next = match schedule {
                // It counts seconds, whatever the clock shows.
                Schedule::Delay { .. } => next.checked_add_signed(leap).unwrap_or(next),
                Schedule::Cron { .. } => next,
            };
            command.next_run = Some(schedule.not_later(next, now));
            Ok(())
        });
        if let Err(CommandError::Record(error)) = moved {
            tracing::warn!(id = %live.id, error = chain(&error), "schedule waits for its old time");
        }
    }
}

/// Forgets what is older than the retention.
pub(super) fn forget(shared: &Shared) {
    let latest = match shared.store.latest_step() {
        Ok(latest) => latest,
        Err(error) => {
            tracing::warn!(error = chain(&error), "old commands cannot be forgotten");
            return;
        }
    };
    let Some(before) = forget_from(shared.probe.now(), latest, shared.limits.retention) else {
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
