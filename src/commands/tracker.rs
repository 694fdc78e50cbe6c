//! The tracker: the one door to commands.
//!
//! Everything above this layer submits, reads and steers commands through a [`Tracker`] and nothing
//! else. Its calls may wait for the disk: an async caller makes them on a thread for blocking work.
//! Numbers of live commands come from memory, everything else from the store.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use uuid::Uuid;

use super::counters::Counters;
use super::error::{CommandError, OpenError};
use super::live::{Limits, Shared, duration};
use super::present_code::PresentCode;
use super::probe::{Probe, Undisturbed};
use super::recovery::recover;
use super::resume::give_up_sealed;
use super::{
    Archive, ArchiveError, Command, Filter, MadeFile, Progress, Status, Transition, runner,
    scheduler,
};
use crate::config::Config;
use crate::draft::{Operator, Surroundings};
use crate::home::{
    self, Clock, ConnectorTotal, Credentials, Home, Models, Part, Sealer, Store, StoreError,
    StoredCode, UserCode, Users, lock,
};
use crate::remote::{Cancel, Io};
use crate::sandbox::Extensions;

/// Commands, from acceptance to oblivion. Clones are the same tracker; the last one that goes stops it.
#[derive(Debug, Clone)]
pub(crate) struct Tracker {
    owner: Arc<Owner>,
}

#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Whether somebody gave up waiting: then nobody waits again.
    abandoned: AtomicBool,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.stop();
        if self.abandoned.load(Ordering::SeqCst) {
            return;
        }
        for thread in lock(&self.threads).drain(..) {
            // A panic of a thread was told when it happened.
            let _ = thread.join();
        }
    }
}

impl Tracker {
    /// Opens the home of `config`, takes up what an earlier process left, and begins to work.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: the home is another process's, or cannot be read.
    pub(crate) fn open(config: &Config) -> Result<Self, OpenError> {
        Self::open_with(config, Arc::new(Undisturbed))
    }

    pub(super) fn open_with(config: &Config, probe: Arc<dyn Probe>) -> Result<Self, OpenError> {
        let home = Home::take(&config.home).map_err(home::OpenError::from)?;
        let store = home.open_store()?;
        // Refused where there were users and there are none now.
        store.has_users()?;
        Self::start(store, Some(home), config, probe)
    }

    fn start(
        store: Store,
        home: Option<Home>,
        config: &Config,
        probe: Arc<dyn Probe>,
    ) -> Result<Self, OpenError> {
        let operator = Arc::new(Operator::new(&config.connectors)?);
        let limits = Limits {
            reach: operator.reach(),
            operator,
            output_root: absolute(&config.server_output_root()),
            read_roots: config.read_roots.clone(),
            max_threads: config.max_threads as u64,
            command_memory_bytes: config.command_memory(),
            max_running: config.max_running_commands.max(1),
            max_queued: config.max_queued_commands.max(1),
            retention: TimeDelta::try_days(config.retention_days.into()).unwrap_or(TimeDelta::MAX),
        };
        let folder = home.as_ref().map(Home::extensions);
        let code = Arc::new(StoredCode::new(folder, config.extension_settings()));
        let library = PresentCode::new(config.extension_settings(), Arc::clone(&code));
        // Where the store does not answer, everything counts as known.
        code.prune(|id| store.get(id).map_or(true, |command| command.is_some()));
        let sealer = match &home {
            Some(_) => Sealer::of_home(&config.home),
            None => Sealer::in_memory(),
        };
        let sealer = sealer.map_err(home::OpenError::from)?;
        store.seal_clear_texts(&sealer)?;
        let runners = limits.max_running;
        let place = (Arc::new(store), home.map(Arc::new), Arc::new(sealer));
        let shared = Arc::new(Shared::new(place, limits, library, code, probe));
        recover(&shared)?;
        let owner = Owner {
            shared: Arc::clone(&shared),
            threads: Mutex::default(),
            abandoned: AtomicBool::new(false),
        };
        let spawn = |name: String, work: fn(&Shared)| {
            let shared = Arc::clone(&shared);
            let thread = thread::Builder::new().name(name).spawn(move || work(&shared));
            thread.map_err(|source| OpenError::Thread { source })
        };
        for number in 0..runners {
            let thread = spawn(format!("runner-{number}"), runner::work)?;
            lock(&owner.threads).push(thread);
        }
        let thread = spawn("timer".to_owned(), scheduler::keep_time)?;
        lock(&owner.threads).push(thread);
        Ok(Self { owner: Arc::new(owner) })
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.owner.shared
    }

