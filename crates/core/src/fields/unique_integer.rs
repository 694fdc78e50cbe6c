//! `UNIQUE_INTEGER`: whole numbers of 64 bits in random order, none twice.
//!
//! `{"name": "code", "type": "UNIQUE_INTEGER", "min": 100000, "max": 999999}`: a permutation of the
//! range, computed row by row without memory. A command may make as many rows as the range is wide.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::sampling::bounds::{self, End};
use crate::sampling::permutation::Permutation;

use super::{Compiled, Computed, Context, Definition, Exhausted, FieldType};

#[derive(Debug)]
pub(super) struct UniqueInteger;

impl FieldType for UniqueInteger {
    fn name(&self) -> &'static str {
        "UNIQUE_INTEGER"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["UNIQUE_LONG"]
    }

    fn summary(&self) -> &'static str {
        "Whole numbers in random order, none twice."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("min", "integer", "0", "Smallest value."),
            Attribute::new("max", "integer", "9223372036854775807", "Largest value, inclusive."),
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "code", "type": "UNIQUE_INTEGER", "min": 100000, "max": 999999}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Int64, 10))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let low = End { keys: &["min"], default: 0, shown: "0" };
        let high = End { keys: &["max"], default: i64::MAX, shown: "9223372036854775807" };
        let bounds = bounds::read(attributes, low, high, |attributes, key, _| {
            attributes.integer(key, i64::MIN..=i64::MAX)
        });
        let bounds = bounds.ok()?;
        let last = bounds.min.abs_diff(bounds.max);
        let capacity = last.saturating_add(1);
        context.check_capacity(attributes, "max", capacity)?;
        let permutation = Permutation::new(last, context.stream.key());
        let generator = Distinct { min: bounds.min, permutation, capacity };
        let width = super::integer::digits(bounds.min, bounds.max);
        let compiled = Compiled {
            capacity: Some(capacity),
            ..Compiled::new(generator, DataType::Int64, width)
        };
        Some(compiled.with_range(bounds.min, bounds.max).into())
    }
}

#[derive(Debug)]
struct Distinct {
    min: i64,
    permutation: Permutation,
    capacity: u64,
}

impl Generator for Distinct {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let place = |row| {
            let place = self.permutation.get(row);
            place.ok_or(Exhausted { row, capacity: self.capacity })
        };
        let values: Result<Vec<i64>, Exhausted> =
            rows.iter().map(|row| Ok(self.min.wrapping_add_unsigned(place(row)?))).collect();
        Ok(Column::new(Values::Int64(values?)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, told_for_rows};
    use super::*;

    #[test]
    fn every_number_of_the_range_comes_once() {
        let compiled = compile(&UniqueInteger, r#"{"min": -50, "max": 949}"#);
        let Values::Int64(mut values) = compiled.column(0, 1_000).values else {
            panic!("UNIQUE_INTEGER gives 64 bits");
        };
        assert!(!values.is_sorted());
        values.sort_unstable();
        assert_eq!(values, (-50..950).collect::<Vec<_>>());
        let error = compiled.generator.generate(Rows { first: 999, count: 2 }, &[]).unwrap_err();
        insta::assert_snapshot!(error, @"row 1000 is beyond the 1000 distinct values of the range");
    }

    #[test]
    fn the_whole_width_can_be_permuted() {
        let json = r#"{"min": -9223372036854775808}"#;
        compile(&UniqueInteger, json).column(u64::MAX - 10, 10);
    }

    #[test]
    fn more_rows_than_numbers_are_refused_before_the_first_one() {
        let json = r#"{"min": 1, "max": 100}"#;
        insta::assert_snapshot!(told_for_rows(&UniqueInteger, json, 101), @"/Fields/0/max: field `f`: the command makes 101 rows, the field has 100 different values");
        assert_eq!(told_for_rows(&UniqueInteger, json, 100), "");
    }
}
