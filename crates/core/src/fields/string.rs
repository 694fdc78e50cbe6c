//! `STRING`: random letters and digits, or texts from a list.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::Stream;
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::length;
use crate::texts::Letters;

use super::{Compiled, Computed, Context, Definition, FieldType};

/// Characters of a text when no `length` is given.
const DEFAULT_LENGTH: usize = 20;

#[derive(Debug)]
pub(super) struct Text;

impl FieldType for Text {
    fn name(&self) -> &'static str {
        "STRING"
    }

    fn summary(&self) -> &'static str {
        "Random letters and digits of a fixed length, or texts from a list."
    }

    fn attributes(&self) -> &'static [Attribute] {
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "size", "type": "STRING", "possible_values_weighted": {"S": 30, "M": 50, "L": 20}}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, DEFAULT_LENGTH as u32))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        compile(attributes, context.stream, Letters::alphanumeric()).map(Into::into)
    }
}

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("length", "integer", "20", "Number of characters, at most 16 MiB."),
    POSSIBLE_VALUES,
    POSSIBLE_VALUES_WEIGHTED,
];

pub(super) fn compile(
    attributes: &mut Reader<'_>,
    stream: Stream,
    letters: &'static Letters,
) -> Option<Compiled> {
    let choices = Choices::read(attributes, |text| Ok(text.to_owned()));
    if let Some(choices) = choices.ok()? {
        warn_beside_values(attributes, &["length"]);
        return Some(Compiled::drawn_text(stream, choices.into_texts()));
    }
    let length = length::read(attributes, DEFAULT_LENGTH).ok()?;
    let generator = RandomText { stream, letters, length };
    Some(Compiled::new(generator, DataType::Text, length as u32))
}

#[derive(Debug)]
struct RandomText {
    stream: Stream,
    letters: &'static Letters,
    length: usize,
}

impl Generator for RandomText {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        Ok(Column::new(Values::Text(self.letters.texts(self.stream, rows, self.length))).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::Trial;

    #[test]
    fn a_text_has_the_length_asked_for() {
        let trial = Trial::of(r#"{"type": "STRING", "length": 33}"#);
        assert!(trial.texts(100).iter().all(|text| text.len() == 33));
        assert_eq!(trial.texts(2)[0].len(), 33);
        let default = Trial::of(r#"{"type": "STRING_AZ", "length": -1}"#);
        assert!(default.texts(9).iter().all(|text| text.len() == 20));
        assert!(default.texts(9).iter().flat_map(|t| t.chars()).all(|c| c.is_ascii_alphabetic()));
        insta::assert_snapshot!(default.problems, @"/Fields/0/length: field `f`: `length` is -1, the default 20 is taken (a length is at least 1)");
    }

    #[test]
    fn a_list_of_values_stands_before_a_length() {
        let trial = Trial::of(
            r#"{"type": "STRINGAZ", "length": 5, "possible_values_weighted": {"a b": 9, "é": 1, "no": 0}}"#,
        );
        let texts = trial.texts(10_000);
        let accents = texts.iter().filter(|text| *text == "é").count();
        assert!((900..1_100).contains(&accents), "{accents}");
        assert!(texts.iter().all(|text| ["a b", "é"].contains(&text.as_str())));
        insta::assert_snapshot!(trial.problems, @"/Fields/0/length: field `f`: `length` has no effect beside `possible_values_weighted`");
    }

    #[test]
    fn an_endless_length_is_refused() {
        insta::assert_snapshot!(Trial::refusal(r#"{"type": "STRING", "length": 99999999999}"#), @"/Fields/0/length: field `f`: `length` is `99999999999`, expected a whole number of at most 16777216");
    }
}
