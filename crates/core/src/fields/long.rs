//! `LONG`: whole numbers of 64 bits, from a range, a list or a distribution.
//!
//! `{"name": "account", "type": "LONG", "min": 1000000000}`: both ends are values of the range,
//! which may be as wide as 64 bits.

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Values};
use crate::sampling::choices::{POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED};
use crate::sampling::distribution::DISTRIBUTION;

use super::integer::WholeKind;
use super::{Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Long;

impl FieldType for Long {
    fn name(&self) -> &'static str {
        "LONG"
    }

    fn summary(&self) -> &'static str {
        "Whole numbers of 64 bits."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("min", "integer", "-9223372036854775808", "Smallest value."),
            Attribute::new("max", "integer", "9223372036854775807", "Largest value, inclusive."),
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
            DISTRIBUTION,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "account", "type": "LONG", "min": 1000000000, "max": 9999999999}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Int64, 12))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let kind = WholeKind {
            limits: i64::MIN..=i64::MAX,
            min: (i64::MIN, "-9223372036854775808"),
            max: (i64::MAX, "9223372036854775807"),
            data_type: DataType::Int64,
            values: Values::Int64,
        };
        kind.compile(attributes, context).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal};
    use super::*;

    fn values(json: &str) -> Vec<i64> {
        let Values::Int64(values) = compile(&Long, json).column(0, 10_000).values else {
            panic!("LONG gives 64 bits");
        };
        values
    }

    #[test]
    fn the_whole_width_is_drawn_from() {
        let drawn = values("{}");
        let negative = drawn.iter().filter(|value| **value < 0).count();
        assert!(negative.abs_diff(5_000) < 250, "{negative}");
        let drawn = values(r#"{"min": 9223372036854775806, "max": "9223372036854775807"}"#);
        assert!(drawn.contains(&i64::MAX) && drawn.contains(&(i64::MAX - 1)));
    }

    #[test]
    fn a_distribution_over_the_whole_width_stays_in_it() {
        let drawn = values(r#"{"distribution": "normal"}"#);
        let small = drawn.iter().filter(|value| value.unsigned_abs() < 1 << 62).count();
        // Half of the half width is one and a half standard deviations.
        assert!(small.abs_diff(8_664) < 200, "{small}");
    }

    #[test]
    fn numbers_beyond_the_type_are_refused() {
        insta::assert_snapshot!(refusal(&Long, r#"{"max": 9223372036854775808}"#), @"/Fields/0/max: field `f`: `max` is `9223372036854775808`, expected a whole number of 64 bits");
    }
}
