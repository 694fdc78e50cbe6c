//! Parameters of a field.

use std::ops::RangeInclusive;

use crate::bindings::datagen::field::types::ParamValue;
use crate::{Error, ErrorKind};

/// The parameters of a field, by their declared names; defaults are filled in.
#[derive(Debug)]
pub struct Parameters {
    pub(crate) names: Vec<String>,
    pub(crate) values: Vec<ParamValue>,
    pub(crate) field_seed: u64,
    pub(crate) table_rows: Option<u64>,
}

fn refusal(name: &str, message: impl Into<String>) -> Error {
    let (message, param) = (message.into(), Some(name.to_owned()));
    Error { kind: ErrorKind::BadParams, message, row: None, param }
}

impl Parameters {
    fn value(&self, name: &str) -> Option<&ParamValue> {
        let index = self.names.iter().position(|one| one == name)?;
        self.values.get(index)
    }

    /// Why the parameter `name` is not what `expected` says.
    fn not(&self, name: &str, expected: &str) -> Error {
        if self.value(name).is_none() {
            let known = self.names.join("`, `");
            return refusal(name, format!("`describe` declares no such parameter but `{known}`"));
        }
        refusal(name, format!("expected {expected}"))
    }

    /// The error that refuses the parameter `name`.
    pub fn refuse(&self, name: &str, message: impl Into<String>) -> Error {
        refusal(name, message)
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Result<i64, Error> {
        match self.value(name) {
            Some(ParamValue::Int(value)) => Ok(*value),
            _ => Err(self.not(name, "a whole number")),
        }
    }

    /// A whole number within `range`.
    pub fn usize(&self, name: &str, range: RangeInclusive<usize>) -> Result<usize, Error> {
        let value = self.integer(name)?;
        usize::try_from(value).ok().filter(|value| range.contains(value)).ok_or_else(|| {
            refusal(name, format!("{value} is outside of {} to {}", range.start(), range.end()))
        })
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<f64, Error> {
        match self.value(name) {
            Some(ParamValue::Float(value)) => Ok(*value),
            Some(ParamValue::Int(value)) => Ok(*value as f64),
            _ => Err(self.not(name, "a number")),
        }
    }

    /// A boolean.
    pub fn boolean(&self, name: &str) -> Result<bool, Error> {
        match self.value(name) {
            Some(ParamValue::Boolean(value)) => Ok(*value),
            _ => Err(self.not(name, "true or false")),
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        match self.value(name) {
            Some(ParamValue::Text(text)) => Ok(text),
            _ => Err(self.not(name, "a text")),
        }
    }

    /// Any JSON value as JSON text, for a parser of your choice.
    pub fn json(&self, name: &str) -> Result<String, Error> {
        Ok(match self.value(name) {
            Some(ParamValue::Json(text)) => text.clone(),
            Some(ParamValue::Text(text)) => format!("{text:?}"),
            Some(ParamValue::Int(value)) => value.to_string(),
            Some(ParamValue::Float(value)) => format!("{value:?}"),
            Some(ParamValue::Boolean(value)) => value.to_string(),
            Some(ParamValue::Null) => "null".to_owned(),
            None => return Err(self.not(name, "any JSON")),
        })
    }

    /// The seed of the field: for what must agree over all rows. 0 while parameters are only checked.
    pub fn field_seed(&self) -> u64 {
        self.field_seed
    }

    /// Rows of the whole command, where they are known.
    pub fn table_rows(&self) -> Option<u64> {
        self.table_rows
    }
}
