//! `INTEGER`: whole numbers of 32 bits, from a range, a list or a distribution.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::rng::{Stream, scale};

use super::{Compiled, Computed, Context, FieldType, GenerateError, Generator};

#[derive(Debug)]
pub(super) struct Integer;

impl FieldType for Integer {
    fn name(&self) -> &'static str {
        "INTEGER"
    }

    fn summary(&self) -> &'static str {
        "Whole numbers of 32 bits."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("min", "integer", "0", "Smallest value."),
            Attribute::new("max", "integer", "2147483647", "Largest value, inclusive."),
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "age", "type": "INTEGER", "min": 18, "max": 99}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Int32, 6))
    }

    fn compile(&self, attributes: &mut Reader<'_>, context: &Context<'_>) -> Option<Compiled> {
        let range = i64::from(i32::MIN)..=i64::from(i32::MAX);
        let min = attributes.integer("min", range.clone()).unwrap_or(0);
        let max = attributes.integer("max", range).unwrap_or(i64::from(i32::MAX));
        if min > max {
            attributes.error("min", "empty_range", format!("`min` {min} is above `max` {max}"));
            return None;
        }
        let generator =
            Uniform { stream: context.stream, min: min as i32, width: min.abs_diff(max) + 1 };
        Some(Compiled::new(generator, DataType::Int32, 6))
    }
}

#[derive(Debug)]
struct Uniform {
    stream: Stream,
    min: i32,
    width: u64,
}

impl Generator for Uniform {
    fn generate(&self, rows: Rows) -> Result<Column, GenerateError> {
        let mut words = vec![0; rows.count];
        self.stream.fill(rows.first, &mut words);
        let values =
            words.iter().map(|word| self.min.wrapping_add(scale(*word, self.width) as i32));
        Ok(Column::new(Values::Int32(values.collect())))
    }
}
