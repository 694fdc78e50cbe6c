//! `STRING_REGEX`: texts of a given form, as groups (`[A-F]{4}`) or as a regular expression.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::problems::Problem;
use crate::rng::Stream;
use crate::texts::pattern::{Pattern, regular_slip, ungrouped};

use super::{Compiled, Computed, Context, Definition, FieldType};

/// How many repetitions `*`, `+` and `{n,}` add at most, where the model does not say.
const MAX_REPEAT: i64 = 10;

#[derive(Debug)]
pub(super) struct TextRegex;

impl FieldType for TextRegex {
    fn name(&self) -> &'static str {
        "STRING_REGEX"
    }

    fn summary(&self) -> &'static str {
        "Texts of a given form: literals and groups such as `[A-F,0-9,x]{4}`, or a regular expression."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new(
                "regex",
                "text",
                "",
                "The form: `[choices]{count}` draws from intervals and texts between commas, the rest is literal.",
            ),
            Attribute::new(
                "syntax",
                "groups or regex",
                "groups",
                "With `regex`, the form is a regular expression; what is written in ASCII gives ASCII.",
            ),
            Attribute::new(
                "max_repeat",
                "integer",
                "10",
                "Most repetitions that `*`, `+` and `{n,}` of a regular expression add.",
            ),
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "plate", "type": "STRING_REGEX", "regex": "[A-Z]{2}-[0-9]{3}-[A-Z]{2}"}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 20))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let syntax = attributes.choice("syntax", &["groups", "regex"]);
        let max_repeat = attributes.integer("max_repeat", 0..=1_000);
        if !attributes.has("regex") {
            attributes.error_with_hint(
                "regex",
                "missing_attribute",
                "`regex` is missing, expected the form of the texts",
                "such as `[A-Z]{2}-[0-9]{3}`",
            );
            return None;
        }
        let text = attributes.text("regex")?;
        let wrong = (attributes.has("syntax") && syntax.is_none())
            || (attributes.has("max_repeat") && max_repeat.is_none());
        let is_regular = syntax == Some("regex");
        if !is_regular && max_repeat.is_some() {
            attributes.warn(
                "max_repeat",
                "ignored_attribute",
                "`max_repeat` has no effect on groups",
            );
        }
        let pattern = if is_regular {
            Pattern::regular(&text, max_repeat.unwrap_or(MAX_REPEAT) as u32)
        } else {
            warn_of_regular_slips(attributes, &text);
            Pattern::groups(&text)
        };
        match pattern {
            Ok(_) if wrong => None,
            Ok(pattern) => {
                let width = pattern.width();
                let generator = Patterned { stream: context.stream, pattern };
                Some(Compiled::new(generator, DataType::Text, width).into())
            }
            Err(error) => {
                attributes.error("regex", "wrong_pattern", error.to_string());
                None
            }
        }
    }
}

/// Warns of what is probably meant as a regular expression.
fn warn_of_regular_slips(attributes: &mut Reader<'_>, text: &str) {
    let plain_bracket = ungrouped(text).map(|position| {
        let message = format!(
            "the `[` at character {position} stands for itself, a group is `[choices]{{count}}`"
        );
        ("plain_bracket", message)
    });
    let slip = regular_slip(text).map(|message| ("regular_expression", message));
    for (code, message) in plain_bracket.into_iter().chain(slip) {
        let problem = Problem::warning(code, attributes.pointer_of("regex"), message)
            .hint("give `\"syntax\": \"regex\"` for a regular expression");
        attributes.push(problem);
    }
}

#[derive(Debug)]
struct Patterned {
    stream: Stream,
    pattern: Pattern,
}

impl Generator for Patterned {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        Ok(Column::new(Values::Text(self.pattern.texts(self.stream, rows))).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::Trial;

    #[test]
    fn groups_are_the_default_and_expressions_are_asked_for() {
        let trial = Trial::of(r#"{"type": "STRING_REGEX", "regex": "\\[24\\]\\{4\\}"}"#);
        assert_eq!(trial.texts(1), [r"\[24\]\{4\}"]);
        assert_eq!(trial.problems, "");
        let trial =
            Trial::of(r#"{"type": "STRING_REGEX", "regex": "^\\[24\\]{4}$", "syntax": "Regex"}"#);
        assert_eq!(trial.texts(1), ["[24]]]]"]);
        assert_eq!(trial.problems, "");
    }

    #[test]
    fn what_is_probably_meant_otherwise_is_told() {
        let trial =
            Trial::of(r#"{"type": "STRING_REGEX", "regex": "x[A-Z]{2,3}", "max_repeat": 3}"#);
        assert_eq!(trial.texts(1), ["x[A-Z]{2,3}"]);
        insta::assert_snapshot!(trial.problems, @r#"
        /Fields/0/max_repeat: field `f`: `max_repeat` has no effect on groups
        /Fields/0/regex: field `f`: the `[` at character 2 stands for itself, a group is `[choices]{count}` (give `"syntax": "regex"` for a regular expression)
        "#);
    }

    #[test]
    fn a_wrong_form_is_refused() {
        let refusals = [
            r#"{"type": "STRING_REGEX"}"#,
            r#"{"type": "STRING_REGEX", "regex": ["a"]}"#,
            r#"{"type": "STRING_REGEX", "regex": "a", "syntax": "perl"}"#,
            r#"{"type": "STRING_REGEX", "regex": "a[Z-A]{2}"}"#,
            r#"{"type": "STRING_REGEX", "regex": "(a", "syntax": "regex", "max_repeat": 5000}"#,
            r#"{"type": "STRING_REGEX", "regex": "((a{1000}){1000}){1000}", "syntax": "regex"}"#,
        ]
        .map(Trial::refusal);
        insta::assert_snapshot!(refusals.join("\n"), @"
        /Fields/0/regex: field `f`: `regex` is missing, expected the form of the texts (such as `[A-Z]{2}-[0-9]{3}`)
        /Fields/0/regex: field `f`: `regex` is a list of 1, expected a text
        /Fields/0/syntax: field `f`: `syntax` is the text `perl`, expected one of groups, regex
        /Fields/0/regex: field `f`: the interval `Z-A` at character 3 is reversed, the order is a-z, A-Z, 0-9
        /Fields/0/max_repeat: field `f`: `max_repeat` is `5000`, expected a whole number from 0 to 1000
        /Fields/0/regex: field `f`: not a regular expression: unclosed group at character 1
        /Fields/0/regex: field `f`: a value could take 2001001000 characters or draws, at most 1048576 are allowed
        ");
    }
}
