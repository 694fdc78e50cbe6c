//! How much a run holds in memory, and that it stays within its budget.
//!
//! Rows under way are held as the current block of a worker, as the segments that it encodes, and as
//! encoded segments that lanes have not written yet. Workers [reserve](Budget::reserve) what a block
//! will add before they make it, by what earlier blocks took, so user code that makes larger texts than
//! anybody knew is noticed after a small first block. Whoever finds the budget taken waits; only the
//! worker of the unit that is next in row order goes on, for the others wait for it, unless lanes have so much
//! that they are to be waited for. Half of the budget is for the others, so that this one always has room. A
//! unit that alone does not fit fails the command.
//!
//! Nothing of this reaches a byte of the output.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{EngineError, Run, Segment};
use crate::columns::Block;
use crate::delivery::Target;
use crate::plan::Plan;

/// Rows of a worker's first block: what its rows take is known after it.
const FIRST_BLOCK_ROWS: u64 = 64;

/// A block grows at most so many times from one to the next.
const GROWTH: u64 = 8;

/// Bytes that a block should stay below, where rows turn out larger than the plan knew.
const BLOCK_BYTES: u64 = 8 << 20;

/// Bytes per column and target that a worker keeps for its next segment.
const COLUMN_BYTES: u64 = 2 << 10;

/// What one byte of rows takes in a segment that is being encoded, in halves: buffers that grow hold more
/// than their content.
pub(super) const ENCODING_HALVES: u64 = 3;

