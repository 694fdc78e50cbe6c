//! Columns in, a column out.

use super::vector::{Many, Span, Vector};
use super::{Bail, Frame, Machine, Run};
use crate::columns::{Column, DataType, Values, VarBytes, append_part, uuid_text};
use crate::columnwise::Selection;
use crate::sandbox::rhai::host::decimal::Decimal;
use crate::sandbox::rhai::values::{Decimals, digits_of, exact_digits, whole_digits};

impl Machine<'_> {
    pub(super) fn input(&mut self, index: usize, rows: &Selection) -> Run<Vector> {
        let column = self.inputs[index].ok_or(Bail)?;
        let kind = self.types[index].ok_or(Bail)?.data_type;
        let range = self.start..self.start + self.rows.count;
        if let Some(validity) = &column.validity {
            let validity = &validity[range.clone()];
            if (0..rows.len()).any(|place| !validity[rows.position(place)]) {
                return Err(Bail);
            }
        }
        Ok(match &column.values {
            Values::Boolean(values) => Vector::Bool(Many::Each(rows.gather(&values[range]))),
            Values::Int32(values) => Vector::Int(Many::Each(rows.map(&values[range], i64::from))),
            Values::Int64(values) => Vector::Int(Many::Each(rows.gather(&values[range]))),
            Values::Float32(values) => {
                Vector::Float(Many::Each(rows.map(&values[range], f64::from)))
            }
            Values::Float64(values) => Vector::Float(Many::Each(rows.gather(&values[range]))),
            Values::Decimal(values) => {
                let DataType::Decimal { scale, .. } = kind else { return Err(Bail) };
                self.decimals(self.tree.decimals[index], &values[range], scale, rows)?
            }
            Values::Date(values) => Vector::Date(Many::Each(rows.gather(&values[range]))),
            Values::EpochMillis(values) => {
                let micros = |value: i64| value.saturating_mul(1_000);
                Vector::Time(Many::Each(rows.map(&values[range], micros)))
            }
            Values::Instant(values) => Vector::Time(Many::Each(rows.gather(&values[range]))),
            Values::Text(values) => self.spans(rows, |row| values.get(range.start + row))?,
            Values::Choice { keys, dictionary } => {
                self.spans(rows, |row| dictionary.get(keys[range.start + row]))?
            }
            Values::Uuid(values) => {
                let mut spans = Vec::with_capacity(rows.len());
                for place in 0..rows.len() {
                    spans.push(self.keep(&uuid_text(values[range.start + rows.position(place)]))?);
                }
                Vector::Text(Many::Each(spans))
            }
            Values::Bytes(_) => return Err(Bail),
        })
    }

    /// Decimals as the script reads them.
    fn decimals(
        &self,
        reading: Decimals,
        digits: &[i128],
        scale: u8,
        rows: &Selection,
    ) -> Run<Vector> {
        let read = |place| digits[rows.position(place)];
        let places = 0..rows.len();
        if reading == Decimals::Exact {
            let exact = |place| Decimal::new(read(place), scale).ok_or(Bail);
            return Ok(Vector::Decimal(Many::Each(places.map(exact).collect::<Run<_>>()?)));
        }
        // The interpreter says which row has more digits than a number keeps.
        let number = |place| reading.number(read(place), scale).ok_or(Bail);
        Ok(Vector::Float(Many::Each(places.map(number).collect::<Run<_>>()?)))
    }

    fn spans<'t>(&mut self, rows: &Selection, text: impl Fn(usize) -> &'t [u8]) -> Run<Vector> {
        let mut spans = Vec::with_capacity(rows.len());
        for place in 0..rows.len() {
            spans.push(self.keep(text(rows.position(place)))?);
        }
        Ok(Vector::Text(Many::Each(spans)))
    }

    /// Appends what was returned in this chunk.
    pub(super) fn finish(&self, frame: Frame, returned: &mut Returned) -> Run<()> {
        let count = self.rows.count;
        let canonical = |value: f64| if value.is_nan() { f64::NAN } else { value };
        let validity = if frame.nulls.is_empty() {
            None
        } else {
            let validity = returned.validity.get_or_insert_with(Vec::new);
            validity.resize(self.start + count, true);
            let validity = &mut validity[self.start..];
            frame.nulls.iter().for_each(|row| validity[*row as usize] = false);
            Some(&*validity)
        };
        let values = match (frame.values, returned.data_type) {
            (values, DataType::Decimal { precision, scale }) => {
                let digits = decimals(&values, precision, scale, &frame.nulls, count)?;
                return returned.push_decimals(digits);
            }
            (values, _) => values,
        };
        match (values, &mut returned.values) {
            (Vector::Date(values), Values::Date(out)) => extend(out, values, count),
            (Vector::Time(values), Values::Instant(out)) => extend(out, values, count),
            (Vector::Time(values), Values::EpochMillis(out)) => {
                extend(out, values.map(|value| value.div_euclid(1_000)), count);
            }
            (Vector::Bool(values), Values::Boolean(out)) => extend(out, values, count),
            (Vector::Int(values), Values::Int64(out)) => extend(out, values, count),
            (Vector::Int(values), Values::Int32(out)) => {
                let narrow = values.map(|value| i32::try_from(value).ok());
                extend(out, narrow.all_or_none().ok_or(Bail)?, count);
            }
            (Vector::Int(values), Values::Float64(out)) => {
                extend(out, values.map(|value| value as f64), count);
            }
            (Vector::Int(values), Values::Float32(out)) => {
                extend(out, values.map(|value| value as f64 as f32), count);
            }
            (Vector::Float(values), Values::Float64(out)) => {
                extend(out, values.map(canonical), count);
            }
            (Vector::Float(values), Values::Float32(out)) => {
                extend(out, values.map(|value| canonical(value) as f32), count);
            }
            (Vector::Decimal(values), Values::Float64(out)) => {
                extend(out, values.map(Decimal::to_float), count);
            }
            (Vector::Decimal(values), Values::Float32(out)) => {
                extend(out, values.map(|value| value.to_float() as f32), count);
            }
            (Vector::Char(letters), Values::Text(texts)) => {
                for row in 0..count {
                    if validity.is_none_or(|validity| validity[row]) {
                        texts.push(letters.get(row).encode_utf8(&mut [0; 4]).as_bytes());
                    } else {
                        texts.close();
                    }
                }
            }
            (Vector::Text(spans), Values::Text(texts)) => {
                self.append(&spans, validity, texts);
                // The interpreter refuses it in words.
                if texts.data().len() > self.limits.answer_bytes {
                    return Err(Bail);
                }
            }
            // Nothing but null.
            (_, values) if frame.nulls.len() == count => {
                (0..count).for_each(|_| values.push_empty());
            }
            _ => return Err(Bail),
        }
        Ok(())
    }

    /// Appends the texts at `spans`, empty ones where the row is null.
    fn append(&self, spans: &Many<Span>, validity: Option<&[bool]>, texts: &mut VarBytes) {
        for row in 0..self.rows.count {
            if validity.is_none_or(|validity| validity[row]) {
                let Span { start, end } = spans.get(row);
                append_part(&self.arena, start as usize, (end - start) as usize, texts.open());
            }
            texts.close();
        }
    }
}

