//! The commands to which something may still happen, in memory: who waits, who runs, who is due.
//!
//! Shared by the callers' threads, the runners and the timer. Locks are taken in the order
//! `Live::change`, `Shared::state`, `Live::state`; only the first one is held while the store works.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use uuid::Uuid;

use super::counters::{Counters, Counting};
use super::present_code::PresentCode;
use super::probe::Probe;
use super::{Command, CommandError, ConnectorTotal, Progress, Status};
use super::{owned_outputs, progress};
use crate::draft::{Amount, Draft, Operator, Prepared, Refusal, Site, Surroundings};
use crate::engine::Control;
use crate::home::{Home, Sealer, Store, StoredBatch, StoredCode, lock};
use crate::problems::{Problem, Problems, chain};
use crate::reach::Reach;
use crate::remote::Network;
use crate::sandbox::Extensions;
use crate::secrets::GivenSecrets;

/// What the tracker was opened with.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) operator: Arc<Operator>,
    /// What models and calls may have connected to.
    pub(super) reach: Reach,
    pub(super) output_root: PathBuf,
    pub(super) read_roots: Vec<PathBuf>,
    pub(super) max_threads: u64,
    pub(super) command_memory_bytes: u64,
    pub(super) max_running: usize,
    pub(super) max_queued: usize,
    pub(super) retention: chrono::TimeDelta,
}

/// A duration as it is stored.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Everything that the threads of a tracker share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<Store>,
    /// `None`: in memory.
    pub(super) home: Option<Arc<Home>>,
    pub(super) sealer: Arc<Sealer>,
    pub(super) limits: Limits,
    pub(super) library: PresentCode,
    pub(super) code: Arc<StoredCode>,
    pub(super) probe: Arc<dyn Probe>,
    pub(super) counting: Counting,
    /// Where connectors speak with their places.
    pub(super) network: Network,
    pub(super) state: Mutex<State>,
    /// There is something to run, or nothing ever more.
    pub(super) work: Condvar,
    /// The next time on the timer's list has changed.
    pub(super) timer: Condvar,
    /// A runner has ended a command.
    pub(super) ended: Condvar,
    stopping: AtomicBool,
    /// Failures that the store did not take yet, with the batches that came with them.
    pub(super) unstored: Mutex<Vec<(Arc<Live>, Vec<StoredBatch>)>>,
    /// Something was written that a loss of power would take back.
    pub(super) unsynced: AtomicBool,
}

/// Who waits, who runs, who is due.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) live: HashMap<Uuid, Arc<Live>>,
    pub(super) queue: VecDeque<Arc<Live>>,
    /// Places in the queue held by submissions that are being checked.
    pub(super) reserved: Vec<String>,
    under_way: Vec<Arc<Live>>,
    pub(super) timers: BTreeSet<(DateTime<Utc>, Uuid)>,
    /// How long a run takes, smoothed: for telling when to come again.
    pub(super) typical_run: Duration,
}

/// A command to which something may still happen.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: Uuid,
    pub(super) owner: String,
    /// What no other command may write meanwhile, for the order of the queue.
    exclusive: Vec<String>,
    /// Held from reading a command to having its change stored.
    pub(super) change: Mutex<()>,
    state: Mutex<LiveState>,
    changed: watch::Sender<u64>,
    cancelled: AtomicBool,
    /// The store did not take yet that it failed.
    pub(super) unstored: AtomicBool,
    /// What acceptance compiled, when it is to be run at once; otherwise it is compiled again, for
    /// a thousand waiting plans would fill the memory.
    pub(super) prepared: Mutex<Option<Prepared>>,
}

#[derive(Debug)]
struct LiveState {
    command: Command,
    totals: Vec<ConnectorTotal>,
    run: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    control: Arc<Control>,
    /// When this process began to work on it, by the steady clock.
    since: Duration,
    /// How long the run had taken by then.
    before: Duration,
    rows_before: u64,
}

impl UnderWay {
    fn duration(&self, steady: Duration) -> Duration {
        self.before + steady.saturating_sub(self.since)
    }
}

impl Live {
    pub(super) fn new(command: Command, totals: Vec<ConnectorTotal>) -> Arc<Self> {
        Arc::new(Self {
            id: command.id,
            owner: command.owner.clone(),
            exclusive: command
                .destinations
                .iter()
                .filter_map(|place| place.exclusive.clone())
                .collect(),
            change: Mutex::new(()),
            state: Mutex::new(LiveState { command, totals, run: None }),
            changed: watch::Sender::new(0),
            cancelled: AtomicBool::new(false),
            unstored: AtomicBool::new(false),
            prepared: Mutex::new(None),
        })
    }