/// What a run may hold, shared by its workers and its lanes.
#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    state: Mutex<State>,
    /// Something was given back, or the run ends.
    changed: Condvar,
    peak: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    held: u64,
    /// What of that lanes have, who give it back without anybody's help.
    behind: u64,
    /// Number of the unit that is handed to the lanes next.
    next: u64,
    ended: bool,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Self { limit: limit.max(1), state, changed, peak: AtomicU64::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers only: whole whatever a panicking thread did.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `bytes` more for the unit `number`, which has `own` already; waits until there is room.
    pub(super) fn reserve(&self, number: u64, own: u64, bytes: u64) -> Result<(), EngineError> {
        let mut state = self.state();
        loop {
            if state.ended {
                return Err(EngineError::Cancelled);
            }
            if state.held + bytes <= self.limit / 2 {
                break;
            }
            if state.next == number {
                if own + bytes > self.limit {
                    return Err(EngineError::Memory { needed: own + bytes, budget: self.limit });
                }
                if state.behind == 0 || state.held + bytes <= self.limit {
                    break;
                }
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.held += bytes;
        self.peak.fetch_max(state.held, Ordering::Relaxed);
        Ok(())
    }

    /// Counts `now` instead of the `before` bytes that were reserved.
    pub(super) fn correct(&self, before: u64, now: u64) {
        let mut state = self.state();
        state.held = (state.held + now).saturating_sub(before);
        self.peak.fetch_max(state.held, Ordering::Relaxed);
        if now < before {
            self.changed.notify_all();
        }
    }

    /// The unit `number` is handed to the lanes with its `bytes`.
    pub(super) fn handed(&self, number: u64, bytes: u64) {
        let mut state = self.state();
        state.behind += bytes;
        state.next = number + 1;
        self.changed.notify_all();
    }

    /// Every lane has written a unit, which gives back its `bytes`.
    pub(super) fn written(&self, bytes: u64) {
        let mut state = self.state();
        state.held = state.held.saturating_sub(bytes);
        state.behind = state.behind.saturating_sub(bytes);
        self.changed.notify_all();
    }

    /// Nobody waits any more.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.changed.notify_all();
    }

    /// The most that was held at a time.
    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

/// Ends a budget when the writer goes, however it goes: no worker waits for it then.
pub(super) struct Ending<'a>(pub(super) &'a Budget);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// How large the next block of a worker is.
#[derive(Debug)]
pub(super) struct BlockSize {
    most_rows: u64,
    rows: u64,
    /// Bytes of a row, as far as they are known.
    row_bytes: u64,
    /// What each byte of rows takes in the segments of all targets, in halves.
    encoding_halves: u64,
}

impl BlockSize {
    pub(super) fn new(run: &Run) -> Self {
        let wished = run.block_rows.map(|rows| rows.max(1) as u64);
        let most_rows = wished.unwrap_or_else(|| run.plan.block_rows().max(1) as u64);
        Self {
            most_rows,
            rows: wished.unwrap_or_else(|| most_rows.min(FIRST_BLOCK_ROWS)),
            row_bytes: run.plan.table().row_width(),
            encoding_halves: ENCODING_HALVES * run.targets.len() as u64,
        }
    }

    /// Rows of the next block, at most `most`.
    pub(super) fn rows(&self, most: u64) -> u64 {
        self.rows.min(most)
    }

    /// What a block of `rows` will take: itself, and its share of the segments.
    pub(super) fn expected(&self, rows: u64) -> u64 {
        let bytes = rows.saturating_mul(self.row_bytes);
        bytes.saturating_add(self.encoded(bytes))
    }

    fn encoded(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(self.encoding_halves) / 2
    }

    /// Learns from a block, and answers what it takes in the segments from now on.
    pub(super) fn learn(&mut self, block: &Block) -> u64 {
        let (rows, bytes) = (block.rows.count as u64, block_bytes(block, self.row_bytes));
        // A few rows more than the average may be long: what was once seen counts on, fading slowly.
        let seen = bytes.div_ceil(rows.max(1));
        self.row_bytes = seen.max(self.row_bytes - self.row_bytes / 8).max(1);
        let fitting = (BLOCK_BYTES / self.row_bytes).max(1);
        self.rows = (self.rows * GROWTH).min(self.most_rows).min(fitting).max(1);
        self.encoded(bytes)
    }
}

/// Bytes of a block's values as files hold them.
fn block_bytes(block: &Block, declared_row: u64) -> u64 {
    let texts: u64 = block.columns.iter().map(|column| column.text_bytes()).sum();
    // What has a fixed width, or is drawn from a list, is as the plan knows it.
    texts.max(declared_row.saturating_mul(block.rows.count as u64))
}

/// Bytes that a worker holds whatever it makes: a block and what encoders keep.
fn worker_bytes(run: &Run) -> u64 {
    let schema = run.plan.schema();
    let columns = schema.columns.len() as u64 * run.targets.len() as u64;
    let block = schema.row_width().saturating_mul(run.plan.block_rows() as u64);
    columns.saturating_mul(COLUMN_BYTES).saturating_add(block).max(1)
}

/// Threads that the budget of `run` has room for.
pub(super) fn threads(run: &Run) -> usize {
    let fitting = run.memory_bytes / 2 / worker_bytes(run);
    run.threads.min(usize::try_from(fitting).unwrap_or(usize::MAX)).max(1)
}

/// Refuses a run of batches of `rows` of which what is laid out together cannot fit into `memory_bytes`, as
/// far as the plan knows.
///
/// # Errors
///
/// [`EngineError::SegmentTooLarge`], with the option that makes it smaller.
pub(crate) fn check_memory(
    plan: &Plan,
    targets: &[Arc<dyn Target>],
    batch_rows: u64,
    memory_bytes: u64,
) -> Result<(), EngineError> {
    let Some(largest) = Segment::largest(plan, targets, batch_rows) else { return Ok(()) };
    let buffers: u64 = targets.iter().map(|target| target.about().buffer_bytes).sum();
    let needed = largest.bytes.saturating_add(buffers);
    if needed <= memory_bytes {
        return Ok(());
    }
    let encoding = targets.iter().find(|target| target.about().connector == largest.connector);
    let option = encoding.and_then(|target| target.payload().encoding.segment_option());
    Err(EngineError::SegmentTooLarge {
        connector: largest.connector,
        rows: largest.rows,
        needed: needed >> 20,
        budget: memory_bytes >> 20,
        option: option.unwrap_or("fewer rows of a batch"),
    })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn others_wait_while_the_next_unit_goes_on() {
        let budget = Budget::new(100);
        budget.reserve(1, 0, 40).unwrap();
        thread::scope(|scope| {
            let (told, heard) = bounded(1);
            let budget = &budget;
            scope.spawn(move || told.send(budget.reserve(2, 0, 20).is_ok()));
            // The next one may take what is left, and more than half of it.
            budget.reserve(0, 0, 60).unwrap();
            assert!(heard.try_recv().is_err());
            assert!(matches!(
                budget.reserve(0, 60, 60),
                Err(EngineError::Memory { needed: 120, budget: 100 })
            ));
            budget.handed(0, 60);
            budget.written(60);
            budget.correct(40, 10);
            assert_eq!(heard.recv(), Ok(true));
        });
        assert_eq!(budget.peak(), 100);
    }

    #[test]
    fn whoever_waits_hears_of_the_end() {
        let budget = Budget::new(10);
        budget.reserve(1, 0, 5).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| budget.reserve(2, 0, 5));
            drop(Ending(&budget));
            assert!(matches!(waiting.join().unwrap(), Err(EngineError::Cancelled)));
        });
    }
}
