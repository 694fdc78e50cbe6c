//! What becomes of batches, stored as lanes tell it.
//!
//! A receipt is stored before its batch is published, a batch after. Each connector has its own place to go on
//! at; the command's is the first batch that not every connector has.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use super::Command;
use super::live::{Live, Shared};
use super::probe::Point;
use crate::delivery::{Beside, Committed, Durability, Receipt, Target};
use crate::engine::{Observer, ObserverError, Resume};
use crate::failures::Failures;
use crate::home::{StoredBatch, lock};
use crate::problems::chain;

/// Stores what lanes tell. The very last batch is held back: it is stored together with the end of the run.
pub(super) struct Recorder<'a> {
    shared: &'a Shared,
    live: &'a Arc<Live>,
    command: &'a Command,
    targets: &'a [Arc<dyn Target>],
    noted: Mutex<Noted>,
}

/// What a recorder has heard.
pub(super) struct Noted {
    /// Per target the first batch that it has not.
    next: Vec<u64>,
    /// Committed, not stored.
    pub(super) pending: Vec<StoredBatch>,
    /// Rows that failed, of batches that not every target has. They are made again where the run goes on there.
    failures: BTreeMap<u64, Failures>,
    /// Rows that failed in this run, stored or not.
    pub(super) all_failures: Failures,
}

impl Noted {
    /// Takes the failures of the batches before `next`.
    pub(super) fn failures_before(&mut self, next: u64) -> Failures {
        let later = self.failures.split_off(&next);
        let mut failures = Failures::default();
        for failed in mem::replace(&mut self.failures, later).into_values() {
            failures.add(failed);
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
        resumes: &[Resume],
    ) -> Self {
        let next = resumes.iter().map(|resume| resume.next_batch).collect();
        let (pending, failures) = (Vec::new(), BTreeMap::new());
        let noted = Noted { next, pending, failures, all_failures: Failures::default() };
        Self { shared, live, command, targets, noted: Mutex::new(noted) }
    }

    pub(super) fn into_noted(self) -> Noted {
        self.noted.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The target has all batches up to `batch`, and `committed` is what came with that one.
    fn note(&self, batch: u64, target: usize, committed: &Committed) -> Result<(), ObserverError> {
        self.shared.counting.committed(&self.command.order.connectors[target], committed);
        let mut noted = lock(&self.noted);
        let before = noted.next.iter().copied().min().unwrap_or(0);
        let stored = StoredBatch { batch, position: target, committed: committed.clone() };
        noted.pending.push(stored);
        if let Some(next) = noted.next.get_mut(target) {
            *next = batch + 1;
        }
        let next = noted.next.iter().copied().min().unwrap_or(0);
        if next >= self.command.end_batch() {
            return Ok(());
        }
        let failures = noted.failures_before(next);
        if next > before {
            self.shared.pass(Point::StoreBatch(batch))?;
        }
        self.shared.store_batches(self.live, next, &noted.pending, &failures)?;
        noted.pending.clear();
        Ok(())
    }
}

impl Observer for Recorder<'_> {
    fn sealed(&self, batch: u64, target: usize, receipt: &Receipt) -> Result<bool, ObserverError> {
        self.shared.pass(Point::StoreReceipt(batch))?;
        self.shared.store_receipt(self.live, self.command, (batch, target), receipt)?;
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
