//! What others may see of a run, and how they stop it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

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
    lanes: OnceLock<Vec<Lane>>,
}

/// Numbers of one target.
#[derive(Debug, Default)]
struct Lane {
    rows: AtomicU64,
    /// Batches of the run that it has.
    batches: AtomicU64,
    retries: Arc<AtomicU64>,
}

/// How far one target of a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LaneProgress {
    /// Rows acknowledged in this run, by this process.
    pub(crate) rows: u64,
    /// Batches of the run that it has.
    pub(crate) batches: u64,
    /// How often requests were repeated.
    pub(crate) retries: u64,
}

impl Control {
    /// Asks the run to stop: it ends after the blocks under way.
    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// The token that whoever waits hears.
    pub(crate) fn token(&self) -> &Cancel {
        &self.cancel
    }

    /// Whether somebody asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Rows made so far; each counts once, whatever the number of targets.
    pub(crate) fn generated_rows(&self) -> u64 {
        self.generated_rows.load(Ordering::Relaxed)
    }

    /// Rows of the batches that every target has committed; each counts once.
    pub(crate) fn committed_rows(&self) -> u64 {
        self.committed_rows.load(Ordering::Relaxed)
    }

    /// Batches that every target has committed.
    pub(crate) fn committed_batches(&self) -> u64 {
        self.committed_batches.load(Ordering::Relaxed)
    }

    /// Bytes acknowledged by all targets together.
    pub(crate) fn committed_bytes(&self) -> u64 {
        self.committed_bytes.load(Ordering::Relaxed)
    }

    /// Files that became visible.
    pub(crate) fn committed_files(&self) -> u64 {
        self.committed_files.load(Ordering::Relaxed)
    }

    /// Counts batches that every target has from earlier processes.
    pub(crate) fn resume(&self, batches: u64, rows: u64) {
        self.committed_batches.fetch_max(batches, Ordering::Relaxed);
        self.committed_rows.fetch_max(rows, Ordering::Relaxed);
        self.generated_rows.fetch_max(rows, Ordering::Relaxed);
    }

    /// The most that rows under way took of the run's memory, known when all are made.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.held_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn held(&self, bytes: u64) {
        self.held_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn generated(&self, rows: u64) {
        self.generated_rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// How far each target of the run is; empty before they are opened.
    pub(crate) fn lanes(&self) -> Vec<LaneProgress> {
        let read = |lane: &Lane| LaneProgress {
            rows: lane.rows.load(Ordering::Relaxed),
            batches: lane.batches.load(Ordering::Relaxed),
            retries: lane.retries.load(Ordering::Relaxed),
        };
        self.lanes.get().map(|lanes| lanes.iter().map(read).collect()).unwrap_or_default()
    }

    pub(super) fn begin(&self, targets: usize) {
        // A control is one run's.
        let _ = self.lanes.set((0..targets).map(|_| Lane::default()).collect());
    }

    pub(super) fn retries(&self, target: usize) -> Arc<AtomicU64> {
        self.lane(target).map(|lane| Arc::clone(&lane.retries)).unwrap_or_default()
    }

    fn lane(&self, target: usize) -> Option<&Lane> {
        self.lanes.get()?.get(target)
    }

    /// The target has `batches` batches of the run, of `batch_rows` rows each.
    pub(super) fn advanced(&self, target: usize, batches: u64, batch_rows: u64) {
        let Some(lane) = self.lane(target) else { return };
        lane.batches.fetch_max(batches, Ordering::Relaxed);
        let lanes = self.lanes.get().into_iter().flatten();
        let all = lanes.map(|lane| lane.batches.load(Ordering::Relaxed)).min().unwrap_or(0);
        self.committed_batches.fetch_max(all, Ordering::Relaxed);
        self.committed_rows.fetch_max(all.saturating_mul(batch_rows), Ordering::Relaxed);
    }

    pub(super) fn committed(&self, target: usize, committed: &Committed) {
        if let Some(lane) = self.lane(target) {
            lane.rows.fetch_add(committed.rows, Ordering::Relaxed);
        }
        self.committed_bytes.fetch_add(committed.bytes, Ordering::Relaxed);
        self.committed_files.fetch_add(committed.files.len() as u64, Ordering::Relaxed);
    }
}
