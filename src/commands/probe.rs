//! Where a command's life can be watched, held or broken: the seams that tests step through.

use super::Status;
use crate::home::Clock;

/// A place that a command's life passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Before a change to this status is stored.
    Store(Status),
    /// A batch is sealed, and its receipt is not stored yet.
    StoreReceipt(u64),
    /// The receipt of a sealed batch is stored, and the batch is not published yet.
    Publish(u64),
    /// Before a batch is stored that every connector has now.
    StoreBatch(u64),
    /// Before a failure that the store did not take is noted beside it.
    NoteFailure,
    /// Between `STARTING` and `RUNNING`.
    Prepared,
}

/// Stands at every [`Point`], and tells the time. It may wait, refuse or panic.
pub(super) trait Probe: Clock {
    /// Called at `point`; an error is treated as if the store had refused.
    fn at(&self, _point: Point) -> Result<(), String> {
        Ok(())
    }
}

/// The life outside of tests: nothing interferes.
#[derive(Debug)]
pub(super) struct Undisturbed;

impl Clock for Undisturbed {}

impl Probe for Undisturbed {}
