//! Collects values of one target type, whatever kinds they come in.

use std::sync::Arc;

use md5::{Digest, Md5};

use super::Cast;
use super::scalar;
use crate::columns::{Column, DataType, Dictionary, Values, VarBytes};
use crate::display::write_number;

/// A column of the target type in the making.
#[derive(Debug)]
pub(in crate::expression) struct Builder {
    cast: Cast,
    values: Values,
    validity: Vec<bool>,
    has_nulls: bool,
    scratch: Vec<u8>,
}

impl Builder {
    /// Room for `rows` values.
    pub(in crate::expression) fn new(cast: &Cast, rows: usize) -> Self {
        let values = Values::with_capacity(cast.data_type, rows);
        let validity = Vec::with_capacity(rows);
        Self { cast: cast.clone(), values, validity, has_nulls: false, scratch: Vec::new() }
    }

    /// Appends a null.
    pub(in crate::expression) fn push_null(&mut self) {
        self.values.push_empty();
        self.validity.push(false);
        self.has_nulls = true;
    }

    /// Appends a number; when it is refused, nothing.
    pub(in crate::expression) fn push_number(&mut self, value: f64) -> Result<(), String> {
        let cast = &self.cast;
        match &mut self.values {
            Values::Boolean(values) => values.push(value != 0.0 && !value.is_nan()),
            Values::Int32(values) => {
                values.push(scalar::integer(value, i32::MIN.into(), i32::MAX.into())? as i32);
            }
            Values::Int64(values) | Values::EpochMillis(values) => {
                values.push(scalar::integer(value, i64::MIN, i64::MAX)?);
            }
            Values::Float32(values) => values.push(scalar::rounded(value, cast.decimals) as f32),
            Values::Float64(values) => values.push(scalar::rounded(value, cast.decimals)),
            Values::Decimal(values) => {
                if let DataType::Decimal { precision, scale } = cast.data_type {
                    values.push(scalar::decimal(value, precision, scale)?);
                }
            }
            Values::Text(values) => {
                write_number(value, values.open());
                values.close();
            }
            Values::Bytes(values) => {
                self.scratch.clear();
                write_number(value, &mut self.scratch);
                push_bytes(&self.scratch, cast.md5, values);
            }
            Values::Instant(values) if cast.pattern.is_some() => {
                self.scratch.clear();
                write_number(value, &mut self.scratch);
                let text = String::from_utf8_lossy(&self.scratch);
                values.push(scalar::instant_of_text(&text, cast.pattern.as_deref())?);
            }
            Values::Date(_) | Values::Instant(_) | Values::Choice { .. } | Values::Uuid(_) => {
                return Err(scalar::number_mismatch(value, cast));
            }
        }
        self.validity.push(true);
        Ok(())
    }

    /// Appends a boolean; when it is refused, nothing.
    pub(in crate::expression) fn push_boolean(&mut self, value: bool) -> Result<(), String> {
        let text = if value { "true" } else { "false" };
        match &mut self.values {
            Values::Boolean(values) => values.push(value),
            Values::Text(values) => values.push(text.as_bytes()),
            Values::Bytes(values) => push_bytes(text.as_bytes(), self.cast.md5, values),
            _ => return Err(scalar::mismatch(&format!("the boolean {text}"), &self.cast)),
        }
        self.validity.push(true);
        Ok(())
    }

    /// Appends a text (UTF-8); when it is refused, nothing.
    pub(in crate::expression) fn push_text(&mut self, bytes: &[u8]) -> Result<(), String> {
        match &mut self.values {
            Values::Text(values) => values.push(bytes),
            Values::Bytes(values) => push_bytes(bytes, self.cast.md5, values),
            _ => {
                let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
                self.push_parsed(text)?;
            }
        }
        self.validity.push(true);
        Ok(())
    }

    fn push_parsed(&mut self, text: &str) -> Result<(), String> {
        let cast = &self.cast;
        match &mut self.values {
            Values::Boolean(values) => values.push(scalar::boolean_of_text(text)),
            Values::Int32(values) => {
                let value = scalar::integer_of_text(text, i32::MIN.into(), i32::MAX.into())?;
                values.push(value as i32);
            }
            Values::Int64(values) => {
                values.push(scalar::integer_of_text(text, i64::MIN, i64::MAX)?);
            }
            Values::Float32(values) => {
                let value = scalar::float_of_text(text)?;
                // Read as a single at once: over a double it would be rounded twice.
                let single = text.trim().parse().unwrap_or(value as f32);
                values.push(match cast.decimals {
                    None => single,
                    Some(_) => scalar::rounded(value, cast.decimals) as f32,
                });
            }
            Values::Float64(values) => {
                values.push(scalar::rounded(scalar::float_of_text(text)?, cast.decimals));
            }
            Values::Decimal(values) => {
                if let DataType::Decimal { precision, scale } = cast.data_type {
                    values.push(scalar::decimal_of_text(text, precision, scale)?);
                }
            }
            Values::Date(values) => values.push(scalar::date_of_text(text)?),
            Values::EpochMillis(values) => values.push(scalar::epoch_millis_of_text(text)?),
            Values::Instant(values) => {
                values.push(scalar::instant_of_text(text, cast.pattern.as_deref())?);
            }
            Values::Text(_) | Values::Bytes(_) | Values::Choice { .. } | Values::Uuid(_) => {}
        }
        Ok(())
    }

    /// Appends one value of a column of this builder's type; texts may be keys of a dictionary.
    pub(in crate::expression) fn push_same(&mut self, column: &Column, row: usize) {
        if column.is_null(row) {
            return self.push_null();
        }
        match (&mut self.values, &column.values) {
            (Values::Boolean(values), Values::Boolean(from)) => values.push(from[row]),
            (Values::Int32(values), Values::Int32(from))
            | (Values::Date(values), Values::Date(from)) => values.push(from[row]),
            (Values::Int64(values), Values::Int64(from))
            | (Values::EpochMillis(values), Values::EpochMillis(from))
            | (Values::Instant(values), Values::Instant(from)) => values.push(from[row]),
            (Values::Float32(values), Values::Float32(from)) => values.push(from[row]),
            (Values::Float64(values), Values::Float64(from)) => values.push(from[row]),
            (Values::Decimal(values), Values::Decimal(from)) => values.push(from[row]),
            (Values::Text(values), Values::Text(from))
            | (Values::Bytes(values), Values::Bytes(from)) => values.push(from.get(row)),
            (Values::Text(values), Values::Choice { keys, dictionary }) => {
                values.push(dictionary.get(keys[row]));
            }
            (Values::Text(values), Values::Uuid(from)) => {
                crate::display::write_uuid(from[row], values.open());
                values.close();
            }
            _ => return self.push_null(),
        }
        self.validity.push(true);
    }

    /// The column.
    pub(in crate::expression) fn finish(self) -> Column {
        Column { values: self.values, validity: self.has_nulls.then_some(self.validity) }
    }
}

fn push_bytes(text: &[u8], md5: bool, values: &mut VarBytes) {
    if md5 { values.push(&Md5::digest(text)) } else { values.push(text) }
}

/// A text column as a dictionary of its own rows; `None` for other columns.
pub(in crate::expression) fn into_dictionary(column: Column) -> Result<Arc<Dictionary>, Column> {
    match column {
        Column { values: Values::Text(texts), validity: None } => Ok(Dictionary::from_texts(texts)),
        other => Err(other),
    }
}
