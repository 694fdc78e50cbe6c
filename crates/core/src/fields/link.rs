//! `LINK`: a text read from another field, or a sub-value of user code as it is.
//!
//! Links are expressions, so the planner makes them; what is left here is a field that links to nothing.

use crate::attributes::{Attribute, Reader};
use crate::columns::DataType;
use crate::problems::Problem;
use crate::sampling::choices::Choices;

use super::computed::Conversion;
use super::{Compiled, Computed, Context, Definition, FieldType};

/// Without it a link is a text, as it has always been.
const TYPED: Attribute = Attribute::new(
    "typed",
    "boolean",
    "false",
    "Whether a link to a sub-value of user code has its type in every format, instead of being a text.",
);

#[derive(Debug)]
pub(super) struct Link;

impl FieldType for Link {
    fn name(&self) -> &'static str {
        "LINK"
    }

    fn summary(&self) -> &'static str {
        "A text read from another field, such as the country of a CITY."
    }

    fn attributes(&self) -> &'static [Attribute] {
        &[TYPED]
    }

    fn example(&self) -> &'static str {
        r#"{"name": "country", "type": "LINK", "link": "$city.country"}"#
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        let typed = attributes.has(TYPED.name) && attributes.boolean(TYPED.name)?;
        if !typed {
            return Some(Computed::plain(DataType::Text, 10));
        }
        Some(Computed { conversion: Conversion::Linked, ..Computed::plain(DataType::Text, 10) })
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        if !attributes.has("link") {
            let pointer = attributes.pointer_of("type");
            let message = "a LINK without `link` gives an empty text";
            attributes.push(
                Problem::warning("missing_attribute", pointer, message)
                    .hint("such as `\"link\": \"$city.country\"`"),
            );
        }
        let nothing = Choices::even(vec![""])?;
        Some(Compiled::drawn_text(context.stream, nothing.into_texts()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::Trial;

    #[test]
    fn a_link_to_nothing_is_empty_and_told() {
        let trial = Trial::of(r#"{"type": "LINK"}"#);
        assert_eq!(trial.texts(2), ["", ""]);
        insta::assert_snapshot!(trial.problems, @r#"/Fields/0/type: field `f`: a LINK without `link` gives an empty text (such as `"link": "$city.country"`)"#);
    }
}
