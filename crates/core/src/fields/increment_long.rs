//! `INCREMENT_LONG`: whole numbers of 64 bits that count up by one from row to row.
//!
//! `{"name": "id", "type": "INCREMENT_LONG", "min": 1000000000000}`: the first row gets `min + 1`.

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Values};

use super::increment_integer::{ATTRIBUTES, Counter};
use super::{Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct IncrementLong;

impl FieldType for IncrementLong {
    fn name(&self) -> &'static str {
        "INCREMENT_LONG"
    }

    fn summary(&self) -> &'static str {
        "Whole numbers of 64 bits that count up."
    }

    fn attributes(&self) -> &'static [Attribute] {
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "id", "type": "INCREMENT_LONG", "min": 1000000000000}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Int64, 10))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let limits = (i64::MIN, i64::MAX);
        let counter = Counter::read(attributes, context, limits, |counter, rows| {
            Values::Int64(counter.numbers(rows).collect())
        })?;
        Some(counter.compiled(DataType::Int64).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::compile;
    use super::*;

    #[test]
    fn numbers_count_up_over_the_whole_width() {
        let column = |json, first| compile(&IncrementLong, json).column(first, 2).values;
        assert_eq!(
            column(r#"{"min": 1000000000000}"#, 0),
            Values::Int64(vec![1_000_000_000_001, 1_000_000_000_002])
        );
        let from_the_start = r#"{"min": -9223372036854775808}"#;
        assert_eq!(
            column(from_the_start, u64::MAX - 2),
            Values::Int64(vec![i64::MAX - 1, i64::MAX])
        );
        assert_eq!(compile(&IncrementLong, from_the_start).capacity, Some(u64::MAX));
    }
}
