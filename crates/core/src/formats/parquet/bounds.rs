//! The smallest and largest value of a column chunk: what readers skip row groups by.

use parquet::basic::Type;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::file::statistics::{Statistics, ValueStatistics};

/// Longer texts are cut, as other writers do.
const MOST_BYTES: usize = 64;

/// Bounds of the values seen so far; before the first one, the smallest is above the largest.
#[derive(Debug)]
pub(super) enum Bounds {
    /// Booleans, integers, dates, times; decimals of at most 18 digits.
    Integer(i64, i64),
    /// Larger decimals.
    Wide(i128, i128),
    /// Floats. A NaN is above or below everything, as the reader likes it: it takes the bounds away.
    Float { least: f64, most: f64, nan: bool },
    /// Texts and bytes.
    Bytes(BytesBounds),
    /// Of a type without an order that readers agree on.
    Unknown,
}

/// Bounds of texts or bytes.
#[derive(Debug, Default)]
pub(super) struct BytesBounds {
    /// The smallest and the largest one.
    seen: Option<(Vec<u8>, Vec<u8>)>,
    /// The first eight bytes of both: what lies between them needs no further look.
    keys: (u64, u64),
}

impl BytesBounds {
    /// Takes a value in.
    #[inline]
    pub(super) fn see(&mut self, value: &[u8]) {
        let key = match value.first_chunk::<8>() {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => {
                value.iter().fold(0, |key, byte| key << 8 | u64::from(*byte))
                    << (8 * (8 - value.len()).min(7))
            }
        };
        if let Some((least, most)) = &mut self.seen {
            if key <= self.keys.0 && value < least.as_slice() {
                *least = value.to_vec();
                self.keys.0 = key;
            } else if key >= self.keys.1 && value > most.as_slice() {
                *most = value.to_vec();
                self.keys.1 = key;
            }
        } else {
            self.seen = Some((value.to_vec(), value.to_vec()));
            self.keys = (key, key);
        }
    }

    /// `text` where the bytes are UTF-8 and stay so when they are cut.
    fn statistics(&self, nulls: u64, text: bool) -> Statistics {
        let Some((least, most)) = &self.seen else {
            return Statistics::ByteArray(typed((None, None), nulls));
        };
        let below = &least[..cut(least, text)];
        let above = match cut(most, text) {
            whole if whole == most.len() => Some(most.clone()),
            length => successor(&most[..length], text),
        };
        let (least_is_exact, most_is_exact) =
            (below.len() == least.len(), above.as_ref() == Some(most));
        let bounds = (Some(below.to_vec().into()), above.map(ByteArray::from));
        Statistics::ByteArray(
            typed(bounds, nulls).with_min_is_exact(least_is_exact).with_max_is_exact(most_is_exact),
        )
    }
}

impl Bounds {
    /// Where every kind starts.
    pub(super) const INTEGER: Self = Self::Integer(i64::MAX, i64::MIN);
    pub(super) const WIDE: Self = Self::Wide(i128::MAX, i128::MIN);
    pub(super) const FLOAT: Self =
        Self::Float { least: f64::INFINITY, most: f64::NEG_INFINITY, nan: false };

    /// The statistics of a chunk of `physical` values, `length` bytes each where that is fixed.
    pub(super) fn statistics(
        &self,
        physical: Type,
        length: usize,
        nulls: u64,
        text: bool,
    ) -> Statistics {
        match self {
            Self::Integer(least, most) => match physical {
                Type::BOOLEAN => {
                    Statistics::Boolean(typed(seen(*least, *most, |value| value != 0), nulls))
                }
                Type::INT32 => {
                    Statistics::Int32(typed(seen(*least, *most, |value| value as i32), nulls))
                }
                _ => Statistics::Int64(typed(seen(*least, *most, |value| value), nulls)),
            },
            Self::Wide(least, most) => {
                let bytes = |value: i128| value.to_be_bytes()[16 - length..].to_vec();
                let bounds = seen(*least, *most, |value| FixedLenByteArray::from(bytes(value)));
                Statistics::FixedLenByteArray(typed(bounds, nulls))
            }
            Self::Float { least, most, nan } => {
                // Zero has two forms, and a reader may look for either.
                let least = if *least == 0.0 { -0.0 } else { *least };
                let most = if *most == 0.0 { 0.0 } else { *most };
                // Turned round, they are none.
                let (least, most) = if *nan { (1.0, 0.0) } else { (least, most) };
                if physical == Type::FLOAT {
                    Statistics::Float(typed(seen(least, most, |value| value as f32), nulls))
                } else {
                    Statistics::Double(typed(seen(least, most, |value| value), nulls))
                }
            }
            Self::Bytes(bounds) => bounds.statistics(nulls, text),
            Self::Unknown => Statistics::Int96(typed((None, None), nulls)),
        }
    }
}

