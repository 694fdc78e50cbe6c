//! A row's own random numbers: SplitMix64, started from the row's seed.

/// Random numbers that depend on the row alone.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers that start from `seed`.
    #[inline]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform over all 64 bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `0..bound`; 0 for a bound of 0.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        ((self.word() >> 32) * u64::from(bound) >> 32) as u32
    }

    /// Uniform in `low..=high`; `low` when the range is empty.
    #[inline]
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.wrapping_sub(low) as u64;
        if high <= low {
            return low;
        }
        let word = self.word();
        if span == u64::MAX {
            return word as i64;
        }
        low.wrapping_add(((u128::from(word) * (u128::from(span) + 1)) >> 64) as i64)
    }

    /// Uniform in `[0, 1)`.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// One of `items`, all equally likely. Panics when there is none.
    #[inline]
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same vectors hold for the C header and for JavaScript.
    #[test]
    fn numbers_are_those_of_every_language() {
        let mut random = Random::new(42);
        assert_eq!([random.word(), random.word()], [0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103]);
        let mut random = Random::new(42);
        assert_eq!([random.below(10), random.below(10)], [7, 1]);
    }
}
