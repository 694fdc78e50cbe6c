//! The engine: runs a plan into sinks.
//!
//! ```text
//! writer (the calling thread)                         worker × threads
//! unit numbers ── bounded channel ──►  generate blocks, encode them for every target
//! row order   ◄── bounded channel ──   encoded segments
//!     │
//!     └─► sink per target: begin batch · write … · commit batch
//! ```
//!
//! A *unit* is what one worker makes at a time: as many rows as the largest segment of the targets'
//! encoders, never across batches. Units are numbered, written in order, and at most a few per
//! worker are under way, so memory depends on threads and unit size only; a budget in bytes bounds it.
//! Nothing of threads or block
//! size reaches a byte of the output.
//!
//! The engine knows plans, encoders and sinks; it knows nothing of models, commands or async.

mod control;
mod memory;
mod units;
mod worker;

pub use control::Control;
pub use memory::check_memory;

use std::collections::BTreeMap;
use std::error::Error;
use std::mem;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::delivery::{
    Beside, Committed, Durability, Holder, Opened, Published, Sealing, Sink, Start, Target,
};
use crate::failures::Failures;
use crate::formats::{EncodeError, Segment};
use crate::plan::{GenerateRowsError, Plan};
use crate::remote::{Failure, Io, Network};
use memory::{Budget, Ending};
use units::{Unit, Units};
use worker::Worker;

/// What to run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Makes the rows.
    pub plan: Arc<Plan>,
    /// Where they go; at least one.
    pub targets: Vec<Arc<dyn Target>>,
    /// Rows of a batch.
    pub batch_rows: u64,
    /// Numbers of the batches to make; batch `b` holds the rows from `b * batch_rows` on. Those before the first
    /// one are committed by earlier runs of the command and stay.
    pub batches: Range<u64>,
    /// Who runs it: unique to a command or a run.
    pub holder: Holder,
    /// Workers, at least 1.
    pub threads: usize,
    /// Bytes that rows under way may take; fewer threads work where they would take more.
    pub memory_bytes: u64,
    /// Where connectors speak with their places.
    pub network: Network,
    /// Rows of a block, for tests and measurements; the plan knows a good number.
    pub block_rows: Option<usize>,
}

/// Why an [`Observer`] could not take note of what became durable.
pub type ObserverError = Box<dyn Error + Send + Sync>;

/// Is told what became durable, in order.
pub trait Observer {
    /// Batch `batch` of the target at `target` is durable. Not called for a target whose batches are
    /// not [durable by themselves](Durability::Batches).
    ///
    /// # Errors
    ///
    /// Why it could not take note; the command then fails.
    fn committed(
        &mut self,
        batch: u64,
        target: usize,
        committed: &Committed,
    ) -> Result<(), ObserverError>;

    /// The target at `target` has ended; for one that does not commit batches, all rows of the run
    /// became durable now.
    ///
    /// # Errors
    ///
    /// Why it could not take note; the command then fails.
    fn finished(&mut self, target: usize, committed: &Committed) -> Result<(), ObserverError>;

    /// The target at `target` is open, and files of earlier commands stay there beside those of the run.
    fn beside(&mut self, target: usize, beside: &Beside) {
        let _ = (target, beside);
    }

    /// In `batch`, which is about to be committed, these rows are null because user code failed on them.
    /// Called once for a batch with such rows, before any of its commits.
    fn failed_rows(&mut self, batch: u64, failures: Failures) {
        let _ = (batch, failures);
    }
}

/// Takes no notice.
impl Observer for () {
    fn committed(&mut self, _: u64, _: usize, _: &Committed) -> Result<(), ObserverError> {
        Ok(())
    }

