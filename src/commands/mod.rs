//! Commands: accepted requests to generate, with a UUID and a status, that are never lost.
//!
//! ```text
//!  api / cli ──► Tracker ──► Shared: live commands, queue, timers ──► Store (<home>/datagen.db)
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
//! Which file knows what: `status` legal ways, `schedule` times, `store` the database, `live` who waits
//! and runs, `runner` one run, `scheduler` the timer thread, `tracker` the door. A new kind of state is
//! a column in `store`, a field of [`Command`] and one edit in [`Tracker`].

mod archive;
mod command;
mod counters;
mod error;
mod home;
mod kept;
mod live;
mod models;
mod probe;
mod progress;
mod runner;
mod schedule;
mod scheduler;
mod shares;
mod status;
mod store;
mod tracker;
mod users;

#[cfg(test)]
mod tests;

pub use archive::{Archive, ArchiveError};
pub use command::{Command, ConnectorTotal, Filter, MadeFile, Submission, Transition};
pub use counters::{ConnectorCounter, Counters};
pub use error::{CommandError, OpenError, SubmitError};
pub use home::HomeError;
pub use kept::UserCode;
pub use models::{KeptModel, ModelStoreError, Models, Right, UnknownRight};
pub use progress::{Progress, format_duration};
pub use schedule::{DEFAULT_DELAY_SECONDS, Schedule, ScheduleError};
pub use status::{IllegalTransition, Status, UnknownStatus};
pub use store::RecordError;
pub use tracker::Tracker;
pub use users::{KeptToken, KeptUser, MAX_TOKEN_DAYS, UserError, Users};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A seed for a command that names none: at most 2^48, so that every JSON reader keeps it exact.
pub fn draw_seed() -> u64 {
    Uuid::new_v4().as_u64_pair().0 >> 16
}

/// `now` of a command that names none, to the millisecond: microseconds since 1970-01-01T00:00:00Z.
pub fn current_now() -> i64 {
    Utc::now().timestamp_millis() * 1_000
}

/// Reads `now` as a user gives it: RFC 3339 with offset.
///
/// # Errors
///
/// A sentence: what was found and what is expected.
pub fn parse_now(text: &str) -> Result<i64, String> {
    DateTime::parse_from_rfc3339(text.trim()).map(|now| now.timestamp_micros()).map_err(|_| {
        let text = crate::problems::excerpt(text);
        format!("`{text}` is no point in time, expected RFC 3339 such as 2026-01-31T12:00:00Z")
    })
}

/// `now` as it is shown and kept: RFC 3339 in UTC.
pub fn format_now(now: i64) -> String {
    DateTime::<Utc>::from_timestamp_micros(now).map_or_else(
        || now.to_string(),
        |now| now.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
    )
}
