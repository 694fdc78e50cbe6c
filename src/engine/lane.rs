//! A lane: delivers the rows of one target, in a thread of its own.
//!
//! Lanes go on independently: each has its own place to go on at, and its commits overlap with those of others
//! and with the making of rows. A batch is sealed, its receipt is handed to the observer, then it is published
//! and told as committed. How many batches are on that way at a time is the target's to say; they are told in
//! their order.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::units::Unit;
use super::{Control, EngineError, Event, Observer, Resume, Run};
use crate::delivery::{
    Committed, Durability, Encoding, Opened, Published, Receipt, Sealing, Sink, Start, Target,
};
use crate::formats::Segment;
use crate::problems::panic_text;
use crate::remote::{Failure, Io, Kind};

/// What somebody else did.
const GONE: &str = "what was written was removed by somebody before it became visible";

/// What a lane is told to do, in row order.
pub(super) enum Task {
    /// To write these segments.
    Write(Unit, Vec<Segment>),
    /// To end: everything was sent. A lane that is hung up on before abandons what is not sealed.
    End,
}

/// Whose rows a lane delivers, and to whom it tells what became of them.
#[derive(Clone)]
pub(super) struct Way<'a> {
    pub(super) run: &'a Run,
    pub(super) control: &'a Control,
    pub(super) observer: &'a dyn Observer,
    /// The target's place in the run.
    pub(super) index: usize,
    pub(super) io: Io,
}

impl<'a> Way<'a> {
    fn target(&self) -> &'a dyn Target {
        &*self.run.targets[self.index]
    }

    fn is_of_batches(&self) -> bool {
        self.target().about().durability == Durability::Batches
    }

    fn failed(&self, batch: u64) -> impl Fn(Failure) -> EngineError + use<> {
        let connector = self.target().about().connector;
        move |source| {
            if source.is_cancelled() {
                return EngineError::Cancelled;
            }
            EngineError::Sink { connector, batch, source }
        }
    }

    fn panicked(&self, panic: &(dyn Any + Send)) -> EngineError {
        let connector = self.target().about().connector;
        EngineError::LanePanicked { connector, message: panic_text(panic) }
    }

    /// Tells that `batch` is visible.
    fn tell(&self, batch: u64, committed: &Committed) -> Result<(), EngineError> {
        self.control.committed(self.index, committed);
        self.control.advanced(self.index, batch + 1 - self.run.batches.start, self.run.batch_rows);
        let tell = || self.observer.committed(batch, self.index, committed);
        let told = catch_unwind(AssertUnwindSafe(tell)).map_err(|panic| self.panicked(&*panic))?;
        told.map_err(|source| EngineError::Record { batch, source })
    }

    /// Seals and publishes `batch`.
    fn commit(&self, batch: u64, sealing: Sealing) -> Result<Receipt, EngineError> {
        let failed = self.failed(batch);
        let receipt = sealing.wait(&self.io).map_err(&failed)?;
        let recorded = self.observer.sealed(batch, self.index, &receipt);
        let published = match &recorded {
            Ok(_) => self.target().publish(&receipt, &self.io),
            Err(_) => Err(Failure::cancelled()),
        };
        let error = match (published, recorded) {
            (Ok(Published::Done), Ok(_)) => return Ok(receipt),
            // It is published when the run goes on.
            (Err(source), Ok(true)) => return Err(failed(source)),
            (Ok(Published::Lost), _) => failed(Failure::new(Kind::Missing, GONE)),
            (_, Err(source)) => EngineError::Record { batch, source },
            (Err(source), Ok(false)) => failed(source),
        };
        // Nobody takes it up again.
        if let Err(error) = self.target().discard(&receipt, &self.io.last_words()) {
            tracing::warn!(%error, batch, "a sealed batch stays behind");
        }
        Err(error)
    }
}

/// An open target, ready to deliver.
pub(super) struct Lane<'a> {
    pub(super) way: Way<'a>,
    /// The first batch that is made for it.
    pub(super) from: u64,
    opened: Opened,
}

impl<'a> Lane<'a> {
    /// Opens the target and publishes what is sealed. `None`: it has all batches already.
    pub(super) fn open(way: Way<'a>) -> Result<Option<Self>, EngineError> {
        let (run, target) = (way.run, way.target());
        let first = run.batches.start;
        let resume = run.resumes.get(way.index).cloned().unwrap_or_default();
        let next = resume.next_batch.clamp(first, run.batches.end.max(first));
        if next > first && next == run.batches.end && resume.sealed.is_empty() {
            target.clean(&run.holder, &way.io).map_err(way.failed(next))?;
            way.control.advanced(way.index, next - first, run.batch_rows);
            return Ok(None);
        }
        let start = Start {
            holder: run.holder.clone(),
            batches: next..run.batches.end,
            sealed: resume.sealed.iter().map(|(_, receipt)| receipt.clone()).collect(),
        };
        let opened = target.open(&start, &way.io).map_err(way.failed(next))?;
        if let Some(beside) = &opened.beside {
            way.observer.beside(way.index, beside);
        }
        way.control.advanced(way.index, next - first, run.batch_rows);
        let from = take_up(&way, next, opened.next_batch.max(next), &resume)?;
        Ok(Some(Self { way, from, opened }))
    }

