//! Keys drawn by weight: an alias table (Walker 1977; Vose 1991).
//!
//! The table is built in whole numbers: the weights are scaled to a sum of `count * 2^32`, so that
//! every cell holds exactly `2^32` and nothing is left over for rounding to misplace. A weight of
//! zero is never drawn, and every other one can be, however small. One 64-bit word a row: the high
//! half of `word * count` is the cell, the top of the low half is compared with its threshold.

use std::hint::select_unpredictable;
use std::sync::Arc;

use crate::columns::Rows;
use crate::rng::{Stream, scale};

use super::{Sampler, map_words};

/// Most entries of a table: keys and the correction of rounding stay within 32 bits.
pub(crate) const MOST: usize = 1 << 31;

/// What one cell of the table holds in all.
const FULL: u64 = 1 << 32;

/// Why weights cannot be drawn by.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum WeightError {
    /// There is nothing to draw.
    #[error("there are no weights, expected at least one")]
    Empty,
    /// There are more entries than a key can name.
    #[error("there are {count} weights, expected at most {MOST}")]
    TooMany {
        /// Number of weights.
        count: usize,
    },
    /// A weight below zero, infinite, or not a number.
    #[error("weight {weight} is not possible, expected a number from 0 on")]
    Impossible {
        /// Position of the weight.
        index: usize,
        /// The weight.
        weight: f64,
    },
    /// Nothing may be drawn.
    #[error("all weights are 0, expected at least one above it")]
    AllZero,
}

/// One cell: itself below the threshold, its alias from there on.
#[derive(Debug, Clone, Copy)]
struct Cell {
    threshold: u32,
    alias: u32,
}

/// Draws keys `0..len()`, each as often as its weight says. Clones share the table.
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    count: u64,
    /// Empty when all weights are equal: the cell is the key then.
    cells: Arc<[Cell]>,
}

impl Alias {
    /// A table of `weights`, of any scale: only their ratios count.
    ///
    /// # Errors
    ///
    /// When there are none or too many, one is negative or not finite, or all are zero.
    pub(crate) fn new(weights: &[f64]) -> Result<Self, WeightError> {
        if weights.len() > MOST {
            return Err(WeightError::TooMany { count: weights.len() });
        }
        let impossible = |weight: &f64| !(weight.is_finite() && *weight >= 0.0);
        if let Some(index) = weights.iter().position(impossible) {
            return Err(WeightError::Impossible { index, weight: weights[index] });
        }
        let Some(first) = weights.first() else {
            return Err(WeightError::Empty);
        };
        let count = weights.len() as u64;
        if weights.iter().all(|weight| weight.to_bits() == first.to_bits()) && *first > 0.0 {
            return Ok(Self { count, cells: Arc::default() });
        }
        let shares = whole_shares(weights).ok_or(WeightError::AllZero)?;
        Ok(Self { count, cells: cells(shares).into() })
    }

    /// A table of `count` equal weights.
    ///
    /// # Errors
    ///
    /// When there are none or too many.
    pub(crate) fn even(count: usize) -> Result<Self, WeightError> {
        match count {
            0 => Err(WeightError::Empty),
            1..=MOST => Ok(Self { count: count as u64, cells: Arc::default() }),
            _ => Err(WeightError::TooMany { count }),
        }
    }

    /// Number of keys, drawn or not.
    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    /// The key that the uniform `word` draws.
    #[inline(always)]
    pub(crate) fn pick(&self, word: u64) -> u32 {
        if self.cells.is_empty() { scale(word, self.count) as u32 } else { self.weighted(word) }
    }

    #[inline(always)]
    fn weighted(&self, word: u64) -> u32 {
        let product = u128::from(word) * u128::from(self.count);
        let index = (product >> 64) as u32;
        let fraction = (product as u64 >> 32) as u32;
        let cell = self.cells[index as usize];
        // As a branch it is mispredicted half of the time.
        select_unpredictable(fraction < cell.threshold, index, cell.alias)
    }
}

impl Sampler for Alias {
    type Value = u32;

    fn column(&self, stream: Stream, rows: Rows) -> Vec<u32> {
        if self.cells.is_empty() {
            map_words(stream, rows, |word| scale(word, self.count) as u32)
        } else {
            map_words(stream, rows, |word| self.weighted(word))
        }
    }
}

/// The weights as whole numbers that sum to `weights.len() * FULL`; `None` when all are zero.
fn whole_shares(weights: &[f64]) -> Option<Vec<u64>> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return None;
    }
    // Divided by the largest first, so that no sum overflows and the smallest scale works too.
    let sum: f64 = weights.iter().map(|weight| weight / largest).sum();
    let total = weights.len() as u64 * FULL;
    let share = |weight: &f64| match weight {
        0.0 => 0,
        weight => ((weight / largest / sum * total as f64).round() as u64).max(1),
    };
    let mut shares: Vec<u64> = weights.iter().map(share).collect();
    let given: u64 = shares.iter().sum();
    // The largest share is at least the mean, FULL; rounding moved each share by at most one.
    let heaviest = weights.iter().position(|weight| weight.to_bits() == largest.to_bits())?;
    shares[heaviest] = (shares[heaviest] + total).saturating_sub(given);
    Some(shares)
}

