//! Rows as text: the one writer behind CSV and JSON lines.
//!
//! A [`RowTemplate`] is made once from a schema: for each column the bytes before and after a value, what a
//! null becomes, and how its type is shown. Blocks are poured through it, row by row:
//!
//! ```text
//! open · (before value after | null) … · close
//! ```
//!
//! Cells of dictionary columns are rendered once with all that stands around them and then copied.
//!
//! | file | holds |
//! |---|---|
//! | `cursor` | the cursor that everything is written with, literals |
//! | `digits`, `hex`, `times` | numbers, byte strings, uuids, dates and points in time as text |
//! | `escape` | what texts become inside quotes |
//! | `rendered` | the cells of a dictionary |
//! | `cells` | one column of a block, bound to its place in the template |
//! | `segments` | segments and files of rows, compressed or not |
//!
//! Knows nothing of formats, stores or models. A new text format needs a template and nothing here.

mod cells;
mod cursor;
mod digits;
mod escape;
mod hex;
mod rendered;
mod segments;
mod times;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

pub(crate) use self::escape::Escape;
pub(crate) use self::segments::{FileWriter, SegmentWriter, TextError, TextLayout};

use self::cells::{Cell, staged_rows};
use self::cursor::{Cursor, Literal};
use self::rendered::{Origin, Pool, RenderedCells};
use crate::columns::{Block, DataType};

/// How a date is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `31/12/2024`.
    Slashes,
    /// `2024-12-31`, ISO 8601.
    Iso,
}

/// What becomes of a float that is no number: no generator makes one, but no file may break on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFinite {
    /// `NaN`, `Infinity`, `-Infinity`.
    Named,
    /// As a null.
    Null,
}

/// How a format shows the types that it has a choice for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Style {
    /// What texts become.
    pub(crate) escape: Escape,
    /// Form of dates.
    pub(crate) date: DateForm,
    /// Form of floats that are no numbers.
    pub(crate) not_finite: NotFinite,
}

/// One column's part of a row.
#[derive(Debug)]
pub(crate) struct CellTemplate {
    data_type: DataType,
    decimals: Option<u8>,
    before: Literal,
    after: Literal,
    null: Literal,
    /// The cells of the first dictionary or numbers that this column met; `None` inside when they are too many.
    rendered: OnceLock<Option<(Origin, Arc<RenderedCells>)>>,
    /// Rows of a dictionary column so far, as long as it is not rendered.
    rows_seen: AtomicU64,
}

impl CellTemplate {
    /// A cell of `data_type`: `before value after`, or `null`. Floats show `decimals` digits where given.
    pub(crate) fn new(
        data_type: DataType,
        decimals: Option<u8>,
        before: &[u8],
        after: &[u8],
        null: &[u8],
    ) -> Self {
        Self {
            data_type,
            decimals,
            before: Literal::new(before),
            after: Literal::new(after),
            null: Literal::new(null),
            rendered: OnceLock::new(),
            rows_seen: AtomicU64::new(0),
        }
    }
}

/// A row's layout, shared by the threads of a command.
#[derive(Debug)]
pub(crate) struct RowTemplate {
    style: Style,
    cells: Vec<CellTemplate>,
    open: Literal,
    close: Literal,
    /// What columns that look the same have in common.
    pool: Pool,
    /// Length of the separator that the last cell of a row has left behind it.
    trailing: usize,
}

impl RowTemplate {
    /// A row of `cells`, which set what stands between, before and behind them.
    pub(crate) fn new(style: Style, cells: Vec<CellTemplate>) -> Self {
        Self::framed(style, cells, b"", 0, b"")
    }

    /// A row between `open` and `close`. Every cell ends in a separator of `trailing` bytes,
    /// which is taken back after the last one that was written.
    pub(crate) fn framed(
        style: Style,
        cells: Vec<CellTemplate>,
        open: &[u8],
        trailing: usize,
        close: &[u8],
    ) -> Self {
        let (open, close) = (Literal::new(open), Literal::new(close));
        Self { style, cells, open, close, pool: Pool::default(), trailing }
    }

    /// Appends the rows of `block` to `out`.
    ///
    /// # Errors
    ///
    /// When a column has not the type or the length that the schema and the block declare; `out` is
    /// then unchanged.
    pub(crate) fn append(&self, block: &Block, out: &mut Vec<u8>) -> Result<(), Mismatch> {
        self.append_each(block, out, |_| {})
    }

    /// Appends the rows of `block` to `out`, and tells where each of them ends there.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append).
    #[inline(always)]
    pub(crate) fn append_each(
        &self,
        block: &Block,
        out: &mut Vec<u8>,
        mut ended: impl FnMut(usize),
    ) -> Result<(), Mismatch> {
        let rows = block.rows.count;
        if block.columns.len() != self.cells.len() {
            return Err(Mismatch { column: block.columns.len().min(self.cells.len()) });
        }
        let mut cells = Vec::with_capacity(self.cells.len());
        for (index, (cell, column)) in self.cells.iter().zip(&block.columns).enumerate() {
            let bound = Cell::bind(cell, self, column, rows);
            cells.push(bound.ok_or(Mismatch { column: index })?);
        }
        let mut cursor = Cursor::new(out);
        let staged_rows = staged_rows(cells.len());
        for first in (0..rows).step_by(staged_rows) {
            let count = staged_rows.min(rows - first);
            for cell in &mut cells {
                cell.stage(first, count);
            }
            for row in first..first + count {
                if self.trailing > 0 {
                    self.write_framed(&cells, row, &mut cursor);
                } else {
                    for cell in &cells {
                        cell.write(row, &mut cursor);
                    }
                }
                ended(cursor.position());
            }
        }
        cursor.finish();
        Ok(())
    }

    #[inline(always)]
    fn write_framed(&self, cells: &[Cell<'_>], row: usize, cursor: &mut Cursor<'_>) {
        cursor.literal(&self.open);
        let start = cursor.position();
        for cell in cells {
            cell.write(row, cursor);
        }
        let end = cursor.position();
        if end > start {
            cursor.go_back(end - self.trailing);
        }
        cursor.literal(&self.close);
    }
}

/// A block that does not fit the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Position of the column.
    pub(crate) column: usize,
}
