//! The commands to which something may still happen, in memory: who waits, who runs, who is due.
//!
//! Shared by the callers' threads, the runners and the timer. [`Shared::change`] is the one way in which
//! a command changes: checked, kept in the store, then shown. Locks are taken in the order
//! `Live::change`, `Shared::state`, `Live::state`; only the first one is held while the store works.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use uuid::Uuid;

use super::counters::{Counters, Counting};
use super::kept::Kept;
use super::probe::{Point, Probe};
use super::store::{BatchRecord, RecordError, Store};
use super::{Command, CommandError, ConnectorTotal, Progress, Status};
use super::{progress, shares};
use crate::draft::{Amount, Draft, Prepared, Refusal, Surroundings};
use crate::engine::Control;
use crate::problems::{Problem, Problems, chain};
use crate::sandbox::{Extensions, Failures, Library};
use crate::sinks;

/// Takes a lock; what a panicking thread left behind is whole, for every change is a replacement.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the tracker was opened with.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) output_root: PathBuf,
    pub(super) read_roots: Vec<PathBuf>,
    pub(super) max_threads: u64,
    pub(super) max_running: usize,
    pub(super) max_queued: usize,
    pub(super) retention: chrono::TimeDelta,
}

/// Everything that the threads of a tracker share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<Store>,
    pub(super) limits: Limits,
    pub(super) library: Library,
    pub(super) kept: Kept,
    pub(super) probe: Arc<dyn Probe>,
    pub(super) counting: Counting,
    pub(super) state: Mutex<State>,
    /// There is something to run, or nothing ever more.
    pub(super) work: Condvar,
    /// The next time on the timer's list has changed.
    pub(super) timer: Condvar,
    /// A runner has ended a command.
    pub(super) ended: Condvar,
    stopping: AtomicBool,
    /// Something was written that a loss of power would take back.
    pub(super) unsynced: AtomicBool,
}

/// Who waits, who runs, who is due.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) live: HashMap<Uuid, Arc<Live>>,
    queue: VecDeque<Arc<Live>>,
    /// Places in the queue held by submissions that are being checked.
    reserved: usize,
    under_way: Vec<Arc<Live>>,
    pub(super) timers: BTreeSet<(DateTime<Utc>, Uuid)>,
    /// How long a run takes, smoothed: for telling when to come again.
    typical_run: Duration,
}

/// A command to which something may still happen.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: Uuid,
    /// What no other command may write meanwhile, for the order of the queue.
    exclusive: Vec<String>,
    /// Held from reading a command to having its change kept.
    change: Mutex<()>,
    state: Mutex<LiveState>,
    changed: watch::Sender<u64>,
    cancelled: AtomicBool,
    /// The store did not take that it failed: only this memory knows.
    unkept: AtomicBool,
    /// What acceptance compiled, when it is to be run at once; otherwise it is compiled again, for
    /// a thousand waiting plans would fill the memory.
    pub(super) prepared: Mutex<Option<Prepared>>,
}

#[derive(Debug)]
struct LiveState {
    command: Command,
    totals: Vec<ConnectorTotal>,
    run: Option<UnderWay>,
    /// When the present run was due.
    due: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct UnderWay {
    control: Arc<Control>,
    since: Instant,
    rows_before: u64,
}

impl Live {
    pub(super) fn new(command: Command, totals: Vec<ConnectorTotal>) -> Arc<Self> {
        Arc::new(Self {
            id: command.id,
            exclusive: command.destinations.iter().map(|path| sinks::exclusive_key(path)).collect(),
            change: Mutex::new(()),
            state: Mutex::new(LiveState { command, totals, run: None, due: None }),
            changed: watch::Sender::new(0),
            cancelled: AtomicBool::new(false),
            unkept: AtomicBool::new(false),
            prepared: Mutex::new(None),
        })
    }

    pub(super) fn command(&self) -> Command {
        lock(&self.state).command.clone()
    }

    pub(super) fn due(&self) -> Option<DateTime<Utc>> {
        lock(&self.state).due
    }

