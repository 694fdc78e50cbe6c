//! Columns of string and binary: bytes and lengths, or a dictionary where the texts come from a list.

use std::sync::Arc;

use super::OrcError;
use super::choices::{Choices, SharedRanking, prefix};
use super::column::{
    Body, Encoding, Finished, Piece, Positions, StreamKind, Target, place_entries,
};
use super::compression::{Compression, Compressor};
use super::integers::encode;
use super::statistics::{Detail, Extent};
use super::stream::OutStream;
use crate::columns::{DataType, Dictionary, Values, VarBytes, uuid_text};

/// Longer lists are written as they come: sorting them would cost more than a stripe's rows.
const LONGEST_LIST: usize = 1 << 18;

pub(super) struct Texts {
    compression: Compression,
    data_type: DataType,
    ranking: SharedRanking,
    /// Values of this stripe so far, as long as all came from one list.
    choices: Option<Choices>,
    /// Values of this stripe otherwise; `choices` is then empty.
    direct: Direct,
    values: usize,
    /// Values up to the end of each group.
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn new(
        data_type: DataType,
        ranking: SharedRanking,
        compression: Compression,
    ) -> Self {
        Self {
            compression,
            data_type,
            ranking,
            choices: None,
            direct: Direct::new(compression),
            values: 0,
            ends: Vec::new(),
        }
    }

    /// The list's values of this stripe, if it can still be written with a dictionary.
    fn choices_of(&mut self, dictionary: &Arc<Dictionary>) -> Option<&mut Choices> {
        if self.values == 0 && dictionary.len() <= LONGEST_LIST {
            let ranking = self.ranking.of(dictionary);
            let mut ranks = self.choices.take().map_or_else(Vec::new, |choices| choices.ranks);
            ranks.clear();
            self.choices = Some(Choices { ranking, ranks });
            // Groups of nulls may have ended there; they are told anew if the list is left.
            self.direct.positions = at_start(self.compression);
        }
        self.choices.as_mut().filter(|choices| choices.ranking.is_of(dictionary))
    }

    /// Writes the values so far as they are: a later one does not come from their list.
    fn leave_list(&mut self, compressor: &mut Compressor) -> Result<(), OrcError> {
        let Some(choices) = self.choices.take() else { return Ok(()) };
        let mut start = 0;
        for end in self.ends.iter().copied() {
            self.direct.append_ranks(&choices, start..end);
            self.direct.end_group(compressor)?;
            start = end;
        }
        for rank in &choices.ranks[start..] {
            self.direct.push(choices.ranking.text(*rank));
        }
        Ok(())
    }
}

impl Body for Texts {
    fn append(&mut self, piece: &Piece<'_>, compressor: &mut Compressor) -> Result<(), OrcError> {
        match (&piece.column.values, self.data_type) {
            (Values::Choice { keys, dictionary }, DataType::Text) => {
                if let Some(Choices { ranking, ranks }) = self.choices_of(dictionary) {
                    piece.each(|row| ranks.push(ranking.rank(keys[row])));
                    self.values = ranks.len();
                    return Ok(());
                }
                self.leave_list(compressor)?;
                let direct = &mut self.direct;
                piece.each(|row| direct.push(dictionary.get(keys[row])));
            }
            (Values::Text(values), DataType::Text) | (Values::Bytes(values), DataType::Bytes) => {
                self.leave_list(compressor)?;
                self.direct.append(piece, values);
            }
            (Values::Uuid(values), DataType::Text) => {
                self.leave_list(compressor)?;
                let direct = &mut self.direct;
                piece.each(|row| direct.push_uuid(values[row]));
            }
            _ => return Err(piece.mismatch()),
        }
        piece.each(|_| self.values += 1);
        self.direct.data.spill(compressor)
    }

    fn end_group(&mut self, compressor: &mut Compressor) -> Result<Detail, OrcError> {
        let start = self.ends.last().copied().unwrap_or(0);
        self.ends.push(self.values);
        if let Some(choices) = &self.choices {
            let (extent, length) = choices.summary(start);
            return Ok(Detail::Text { extent, length });
        }
        let (extent, length) = self.direct.seen.take();
        self.direct.end_group(compressor)?;
        Ok(match self.data_type {
            DataType::Bytes => Detail::Bytes { length },
            _ => Detail::Text { extent, length },
        })
    }

    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError> {
        let mut written = None;
        if let Some(choices) = &self.choices {
            let (places, used) = choices.used();
            // The limit of the Apache writers: beyond it a dictionary costs more than it saves.
            if used.len() * 5 < choices.ranks.len() * 4 {
                let (ends, compression) = (&self.ends, self.compression);
                written = Some(choices.write(&places, &used, ends, compression, target)?);
            }
        }
        let finished = match written {
            Some(finished) => finished,
            None => {
                self.leave_list(target.compressor)?;
                self.direct.finish(target)?
            }
        };
        self.values = 0;
        self.ends.clear();
        if let Some(choices) = &mut self.choices {
            choices.ranks.clear();
        }
        Ok(finished)
    }
}

