//! Commands: accepted requests to generate, with a UUID and a status, that are never lost.
//!
//! ```text
//!  api / cli ──► Tracker ──► Shared: live commands, queue, timers ──► home: Store (<home>/datagen.db)
//!                                 ▲              ▲
//!              runner × max_running_commands    timer: schedules, retention, flushes
//!                     └─► engine::run
//! ```
//!
//! **Life.** `QUEUED -> STARTING -> RUNNING -> FINISHED | FAILED` (see [`Status`]); a schedule sends a
//! finished command back to `QUEUED`, [`Tracker::retry`] a failed one.
//!
//! **Resume.** A batch counts when every connector has committed it and the store has it. What was
//! under way when the process ended begins again at the first batch that does not count, with the
//! stored model, seed, `now` and settings, and leftovers removed: the result is that of an undisturbed
//! run. Where a connector writes one file for all batches, the run begins again at its first one. Files
//! that a model reads are read again: whoever changes them meanwhile changes the rows.
//!
//! **Side by side.** Commands with a common destination run one after the other, in order.
//!
//! Which file knows what: `live` who waits and runs, `queue_places` who may wait, `change` how a command changes,
//! `runner` one run, `scheduler` the timer thread, `tracker` the door, `acceptance` what is let in, `recovery`
//! what an earlier process left, `vault` secrets. What a command *is*, its legal ways, its times and its rows in the database
//! stand in [`home`](crate::home).

mod acceptance;
mod archive;
mod change;
mod counters;
mod error;
mod live;
mod owned_outputs;
mod present_code;
mod probe;
mod progress;
mod queue_places;
mod recorder;
mod recovery;
mod resume;
mod runner;
mod scheduler;
mod tracker;
mod vault;

#[cfg(test)]
mod tests;

pub(crate) use acceptance::Checked;
pub(crate) use archive::{Archive, ArchiveError};
pub(crate) use counters::{ConnectorCounter, Counters};
pub(crate) use error::{CommandError, SubmitError};
pub(crate) use progress::{Progress, format_duration};
pub(crate) use tracker::Tracker;

use chrono::{DateTime, Utc};
// What a command is stands where it is stored; to everybody above it is part of this room.
pub(crate) use crate::home::{
    Command, ConnectorTotal, Filter, MadeFile, Order, Part, Schedule, Status, Submission,
    Transition, UnknownStatus, draw_seed,
};

/// `now` of a command that names none, to the millisecond: microseconds since 1970-01-01T00:00:00Z.
pub(crate) fn current_now() -> i64 {
    Utc::now().timestamp_millis() * 1_000
}

/// Reads `now` as a user gives it: RFC 3339 with offset.
///
/// # Errors
///
/// A sentence: what was found and what is expected.
pub(crate) fn parse_now(text: &str) -> Result<i64, String> {
    DateTime::parse_from_rfc3339(text.trim()).map(|now| now.timestamp_micros()).map_err(|_| {
        let text = crate::problems::excerpt(text);
        format!("`{text}` is no point in time, expected RFC 3339 such as 2026-01-31T12:00:00Z")
    })
}

/// `now` as it is shown and kept: RFC 3339 in UTC.
pub(crate) fn format_now(now: i64) -> String {
    DateTime::<Utc>::from_timestamp_micros(now).map_or_else(
        || now.to_string(),
        |now| now.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
    )
}
