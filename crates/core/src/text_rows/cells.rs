//! One column of a block, bound to its place in the row: what the writer asks for a cell.
//!
//! Everything that the type, the dictionary or the whole column decides is decided here, once per block;
//! what is left per cell is one predictable jump.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::cursor::{Cursor, Literal, Width};
use super::rendered::{CellSpan, Look, Numbers, Pool, RenderedCells};
use super::{CellTemplate, DateForm, Escape, NotFinite, RowTemplate, digits, hex, times};
use crate::columns::{Column, DataType, Dictionary, Values, VarBytes};

/// A dictionary is rendered once its column has had this part of its length in rows: rendering
/// 40,000 cities for a preview of ten rows would be most of the work.
const ENTRIES_PER_ROW: u64 = 16;

/// Numbers of a narrow range are rendered once their column has had this many rows for each: a sequence,
/// which never comes back to a number, is not worth it.
const ROWS_PER_NUMBER: u64 = 2;

/// Most numbers between a column's least and greatest that are rendered.
const MOST_NUMBERS: i64 = 1 << 15;

/// Most rows whose rendered cells are looked up at a time.
const STAGED_ROWS: usize = 32;

/// Rows of `columns` columns whose rendered cells are looked up at a time, a part of [`STAGED_ROWS`]: few
/// enough that what was asked for is still in the cache when it is copied.
pub(super) fn staged_rows(columns: usize) -> usize {
    /// Cells of a cache line each, half a megabyte in all.
    const CELLS: usize = 8_192;
    1 << (CELLS / columns.max(1)).clamp(2, STAGED_ROWS).ilog2()
}

/// The values of one column and how they are shown.
pub(super) struct Cell<'a> {
    form: Form<'a>,
    /// How the next rows' cells are written, as far as they are rendered.
    copies: Copies,
    staged: Option<Staged<'a>>,
    /// The rendered cells.
    rendered: &'a [u8],
    validity: Option<Cow<'a, [bool]>>,
    before: &'a Literal,
    after: &'a Literal,
    null: &'a Literal,
    /// Where the next rows' rendered cells are.
    spans: [CellSpan; STAGED_ROWS],
}

