//! One column of a block, bound to its place in the row: what the writer asks for a cell.
//!
//! Everything that the type, the dictionary or the whole column decides is decided here, once per block;
//! what is left per cell is one predictable jump.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::cursor::{Cursor, Literal, Width};
use super::rendered::{Place, RenderedCells};
use super::{CellTemplate, DateForm, Escape, InstantForm, NotFinite, Style, digits, hex, times};
use crate::columns::{Column, DataType, Dictionary, Values, VarBytes};

/// A dictionary is rendered once its column has had this part of its length in rows: rendering
/// 40,000 cities for a preview of ten rows would be most of the work.
const ENTRIES_PER_ROW: u64 = 16;

/// Rows whose rendered cells are looked up at a time: their cells fit in a first-level cache beside the page.
pub(super) const STAGED_ROWS: usize = 32;

/// The values of one column and how they are shown.
pub(super) struct Cell<'a> {
    form: Form<'a>,
    validity: Option<Cow<'a, [bool]>>,
    before: &'a Literal,
    after: &'a Literal,
    null: &'a Literal,
    /// Where the next rows' cells of a rendered dictionary are.
    places: [Place; STAGED_ROWS],
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
    Instant(&'a [i64], InstantForm),
    /// Texts that are copied as they are.
    Plain(&'a VarBytes, Width),
    Text(&'a VarBytes, &'a Escape),
    Rendered(&'a [u32], &'a RenderedCells),
    Choice(&'a [u32], &'a Dictionary, &'a Escape),
    Uuid(&'a [u128]),
    Bytes(&'a VarBytes, &'a Escape),
}

impl<'a> Cell<'a> {
    /// Binds `column`; `None` when it has not the declared type or number of rows.
    pub(super) fn bind(
        template: &'a CellTemplate,
        style: &'a Style,
        column: &'a Column,
        rows: usize,
    ) -> Option<Self> {
        let mut validity = column.validity.as_deref().map(Cow::Borrowed);
        if column.len() != rows || validity.as_ref().is_some_and(|validity| validity.len() != rows)
        {
            return None;
        }
        let (escape, decimals) = (&style.escape, template.decimals);
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
            (DataType::Instant, Values::Instant(values)) => Form::Instant(values, style.instant),
            (DataType::Text, Values::Text(values)) => {
                if !escape.reserves() && escape.is_plain(values.data()) {
                    let lengths = values.offsets().windows(2).map(|ends| ends[1] - ends[0]);
                    Form::Plain(values, Width::of(lengths.max().unwrap_or(0) as usize))
                } else {
                    Form::Text(values, escape)
                }
            }
            (DataType::Text, Values::Choice { keys, dictionary }) => {
                match rendered(template, escape, dictionary, rows) {
                    Some(cells) => Form::Rendered(keys, cells),
                    None => Form::Choice(keys, dictionary, escape),
                }
            }
            (DataType::Text, Values::Uuid(values)) => Form::Uuid(values),
            (DataType::Bytes, Values::Bytes(values)) => Form::Bytes(values, escape),
            _ => return None,
        };
        let CellTemplate { before, after, null, .. } = template;
        let places = [Place::default(); STAGED_ROWS];
        Some(Self { form, validity, before, after, null, places })
    }

    /// Prepares [`write`](Self::write) of the rows from `first` on, a multiple of [`STAGED_ROWS`].
    #[inline(always)]
    pub(super) fn stage(&mut self, first: usize, rows: usize) {
        if let Form::Rendered(keys, cells) = self.form {
            cells.stage(&keys[first..first + rows], &mut self.places);
        }
    }

    /// Writes the cell of `row`, which is staged.
    #[inline(always)]
    pub(super) fn write(&self, row: usize, cursor: &mut Cursor<'_>) {
        if self.validity.as_ref().is_some_and(|validity| !validity[row]) {
            cursor.literal(self.null);
            return;
        }
        // All that stands around the value is rendered with it.
        if let Form::Rendered(_, cells) = self.form {
            cells.write(self.places[row % STAGED_ROWS], cursor);
            return;
        }
        cursor.literal(self.before);
        match self.form {
            Form::Boolean(values) => {
                let value = values[row];
                let text = if value { *b"true\0" } else { *b"false" };
                cursor.put(&text, 5 - usize::from(value));
            }
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
            Form::Instant(values, form) => times::instant(cursor, values[row], form),
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
            Form::Rendered(..) => {}
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
    let cells = template.rendered.get_or_init(|| {
        let (before, after) = (template.before.as_bytes(), template.after.as_bytes());
        RenderedCells::new(dictionary, before, escape, after)
    });
    cells.as_ref().filter(|cells| cells.belong_to(dictionary))
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
