//! The formula's values as a column of the field's type.

use std::sync::Arc;

use super::blend::Constants;
use super::tree::Value;
use super::vector::{Cell, Data, Vector};
use crate::columns::{Column, DataType, Values};
use crate::columnwise::Selection;
use crate::expression::cast::{Builder, Cast};
use crate::expression::error::Faults;

/// Converts; what is refused becomes a fault of its row.
pub(super) fn column(
    values: &Vector<'_>,
    cast: &Cast,
    constants: &Constants,
    selection: &Selection,
    faults: &mut Faults,
) -> Column {
    if let Some(column) = native(values, cast, constants, selection.len()) {
        return column;
    }
    let mut builder = Builder::new(cast, selection.len());
    for index in 0..selection.len() {
        let pushed = match values.at(index) {
            Cell::Null => {
                builder.push_null();
                Ok(())
            }
            Cell::Boolean(value) => builder.push_boolean(value),
            Cell::Number(value) => builder.push_number(value),
            Cell::Text(text) => builder.push_text(text),
        };
        if let Err(message) = pushed {
            builder.push_null();
            faults.push(selection.position(index), message);
        }
    }
    builder.finish()
}

/// Conversions that need no look at single values.
fn native(
    values: &Vector<'_>,
    cast: &Cast,
    constants: &Constants,
    length: usize,
) -> Option<Column> {
    let converted = match (&values.data, cast.data_type) {
        (Data::Numbers(numbers), DataType::Float64) if cast.decimals.is_none() => {
            Values::Float64(numbers.to_vec())
        }
        (Data::Numbers(numbers), DataType::Float32) if cast.decimals.is_none() => {
            Values::Float32(numbers.iter().map(|number| *number as f32).collect())
        }
        (Data::Numbers(numbers), DataType::Int32) => {
            // What is not whole or too large differs after the detour.
            let whole: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
            let same = whole.iter().zip(numbers.iter()).all(|(a, b)| f64::from(*a) == *b);
            if !same {
                return None;
            }
            Values::Int32(whole)
        }
        (Data::Booleans(flags), DataType::Boolean) => Values::Boolean(flags.to_vec()),
        (Data::Texts(texts), DataType::Text) => Values::Text((**texts).clone()),
        (Data::Choices { keys, dictionary }, DataType::Text) => {
            Values::Choice { keys: Arc::clone(keys), dictionary: Arc::clone(dictionary) }
        }
        (Data::Constant(Value::Text(text)), DataType::Text) => {
            let key = constants.key(text)?;
            let dictionary = Arc::clone(constants.dictionary.as_ref()?);
            Values::Choice { keys: Arc::new(vec![key; length]), dictionary }
        }
        _ => return None,
    };
    Some(Column { values: converted, validity: values.valid.as_ref().map(|valid| valid.to_vec()) })
}