enum Form<'a> {
    Boolean(&'a [bool]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    /// Floats, all of them finite.
    Float32(&'a [f32], Option<u8>),
    /// The same.
    Float64(&'a [f64], Option<u8>),
    /// Floats of which some are no numbers.
    AnyFloat32(&'a [f32], Option<u8>),
    /// The same.
    AnyFloat64(&'a [f64], Option<u8>),
    Decimal(&'a [i128], u8),
    Date(&'a [i32], DateForm),
    Instant(&'a [i64]),
    /// Texts that are copied as they are.
    Plain(&'a VarBytes, Width),
    Text(&'a VarBytes, &'a Escape),
    Choice(&'a [u32], &'a Dictionary, &'a Escape),
    Uuid(&'a [u128]),
    Bytes(&'a VarBytes, &'a Escape),
}

/// What rendered cells are looked up by.
#[derive(Clone, Copy)]
enum Staged<'a> {
    Keys(&'a [u32], &'a RenderedCells),
    /// Numbers of a narrow range.
    Numbers(Numbers<'a>, &'a RenderedCells),
}

impl<'a> Staged<'a> {
    fn cells(self) -> &'a RenderedCells {
        let (Self::Keys(_, cells) | Self::Numbers(_, cells)) = self;
        cells
    }
}

/// How cells are written.
#[derive(Clone, Copy)]
enum Copies {
    /// Copied with all that stands around them, at most 16 bytes each.
    Sixteen,
    /// At most 32.
    ThirtyTwo,
    /// Of any length.
    Any,
    /// None: each is made from its value.
    None,
}

impl Copies {
    const fn of(width: Width) -> Self {
        match width {
            Width::Sixteen => Self::Sixteen,
            Width::ThirtyTwo => Self::ThirtyTwo,
            Width::Any => Self::Any,
        }
    }
}

impl<'a> Cell<'a> {
    /// Binds `column`; `None` when it has not the declared type or number of rows.
    pub(super) fn bind(
        template: &'a CellTemplate,
        row: &'a RowTemplate,
        column: &'a Column,
        rows: usize,
    ) -> Option<Self> {
        let RowTemplate { style, pool, .. } = row;
        let mut validity = column.validity.as_deref().map(Cow::Borrowed);
        if column.len() != rows || validity.as_ref().is_some_and(|validity| validity.len() != rows)
        {
            return None;
        }
        let (escape, decimals) = (&style.escape, template.decimals);
        let mut staged = None;
        let form = match (template.data_type, &column.values) {
            (DataType::Boolean, Values::Boolean(values)) => Form::Boolean(values),
            (DataType::Int32, Values::Int32(values)) => Form::Int32(values),
            (DataType::Int64, Values::Int64(values))
            | (DataType::EpochMillis, Values::EpochMillis(values)) => Form::Int64(values),
            (DataType::Float32, Values::Float32(values)) => {
                if all_finite(values, f32::is_finite, style.not_finite, &mut validity) {
                    Form::Float32(values, decimals)
                } else {
                    Form::AnyFloat32(values, decimals)
                }
            }
            (DataType::Float64, Values::Float64(values)) => {
                if all_finite(values, f64::is_finite, style.not_finite, &mut validity) {
                    Form::Float64(values, decimals)
                } else {
                    Form::AnyFloat64(values, decimals)
                }
            }
            (DataType::Decimal { scale, .. }, Values::Decimal(values)) => {
                Form::Decimal(values, scale)
            }
            (DataType::Date, Values::Date(values)) => Form::Date(values, style.date),
            (DataType::Instant, Values::Instant(values)) => Form::Instant(values),
            (DataType::Text, Values::Text(values)) => {
                let lengths = values.offsets().windows(2).map(|ends| ends[1] - ends[0]);
                if escape.is_plain(values.data())
                    && !escape.may_reserve(lengths.clone(), validity.as_deref())
                {
                    Form::Plain(values, Width::of(lengths.max().unwrap_or(0) as usize))
                } else {
                    Form::Text(values, escape)
                }
            }
            (DataType::Text, Values::Choice { keys, dictionary }) => {
                let cells = rendered(template, pool, escape, dictionary, rows);
                staged = cells.map(|cells| Staged::Keys(keys, cells));
                Form::Choice(keys, dictionary, escape)
            }
            (DataType::Text, Values::Uuid(values)) => Form::Uuid(values),
            (DataType::Bytes, Values::Bytes(values)) => Form::Bytes(values, escape),
            _ => return None,
        };
        if let Some(numbers) = numbers(&form) {
            let cells = counted(template, row, numbers, rows);
            staged = cells.map(|cells| Staged::Numbers(numbers, cells));
        }
        let rendered = staged.map_or(&[][..], |staged| staged.cells().bytes());
        let CellTemplate { before, after, null, .. } = template;
        let spans = [CellSpan::default(); STAGED_ROWS];
        let copies = Copies::None;
        Some(Self { form, copies, staged, rendered, validity, before, after, null, spans })
    }

    /// Prepares [`write`](Self::write) of `rows` rows from `first` on, as many as [`staged_rows`] says.
    #[inline(always)]
    pub(super) fn stage(&mut self, first: usize, rows: usize) {
        let Some(staged) = self.staged else { return };
        let spans = &mut self.spans[first % STAGED_ROWS..];
        let rows = first..first + rows;
        let all = match staged {
            Staged::Keys(keys, cells) => {
                cells.stage(&keys[rows], spans);
                true
            }
            Staged::Numbers(numbers, cells) => cells.stage_numbers(numbers, rows, spans),
        };
        self.copies = if all { Copies::of(staged.cells().width()) } else { Copies::None };
    }

    /// Writes the cell of `row`, which is staged.
    #[inline(always)]
    pub(super) fn write(&self, row: usize, cursor: &mut Cursor<'_>) {
        if self.validity.as_ref().is_some_and(|validity| !validity[row]) {
            cursor.literal(self.null);
            return;
        }
        // All that stands around the value is rendered with it.
        let span = self.spans[row % STAGED_ROWS];
        match self.copies {
            Copies::Sixteen => {
                return cursor.part::<16>(self.rendered, span.start(), span.length());
            }
            Copies::ThirtyTwo => {
                return cursor.part::<32>(self.rendered, span.start(), span.length());
            }
            Copies::Any => return RenderedCells::write(self.rendered, span, cursor),
            Copies::None => {}
        }
        // No closures: they are not inlined, and the cursor would leave its registers.
        cursor.literal(self.before);
        match self.form {
            Form::Boolean(values) => boolean(cursor, values[row]),
            Form::Int32(values) => digits::integer(cursor, i64::from(values[row])),
            Form::Int64(values) => digits::integer(cursor, values[row]),
            Form::Float32(values, None) => digits::shortest(cursor, values[row]),
            Form::Float32(values, decimals) => digits::float(cursor, values[row].into(), decimals),
            Form::Float64(values, decimals) => digits::float(cursor, values[row], decimals),
            Form::AnyFloat32(values, decimals) => match values[row] {
                value if !value.is_finite() => cursor.long(not_finite(value.into())),
                value if decimals.is_none() => digits::shortest(cursor, value),
                value => digits::float(cursor, value.into(), decimals),
            },
            Form::AnyFloat64(values, decimals) => match values[row] {
                value if !value.is_finite() => cursor.long(not_finite(value)),
                value => digits::float(cursor, value, decimals),
            },
            Form::Decimal(values, scale) => digits::decimal(cursor, values[row], scale),
            Form::Date(values, form) => times::date(cursor, values[row], form),
            Form::Instant(values) => times::instant(cursor, values[row]),
            Form::Plain(values, width) => {
                let ends = &values.offsets()[row..][..2];
                let (start, length) = (ends[0] as usize, (ends[1] - ends[0]) as usize);
                cursor.text(values.data(), start, length, width);
            }
            Form::Text(values, escape) => escaped(cursor, values.get(row), escape),
            Form::Choice(keys, dictionary, escape) => {
                escaped(cursor, dictionary.get(keys[row]), escape);
            }
            Form::Uuid(values) => hex::uuid(cursor, values[row]),
            Form::Bytes(values, escape) => match values.get(row) {
                [] => escaped(cursor, &[], escape),
                bytes => hex::upper(cursor, bytes),
            },
        }
        cursor.literal(self.after);
    }
}

/// Whether all valid floats are numbers, after those that are none became nulls where the format
/// wants that. Searched once per block, so that no cell asks.
fn all_finite<T: Copy>(
    values: &[T],
    is_finite: impl Fn(T) -> bool,
    not_finite: NotFinite,
    validity: &mut Option<Cow<'_, [bool]>>,
) -> bool {
    if values.iter().fold(true, |all, value| all & is_finite(*value)) {
        return true;
    }
    if not_finite == NotFinite::Null {
        let mut valid = validity.take().map_or_else(|| vec![true; values.len()], Cow::into_owned);
        for (valid, value) in valid.iter_mut().zip(values) {
            *valid &= is_finite(*value);
        }
        *validity = Some(Cow::Owned(valid));
        return true;
    }
    false
}

/// The rendered cells of `dictionary`, made now if it is time and nobody has.
fn rendered<'a>(
    template: &'a CellTemplate,
    pool: &Pool,
    escape: &Escape,
    dictionary: &Arc<Dictionary>,
    rows: usize,
) -> Option<&'a RenderedCells> {
    if template.rendered.get().is_none() {
        let rows_seen = template.rows_seen.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
        if rows_seen.saturating_mul(ENTRIES_PER_ROW) < dictionary.len() as u64 {
            return None;
        }
    }
    let rendered =
        template.rendered.get_or_init(|| pool.of_dictionary(look(template), dictionary, escape));
    let (origin, cells) = rendered.as_ref()?;
    origin.is(dictionary).then_some(cells)
}

fn look(template: &CellTemplate) -> Look<'_> {
    Look {
        data_type: template.data_type,
        before: template.before.as_bytes(),
        after: template.after.as_bytes(),
    }
}

/// The values of a form that may be few different numbers.
fn numbers<'a>(form: &Form<'a>) -> Option<Numbers<'a>> {
    match *form {
        Form::Boolean(values) => Some(Numbers::Boolean(values)),
        Form::Int32(values) | Form::Date(values, _) => Some(Numbers::Int32(values)),
        Form::Int64(values) => Some(Numbers::Int64(values)),
        Form::Decimal(values, _) => Some(Numbers::Decimal(values)),
        _ => None,
    }
}

/// The rendered cells of a range that may hold all of `numbers`, made now if it is time and nobody has.
fn counted<'a>(
    template: &'a CellTemplate,
    row: &RowTemplate,
    numbers: Numbers<'_>,
    rows: usize,
) -> Option<&'a RenderedCells> {
    let rendered = match template.rendered.get() {
        Some(rendered) => rendered,
        None => {
            let range = numbers.range();
            let rows_seen =
                template.rows_seen.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
            // Another column's rendered cells are shared if they have numbers to spare on both sides: then they
            // are likely to hold the numbers of later rows as well.
            let least = range.as_ref().and_then(|range| wider(range, 16));
            let wider = range.as_ref().and_then(|range| wider(range, 8));
            if let Some(wider) = &wider
                && (wider.end() - wider.start()) as u64 >= rows_seen / ROWS_PER_NUMBER
            {
                return None;
            }
            template.rendered.get_or_init(|| {
                row.pool.of_numbers(look(template), &least?, wider?, |value, cursor| {
                    cursor.literal(&template.before);
                    match template.data_type {
                        DataType::Boolean => boolean(cursor, value != 0),
                        DataType::Date => times::date(cursor, value as i32, row.style.date),
                        DataType::Decimal { scale, .. } => {
                            digits::decimal(cursor, value.into(), scale);
                        }
                        _ => digits::integer(cursor, value),
                    }
                    cursor.literal(&template.after);
                })
            })
        }
    };
    rendered.as_ref().map(|(_, cells)| cells.as_ref())
}

/// Writes `true` or `false`, without a branch.
#[inline(always)]
fn boolean(cursor: &mut Cursor<'_>, value: bool) {
    let text = if value { *b"true\0" } else { *b"false" };
    cursor.put(&text, 5 - usize::from(value));
}

/// More than `range` by one part of `parts` on either side: the first rows rarely hold its ends.
/// `None` for too many numbers to render, and outside of 32 bits.
fn wider(range: &RangeInclusive<i64>, parts: i64) -> Option<RangeInclusive<i64>> {
    let more = MOST_NUMBERS / 8;
    let bounds = i64::from(i32::MIN) + more..=i64::from(i32::MAX) - more;
    if !bounds.contains(range.start()) || !bounds.contains(range.end()) {
        return None;
    }
    let count = range.end() - range.start();
    (count < MOST_NUMBERS).then(|| range.start() - count / parts..=range.end() + count / parts)
}

/// Writes `value` with its escapes.
#[inline(always)]
fn escaped(cursor: &mut Cursor<'_>, value: &[u8], escape: &Escape) {
    if escape.is_plain(value) && !escape.is_reserved(value) {
        cursor.text(value, 0, value.len(), Width::Any);
    } else {
        let mut text = Vec::with_capacity(value.len() + 16);
        escape.write(value, &mut text);
        cursor.long(&text);
    }
}

fn not_finite(value: f64) -> &'static [u8] {
    if value.is_nan() {
        b"NaN"
    } else if value > 0.0 {
        b"Infinity"
    } else {
        b"-Infinity"
    }
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::*;
    use crate::columns::{Block, Rows};

    /// Numbers of `count` rows from `first` on, `spread` of them different.
    fn block(first: u64, count: usize, spread: i64) -> Block {
        let rows = Rows { first, count };
        let numbers = move || rows.iter().map(move |row| row as i64 * 37 % spread - 5);
        let mut nullable =
            Column::new(Values::Int32(numbers().map(|number| number as i32).collect()));
        nullable.validity = Some(rows.iter().map(|row| row % 7 > 0).collect());
        let columns = [
            nullable,
            Column::new(Values::Int64(numbers().collect())),
            Column::new(Values::Decimal(numbers().map(i128::from).collect())),
            Column::new(Values::Date(numbers().map(|number| number as i32).collect())),
            Column::new(Values::Boolean(numbers().map(|number| number % 2 == 0).collect())),
        ];
        Block { rows, columns: columns.map(Arc::new).into() }
    }

    fn template() -> RowTemplate {
        let types = [
            DataType::Int32,
            DataType::Int64,
            DataType::Decimal { precision: 12, scale: 2 },
            DataType::Date,
            DataType::Boolean,
        ];
        let cell = |data_type| CellTemplate::new(data_type, None, b"\"", b"\",", b"null,");
        let style = Style {
            escape: Escape::Doubled { quote: b'"' },
            date: DateForm::Iso,
            not_finite: NotFinite::Named,
        };
        RowTemplate::framed(style, types.map(cell).into(), b"", 1, b"\n")
    }

    #[test]
    fn rendered_numbers_look_like_those_written_one_by_one() {
        let rendered = template();
        // Narrow ranges, then one that no cells were rendered for, then narrow again.
        for (first, spread) in [(0, 300), (3_000, 300), (6_000, 1 << 40), (9_000, 100)] {
            let (mut shown, mut expected) = (Vec::new(), Vec::new());
            rendered.append(&block(first, 3_000, spread), &mut shown).unwrap();
            for row in first..first + 3_000 {
                // A template of its own sees too few rows to render any.
                template().append(&block(row, 1, spread), &mut expected).unwrap();
            }
            assert_eq!(String::from_utf8(shown), String::from_utf8(expected), "spread {spread}");
        }
        assert!(rendered.cells.iter().all(|cell| matches!(cell.rendered.get(), Some(Some(_)))));
    }
}
