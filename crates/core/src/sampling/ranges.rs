//! Uniform numbers: whole ones from an inclusive range, floats from a half-open one.
//!
//! Ranges may be as wide as their type. Both may be shaped by a [`Distribution`] instead.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::columns::Rows;
use crate::rng::{Stream, scale, unit};

use super::distribution::Distribution;
use super::{Sampler, map_words};

/// A whole number of a fixed width.
pub(crate) trait Whole: Copy + PartialOrd + Debug + Send + Sync + 'static {
    /// `self + offset` in two's complement: exact wherever the result fits the type.
    #[must_use]
    fn plus(self, offset: u128) -> Self;

    /// `other - self` for an `other` that is not below.
    fn distance(self, other: Self) -> u128;
}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl Whole for $type {
            #[inline(always)]
            fn plus(self, offset: u128) -> Self {
                self.wrapping_add(offset as Self)
            }

            fn distance(self, other: Self) -> u128 {
                u128::from(self.abs_diff(other))
            }
        }
    )*};
}
whole!(i32, i64, i128);

/// Whole numbers of an inclusive range.
#[derive(Debug, Clone)]
pub(crate) struct WholeRange<T> {
    min: T,
    /// Largest offset from `min`.
    last: u128,
    shape: Option<Shape>,
}

#[derive(Debug, Clone)]
struct Shape {
    distribution: Distribution,
    /// Steps of the range in one unit of the distribution.
    steps: f64,
}

impl<T: Whole> WholeRange<T> {
    /// The numbers from `min` to `max`, all equally likely; `min` alone when `max` is below it.
    pub(crate) fn new(min: T, max: T) -> Self {
        debug_assert!(min <= max, "a range has at least one value");
        let last = if min <= max { min.distance(max) } else { 0 };
        Self { min, last, shape: None }
    }

    /// The same numbers drawn by `distribution`, whose lower end is `min` and whose unit is that
    /// many `steps` of the range; uniformly when it is `None`.
    #[must_use]
    pub(crate) fn shaped(mut self, distribution: Option<Distribution>, steps: f64) -> Self {
        self.shape = distribution.map(|distribution| Shape { distribution, steps });
        self
    }

    /// Number of distinct values; 2^128 - 1 stands for 2^128.
    pub(crate) fn count(&self) -> u128 {
        self.last.saturating_add(1)
    }

    fn uniform(&self, stream: Stream, rows: Rows) -> Vec<T> {
        let min = self.min;
        match u64::try_from(self.last) {
            Ok(u64::MAX) => map_words(stream, rows, |word| min.plus(u128::from(word))),
            Ok(last) => {
                let count = last + 1;
                map_words(stream, rows, |word| min.plus(u128::from(scale(word, count))))
            }
            Err(_) => {
                let last = self.last;
                let wide = |row| {
                    let mut cell = stream.cell(row);
                    let word = u128::from(cell.word()) << 64 | u128::from(cell.word());
                    min.plus(scale_wide(word, last))
                };
                rows.iter().map(wide).collect()
            }
        }
    }

    fn shaped_column(&self, shape: &Shape, stream: Stream, rows: Rows) -> Vec<T> {
        let (min, steps) = (self.min, shape.steps);
        let (low, drawn) = (shape.distribution.low(), shape.distribution.column(stream, rows));
        // Offsets are never negative, so that a cast rounds down, without a call.
        match u64::try_from(self.last) {
            Ok(last) => {
                let offset = |x: f64| u128::from((((x - low) * steps + 0.5) as u64).min(last));
                drawn.into_iter().map(|x| min.plus(offset(x))).collect()
            }
            Err(_) => {
                let offset = |x: f64| (((x - low) * steps + 0.5) as u128).min(self.last);
                drawn.into_iter().map(|x| min.plus(offset(x))).collect()
            }
        }
    }
}

impl<T: Whole> Sampler for WholeRange<T> {
    type Value = T;

    fn column(&self, stream: Stream, rows: Rows) -> Vec<T> {
        match &self.shape {
            None => self.uniform(stream, rows),
            Some(shape) => self.shaped_column(shape, stream, rows),
        }
    }
}

