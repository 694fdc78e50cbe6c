//! One column of a row group: values go to the page that is open, pages to the chunk.
//!
//! A page ends after a number of rows, or after the row with which it reaches its size: a matter of the
//! rows alone, so blocks of any size give the same pages.

use std::sync::Arc;

use parquet::basic::{Encoding, Type as Physical};
use parquet::column::writer::ColumnCloseResult;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use super::bounds::{Bounds, BytesBounds};
use super::cells::{Run, in_int96, int96, push_bytes};
use super::dictionary::{Choices, Numbers};
use super::pages::{Chunk, Pages};
use super::{EncodeError, Settings, hybrid};
use crate::columns::{Column, ColumnInfo, DataType, Values, VarBytes, uuid_text};

/// Rows of a page: enough for a codec, few enough for the cache.
const PAGE_ROWS: usize = 16_384;

/// More distinct numbers than this do not stay in the cache while they are looked up.
const MOST_NUMBERS: usize = 8_192;

/// A uuid's text and its length.
const UUID_BYTES: usize = 40;

/// How the page that is open holds its values.
#[derive(Debug)]
enum Coder {
    /// The first value decides.
    Undecided,
    Plain,
    Choices,
    Numbers,
}

/// Encodes one column, chunk after chunk.
#[derive(Debug)]
pub(super) struct ColumnEncoder {
    info: ColumnInfo,
    descriptor: ColumnDescPtr,
    settings: Arc<Settings>,
    pages: Pages,
    coder: Coder,
    page_rows: usize,
    /// The open page: rows, whether each has a value, and the values as bytes or indices.
    rows: usize,
    present: Vec<bool>,
    plain: Vec<u8>,
    indices: Vec<u32>,
    /// The chunk.
    nulls: u64,
    bounds: Bounds,
    choices: Option<Choices>,
    numbers: Option<Numbers>,
    body: Vec<u8>,
}

impl ColumnEncoder {
    pub(super) fn new(
        info: &ColumnInfo,
        descriptor: ColumnDescPtr,
        settings: &Arc<Settings>,
    ) -> Self {
        // Worth it only where an index is much shorter than a number, and most numbers repeat.
        let most = settings.rows / 8;
        let numeric =
            !matches!(info.data_type, DataType::Boolean | DataType::Text | DataType::Bytes);
        let numbers = info
            .distinct
            .map(|distinct| distinct as usize)
            .filter(|distinct| {
                settings.dictionary && numeric && *distinct <= most.min(MOST_NUMBERS)
            })
            .filter(|distinct| distinct * 8 <= settings.dictionary_page_bytes)
            .filter(|_| is_number(descriptor.physical_type()))
            .map(Numbers::new);
        // Of fixed width, but for texts other than uuids: those end a page by their size.
        let bytes = match descriptor.physical_type() {
            Physical::BYTE_ARRAY => UUID_BYTES,
            Physical::FIXED_LEN_BYTE_ARRAY | Physical::INT96 => 16,
            _ => 8,
        };
        Self {
            info: info.clone(),
            settings: settings.clone(),
            pages: Pages::new(settings.codec),
            coder: Coder::Undecided,
            page_rows: (settings.page_bytes / bytes).clamp(1, PAGE_ROWS),
            rows: 0,
            present: Vec::new(),
            plain: Vec::new(),
            indices: Vec::new(),
            nulls: 0,
            bounds: first_bounds(&descriptor),
            choices: None,
            numbers,
            body: Vec::new(),
            descriptor,
        }
    }

    /// Takes the next rows in, the first of which is `first_row` of the command.
    pub(super) fn append(&mut self, column: &Column, first_row: u64) -> Result<(), EncodeError> {
        let mut validity = column.validity.as_deref();
        if let Some(flags) = validity {
            let nulls = flags.iter().filter(|valid| !**valid).count();
            if flags.len() != column.len() || (nulls > 0 && !self.info.nullable) {
                return Err(self.mismatch());
            }
            validity = validity.filter(|_| nulls > 0);
            self.nulls += nulls as u64;
        }
        if !column.values.fits(self.info.data_type) {
            return Err(self.mismatch());
        }
        self.refuse_far_times(column, first_row)?;
        let mut first = 0;
        while first < column.len() {
            self.decide(&column.values)?;
            let end = column.len().min(first + self.page_rows - self.rows);
            let (end, full) = self.push(&column.values, validity, first, end);
            self.rows += end - first;
            if self.info.nullable {
                match validity {
                    Some(flags) => self.present.extend_from_slice(&flags[first..end]),
                    None => self.present.resize(self.rows, true),
                }
            }
            first = end;
            if full || self.rows == self.page_rows {
                self.end_page()?;
            }
        }
        Ok(())
    }

