//! Dictionaries of a column chunk: the values that occur, in the order of their first occurrence.
//!
//! That order depends on the rows alone, so a chunk is the same however its rows were cut into blocks.

use std::collections::HashMap;
use std::sync::Arc;

use super::hybrid::bit_width;
use crate::columns::Dictionary;

/// Not met in this chunk so far.
const UNSEEN: u32 = u32::MAX;

/// A chunk's dictionary of texts that come as keys into a column's [`Dictionary`].
#[derive(Debug)]
pub(super) struct Choices {
    dictionary: Arc<Dictionary>,
    /// The first key with the same text: the texts of a column's dictionary may repeat.
    firsts: Vec<u32>,
    /// Whether indices and a page of texts take less room than the texts.
    pays: bool,
    /// Index of every key, [`UNSEEN`] so far.
    indices: Vec<u32>,
    /// Key of every index.
    keys: Vec<u32>,
}

impl Choices {
    /// For chunks of about `rows` rows and dictionary pages of at most `page_bytes` bytes.
    pub(super) fn new(dictionary: &Arc<Dictionary>, rows: usize, page_bytes: usize) -> Self {
        let mut keys_of: HashMap<&[u8], u32> = HashMap::with_capacity(dictionary.len());
        let mut bytes = 0;
        let firsts = dictionary.texts().iter().zip(0_u32..).map(|(text, key)| {
            *keys_of.entry(text).or_insert_with(|| {
                bytes += 4 + text.len();
                key
            })
        });
        let firsts: Vec<u32> = firsts.collect();
        let distinct = keys_of.len();
        // Sizes of an average chunk, scaled by the number of distinct texts to stay whole.
        let of_texts = rows as u64 * bytes as u64;
        let of_page = rows.min(distinct) as u64 * bytes as u64;
        let of_indices = rows as u64 * u64::from(bit_width(distinct)) / 8 * distinct as u64;
        // A quarter must be saved: a reader pays for the indirection.
        let pays = bytes <= page_bytes && (of_page + of_indices) * 4 <= of_texts * 3;
        Self {
            dictionary: dictionary.clone(),
            firsts,
            pays,
            indices: vec![UNSEEN; dictionary.len()],
            keys: Vec::new(),
        }
    }

    pub(super) fn pays(&self) -> bool {
        self.pays
    }

    /// Whether `other` holds the same texts under the same keys.
    pub(super) fn is_of(&mut self, other: &Arc<Dictionary>) -> bool {
        if Arc::ptr_eq(&self.dictionary, other) {
            return true;
        }
        let equal = self.dictionary == *other;
        if equal {
            // The next block will most likely bring the same one.
            self.dictionary = other.clone();
        }
        equal
    }

    /// The index of `key`'s text.
    #[inline]
    pub(super) fn index(&mut self, key: u32) -> u32 {
        let index = self.indices[key as usize];
        if index == UNSEEN { self.meet(key) } else { index }
    }

    #[cold]
    fn meet(&mut self, key: u32) -> u32 {
        let first = self.firsts[key as usize];
        if self.indices[first as usize] == UNSEEN {
            self.indices[first as usize] = self.keys.len() as u32;
            self.keys.push(first);
        }
        let index = self.indices[first as usize];
        self.indices[key as usize] = index;
        index
    }

    /// Number of texts that occurred.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The texts that occurred, by index.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(|key| self.dictionary.get(*key))
    }

    /// Starts the next chunk.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.indices.fill(UNSEEN);
    }
}

/// A chunk's dictionary of numbers, each as its bits.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Open addressing: number and index, [`UNSEEN`] where free. A power of two long.
    table: Vec<(u64, u32)>,
    /// Leaves as many bits as a position in the table has.
    shift: u32,
    /// Number of every index.
    known: Vec<u64>,
    most: usize,
}

impl Numbers {
    /// A dictionary of at most `most` numbers.
    pub(super) fn new(most: usize) -> Self {
        let length = (most.max(1) * 2).next_power_of_two();
        let shift = u64::BITS - length.ilog2();
        Self { table: vec![(0, UNSEEN); length], shift, known: Vec::new(), most }
    }

    /// The index of `number`; `None` when it is one more than the dictionary takes.
    #[inline]
    pub(super) fn index(&mut self, number: u64) -> Option<u32> {
        let mask = self.table.len() - 1;
        // Fibonacci hashing: every bit of the number reaches the product's highest ones.
        let product = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = (product >> self.shift) as usize;
        loop {
            let (known, index) = self.table[at];
            if index == UNSEEN {
                break;
            }
            if known == number {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
        let index = self.known.len() as u32;
        (self.known.len() < self.most).then(|| {
            self.known.push(number);
            self.table[at] = (number, index);
            index
        })
    }

    /// The numbers that occurred, by index.
    pub(super) fn numbers(&self) -> &[u64] {
        &self.known
    }

    /// Starts the next chunk.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.table.fill((0, UNSEEN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_texts_share_an_index_in_the_order_of_rows() {
        let dictionary = Dictionary::new(["b", "a", "b", "a"]);
        let mut choices = Choices::new(&dictionary, 1_000, 1_000);
        assert!(choices.pays());
        let indices: Vec<u32> = [3, 1, 2, 0].map(|key| choices.index(key)).to_vec();
        assert_eq!(indices, [0, 0, 1, 1]);
        assert_eq!(choices.texts().collect::<Vec<_>>(), [b"a", b"b"]);
        choices.clear();
        assert_eq!(choices.index(2), 0);
        assert!(choices.is_of(&Dictionary::new(["b", "a", "b", "a"])));
        assert!(!choices.is_of(&Dictionary::new(["b", "a"])));
    }

    #[test]
    fn a_dictionary_pays_only_where_rows_repeat_it() {
        let dictionary = Dictionary::new((0..10_000).map(|key| format!("city {key:05}")));
        let pays = |rows, bytes| Choices::new(&dictionary, rows, bytes).pays();
        assert!(pays(131_072, 1 << 20));
        assert!(!pays(8_192, 1 << 20), "nearly as many texts as rows");
        assert!(!pays(131_072, 1 << 16), "more than a dictionary page");
    }

    #[test]
    fn numbers_beyond_the_promise_are_turned_away() {
        let mut numbers = Numbers::new(2);
        let found = [7, u64::MAX, 7, 0, u64::MAX].map(|number| numbers.index(number));
        assert_eq!(found, [Some(0), Some(1), Some(0), None, Some(1)]);
        assert_eq!(numbers.numbers(), [7, u64::MAX]);
    }
}
