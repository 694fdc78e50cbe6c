//! The row ranges of a run, in order: what one worker makes at a time.

use super::Run;

/// A range of rows inside one batch, as many as the largest segment holds or fewer at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// Counts from 0 over the run: the order of writing.
    pub(super) number: u64,
    /// The batch it belongs to.
    pub(super) batch: u64,
    /// Row number of its first row.
    pub(super) first_row: u64,
    /// Number of rows; 0 only in an empty batch.
    pub(super) rows: u64,
    /// Whether it is the batch's first one.
    pub(super) begins_batch: bool,
    /// Whether it is the batch's last one.
    pub(super) ends_batch: bool,
}

/// Iterates over the units of a run.
#[derive(Debug)]
pub(super) struct Units {
    rows_per_batch: u64,
    unit_rows: u64,
    batch: u64,
    last_batch: u64,
    /// Position inside the batch.
    position: u64,
    number: u64,
}

impl Units {
    /// The units of `run` from the batch `first` on, of `unit_rows` rows each.
    pub(super) fn new(run: &Run, unit_rows: u64, first: u64) -> Self {
        Self {
            rows_per_batch: run.batch_rows,
            unit_rows: unit_rows.max(1),
            batch: first,
            last_batch: run.batches.end,
            position: 0,
            number: 0,
        }
    }
}

impl Iterator for Units {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        if self.batch >= self.last_batch {
            return None;
        }
        let rows = self.unit_rows.min(self.rows_per_batch - self.position);
        let unit = Unit {
            number: self.number,
            batch: self.batch,
            // Below 2^64: the plan is refused when its last row number is not.
            first_row: self.batch * self.rows_per_batch + self.position,
            rows,
            begins_batch: self.position == 0,
            ends_batch: self.position + rows == self.rows_per_batch,
        };
        self.number += 1;
        self.position += rows;
        if unit.ends_batch {
            self.batch += 1;
            self.position = 0;
        }
        Some(unit)
    }
}
