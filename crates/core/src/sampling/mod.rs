//! Drawing machinery: random words in, values out; and the reading of the attributes that shape it.
//!
//! | file | draws or reads |
//! |---|---|
//! | [`alias`] | keys by weight |
//! | [`choices`] | `possible_values`, `possible_values_weighted` |
//! | [`bounds`] | `min`, `max` |
//! | [`length`] | `length` |
//! | [`ranges`] | uniform numbers |
//! | [`distribution`] | `distribution`: normal, lognormal, exponential, zipf |
//! | [`permutation`] | distinct numbers in random order |
//! | [`countries`] | `filters` that name countries |
//! | [`linked`] | what LINK reads beside a list |
//! | [`surnames`] | last names by country and sex |
//! | [`table`] | tables in delimited text |
//!
//! Knows nothing of field types, calendars or models. What is drawn for a row depends on the stream
//! and the row's number only: every sampler draws a row's value from the row's own words.

pub(crate) mod alias;
pub(crate) mod bounds;
pub(crate) mod choices;
pub(crate) mod countries;
pub mod distribution;
pub(crate) mod length;
pub(crate) mod linked;
pub(crate) mod permutation;
pub(crate) mod ranges;
pub(crate) mod surnames;
pub(crate) mod table;

use std::fmt::Debug;

use crate::columns::Rows;
use crate::rng::Stream;

/// Draws values of one kind.
pub(crate) trait Sampler: Debug + Send + Sync {
    /// What is drawn.
    type Value: Debug + 'static;

    /// The values of `rows`: `rows.count` of them, each a function of `stream` and its row's number.
    fn column(&self, stream: Stream, rows: Rows) -> Vec<Self::Value>;
}

/// The attributes were refused; the reasons were added to the reader's problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// Words that are made at a time: few, as the memory for them is cleared for every column of a block,
/// which has 64 rows where a model is wide.
const WORDS: usize = 256;

/// One value per row of `rows`, each from its row's word.
#[inline]
pub(crate) fn map_words<T>(stream: Stream, rows: Rows, value: impl Fn(u64) -> T) -> Vec<T> {
    let mut values = Vec::with_capacity(rows.count);
    for_words(stream, rows, |words| values.extend(words.iter().map(|word| value(*word))));
    values
}

/// Hands over the words of `rows` in order, some at a time.
#[inline]
pub(crate) fn for_words(stream: Stream, rows: Rows, mut take: impl FnMut(&[u64])) {
    let mut words = [0; WORDS];
    let mut done = 0;
    while done < rows.count {
        let words = &mut words[..WORDS.min(rows.count - done)];
        stream.fill(rows.first.wrapping_add(done as u64), words);
        take(words);
        done += words.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_gets_its_own_word() {
        let stream = Stream::new(1, "a");
        for (first, count) in [(0, 0), (5, 1), (7, 1_024), (u64::MAX - 1_500, 3_000)] {
            let words = map_words(stream, Rows { first, count }, |word| word);
            assert_eq!(words.len(), count);
            for (index, word) in words.iter().enumerate() {
                assert_eq!(*word, stream.word(first.wrapping_add(index as u64)));
            }
        }
    }
}
