//! Zipf's distribution: rank `k` of `n` with a probability that is proportional to `k^-exponent`.
//!
//! Up to a few thousand ranks by an alias table. Beyond by rejection-inversion (Hörmann and
//! Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions",
//! 1996): exact, without memory, and a word is rejected in a few of a hundred cases at most.

use crate::rng::{mix, unit};
use crate::sampling::alias::Alias;

/// Most ranks that a table is made for: 32 KiB, which stay in the first cache.
const MOST_IN_TABLE: f64 = 4_096.0;

/// Most words that one value may take: never reached, but a loop that must end should show it.
const MOST_WORDS: u32 = 1_000;

/// Draws ranks, counted from 0 here.
#[derive(Debug, Clone)]
pub(crate) enum Zipf {
    /// Few ranks.
    Table(Alias),
    /// Many ranks.
    Rejection(Rejection),
}

impl Zipf {
    /// Ranks from 1 to `ranks`, a whole number; `exponent` is above 0 and at most 20.
    pub(crate) fn new(ranks: f64, exponent: f64) -> Self {
        if ranks <= MOST_IN_TABLE {
            let weights: Vec<f64> = (1..=ranks.max(1.0) as u32)
                .map(|rank| libm::pow(f64::from(rank), -exponent))
                .collect();
            // The first weight is 1, all others are above 0: there is such a table.
            if let Ok(alias) = Alias::new(&weights) {
                return Self::Table(alias);
            }
        }
        Self::Rejection(Rejection::new(ranks, exponent))
    }

    /// The rank less 1.
    #[inline]
    pub(crate) fn draw(&self, word: u64) -> f64 {
        match self {
            Self::Table(alias) => f64::from(alias.pick(word)),
            Self::Rejection(rejection) => rejection.draw(word) - 1.0,
        }
    }
}

/// In the paper's names: `h(x) = x^-exponent`, `H` its integral, `s` the shortcut.
#[derive(Debug, Clone)]
pub(crate) struct Rejection {
    ranks: f64,
    exponent: f64,
    /// `H(1.5) - h(1)`.
    first: f64,
    /// `H(ranks + 0.5)`.
    last: f64,
    /// A rank this near to its `x` is accepted without calculation.
    shortcut: f64,
}

impl Rejection {
    fn new(ranks: f64, exponent: f64) -> Self {
        let first = integral(exponent, 1.5) - 1.0;
        let last = integral(exponent, ranks + 0.5);
        let second = integral(exponent, 2.5) - libm::pow(2.0, -exponent);
        let shortcut = 2.0 - integral_inverse(exponent, second);
        Self { ranks, exponent, first, last, shortcut }
    }

    fn draw(&self, mut word: u64) -> f64 {
        let mut rank = 1.0;
        for _ in 0..MOST_WORDS {
            let u = self.last + unit(word) * (self.first - self.last);
            let x = integral_inverse(self.exponent, u);
            rank = (x + 0.5).floor().max(1.0).min(self.ranks);
            let height = || {
                integral(self.exponent, rank + 0.5) - libm::exp(-self.exponent * libm::log(rank))
            };
            if rank - x <= self.shortcut || u >= height() {
                break;
            }
            word = mix(word.wrapping_add(0x9e37_79b9_7f4a_7c15));
        }
        rank
    }
}

/// `(x^(1 - exponent) - 1) / (1 - exponent)`, which is `ln x` for an exponent of 1.
fn integral(exponent: f64, x: f64) -> f64 {
    let log = libm::log(x);
    exponential_quotient((1.0 - exponent) * log) * log
}

/// The `x` whose [`integral`] is `y`.
fn integral_inverse(exponent: f64, y: f64) -> f64 {
    // Below -1 there is no such x: rounding may lead there by one unit.
    let argument = (y * (1.0 - exponent)).max(-1.0);
    libm::exp(logarithm_quotient(argument) * y)
}

/// `(exp(x) - 1) / x`, which is 1 for 0.
fn exponential_quotient(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::expm1(x) / x } else { 1.0 + x / 2.0 * (1.0 + x / 3.0) }
}

/// `ln(1 + x) / x`, which is 1 for 0.
fn logarithm_quotient(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::log1p(x) / x } else { 1.0 - x * (0.5 - x / 3.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Rows;
    use crate::rng::Stream;
    use crate::sampling::map_words;

    const ROWS: Rows = Rows { first: 0, count: 1_000_000 };

    fn draws(zipf: &Zipf) -> Vec<f64> {
        map_words(Stream::new(42, "rank"), ROWS, |word| zipf.draw(word))
    }

    /// Pearson's statistic over the first ranks, one by one, and the rest in one.
    fn statistic(zipf: &Zipf, ranks: u32, exponent: f64) -> f64 {
        const SHOWN: usize = 100;
        let weight = |rank: u32| f64::from(rank).powf(-exponent);
        let sum: f64 = (1..=ranks).map(weight).sum();
        let mut counts = [0.0; SHOWN + 1];
        for rank in draws(zipf) {
            assert!(rank >= 0.0 && rank < f64::from(ranks));
            counts[(rank as usize).min(SHOWN)] += 1.0;
        }
        let mut expected: Vec<f64> =
            (1..=SHOWN as u32).map(|rank| weight(rank) / sum * 1e6).collect();
        expected.push(1e6 - expected.iter().sum::<f64>());
        counts.iter().zip(expected).map(|(count, mean)| (count - mean).powi(2) / mean).sum()
    }

    #[test]
    fn ranks_are_drawn_as_often_as_zipf_says() {
        for exponent in [0.5, 1.0, 1.000_000_001, 1.5, 2.0] {
            for ranks in [4_096, 100_000] {
                let statistic = statistic(&Zipf::new(f64::from(ranks), exponent), ranks, exponent);
                // 100 degrees of freedom: one of ten thousand fair samples is above 158.
                assert!(statistic < 158.0, "{ranks} ranks, {exponent}: {statistic}");
            }
        }
    }

    #[test]
    fn table_and_rejection_agree() {
        let rejection = Zipf::Rejection(Rejection::new(1_000.0, 1.2));
        assert!(statistic(&rejection, 1_000, 1.2) < 158.0);
    }

    #[test]
    fn extreme_parameters_give_ranks_of_the_range() {
        for (ranks, exponent) in
            [(1.0, 1.0), (1e19, 0.01), (1e19, 20.0), (5_000.0, 20.0), (1e300, 1.0)]
        {
            for rank in draws(&Zipf::new(ranks, exponent)) {
                assert!(rank >= 0.0 && rank < ranks, "{rank} of {ranks}");
            }
        }
    }
}
