//! Changes: the one way in which a command changes, and what becomes of those that the store does not take.
//!
//! A change is checked, stored, then shown. A run waits as long as another program holds the database. A
//! failure that the store does not take is shown all the same, noted beside the database, and stored as soon
//! as that goes: what was told as failed does not go on by itself.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::CommandError;
use super::live::{Live, Shared, milliseconds};
use super::probe::Point;
use super::recorder::Unstored;
use super::{Command, ConnectorTotal, Status};
use crate::failures::Failures;
use crate::home::{SealedBatch, StoreError, StoredBatch, lock};
use crate::problems::chain;

impl Shared {
    /// Changes a command by `edit`: checks that it may go where it then stands, stores it with
    /// `batches`, shows it.
    pub(super) fn change(
        &self,
        live: &Arc<Live>,
        batches: &[StoredBatch],
        edit: impl FnOnce(&mut Command) -> Result<(), CommandError>,
    ) -> Result<Command, CommandError> {
        let changing = lock(&live.change);
        let before = live.command();
        let mut after = before.clone();
        edit(&mut after)?;
        let mut time = None;
        if before.status != after.status {
            before.status.to(after.status)?;
            time = Some(self.probe.now());
        }
        let totals = self.patiently(live, || self.store_change(&after, time, batches));
        match totals {
            Ok(totals) => {
                if live.unstored.swap(false, Ordering::SeqCst) {
                    self.forget_failure(live.id);
                }
                live.show(after.clone(), Some(totals));
            }
            // What failed has failed, stored or not: it must not go on by itself.
            Err(error) if after.status == Status::Failed => {
                tracing::error!(id = %live.id, error = chain(&error), "failure is not stored yet");
                live.unstored.store(true, Ordering::SeqCst);
                if let Some(home) = &self.home
                    && self.pass(Point::NoteFailure).is_ok()
                {
                    home.note_failure(live.id, &after.comment);
                }
                lock(&self.unstored).push((Arc::clone(live), batches.to_vec()));
                live.show(after.clone(), None);
                self.wake_timer();
                return Ok(after);
            }
            Err(error) => return Err(error.into()),
        }
        self.settle(live, &after);
        drop(changing);
        self.wake_for_sync();
        if let Some(time) = time {
            tracing::info!(id = %live.id, status = %after.status, comment = after.comment, %time, "command");
        }
        Ok(after)
    }

    fn store_change(
        &self,
        command: &Command,
        step: Option<DateTime<Utc>>,
        batches: &[StoredBatch],
    ) -> Result<Vec<ConnectorTotal>, StoreError> {
        if step.is_some() {
            self.pass(Point::Store(command.status))?;
        }
        self.store.update(command, step, batches, self.probe.now())
    }

    /// Calls `store` until no other program holds the database, where a runner asks: a run that waits loses
    /// nothing. Whoever only steers a command is told at once.
    fn patiently<T>(
        &self,
        live: &Live,
        mut store: impl FnMut() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut told = false;
        loop {
            match store() {
                Err(error)
                    if error.is_busy()
                        && self.is_under_way(live.id)
                        && !live.is_cancelled()
                        && !self.is_stopping() =>
                {
                    if !told {
                        tracing::warn!(id = %live.id, error = chain(&error), "command waits");
                        told = true;
                    }
                }
                result => return result,
            }
        }
    }

    /// Stores the failures that the store did not take before; whether there are none left.
    pub(super) fn store_failures(&self) -> bool {
        let waiting = mem::take(&mut *lock(&self.unstored));
        for (live, batches) in waiting {
            let changing = lock(&live.change);
            let command = live.command();
            // It may have been stored meanwhile, by a retry.
            if !live.unstored.load(Ordering::SeqCst) || command.status != Status::Failed {
                continue;
            }
            match self.store_change(&command, command.finished, &batches) {
                Ok(totals) => {
                    live.unstored.store(false, Ordering::SeqCst);
                    live.show(command.clone(), Some(totals));
                    self.forget_failure(live.id);
                    self.settle(&live, &command);
                    drop(changing);
                    self.wake_for_sync();
                    tracing::info!(id = %live.id, "failure is stored");
                }
                Err(_) => lock(&self.unstored).push((Arc::clone(&live), batches)),
            }
        }
        lock(&self.unstored).is_empty()
    }

    pub(super) fn has_unstored_failures(&self) -> bool {
        !lock(&self.unstored).is_empty()
    }

    fn forget_failure(&self, id: Uuid) {
        if let Some(home) = &self.home {
            home.forget_failure(id);
        }
    }

    /// Whether the home still is the one that was opened.
    pub(super) fn check_home(&self) -> Result<(), StoreError> {
        self.home.as_ref().map_or(Ok(()), |home| home.check())
    }

    /// Lets the probe interfere.
    pub(super) fn pass(&self, point: Point) -> Result<(), StoreError> {
        self.probe.at(point).map_err(|reason| StoreError::Database {
            action: "change a command",
            source: reason.into(),
        })
    }

    /// Stores the batches that were committed, with the rows of them that failed; the command goes on at
    /// `next_batch`.
    pub(super) fn store_batches(
        &self,
        live: &Arc<Live>,
        next_batch: u64,
        batches: &[StoredBatch],
        failures: &Failures,
    ) -> Result<(), StoreError> {
        let _changing = lock(&live.change);
        let mut command = live.command();
        if next_batch > command.next_batch {
            // It does get on: whatever ended the process before, it was not this command's doing.
            command.interruptions = 0;
        }
        command.next_batch = next_batch;
        command.failures.add(failures.clone());
        let totals =
            self.patiently(live, || self.store.add_batches(&command, batches, self.probe.now()))?;
        live.show(command, Some(totals));
        self.wake_for_sync();
        Ok(())
    }

    /// Stores a batch that the target at `position` has sealed.
    pub(super) fn store_receipt(
        &self,
        live: &Arc<Live>,
        command: &Command,
        position: usize,
        sealed: &SealedBatch,
    ) -> Result<(), StoreError> {
        self.patiently(live, || self.store.add_receipt(command, position, sealed))
    }

    /// The command fails: it shows `comment`; what was committed stays.
    pub(super) fn fail(&self, live: &Arc<Live>, comment: String, unstored: &Unstored) {
        let (finished, took) = live.end_of_run(&*self.probe);
        let result = self.change(live, &unstored.batches, |command| {
            command.failures.add(unstored.failures.clone());
            command.status = Status::Failed;
            command.comment = comment;
            command.finished = Some(finished);
            command.run_milliseconds = Some(milliseconds(took));
            command.next_run = None;
            Ok(())
        });
        if let Err(error) = result {
            tracing::warn!(id = %live.id, error = chain(&error), "command could not fail");
        }
    }
}
