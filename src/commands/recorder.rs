//! What becomes of batches, stored as lanes tell it.
//!
//! A receipt is stored before its batch is published, a batch after. Each connector has its own place to go on
//! at; the command's is the first batch that not every connector has.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Command;
use super::live::{Live, Shared};
use super::probe::Point;
use crate::delivery::{Beside, Committed, Durability, Receipt, Target};
use crate::engine::{Observer, ObserverError};
use crate::failures::Failures;
use crate::home::{Remembered, SealedBatch, StoredBatch, lock};
use crate::problems::chain;

/// Stores what lanes tell. The very last batch is held back: it is stored together with the end of the run.
pub(super) struct Recorder<'a> {
    shared: &'a Shared,
    live: &'a Arc<Live>,
    command: &'a Command,
    targets: &'a [Arc<dyn Target>],
    noted: Mutex<Noted>,
}

/// What is committed and not stored.
#[derive(Debug, Default)]
pub(super) struct Unstored {
    pub(super) batches: Vec<StoredBatch>,
    /// Rows that failed, of batches that every target has now.
    pub(super) failures: Failures,
}

/// What a recorder has heard.
struct Noted {
    /// Per target the first batch that it has not.
    next: Vec<u64>,
    /// Committed, not stored.
    pending: Vec<StoredBatch>,
    /// Rows that failed, of batches that not every target has. After an interruption, batches that are sealed
    /// bring theirs along, and others are made again.
    failures: BTreeMap<u64, Failures>,
    /// Rows that failed in this run, stored or not.
    all_failures: Failures,
}

impl Noted {
    /// The first batch that not every target has.
    fn next(&self) -> u64 {
        self.next.iter().copied().min().unwrap_or(0)
    }

    /// The failures of the batches before `next` that are not stored.
    fn failures_before(&self, next: u64) -> Failures {
        let mut failures = Failures::default();
        for failed in self.failures.range(..next).map(|(_, failed)| failed) {
            failures.add(failed.clone());
        }
        failures
    }
}

impl<'a> Recorder<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        live: &'a Arc<Live>,
        command: &'a Command,
        targets: &'a [Arc<dyn Target>],
        remembered: &[Remembered],
    ) -> Self {
        let next = remembered.iter().map(|own| own.next_batch).collect();
        // Where a batch is made again after all, the same rows fail.
        let sealed = remembered.iter().flat_map(|own| &own.sealed);
        let failures = sealed.map(|sealed| (sealed.batch, sealed.failures.clone())).collect();
        let all_failures = Failures::default();
        let noted = Noted { next, pending: Vec::new(), failures, all_failures };
        Self { shared, live, command, targets, noted: Mutex::new(noted) }
    }

    /// Ends a run, and tells what it leaves to be stored: when it `succeeded`, all targets have all batches.
    pub(super) fn end(self, succeeded: bool) -> Unstored {
        let noted = self.noted.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (field, failed) in noted.all_failures.iter() {
            tracing::warn!(
                field,
                rows = failed.rows,
                first = failed.message,
                "user code failed on rows, they are null"
            );
        }
        let next = if succeeded { u64::MAX } else { noted.next() };
        Unstored { failures: noted.failures_before(next), batches: noted.pending }
    }

    /// The target has all batches up to `batch`, and `committed` is what came with that one.
    fn note(&self, batch: u64, target: usize, committed: &Committed) -> Result<(), ObserverError> {
        self.shared.counting.committed(&self.command.order.connectors[target], committed);
        let mut noted = lock(&self.noted);
        let before = noted.next();
        let stored = StoredBatch { batch, position: target, committed: committed.clone() };
        noted.pending.push(stored);
        if let Some(next) = noted.next.get_mut(target) {
            *next = batch + 1;
        }
        let next = noted.next();
        if next >= self.command.end_batch() {
            return Ok(());
        }
        let failures = noted.failures_before(next);
        if next > before {
            self.shared.pass(Point::StoreBatch(batch))?;
        }
        self.shared.store_batches(self.live, next, &noted.pending, &failures)?;
        // What the store did not take stays here, for the end of the run.
        noted.pending.clear();
        noted.failures = noted.failures.split_off(&next);
        Ok(())
    }
}

impl Observer for Recorder<'_> {
    fn sealed(&self, batch: u64, target: usize, receipt: &Receipt) -> Result<bool, ObserverError> {
        self.shared.pass(Point::StoreReceipt(batch))?;
        let failures = lock(&self.noted).failures.get(&batch).cloned().unwrap_or_default();
        let sealed = SealedBatch { batch, receipt: receipt.clone(), failures };
        self.shared.store_receipt(self.live, self.command, target, &sealed)?;
        self.shared.pass(Point::Publish(batch))?;
        Ok(true)
    }

    fn committed(
        &self,
        batch: u64,
        target: usize,
        committed: &Committed,
    ) -> Result<(), ObserverError> {
        self.note(batch, target, committed)
    }

    fn failed_rows(&self, batch: u64, failures: Failures) {
        let mut noted = lock(&self.noted);
        noted.all_failures.add(failures.clone());
        noted.failures.insert(batch, failures);
    }

    fn beside(&self, target: usize, beside: &Beside) {
        let warning = beside.warning(self.targets[target].about().connector);
        tracing::warn!(message = %warning);
        if let Err(error) = self.shared.store.replace_warning(self.command.id, &warning) {
            tracing::warn!(error = chain(&error), "a warning of a command is not stored");
        }
    }

    fn finished(&self, target: usize, committed: &Committed) -> Result<(), ObserverError> {
        let is_of_run = self.targets[target].about().durability == Durability::Run;
        if is_of_run && !committed.files.is_empty() {
            self.note(self.command.end_batch() - 1, target, committed)?;
        }
        Ok(())
    }
}
