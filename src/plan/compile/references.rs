//! Mentions of other fields: which field and which sub-value each means.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::drafts::{Body, Draft, Mention};
use crate::columns::{DataType, Dictionary};
use crate::model::Field;
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

/// Finds the field and sub-value of every reference; unknown ones are errors.
pub(super) fn resolve(
    fields: &[Field],
    drafts: &[Option<Draft<'_>>],
    problems: &mut Problems,
) -> Vec<Vec<ResolvedInput>> {
    let places: BTreeMap<&str, usize> =
        fields.iter().enumerate().map(|(index, field)| (field.name.as_str(), index)).collect();
    let mut resolved = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut inputs = Vec::new();
        if !problems.has_room_for_errors() {
            resolved.push(inputs);
            continue;
        }
        for (draft, mention) in
            draft.iter().flat_map(|draft| draft.mentions().into_iter().map(move |m| (draft, m)))
        {
            match resolve_one(draft.field, mention, &places, drafts, problems) {
                Ok(Some(input)) => inputs.push(input),
                // The field referred to has an error of its own.
                Ok(None) => {}
                Err(problem) => problems.push(*problem),
            }
        }
        resolved.push(inputs);
    }
    resolved
}

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
    let names: Vec<&str> = match &draft.body {
        Body::Generated(compiled) => {
            compiled.sub_values.iter().map(|(name, _)| name.as_str()).collect()
        }
        Body::Computed { .. } => Vec::new(),
        Body::Extension(_) => draft.sub_columns().iter().map(|sub| sub.name.as_str()).collect(),
    };
    if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(sub_value)) {
        let found = match &draft.body {
            Body::Generated(compiled) => {
                let (_, linked) = &compiled.sub_values[index];
                ResolvedSubValue::Dictionary(Arc::clone(linked.texts()))
            }
            _ => {
                let data_type = draft.sub_columns()[index].data_type;
                ResolvedSubValue::Column { index, data_type }
            }
        };
        return Ok(Some(ResolvedInput { field: place, sub_value: Some(found) }));
    }
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