/// Maps a uniform `word` to `0..=last`: the high half of `word * (last + 1)`.
fn scale_wide(word: u128, last: u128) -> u128 {
    let Some(count) = last.checked_add(1) else {
        return word;
    };
    let halves = |value: u128| (value >> 64, value & u128::from(u64::MAX));
    let ((word_high, word_low), (count_high, count_low)) = (halves(word), halves(count));
    let middle = word_high * count_low + ((word_low * count_low) >> 64);
    let (carry, middle) = halves(middle);
    word_high * count_high + carry + ((middle + word_low * count_high) >> 64)
}

/// A float of either precision.
pub(crate) trait Real: Copy + PartialOrd + Debug + Send + Sync + 'static {
    /// The nearest float.
    fn of(value: f64) -> Self;

    /// The next float below, for numbers that are not the lowest.
    #[must_use]
    fn below(self) -> Self;
}

impl Real for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    fn below(self) -> Self {
        self.next_down()
    }
}

impl Real for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }

    fn below(self) -> Self {
        self.next_down()
    }
}

/// Floats of a range without its upper end; with a [`Distribution`], which is clipped to it, with.
#[derive(Debug, Clone)]
pub(crate) struct FloatRange<F> {
    min: f64,
    width: f64,
    /// Largest value that rounding may give.
    last: F,
    distribution: Option<Distribution>,
}

impl<F: Real> FloatRange<F> {
    /// The floats from `min` up to, not including, `max`; `min` alone when they are equal.
    ///
    /// Both are finite and so is their distance.
    pub(crate) fn new(min: f64, max: f64, distribution: Option<Distribution>) -> Self {
        debug_assert!((max - min).is_finite(), "a range has a finite width");
        let (first, end) = (F::of(min), F::of(max));
        let last = if first < end { end.below() } else { first };
        Self { min, width: max - min, last, distribution }
    }
}

impl<F: Real> Sampler for FloatRange<F> {
    type Value = F;

    fn column(&self, stream: Stream, rows: Rows) -> Vec<F> {
        let (min, width, last) = (self.min, self.width, self.last);
        match &self.distribution {
            None => map_words(stream, rows, |word| {
                // Rounding may reach the upper end, which is no value of the range.
                let value = F::of(min + unit(word) * width);
                if value > last { last } else { value }
            }),
            Some(distribution) => {
                distribution.column(stream, rows).into_iter().map(F::of).collect()
            }
        }
    }
}

/// Floats that are multiples of a fraction such as 0.01: whole numbers of steps, divided.
#[derive(Debug, Clone)]
pub(crate) struct Fractions<F> {
    steps: WholeRange<i64>,
    steps_per_unit: f64,
    float: PhantomData<F>,
}

impl<F> Fractions<F> {
    /// The numbers `n / steps_per_unit` for every `n` of `steps`.
    pub(crate) fn new(steps: WholeRange<i64>, steps_per_unit: f64) -> Self {
        Self { steps, steps_per_unit, float: PhantomData }
    }
}

impl<F: Real> Sampler for Fractions<F> {
    type Value = F;

    fn column(&self, stream: Stream, rows: Rows) -> Vec<F> {
        let steps = self.steps.column(stream, rows);
        // Divided, not multiplied by the inverse: the quotient is the float nearest to the decimal.
        steps.into_iter().map(|step| F::of(step as f64 / self.steps_per_unit)).collect()
    }
}

/// Points on a grid: `start + n * step` for every `n` of a range.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    /// The numbers of steps; `start + n * step` must fit for each.
    pub(crate) steps: WholeRange<i64>,
    /// The point of step 0.
    pub(crate) start: i64,
    /// From one point to the next.
    pub(crate) step: i64,
}

impl Sampler for Grid {
    type Value = i64;

