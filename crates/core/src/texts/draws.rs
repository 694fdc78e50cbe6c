//! Small uniform numbers, several from each random word of a cell.

use crate::rng::Cell;

/// How much of a word may be used up before the next one is drawn: below this product of bounds every
/// combination of numbers is likely to one part in 2^24, and a phone number costs one word.
const ROOM: u64 = 1 << 40;

/// Draws numbers below small bounds.
///
/// A product of word and bound holds a number in its upper half, and in its lower half the randomness
/// that is left for the next one.
#[derive(Debug)]
pub(crate) struct Draws {
    cell: Cell,
    word: u64,
    used: u64,
}

impl Draws {
    /// Draws from `cell`.
    #[inline]
    pub(crate) const fn new(cell: Cell) -> Self {
        Self { cell, word: 0, used: ROOM }
    }

    /// Uniform in `0..bound`. `bound` must not be 0; 0 gives 0.
    #[inline]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let used = self.used.saturating_mul(bound);
        if used > ROOM {
            self.word = self.cell.word();
            self.used = bound;
        } else {
            self.used = used;
        }
        let product = u128::from(self.word) * u128::from(bound);
        self.word = product as u64;
        (product >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn every_combination_of_draws_is_equally_likely() {
        let mut counts = [0_u32; 6 * 7];
        for row in 0..10_000 {
            let mut draws = Draws::new(Stream::new(1, "x").cell(row));
            for _ in 0..10 {
                let six = draws.below(6);
                counts[(six * 7 + draws.below(7)) as usize] += 1;
            }
        }
        let expected = 100_000.0 / 42.0;
        let chi_square: f64 =
            counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        // 41 degrees of freedom: above 80 once in 4,000 seeds.
        assert!(chi_square < 80.0, "{chi_square}");
    }

    #[test]
    fn large_and_empty_bounds_are_served() {
        let mut draws = Draws::new(Stream::new(1, "x").cell(0));
        assert!(draws.below(u64::MAX) < u64::MAX);
        assert_eq!(draws.below(0), 0);
        assert_eq!(draws.below(1), 0);
        assert!(draws.below(1 << 50) < 1 << 50);
    }
}
