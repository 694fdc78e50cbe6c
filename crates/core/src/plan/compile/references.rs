//! Mentions of other fields: which field and which sub-value each means.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::drafts::Draft;
use crate::columns::{ColumnInfo, DataType, Dictionary};
use crate::fields::{InputInfo, Mention, Offered};
use crate::model::Field;
use crate::plan::Input;
use crate::problems::{Problem, Problems, did_you_mean, excerpt, pointer_segment};

/// A mention whose field is found.
pub(super) struct ResolvedInput {
    pub(super) field: usize,
    pub(super) sub_value: Option<ResolvedSubValue>,
}

/// How a sub-value is read.
pub(super) enum ResolvedSubValue {
    /// By the keys of the field's own column.
    Dictionary(Arc<Dictionary>),
    /// From a column that the field makes beside its own.
    Column { index: usize, data_type: DataType },
}

/// Finds the field and sub-value of everything that a field reads; what is not found is an error, and `None`.
pub(super) fn resolve(
    fields: &[Field],
    drafts: &[Option<Draft<'_>>],
    problems: &mut Problems,
) -> Vec<Vec<Option<ResolvedInput>>> {
    let places: BTreeMap<&str, usize> =
        fields.iter().enumerate().map(|(index, field)| (field.name.as_str(), index)).collect();
    let mut resolved = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut inputs = Vec::new();
        if let Some(draft) = draft.as_ref().filter(|_| problems.has_room_for_errors()) {
            for mention in draft.definition.reads() {
                let found = mention
                    .map(|mention| resolve_one(draft.field, mention, &places, drafts, problems));
                inputs.push(match found {
                    Some(Ok(input)) => input,
                    Some(Err(problem)) => {
                        problems.push(*problem);
                        None
                    }
                    None => None,
                });
            }
        }
        resolved.push(inputs);
    }
    resolved
}

/// `None` where the field that is meant has an error of its own.
fn resolve_one(
    field: &Field,
    mention: Mention<'_>,
    places: &BTreeMap<&str, usize>,
    drafts: &[Option<Draft<'_>>],
    told: &Problems,
) -> Result<Option<ResolvedInput>, Box<Problem>> {
    let pointer = format!("{}/{}", field.pointer, pointer_segment(mention.attribute_key));
    let Some(&place) = places.get(mention.field) else {
        let message = format!("refers to the unknown field `{}`", excerpt(mention.field));
        let problem =
            Problem::error("unknown_reference", pointer, message).field(field.name.clone());
        if !told.is_worth_a_guess() {
            return Err(Box::new(problem));
        }
        let hint = match did_you_mean(mention.field, places.keys().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("the model has {}", some_names(places.keys().copied())),
        };
        return Err(Box::new(problem.hint(hint)));
    };
    let Some(sub_value) = mention.sub_value else {
        return Ok(Some(ResolvedInput { field: place, sub_value: None }));
    };
    let Some(draft) = &drafts[place] else { return Ok(None) };
    let offers = draft.definition.offers();
    let mut columns = 0;
    for offer in &offers {
        let is_it = offer.name.eq_ignore_ascii_case(sub_value);
        let found = match offer.by {
            Offered::Keys(linked) if is_it => {
                ResolvedSubValue::Dictionary(Arc::clone(linked.texts()))
            }
            Offered::Column(data_type) if is_it => {
                ResolvedSubValue::Column { index: columns, data_type }
            }
            Offered::Keys(_) => continue,
            Offered::Column(_) => {
                columns += 1;
                continue;
            }
        };
        return Ok(Some(ResolvedInput { field: place, sub_value: Some(found) }));
    }
    let names: Vec<&str> = offers.iter().map(|offer| offer.name).collect();
    let message = format!(
        "links to `{}` of field `{}`, which offers {}",
        excerpt(sub_value),
        mention.field,
        if names.is_empty() { "nothing to link to".to_owned() } else { names.join(", ") }
    );
    let problem = Problem::error("unknown_sub_value", pointer, message).field(field.name.clone());
    Err(Box::new(match did_you_mean(sub_value, names.iter().copied()) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem,
    }))
}

/// What is known of a compiled field.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) info: ColumnInfo,
    /// Whether a value may be a whole number that no double holds.
    pub(super) beyond_doubles: bool,
}

/// What is known of an input; `None` where its field was refused.
pub(super) fn input_info<'a>(
    input: &ResolvedInput,
    names: &[&'a str],
    known: &[Option<Known>],
) -> Option<InputInfo<'a>> {
    let Known { info, beyond_doubles } = known[input.field].as_ref()?;
    let beyond_doubles = *beyond_doubles && input.sub_value.is_none();
    let (data_type, decimals, nullable) = match &input.sub_value {
        None => (info.data_type, info.decimals, info.nullable),
        Some(ResolvedSubValue::Dictionary(_)) => (DataType::Text, None, info.nullable),
        Some(ResolvedSubValue::Column { data_type, .. }) => (*data_type, None, true),
    };
    let name = names[input.field];
    Some(InputInfo { name, data_type, decimals, nullable, beyond_doubles })
}

/// Where an input is read from.
pub(super) fn input_of(input: &ResolvedInput, sub_slots: &[usize]) -> Input {
    match &input.sub_value {
        None => Input { slot: input.field, sub_value: None },
        Some(ResolvedSubValue::Dictionary(texts)) => {
            Input { slot: input.field, sub_value: Some(Arc::clone(texts)) }
        }
        Some(ResolvedSubValue::Column { index, .. }) => {
            Input { slot: sub_slots[input.field] + index, sub_value: None }
        }
    }
}

/// The first few of `names`, for a hint.
fn some_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<_> = names.take(SHOWN).map(|name| format!("`{}`", excerpt(name))).collect();
    let shown = shown.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

pub(super) fn cycle_problem(fields: &[Field], cycle: &[usize]) -> Problem {
    let names: Vec<_> = cycle.iter().map(|index| format!("`{}`", fields[*index].name)).collect();
    let first = cycle.first().map(|index| &fields[*index]);
    let pointer = first.map_or_else(String::new, |field| field.pointer.clone());
    let message = format!("fields depend on each other: {}", names.join(" -> "));
    let problem =
        Problem::error("cycle", pointer, message).hint("compute one of them without the other");
    match first {
        Some(field) => problem.field(field.name.clone()),
        None => problem,
    }
}
