//! `BOOLEAN`: true or false, evenly or by weight.
//!
//! `{"name": "active", "type": "BOOLEAN", "possible_values_weighted": {"true": 90, "false": 10}}`.
//! As in the reference, any text but `true` counts as false; unlike there, it is told.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::problems::excerpt;
use crate::rng::Stream;
use crate::sampling::choices::{Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED};
use crate::sampling::map_words;

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Boolean;

impl FieldType for Boolean {
    fn name(&self) -> &'static str {
        "BOOLEAN"
    }

    fn summary(&self) -> &'static str {
        "True or false."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "active", "type": "BOOLEAN",
            "possible_values_weighted": {"true": 90, "false": 10}}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Boolean, 5))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let mut others = Vec::new();
        let choices = Choices::read(attributes, |text| {
            let is_true = text.trim().eq_ignore_ascii_case("true");
            if !is_true && !text.trim().eq_ignore_ascii_case("false") {
                others.push(excerpt(text));
            }
            Ok(is_true)
        });
        if let Some(first) = others.first() {
            let key = if attributes.has(POSSIBLE_VALUES_WEIGHTED.name) {
                POSSIBLE_VALUES_WEIGHTED.name
            } else {
                POSSIBLE_VALUES.name
            };
            let message = match others.len() - 1 {
                0 => format!("`{first}` counts as false, expected true or false"),
                more => format!("`{first}` and {more} more count as false, expected true or false"),
            };
            attributes.warn(key, "not_boolean", message);
        }
        let (stream, data_type) = (context.stream, DataType::Boolean);
        let compiled = match choices.ok()? {
            Some(choices) => Compiled::drawn(stream, choices, Values::Boolean, data_type, 5),
            None => Compiled::new(Coin { stream }, data_type, 5),
        };
        Some(compiled.with_distinct(2).into())
    }
}

/// True as often as false.
#[derive(Debug)]
struct Coin {
    stream: Stream,
}

impl Generator for Coin {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        Ok(Column::new(Values::Boolean(map_words(self.stream, rows, |word| word >> 63 == 1)))
            .into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, told};
    use super::*;

    fn share(json: &str) -> f64 {
        let Values::Boolean(values) = compile(&Boolean, json).column(0, 100_000).values else {
            panic!("BOOLEAN gives booleans");
        };
        values.iter().filter(|value| **value).count() as f64 / 100_000.0
    }

    #[test]
    fn weights_hold_and_the_default_is_even() {
        assert!((share("{}") - 0.5).abs() < 0.006);
        assert!(
            (share(r#"{"possible_values_weighted": {"TRUE": 9, "false": 1}}"#) - 0.9).abs() < 0.004
        );
        assert!((share(r#"{"possible_values": [true, false, true]}"#) - 0.667).abs() < 0.006);
    }

    #[test]
    fn another_text_counts_as_false_and_is_told() {
        let json = r#"{"possible_values": ["yes", "true", 0, "false"]}"#;
        insta::assert_snapshot!(told(&Boolean, json), @"/Fields/0/possible_values: field `f`: `yes` and 1 more count as false, expected true or false");
    }
}
