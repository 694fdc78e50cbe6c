//! `LINK`: a text read from another field.
//!
//! Links are expressions, so the planner makes them; what is left here is a field that links to nothing.

use crate::attributes::{Attribute, Reader};
use crate::columns::DataType;
use crate::problems::Problem;
use crate::sampling::choices::Choices;

use super::{Compiled, Computed, Context, Definition, FieldType};

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
        &[]
    }

    fn example(&self) -> &'static str {
        r#"{"name": "country", "type": "LINK", "link": "$city.country"}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 10))
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
