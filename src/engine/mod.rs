//! The engine: runs a plan into targets.
//!
//! ```text
//! handing (the calling thread)                        worker × threads
//! unit numbers ── bounded channel ──►  generate blocks, encode them, once for targets that lay out alike
//! row order    ◄── bounded channel ──  encoded segments
//!     │
//!     └─► lane per target (a thread): begin · write … · seal ─► committers: record · publish · tell
//! ```
//!
//! A *unit* is what one worker makes at a time: as many rows as the largest segment of the targets'
//! encoders, never across batches. Units are numbered and handed to the lanes in order; at most a few per worker
//! are under way, and a lane that is slower than others is waited for at a bounded distance, so memory depends
//! on threads, lanes and unit size only; a budget in bytes bounds it. Nothing of threads, lanes or block
//! size reaches a byte of the output.
//!
//! Each lane has its own place to go on at after an interruption. The first failure of any part ends the run, and
//! is what is told; where a place has only lost the batch under way, the run goes on from there ([`again`]).
//!
//! The engine knows plans, encoders and targets; it knows nothing of models, commands or async.

mod again;
mod control;
mod handing;
mod lane;
mod memory;
mod probe;
mod retire;
mod shares;
mod units;
mod worker;

pub use control::Control;
pub(crate) use control::LaneProgress;
pub(crate) use memory::check_memory;
pub(crate) use probe::{NotReady, probe};
pub(crate) use retire::retire;
pub(crate) use shares::{Segment, Shares};

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

use crate::delivery::{Beside, Committed, Holder, Receipt, Target};
use crate::failures::Failures;
use crate::formats::EncodeError;
use crate::plan::{GenerateRowsError, Plan};
use crate::remote::{Failure, Network};
use units::Unit;
use worker::Encoded;

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
    /// Where each target goes on, by its place; a target that is not there begins at the first batch.
    pub resumes: Vec<Resume>,
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

/// Where a target goes on after an interruption.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resume {
    /// The first batch that is not known to be published.
    pub(crate) next_batch: u64,
    /// Batches from there on that are sealed, in order, and perhaps published.
    pub(crate) sealed: Vec<(u64, Receipt)>,
}

/// Why an [`Observer`] could not take note of what became durable.
pub(crate) type ObserverError = Box<dyn Error + Send + Sync>;

/// Is told what became durable: of each target in order, of several in any. Called from several threads.
pub trait Observer: Sync {
    /// Batch `batch` of the target at `target` is sealed, and will be published when this returns. Whether it
    /// is recorded, so that it is published later if the run ends before; otherwise it is discarded then.
    ///
    /// # Errors
    ///
    /// Why it could not be recorded; the run then fails.
    fn sealed(&self, batch: u64, target: usize, receipt: &Receipt) -> Result<bool, ObserverError> {
        let _ = (batch, target, receipt);
        Ok(false)
    }

    /// Batch `batch` of the target at `target` is durable. Not called for a target that acknowledges
    /// [all batches together](crate::delivery::Durability::Run).
    ///
    /// # Errors
    ///
    /// Why it could not take note; the run then fails.
    fn committed(
        &self,
        batch: u64,
        target: usize,
        committed: &Committed,
    ) -> Result<(), ObserverError>;

    /// The target at `target` has ended; for one that acknowledges all batches together, all rows of the run
    /// became durable now.
    ///
    /// # Errors
    ///
    /// Why it could not take note; the run then fails.
    fn finished(&self, target: usize, committed: &Committed) -> Result<(), ObserverError>;

    /// The target at `target` is open, and files of earlier commands stay there beside those of the run.
    fn beside(&self, target: usize, beside: &Beside) {
        let _ = (target, beside);
    }

    /// In `batch`, these rows are null because user code failed on them. Called once for a batch with such
    /// rows, before any of its commits.
    fn failed_rows(&self, batch: u64, failures: Failures) {
        let _ = (batch, failures);
    }
}

/// Takes no notice.
impl Observer for () {
    fn committed(&self, _: u64, _: usize, _: &Committed) -> Result<(), ObserverError> {
        Ok(())
    }

    fn finished(&self, _: usize, _: &Committed) -> Result<(), ObserverError> {
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
    /// Targets cannot be reached or written to, or do not fit the rows.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    NotReady(Vec<NotReady>),
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
    /// A fault in this program, caught at the border of a lane.
    #[error("connector `{connector}`: internal error: {message}")]
    LanePanicked {
        /// The connector's name.
        connector: &'static str,
        /// What the panic said.
        message: String,
    },
    /// The system gives no thread for the work.
    #[error("the system gives no more threads: run fewer commands at a time, or raise its limits")]
    Thread {
        /// What the system said.
        source: std::io::Error,
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

/// What workers and lanes tell the thread that hands out.
enum Event {
    /// A worker has made a unit.
    Made(Unit, Result<Encoded, EngineError>),
    /// A lane has written the unit of that number.
    Written(u64),
    /// A lane has ended.
    Ended(Result<(), EngineError>),
}

/// Makes all batches and delivers them to every target.
///
/// Returns when every row is acknowledged by every target, or when nothing more is under way.
///
/// # Errors
///
/// The first error. What other targets have acknowledged by then stays.
pub fn run(run: &Run, control: &Control, observer: &dyn Observer) -> Result<(), EngineError> {
    again::run(run, control, observer)
}
