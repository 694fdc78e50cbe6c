//! A worker: makes the rows of one unit after the other and encodes them for every target.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::lane::Lane;
use super::memory::{BlockSize, Budget};
use super::units::Unit;
use super::{Control, EngineError, Run};
use crate::columns::{Block, Rows};
use crate::delivery::Encoding;
use crate::failures::Failures;
use crate::formats::{Segment, SegmentEncoder};
use crate::problems::panic_text;
use crate::remote::Cancel;

/// What a worker made of a unit.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    /// The segments of each output; none of one that no lane wants.
    pub(super) segments: Vec<Vec<Segment>>,
    pub(super) failures: Failures,
    /// What it holds of the budget.
    pub(super) bytes: u64,
}

/// The different ways in which rows are laid out in a run: targets that lay out alike share one.
#[derive(Debug)]
pub(super) struct Outputs {
    pub(super) all: Vec<Output>,
}

/// A way in which rows are laid out.
#[derive(Debug)]
pub(super) struct Output {
    /// The connector that first has it, for messages.
    connector: &'static str,
    encoding: Encoding,
    /// The columns that it takes of a block; `None`: all, as they are.
    columns: Option<Vec<usize>>,
    /// Who takes the segments.
    pub(super) lanes: Vec<Taker>,
}

/// A lane that takes segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taker {
    /// Its place among the open lanes.
    pub(super) number: usize,
    /// The first batch that it takes.
    pub(super) from: u64,
}

impl Outputs {
    pub(super) fn new(run: &Run, lanes: &[Lane<'_>]) -> Self {
        let table = run.plan.table();
        let visible = table.visible.columns.len();
        let mut all: Vec<Output> = Vec::new();
        for (number, lane) in lanes.iter().enumerate() {
            let target = &run.targets[lane.way.index];
            let columns = target.payload().columns.clone();
            let columns = columns.or_else(|| {
                (!table.hidden.columns.is_empty()).then(|| (0..visible).collect::<Vec<_>>())
            });
            let (encoding, taker) = (lane.encoding(), Taker { number, from: lane.from });
            let same = |output: &&mut Output| {
                output.encoding.is_same(encoding) && output.columns == columns
            };
            match all.iter_mut().find(same) {
                Some(output) => output.lanes.push(taker),
                None => all.push(Output {
                    connector: target.about().connector,
                    encoding: encoding.clone(),
                    columns,
                    lanes: vec![taker],
                }),
            }
        }
        Self { all }
    }

    /// Rows of a unit: as many as the largest segment.
    pub(super) fn unit_rows(&self) -> u64 {
        let rows = self.all.iter().map(|output| output.encoding.segment_rows().max(1) as u64);
        rows.max().unwrap_or(1)
    }
}

/// What one thread keeps between units.
pub(super) struct Worker<'a> {
    run: &'a Run,
    control: &'a Control,
    stop: &'a Cancel,
    own: Vec<Own<'a>>,
    budget: &'a Budget,
    block_size: BlockSize,
    /// The smallest segment: every segment begins at a multiple of it, for all are powers of two.
    smallest_segment: u64,
}

/// A worker's own encoder of an output.
struct Own<'a> {
    output: &'a Output,
    segment_rows: u64,
    encoder: Box<dyn SegmentEncoder>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        run: &'a Run,
        control: &'a Control,
        outputs: &'a Outputs,
        stop: &'a Cancel,
        budget: &'a Budget,
    ) -> Self {
        let own = |output: &'a Output| Own {
            output,
            segment_rows: output.encoding.segment_rows().max(1) as u64,
            encoder: output.encoding.segment_encoder(),
        };
        let own: Vec<_> = outputs.all.iter().map(own).collect();
        let smallest_segment = own.iter().map(|own| own.segment_rows).min().unwrap_or(1);
        let block_size = BlockSize::new(run);
        Self { run, control, stop, own, budget, block_size, smallest_segment }
    }

    /// The encoded rows of `unit`: the segments of each target.
    pub(super) fn make(&mut self, unit: &Unit) -> Result<Encoded, EngineError> {
        // A panic fails this command, not the server: other commands share the process.
        catch_unwind(AssertUnwindSafe(|| self.encode(unit))).unwrap_or_else(|panic| {
            Err(EngineError::Panicked { first_row: unit.first_row, message: panic_text(&*panic) })
        })
    }

    fn encode(&mut self, unit: &Unit) -> Result<Encoded, EngineError> {
        let segments = self.own.iter().map(|_| Vec::new()).collect();
        let mut encoded = Encoded { segments, ..Encoded::default() };
        let mut position = 0;
        // Also an empty batch: there may be any number of them.
        if self.stop.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        while position < unit.rows {
            if self.stop.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            let to_segment_end = self.smallest_segment - position % self.smallest_segment;
            let count = self.block_size.rows(to_segment_end.min(unit.rows - position));
            let rows = Rows { first: unit.first_row + position, count: count as usize };
            let expected = self.block_size.expected(count);
            self.budget.reserve(unit.number, encoded.bytes, expected)?;
            let block = self.run.plan.generate(rows, &mut encoded.failures)?;
            let taken = self.block_size.learn(&block);
            encoded.bytes += taken;
            position += count;
            for (own, segments) in self.own.iter_mut().zip(&mut encoded.segments) {
                let takers = &own.output.lanes;
                if takers.iter().all(|lane| lane.from > unit.batch) {
                    continue;
                }
                let connector = own.output.connector;
                let failed = |source| EngineError::Encode { connector, source };
                let appended = match &own.output.columns {
                    None => own.encoder.append(&block),
                    Some(columns) => own.encoder.append(&project(&block, columns)),
                };
                appended.map_err(failed)?;
                if position % own.segment_rows == 0 || position == unit.rows {
                    segments.push(own.encoder.finish().map_err(failed)?);
                }
            }
            drop(block);
            self.budget.correct(expected, taken);
            self.control.generated(count);
        }
        // Encoded rows are smaller than what was held for them while they were laid out; each lane that takes
        // them has its own.
        let bytes = self.own.iter().zip(&encoded.segments).map(|(own, segments)| {
            let takers = own.output.lanes.iter().filter(|lane| lane.from <= unit.batch).count();
            let bytes = segments.iter().map(|segment| segment.bytes.capacity() as u64);
            bytes.sum::<u64>() * takers as u64
        });
        let bytes = bytes.sum::<u64>().min(encoded.bytes);
        self.budget.correct(encoded.bytes, bytes);
        encoded.bytes = bytes;
        Ok(encoded)
    }
}

/// The columns of the numbers `columns` of a block.
fn project(block: &Block, columns: &[usize]) -> Block {
    let columns = columns.iter().filter_map(|index| block.columns.get(*index).cloned()).collect();
    Block { rows: block.rows, columns }
}