    pub(super) fn set_due(&self, due: DateTime<Utc>) {
        lock(&self.state).due = Some(due);
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn progress(&self, now: DateTime<Utc>) -> Progress {
        let state = lock(&self.state);
        let live = state.run.as_ref().map(|run| progress::Live {
            generated_rows: run.control.generated_rows(),
            committed_rows: run.control.committed_rows(),
            committed_batches: run.control.committed_batches(),
            rows_before: run.rows_before,
            elapsed: run.since.elapsed(),
        });
        let duration = duration(&state.command, now);
        Progress::new(&state.command, live, duration, state.totals.clone())
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.stop();
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    pub(super) fn forget_cancel(&self) {
        self.cancelled.store(false, Ordering::SeqCst);
    }

    /// Ends the run under way, if there is one.
    fn stop(&self) {
        if let Some(run) = &lock(&self.state).run {
            run.control.cancel();
        }
    }

    /// Shows `control` as the run under way.
    pub(super) fn begin(&self, control: &Arc<Control>, rows_before: u64) {
        let control = Arc::clone(control);
        lock(&self.state).run = Some(UnderWay { control, since: Instant::now(), rows_before });
    }

    fn end(&self) {
        lock(&self.state).run = None;
    }

    fn show(&self, command: Command, totals: Option<Vec<ConnectorTotal>>) {
        {
            let mut state = lock(&self.state);
            if command.status.is_over() {
                state.run = None;
            }
            state.command = command;
            if let Some(totals) = totals {
                state.totals = totals;
            }
        }
        self.changed.send_modify(|version| *version += 1);
    }
}

/// From the start of a run to its end, or to now.
pub(super) fn duration(command: &Command, now: DateTime<Utc>) -> Duration {
    let Some(started) = command.started else { return Duration::ZERO };
    let end = if command.status.is_over() { command.finished.unwrap_or(now) } else { now };
    (end - started).to_std().unwrap_or_default()
}

impl Shared {
    pub(super) fn new(
        store: Arc<Store>,
        limits: Limits,
        library: Library,
        kept: Kept,
        probe: Arc<dyn Probe>,
    ) -> Self {
        Self {
            store,
            limits,
            library,
            kept,
            probe,
            counting: Counting::default(),
            state: Mutex::default(),
            work: Condvar::new(),
            timer: Condvar::new(),
            ended: Condvar::new(),
            stopping: AtomicBool::new(false),
            unsynced: AtomicBool::new(false),
        }
    }

    /// Changes a command by `edit`: checks that it may go where it then stands, keeps it with
    /// `records`, shows it.
    pub(super) fn change(
        &self,
        live: &Arc<Live>,
        records: &[BatchRecord],
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
        let totals = self.keep(&after, time, records);
        match totals {
            Ok(totals) => {
                live.unkept.store(false, Ordering::SeqCst);
                live.show(after.clone(), Some(totals));
            }
            // What failed has failed, kept or not: the store shows it as under way, and the next start
            // of the process goes on with it.
            Err(error) if after.status == Status::Failed => {
                tracing::error!(id = %live.id, error = chain(&error), "failure is not kept");
                live.unkept.store(true, Ordering::SeqCst);
                live.show(after.clone(), None);
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

    fn keep(
        &self,
        command: &Command,
        time: Option<DateTime<Utc>>,
        records: &[BatchRecord],
    ) -> Result<Vec<ConnectorTotal>, RecordError> {
        if time.is_some() {
            self.pass(Point::Keep(command.status))?;
        }
        self.store.update(command, time, records)
    }

    /// Lets the probe interfere.
    pub(super) fn pass(&self, point: Point) -> Result<(), RecordError> {
        self.probe.at(point).map_err(|reason| RecordError::Database {
            action: "keep a change",
            source: reason.into(),
        })
    }

    /// Keeps the batches that were committed, with the rows of them that failed; the command goes on at
    /// `next_batch`.
    pub(super) fn record(
        &self,
        live: &Arc<Live>,
        next_batch: u64,
        records: &[BatchRecord],
        failures: &Failures,
    ) -> Result<(), RecordError> {
        let _changing = lock(&live.change);
        let mut command = live.command();
        command.next_batch = next_batch;
        command.failures.add(failures.clone());
        let totals = self.store.record(&command, records)?;
        live.show(command, Some(totals));
        self.wake_for_sync();
        Ok(())
    }

    /// The command fails: it shows `comment`, and keeps what was committed.
    pub(super) fn fail(&self, live: &Arc<Live>, comment: String, records: &[BatchRecord]) {
        let finished = self.probe.now();
        let result = self.change(live, records, |command| {
            command.status = Status::Failed;
            command.comment = comment;
            command.finished = Some(finished);
            command.next_run = None;
            Ok(())
        });
        if let Err(error) = result {
            tracing::warn!(id = %live.id, error = chain(&error), "command could not fail");
        }
    }

    /// Puts a command where its new state belongs.
    fn settle(&self, live: &Arc<Live>, command: &Command) {
        let mut state = lock(&self.state);
        state.timers.retain(|(_, id)| *id != command.id);
        if let Some(time) = command.next_run
            && command.waits_for_time()
        {
            state.timers.insert((time, command.id));
            self.timer.notify_one();
        }
        if command.is_live() {
            state.live.entry(command.id).or_insert_with(|| Arc::clone(live));
        } else {
            state.live.remove(&command.id);
        }
    }

    fn wake_for_sync(&self) {
        if !self.unsynced.swap(true, Ordering::SeqCst) {
            // Under the lock, so that the timer is either before its check or already waiting.
            let _state = lock(&self.state);
            self.timer.notify_one();
        }
    }

    pub(super) fn find(&self, id: Uuid) -> Option<Arc<Live>> {
        lock(&self.state).live.get(&id).cloned()
    }

    /// Holds a place in the queue until [`unreserve`](Self::unreserve); otherwise tells when to come again.
    pub(super) fn reserve(&self) -> Result<(), (usize, Duration)> {
        let mut state = lock(&self.state);
        if state.queue.len() + state.reserved >= self.limits.max_queued {
            let wait = state.typical_run / u32::try_from(self.limits.max_running).unwrap_or(1);
            let wait = wait.clamp(Duration::from_secs(1), Duration::from_secs(60));
            return Err((state.queue.len(), Duration::from_secs(wait.as_secs_f64().ceil() as u64)));
        }
        state.reserved += 1;
        Ok(())
    }

    pub(super) fn unreserve(&self) {
        lock(&self.state).reserved -= 1;
    }

    /// Takes a new command into the company of the living: queued, or waiting for its time.
    pub(super) fn admit(&self, live: &Arc<Live>) {
        let command = live.command();
        self.settle(live, &command);
        if command.status == Status::Queued && command.next_run.is_none() {
            self.enqueue(live);
        }
    }

    pub(super) fn enqueue(&self, live: &Arc<Live>) {
        lock(&self.state).queue.push_back(Arc::clone(live));
        self.work.notify_one();
    }

    /// Whether a command submitted now begins at once.
    pub(super) fn is_idle(&self) -> bool {
        let state = lock(&self.state);
        state.queue.is_empty() && state.under_way.len() < self.limits.max_running
    }

    /// Takes `id` out of the queue, if it is there.
    pub(super) fn dequeue(&self, id: Uuid) -> bool {
        let mut state = lock(&self.state);
        let before = state.queue.len();
        state.queue.retain(|live| live.id != id);
        state.queue.len() < before
    }

    pub(super) fn is_under_way(&self, id: Uuid) -> bool {
        lock(&self.state).under_way.iter().any(|live| live.id == id)
    }

    /// The living form of `command`: the one that is there, or a new one.
    pub(super) fn revive(&self, command: Command) -> Result<Arc<Live>, CommandError> {
        let totals = self.store.totals(&command)?;
        let mut state = lock(&self.state);
        let id = command.id;
        Ok(Arc::clone(state.live.entry(id).or_insert_with(|| Live::new(command, totals))))
    }

    /// Forgets a command that was revived for nothing.
    pub(super) fn forget_if_over(&self, live: &Arc<Live>) {
        if !live.command().is_live() && !live.unkept.load(Ordering::SeqCst) {
            lock(&self.state).live.remove(&live.id);
        }
    }

    /// Schedules that are kept in memory: all but those that have failed.
    pub(super) fn schedules(&self) -> usize {
        let state = lock(&self.state);
        state.live.values().filter(|live| lock(&live.state).command.schedule.is_some()).count()
    }

    /// Adds the commands that wait for their turn, and those under way, to `counters`.
    pub(super) fn depth(&self, counters: &mut Counters) {
        let (queued, running) = {
            let state = lock(&self.state);
            let connectors = |live: &Arc<Live>| lock(&live.state).command.connectors.clone();
            let queued: Vec<_> = state.queue.iter().map(connectors).collect();
            let running: Vec<_> = state.under_way.iter().map(connectors).collect();
            (queued, running)
        };
        counters.queued_commands = queued.len() as u64;
        counters.running_commands = running.len() as u64;
        for connector in queued.into_iter().flatten() {
            counters.connectors.entry(connector).or_default().queued_commands += 1;
        }
        for connector in running.into_iter().flatten() {
            counters.connectors.entry(connector).or_default().running_commands += 1;
        }
    }

    /// The next command to run; waits for one. `None`: the tracker stops.
    pub(super) fn take(&self) -> Option<Arc<Live>> {
        let mut state = lock(&self.state);
        loop {
            if self.is_stopping() {
                return None;
            }
            if let Some(live) = state.next() {
                state.under_way.push(Arc::clone(&live));
                return Some(live);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A runner has done what it could for `live`.
    pub(super) fn release(&self, live: &Arc<Live>, took: Duration) {
        live.end();
        let mut state = lock(&self.state);
        state.under_way.retain(|other| other.id != live.id);
        state.typical_run = (state.typical_run * 7 + took) / 8;
        // Those that waited for its destinations, and whoever waits for the end of all.
        self.work.notify_all();
        self.ended.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Ends every run after its blocks under way, and every thread after that.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        let state = lock(&self.state);
        for live in &state.under_way {
            live.stop();
        }
        self.work.notify_all();
        self.timer.notify_all();
    }

    /// Waits until nothing is under way, at most `deadline`; whether it came to that.
    pub(super) fn wait_until_idle(&self, deadline: Duration) -> bool {
        let state = lock(&self.state);
        let waited = self
            .ended
            .wait_timeout_while(state, deadline, |state| !state.under_way.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        !waited.1.timed_out()
    }

    /// Compiles the request of `command` for its present run.
    pub(super) fn prepare(&self, command: &Command, model: &str) -> Result<Prepared, Refusal> {
        let draft = Draft {
            text: model,
            folder: command.model_folder.as_deref(),
            connectors: Some(&command.connectors),
            overrides: &command.overrides,
            amount: Some(Amount {
                batch_rows: command.rows,
                // Rows count on from run to run, so a later run needs room for all before it.
                batches: command.end_batch(),
            }),
            seed: command.seed,
            now: command.now,
        };
        let kept = self.kept.of(command.id).map_err(|error| {
            let message = format!("the user code of this command cannot be read any more: {error}");
            let mut problems = Problems::default();
            problems.push(Problem::error("user_code_lost", "", message));
            Refusal::Problems(problems)
        })?;
        let root = &self.limits.output_root;
        let output_root =
            shares::output_root(&self.store, root, &command.owner).map_err(|error| {
                let mut problems = Problems::default();
                problems.push(Problem::error("store_unreadable", "", chain(&error)));
                Refusal::Problems(problems)
            })?;
        let surroundings = Surroundings {
            output_root,
            default_folder: command.id.to_string(),
            ..self.surroundings(kept.unwrap_or_else(|| self.library.current()))
        };
        draft.compile(&surroundings).ready()
    }

    /// What a model is compiled with that is no command's yet.
    pub(super) fn surroundings(&self, extensions: Arc<Extensions>) -> Surroundings {
        Surroundings {
            output_root: self.limits.output_root.clone(),
            read_roots: self.limits.read_roots.clone(),
            default_folder: String::new(),
            extensions,
        }
    }
}

impl State {
    /// Takes the first command of the queue that writes nothing which one before it writes.
    fn next(&mut self) -> Option<Arc<Live>> {
        let mut taken: HashSet<&str> =
            self.under_way.iter().flat_map(|live| &live.exclusive).map(String::as_str).collect();
        let position = self.queue.iter().position(|live| {
            let is_free = live.exclusive.iter().all(|key| !taken.contains(key.as_str()));
            taken.extend(live.exclusive.iter().map(String::as_str));
            is_free
        });
        position.and_then(|index| self.queue.remove(index))
    }
}
