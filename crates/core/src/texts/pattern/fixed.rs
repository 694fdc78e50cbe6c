//! Patterns whose texts have one width: a template, and what is drawn into it.
//!
//! Made slot by slot over many rows instead of row by row: the rows of a slot do not wait for one
//! another, and two neighbouring characters are one draw.

use crate::columns::{Rows, VarBytes};
use crate::rng::Stream;

use super::Node;

/// Widest text that is made this way.
const WIDEST: usize = 4_096;
/// Most pairs of two neighbouring characters' choices that are laid out as one table.
const PAIRS: usize = 4_096;
/// How much of a word may be used up, as in `draws`.
const ROOM: u64 = 1 << 40;
/// Rows that are made at a time.
const TILE: usize = 256;
/// Purpose of the random numbers; its lanes hold a word each.
const FORMS: u64 = 0x666f_726d;

#[derive(Debug)]
pub(super) struct Fixed {
    template: Vec<u8>,
    tables: Vec<Table>,
    /// Per random word what is drawn from it.
    words: Vec<Vec<Slot>>,
}

/// What one draw chooses from.
#[derive(Debug, PartialEq)]
enum Table {
    One(Vec<u8>),
    Two(Vec<[u8; 2]>),
}

impl Table {
    fn len(&self) -> usize {
        match self {
            Self::One(choices) => choices.len(),
            Self::Two(choices) => choices.len(),
        }
    }
}

#[derive(Debug)]
struct Slot {
    /// First byte in the text.
    at: usize,
    table: usize,
}

/// A template, and the characters drawn into it: place and choices.
#[derive(Default)]
struct Layout<'a> {
    template: Vec<u8>,
    draws: Vec<(usize, &'a [u8])>,
}

impl<'a> Layout<'a> {
    /// Lays `node` out; `None` where its width is not fixed or too large.
    fn add(&mut self, node: &'a Node) -> Option<()> {
        match node {
            Node::Literal(text) => self.template.extend_from_slice(text),
            Node::Bytes { table, count } => {
                if *count as usize > WIDEST {
                    return None;
                }
                for _ in 0..*count {
                    self.draws.push((self.template.len(), table));
                    self.template.push(b' ');
                }
            }
            Node::Sequence(nodes) => {
                for node in nodes {
                    self.add(node)?;
                }
            }
            Node::Repeat { node, least, most } if least == most => {
                // A part without width could repeat for long.
                for _ in 0..(*most).min(WIDEST as u32 + 1) {
                    self.add(node)?;
                }
            }
            Node::Repeat { .. } | Node::Choice(_) | Node::Class { .. } | Node::Any(_) => {
                return None;
            }
        }
        (self.template.len() <= WIDEST).then_some(())
    }
}

impl Fixed {
    pub(super) fn new(root: &Node) -> Option<Self> {
        let mut layout = Layout::default();
        layout.add(root)?;
        let mut fixed = Self { template: layout.template, tables: Vec::new(), words: Vec::new() };
        // The first draw takes the first word.
        let mut used = u64::MAX;
        let mut draws = layout.draws.into_iter().peekable();
        while let Some((at, first)) = draws.next() {
            let is_pair = |(next, second): &(usize, &[u8])| {
                *next == at + 1 && first.len() * second.len() <= PAIRS
            };
            let table = match draws.next_if(is_pair) {
                None => Table::One(first.to_vec()),
                Some((_, second)) => {
                    Table::Two(first.iter().flat_map(|a| second.iter().map(|b| [*a, *b])).collect())
                }
            };
            used = used.saturating_mul(table.len() as u64);
            if used > ROOM {
                used = table.len() as u64;
                fixed.words.push(Vec::new());
            }
            let table = fixed.table(table);
            fixed.words.last_mut()?.push(Slot { at, table });
        }
        Some(fixed)
    }

    /// The place of `table`, which may be there already.
    fn table(&mut self, table: Table) -> usize {
        self.tables.iter().position(|other| *other == table).unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len() - 1
        })
    }

    pub(super) fn texts(&self, stream: Stream, rows: Rows) -> VarBytes {
        let width = self.template.len();
        let mut data = self.template.repeat(rows.count);
        let stream = stream.lane(FORMS);
        let mut words = [0; TILE];
        // Without a width there is nothing to draw.
        let tiles = data.chunks_mut((width * TILE).max(1));
        for (index, tile) in tiles.enumerate() {
            let first = rows.first.wrapping_add((index * TILE) as u64);
            let words = &mut words[..tile.len() / width];
            for (lane, slots) in self.words.iter().enumerate() {
                stream.lane(lane as u64).fill(first, words);
                for slot in slots {
                    self.draw(slot, words, tile);
                }
            }
        }
        VarBytes::of_width(rows.count, width, data)
    }

    /// Draws one slot of all texts in `tile`, and leaves in `words` what is not used up.
    fn draw(&self, slot: &Slot, words: &mut [u64], tile: &mut [u8]) {
        let table = &self.tables[slot.table];
        let bound = table.len() as u128;
        let places = words.iter_mut().zip(tile.chunks_exact_mut(self.template.len()));
        let next = |word: &mut u64| {
            let product = u128::from(*word) * bound;
            *word = product as u64;
            (product >> 64) as usize
        };
        match table {
            Table::One(choices) => {
                places.for_each(|(word, text)| text[slot.at] = choices[next(word)]);
            }
            Table::Two(choices) => places.for_each(|(word, text)| {
                text[slot.at..slot.at + 2].copy_from_slice(&choices[next(word)]);
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Pattern;
    use super::super::tests::sample;

    #[test]
    fn all_texts_of_a_form_are_equally_likely() {
        let pattern = Pattern::groups("[a-c]{2}-[A,B]{1}[0-4]{1}").unwrap();
        assert!(pattern.fixed.is_some());
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for text in sample(&pattern, 90_000) {
            *counts.entry(text).or_default() += 1;
        }
        assert_eq!(counts.len(), 90);
        let chi_square: f64 =
            counts.values().map(|count| (f64::from(*count) - 1_000.0).powi(2) / 1_000.0).sum();
        // 89 degrees of freedom: above 145 once in 5,000 seeds.
        assert!(chi_square < 145.0, "{chi_square}");
    }

    #[test]
    fn only_texts_of_one_width_are_made_so() {
        for (pattern, fixed) in [
            ("", true),
            ("é[a,b]{9}", true),
            ("[a]{2}", true),
            ("[ab,cd]{2}", false),
            ("[é]{1}", false),
        ] {
            assert_eq!(Pattern::groups(pattern).unwrap().fixed.is_some(), fixed, "{pattern}");
        }
        for (pattern, fixed) in [("(ab[0-9]{2}){3}", true), ("a?", false), ("(?:x{0}){4000}", true)]
        {
            assert_eq!(Pattern::regular(pattern, 3).unwrap().fixed.is_some(), fixed, "{pattern}");
        }
        assert!(Pattern::groups("[A-Z]{5000}").unwrap().fixed.is_none());
        assert_eq!(sample(&Pattern::groups("").unwrap(), 3), ["", "", ""]);
    }
}
