//! Where a command's life can be watched, held or broken: the seams that tests step through.

use std::fmt::Debug;

use chrono::{DateTime, Utc};

use super::Status;

/// A place that a command's life passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Before a change to this status is kept.
    Keep(Status),
    /// Before a committed batch is recorded.
    Record(u64),
    /// Between `STARTING` and `RUNNING`.
    Prepared,
}

/// Stands at every [`Point`]. It may wait, refuse or panic.
pub(super) trait Probe: Debug + Send + Sync {
    /// Called at `point`; an error is treated as if the store had refused.
    fn at(&self, _point: Point) -> Result<(), String> {
        Ok(())
    }

    /// The present.
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The life outside of tests: nothing interferes.
#[derive(Debug)]
pub(super) struct Undisturbed;

impl Probe for Undisturbed {}
