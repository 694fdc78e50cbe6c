//! Hands out units to workers, puts what they made into row order, and hands it to the lanes.
//!
//! A lane that is slower than others is waited for only at a bounded distance: so many units, or what the
//! budget of the run holds.

use std::collections::BTreeMap;
use std::mem;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::lane::{Lane, Task, Way};
use super::memory::{self, Budget, Ending};
use super::units::{Unit, Units};
use super::worker::{Encoded, Outputs, Worker};
use super::{Control, EngineError, Event, Observer, Run};
use crate::failures::Failures;
use crate::remote::{Cancel, Io};

/// Units under way per worker: one at work, one waiting on either side.
const UNITS_PER_WORKER: usize = 2;

/// Units that the slowest of several lanes may be behind the fastest; one lane alone has always the next one.
const MOST_BEHIND: usize = 64;
const MOST_WAITING: usize = 2;

/// Makes all batches and delivers them.
pub(super) fn run(
    run: &Run,
    control: &Control,
    observer: &dyn Observer,
) -> Result<(), EngineError> {
    // Ends with the control's, and when a lane fails: the others are not waited for then.
    let stop = control.token().child();
    control.begin(run.targets.len());
    let mut lanes = Vec::with_capacity(run.targets.len());
    for index in 0..run.targets.len() {
        // A lane that fails ends its own requests first, so that its failure is heard before what it stops.
        let io = Io::counting(&run.network, &stop.child(), &control.retries(index));
        lanes.extend(Lane::open(Way { run, control, observer, index, io })?);
    }
    let outputs = Outputs::new(run, &lanes);
    let buffers: u64 = run.targets.iter().map(|target| target.about().buffer_bytes).sum();
    let budget = Budget::new(run.memory_bytes.saturating_sub(buffers));
    let ended = thread::scope(|scope| {
        // However this thread leaves, no worker waits for room after it.
        let _ending = Ending(&budget);
        let threads = memory::threads(run);
        let permits = threads * UNITS_PER_WORKER;
        let behind = if lanes.len() > 1 { MOST_BEHIND } else { MOST_WAITING };
        // Every channel holds all that may be under way, so that no send ever waits while another thread
        // waits for us.
        let (todo_tx, todo): (Sender<Unit>, Receiver<Unit>) = bounded(permits);
        let (events, heard) = bounded(permits + lanes.len() * (permits + behind + 1));
        for begun in 0..threads {
            let (todo, events, outputs) = (todo.clone(), events.clone(), &outputs);
            let (stop, budget) = (&stop, &budget);
            let work = move || {
                let mut worker = Worker::new(run, control, outputs, stop, budget);
                for unit in todo {
                    let encoded = worker.make(&unit);
                    if events.send(Event::Made(unit, encoded)).is_err() {
                        return;
                    }
                }
            };
            match thread::Builder::new().name("worker".into()).spawn_scoped(scope, work) {
                Ok(_) => {}
                Err(source) if begun == 0 => return Err(EngineError::Thread { source }),
                // Fewer threads make the same rows.
                Err(error) => {
                    tracing::warn!(%error, begun, threads, "the system gives no more threads");
                    break;
                }
            }
        }
        drop(todo);
        let first = lanes.iter().map(|lane| lane.from).min().unwrap_or(run.batches.end);
        let batches = first - run.batches.start;
        control.resume(batches, batches.saturating_mul(run.batch_rows));
        let mut tasks = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let (sender, receiver) = bounded(permits + behind + 1);
            tasks.push(sender);
            let events = events.clone();
            let name = lane.way.run.targets[lane.way.index].about().connector.into();
            let work = move || lane.work(&receiver, &events);
            // Lanes that have begun hear of it when their tasks end with this scope.
            if let Err(source) = thread::Builder::new().name(name).spawn_scoped(scope, work) {
                return Err(EngineError::Thread { source });
            }
        }
        drop(events);
        let handing = Handing {
            observer,
            stop: &stop,
            budget: &budget,
            outputs: &outputs,
            units: Units::new(run, outputs.unit_rows(), first),
            permits,
            most_behind: behind,
            todo: Some(todo_tx),
            running: tasks.len(),
            tasks,
            at_work: 0,
            waiting: BTreeMap::new(),
            next: 0,
            behind: BTreeMap::new(),
            failures: Failures::default(),
            failure: None,
        };
        handing.go(&heard)
    });
    control.held(budget.peak() + buffers);
    ended
}

