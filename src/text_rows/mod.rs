//! Rows as text: the one writer behind CSV and JSON lines.
//!
//! A [`RowTemplate`] is made once from a schema: for each column the bytes before and after a value, what a
//! null becomes, and how its type is shown. A [`RowWriter`] pours blocks through it, row by row:
//!
//! ```text
//! open · (before value after | null) … · close
//! ```
//!
//! Cells of dictionary columns are rendered once with all that stands around them and then copied.
//!
//! | file | holds |
//! |---|---|
//! | `page` | the page, the cursor, literals |
//! | `digits`, `hex` | numbers, byte strings and uuids as text |
//! | `escape` | what texts become inside quotes |
//! | `rendered` | the cells of a dictionary |
//! | `cells` | one column of a block, bound to its place in the template |
//! | `segments` | segments and files of rows, compressed or not |
//!
//! Knows nothing of formats, stores or models. A new text format needs a template and nothing here.

mod cells;
mod digits;
mod escape;
mod hex;
mod page;
mod rendered;
mod segments;

use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

pub(crate) use self::escape::Escape;
pub(crate) use self::segments::{FileWriter, SegmentWriter, TextError, TextLayout};

use self::cells::Cell;
use self::page::{Literal, Page, WIDE};
use self::rendered::RenderedCells;
use crate::columns::{Block, DataType};

/// How a date is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `31/12/2024`.
    Slashes,
    /// `2024-12-31`, ISO 8601.
    Iso,
}

/// How a point in time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstantForm {
    /// `2024-12-31T23:59:59Z`, with three or six digits of a fraction that is not zero.
    Utc,
    /// Java's `LocalDateTime`: `2024-12-31T23:59`, seconds and fraction only where not zero.
    Local,
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
    /// Form of points in time.
    pub(crate) instant: InstantForm,
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
    /// The cells of the first dictionary that this column met; `None` inside when it is too big.
    rendered: OnceLock<Option<RenderedCells>>,
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

    /// Bytes that a cell writes without asking for room.
    fn bound(&self) -> usize {
        let value = digits::NUMBER_BOUND.max(WIDE);
        self.null.bound().max(self.before.bound() + value + self.after.bound())
    }
}

/// A row's layout, shared by the threads of a command.
#[derive(Debug)]
pub(crate) struct RowTemplate {
    style: Style,
    cells: Vec<CellTemplate>,
    open: Literal,
    close: Literal,
    /// Length of the separator that the last cell of a row has left behind it.
    trailing: usize,
    bound: usize,
}

impl RowTemplate {
    /// A row of `cells`, which set what stands between, before and behind them.
    pub(crate) fn new(style: Style, cells: Vec<CellTemplate>) -> Self {
        Self::framed(style, cells, b"", 0, b"")
    }

    /// A row between `open` and `close`. Every cell ends in a separator of `trailing` bytes, at most 16,
    /// which is taken back after the last one that was written.
    pub(crate) fn framed(
        style: Style,
        cells: Vec<CellTemplate>,
        open: &[u8],
        trailing: usize,
        close: &[u8],
    ) -> Self {
        let (open, close) = (Literal::new(open), Literal::new(close));
        let bound = cells.iter().map(CellTemplate::bound).sum::<usize>();
        let bound = bound + open.bound() + close.bound() + WIDE;
        Self { style, cells, open, close, trailing, bound }
    }
}

/// A block that does not fit the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Position of the column.
    pub(crate) column: usize,
}

/// A worker's writer: appends rows to a buffer.
#[derive(Debug)]
pub(crate) struct RowWriter {
    page: Page,
}

impl RowWriter {
    /// A writer of rows of this template, and of no other one.
    pub(crate) fn new(template: &RowTemplate) -> Self {
        Self { page: Page::new(template.bound) }
    }

    /// Appends the rows of `block`.
    ///
    /// # Errors
    ///
    /// When a column has not the type or the length that the schema and the block declare; `out` is
    /// then unchanged.
    pub(crate) fn append(
        &mut self,
        template: &RowTemplate,
        block: &Block,
        out: &mut Vec<u8>,
    ) -> Result<(), Mismatch> {
        let rows = block.rows.count;
        if block.columns.len() != template.cells.len() {
            return Err(Mismatch { column: block.columns.len().min(template.cells.len()) });
        }
        let mut cells = Vec::with_capacity(template.cells.len());
        for (index, (cell, column)) in template.cells.iter().zip(&block.columns).enumerate() {
            let bound = Cell::bind(cell, &template.style, column, rows);
            cells.push(bound.ok_or(Mismatch { column: index })?);
        }
        let framed = template.trailing > 0;
        let mut cursor = self.page.cursor(template.bound, out);
        for row in 0..rows {
            cursor.start_row();
            if framed {
                cursor.literal(&template.open);
                let start = cursor.written();
                for cell in &cells {
                    cell.write(row, &mut cursor);
                }
                if cursor.written() > start {
                    cursor.take_back(template.trailing);
                }
                cursor.literal(&template.close);
            } else {
                for cell in &cells {
                    cell.write(row, &mut cursor);
                }
            }
        }
        cursor.flush();
        Ok(())
    }
}
