//! Cell streams: `(epoch, seed, model name, field name, row) -> random numbers`.
//!
//! A cell is addressed, never reached by drawing what lies before it: row 5 of a field costs the same
//! alone as in a run of a billion rows, and threads, blocks, cuts and restarts cannot change it.
//! The generator is `SplitMix64` (Steele, Lea, Flood 2014: "Fast splittable pseudorandom number
//! generators"), started from a mixed `(key, row)`: started at `key + row * odd` without the mix, row
//! `r`'s second draw would be row `r + 1`'s first one.
//!
//! Knows nothing of fields, models or columns.

/// Version of the contract of values. Raised when any value of an existing model would change.
pub(crate) const EPOCH: u32 = 2;

/// The increment of `SplitMix64`: 2^64 divided by the golden ratio, made odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of `SplitMix64` (Stafford's variant 13): a bijection that spreads every input bit.
#[inline(always)]
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The random numbers of one field: a family of cells, one per row.
///
/// Keyed by the *names* of field and model, so that adding, removing or moving another field changes nothing
/// here, and columns of one name in different models have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream of the field called `field` of a model without a name, in a command with this `seed`.
    pub fn new(seed: u64, field: &str) -> Self {
        Self::in_model(seed, "", field)
    }

    /// The stream of the field called `field` of the model called `model`, in a command with this `seed`.
    pub(crate) fn in_model(seed: u64, model: &str, field: &str) -> Self {
        let key = mix(seed ^ mix(u64::from(EPOCH)));
        Self { key: absorb(absorb(key, model), field) }
    }

    /// An independent stream of the same field, for a second purpose such as `null_rate`.
    ///
    /// Using a lane for one purpose never moves the values of another.
    #[must_use]
    pub(crate) const fn lane(self, purpose: u64) -> Self {
        Self { key: mix(self.key ^ mix(purpose.wrapping_add(GOLDEN))) }
    }

    /// The stream's key: what must agree over all rows, such as a permutation, is derived from it.
    pub(crate) const fn key(self) -> u64 {
        self.key
    }

    /// One uniform number for `row`: what a generator with a single draw a cell uses.
    #[inline(always)]
    pub const fn word(self, row: u64) -> u64 {
        mix(self.key.wrapping_add(row.wrapping_mul(GOLDEN)))
    }

    /// The generator of the cell at `row`, for as many draws as the cell needs.
    #[inline]
    pub(crate) fn cell(self, row: u64) -> Cell {
        Cell { state: self.word(row) }
    }

    /// Fills `out` with [`word`](Self::word) of the rows from `first_row` on.
    pub fn fill(self, first_row: u64, out: &mut [u64]) {
        fill(self.key, first_row, out);
    }
}

/// `key` with a name mixed in; its length too, so that of two names it matters where the first one ends.
fn absorb(mut key: u64, name: &str) -> u64 {
    for chunk in name.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        key = mix(key.wrapping_add(GOLDEN) ^ u64::from_le_bytes(word));
    }
    mix(key ^ (name.len() as u64))
}

/// The random numbers of one cell: `SplitMix64`, the words of `rand_xoshiro`'s (it is the referee), but without
/// the seed's way through an array of bytes, which took longer than three draws.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    state: u64,
}

impl Cell {
    /// The next uniform 64-bit number.
    #[inline]
    pub(crate) const fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }
}

/// Maps a uniform `word` to `0..bound` (Lemire's multiplication, without the rejection step).
///
/// The bias is below `bound / 2^64`: invisible at any number of rows that a machine can make, and a
/// rejection would make the number of draws depend on their values.
#[inline(always)]
pub(crate) const fn scale(word: u64, bound: u64) -> u64 {
    ((word as u128 * bound as u128) >> 64) as u64
}

/// Maps a uniform `word` to `[0, 1)` with 53 random bits.
#[inline(always)]
pub(crate) const fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// The fill's loop: written so that the compiler turns it into vector instructions.
#[inline(always)]
fn fill_loop(key: u64, first_row: u64, out: &mut [u64]) {
    for (index, slot) in out.iter_mut().enumerate() {
        let row = first_row.wrapping_add(index as u64);
        *slot = mix(key.wrapping_add(row.wrapping_mul(GOLDEN)));
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "halves the cost of every random column (measured: 1.94 ns a number plain, 1.00 with AVX2, 0.55 with AVX-512)"
)]
mod wide {
    /// The same loop compiled for AVX2: integer arithmetic only, hence bit-equal.
    #[target_feature(enable = "avx2")]
    pub(super) fn fill_avx2(key: u64, first_row: u64, out: &mut [u64]) {
        super::fill_loop(key, first_row, out);
    }

