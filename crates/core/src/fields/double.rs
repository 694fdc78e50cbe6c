//! `DOUBLE`: floating-point numbers of 64 bits, from a range, a list or a distribution.
//!
//! `{"name": "temperature", "type": "DOUBLE", "min": -50, "max": 50}`: as `FLOAT`, more precisely.

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Values};

use super::float::{self, FloatKind};
use super::{Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Double;

impl FieldType for Double {
    fn name(&self) -> &'static str {
        "DOUBLE"
    }

    fn summary(&self) -> &'static str {
        "Floating-point numbers of 64 bits."
    }

    fn attributes(&self) -> &'static [Attribute] {
        float::ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "temperature", "type": "DOUBLE", "min": -50, "max": 50,
            "distribution": {"type": "normal", "mean": 15, "stddev": 8}}"#
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        float::computed(attributes, DataType::Float64, 12)
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let kind = FloatKind {
            largest: f64::MAX,
            exact_steps: (1_u64 << 53) as f64,
            data_type: DataType::Float64,
            width: 18,
            values: Values::Float64 as fn(Vec<f64>) -> Values,
        };
        kind.compile(attributes, context).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal};
    use super::*;

    fn values(json: &str) -> Vec<f64> {
        let Values::Float64(values) = compile(&Double, json).column(0, 10_000).values else {
            panic!("DOUBLE gives 64 bits");
        };
        values
    }

    #[test]
    fn every_value_with_decimals_is_the_float_nearest_to_its_text() {
        for value in values(r#"{"min": -1000, "max": 1000, "decimals": 3}"#) {
            assert_eq!(format!("{value:.3}").parse(), Ok(value));
        }
    }

    #[test]
    fn a_range_of_one_value_and_a_list_work() {
        let single = values(r#"{"min": 2.5, "max": 2.5}"#);
        assert!(single.iter().all(|value| value.to_bits() == 2.5_f64.to_bits()));
        let listed = values(r#"{"possible_values": [1e300, -2.5]}"#);
        assert!(listed.contains(&1e300) && listed.contains(&-2.5));
    }

    #[test]
    fn a_width_beyond_the_type_is_refused() {
        insta::assert_snapshot!(refusal(&Double, r#"{"min": -1.7e308, "max": 1.7e308}"#), @"/Fields/0/max: field `f`: `max` is too far from `min`, expected a distance that is a number itself");
    }
}
