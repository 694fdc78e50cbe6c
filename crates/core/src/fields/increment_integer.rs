//! `INCREMENT_INTEGER`: whole numbers of 32 bits that count up by one from row to row.
//!
//! `{"name": "id", "type": "INCREMENT_INTEGER", "min": 0}`: the first row gets `min + 1`, as in the
//! reference. `INCREMENT_LONG` is compiled here too: the types differ in width only.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};

use super::{Compiled, Computed, Context, Definition, Exhausted, FieldType};

#[derive(Debug)]
pub(super) struct IncrementInteger;

/// The attributes of both types.
pub(super) const ATTRIBUTES: &[Attribute] = &[Attribute::new(
    "min",
    "integer",
    "0",
    "The number before the first one: the first row gets `min` + 1.",
)];

impl FieldType for IncrementInteger {
    fn name(&self) -> &'static str {
        "INCREMENT_INTEGER"
    }

    fn summary(&self) -> &'static str {
        "Whole numbers of 32 bits that count up."
    }

    fn attributes(&self) -> &'static [Attribute] {
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "id", "type": "INCREMENT_INTEGER", "min": 1000}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Int32, 6))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let limits = (i64::from(i32::MIN), i64::from(i32::MAX));
        let counter = Counter::read(attributes, context, limits, |counter, rows| {
            Values::Int32(counter.numbers(rows).map(|number| number as i32).collect())
        })?;
        Some(counter.compiled(DataType::Int32).into())
    }
}

/// Row `r` gets `min + 1 + r`.
#[derive(Debug)]
pub(super) struct Counter {
    min: i64,
    /// Rows until the type is full.
    capacity: u64,
    values: fn(&Self, Rows) -> Values,
}

impl Counter {
    /// Reads `min` within the `limits` of the type; `None` after adding errors.
    pub(super) fn read(
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
        limits: (i64, i64),
        values: fn(&Self, Rows) -> Values,
    ) -> Option<Self> {
        let (least, most) = limits;
        let min =
            if attributes.has("min") { attributes.integer("min", least..=most - 1)? } else { 0 };
        let capacity = most.abs_diff(min);
        context.check_capacity(attributes, "min", capacity)?;
        Some(Self { min, capacity, values })
    }

    pub(super) fn compiled(self, data_type: DataType) -> Compiled {
        let (capacity, width) = (self.capacity, super::integer::digits(self.min, self.min).max(7));
        let min = self.min;
        let compiled = Compiled::new(self, data_type, width).with_range(min, min);
        Compiled { capacity: Some(capacity), ..compiled }
    }

    pub(super) fn numbers(&self, rows: Rows) -> impl Iterator<Item = i64> {
        let first = self.min.wrapping_add_unsigned(rows.first).wrapping_add(1);
        (0..rows.count as i64).map(move |index| first.wrapping_add(index))
    }
}

impl Generator for Counter {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        Exhausted::check(rows, self.capacity)?;
        Ok(Column::new((self.values)(self, rows)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal, told_for_rows};
    use super::*;

    #[test]
    fn numbers_count_up_from_after_min() {
        let column = |json, first| compile(&IncrementInteger, json).column(first, 3).values;
        assert_eq!(column("{}", 0), Values::Int32(vec![1, 2, 3]));
        assert_eq!(column(r#"{"min": -5}"#, 10), Values::Int32(vec![6, 7, 8]));
    }

    #[test]
    fn the_end_of_the_type_is_an_error_and_no_overflow() {
        let compiled = compile(&IncrementInteger, r#"{"min": 2147483644}"#);
        assert_eq!(compiled.capacity, Some(3));
        let last = compiled.column(0, 3).values;
        assert_eq!(last, Values::Int32(vec![2_147_483_645, 2_147_483_646, i32::MAX]));
        let error = compiled.generator.generate(Rows { first: 2, count: 2 }, &[]).unwrap_err();
        insta::assert_snapshot!(error, @"row 3 is beyond the 3 distinct values of the range");
        insta::assert_snapshot!(told_for_rows(&IncrementInteger, r#"{"min": 2147483000}"#, 1_000), @"/Fields/0/min: field `f`: the command makes 1000 rows, the field has 647 different values");
        insta::assert_snapshot!(refusal(&IncrementInteger, r#"{"min": 2147483647}"#), @"/Fields/0/min: field `f`: `min` is `2147483647`, expected a whole number from -2147483648 to 2147483646");
    }
}