    /// The same loop compiled for AVX-512 with its 64-bit multiplication.
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    pub(super) fn fill_avx512(key: u64, first_row: u64, out: &mut [u64]) {
        super::fill_loop(key, first_row, out);
    }

    pub(super) fn fill(key: u64, first_row: u64, out: &mut [u64]) {
        if is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor was just asked for exactly these features (avx512dq implies f).
            unsafe { fill_avx512(key, first_row, out) }
        } else if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just asked for this feature.
            unsafe { fill_avx2(key, first_row, out) }
        } else {
            super::fill_loop(key, first_row, out);
        }
    }
}

#[cfg(target_arch = "x86_64")]
use wide::fill;

#[cfg(not(target_arch = "x86_64"))]
fn fill(key: u64, first_row: u64, out: &mut [u64]) {
    fill_loop(key, first_row, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_equals_the_words_of_its_rows() {
        let stream = Stream::new(42, "price");
        let mut words = vec![0; 1_003];
        stream.fill(u64::MAX - 500, &mut words);
        for (index, word) in words.iter().enumerate() {
            assert_eq!(*word, stream.word((u64::MAX - 500).wrapping_add(index as u64)));
        }
    }

    #[test]
    fn names_seeds_and_lanes_give_other_streams() {
        let base = Stream::new(1, "a");
        for other in [Stream::new(2, "a"), Stream::new(1, "b"), Stream::new(1, "a\0"), base.lane(1)]
        {
            assert_ne!(base, other);
        }
    }

    // Issue 9, F15: two tables under one seed are not joined row by row.
    #[test]
    fn columns_of_one_name_in_two_models_are_independent() {
        let of = |model| Stream::in_model(42, model, "customer_id");
        let draws = |stream: Stream| (0..100_000).map(move |row| scale(stream.word(row), 1_000));
        let same = draws(of("orders")).zip(draws(of("tickets"))).filter(|(a, b)| a == b).count();
        // One in a thousand by chance.
        assert!((50..160).contains(&same), "{same}");
        assert_eq!(of(""), Stream::new(42, "customer_id"));
        // The border between the names counts.
        assert_ne!(Stream::in_model(42, "ab", "c"), Stream::in_model(42, "a", "bc"));
        assert_ne!(Stream::in_model(42, "abc", ""), Stream::in_model(42, "", "abc"));
    }

    /// Cells that start at `key + row * odd` without a mix would: neighbouring rows must not share draws.
    #[test]
    fn neighbouring_rows_share_no_draw() {
        let stream = Stream::new(7, "x");
        let mut seen = std::collections::BTreeSet::new();
        for row in 0..1_000 {
            let mut cell = stream.cell(row);
            for _ in 0..20 {
                assert!(seen.insert(cell.word()), "row {row} repeats a draw of another row");
            }
        }
    }

    #[test]
    fn a_cell_draws_what_the_referee_draws() {
        use rand_xoshiro::SplitMix64;
        use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

        let stream = Stream::new(3, "referee");
        for row in (0..1_000).chain([u64::MAX]) {
            let mut cell = stream.cell(row);
            let mut referee = SplitMix64::seed_from_u64(stream.word(row));
            for _ in 0..10 {
                assert_eq!(cell.word(), referee.next_u64());
            }
        }
    }

    #[test]
    fn values_of_epoch_2_never_change() {
        let stream = Stream::new(42, "name");
        let mut cell = stream.cell(3);
        let named = Stream::in_model(42, "orders", "name").word(0);
        insta::assert_snapshot!(
            format!("{:016x} {:016x} {:016x} {named:016x}", stream.word(0), stream.word(1), cell.word()),
            @"3fdf6a94783f985c 0d29967503999043 2b488eb901d824c2 c0b3e7a905e97d90"
        );
    }
}