/// Both bounds, if there was a value.
fn seen<T: PartialOrd + Copy, U>(
    least: T,
    most: T,
    convert: impl Fn(T) -> U,
) -> (Option<U>, Option<U>) {
    if least <= most { (Some(convert(least)), Some(convert(most))) } else { (None, None) }
}

fn typed<T>((least, most): (Option<T>, Option<T>), nulls: u64) -> ValueStatistics<T> {
    ValueStatistics::new(least, most, None, Some(nulls), false)
}

/// Length of the longest beginning of `value` that statistics hold; whole characters of a text.
fn cut(value: &[u8], text: bool) -> usize {
    if value.len() <= MOST_BYTES {
        return value.len();
    }
    let starts_character = |at: &usize| !text || value[*at] & 0xc0 != 0x80;
    (0..=MOST_BYTES).rev().find(starts_character).unwrap_or(0)
}

/// A value above everything that begins with `start`, not longer than it; `None` where there is none.
fn successor(start: &[u8], text: bool) -> Option<Vec<u8>> {
    if !text {
        let kept = start.iter().rposition(|byte| *byte != u8::MAX)?;
        let mut above = start[..=kept].to_vec();
        above[kept] += 1;
        return Some(above);
    }
    let text = std::str::from_utf8(start).ok()?;
    // The next character of the same length, so that the bound keeps within its limit.
    let next = |letter: char| {
        char::from_u32(letter as u32 + 1).filter(|next| next.len_utf8() == letter.len_utf8())
    };
    let (at, above) =
        text.char_indices().rev().find_map(|(at, letter)| Some((at, next(letter)?)))?;
    Some(format!("{}{above}", &text[..at]).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(values: &[&[u8]], text: bool) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let mut bounds = BytesBounds::default();
        for value in values {
            bounds.see(value);
        }
        let statistics = bounds.statistics(0, text);
        let [least, most] = [statistics.min_bytes_opt(), statistics.max_bytes_opt()];
        (least.map(<[u8]>::to_vec), most.map(<[u8]>::to_vec))
    }

    proptest::proptest! {
        /// For all values: none is below the smallest or above the largest, and no bound is long.
        #[test]
        fn bytes_lie_between_their_bounds(
            values in proptest::collection::vec(
                proptest::collection::vec(0xfd..=255_u8, 0..80), 1..20)
        ) {
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let (least, most) = bounds(&values, false);
            let least = least.unwrap();
            for value in &values {
                proptest::prop_assert!(least.as_slice() <= *value);
                proptest::prop_assert!(most.as_ref().is_none_or(|most| most.as_slice() >= *value));
            }
            proptest::prop_assert!(least.len() <= 64 && most.is_none_or(|most| most.len() <= 64));
        }

        /// For all texts: the same, and the bounds are UTF-8.
        #[test]
        fn texts_lie_between_their_bounds(values in proptest::collection::vec("[a\u{7f}é\u{7ff}\u{ffff}🦀\u{10ffff}]{0,40}", 1..20)) {
            let values: Vec<&[u8]> = values.iter().map(String::as_bytes).collect();
            let (least, most) = bounds(&values, true);
            let least = least.unwrap();
            proptest::prop_assert!(std::str::from_utf8(&least).is_ok());
            for value in &values {
                proptest::prop_assert!(least.as_slice() <= *value);
                proptest::prop_assert!(most.as_ref().is_none_or(|most| most.as_slice() >= *value));
            }
            proptest::prop_assert!(most.is_none_or(|most| std::str::from_utf8(&most).is_ok()));
        }

        /// For all values: the bounds of short ones are the smallest and the largest.
        #[test]
        fn short_bounds_are_exact(values in proptest::collection::vec(
            proptest::collection::vec(0..3_u8, 0..12), 1..20)
        ) {
            let slices: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let expected = (values.iter().min().cloned(), values.iter().max().cloned());
            proptest::prop_assert_eq!(bounds(&slices, false), expected);
        }
    }
}
