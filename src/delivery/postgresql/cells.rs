//! The cells of a column in the server's binary forms: what each takes, and where it is written.
//!
//! Values that the server has no place for are told here, with their row.

use super::numeric;
use super::types::Wire;
use crate::columns::{Column, ColumnInfo, DataType, Dictionary, Rows, Values, VarBytes, uuid_text};
use crate::formats::EncodeError;

/// From 1970-01-01 to 2000-01-01, where the server's time begins.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS * DAY;
const DAY: i64 = 86_400_000_000;

/// The first and the last day that the server knows, from 2000-01-01: 4714-11-24 BC and 5874897-12-31.
const DAYS: std::ops::RangeInclusive<i64> = -2_451_545..=2_145_031_948;
/// The first microsecond of that day, and the last of the year 294276.
const MICROSECONDS: std::ops::RangeInclusive<i64> =
    -211_813_488_000_000_000..=9_223_371_331_199_999_999;

/// A column, as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) info: ColumnInfo,
    pub(super) wire: Wire,
}

#[inline]
pub(super) fn put(out: &mut [u8], place: &mut usize, bytes: &[u8]) {
    let end = *place + bytes.len();
    out[*place..end].copy_from_slice(bytes);
    *place = end;
}

/// The cells of a column: bits of a width, or bytes.
pub(super) enum Cells<'a> {
    One(&'a [bool]),
    Four(Vec<u32>),
    Eight(Vec<u64>),
    Sixteen(Vec<u128>),
    Bytes(&'a VarBytes),
    Made(VarBytes),
    Keys(&'a [u32], &'a Dictionary),
}

impl<'a> Cells<'a> {
    /// The cells of `column`, which has `rows`.
    pub(super) fn of(sent: &'a Sent, column: &'a Column, rows: Rows) -> Result<Self, EncodeError> {
        let of = Of { sent, column, rows };
        let mismatch = || EncodeError::Mismatch { column: sent.info.name.clone() };
        Ok(match (&column.values, sent.wire) {
            (Values::Boolean(flags), Wire::Boolean) => Self::One(flags),
            (Values::Int32(numbers), Wire::Int4) => {
                Self::Four(numbers.iter().map(|number| *number as u32).collect())
            }
            (Values::Int32(numbers), Wire::Int8) => {
                Self::Eight(numbers.iter().map(|number| i64::from(*number) as u64).collect())
            }
            (Values::Int64(numbers) | Values::EpochMillis(numbers), Wire::Int8) => {
                Self::Eight(numbers.iter().map(|number| *number as u64).collect())
            }
            (Values::Int32(numbers), Wire::Float8) => {
                Self::Eight(numbers.iter().map(|number| f64::from(*number).to_bits()).collect())
            }
            (Values::Float32(numbers), Wire::Float4) => {
                Self::Four(numbers.iter().map(|number| number.to_bits()).collect())
            }
            (Values::Float32(numbers), Wire::Float8) => {
                Self::Eight(numbers.iter().map(|number| f64::from(*number).to_bits()).collect())
            }
            (Values::Float64(numbers), Wire::Float8) => {
                Self::Eight(numbers.iter().map(|number| number.to_bits()).collect())
            }
            (Values::Int32(numbers), Wire::Numeric) => {
                Self::Made(decimals(numbers.iter().map(|number| i128::from(*number)), 0))
            }
            (Values::Int64(numbers), Wire::Numeric) => {
                Self::Made(decimals(numbers.iter().map(|number| i128::from(*number)), 0))
            }
            (Values::Decimal(numbers), Wire::Numeric) => {
                let DataType::Decimal { scale, .. } = sent.info.data_type else {
                    return Err(mismatch());
                };
                Self::Made(decimals(numbers.iter().copied(), scale))
            }
            (Values::Date(days), Wire::Date) => Self::Four(of.days(days)?),
            (Values::Date(days), Wire::Timestamp) => {
                Self::Eight(of.moments(days.iter().map(|days| i64::from(*days)), DAY)?)
            }
            (Values::EpochMillis(millis), Wire::Timestamp) => {
                Self::Eight(of.moments(millis.iter().copied(), 1_000)?)
            }
            (Values::Instant(micros), Wire::Timestamp) => {
                Self::Eight(of.moments(micros.iter().copied(), 1)?)
            }
            (values, wire) => return of.texts(values, wire)?.ok_or_else(mismatch),
        })
    }

    /// Adds what each row's cell takes beside its length.
    pub(super) fn measure(&self, validity: Option<&[bool]>, widths: &mut [usize]) {
        match self {
            Self::One(_) => add(validity, widths, |_| 1),
            Self::Four(_) => add(validity, widths, |_| 4),
            Self::Eight(_) => add(validity, widths, |_| 8),
            Self::Sixteen(_) => add(validity, widths, |_| 16),
            Self::Bytes(texts) => add(validity, widths, |row| texts.get(row).len()),
            Self::Made(texts) => add(validity, widths, |row| texts.get(row).len()),
            Self::Keys(keys, dictionary) => {
                add(validity, widths, |row| dictionary.get(keys[row]).len());
            }
        }
    }

    /// Writes each row's cell to its place, and moves the place behind it.
    pub(super) fn write(&self, validity: Option<&[bool]>, places: &mut [usize], out: &mut [u8]) {
        match self {
            Self::One(flags) => fixed(validity, places, out, |row| [u8::from(flags[row])]),
            Self::Four(bits) => fixed(validity, places, out, |row| bits[row].to_be_bytes()),
            Self::Eight(bits) => fixed(validity, places, out, |row| bits[row].to_be_bytes()),
            Self::Sixteen(bits) => fixed(validity, places, out, |row| bits[row].to_be_bytes()),
            Self::Bytes(texts) => bytes(validity, places, out, |row| texts.get(row)),
            Self::Made(texts) => bytes(validity, places, out, |row| texts.get(row)),
            Self::Keys(keys, dictionary) => {
                bytes(validity, places, out, |row| dictionary.get(keys[row]));
            }
        }
    }
}

fn add(validity: Option<&[bool]>, widths: &mut [usize], width: impl Fn(usize) -> usize) {
    match validity {
        None => widths.iter_mut().enumerate().for_each(|(row, all)| *all += width(row)),
        Some(validity) => {
            for (row, (all, valid)) in widths.iter_mut().zip(validity).enumerate() {
                *all += if *valid { width(row) } else { 0 };
            }
        }
    }
}

/// The length that says null.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

fn fixed<const WIDTH: usize>(
    validity: Option<&[bool]>,
    places: &mut [usize],
    out: &mut [u8],
    cell: impl Fn(usize) -> [u8; WIDTH],
) {
    let length = (WIDTH as u32).to_be_bytes();
    each(validity, places, out, |row, place, out| {
        put(out, place, &length);
        put(out, place, &cell(row));
    });
}

fn bytes<'a>(
    validity: Option<&[bool]>,
    places: &mut [usize],
    out: &mut [u8],
    cell: impl Fn(usize) -> &'a [u8],
) {
    each(validity, places, out, |row, place, out| {
        let cell = cell(row);
        put(out, place, &(cell.len() as u32).to_be_bytes());
        put(out, place, cell);
    });
}

