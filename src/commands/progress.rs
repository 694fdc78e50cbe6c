//! Progress: what a command shows of itself while it runs and after.

use std::time::Duration;

use super::{Command, ConnectorTotal, Status};

/// How far a command is, in numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Progress {
    /// Where it stands.
    pub(crate) status: Status,
    /// Why it failed; empty otherwise.
    pub(crate) comment: String,
    /// Percent of the rows that every connector has acknowledged; 100 exactly when it is finished.
    pub(crate) percent: f64,
    /// Percent of the rows that were made, acknowledged or not; 100 exactly when it is finished.
    pub(crate) generated_percent: f64,
    /// Rows of a run.
    pub(crate) total_rows: u64,
    /// Rows of the run that were made.
    pub(crate) generated_rows: u64,
    /// Rows of the run that every connector has acknowledged.
    pub(crate) committed_rows: u64,
    /// Batches of the run that every connector has acknowledged.
    pub(crate) committed_batches: u64,
    /// Batches of a run.
    pub(crate) batches: u64,
    /// Rows made in a second, since the run began or went on; of the whole run when that is over.
    pub(crate) rows_per_second: f64,
    /// How long it will probably take yet; `None` when nobody can say.
    pub(crate) remaining: Option<Duration>,
    /// From the start of the run to its end or to now.
    pub(crate) duration: Duration,
    /// What each connector has acknowledged over all runs.
    pub(crate) connectors: Vec<ConnectorTotal>,
}

/// Shortest time that a speed is reckoned by, in seconds: durations are stored in milliseconds.
const SHORTEST: f64 = 1e-3;

/// Numbers of a run under way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Live {
    pub(super) generated_rows: u64,
    pub(super) committed_rows: u64,
    pub(super) committed_batches: u64,
    /// Rows that were there when this process began to work on the run.
    pub(super) rows_before: u64,
    /// Time since then.
    pub(super) elapsed: Duration,
}

impl Progress {
    pub(super) fn new(
        command: &Command,
        live: Option<Live>,
        duration: Duration,
        connectors: Vec<ConnectorTotal>,
    ) -> Self {
        let total_rows = command.order.total_rows();
        let committed_batches = command.next_batch.saturating_sub(command.first_batch);
        let committed_rows = committed_batches.saturating_mul(command.order.batch_rows);
        let over = command.status.is_over();
        let stored = Live {
            generated_rows: committed_rows,
            committed_rows,
            committed_batches,
            // Nothing is made while it waits.
            rows_before: if over { 0 } else { committed_rows },
            elapsed: duration,
        };
        let now = live.unwrap_or(stored);
        let made = now.generated_rows.saturating_sub(now.rows_before);
        let rows_per_second =
            if made == 0 { 0.0 } else { made as f64 / now.elapsed.as_secs_f64().max(SHORTEST) };
        let left = total_rows.saturating_sub(now.generated_rows);
        let remaining = (rows_per_second > 0.0 && !over)
            .then(|| Duration::try_from_secs_f64(left as f64 / rows_per_second).ok())
            .flatten();
        Self {
            status: command.status,
            comment: command.comment.clone(),
            percent: percent(command.status, now.committed_rows, total_rows),
            generated_percent: percent(command.status, now.generated_rows, total_rows),
            total_rows,
            generated_rows: now.generated_rows,
            committed_rows: now.committed_rows,
            committed_batches: now.committed_batches,
            batches: command.order.batches,
            rows_per_second,
            remaining,
            duration,
            connectors,
        }
    }
}

/// 100 means acknowledged, so everything before the end stays below it.
fn percent(status: Status, rows: u64, total: u64) -> f64 {
    const ALMOST: f64 = 99.9;
    if status == Status::Finished {
        return 100.0;
    }
    if total == 0 {
        return 0.0;
    }
    (rows as f64 / total as f64 * 1000.0).floor().min(ALMOST * 10.0) / 10.0
}

/// A duration as the reference writes it: `3ms`, `1000ms`, `1s 1ms`, `4m 19s 752ms`.
///
/// Seconds appear only when more than 1000 ms remain: exactly one second is `1000ms`.
pub(crate) fn format_duration(duration: Duration) -> String {
    use std::fmt::Write as _;

    let mut left = duration.as_millis();
    let mut text = String::new();
    for (milliseconds, letter) in [(3_600_000, 'h'), (60_000, 'm')] {
        if left >= milliseconds {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{}{letter} ", left / milliseconds);
            left %= milliseconds;
        }
    }
    if left > 1_000 {
        let _ = write!(text, "{}s ", left / 1_000);
        left %= 1_000;
    }
    let _ = write!(text, "{left}ms");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_as_in_the_reference() {
        let texts: Vec<_> =
            [0, 3, 1_000, 1_001, 2_000, 60_444, 61_000, 259_752, 3_600_000, 90_061_001]
                .map(|milliseconds| format_duration(Duration::from_millis(milliseconds)))
                .into_iter()
                .collect();
        assert_eq!(
            texts,
            [
                "0ms",
                "3ms",
                "1000ms",
                "1s 1ms",
                "2s 0ms",
                "1m 444ms",
                "1m 1000ms",
                "4m 19s 752ms",
                "1h 0ms",
                "25h 1m 1s 1ms"
            ]
        );
    }

    /// Issue 9, D11.
    #[test]
    fn progress_is_what_is_committed() {
        assert_eq!(percent(Status::Running, 60, 400), 15.0);
        assert_eq!(percent(Status::Running, 0, 400), 0.0, "in one file nothing is, until all is");
    }

    #[test]
    fn only_a_finished_command_shows_one_hundred() {
        assert_eq!(percent(Status::Running, 1_000_000, 1_000_000), 99.9);
        assert_eq!(percent(Status::Running, 333, 1_000), 33.3);
        assert_eq!(percent(Status::Failed, 0, 0), 0.0);
        assert_eq!(percent(Status::Finished, 0, 0), 100.0);
    }
}
