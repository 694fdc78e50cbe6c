//! The fields that expressions name, each once.

use std::collections::BTreeMap;

use crate::problems::{Problem, Problems};

/// What an expression reads: a field of the same row, or one of its sub-values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    field: String,
    sub_value: Option<String>,
    attribute_key: &'static str,
}

impl Reference {
    /// The field's name as written.
    pub(crate) fn field(&self) -> &str {
        &self.field
    }

    /// For links: the sub-value (`lat` of a city, a column of a CSV file).
    pub(crate) fn sub_value(&self) -> Option<&str> {
        self.sub_value.as_deref()
    }

    /// The attribute whose text holds the first mention: `formula`, `conditionals` …
    pub(crate) fn attribute_key(&self) -> &'static str {
        self.attribute_key
    }
}

/// The distinct references of a computed field, in the order of first mention.
#[derive(Debug, Clone)]
pub(super) struct References {
    list: Vec<Reference>,
    places: BTreeMap<(String, Option<String>), usize>,
    attribute_key: &'static str,
}

impl References {
    /// None yet; those to come stand in the attribute `attribute_key`.
    pub(super) fn new(attribute_key: &'static str) -> Self {
        Self { list: Vec::new(), places: BTreeMap::new(), attribute_key }
    }

    /// The index of the reference to a whole field.
    pub(super) fn field(&mut self, name: &str) -> usize {
        self.sub_value(name, None)
    }

    /// The index of the reference to a sub-value of a field, or to the whole of it.
    pub(super) fn sub_value(&mut self, field: &str, sub_value: Option<&str>) -> usize {
        let key = (field.to_owned(), sub_value.map(str::to_owned));
        if let Some(index) = self.places.get(&key) {
            return *index;
        }
        let (field, sub_value) = key.clone();
        self.places.insert(key, self.list.len());
        self.list.push(Reference { field, sub_value, attribute_key: self.attribute_key });
        self.list.len() - 1
    }

    pub(super) fn list(&self) -> &[Reference] {
        &self.list
    }
}

/// Where problems of one text are reported: pointer and field are the same for all of them.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) pointer: String,
    pub(super) field: &'a str,
    pub(super) problems: &'a mut Problems,
}

impl Report<'_> {
    pub(super) fn error(&mut self, code: &'static str, message: String, hint: Option<&str>) {
        self.push(Problem::error(code, self.pointer.clone(), message), hint);
    }

    pub(super) fn warning(&mut self, code: &'static str, message: String, hint: Option<&str>) {
        self.push(Problem::warning(code, self.pointer.clone(), message), hint);
    }

    fn push(&mut self, mut problem: Problem, hint: Option<&str>) {
        problem = problem.field(self.field);
        if let Some(hint) = hint {
            problem = problem.hint(hint);
        }
        self.problems.push(problem);
    }
}

/// The place of byte `offset` in `text` as users count: `column 14`, or `line 2, column 3`, and what stands there.
pub(super) fn place(text: &str, offset: usize) -> String {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[start..].chars().count() + 1;
    let rest: String = text[offset..].lines().next().unwrap_or("").chars().take(24).collect();
    let rest = crate::problems::excerpt(rest.trim_end());
    let found = if rest.is_empty() { "at the end".to_owned() } else { format!("at `{rest}`") };
    if line == 1 {
        format!("column {column}, {found}")
    } else {
        format!("line {line}, column {column}, {found}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_as_users_count() {
        insta::assert_snapshot!(place("é = 1 +", 5), @"column 5, at `1 +`");
        insta::assert_snapshot!(place("a\nbc = 1", 5), @"line 2, column 4, at `= 1`");
        insta::assert_snapshot!(place("a", 1), @"column 2, at the end");
    }
}
