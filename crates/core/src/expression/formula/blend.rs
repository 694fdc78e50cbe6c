//! Puts together what different rows got from different places: variables, branches, the result.

use std::sync::Arc;

use super::tree::Value;
use super::vector::{Cell, Data, Slice, Vector};
use crate::columns::{Dictionary, VarBytes};
use crate::columnwise::Selection;

/// The texts written in a formula: what rows get from them is a key.
#[derive(Debug, Default)]
pub(super) struct Constants {
    /// Sorted.
    pub(super) texts: Vec<Arc<str>>,
    pub(super) dictionary: Option<Arc<Dictionary>>,
}

impl Constants {
    pub(super) fn new(mut texts: Vec<Arc<str>>) -> Self {
        texts.sort();
        texts.dedup();
        let dictionary = (!texts.is_empty()).then(|| Dictionary::new(texts.iter()));
        Self { texts, dictionary }
    }

    pub(super) fn key(&self, text: &Arc<str>) -> Option<u32> {
        self.texts.binary_search(text).ok().map(|key| key as u32)
    }
}

/// A variable: what was assigned to which rows, in order.
#[derive(Debug, Default)]
pub(super) struct Slot<'a> {
    parts: Vec<(Selection, Vector<'a>)>,
}

impl<'a> Slot<'a> {
    /// Assigns to the rows of `selection`.
    pub(super) fn assign(&mut self, selection: &Selection, values: Vector<'a>) {
        if let Selection::All(_) = selection {
            self.parts.clear();
        }
        self.parts.push((selection.clone(), values));
    }

    /// The values in the rows of `selection`; null where nothing was assigned.
    pub(super) fn read(
        &mut self,
        selection: &Selection,
        rows: usize,
        constants: &Constants,
    ) -> Vector<'a> {
        match self.parts.last() {
            None => return Vector::NULL,
            Some((Selection::Some(last), values)) => {
                if let Selection::Some(positions) = selection
                    && Arc::ptr_eq(last, positions)
                {
                    return values.clone();
                }
            }
            Some(_) => {}
        }
        if !matches!(self.parts[..], [(Selection::All(_), _)]) {
            let parts = std::mem::take(&mut self.parts);
            self.parts.push((Selection::All(rows), blend(rows, &parts, constants)));
        }
        self.parts[0].1.gather(selection)
    }
}

/// The values of `count` positions; later parts win; what no part covers is null.
pub(super) fn blend<'a>(
    count: usize,
    parts: &[(Selection, Vector<'a>)],
    constants: &Constants,
) -> Vector<'a> {
    if let [(selection, values)] = parts
        && selection.len() == count
    {
        return values.clone();
    }
    let kinds: Vec<Kind> = parts.iter().map(|(_, values)| Kind::of(values)).collect();
    let all = |fits: &[Kind]| kinds.iter().all(|kind| fits.contains(kind));
    if all(&[Kind::Null, Kind::Number]) {
        let values = scatter(count, parts, 0.0, |values, index| match &values.data {
            Data::Numbers(numbers) => numbers[index],
            Data::Constant(Value::Number(number)) => *number,
            _ => 0.0,
        });
        return Vector::numbers(values, validity(count, parts));
    }
    if all(&[Kind::Null, Kind::Boolean]) {
        let values = scatter(count, parts, false, |values, index| match &values.data {
            Data::Booleans(flags) => flags[index],
            Data::Constant(Value::Boolean(flag)) => *flag,
            _ => false,
        });
        let data = Data::Booleans(Slice::Shared(Arc::new(values)));
        return Vector { data, valid: validity(count, parts) };
    }
    if let (true, Some(dictionary)) =
        (all(&[Kind::Null, Kind::ConstantText]), &constants.dictionary)
    {
        let keys: Option<Vec<Option<u32>>> = parts
            .iter()
            .map(|(_, values)| match values.as_constant() {
                Some(Value::Text(text)) => constants.key(text).map(Some),
                _ => Some(None),
            })
            .collect();
        if let Some(part_keys) = keys {
            let mut keys = vec![0; count];
            for ((selection, _), key) in parts.iter().zip(part_keys) {
                selection.fill(&mut keys, |_| key.unwrap_or(0));
            }
            let (keys, dictionary) = (Arc::new(keys), Arc::clone(dictionary));
            let data = Data::Choices { keys, dictionary };
            return Vector { data, valid: validity(count, parts) };
        }
    }
    let mut sources = vec![(u32::MAX, 0_u32); count];
    for (number, (selection, _)) in parts.iter().enumerate() {
        selection.fill(&mut sources, |index| (number as u32, index as u32));
    }
    let cells = sources.iter().map(|(number, index)| match parts.get(*number as usize) {
        Some((_, values)) => values.at(*index as usize),
        None => Cell::Null,
    });
    if all(&[Kind::Null, Kind::ConstantText, Kind::Text]) {
        let mut texts = VarBytes::with_capacity(count, 16 * count);
        let mut valid = vec![true; count];
        for (cell, valid) in cells.zip(&mut valid) {
            match cell {
                Cell::Text(text) => texts.push(text),
                _ => {
                    texts.push(b"");
                    *valid = false;
                }
            }
        }
        let valid = valid.contains(&false).then_some(valid);
        return Vector::texts(texts, valid);
    }
    let values = cells.map(Cell::to_value).collect();
    Vector { data: Data::Mixed(Arc::new(values)), valid: None }
}

/// What decides how parts fit together.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Null,
    Number,
    Boolean,
    ConstantText,
    Text,
    Mixed,
}

impl Kind {
    fn of(values: &Vector<'_>) -> Self {
        match &values.data {
            Data::Constant(Value::Null) => Self::Null,
            Data::Constant(Value::Number(_)) | Data::Numbers(_) => Self::Number,
            Data::Constant(Value::Boolean(_)) | Data::Booleans(_) => Self::Boolean,
            Data::Constant(Value::Text(_)) => Self::ConstantText,
            Data::Texts(_) | Data::Choices { .. } => Self::Text,
            Data::Mixed(_) => Self::Mixed,
        }
    }
}

fn scatter<'a, T: Copy>(
    count: usize,
    parts: &[(Selection, Vector<'a>)],
    empty: T,
    value: impl Fn(&Vector<'a>, usize) -> T,
) -> Vec<T> {
    let mut out = vec![empty; count];
    for (selection, values) in parts {
        if values.as_constant().is_some() {
            let constant = value(values, 0);
            selection.fill(&mut out, |_| constant);
        } else {
            selection.fill(&mut out, |index| value(values, index));
        }
    }
    out
}

fn validity(count: usize, parts: &[(Selection, Vector<'_>)]) -> Option<Arc<Vec<bool>>> {
    let is_null = |values: &Vector<'_>| values.as_constant() == Some(&Value::Null);
    let covered = matches!(parts.first(), Some((Selection::All(_), _)));
    if covered && !parts.iter().any(|(_, values)| is_null(values) || values.valid.is_some()) {
        return None;
    }
    let mut valid = vec![false; count];
    for (selection, values) in parts {
        match &values.valid {
            Some(flags) => selection.scatter(flags, &mut valid),
            None => {
                let flag = !is_null(values);
                selection.fill(&mut valid, |_| flag);
            }
        }
    }
    valid.contains(&false).then(|| Arc::new(valid))
}