    /// How rows are laid out for it.
    pub(super) fn encoding(&self) -> &Encoding {
        self.opened.encoding.as_ref().unwrap_or(&self.way.target().payload().encoding)
    }

    /// Delivers until it is told to end, and tells how it went.
    pub(super) fn work(self, tasks: &Receiver<Task>, events: &Sender<Event>) {
        let connector = self.way.target().about().connector;
        // A panic fails this command, not the server: other commands share the process.
        let result = catch_unwind(AssertUnwindSafe(|| self.deliver(tasks, events)));
        let result = result.unwrap_or_else(|panic| {
            Err(EngineError::LanePanicked { connector, message: panic_text(&*panic) })
        });
        // Whoever hears it waits for the end of every lane.
        let _ = events.send(Event::Ended(result));
    }

    fn deliver(self, tasks: &Receiver<Task>, events: &Sender<Event>) -> Result<(), EngineError> {
        let Self { way, opened: Opened { sink, hold, .. }, .. } = self;
        let commits = Commits::default();
        let last = thread::scope(|scope| {
            let pipeline = Pipeline::new(scope, &way, &commits);
            write(&way, sink, tasks, events, pipeline)
        });
        // Every committer has ended. What a commit failed by is why the rest was stopped.
        if matches!(last, Ok(_) | Err(EngineError::Cancelled)) {
            commits.check()?;
        }
        let last = last?;
        if let Some(sealing) = last {
            let batch = way.run.batches.end.saturating_sub(1);
            let receipt = way.commit(batch, sealing)?;
            way.control.committed(way.index, &receipt.committed);
            finish(&way, &receipt.committed)?;
        } else {
            finish(&way, &Committed::default())?;
        }
        drop(hold);
        Ok(())
    }
}

/// Tells what the destination has already, publishes again what is sealed, and answers where to go on.
fn take_up(way: &Way<'_>, next: u64, remembered: u64, resume: &Resume) -> Result<u64, EngineError> {
    let mut from = next;
    let sealed: BTreeMap<u64, &Receipt> =
        resume.sealed.iter().map(|(batch, receipt)| (*batch, receipt)).collect();
    for batch in next..way.run.batches.end.max(next) {
        let committed = match sealed.get(&batch) {
            Some(receipt) => {
                match way.target().publish(receipt, &way.io).map_err(way.failed(batch))? {
                    Published::Done => receipt.committed.clone(),
                    // It is made again, and those after it with it, as the same bytes.
                    Published::Lost => break,
                }
            }
            // The destination itself remembers that it has it.
            None if batch < remembered => {
                Committed { rows: way.run.batch_rows, ..Committed::default() }
            }
            None => break,
        };
        if way.is_of_batches() {
            way.tell(batch, &committed)?;
            from = batch + 1;
        } else {
            break;
        }
    }
    Ok(from)
}

fn finish(way: &Way<'_>, committed: &Committed) -> Result<(), EngineError> {
    let batches = way.run.batches.end.saturating_sub(way.run.batches.start);
    let told = way.observer.finished(way.index, committed);
    let batch = way.run.batches.end.saturating_sub(1);
    told.map_err(|source| EngineError::Record { batch, source })?;
    way.control.advanced(way.index, batches, way.run.batch_rows);
    Ok(())
}

/// Writes what it is told to, until the end: what spans batches is sealed then. Hung up on before, it abandons
/// what is not sealed.
fn write(
    way: &Way<'_>,
    mut sink: Box<dyn Sink>,
    tasks: &Receiver<Task>,
    events: &Sender<Event>,
    mut pipeline: Pipeline<'_, '_>,
) -> Result<Option<Sealing>, EngineError> {
    let mut result = Err(EngineError::Cancelled);
    for task in tasks {
        match task {
            Task::End => {
                result = Ok(());
                break;
            }
            Task::Write(unit, segments) => {
                let written = write_unit(way, &mut *sink, &unit, segments, &mut pipeline);
                if let Err(error) = written {
                    result = Err(error);
                    break;
                }
                // Whoever hears it waits for the end of every lane.
                let _ = events.send(Event::Written(unit.number));
            }
        }
    }
    if let Err(error) = result {
        // Commits under way are taken up when the run goes on; nobody waits for them now.
        way.io.cancel().cancel();
        sink.abandon();
        return Err(error);
    }
    let batch = way.run.batches.end.saturating_sub(1);
    sink.end().map_err(way.failed(batch))
}

