//! The cells of a dictionary column, rendered once: separator, key, quotes and escapes included.
//!
//! Knows nothing of rows.

use std::hint::black_box;
use std::sync::Arc;

use super::cursor::{Cursor, WIDE, Width};
use super::escape::Escape;
use crate::columns::Dictionary;

/// Most bytes of rendered cells that a column keeps; a bigger dictionary is escaped row by row.
const MOST_BYTES: usize = 32 << 20;

/// Bits of a [`Place`] that hold the length.
const LENGTH_BITS: u32 = 7;

/// The length that says: the true one stands in the four bytes before the cell.
const LONG: usize = (1 << LENGTH_BITS) - 1;

/// Entries of the memory of texts met before.
const REMEMBERED: usize = 1_024;

/// Position and length of a cell in one word, so that finding it is one load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place(u32);

/// All cells of one dictionary, one behind the other.
#[derive(Debug)]
pub(super) struct RenderedCells {
    /// Held, so that no other dictionary can take its place in memory.
    dictionary: Arc<Dictionary>,
    /// The cell of every key; keys of the same text may share one.
    places: Vec<Place>,
    /// Longer than the cells by [`WIDE`] bytes: a copy of constant width never reads beyond the end.
    bytes: Vec<u8>,
    width: Width,
}

impl RenderedCells {
    /// Renders `dictionary`; `None` when that takes more than [`MOST_BYTES`].
    pub(super) fn new(
        dictionary: &Arc<Dictionary>,
        before: &[u8],
        escape: &Escape,
        after: &[u8],
    ) -> Option<Self> {
        let texts = dictionary.texts();
        let mut remembered = [u32::MAX; REMEMBERED];
        let mut places: Vec<Place> = Vec::with_capacity(texts.len());
        let mut bytes = Vec::new();
        let mut longest = 0;
        if texts.len().saturating_mul(size_of::<Place>()) > MOST_BYTES {
            return None;
        }
        for (key, text) in texts.iter().enumerate() {
            // The countries of all cities are few texts: cells that are shared stay in the cache.
            let slot = &mut remembered[slot(text)];
            if let Some(place) = places.get(*slot as usize)
                && dictionary.get(*slot) == text
            {
                places.push(*place);
                continue;
            }
            *slot = key as u32;
            let length_at = bytes.len();
            bytes.extend_from_slice(before);
            escape.write(text, &mut bytes);
            bytes.extend_from_slice(after);
            let mut length = bytes.len() - length_at;
            longest = longest.max(length);
            if length >= LONG {
                let true_length = (length as u32).to_le_bytes();
                bytes.splice(length_at..length_at, true_length);
                length = LONG;
            }
            if bytes.len() > MOST_BYTES {
                return None;
            }
            places.push(Place((length_at << LENGTH_BITS | length) as u32));
        }
        bytes.resize(bytes.len() + WIDE, 0);
        let width = Width::of(longest);
        Some(Self { dictionary: Arc::clone(dictionary), places, bytes, width })
    }

    /// Whether these are the cells of `dictionary`.
    pub(super) fn belong_to(&self, dictionary: &Arc<Dictionary>) -> bool {
        Arc::ptr_eq(&self.dictionary, dictionary)
    }

    /// Finds the cells of `keys` and asks the memory for them.
    ///
    /// The loads do not wait for one another, as they would between the other cells of a row.
    #[inline(always)]
    pub(super) fn stage(&self, keys: &[u32], places: &mut [Place]) {
        let mut touched = 0;
        for (key, place) in keys.iter().zip(places) {
            *place = self.places[*key as usize];
            let start = (place.0 >> LENGTH_BITS) as usize;
            touched |= self.bytes[start];
        }
        black_box(touched);
    }

    /// Writes the cell at `place`.
    #[inline(always)]
    pub(super) fn write(&self, place: Place, cursor: &mut Cursor<'_>) {
        let start = (place.0 >> LENGTH_BITS) as usize;
        let length = (place.0 as usize) & LONG;
        if length == LONG {
            cursor.long(self.long(start));
        } else {
            cursor.text(&self.bytes, start, length, self.width);
        }
    }

    /// The cell of [`LONG`] or more bytes whose length stands at `start`.
    #[inline(never)]
    fn long(&self, start: usize) -> &[u8] {
        let (length, rest) = self.bytes[start..].split_at(4);
        let length = length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
        &rest[..length]
    }
}

/// Where a text is remembered: made from its length and its ends.
fn slot(text: &[u8]) -> usize {
    let word = |bytes: &[u8]| bytes.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let ends = word(&text[..text.len().min(8)]) ^ word(&text[text.len().saturating_sub(8)..]) << 1;
    let mixed = (ends ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize % REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_rows::cursor::written;

    #[test]
    fn a_cell_is_rendered_with_all_that_stands_around_it() {
        let long = "x".repeat(1_000);
        let medium = "y".repeat(LONG - 3);
        let texts = ["a", "b\"c", "", "a", &long, &medium, "", &long];
        let dictionary = Dictionary::new(texts);
        let escape = Escape::Doubled { quote: b'"' };
        let cells = RenderedCells::new(&dictionary, b"\"", &escape, b"\",").unwrap();
        let keys: Vec<u32> = (0..texts.len() as u32).collect();
        let mut places = vec![Place::default(); texts.len()];
        cells.stage(&keys, &mut places);
        let shown = written(|cursor| {
            for place in &places {
                cells.write(*place, cursor);
            }
        });
        let expected: String = texts
            .iter()
            .flat_map(|text| {
                ["\"", &text.replace('"', "\"\""), "\","].concat().chars().collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(shown, expected);
        assert_eq!((places[0], places[2], places[4]), (places[3], places[6], places[7]));
        assert!(cells.belong_to(&dictionary));
        assert!(!cells.belong_to(&Dictionary::new(texts)));
    }

    #[test]
    fn a_dictionary_that_takes_too_much_memory_is_not_rendered() {
        let dictionary = Dictionary::new(["\u{1}".repeat(MOST_BYTES / 4)]);
        assert!(RenderedCells::new(&dictionary, b"", &Escape::Json, b"").is_none());
        assert!(
            RenderedCells::new(&dictionary, b"", &Escape::Doubled { quote: b'"' }, b"").is_some()
        );
    }
}