    pub(super) fn command(&self) -> Command {
        lock(&self.state).command.clone()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The command and how far it is, of one moment.
    pub(super) fn look(&self, clock: &dyn Probe) -> (Command, Progress) {
        let (now, steady) = clock.both();
        let state = lock(&self.state);
        let live = state.run.as_ref().map(|run| progress::Live {
            generated_rows: run.control.generated_rows(),
            committed_rows: run.control.committed_rows(),
            committed_batches: run.control.committed_batches(),
            rows_before: run.rows_before,
            elapsed: steady.saturating_sub(run.since),
        });
        let duration = state.duration(now, steady);
        let mut totals = state.totals.clone();
        let lanes = state.run.as_ref().map(|run| run.control.lanes()).unwrap_or_default();
        for (total, lane) in totals.iter_mut().zip(lanes) {
            total.retries += lane.retries;
        }
        let mut progress = Progress::new(&state.command, live, duration, totals);
        if self.is_cancelled() && !state.command.status.is_over() {
            CANCELLING.clone_into(&mut progress.comment);
        }
        (state.command.clone(), progress)
    }

    /// When the run under way ends, if that is now, and how long it took then. A clock that was set back
    /// meanwhile makes no end before the beginning.
    pub(super) fn end_of_run(&self, clock: &dyn Probe) -> (DateTime<Utc>, Duration) {
        let (now, steady) = clock.both();
        let state = lock(&self.state);
        let duration = state.duration(now, steady);
        let finished = match state.command.started {
            Some(started) if now < started => {
                TimeDelta::from_std(duration).map_or(started, |duration| started + duration)
            }
            _ => now,
        };
        (finished, duration)
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
    pub(super) fn begin(&self, control: &Arc<Control>, rows_before: u64, clock: &dyn Probe) {
        let control = Arc::clone(control);
        let (now, since) = clock.both();
        let mut state = lock(&self.state);
        let before = state.command.started.and_then(|started| (now - started).to_std().ok());
        let before = before.unwrap_or_default();
        state.run = Some(UnderWay { control, since, before, rows_before });
    }

    fn end(&self) {
        lock(&self.state).run = None;
    }

    pub(super) fn show(&self, command: Command, totals: Option<Vec<ConnectorTotal>>) {
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

impl LiveState {
    fn duration(&self, now: DateTime<Utc>, steady: Duration) -> Duration {
        self.run.as_ref().map_or_else(|| duration(&self.command, now), |run| run.duration(steady))
    }
}

/// What a command says that was told to end and has not yet.
pub(super) const CANCELLING: &str = "cancelling";

/// From the start of a run to its end, or to now.
pub(super) fn duration(command: &Command, now: DateTime<Utc>) -> Duration {
    let Some(started) = command.started else { return Duration::ZERO };
    if command.status.is_over() {
        if let Some(milliseconds) = command.run_milliseconds {
            return Duration::from_millis(milliseconds);
        }
        let finished = command.finished.unwrap_or(now);
        return (finished - started).to_std().unwrap_or_default();
    }
    (now - started).to_std().unwrap_or_default()
}

impl Shared {
    pub(super) fn new(
        (store, home, sealer): (Arc<Store>, Option<Arc<Home>>, Arc<Sealer>),
        limits: Limits,
        library: PresentCode,
        code: Arc<StoredCode>,
        probe: Arc<dyn Probe>,
    ) -> Self {
        Self {
            store,
            home,
            sealer,
            limits,
            library,
            code,
            probe,
            counting: Counting::default(),
            network: Network::default(),
            state: Mutex::default(),
            work: Condvar::new(),
            timer: Condvar::new(),
            ended: Condvar::new(),
            stopping: AtomicBool::new(false),
            unstored: Mutex::default(),
            unsynced: AtomicBool::new(false),
        }
    }

    /// Puts a command where its new state belongs.
    pub(super) fn settle(&self, live: &Arc<Live>, command: &Command) {
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

    pub(super) fn wake_for_sync(&self) {
        if !self.unsynced.swap(true, Ordering::SeqCst) {
            self.wake_timer();
        }
    }

    pub(super) fn wake_timer(&self) {
        // Under the lock, so that the timer is either before its check or already waiting.
        let _state = lock(&self.state);
        self.timer.notify_one();
    }

    pub(super) fn find(&self, id: Uuid) -> Option<Arc<Live>> {
        lock(&self.state).live.get(&id).cloned()
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

    /// The living form of the command `id`: the one that is there, or a new one.
    pub(super) fn revive(&self, id: Uuid) -> Result<Arc<Live>, CommandError> {
        if let Some(live) = self.find(id) {
            return Ok(live);
        }
        let stored = self.store.get_with_totals(id)?;
        let (command, totals) = stored.ok_or(CommandError::Unknown { id })?;
        let mut state = lock(&self.state);
        Ok(Arc::clone(state.live.entry(id).or_insert_with(|| Live::new(command, totals))))
    }

    /// Forgets a command that was revived for nothing.
    pub(super) fn forget_if_over(&self, live: &Arc<Live>) {
        if !live.command().is_live() && !live.unstored.load(Ordering::SeqCst) {
            lock(&self.state).live.remove(&live.id);
        }
    }

    /// Schedules that are in memory: all but those that have failed.
    pub(super) fn schedules(&self) -> usize {
        let state = lock(&self.state);
        state
            .live
            .values()
            .filter(|live| lock(&live.state).command.order.schedule.is_some())
            .count()
    }

    /// Adds the commands that wait for their turn, and those under way, to `counters`.
    pub(super) fn depth(&self, counters: &mut Counters) {
        let (queued, running) = {
            let state = lock(&self.state);
            let connectors = |live: &Arc<Live>| lock(&live.state).command.order.connectors.clone();
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

    /// Compiles the request of `command`, which is stored, for its present run.
    pub(super) fn prepare(&self, command: &Command, model: &str) -> Result<Prepared, Refusal> {
        let prepared = self.prepare_with(command, model, &self.unseal(command)?)?;
        let needs_code = !prepared.plan.extension_files().is_empty();
        if needs_code && !self.code.is_stored(command.id) {
            // What the folders hold now may be other code.
            return Err(code_lost("its list is gone from the home"));
        }
        Ok(prepared)
    }

    /// The same, with the secrets that it was given.
    pub(super) fn prepare_with(
        &self,
        command: &Command,
        model: &str,
        secrets: &GivenSecrets,
    ) -> Result<Prepared, Refusal> {
        let draft = Draft {
            text: model,
            folder: command.model_folder.as_deref(),
            connectors: Some(&command.order.connectors),
            overrides: &command.order.overrides,
            secrets,
            amount: Some(Amount {
                batch_rows: command.order.batch_rows,
                // Rows count on from run to run, so a later run needs room for all before it.
                batches: command.end_batch(),
            }),
            seed: command.order.seed,
            now: command.order.now,
        };
        let stored = self.code.of(command.id).map_err(|error| code_lost(&error.to_string()))?;
        let root = &self.limits.output_root;
        let output_root = owned_outputs::output_root(&self.store, root, &command.owner)
            .map_err(|error| lost("store_unreadable", chain(&error)))?;
        let surroundings = Surroundings {
            output_root,
            default_folder: command.id.to_string(),
            site: Site { vault: Some(self.vault(&command.owner)), ..self.site() },
            ..self.surroundings(stored.unwrap_or_else(|| self.library.current()))
        };
        draft.compile(&surroundings).ready()
    }

    /// What a model is compiled with that is no command's yet.
    pub(super) fn surroundings(&self, extensions: Arc<Extensions>) -> Surroundings {
        Surroundings {
            output_root: self.limits.output_root.clone(),
            read_roots: self.limits.read_roots.clone(),
            tells_folders: false,
            default_folder: String::new(),
            extensions,
            site: self.site(),
        }
    }

    /// What the operator says of connectors.
    fn site(&self) -> Site {
        let Limits { operator, reach, .. } = &self.limits;
        Site { vault: None, operator: Arc::clone(operator), reach: reach.clone() }
    }
}

/// What a command needs of the home is not there any more.
pub(super) fn lost(code: &'static str, message: String) -> Refusal {
    let mut problems = Problems::default();
    problems.push(Problem::error(code, "", message));
    Refusal::Problems(problems)
}

fn code_lost(reason: &str) -> Refusal {
    let message = format!(
        "the user code of this command cannot be read any more: {reason}; submit the command again"
    );
    lost("user_code_lost", message)
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