fn write_unit(
    way: &Way<'_>,
    sink: &mut dyn Sink,
    unit: &Unit,
    segments: Vec<Segment>,
    pipeline: &mut Pipeline<'_, '_>,
) -> Result<(), EngineError> {
    // What was handed over before the end is not waited for.
    way.io.cancel().check().map_err(way.failed(unit.batch))?;
    pipeline.check()?;
    let failed = way.failed(unit.batch);
    if unit.begins_batch {
        sink.begin(unit.batch).map_err(&failed)?;
    }
    for segment in segments {
        sink.write(segment).map_err(&failed)?;
    }
    if unit.ends_batch
        && let Some(sealing) = sink.seal().map_err(&failed)?
    {
        pipeline.commit(unit.batch, sealing)?;
    }
    Ok(())
}

/// Batches of a lane on their way from the end of writing to being told.
#[derive(Default)]
struct Commits(Mutex<Batches>);

#[derive(Default)]
struct Batches {
    /// In their order.
    under_way: VecDeque<u64>,
    /// Published, and waiting for those before.
    published: BTreeMap<u64, Committed>,
    failure: Option<EngineError>,
    failed: bool,
}

impl Commits {
    fn batches(&self) -> MutexGuard<'_, Batches> {
        // Whole whatever a panicking thread did: every change is one insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first failure of a commit.
    fn check(&self) -> Result<(), EngineError> {
        let mut batches = self.batches();
        match batches.failure.take() {
            Some(failure) => Err(failure),
            None if batches.failed => Err(EngineError::Cancelled),
            None => Ok(()),
        }
    }

    /// Commits `batch`, and tells it as soon as all before it are told.
    fn commit(&self, way: &Way<'_>, batch: u64, sealing: Sealing) {
        let committed = catch_unwind(AssertUnwindSafe(|| way.commit(batch, sealing)));
        let committed = committed.unwrap_or_else(|panic| Err(way.panicked(&*panic)));
        let mut batches = self.batches();
        let told = committed.and_then(|receipt| {
            batches.published.insert(batch, receipt.committed);
            while let Some(first) = batches.under_way.front().copied()
                && let Some(committed) = batches.published.remove(&first)
            {
                batches.under_way.pop_front();
                way.tell(first, &committed)?;
            }
            Ok(())
        });
        if let Err(error) = told
            && !batches.failed
        {
            batches.failed = true;
            batches.failure = Some(error);
            // The others would wait as long for the same place, and the one that is handed over now once more.
            way.io.cancel().cancel();
        }
    }
}

/// Threads that commit, begun when they are needed; none where a batch is published before the next begins.
struct Pipeline<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    way: &'scope Way<'scope>,
    commits: &'scope Commits,
    most: usize,
    begun: usize,
    jobs: Sender<(u64, Sealing)>,
    taken: Receiver<(u64, Sealing)>,
}

impl<'scope, 'env> Pipeline<'scope, 'env> {
    fn new(
        scope: &'scope Scope<'scope, 'env>,
        way: &'scope Way<'scope>,
        commits: &'scope Commits,
    ) -> Self {
        // A batch is handed to a committer that waits for it, so that no more are under way than may be.
        let (jobs, taken) = bounded(0);
        let most = way.target().about().commits.max(1);
        Self { scope, way, commits, most, begun: 0, jobs, taken }
    }

    fn check(&self) -> Result<(), EngineError> {
        self.commits.check()
    }

    fn commit(&mut self, batch: u64, sealing: Sealing) -> Result<(), EngineError> {
        self.commits.batches().under_way.push_back(batch);
        // One alone needs no thread.
        if self.most > 1 && self.begun < self.most {
            let (taken, way, commits) = (self.taken.clone(), self.way, self.commits);
            let work = move || {
                for (batch, sealing) in taken {
                    commits.commit(way, batch, sealing);
                }
            };
            match thread::Builder::new().name("committer".into()).spawn_scoped(self.scope, work) {
                Ok(_) => self.begun += 1,
                // Fewer commits overlap then.
                Err(error) => {
                    tracing::warn!(%error, "the system gives no more threads");
                    self.most = self.begun;
                }
            }
        }
        if self.begun == 0 {
            self.commits.commit(self.way, batch, sealing);
            return self.check();
        }
        // Committers are there as long as this end is.
        let _ = self.jobs.send((batch, sealing));
        self.check()
    }
}