    /// The user code that models may name, as its files are now.
    pub(crate) fn extensions(&self) -> Arc<Extensions> {
        self.shared().library.current()
    }

    /// What the operator sets of connectors.
    pub(crate) fn operator(&self) -> &Operator {
        &self.shared().limits.operator
    }

    /// What a model is compiled with that is no command's yet.
    pub(crate) fn surroundings(&self) -> Surroundings {
        self.shared().surroundings(self.extensions())
    }

    /// The present, as orders take it for now: microseconds since 1970-01-01T00:00:00Z, to the millisecond.
    pub(crate) fn now(&self) -> i64 {
        self.shared().probe.now().timestamp_millis() * 1_000
    }

    /// The command `id`.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn get(&self, id: Uuid) -> Result<Option<Command>, StoreError> {
        match self.shared().find(id) {
            Some(live) => Ok(Some(live.command())),
            None => self.shared().store.get(id),
        }
    }

    /// The commands that pass `filter`, the newest first, each with how far it is.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn list(&self, filter: &Filter) -> Result<Vec<(Command, Progress)>, StoreError> {
        let shared = self.shared();
        let now = shared.probe.now();
        let stored = shared.store.list(filter)?;
        let told = |(command, totals): (Command, Vec<ConnectorTotal>)| {
            match shared.find(command.id) {
                // What runs is ahead of what is stored.
                Some(live) => live.look(&*shared.probe),
                None => {
                    let progress = Progress::new(&command, None, duration(&command, now), totals);
                    (command, progress)
                }
            }
        };
        Ok(stored.into_iter().map(told).collect())
    }

    /// Whether commands can be accepted: the home is there and the store answers.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub(crate) fn ready(&self) -> Result<(), StoreError> {
        self.shared().check_home()?;
        self.shared().store.probe()
    }

    /// What was noticed about the command when it was accepted: problems as JSON objects.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn warnings(&self, id: Uuid) -> Result<Vec<serde_json::Value>, StoreError> {
        self.shared().store.warnings(id)
    }

    /// The user code that the command was accepted with, and runs, whatever happens to the files.
    ///
    /// # Errors
    ///
    /// When the list of it cannot be read.
    pub(crate) fn user_code(&self, id: Uuid) -> Result<Vec<UserCode>, CommandError> {
        self.shared().code.files(id).map_err(|source| CommandError::UserCode { source })
    }

    /// The latest steps of the command's life, the oldest of them first, and how many it took.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unknown`], or when the store refuses.
    pub(crate) fn transitions(&self, id: Uuid) -> Result<Part<Transition>, CommandError> {
        self.known(id)?;
        Ok(self.shared().store.transitions(id)?)
    }

    /// The files that the command has made, in order of batch and connector: `limit` of them from the one
    /// numbered `offset` on, and how many are listed. Those of a schedule's runs of long ago are not.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unknown`], or when the store refuses.
    pub(crate) fn files(
        &self,
        id: Uuid,
        limit: u64,
        offset: u64,
    ) -> Result<Part<MadeFile>, CommandError> {
        let command = self.known(id)?;
        Ok(self.shared().store.file_page(&command, limit, offset)?)
    }

    /// The files of `limit` shares of batches from `offset` on, and how many shares there were: a share is
    /// one connector's.
    pub(super) fn page_of_files(
        &self,
        command: &Command,
        limit: u64,
        offset: u64,
    ) -> Result<(Vec<MadeFile>, u64), CommandError> {
        Ok(self.shared().store.files(command, limit, offset)?)
    }

    /// The local files of a finished command as an archive, ready to be written.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]: it is not finished, has no files here, or they are not as it left them.
    pub(crate) fn archive(&self, id: Uuid) -> Result<Archive, ArchiveError> {
        let command = self.known(id)?;
        Archive::open(self.clone(), command, self.shared().limits.output_root.clone())
    }

    fn known(&self, id: Uuid) -> Result<Command, CommandError> {
        self.get(id)?.ok_or(CommandError::Unknown { id })
    }

    /// The command `id` and how far it is, of one moment.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn look(&self, id: Uuid) -> Result<Option<(Command, Progress)>, StoreError> {
        let shared = self.shared();
        if let Some(live) = shared.find(id) {
            return Ok(Some(live.look(&*shared.probe)));
        }
        let Some((command, totals)) = shared.store.get_with_totals(id)? else { return Ok(None) };
        let duration = duration(&command, shared.probe.now());
        let progress = Progress::new(&command, None, duration, totals);
        Ok(Some((command, progress)))
    }

    /// A signal that changes with every step and every committed batch of the command, and ends when
    /// nothing more happens to it by itself. What has changed is told by [`look`](Self::look).
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn subscribe(&self, id: Uuid) -> Result<Option<watch::Receiver<u64>>, StoreError> {
        if let Some(live) = self.shared().find(id) {
            return Ok(Some(live.subscribe()));
        }
        // The sender is gone at once: the end is already there.
        Ok(self.shared().store.get(id)?.map(|_| watch::Sender::new(0).subscribe()))
    }

    /// Those who may log in.
    pub(crate) fn users(&self) -> Users {
        Users::new(Arc::clone(&self.shared().store), self.clock())
    }

    /// The models that are stored under a name.
    pub(crate) fn models(&self) -> Models {
        let shared = self.shared();
        Models::new(Arc::clone(&shared.store), Arc::clone(&shared.sealer), self.clock())
    }

    /// The credentials that are stored under a name.
    pub(crate) fn credentials(&self) -> Credentials {
        let shared = self.shared();
        Credentials::new(Arc::clone(&shared.store), Arc::clone(&shared.sealer), self.clock())
    }

    fn clock(&self) -> Arc<dyn Clock> {
        let probe: Arc<dyn Probe> = Arc::clone(&self.shared().probe);
        probe
    }

    /// What was done since the process started.
    pub(crate) fn counters(&self) -> Counters {
        let mut counters = self.shared().counting.read();
        self.shared().depth(&mut counters);
        counters
    }

    /// Ends a command that waits or runs: it becomes `FAILED` with the comment `cancelled`. Committed
    /// batches stay, nothing partial does. A running one ends after its blocks under way, and says
    /// `cancelling` until then. Between the runs of a schedule, that is what ends.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; among others when the command is over.
    pub(crate) fn cancel(&self, id: Uuid) -> Result<(), CommandError> {
        let shared = self.shared();
        let expected = "QUEUED, STARTING or RUNNING";
        let Some(live) = shared.find(id) else {
            let status = self.known(id)?.status;
            return Err(CommandError::WrongStatus { id, status, expected });
        };
        let was_queued = shared.dequeue(id);
        // A run that has just ended is still the runner's for a moment: it cannot be stopped any more.
        if !was_queued && shared.is_under_way(id) && !live.command().status.is_over() {
            live.cancel();
            return Ok(());
        }
        let command = live.command();
        if command.status == Status::Finished && command.order.schedule.is_some() {
            return self.remove_scheduled(id);
        }
        if was_queued && command.started.is_some() {
            self.remove_leftovers(&command);
        }
        let finished = shared.probe.now();
        shared.change(&live, &[], |command| {
            if command.status != Status::Queued {
                return Err(CommandError::WrongStatus { id, status: command.status, expected });
            }
            command.status = Status::Failed;
            runner::CANCELLED.clone_into(&mut command.comment);
            command.finished = Some(finished);
            command.next_run = None;
            Ok(())
        })?;
        Ok(())
    }

    /// What an interrupted batch of a command left behind goes.
    fn remove_leftovers(&self, command: &Command) {
        let shared = self.shared();
        let Ok(Some(model)) = shared.store.model(command.id) else { return };
        let Ok(prepared) = shared.prepare(command, &model) else { return };
        give_up_sealed(shared, command);
        for target in prepared.targets {
            let io = Io::new(&shared.network, &Cancel::default()).last_words();
            if let Err(error) = target.clean(&runner::holder(command), &io) {
                tracing::warn!(id = %command.id, %error, "leftovers stay behind");
            }
        }
    }

    /// Queues a failed command again: it goes on at its first uncommitted batch.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; among others when the command has not failed.
    pub(crate) fn retry(&self, id: Uuid) -> Result<(), CommandError> {
        let shared = self.shared();
        let expected = "FAILED";
        let command = self.known(id)?;
        if command.status != Status::Failed {
            return Err(CommandError::WrongStatus { id, status: command.status, expected });
        }
        shared.reserve(&command.owner)?;
        let queued = shared.revive(id).and_then(|live| {
            let queued = shared.change(&live, &[], |command| {
                if command.status != Status::Failed {
                    return Err(CommandError::WrongStatus { id, status: command.status, expected });
                }
                command.status = Status::Queued;
                command.comment.clear();
                (command.started, command.finished) = (None, None);
                command.interruptions = 0;
                Ok(())
            });
            if queued.is_err() {
                shared.forget_if_over(&live);
            }
            queued?;
            live.forget_cancel();
            shared.enqueue(&live);
            Ok(())
        });
        shared.unreserve(&command.owner);
        queued?;
        Ok(shared.store.sync()?)
    }

    /// Ends a schedule. A run that waits for its turn or is under way still comes to its end.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub(crate) fn remove_scheduled(&self, id: Uuid) -> Result<(), CommandError> {
        let finished = self.shared().probe.now();
        self.reschedule(id, |command| {
            if command.status == Status::Queued && command.next_run.is_some() {
                command.status = Status::Failed;
                "removed from the schedule before its first run".clone_into(&mut command.comment);
                command.finished = Some(finished);
            }
            command.order.schedule = None;
            command.paused = false;
            command.next_run = None;
            Ok(())
        })
    }

    /// Holds a schedule: no run begins until [`resume_schedule`](Self::resume_schedule).
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub(crate) fn pause(&self, id: Uuid) -> Result<(), CommandError> {
        self.reschedule(id, |command| hold(command, true))
    }

    /// Lets a schedule go on; times that passed meanwhile count as one.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub(crate) fn resume_schedule(&self, id: Uuid) -> Result<(), CommandError> {
        self.reschedule(id, |command| hold(command, false))
    }

    fn reschedule(
        &self,
        id: Uuid,
        edit: impl FnOnce(&mut Command) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let live = self.shared().revive(id)?;
        let changed = self.shared().change(&live, &[], |command| match command.order.schedule {
            Some(_) => edit(command),
            None => Err(CommandError::NotScheduled { id }),
        });
        if changed.is_err() {
            self.shared().forget_if_over(&live);
        }
        changed?;
        Ok(self.shared().store.sync()?)
    }

    #[cfg(test)]
    pub(super) fn is_stopping(&self) -> bool {
        self.shared().is_stopping()
    }

    /// Lets the timer look at the clock, which a test has moved.
    #[cfg(test)]
    pub(super) fn wake_timer(&self) {
        self.shared().wake_timer();
    }

    /// Stores what the store did not take before; whether nothing is left.
    #[cfg(test)]
    pub(super) fn store_failures(&self) -> bool {
        self.shared().store_failures()
    }

    /// Forgets what is old, as the timer does once a day.
    #[cfg(test)]
    pub(super) fn forget_old(&self) {
        scheduler::forget(self.shared());
    }

    /// Stops: no command begins any more, those under way end after their blocks and are left to be
    /// taken up by the next process. Whether all had ended before `deadline`.
    pub(crate) fn shutdown(&self, deadline: Duration) -> bool {
        let shared = self.shared();
        shared.stop();
        let ended = shared.wait_until_idle(deadline);
        if !ended {
            self.owner.abandoned.store(true, Ordering::SeqCst);
        }
        shared.store_failures();
        let noted = shared.store.note_clean_stop();
        if let Err(error) = noted.and_then(|()| shared.store.sync()) {
            tracing::error!(%error, "command store cannot be flushed");
        }
        ended
    }
}

fn hold(command: &mut Command, paused: bool) -> Result<(), CommandError> {
    if command.status == Status::Failed {
        let (id, status) = (command.id, command.status);
        let expected = "a schedule that has not ended; retry takes it up again";
        return Err(CommandError::WrongStatus { id, status, expected });
    }
    command.paused = paused;
    Ok(())
}

fn absolute(folder: &Path) -> std::path::PathBuf {
    // Fails only for an empty path or without a current folder; then the path is as good as any.
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