    /// The error that INT96 cannot hold a point in time: of microseconds it holds all.
    fn refuse_far_times(&self, column: &Column, first_row: u64) -> Result<(), EncodeError> {
        let Values::EpochMillis(values) = &column.values else { return Ok(()) };
        if self.descriptor.physical_type() != Physical::INT96 {
            return Ok(());
        }
        let far =
            |row: &usize| !column.is_null(*row) && !in_int96(i128::from(values[*row]) * 1_000_000);
        let Some(row) = (0..values.len()).find(far) else { return Ok(()) };
        Err(EncodeError::Value {
            column: self.info.name.clone(),
            row: first_row + row as u64,
            reason: format!("{} milliseconds are too far away for INT96", values[row]),
        })
    }

    /// The error that a column does not fit.
    pub(super) fn mismatch(&self) -> EncodeError {
        EncodeError::Mismatch { column: self.info.name.clone() }
    }

    /// Ends the chunk and appends its bytes to `out`.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<ColumnCloseResult, EncodeError> {
        self.end_page()?;
        self.coder = Coder::Undecided;
        let mut dictionary = None;
        self.body.clear();
        if let Some(choices) = self.choices.as_mut().filter(|choices| choices.len() > 0) {
            for text in choices.texts() {
                push_bytes(text, &mut self.body);
                if let Bounds::Bytes(bounds) = &mut self.bounds {
                    bounds.see(text);
                }
            }
            dictionary = Some((self.body.as_slice(), choices.len()));
            choices.clear();
        }
        if let Some(numbers) = self.numbers.as_mut().filter(|numbers| !numbers.numbers().is_empty())
        {
            let narrow =
                matches!(self.descriptor.physical_type(), Physical::INT32 | Physical::FLOAT);
            let width = if narrow { 4 } else { 8 };
            for number in numbers.numbers() {
                self.body.extend_from_slice(&number.to_le_bytes()[..width]);
            }
            dictionary = Some((self.body.as_slice(), numbers.numbers().len()));
            numbers.clear();
        }
        let physical = self.descriptor.physical_type();
        let length = self.descriptor.type_length().max(0) as usize;
        let bounds = std::mem::replace(&mut self.bounds, first_bounds(&self.descriptor));
        let nulls = std::mem::take(&mut self.nulls);
        let text = self.info.data_type == DataType::Text;
        let chunk = Chunk {
            descriptor: self.descriptor.clone(),
            statistics: bounds.statistics(physical, length, nulls, text),
            dictionary,
        };
        self.pages.finish(chunk, out)
    }

    /// Settles how the next value is coded.
    fn decide(&mut self, values: &Values) -> Result<(), EncodeError> {
        let coder = match (&self.coder, values) {
            (Coder::Undecided, Values::Choice { dictionary, .. }) if self.settings.dictionary => {
                let limit = self.settings.dictionary_page_bytes;
                let known = self.choices.as_mut().is_some_and(|choices| choices.is_of(dictionary));
                if !known {
                    self.choices = Some(Choices::new(dictionary, self.settings.rows, limit));
                }
                let pays = self.choices.as_ref().is_some_and(Choices::pays);
                if pays { Coder::Choices } else { Coder::Plain }
            }
            (Coder::Undecided, _) if self.numbers.is_some() => Coder::Numbers,
            (Coder::Undecided, _) => Coder::Plain,
            (Coder::Choices, Values::Choice { dictionary, .. })
                if self.choices.as_mut().is_some_and(|choices| choices.is_of(dictionary)) =>
            {
                return Ok(());
            }
            // Other texts than those of the chunk's dictionary.
            (Coder::Choices, _) => {
                self.end_page()?;
                Coder::Plain
            }
            (Coder::Plain | Coder::Numbers, _) => return Ok(()),
        };
        self.coder = coder;
        Ok(())
    }

    /// Encodes rows `first..end`, or fewer when the page is full before; answers how far it came, and
    /// whether the page must end there.
    fn push(
        &mut self,
        values: &Values,
        validity: Option<&[bool]>,
        first: usize,
        end: usize,
    ) -> (usize, bool) {
        let rows = Run { validity, first, end };
        match values {
            Values::Boolean(values) => {
                if let Bounds::Integer(least, most) = &mut self.bounds {
                    rows.each(values, |value| {
                        let bit = u8::from(value);
                        self.plain.push(bit);
                        *least = (*least).min(i64::from(bit));
                        *most = (*most).max(i64::from(bit));
                    });
                }
                (end, false)
            }
            Values::Int32(values) | Values::Date(values) => self.push_numbers(
                rows,
                values,
                i32::to_le_bytes,
                |value| u64::from(value as u32),
                i64::from,
            ),
            Values::EpochMillis(values) if self.descriptor.physical_type() == Physical::INT96 => {
                self.push_fixed(rows, values, |millis| int96(i128::from(millis) * 1_000_000))
            }
            Values::Instant(values) if self.descriptor.physical_type() == Physical::INT96 => {
                self.push_fixed(rows, values, |micros| int96(i128::from(micros) * 1_000))
            }
            Values::Int64(values) | Values::EpochMillis(values) | Values::Instant(values) => self
                .push_numbers(rows, values, i64::to_le_bytes, |value| value as u64, |value| value),
            Values::Float32(values) => {
                self.see_floats(rows, values, f64::from);
                let bits = |value: f32| u64::from(value.to_bits());
                self.push_numbers(rows, values, f32::to_le_bytes, bits, |_| 0)
            }
            Values::Float64(values) => {
                self.see_floats(rows, values, |value| value);
                self.push_numbers(rows, values, f64::to_le_bytes, f64::to_bits, |_| 0)
            }
            Values::Decimal(values) => self.push_decimals(rows, values),
            Values::Uuid(values) => {
                self.see_uuids(rows, values);
                let text = |uuid| {
                    let mut bytes = [0; UUID_BYTES];
                    bytes[0] = 36;
                    bytes[4..].copy_from_slice(&uuid_text(uuid));
                    bytes
                };
                self.push_fixed(rows, values, text)
            }
            Values::Text(values) | Values::Bytes(values) => {
                let end = self.push_texts(rows, values);
                (end, self.plain.len() >= self.settings.page_bytes)
            }
            Values::Choice { keys, dictionary } => match (&self.coder, &mut self.choices) {
                (Coder::Choices, Some(choices)) => {
                    rows.each(keys, |key| self.indices.push(choices.index(key)));
                    (end, false)
                }
                _ => {
                    let limit = self.settings.page_bytes;
                    let Bounds::Bytes(bounds) = &mut self.bounds else { return (end, false) };
                    for row in first..end {
                        if rows.is_valid(row) {
                            let text = dictionary.get(keys[row]);
                            bounds.see(text);
                            push_bytes(text, &mut self.plain);
                            if self.plain.len() >= limit {
                                return (row + 1, true);
                            }
                        }
                    }
                    (end, false)
                }
            },
        }
    }

    /// Numbers of 4 or 8 bytes, as indices where the chunk has a dictionary.
    fn push_numbers<T: Copy, const N: usize>(
        &mut self,
        rows: Run<'_>,
        values: &[T],
        plain: impl Fn(T) -> [u8; N],
        bits: impl Fn(T) -> u64,
        integer: impl Fn(T) -> i64,
    ) -> (usize, bool) {
        if let Bounds::Integer(least, most) = &mut self.bounds {
            let (mut lowest, mut highest) = (*least, *most);
            rows.each(values, |value| {
                lowest = lowest.min(integer(value));
                highest = highest.max(integer(value));
            });
            (*least, *most) = (lowest, highest);
        }
        let (Coder::Numbers, Some(numbers)) = (&self.coder, &mut self.numbers) else {
            return self.push_fixed(rows, values, plain);
        };
        for (row, value) in values.iter().enumerate().take(rows.end).skip(rows.first) {
            if !rows.is_valid(row) {
                continue;
            }
            if let Some(index) = numbers.index(bits(*value)) {
                self.indices.push(index);
            } else {
                // More than the model promised: this page ends here, the rest of the chunk is plain.
                self.coder = Coder::Plain;
                return (row, true);
            }
        }
        (rows.end, false)
    }

    /// The texts of uuids are ordered as their numbers are: two texts a run are enough.
    fn see_uuids(&mut self, rows: Run<'_>, values: &[u128]) {
        let Bounds::Bytes(bounds) = &mut self.bounds else { return };
        let (mut least, mut most) = (u128::MAX, 0);
        rows.each(values, |value| {
            least = least.min(value);
            most = most.max(value);
        });
        if least <= most {
            bounds.see(&uuid_text(least));
            bounds.see(&uuid_text(most));
        }
    }

    fn push_decimals(&mut self, rows: Run<'_>, values: &[i128]) -> (usize, bool) {
        if let Bounds::Wide(least, most) = &mut self.bounds {
            rows.each(values, |value| {
                *least = (*least).min(value);
                *most = (*most).max(value);
            });
        }
        let integer = |digits: i128| digits as i64;
        let bits = |digits: i128| digits as u64;
        match self.descriptor.physical_type() {
            Physical::INT32 => {
                let plain = |digits: i128| (digits as i32).to_le_bytes();
                self.push_numbers(rows, values, plain, bits, integer)
            }
            Physical::INT64 => {
                let plain = |digits: i128| (digits as i64).to_le_bytes();
                self.push_numbers(rows, values, plain, bits, integer)
            }
            _ => {
                let length = self.descriptor.type_length().max(0) as usize;
                rows.each(values, |digits| {
                    self.plain.extend_from_slice(&digits.to_be_bytes()[16 - length..]);
                });
                (rows.end, false)
            }
        }
    }

    /// Values that all take `N` bytes.
    fn push_fixed<T: Copy, const N: usize>(
        &mut self,
        rows: Run<'_>,
        values: &[T],
        plain: impl Fn(T) -> [u8; N],
    ) -> (usize, bool) {
        let start = self.plain.len();
        self.plain.resize(start + N * (rows.end - rows.first), 0);
        let (cells, _) = self.plain[start..].as_chunks_mut::<N>();
        if rows.validity.is_none() {
            for (cell, value) in cells.iter_mut().zip(&values[rows.first..rows.end]) {
                *cell = plain(*value);
            }
        } else {
            let mut count = 0;
            rows.each(values, |value| {
                cells[count] = plain(value);
                count += 1;
            });
            self.plain.truncate(start + N * count);
        }
        (rows.end, false)
    }

    fn see_floats<T: Copy>(&mut self, rows: Run<'_>, values: &[T], wide: impl Fn(T) -> f64) {
        if let Bounds::Float { least, most, nan } = &mut self.bounds {
            let (mut lowest, mut highest, mut unordered) = (*least, *most, *nan);
            // Comparisons with NaN are false, so it never becomes a bound.
            rows.each(values, |value| {
                let value = wide(value);
                lowest = if value < lowest { value } else { lowest };
                highest = if value > highest { value } else { highest };
                unordered |= value.is_nan();
            });
            (*least, *most, *nan) = (lowest, highest, unordered);
        }
    }

    /// Texts or bytes up to the row that fills the page; answers the row behind it.
    fn push_texts(&mut self, rows: Run<'_>, values: &VarBytes) -> usize {
        let limit = self.settings.page_bytes;
        let Bounds::Bytes(bounds) = &mut self.bounds else { return rows.end };
        for row in rows.first..rows.end {
            if rows.is_valid(row) {
                let value = values.get(row);
                bounds.see(value);
                push_bytes(value, &mut self.plain);
                if self.plain.len() >= limit {
                    return row + 1;
                }
            }
        }
        rows.end
    }

    /// Closes the open page, if it has rows.
    fn end_page(&mut self) -> Result<(), EncodeError> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(());
        }
        let body = &mut self.body;
        body.clear();
        if self.info.nullable {
            hybrid::push_levels(&self.present, body);
            self.present.clear();
        }
        if !self.indices.is_empty() {
            let known = match (&self.choices, &self.numbers) {
                (Some(choices), _) => choices.len(),
                (None, Some(numbers)) => numbers.numbers().len(),
                (None, None) => 0,
            };
            let width = hybrid::bit_width(known);
            body.push(width as u8);
            hybrid::push_run(&self.indices, width, body);
            self.indices.clear();
            return self.pages.push(body, rows, Encoding::RLE_DICTIONARY);
        }
        if self.info.data_type == DataType::Boolean {
            hybrid::push_packed(self.plain.iter().map(|bit| u32::from(*bit)), 1, body);
        } else if body.is_empty() {
            // Nothing stands in front of the values: no need to move them.
            std::mem::swap(body, &mut self.plain);
        } else {
            body.extend_from_slice(&self.plain);
        }
        self.plain.clear();
        self.pages.push(body, rows, Encoding::PLAIN)
    }
}

fn first_bounds(descriptor: &ColumnDescriptor) -> Bounds {
    match descriptor.physical_type() {
        Physical::FIXED_LEN_BYTE_ARRAY => Bounds::WIDE,
        Physical::FLOAT | Physical::DOUBLE => Bounds::FLOAT,
        Physical::BYTE_ARRAY => Bounds::Bytes(BytesBounds::default()),
        Physical::INT96 => Bounds::Unknown,
        Physical::BOOLEAN | Physical::INT32 | Physical::INT64 => Bounds::INTEGER,
    }
}

/// Whether values are numbers of 4 or 8 bytes, which a dictionary can hold.
fn is_number(physical: Physical) -> bool {
    matches!(physical, Physical::INT32 | Physical::INT64 | Physical::FLOAT | Physical::DOUBLE)
}
