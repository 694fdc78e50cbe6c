//! What others may see of a run, and how they stop it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::delivery::Committed;
use crate::remote::Cancel;

/// Progress and the cancel flag of one run: shared with whoever watches it.
///
/// The numbers are for showing; none of them decides anything.
#[derive(Debug, Default)]
pub struct Control {
    cancel: Cancel,
    generated_rows: AtomicU64,
    committed_rows: AtomicU64,
    committed_batches: AtomicU64,
    committed_bytes: AtomicU64,
    committed_files: AtomicU64,
    held_bytes: AtomicU64,
}

impl Control {
    /// Asks the run to stop: it ends after the blocks under way.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// The token that whoever waits hears.
    pub fn token(&self) -> &Cancel {
        &self.cancel
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Rows made so far; each counts once, whatever the number of targets.
    pub fn generated_rows(&self) -> u64 {
        self.generated_rows.load(Ordering::Relaxed)
    }

    /// Rows of the batches that every target has committed; each counts once.
    pub fn committed_rows(&self) -> u64 {
        self.committed_rows.load(Ordering::Relaxed)
    }

    /// Batches that every target has committed.
    pub fn committed_batches(&self) -> u64 {
        self.committed_batches.load(Ordering::Relaxed)
    }

    /// Bytes acknowledged by all targets together.
    pub fn committed_bytes(&self) -> u64 {
        self.committed_bytes.load(Ordering::Relaxed)
    }

    /// Files that became visible.
    pub fn committed_files(&self) -> u64 {
        self.committed_files.load(Ordering::Relaxed)
    }

    /// Counts batches that an earlier run of the same command committed.
    pub fn resume(&self, batches: u64, rows: u64) {
        self.committed_batches.fetch_add(batches, Ordering::Relaxed);
        self.committed_rows.fetch_add(rows, Ordering::Relaxed);
        self.generated_rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// The most that rows under way took of the run's memory, known when all are made.
    pub fn held_bytes(&self) -> u64 {
        self.held_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn held(&self, bytes: u64) {
        self.held_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn generated(&self, rows: u64) {
        self.generated_rows.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn batches_committed(&self, batches: u64, rows: u64) {
        self.committed_batches.fetch_add(batches, Ordering::Relaxed);
        self.committed_rows.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn committed(&self, committed: &Committed) {
        self.committed_bytes.fetch_add(committed.bytes, Ordering::Relaxed);
        self.committed_files.fetch_add(committed.files.len() as u64, Ordering::Relaxed);
    }
}
