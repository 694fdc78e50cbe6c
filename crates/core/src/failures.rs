//! Rows that are null because what makes a column failed on them, where a field says `"on_error": "null"`.
//!
//! Which rows these are depends on the rows alone: never on blocks, threads, restarts or the machine. What a
//! machine lacks makes no null: it ends the command.
//!
//! Knows nothing of who makes columns, nor of who counts.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// What becomes of a row that a field has no value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// The command fails.
    #[default]
    Fail,
    /// Its value is null, and so are its sub-values.
    Null,
}

/// The rows of one field that are null because making them failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRows {
    /// How many.
    pub rows: u64,
    /// The first one, counted over the whole command.
    pub first_row: u64,
    /// What was wrong with that one.
    pub message: String,
}

impl FailedRows {
    /// One row, and what is wrong with it.
    fn one(row: u64, fault: &impl Display) -> Self {
        Self { rows: 1, first_row: row, message: fault.to_string() }
    }

    /// Counts one row in `sum`, which is `None` as long as no row failed.
    pub(crate) fn count(sum: &mut Option<Self>, row: u64, fault: &impl Display) {
        let one = Self::one(row, fault);
        match sum {
            Some(sum) => sum.add(one),
            None => *sum = Some(one),
        }
    }

    /// Counts `other` rows as well.
    pub(crate) fn add(&mut self, other: Self) {
        self.rows = self.rows.saturating_add(other.rows);
        if other.first_row < self.first_row {
            (self.first_row, self.message) = (other.first_row, other.message);
        }
    }
}

/// The failed rows of some fields, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failures(BTreeMap<String, FailedRows>);

impl Failures {
    /// Whether no row failed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts rows of `field`.
    pub(crate) fn note(&mut self, field: &str, failed: FailedRows) {
        match self.0.get_mut(field) {
            Some(known) => known.add(failed),
            None => {
                self.0.insert(field.to_owned(), failed);
            }
        }
    }

    /// Counts all of `other`.
    pub fn add(&mut self, other: Self) {
        for (field, failed) in other.0 {
            self.note(&field, failed);
        }
    }

    /// Fields that failed in some rows, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FailedRows)> {
        self.0.iter().map(|(field, failed)| (field.as_str(), failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all orders of adding: the same sum.
    #[test]
    fn the_first_row_is_told_whatever_comes_first() {
        let failed = |row: u64| {
            let mut failures = Failures::default();
            failures.note("a", FailedRows::one(row, &format!("a.rhai: no {row}")));
            failures
        };
        for rows in [[7, 5, 9], [5, 7, 9], [9, 7, 5]] {
            let mut sum = Failures::default();
            for row in rows {
                sum.add(failed(row));
            }
            let told = serde_json::to_string(&sum).unwrap();
            assert_eq!(told, r#"{"a":{"rows":3,"first_row":5,"message":"a.rhai: no 5"}}"#);
        }
    }
}