/// Vose's construction: every cell that is not full is topped up from one that has too much.
fn cells(mut shares: Vec<u64>) -> Vec<Cell> {
    // A full cell names itself, so its threshold does not matter.
    let mut cells: Vec<Cell> =
        (0..shares.len()).map(|index| Cell { threshold: 0, alias: index as u32 }).collect();
    let (mut small, mut large): (Vec<u32>, Vec<u32>) =
        (0..shares.len() as u32).partition(|index| shares[*index as usize] < FULL);
    while let (Some(index), Some(donor)) = (small.pop(), large.last().copied()) {
        let share = shares[index as usize];
        cells[index as usize] = Cell { threshold: share as u32, alias: donor };
        let rest = shares[donor as usize] - (FULL - share);
        shares[donor as usize] = rest;
        if rest < FULL {
            large.pop();
            small.push(donor);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROWS: Rows = Rows { first: 0, count: 1_000_000 };

    fn counts(alias: &Alias) -> Vec<u32> {
        let mut counts = vec![0; alias.len()];
        for key in alias.column(Stream::new(42, "choice"), ROWS) {
            counts[key as usize] += 1;
        }
        counts
    }

    /// Pearson's statistic of a million draws against `weights`.
    fn chi_square(weights: &[f64]) -> f64 {
        let sum: f64 = weights.iter().sum();
        let drawn = counts(&Alias::new(weights).unwrap());
        drawn
            .iter()
            .zip(weights)
            .filter(|(_, weight)| **weight > 0.0)
            .map(|(count, weight)| {
                let expected = weight / sum * ROWS.count as f64;
                (f64::from(*count) - expected).powi(2) / expected
            })
            .sum()
    }

    /// The bound that one of ten thousand fair samples exceeds (Wilson and Hilferty 1931).
    fn bound(degrees: f64) -> f64 {
        let spread = 2.0 / (9.0 * degrees);
        degrees * (1.0 - spread + 3.719 * spread.sqrt()).powi(3)
    }

    #[test]
    fn keys_are_drawn_as_often_as_their_weights_say() {
        let zipf: Vec<f64> = (1..=1_000).map(|rank| 1.0 / f64::from(rank)).collect();
        let cases: [&[f64]; 6] =
            [&[1.0, 1.0], &[0.3, 0.7], &[90.0, 9.0, 1.0], &[5.0, 0.0, 2.5], &[2.0; 777], &zipf];
        for weights in cases {
            let degrees = weights.iter().filter(|weight| **weight > 0.0).count() as f64 - 1.0;
            let statistic = chi_square(weights);
            assert!(statistic < bound(degrees), "{} weights: {statistic}", weights.len());
        }
    }

    #[test]
    fn a_zero_weight_is_never_drawn_and_a_single_one_always() {
        let alias = Alias::new(&[0.0, 3.0, 0.0]).unwrap();
        assert_eq!(counts(&alias), [0, 1_000_000, 0]);
        assert_eq!(counts(&Alias::new(&[1e-300]).unwrap()), [1_000_000]);
    }

    #[test]
    fn weights_of_any_size_keep_their_ratios() {
        for scale in [f64::MIN_POSITIVE, 1e-300, 1.0, 1e300, f64::MAX / 4.0] {
            let drawn = counts(&Alias::new(&[scale, scale, 3.0 * scale]).unwrap());
            assert!(drawn[2].abs_diff(600_000) < 2_000, "{scale}: {drawn:?}");
        }
        let drawn = counts(&Alias::new(&[1e308, 1.0, 1e308]).unwrap());
        assert!(drawn[0].abs_diff(500_000) < 2_000 && drawn[1] == 0, "{drawn:?}");
    }

    #[test]
    fn equal_weights_and_an_even_table_draw_the_same() {
        let stream = Stream::new(9, "x");
        let rows = Rows { first: 3, count: 5_000 };
        let weighted = Alias::new(&[0.2; 12]).unwrap().column(stream, rows);
        assert_eq!(weighted, Alias::even(12).unwrap().column(stream, rows));
    }

    #[test]
    fn impossible_weights_are_refused_with_a_reason() {
        let message = |weights: &[f64]| Alias::new(weights).unwrap_err().to_string();
        insta::assert_snapshot!(message(&[]), @"there are no weights, expected at least one");
        insta::assert_snapshot!(message(&[0.0, 0.0]), @"all weights are 0, expected at least one above it");
        insta::assert_snapshot!(message(&[1.0, -0.5]), @"weight -0.5 is not possible, expected a number from 0 on");
        insta::assert_snapshot!(message(&[f64::NAN]), @"weight NaN is not possible, expected a number from 0 on");
        insta::assert_snapshot!(message(&[f64::INFINITY]), @"weight inf is not possible, expected a number from 0 on");
    }

    proptest! {
        /// For all weights: the thresholds and aliases together give every key exactly its share.
        #[test]
        fn the_table_holds_exactly_the_shares(
            weights in prop::collection::vec(prop_oneof![Just(0.0), 0.0..1.0, 0.0..1e300], 1..200),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0.0));
            let shares = whole_shares(&weights).unwrap();
            prop_assert_eq!(shares.iter().sum::<u64>(), weights.len() as u64 * FULL);
            let mut held = vec![0_u64; weights.len()];
            for (index, cell) in cells(shares.clone()).iter().enumerate() {
                held[index] += u64::from(cell.threshold);
                held[cell.alias as usize] += FULL - u64::from(cell.threshold);
            }
            prop_assert_eq!(held, shares);
        }

        #[test]
        fn any_word_draws_a_key_of_the_table(word: u64, count in 1..MOST) {
            prop_assert!((Alias::even(count).unwrap().pick(word) as usize) < count);
        }
    }
}