struct Handing<'a> {
    observer: &'a dyn Observer,
    stop: &'a Cancel,
    budget: &'a Budget,
    outputs: &'a Outputs,
    units: Units,
    /// Units that may be at workers, or wait for those before them.
    permits: usize,
    most_behind: usize,
    /// `None`: nothing more is made.
    todo: Option<Sender<Unit>>,
    /// To each lane; none after the end.
    tasks: Vec<Sender<Task>>,
    /// Lanes that have not ended.
    running: usize,
    at_work: usize,
    waiting: BTreeMap<u64, (Unit, Encoded)>,
    /// Number of the unit that is handed to the lanes next.
    next: u64,
    /// Units that not every lane has written: how many have not, and their bytes.
    behind: BTreeMap<u64, (usize, u64)>,
    /// Rows of the present batch that failed.
    failures: Failures,
    /// The first one.
    failure: Option<EngineError>,
}

impl Handing<'_> {
    /// Goes on until every lane has ended.
    fn go(mut self, heard: &Receiver<Event>) -> Result<(), EngineError> {
        loop {
            self.hand_out();
            if self.todo.is_none() && self.at_work == 0 && self.waiting.is_empty() {
                for lane in mem::take(&mut self.tasks) {
                    // A lane that has failed has told so.
                    let _ = lane.send(Task::End);
                }
            }
            if self.running == 0 && (self.at_work == 0 || self.failure.is_some()) {
                return self.failure.map_or(Ok(()), Err);
            }
            // Workers and lanes tell their end, but for a panic outside of what they catch, which the scope
            // raises again.
            let Ok(event) = heard.recv() else {
                return Err(self.failure.unwrap_or(EngineError::Cancelled));
            };
            match event {
                Event::Made(unit, encoded) => match encoded {
                    Ok(encoded) => {
                        self.waiting.insert(unit.number, (unit, encoded));
                        self.hand_over();
                    }
                    Err(error) => {
                        self.at_work = self.at_work.saturating_sub(1);
                        self.fail(error);
                    }
                },
                Event::Written(number) => self.written(number),
                Event::Ended(result) => {
                    self.running -= 1;
                    if let Err(error) = result {
                        self.fail(error);
                    }
                }
            }
        }
    }

    /// Gives workers what there is room for.
    fn hand_out(&mut self) {
        while let Some(todo) = &self.todo
            && self.at_work < self.permits
            && self.behind.len() < self.most_behind
        {
            match self.units.next() {
                Some(unit) if todo.send(unit).is_ok() => self.at_work += 1,
                _ => self.todo = None,
            }
        }
    }

    /// Hands over to the lanes what is next in row order.
    fn hand_over(&mut self) {
        while let Some((unit, encoded)) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.at_work -= 1;
            self.failures.add(encoded.failures);
            if unit.ends_batch {
                let failures = mem::take(&mut self.failures);
                if !failures.is_empty() {
                    self.observer.failed_rows(unit.batch, failures);
                }
            }
            self.budget.handed(unit.number, encoded.bytes);
            let mut lanes = 0;
            for (output, mut segments) in self.outputs.all.iter().zip(encoded.segments) {
                let wanting: Vec<_> =
                    output.lanes.iter().filter(|lane| lane.from <= unit.batch).collect();
                for (place, lane) in wanting.iter().enumerate() {
                    let is_last = place + 1 == wanting.len();
                    let own = if is_last { mem::take(&mut segments) } else { segments.clone() };
                    // A lane that has failed has told so, or will.
                    if let Some(tasks) = self.tasks.get(lane.number) {
                        lanes += usize::from(tasks.send(Task::Write(unit, own)).is_ok());
                    }
                }
            }
            self.behind.insert(unit.number, (lanes, encoded.bytes));
            if lanes == 0 {
                self.behind.remove(&unit.number);
                self.budget.written(encoded.bytes);
            }
        }
    }

    /// A lane has written the unit `number`.
    fn written(&mut self, number: u64) {
        let Some((lanes, bytes)) = self.behind.get_mut(&number) else { return };
        *lanes -= 1;
        if *lanes == 0 {
            self.budget.written(*bytes);
            self.behind.remove(&number);
        }
    }

    /// The run fails: nothing more is made, and lanes hear of it.
    fn fail(&mut self, error: EngineError) {
        // Others that are stopped by it say so, too, and less.
        self.failure.get_or_insert(error);
        self.stop.cancel();
        self.todo = None;
        self.tasks.clear();
        self.waiting.clear();
        self.budget.end();
    }
}