/// Writes a cell, or a null, for each row.
fn each(
    validity: Option<&[bool]>,
    places: &mut [usize],
    out: &mut [u8],
    one: impl Fn(usize, &mut usize, &mut [u8]),
) {
    match validity {
        None => places.iter_mut().enumerate().for_each(|(row, place)| one(row, place, out)),
        Some(validity) => {
            for (row, (place, valid)) in places.iter_mut().zip(validity).enumerate() {
                if *valid { one(row, place, out) } else { put(out, place, &NULL) }
            }
        }
    }
}

fn decimals(numbers: impl ExactSizeIterator<Item = i128>, scale: u8) -> VarBytes {
    let mut all = VarBytes::with_capacity(numbers.len(), 16 * numbers.len());
    for number in numbers {
        numeric::append(number, scale, all.open());
        all.close();
    }
    all
}

/// A column whose values are looked at one by one, for the messages about them.
struct Of<'a> {
    sent: &'a Sent,
    column: &'a Column,
    rows: Rows,
}

impl<'a> Of<'a> {
    fn is_null(&self, row: usize) -> bool {
        self.column.validity.as_ref().is_some_and(|validity| !validity[row])
    }

    fn refused(&self, row: usize, reason: impl Into<String>) -> EncodeError {
        EncodeError::Value {
            column: self.sent.info.name.clone(),
            row: self.rows.first + row as u64,
            reason: reason.into(),
        }
    }