    fn finished(&mut self, _: usize, _: &Committed) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// Why a run ended early. What was committed before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A value could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateRowsError),
    /// Rows could not be encoded.
    #[error("connector `{connector}`")]
    Encode {
        /// The connector's name.
        connector: &'static str,
        /// What is wrong.
        source: EncodeError,
    },
    /// A sink refused.
    #[error("connector `{connector}`, batch {batch}")]
    Sink {
        /// The connector's name.
        connector: &'static str,
        /// The batch that is lost.
        batch: u64,
        /// What is wrong.
        source: Failure,
    },
    /// A fault in this program or in user code, caught at the worker's border.
    #[error("rows from {first_row} on: internal error: {message}")]
    Panicked {
        /// First row of the unit that was lost.
        first_row: u64,
        /// What the panic said.
        message: String,
    },
    /// The command's record could not be kept.
    #[error("batch {batch}")]
    Record {
        /// The batch whose commit could not be recorded.
        batch: u64,
        /// Why.
        source: ObserverError,
    },
    /// What is made at a time does not fit into the budget of the command.
    #[error(
        "connector `{connector}` would hold {needed} MiB for {rows} rows that it lays out together, more than \
         the {budget} MiB of `command_memory_bytes`: give {option}, or a larger `command_memory_bytes`"
    )]
    SegmentTooLarge {
        /// The connector's name.
        connector: &'static str,
        /// Rows of a segment.
        rows: u64,
        /// What they need, in MiB.
        needed: u64,
        /// The budget, in MiB.
        budget: u64,
        /// What makes segments smaller, in words.
        option: &'static str,
    },
    /// Rows turned out larger than anybody knew.
    #[error(
        "rows that are laid out together take {} MiB, more than the {} MiB of `command_memory_bytes`: make \
         shorter texts, or give a larger `command_memory_bytes`",
        needed >> 20,
        budget >> 20
    )]
    Memory {
        /// What they need, in bytes.
        needed: u64,
        /// The budget, in bytes.
        budget: u64,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Makes all batches and commits them in order.
///
/// Returns when every row is acknowledged by every target.
///
/// # Errors
///
/// The first error in row order; nothing of the batch concerned is visible then.
pub fn run(run: &Run, control: &Control, observer: &mut dyn Observer) -> Result<(), EngineError> {
    let mut writer = Writer::open(run, control, observer)?;
    let units = Units::new(run);
    let budget = Budget::new(run.memory_bytes);
    let threads = memory::threads(run);
    if threads <= 1 {
        let mut worker = Worker::new(run, control, &budget);
        for unit in units {
            let encoded = worker.make(&unit)?;
            let bytes = encoded.bytes;
            writer.write(&unit, encoded)?;
            budget.written(unit.number, bytes);
        }
    } else {
        run_threads(run, threads, control, &budget, units, &mut writer)?;
    }
    control.held(budget.peak());
    writer.finish()
}

/// Units under way per worker: one at work, one waiting on either side.
const UNITS_PER_WORKER: usize = 2;

/// What a worker made of a unit.
#[derive(Debug, Default)]
struct Encoded {
    /// The segments of each target.
    segments: Vec<Vec<Segment>>,
    failures: Failures,
    /// What it holds of the budget.
    bytes: u64,
}

type Done = (Unit, Result<Encoded, EngineError>);

fn run_threads(
    run: &Run,
    threads: usize,
    control: &Control,
    budget: &Budget,
    mut units: Units,
    writer: &mut Writer<'_>,
) -> Result<(), EngineError> {
    let permits = threads * UNITS_PER_WORKER;
    // Both channels hold every permit, so that no send ever waits while another thread waits for us.
    let (todo_tx, todo_rx): (Sender<Unit>, Receiver<Unit>) = bounded(permits);
    let (done_tx, done_rx): (Sender<Done>, Receiver<Done>) = bounded(permits);
    thread::scope(|scope| {
        // However this thread leaves, no worker waits for room after it.
        let _ending = Ending(budget);
        for _ in 0..threads {
            let (todo, done) = (todo_rx.clone(), done_tx.clone());
            scope.spawn(move || {
                let mut worker = Worker::new(run, control, budget);
                for unit in todo {
                    let encoded = worker.make(&unit);
                    if done.send((unit, encoded)).is_err() {
                        return;
                    }
                }
            });
        }
        drop((todo_rx, done_tx));
        // Moved in, so that an early return hangs up and every worker ends.
        let (todo, done) = (todo_tx, done_rx);
        let mut waiting: BTreeMap<u64, Done> = BTreeMap::new();
        let mut under_way = 0;
        let mut next = 0;
        loop {
            while under_way < permits {
                let Some(unit) = units.next() else { break };
                if todo.send(unit).is_err() {
                    break;
                }
                under_way += 1;
            }
            if under_way == 0 {
                return Ok(());
            }
            // Every permit given out is at a worker or waiting here, so one of them comes. Workers end
            // before that only by a panic outside of `Worker::make`, which the scope raises again here:
            // what is returned is then never seen.
            let Ok(finished) = done.recv() else { return Err(EngineError::Cancelled) };
            waiting.insert(finished.0.number, finished);
            while let Some((unit, encoded)) = waiting.remove(&next) {
                let encoded = encoded?;
                let bytes = encoded.bytes;
                writer.write(&unit, encoded)?;
                budget.written(unit.number, bytes);
                next += 1;
                under_way -= 1;
            }
        }
    })
}

/// Hands encoded units to the sinks in row order.
struct Writer<'a> {
    run: &'a Run,
    control: &'a Control,
    observer: &'a mut dyn Observer,
    lanes: Vec<Lane>,
    /// Whether every target acknowledges each batch by itself.
    commits_batches: bool,
    /// The last batch begun, for messages of `finish`.
    batch: u64,
    /// Rows of that batch that failed.
    failures: Failures,
}