/// Values one behind the other, and their lengths.
struct Direct {
    compression: Compression,
    data: OutStream,
    lengths: OutStream,
    /// Lengths of the open group.
    pending: Vec<i64>,
    positions: Positions,
    seen: Seen,
}

impl Direct {
    fn new(compression: Compression) -> Self {
        Self {
            compression,
            data: OutStream::new(compression),
            lengths: OutStream::new(compression),
            pending: Vec::new(),
            positions: at_start(compression),
            seen: Seen::default(),
        }
    }

    fn append(&mut self, piece: &Piece<'_>, values: &VarBytes) {
        if piece.column.validity.is_some() {
            return piece.each(|row| self.push(values.get(row)));
        }
        let offsets = &values.offsets()[piece.rows.start..=piece.rows.end];
        let (first, last) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
        self.data.open().extend_from_slice(&values.data()[first..last]);
        self.pending.extend(offsets.windows(2).map(|pair| i64::from(pair[1] - pair[0])));
        for pair in offsets.windows(2) {
            self.seen.note(values.data(), pair[0] as usize, pair[1] as usize);
        }
    }

    fn push(&mut self, value: &[u8]) {
        self.data.open().extend_from_slice(value);
        self.pending.push(value.len() as i64);
        self.seen.note(value, 0, value.len());
    }

    fn push_uuid(&mut self, value: u128) {
        let text = uuid_text(value);
        self.data.open().extend_from_slice(&text);
        self.pending.push(text.len() as i64);
        self.seen.note(&text, 0, text.len());
    }

    /// Values of a group that ended: its statistics are known already.
    fn append_ranks(&mut self, choices: &Choices, values: std::ops::Range<usize>) {
        for rank in &choices.ranks[values] {
            let text = choices.ranking.text(*rank);
            self.data.open().extend_from_slice(text);
            self.pending.push(text.len() as i64);
        }
    }

    fn end_group(&mut self, compressor: &mut Compressor) -> Result<(), OrcError> {
        encode(&self.pending, false, self.lengths.open());
        self.pending.clear();
        self.data.spill(compressor)?;
        self.lengths.spill(compressor)?;
        self.positions.note(&self.data);
        self.positions.note_run(&self.lengths);
        Ok(())
    }

    fn finish(&mut self, target: &mut Target<'_>) -> Result<Finished, OrcError> {
        target.write(StreamKind::Data, &mut self.data)?;
        target.write(StreamKind::Length, &mut self.lengths)?;
        let positions = std::mem::replace(&mut self.positions, at_start(self.compression));
        Ok(Finished { encoding: Encoding::DirectV2, positions })
    }
}

fn at_start(compression: Compression) -> Positions {
    Positions::at_start(2 * place_entries(compression) + 1)
}

/// The extent and length of the values of a group, without an allocation per value.
#[derive(Debug, Default)]
struct Seen {
    min: Vec<u8>,
    max: Vec<u8>,
    /// First bytes of `min` and `max`: most values are told by them to lie between.
    min_prefix: u64,
    max_prefix: u64,
    values: u64,
    length: u64,
}

impl Seen {
    #[inline]
    fn note(&mut self, data: &[u8], start: usize, end: usize) {
        let prefix = match data.get(start..start + 8).and_then(<[u8]>::first_chunk) {
            Some(bytes) if end - start >= 8 => u64::from_be_bytes(*bytes),
            _ => prefix(&data[start..end]),
        };
        if prefix <= self.min_prefix || prefix >= self.max_prefix || self.values == 0 {
            self.note_end(&data[start..end], prefix);
        }
        self.values += 1;
        self.length += (end - start) as u64;
    }

    fn note_end(&mut self, value: &[u8], prefix: u64) {
        if self.values == 0 || value < self.min.as_slice() {
            self.min.clear();
            self.min.extend_from_slice(value);
            self.min_prefix = prefix;
        }
        if self.values == 0 || value > self.max.as_slice() {
            self.max.clear();
            self.max.extend_from_slice(value);
            self.max_prefix = prefix;
        }
    }

    /// Extent and length; starts anew.
    fn take(&mut self) -> (Option<Extent<Vec<u8>>>, u64) {
        let some = self.values > 0;
        let extent = some.then(|| Extent { min: self.min.clone(), max: self.max.clone() });
        self.values = 0;
        (extent, std::mem::take(&mut self.length))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// For all texts: the extent is that of comparing them all.
        #[test]
        fn the_extent_is_that_of_all_values(
            texts in prop::collection::vec("[a-b\\x00é]{0,12}", 1..40)
        ) {
            let data = texts.concat();
            let mut seen = Seen::default();
            let mut start = 0;
            for text in &texts {
                seen.note(data.as_bytes(), start, start + text.len());
                start += text.len();
            }
            let (extent, length) = seen.take();
            let expected = Extent {
                min: texts.iter().min().unwrap().clone().into_bytes(),
                max: texts.iter().max().unwrap().clone().into_bytes(),
            };
            prop_assert_eq!(extent, Some(expected));
            prop_assert_eq!(length, data.len() as u64);
        }
    }
}
