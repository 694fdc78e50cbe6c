//! Boolean and byte run length encoding: PRESENT streams and boolean columns.
//!
//! Bits are gathered for a whole stripe (an eighth of a byte per row) and encoded at its end: only
//! then is known whether a column has a null at all.

use super::OrcError;
use super::compression::Compressor;
use super::stream::OutStream;

/// Flags in order, eight to a byte, the first one in the highest bit.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.len = 0;
    }

    #[inline]
    pub(super) fn push(&mut self, flag: bool) {
        let place = self.len % 8;
        if place == 0 {
            self.bytes.push(0);
        }
        let last = self.bytes.len() - 1;
        self.bytes[last] |= u8::from(flag) << (7 - place);
        self.len += 1;
    }

    /// Appends `count` times true.
    pub(super) fn push_true(&mut self, mut count: usize) {
        while count > 0 && !self.len.is_multiple_of(8) {
            self.push(true);
            count -= 1;
        }
        self.bytes.resize(self.bytes.len() + count / 8, 0xff);
        self.len += count / 8 * 8;
        for _ in 0..count % 8 {
            self.push(true);
        }
    }

    /// Appends all bits to `stream`; answers where each group starts.
    ///
    /// `ends` are the numbers of bits up to the end of each group. A start is the stream's position,
    /// the bytes into a run (always 0: runs end with the group) and the bits into a byte.
    pub(super) fn write(
        &self,
        ends: &[usize],
        stream: &mut OutStream,
        compressor: &mut Compressor,
    ) -> Result<Vec<u64>, OrcError> {
        let mut positions = Vec::new();
        let (mut byte, mut bit) = (0, 0);
        for end in ends {
            stream.position(&mut positions);
            positions.extend([0, bit]);
            encode_bytes(&self.bytes[byte..end / 8], stream.open());
            stream.spill(compressor)?;
            (byte, bit) = (end / 8, (end % 8) as u64);
        }
        encode_bytes(&self.bytes[byte..], stream.open());
        stream.spill(compressor)?;
        Ok(positions)
    }
}

/// Runs of 3 to 130 equal bytes, and up to 128 bytes as they are.
fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let run_at = |index: usize| {
        let longest = &bytes[index..(index + 130).min(bytes.len())];
        longest.iter().take_while(|byte| **byte == longest[0]).count()
    };
    let mut index = 0;
    while index < bytes.len() {
        let run = run_at(index);
        if run >= 3 {
            out.extend([(run - 3) as u8, bytes[index]]);
            index += run;
            continue;
        }
        let start = index;
        while index < bytes.len() && index - start < 128 && run_at(index) < 3 {
            index += 1;
        }
        out.push((start as isize - index as isize) as u8);
        out.extend_from_slice(&bytes[start..index]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Compression, decoding};
    use super::*;

    #[test]
    fn the_examples_of_the_specification_have_its_bytes() {
        let mut out = Vec::new();
        encode_bytes(&[0; 100], &mut out);
        encode_bytes(&[0x44, 0x45], &mut out);
        assert_eq!(out, [0x61, 0x00, 0xfe, 0x44, 0x45]);
    }

    proptest! {
        /// For all flags and cuts into groups: the flags come back, also from the start of any group.
        #[test]
        fn flags_come_back_from_every_position(
            runs in prop::collection::vec((any::<bool>(), 1..400_usize), 0..12),
            noise in prop::collection::vec(any::<bool>(), 0..500),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let mut flags: Vec<bool> = runs.iter().flat_map(|(flag, count)| vec![*flag; *count]).collect();
            flags.extend(noise);
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(flags.len() + 1)).collect();
            ends.push(flags.len());
            ends.sort_unstable();
            let mut bits = Bits::default();
            for (index, flag) in flags.iter().enumerate() {
                if *flag && index % 3 == 0 { bits.push_true(1) } else { bits.push(*flag) }
            }
            let mut compressor = Compressor::new(Compression::None);
            let mut stream = OutStream::new(Compression::None);
            let positions = bits.write(&ends, &mut stream, &mut compressor).unwrap();
            let bytes = stream.open().clone();
            let starts = std::iter::once(0).chain(ends.iter().copied());
            for (position, start) in positions.chunks_exact(3).zip(starts) {
                let rest = decoding::booleans(&bytes[position[0] as usize..]);
                let rest = &rest[position[2] as usize..];
                prop_assert_eq!(&rest[..flags.len() - start], &flags[start..]);
            }
        }

        #[test]
        fn many_trues_at_once_are_as_many_single_ones(counts in prop::collection::vec(0..40_usize, 0..9)) {
            let (mut at_once, mut singly) = (Bits::default(), Bits::default());
            for count in counts {
                at_once.push_true(count);
                at_once.push(false);
                (0..count).for_each(|_| singly.push(true));
                singly.push(false);
            }
            prop_assert_eq!((at_once.bytes, at_once.len), (singly.bytes, singly.len));
        }
    }
}
