//! Text columns drawn from a list: the texts that a stripe uses, sorted, and a number per value.

use std::sync::{Arc, OnceLock};

use super::OrcError;
use super::column::{Encoding, Finished, Positions, StreamKind, Target, place_entries};
use super::compression::Compression;
use super::integers::encode;
use super::statistics::Extent;
use super::stream::OutStream;
use crate::columns::Dictionary;

/// The distinct texts of a dictionary in order.
#[derive(Debug)]
pub(super) struct Ranking {
    dictionary: Arc<Dictionary>,
    /// The rank of each key's text.
    ranks: Vec<u32>,
    /// A key of each rank.
    keys: Vec<u32>,
    /// The length of each rank's text.
    lengths: Vec<u32>,
}

/// The ranking of the dictionary that a column meets first, sorted once for all workers.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedRanking(Arc<OnceLock<Arc<Ranking>>>);

impl SharedRanking {
    pub(super) fn of(&self, dictionary: &Arc<Dictionary>) -> Arc<Ranking> {
        let shared = self.0.get_or_init(|| Arc::new(Ranking::new(dictionary.clone())));
        if shared.is_of(dictionary) {
            return shared.clone();
        }
        Arc::new(Ranking::new(dictionary.clone()))
    }
}

impl Ranking {
    fn new(dictionary: Arc<Dictionary>) -> Self {
        let text = |key: u32| dictionary.get(key);
        // Most texts differ in their first bytes: comparing those as a number saves the rest.
        let mut order: Vec<(u64, u32)> =
            (0..dictionary.len() as u32).map(|key| (prefix(text(key)), key)).collect();
        order.sort_unstable_by(|(left, left_key), (right, right_key)| {
            left.cmp(right).then_with(|| text(*left_key).cmp(text(*right_key)))
        });
        let mut ranks = vec![0; dictionary.len()];
        let mut keys: Vec<u32> = Vec::new();
        for (_, key) in order {
            if keys.last().is_none_or(|last| text(*last) != text(key)) {
                keys.push(key);
            }
            ranks[key as usize] = keys.len() as u32 - 1;
        }
        let lengths = keys.iter().map(|key| text(*key).len() as u32).collect();
        Self { dictionary, ranks, keys, lengths }
    }

    pub(super) fn is_of(&self, dictionary: &Arc<Dictionary>) -> bool {
        Arc::ptr_eq(&self.dictionary, dictionary)
    }

    /// The text of `rank`.
    pub(super) fn text(&self, rank: u32) -> &[u8] {
        self.dictionary.get(self.keys[rank as usize])
    }

    /// The rank of the text of `key`.
    #[inline]
    pub(super) fn rank(&self, key: u32) -> u32 {
        self.ranks[key as usize]
    }
}

/// The first eight bytes as a number: texts in order have prefixes in order.
pub(super) fn prefix(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text[..length]);
    u64::from_be_bytes(bytes)
}

/// The values of a stripe as ranks.
#[derive(Debug)]
pub(super) struct Choices {
    pub(super) ranking: Arc<Ranking>,
    pub(super) ranks: Vec<u32>,
}

impl Choices {
    /// What is known of the values from `start` on: extent and length in bytes.
    pub(super) fn summary(&self, start: usize) -> (Option<Extent<Vec<u8>>>, u64) {
        let ranks = &self.ranks[start..];
        let Some(first) = ranks.first() else { return (None, 0) };
        let (mut min, mut max, mut length) = (*first, *first, 0);
        for rank in ranks {
            (min, max) = (min.min(*rank), max.max(*rank));
            length += u64::from(self.ranking.lengths[*rank as usize]);
        }
        let text = |rank| self.ranking.text(rank).to_vec();
        (Some(Extent { min: text(min), max: text(max) }), length)
    }

    /// The place of each used rank in the stripe's dictionary, and its texts' ranks in order.
    pub(super) fn used(&self) -> (Vec<u32>, Vec<u32>) {
        let mut places = vec![0; self.ranking.keys.len()];
        for rank in &self.ranks {
            places[*rank as usize] = 1;
        }
        let mut used = Vec::new();
        for (rank, place) in places.iter_mut().enumerate() {
            if *place == 1 {
                *place = used.len() as u32;
                used.push(rank as u32);
            }
        }
        (places, used)
    }

    /// Writes the streams of a dictionary column; `ends` are values up to the end of each group.
    pub(super) fn write(
        &self,
        places: &[u32],
        used: &[u32],
        ends: &[usize],
        compression: Compression,
        target: &mut Target<'_>,
    ) -> Result<Finished, OrcError> {
        let mut stream = OutStream::new(compression);
        let mut positions = Positions::at_start(place_entries(compression) + 1);
        let mut start = 0;
        let mut group: Vec<i64> = Vec::new();
        for end in ends {
            let ranks = &self.ranks[start..*end];
            group.clear();
            group.extend(ranks.iter().map(|rank| i64::from(places[*rank as usize])));
            encode(&group, false, stream.open());
            stream.spill(target.compressor)?;
            positions.note_run(&stream);
            start = *end;
        }
        target.write(StreamKind::Data, &mut stream)?;
        let lengths: Vec<i64> =
            used.iter().map(|rank| self.ranking.lengths[*rank as usize].into()).collect();
        encode(&lengths, false, stream.open());
        target.write(StreamKind::Length, &mut stream)?;
        for rank in used {
            stream.open().extend_from_slice(self.ranking.text(*rank));
        }
        target.write(StreamKind::DictionaryData, &mut stream)?;
        Ok(Finished { encoding: Encoding::DictionaryV2 { size: used.len() }, positions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_rank_and_ranks_follow_the_order_of_bytes() {
        let dictionary =
            Dictionary::new(["b", "", "a much longer text", "b", "a much longer tale"]);
        let ranking = Ranking::new(dictionary);
        assert_eq!(ranking.ranks, [3, 0, 2, 3, 1]);
        assert_eq!(ranking.text(1), b"a much longer tale");
    }

    #[test]
    fn a_stripe_numbers_only_the_texts_that_it_uses() {
        let ranking = SharedRanking::default().of(&Dictionary::new(["d", "c", "b", "a"]));
        let choices = Choices { ranking, ranks: vec![3, 1, 3] };
        let (places, used) = choices.used();
        assert_eq!(used, [1, 3]);
        assert_eq!((places[1], places[3]), (0, 1));
        let extent = Extent { min: b"b".to_vec(), max: b"d".to_vec() };
        assert_eq!(choices.summary(0), (Some(extent), 3));
    }
}
