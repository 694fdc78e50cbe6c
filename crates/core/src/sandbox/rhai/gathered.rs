//! What a script gave for the rows of a block: the values, and the sub-values beside them.

use rhai::{Dynamic, Map};

use super::declared::hinted;
use super::values::Builder;
use crate::columns::{Column, DataType, Rows};
use crate::sandbox::SubValue;

/// Columns that grow row by row.
#[derive(Debug)]
pub(super) struct Gathered {
    values: Builder,
    /// One for each declared sub-value.
    beside: Vec<Builder>,
}

impl Gathered {
    pub(super) fn new(
        data_type: DataType,
        nullable: bool,
        sub_values: &[SubValue],
        rows: Rows,
    ) -> Self {
        let beside = sub_values.iter().map(|sub| Builder::new(sub.data_type, true, rows.count));
        Self { values: Builder::new(data_type, nullable, rows.count), beside: beside.collect() }
    }

    /// Takes what the script gave: a value, or a record of it and its sub-values.
    pub(super) fn take(&mut self, result: &Dynamic, sub_values: &[SubValue]) -> Result<(), String> {
        if self.beside.is_empty() {
            return self.values.push(result);
        }
        if result.is_unit() {
            self.values.push(&Dynamic::UNIT)?;
            return self.beside.iter_mut().try_for_each(|builder| builder.push(&Dynamic::UNIT));
        }
        let Some(record) = result.read_lock::<Map>() else {
            return Err(
                "the script gives one value, expected a map of `value` and sub-values".to_owned()
            );
        };
        let value = record.get("value").ok_or_else(|| missing("value"))?;
        self.values.push(value)?;
        for (builder, sub) in self.beside.iter_mut().zip(sub_values) {
            builder
                .push(record.get(sub.name.as_str()).ok_or_else(|| missing(&sub.name))?)
                .map_err(|message| format!("`{}`: {message}", sub.name))?;
        }
        if record.len() > sub_values.len() + 1 {
            let names =
                || ["value"].into_iter().chain(sub_values.iter().map(|sub| sub.name.as_str()));
            let unknown = record.keys().find(|key| !names().any(|name| name == key.as_str()));
            return Err(unknown.map_or_else(String::new, |key| unknown_sub_value(key, names())));
        }
        Ok(())
    }

    /// Makes all of `row` null, of which some may have been taken.
    pub(super) fn fail(&mut self, row: usize) {
        self.values.fail(row);
        self.beside.iter_mut().for_each(|builder| builder.fail(row));
    }

    /// Bytes gathered so far, where they count.
    pub(super) fn bytes(&self) -> usize {
        self.values.bytes() + self.beside.iter().map(Builder::bytes).sum::<usize>()
    }

    pub(super) fn finish(self) -> (Column, Vec<Column>) {
        (self.values.finish(), self.beside.into_iter().map(Builder::finish).collect())
    }
}

/// That a map of value and sub-values lacks one.
pub(super) fn missing(name: &str) -> String {
    format!("the map that the script gives has no `{name}`: say `{name}: ()` where it is null")
}

/// That a map of value and sub-values has more than was declared.
pub(super) fn unknown_sub_value<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let message =
        format!("the map that the script gives has `{name}`, which `sub_values` does not name");
    hinted(message, name, known)
}