    fn column(&self, stream: Stream, rows: Rows) -> Vec<i64> {
        let mut points = self.steps.column(stream, rows);
        for point in &mut points {
            *point = self.start.wrapping_add(point.wrapping_mul(self.step));
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROWS: Rows = Rows { first: 0, count: 1_000_000 };

    #[test]
    fn the_whole_width_of_each_type_is_reached() {
        let stream = Stream::new(42, "wide");
        let narrow = WholeRange::new(i32::MIN, i32::MAX).column(stream, ROWS);
        assert!(narrow.iter().any(|v| *v < i32::MIN / 8 * 7));
        assert!(narrow.iter().any(|v| *v > i32::MAX / 8 * 7));
        let wide = WholeRange::new(i64::MIN, i64::MAX).column(stream, ROWS);
        assert!(
            wide.iter().any(|v| *v < i64::MIN / 8 * 7)
                && wide.iter().any(|v| *v > i64::MAX / 8 * 7)
        );
        let widest = WholeRange::new(i128::MIN, i128::MAX);
        assert_eq!(widest.count(), u128::MAX);
        let widest = widest.column(stream, ROWS);
        assert!(
            widest.iter().any(|v| *v < i128::MIN / 8 * 7)
                && widest.iter().any(|v| *v > i128::MAX / 8 * 7)
        );
    }

    #[test]
    fn every_number_of_a_range_is_equally_likely() {
        let mut counts = [0_u32; 100];
        for value in WholeRange::new(-30_i32, 69).column(Stream::new(42, "age"), ROWS) {
            counts[(value + 30) as usize] += 1;
        }
        let statistic: f64 =
            counts.iter().map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0).sum();
        // 99 degrees of freedom: one of ten thousand fair samples is above 157.
        assert!(statistic < 157.0, "{statistic}");
    }

    #[test]
    fn floats_fill_their_range_evenly_and_never_reach_its_end() {
        let stream = Stream::new(42, "price");
        let floats = FloatRange::<f32>::new(-1.0, 3.0, None).column(stream, ROWS);
        assert!(floats.iter().all(|value| (-1.0..3.0).contains(value)));
        let below = |limit: f32| floats.iter().filter(|value| **value < limit).count();
        for (limit, expected) in [(0.0, 250_000_usize), (1.0, 500_000), (2.0, 750_000)] {
            assert!(below(limit).abs_diff(expected) < 2_000, "{limit}");
        }
        // Few floats lie in this range, so that many draws round to its end.
        let narrow = FloatRange::<f32>::new(16_777_216.0, 16_777_220.0, None).column(stream, ROWS);
        assert!(narrow.iter().all(|value| *value < 16_777_220.0));
        let single = FloatRange::<f64>::new(2.5, 2.5, None).column(stream, ROWS);
        assert!(single.iter().all(|value| value.to_bits() == 2.5_f64.to_bits()));
    }

    proptest! {
        #[test]
        fn whole_numbers_stay_in_their_range(a: i64, b: i64, seed: u64, first: u64) {
            let (min, max) = (a.min(b), a.max(b));
            let rows = Rows { first: first / 2, count: 50 };
            for value in WholeRange::new(min, max).column(Stream::new(seed, "x"), rows) {
                prop_assert!((min..=max).contains(&value));
            }
        }

        #[test]
        fn wide_numbers_stay_in_their_range(a: i128, b: i128, seed: u64) {
            let (min, max) = (a.min(b), a.max(b));
            let rows = Rows { first: 0, count: 50 };
            for value in WholeRange::new(min, max).column(Stream::new(seed, "x"), rows) {
                prop_assert!((min..=max).contains(&value));
            }
        }

        #[test]
        fn floats_stay_in_their_range(a in -1e300..1e300, b in -1e300..1e300, seed: u64) {
            let (min, max) = (f64::min(a, b), f64::max(a, b));
            prop_assume!(min < max);
            let rows = Rows { first: 0, count: 50 };
            for value in FloatRange::<f64>::new(min, max, None).column(Stream::new(seed, "x"), rows) {
                prop_assert!((min..max).contains(&value));
            }
        }

        #[test]
        fn scaling_is_the_high_half_of_the_product(word: u64, count in 1..u64::MAX) {
            let wide = scale_wide(u128::from(word) << 64, u128::from(count - 1));
            prop_assert_eq!(wide, u128::from(scale(word, count)));
        }

        #[test]
        fn scaling_keeps_to_the_ends(last: u128) {
            prop_assert_eq!(scale_wide(0, last), 0);
            prop_assert_eq!(scale_wide(u128::MAX, last), last);
        }
    }
}
