//! Texts of random characters from a small alphabet.

use crate::columns::{Rows, VarBytes};
use crate::rng::Stream;

/// Characters that one random word gives: four pairs. With 62 letters every combination of eight is
/// likely to one part in 80,000.
const PER_WORD: usize = 8;

/// Texts that are made at a time: their words and the texts stay in the cache.
const TILE: usize = 256;

/// Purpose of the random numbers of letters; its lanes hold a word each.
const LETTERS: u64 = 0x6c65_7474;

/// Room for the pairs of an alphabet of up to 64 characters: the mask spares a check per pair.
const PAIRS: usize = 1 << 12;

/// An alphabet, as all its pairs: half the multiplications of single characters.
#[derive(Debug)]
pub(crate) struct Letters {
    pairs: [[u8; 2]; PAIRS],
    count: u64,
}

impl Letters {
    /// `A`-`Z`, `0`-`9`, `a`-`z`.
    pub(crate) fn alphanumeric() -> &'static Self {
        static LETTERS: Letters =
            Letters::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz");
        &LETTERS
    }

    /// `A`-`Z`, `a`-`z`.
    pub(crate) fn alphabetic() -> &'static Self {
        static LETTERS: Letters =
            Letters::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        &LETTERS
    }

    const fn of(alphabet: &[u8]) -> Self {
        let mut pairs = [[b' '; 2]; PAIRS];
        let mut index = 0;
        while index < alphabet.len() * alphabet.len() {
            pairs[index] = [alphabet[index / alphabet.len()], alphabet[index % alphabet.len()]];
            index += 1;
        }
        Self { pairs, count: index as u64 }
    }

    /// One text of `length` characters for each of `rows`. A longer text begins as a shorter one.
    pub(crate) fn texts(&self, stream: Stream, rows: Rows, length: usize) -> VarBytes {
        let stream = stream.lane(LETTERS);
        // Room for the last word of the last text to be written whole.
        let mut data = vec![0; rows.count * length + PER_WORD];
        let mut words = [0; TILE];
        for first in (0..rows.count).step_by(TILE) {
            let words = &mut words[..TILE.min(rows.count - first)];
            // Backwards: what a text's last word writes beyond its end, the next one's first word mends.
            for part in (0..length.div_ceil(PER_WORD)).rev() {
                stream.lane(part as u64).fill(rows.first.wrapping_add(first as u64), words);
                for (index, word) in words.iter().enumerate() {
                    let at = (first + index) * length + part * PER_WORD;
                    data[at..at + PER_WORD].copy_from_slice(&self.eight(*word));
                }
            }
        }
        data.truncate(rows.count * length);
        VarBytes::of_width(rows.count, length, data)
    }

    #[inline(always)]
    fn eight(&self, mut word: u64) -> [u8; PER_WORD] {
        let mut out = [0; PER_WORD];
        for pair in out.chunks_exact_mut(2) {
            let product = u128::from(word) * u128::from(self.count);
            word = product as u64;
            pair.copy_from_slice(&self.pairs[(product >> 64) as usize & (PAIRS - 1)]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_characters_are_equally_likely() {
        for (letters, size) in [(Letters::alphanumeric(), 62), (Letters::alphabetic(), 52)] {
            let texts = letters.texts(Stream::new(3, "x"), Rows { first: 0, count: 10_000 }, 21);
            let mut counts = [0_u32; 256];
            for byte in texts.data() {
                counts[usize::from(*byte)] += 1;
            }
            let used: Vec<u32> = counts.iter().copied().filter(|count| *count > 0).collect();
            assert_eq!(used.len(), size);
            assert!(counts[usize::from(b'w')] > 0, "the reference forgets `w`");
            let expected = 210_000.0 / size as f64;
            let chi_square: f64 =
                used.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
            // About 60 degrees of freedom: above 110 once in 10,000 seeds.
            assert!(chi_square < 110.0, "{chi_square}");
        }
    }

    #[test]
    fn a_longer_text_begins_as_a_shorter_one() {
        let rows = Rows { first: 5, count: 600 };
        let stream = Stream::new(3, "x");
        let long = Letters::alphanumeric().texts(stream, rows, 100);
        for length in 0..100 {
            let short = Letters::alphanumeric().texts(stream, rows, length);
            assert_eq!(short.len(), 600);
            for (short, long) in short.iter().zip(long.iter()) {
                assert_eq!(short, &long[..length]);
            }
        }
    }
}
