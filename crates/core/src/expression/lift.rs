//! Dictionary lifting: what depends only on columns that share their keys is computed once per
//! dictionary entry, not once per row, and kept for later blocks.

use std::sync::{Arc, OnceLock};

use crate::columns::{Column, Dictionary, Values};

/// Largest dictionary that is worth it: a command of few rows must not wait for many entries.
const MOST_ENTRIES: usize = 1 << 20;

/// Columns without nulls that share their keys.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    pub(super) keys: &'a Arc<Vec<u32>>,
    pub(super) dictionaries: Vec<&'a Arc<Dictionary>>,
}

impl<'a> Group<'a> {
    /// The group that all of `columns` form; `None` when they do not, or it is not worth it.
    pub(super) fn of(columns: impl IntoIterator<Item = &'a Column>) -> Option<Self> {
        let mut group: Option<Self> = None;
        for column in columns {
            let Column { values: Values::Choice { keys, dictionary }, validity: None } = column
            else {
                return None;
            };
            match &mut group {
                None => {
                    if dictionary.len() > MOST_ENTRIES {
                        return None;
                    }
                    group = Some(Self { keys, dictionaries: vec![dictionary] });
                }
                Some(group) => {
                    let same = Arc::ptr_eq(group.keys, keys)
                        && group.dictionaries[0].len() == dictionary.len();
                    if !same {
                        return None;
                    }
                    group.dictionaries.push(dictionary);
                }
            }
        }
        group
    }

    /// Number of dictionary entries.
    pub(super) fn entries(&self) -> usize {
        self.dictionaries[0].len()
    }

    /// The dictionaries as columns: every entry once.
    pub(super) fn entry_columns(&self) -> Vec<Column> {
        let keys = Arc::new((0..self.entries() as u32).collect::<Vec<_>>());
        let column = |dictionary: &&Arc<Dictionary>| {
            Column::new(Values::Choice {
                keys: Arc::clone(&keys),
                dictionary: Arc::clone(dictionary),
            })
        };
        self.dictionaries.iter().map(column).collect()
    }
}

/// What was computed per entry of a group's dictionaries.
#[derive(Debug)]
pub(super) struct Memo<T> {
    kept: OnceLock<(Vec<Arc<Dictionary>>, T)>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { kept: OnceLock::new() }
    }
}

impl<T> Memo<T> {
    /// The result for the dictionaries of `group`, made on first use.
    ///
    /// `None` when it was made for others: a column that changes its dictionary from block to block
    /// gains nothing by lifting.
    pub(super) fn get(&self, group: &Group<'_>, make: impl FnOnce() -> T) -> Option<&T> {
        let (dictionaries, result) = self.kept.get_or_init(|| {
            (group.dictionaries.iter().map(|dictionary| Arc::clone(dictionary)).collect(), make())
        });
        let same = dictionaries.len() == group.dictionaries.len()
            && dictionaries.iter().zip(&group.dictionaries).all(|(a, b)| Arc::ptr_eq(a, b));
        same.then_some(result)
    }
}
