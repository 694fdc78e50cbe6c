//! A field checked by itself: its type found, its attributes read, nothing of others known yet.

use crate::attributes::Reader;
use crate::fields::{Catalogue, Context, Definition, Offered, define};
use crate::model::{COMMON_ATTRIBUTES, Field};
use crate::problems::{Problem, Problems, excerpt};
use crate::rng::Stream;

/// A field checked by itself.
pub(super) struct Draft<'a> {
    pub(super) field: &'a Field,
    pub(super) stream: Stream,
    pub(super) definition: Box<dyn Definition>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        field: &'a Field,
        catalogue: Catalogue<'_>,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(kind) = catalogue.find(&field.type_name) else {
            problems.push(unknown_type(field, catalogue));
            return None;
        };
        let mut attributes =
            Reader::new(&field.attributes, &field.pointer, Some(&field.name), problems);
        let definition = define(kind, COMMON_ATTRIBUTES, &mut attributes, context)?;
        check_capacity(&*definition, context.total_rows, &mut attributes);
        Some(Self { field, stream: context.stream, definition })
    }

    /// The number of columns that it makes beside its own.
    pub(super) fn sub_columns(&self) -> usize {
        let offers = self.definition.offers();
        offers.iter().filter(|offer| matches!(offer.by, Offered::Column(_))).count()
    }
}

fn check_capacity(
    definition: &dyn Definition,
    total_rows: Option<u64>,
    attributes: &mut Reader<'_>,
) {
    if let (Some(capacity), Some(rows)) = (definition.capacity(), total_rows)
        && rows > capacity
    {
        attributes.error_with_hint(
            "type",
            "too_few_values",
            format!(
                "the field has {capacity} distinct values, but the command asks for {rows} rows"
            ),
            "widen the range or ask for fewer rows",
        );
    }
}

fn unknown_type(field: &Field, catalogue: Catalogue<'_>) -> Problem {
    let message = format!("unknown field type `{}`", excerpt(&field.type_name));
    let problem = Problem::error("unknown_type", format!("{}/type", field.pointer), message)
        .field(field.name.clone());
    problem.hint(catalogue.cure(&field.type_name).unwrap_or_else(|| {
        let names: Vec<_> = catalogue.types().map(|kind| kind.name()).collect();
        format!("expected one of {}", names.join(", "))
    }))
}