struct Lane {
    sink: Box<dyn Sink>,
    io: Io,
    _hold: Box<dyn Send>,
}

impl<'a> Writer<'a> {
    fn open(
        run: &'a Run,
        control: &'a Control,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, EngineError> {
        let first = run.batches.start;
        let start =
            Start { holder: run.holder.clone(), batches: run.batches.clone(), sealed: Vec::new() };
        let mut lanes = Vec::with_capacity(run.targets.len());
        for (index, target) in run.targets.iter().enumerate() {
            let io = Io::new(&run.network, control.token());
            let Opened { sink, beside, hold, .. } = target.open(&start, &io).map_err(|source| {
                EngineError::Sink { connector: target.about().connector, batch: first, source }
            })?;
            if let Some(beside) = beside {
                observer.beside(index, &beside);
            }
            lanes.push(Lane { sink, io, _hold: hold });
        }
        let commits_batches =
            run.targets.iter().all(|target| target.about().durability == Durability::Batches);
        let failures = Failures::default();
        Ok(Self { run, control, observer, lanes, commits_batches, batch: first, failures })
    }

    fn write(&mut self, unit: &Unit, encoded: Encoded) -> Result<(), EngineError> {
        self.batch = unit.batch;
        self.failures.add(encoded.failures);
        for (index, segments) in encoded.segments.into_iter().enumerate() {
            let sink = &mut self.lanes[index].sink;
            let connector = self.run.targets[index].about().connector;
            let failed = |source| EngineError::Sink { connector, batch: unit.batch, source };
            if unit.begins_batch {
                sink.begin(unit.batch).map_err(failed)?;
            }
            for segment in segments {
                sink.write(segment).map_err(failed)?;
            }
        }
        if unit.ends_batch {
            let failures = mem::take(&mut self.failures);
            if !failures.is_empty() {
                self.observer.failed_rows(unit.batch, failures);
            }
            for index in 0..self.lanes.len() {
                let sealing = self.lanes[index].sink.seal();
                let committed = self.commit(index, sealing)?;
                if self.run.targets[index].about().durability == Durability::Batches {
                    let batch = self.batch;
                    self.observer
                        .committed(batch, index, &committed)
                        .map_err(|source| EngineError::Record { batch, source })?;
                }
            }
            if self.commits_batches {
                self.control.batches_committed(1, self.run.batch_rows);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), EngineError> {
        let batch = self.batch;
        for (index, lane) in mem::take(&mut self.lanes).into_iter().enumerate() {
            let sealing = lane.sink.end();
            let committed = self.commit(index, sealing)?;
            self.observer
                .finished(index, &committed)
                .map_err(|source| EngineError::Record { batch, source })?;
        }
        if !self.commits_batches {
            let batches = self.run.batches.end - self.run.batches.start;
            self.control.batches_committed(batches, batches * self.run.batch_rows);
        }
        Ok(())
    }

    fn commit(
        &mut self,
        index: usize,
        sealing: Result<Option<Sealing>, Failure>,
    ) -> Result<Committed, EngineError> {
        let batch = self.batch;
        let target = &self.run.targets[index];
        let connector = target.about().connector;
        let failed = |source| EngineError::Sink { connector, batch, source };
        let Some(sealing) = sealing.map_err(failed)? else { return Ok(Committed::default()) };
        let io = self.lanes.get(index).map_or_else(
            || Io::new(&self.run.network, self.control.token()),
            |lane| lane.io.clone(),
        );
        let receipt = sealing.wait(&io).map_err(failed)?;
        let published = target.publish(&receipt, &io).and_then(|published| match published {
            Published::Done => Ok(()),
            Published::Lost => Err(Failure::fault("what was sealed is gone")),
        });
        if let Err(source) = published {
            // Nobody takes it up again.
            if let Err(error) = target.discard(&receipt, &io.last_words()) {
                tracing::warn!(%error, connector, batch, "a sealed batch stays behind");
            }
            return Err(failed(source));
        }
        self.control.committed(&receipt.committed);
        Ok(receipt.committed)
    }
}
