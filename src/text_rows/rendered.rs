//! The cells of a dictionary column, rendered once: separator, key, quotes and escapes included.
//!
//! Knows nothing of rows.

use std::sync::Arc;

use super::escape::Escape;
use super::page::WIDE;
use crate::columns::Dictionary;

/// Most bytes of rendered cells that a column keeps; a bigger dictionary is escaped row by row.
const MOST_BYTES: usize = 32 << 20;

/// All cells of one dictionary, one behind the other.
#[derive(Debug)]
pub(super) struct RenderedCells {
    /// Held, so that no other dictionary can take its place in memory.
    dictionary: Arc<Dictionary>,
    offsets: Vec<u32>,
    /// Longer than the cells by [`WIDE`] bytes: a copy of constant width never reads beyond the end.
    bytes: Vec<u8>,
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
        let literals = texts.len().checked_mul(before.len() + after.len() + 4)?;
        let size = texts.data().len().checked_add(literals)?;
        if size > MOST_BYTES {
            return None;
        }
        let mut offsets = Vec::with_capacity(texts.len() + 1);
        let mut bytes = Vec::with_capacity(size + WIDE);
        offsets.push(0);
        for text in texts.iter() {
            bytes.extend_from_slice(before);
            escape.write(text, &mut bytes);
            bytes.extend_from_slice(after);
            if bytes.len() > MOST_BYTES {
                return None;
            }
            offsets.push(bytes.len() as u32);
        }
        bytes.resize(bytes.len() + WIDE, 0);
        Some(Self { dictionary: Arc::clone(dictionary), offsets, bytes })
    }

    /// Whether these are the cells of `dictionary`.
    pub(super) fn belong_to(&self, dictionary: &Arc<Dictionary>) -> bool {
        Arc::ptr_eq(&self.dictionary, dictionary)
    }

    /// Position and length of the cell of `key` in [`bytes`](Self::bytes).
    #[inline(always)]
    pub(super) fn place(&self, key: u32) -> (usize, usize) {
        let ends = &self.offsets[key as usize..][..2];
        (ends[0] as usize, (ends[1] - ends[0]) as usize)
    }

    /// All cells, and [`WIDE`] bytes more.
    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_rendered_with_all_that_stands_around_it() {
        let dictionary = Dictionary::new(["a", "b\"c", ""]);
        let escape = Escape::Doubled { quote: b'"' };
        let cells = RenderedCells::new(&dictionary, b"\"", &escape, b"\",").unwrap();
        let shown: Vec<&[u8]> = (0..3)
            .map(|key| cells.place(key))
            .map(|(start, length)| &cells.bytes()[start..start + length])
            .collect();
        assert_eq!(shown, [&b"\"a\","[..], b"\"b\"\"c\",", b"\"\","]);
        assert!(cells.belong_to(&dictionary));
        assert!(!cells.belong_to(&Dictionary::new(["a", "b\"c", ""])));
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
