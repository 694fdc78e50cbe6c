//! `STRING_AZ`: random letters, or texts from a list.

use crate::attributes::{Attribute, Reader};
use crate::columns::DataType;
use crate::texts::Letters;

use super::{Computed, Context, Definition, FieldType, string};

#[derive(Debug)]
pub(super) struct TextAz;

impl FieldType for TextAz {
    fn name(&self) -> &'static str {
        "STRING_AZ"
    }

    fn summary(&self) -> &'static str {
        "Random letters, A-Z and a-z, of a fixed length, or texts from a list."
    }

    fn attributes(&self) -> &'static [Attribute] {
        string::ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "code", "type": "STRING_AZ", "length": 8}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 20))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        string::compile(attributes, context.stream, Letters::alphabetic()).map(Into::into)
    }
}