    fn days(&self, days: &[i32]) -> Result<Vec<u32>, EncodeError> {
        let mut all = Vec::with_capacity(days.len());
        for (row, days) in days.iter().enumerate() {
            let days = i64::from(*days) - EPOCH_DAYS;
            if !DAYS.contains(&days) && !self.is_null(row) {
                return Err(self.refused(
                    row,
                    "a date of PostgreSQL lies between 4714-11-24 BC and 5874897-12-31",
                ));
            }
            all.push(days as u32);
        }
        Ok(all)
    }

    /// Points in time that are so many times `unit` microseconds.
    fn moments(
        &self,
        values: impl ExactSizeIterator<Item = i64>,
        unit: i64,
    ) -> Result<Vec<u64>, EncodeError> {
        let mut all = Vec::with_capacity(values.len());
        for (row, value) in values.enumerate() {
            let micros = value.checked_mul(unit);
            let micros = micros.and_then(|micros| micros.checked_sub(EPOCH_MICROSECONDS));
            let micros = micros.filter(|micros| MICROSECONDS.contains(micros));
            if micros.is_none() && !self.is_null(row) {
                return Err(self.refused(
                    row,
                    "a point in time of PostgreSQL lies between 4714-11-24 BC and the year 294276",
                ));
            }
            all.push(micros.unwrap_or_default() as u64);
        }
        Ok(all)
    }

    /// Texts and byte strings; `None` where the values are of another kind.
    fn texts(&self, values: &'a Values, wire: Wire) -> Result<Option<Cells<'a>>, EncodeError> {
        let of_rows = |row: usize| match values {
            Values::Text(texts) | Values::Bytes(texts) => texts.get(row),
            Values::Choice { keys, dictionary } => dictionary.get(keys[row]),
            _ => &[],
        };
        Ok(Some(match (values, wire) {
            (Values::Uuid(uuids), Wire::Uuid) => Cells::Sixteen(uuids.clone()),
            (Values::Uuid(uuids), Wire::Text | Wire::Bytes) => {
                let texts = uuids.iter().flat_map(|uuid| uuid_text(*uuid)).collect();
                Cells::Made(VarBytes::of_width(uuids.len(), 36, texts))
            }
            (Values::Bytes(all) | Values::Text(all), Wire::Bytes) => Cells::Bytes(all),
            (Values::Choice { keys, dictionary }, Wire::Bytes) => Cells::Keys(keys, dictionary),
            (Values::Text(all), Wire::Text) => {
                if all.data().contains(&0) {
                    self.no_nul(of_rows)?;
                }
                Cells::Bytes(all)
            }
            (Values::Choice { keys, dictionary }, Wire::Text) => {
                if dictionary.texts().data().contains(&0) {
                    self.no_nul(of_rows)?;
                }
                Cells::Keys(keys, dictionary)
            }
            (Values::Text(_) | Values::Choice { .. }, Wire::Jsonb) => {
                let rows = self.rows.count;
                self.no_nul(of_rows)?;
                let mut all = VarBytes::with_capacity(rows, 16 * rows);
                for row in 0..rows {
                    // The version of the form.
                    all.open().push(1);
                    all.push(of_rows(row));
                }
                Cells::Made(all)
            }
            (Values::Text(_) | Values::Choice { .. }, Wire::Uuid) => {
                let mut all = Vec::with_capacity(self.rows.count);
                for row in 0..self.rows.count {
                    let uuid = uuid::Uuid::try_parse_ascii(of_rows(row));
                    if uuid.is_err() && !self.is_null(row) {
                        return Err(self.refused(
                            row,
                            "its text is no uuid, and the table's column is of that type: let the column be `text`",
                        ));
                    }
                    all.push(uuid.map(|uuid| uuid.as_u128()).unwrap_or_default());
                }
                Cells::Sixteen(all)
            }
            _ => return Ok(None),
        }))
    }

    /// Refuses a text with a character that the server's texts do not have.
    fn no_nul(&self, text: impl Fn(usize) -> &'a [u8]) -> Result<(), EncodeError> {
        let has_one = |row: &usize| text(*row).contains(&0) && !self.is_null(*row);
        match (0..self.rows.count).find(has_one) {
            None => Ok(()),
            Some(row) => Err(self.refused(
                row,
                "texts of PostgreSQL have no NUL character (U+0000): let the field make none, or let the table's column \
                 be `bytea`",
            )),
        }
    }
}
