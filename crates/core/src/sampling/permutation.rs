//! Distinct numbers in random order without memory: a permutation that is computed, not stored.
//!
//! A Feistel network over the smallest power of two that holds the range is a bijection whatever its
//! round function is; numbers that fall outside of the range are sent through it again until they
//! fall inside (cycle walking: Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
//! Less than half of the numbers are outside, so that a row costs two passes on average at most.

use crate::rng::mix;

/// Rounds, alternately over both halves.
const ROUNDS: usize = 8;

/// A permutation of `0..=last`.
#[derive(Debug, Clone)]
pub(crate) struct Permutation {
    last: u64,
    low_bits: u32,
    low_mask: u64,
    high_mask: u64,
    keys: [u64; ROUNDS],
}

impl Permutation {
    /// The permutation of the numbers from 0 to `last` that belongs to `key`.
    pub(crate) fn new(last: u64, key: u64) -> Self {
        let bits = u64::BITS - last.leading_zeros();
        let low_bits = bits / 2;
        let mask = |bits: u32| (1_u64 << bits) - 1;
        let mut keys = [0; ROUNDS];
        for (round, slot) in keys.iter_mut().enumerate() {
            *slot = mix(key ^ mix(round as u64 + 1));
        }
        Self { last, low_bits, low_mask: mask(low_bits), high_mask: mask(bits - low_bits), keys }
    }

    /// Where `index` goes; `None` when it is above `last`.
    #[inline]
    pub(crate) fn get(&self, index: u64) -> Option<u64> {
        if index > self.last {
            return None;
        }
        let mut place = self.pass(index);
        // The walk ends: it follows the cycle of `index`, which is in the range itself.
        while place > self.last {
            place = self.pass(place);
        }
        Some(place)
    }

    /// One pass through the network.
    #[inline(always)]
    fn pass(&self, value: u64) -> u64 {
        let mut low = value & self.low_mask;
        let mut high = (value >> self.low_bits) & self.high_mask;
        for pair in self.keys.chunks_exact(2) {
            low ^= round(high, pair[0]) & self.low_mask;
            high ^= round(low, pair[1]) & self.high_mask;
        }
        high << self.low_bits | low
    }
}

/// A round function: two multiplications that carry every bit of `half` to the bits that are used.
#[inline(always)]
fn round(half: u64, key: u64) -> u64 {
    let product = (half ^ key).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let product = (product ^ (product >> 32)).wrapping_mul(0x94d0_49bb_1331_11eb);
    product >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_number_appears_exactly_once() {
        for last in (0..70).chain([99, 127, 128, 255, 256, 257, 65_535, 65_536, 1_000_002]) {
            let permutation = Permutation::new(last, 42);
            let mut seen = vec![false; last as usize + 1];
            for index in 0..=last {
                let place = permutation.get(index).unwrap() as usize;
                assert!(!std::mem::replace(&mut seen[place], true), "{place} of {last} twice");
            }
            assert_eq!(permutation.get(last + 1), None);
        }
    }

    /// For all pairs of place and number: over many keys, each number is as likely in each place.
    #[test]
    fn over_many_keys_every_place_is_equally_likely() {
        const COUNT: usize = 10;
        const KEYS: u32 = 20_000;
        let mut counts = [[0_u32; COUNT]; COUNT];
        for key in 0..u64::from(KEYS) {
            let permutation = Permutation::new(COUNT as u64 - 1, mix(key));
            for (index, row) in counts.iter_mut().enumerate() {
                row[permutation.get(index as u64).unwrap() as usize] += 1;
            }
        }
        let expected = f64::from(KEYS) / COUNT as f64;
        let statistic: f64 =
            counts.iter().flatten().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum();
        // 81 degrees of freedom: one of ten thousand fair samples is above 134.
        assert!(statistic < 134.0, "{statistic}");
    }

    #[test]
    fn neighbours_do_not_stay_neighbours() {
        let permutation = Permutation::new(999_999, 7);
        let places: Vec<u64> = (0..1_000_000).map(|i| permutation.get(i).unwrap()).collect();
        let near = places.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 5).count();
        // Ten of a million numbers are that near, so ten pairs are expected.
        assert!(near < 35, "{near}");
        let rising = places.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!(rising.abs_diff(500_000) < 2_000, "{rising}");
    }

    proptest! {
        #[test]
        fn the_widest_ranges_are_permuted(key: u64, last in 1 << 40..u64::MAX, a: u64, b: u64) {
            for last in [last, u64::MAX] {
                let permutation = Permutation::new(last, key);
                let place = |index: u64| permutation.get(index % last).unwrap();
                prop_assert!(place(a) <= last);
                prop_assert_eq!(a % last == b % last, place(a) == place(b));
            }
        }
    }
}
