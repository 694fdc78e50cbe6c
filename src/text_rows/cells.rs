//! One column of a block, bound to its place in the row: what the writer asks for a cell.
//!
//! Everything that the type, the dictionary or the whole column decides is decided here, once per block;
//! what is left per cell is one predictable jump.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::page::{Cursor, Literal};
use super::rendered::RenderedCells;
use super::{CellTemplate, DateForm, Escape, InstantForm, NotFinite, Style, digits, hex};
use crate::calendar::{MICROS_PER_SECOND, text};
use crate::columns::{Column, DataType, Dictionary, Values, VarBytes};

/// A dictionary is rendered once its column has had this part of its length in rows: rendering
/// 40,000 cities for a preview of ten rows would be most of the work.
const ENTRIES_PER_ROW: u64 = 16;

/// The values of one column and how they are shown.
pub(super) struct Cell<'a> {
    form: Form<'a>,
    validity: Option<&'a [bool]>,
    before: &'a Literal,
    after: &'a Literal,
    null: &'a Literal,
}

enum Form<'a> {
    Boolean(&'a [bool]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Float32(&'a [f32], Option<u8>, NotFinite),
    Float64(&'a [f64], Option<u8>, NotFinite),
    Decimal(&'a [i128], u8),
    Date(&'a [i32], DateForm),
    Instant(&'a [i64], InstantForm),
    /// Texts that are copied as they are.
    Plain(&'a VarBytes),
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
        let validity = column.validity.as_deref();
        if column.len() != rows || validity.is_some_and(|validity| validity.len() != rows) {
            return None;
        }
        let escape = &style.escape;
        let form = match (template.data_type, &column.values) {
            (DataType::Boolean, Values::Boolean(values)) => Form::Boolean(values),
            (DataType::Int32, Values::Int32(values)) => Form::Int32(values),
            (DataType::Int64, Values::Int64(values))
            | (DataType::EpochMillis, Values::EpochMillis(values)) => Form::Int64(values),
            (DataType::Float32, Values::Float32(values)) => {
                Form::Float32(values, template.decimals, style.not_finite)
            }
            (DataType::Float64, Values::Float64(values)) => {
                Form::Float64(values, template.decimals, style.not_finite)
            }
            (DataType::Decimal { scale, .. }, Values::Decimal(values)) => {
                Form::Decimal(values, scale)
            }
            (DataType::Date, Values::Date(values)) => Form::Date(values, style.date),
            (DataType::Instant, Values::Instant(values)) => Form::Instant(values, style.instant),
            (DataType::Text, Values::Text(values)) => {
                if !escape.reserves() && escape.is_plain(values.data()) {
                    Form::Plain(values)
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
        Some(Self { form, validity, before, after, null })
    }

    /// Writes the cell of `row`.
    #[inline(always)]
    pub(super) fn write(&self, row: usize, cursor: &mut Cursor<'_>) {
        if self.validity.is_some_and(|validity| !validity[row]) {
            cursor.literal(self.null);
            return;
        }
        match self.form {
            // All that stands around the value is rendered with it.
            Form::Rendered(keys, cells) => {
                let (start, length) = cells.place(keys[row]);
                cursor.text(cells.bytes(), start, length);
                return;
            }
            Form::Float32(values, _, NotFinite::Null) if !values[row].is_finite() => {
                cursor.literal(self.null);
                return;
            }
            Form::Float64(values, _, NotFinite::Null) if !values[row].is_finite() => {
                cursor.literal(self.null);
                return;
            }
            _ => cursor.literal(self.before),
        }
        self.write_value(row, cursor);
        cursor.literal(self.after);
    }

    #[inline(always)]
    fn write_value(&self, row: usize, cursor: &mut Cursor<'_>) {
        match self.form {
            Form::Boolean(values) => {
                let value = values[row];
                let text = if value { *b"true\0" } else { *b"false" };
                cursor.put(&text, 5 - usize::from(value));
            }
            Form::Int32(values) => digits::integer(cursor, i64::from(values[row])),
            Form::Int64(values) => digits::integer(cursor, values[row]),
            Form::Float32(values, decimals, _) => {
                let value = values[row];
                if !value.is_finite() {
                    cursor.long(not_finite(value.into()));
                } else if decimals.is_some() {
                    digits::float(cursor, value.into(), decimals);
                } else {
                    digits::shortest(cursor, value);
                }
            }
            Form::Float64(values, decimals, _) => {
                let value = values[row];
                if value.is_finite() {
                    digits::float(cursor, value, decimals);
                } else {
                    cursor.long(not_finite(value));
                }
            }
            Form::Decimal(values, scale) => digits::decimal(cursor, values[row], scale),
            Form::Date(values, form) => date(cursor, values[row], form),
            Form::Instant(values, form) => instant(cursor, values[row], form),
            Form::Plain(values) => {
                let (start, end) = (values.offsets()[row], values.offsets()[row + 1]);
                cursor.text(values.data(), start as usize, (end - start) as usize);
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
    }
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
        cursor.text(value, 0, value.len());
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

#[inline(always)]
fn date(cursor: &mut Cursor<'_>, days: i32, form: DateForm) {
    let fixed = match form {
        DateForm::Slashes => text::slash_date_fixed(days),
        DateForm::Iso => text::iso_date_fixed(days),
    };
    if let Some(digits) = fixed {
        cursor.put(&digits, 10);
        return;
    }
    let mut long = Vec::new();
    match form {
        DateForm::Slashes => text::slash_date(days, &mut long),
        DateForm::Iso => text::iso_date(days, &mut long),
    }
    cursor.long(&long);
}

#[inline(always)]
fn instant(cursor: &mut Cursor<'_>, micros: i64, form: InstantForm) {
    // Floor, not truncation: before 1970 a fraction counts upwards too.
    let fraction = micros.rem_euclid(MICROS_PER_SECOND);
    // The first second of an i64 begins below what it holds.
    let seconds = micros.checked_sub(fraction).and_then(text::iso_instant_fixed);
    match (seconds, form) {
        (Some(digits), InstantForm::Utc) if fraction == 0 => cursor.put(&digits, 20),
        (Some(digits), InstantForm::Utc) => {
            cursor.put(&digits, 19);
            fraction_and_zone(cursor, fraction as u32);
        }
        (Some(digits), InstantForm::Local) if fraction == 0 => {
            let minutes_only = digits[17..19] == *b"00";
            cursor.put(&digits, if minutes_only { 16 } else { 19 });
        }
        _ => {
            let mut long = Vec::new();
            match form {
                InstantForm::Utc => text::iso_instant(micros, &mut long),
                InstantForm::Local => text::local_date_time(micros, &mut long),
            }
            cursor.long(&long);
        }
    }
}

/// Writes `.SSSZ` or `.SSSSSSZ`, the shorter one that loses nothing.
#[inline(always)]
fn fraction_and_zone(cursor: &mut Cursor<'_>, micros: u32) {
    cursor.put(b".", 1);
    let shown = if micros.is_multiple_of(1_000) { 3 } else { 6 };
    digits::six(cursor, micros, shown);
    cursor.put(b"Z", 1);
}