/// Numbers as the digits of decimals, unless one does not fit; 0 where the row is null.
fn decimals(
    values: &Vector,
    precision: u8,
    scale: u8,
    nulls: &[u32],
    count: usize,
) -> Run<Vec<i128>> {
    let mut digits = Vec::with_capacity(count);
    let mut is_null = vec![false; count];
    for row in nulls {
        is_null[*row as usize] = true;
    }
    for (row, is_null) in is_null.into_iter().enumerate() {
        let value = match values {
            _ if is_null => Some(0),
            Vector::Int(values) => whole_digits(values.get(row), precision, scale),
            Vector::Float(values) => digits_of(values.get(row), precision, scale),
            Vector::Decimal(values) => exact_digits(values.get(row), precision, scale),
            _ => None,
        };
        digits.push(value.ok_or(Bail)?);
    }
    Ok(digits)
}

fn extend<T: Copy>(out: &mut Vec<T>, values: Many<T>, count: usize) {
    match values {
        Many::One(value) => out.resize(out.len() + count, value),
        Many::Each(values) => out.extend_from_slice(&values),
    }
}

/// What the chunks of a block have returned so far.
pub(super) struct Returned {
    data_type: DataType,
    values: Values,
    /// As long as up to the last chunk with a null.
    validity: Option<Vec<bool>>,
}

impl Returned {
    pub(super) fn new(data_type: DataType, rows: usize) -> Self {
        Self { data_type, values: Values::with_capacity(data_type, rows), validity: None }
    }

    fn push_decimals(&mut self, digits: Vec<i128>) -> Run<()> {
        let Values::Decimal(values) = &mut self.values else { return Err(Bail) };
        values.extend(digits);
        Ok(())
    }

    pub(super) fn column(self) -> Column {
        let mut column = Column { values: self.values, validity: self.validity };
        let count = column.len();
        if let Some(validity) = &mut column.validity {
            validity.resize(count, true);
        }
        column
    }
}
