//! A worker: makes the rows of one unit after the other and encodes them for every target.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::memory::{BlockSize, Budget};
use super::units::Unit;
use super::{Control, Encoded, EngineError, Run};
use crate::columns::Rows;
use crate::formats::SegmentEncoder;
use crate::problems::panic_text;

/// What one thread keeps between units.
pub(super) struct Worker<'a> {
    run: &'a Run,
    control: &'a Control,
    outputs: Vec<Output>,
    budget: &'a Budget,
    block_size: BlockSize,
    /// The smallest segment: every segment begins at a multiple of it, for all are powers of two.
    smallest_segment: u64,
}

struct Output {
    connector: &'static str,
    segment_rows: u64,
    encoder: Box<dyn SegmentEncoder>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(run: &'a Run, control: &'a Control, budget: &'a Budget) -> Self {
        let outputs: Vec<_> = run
            .targets
            .iter()
            .map(|target| Output {
                connector: target.about().connector,
                segment_rows: target.payload().encoding.segment_rows().max(1) as u64,
                encoder: target.payload().encoding.segment_encoder(),
            })
            .collect();
        let smallest_segment = outputs.iter().map(|output| output.segment_rows).min().unwrap_or(1);
        let block_size = BlockSize::new(run);
        Self { run, control, outputs, budget, block_size, smallest_segment }
    }

    /// The encoded rows of `unit`: the segments of each target.
    pub(super) fn make(&mut self, unit: &Unit) -> Result<Encoded, EngineError> {
        // A panic fails this command, not the server: other commands share the process.
        catch_unwind(AssertUnwindSafe(|| self.encode(unit))).unwrap_or_else(|panic| {
            Err(EngineError::Panicked { first_row: unit.first_row, message: panic_text(&*panic) })
        })
    }

    fn encode(&mut self, unit: &Unit) -> Result<Encoded, EngineError> {
        let segments = self.outputs.iter().map(|_| Vec::new()).collect();
        let mut encoded = Encoded { segments, ..Encoded::default() };
        let mut position = 0;
        // Also an empty batch: there may be any number of them.
        if self.control.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        while position < unit.rows {
            if self.control.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            let to_segment_end = self.smallest_segment - position % self.smallest_segment;
            let count = self.block_size.rows(to_segment_end.min(unit.rows - position));
            let rows = Rows { first: unit.first_row + position, count: count as usize };
            let expected = self.block_size.expected(count);
            self.budget.reserve(unit.number, encoded.bytes, expected)?;
            let block = self.run.plan.generate_counting(rows, &mut encoded.failures)?;
            let taken = self.block_size.learn(&block);
            encoded.bytes += taken;
            position += count;
            for (output, segments) in self.outputs.iter_mut().zip(&mut encoded.segments) {
                let failed = |source| EngineError::Encode { connector: output.connector, source };
                output.encoder.append(&block).map_err(failed)?;
                if position % output.segment_rows == 0 || position == unit.rows {
                    segments.push(output.encoder.finish().map_err(failed)?);
                }
            }
            drop(block);
            self.budget.correct(expected, taken);
            self.control.generated(count);
        }
        // Encoded rows are smaller than what was held for them while they were laid out.
        let bytes =
            encoded.segments.iter().flatten().map(|segment| segment.bytes.capacity() as u64);
        let bytes = bytes.sum::<u64>().min(encoded.bytes);
        self.budget.correct(encoded.bytes, bytes);
        encoded.bytes = bytes;
        Ok(encoded)
    }
}
