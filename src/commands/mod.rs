//! Commands: accepted requests to generate, with a UUID and a status.

mod prepare;
mod preview;

pub use prepare::{MAX_ROWS, Prepared, Refusal, Request, Surroundings, prepare};
pub use preview::{MAX_PREVIEW_ROWS, PreviewError, preview};

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
