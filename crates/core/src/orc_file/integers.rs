//! Integer run length encoding, version 2 (ORC v1 specification).
//!
//! A group of values is encoded as a whole, so no run crosses the edge of a row group and nothing
//! is kept between calls. Repeats, fixed steps and monotonic sequences get their own sub-encodings,
//! everything else is packed with the widest value's width. Widths are the aligned ones (1, 2, 4
//! and whole bytes; the specification deprecates the others); *patched base* is not written, as
//! the compression behind it does the same job.

use super::protobuf::{write_varint, zigzag};

/// Values in one run at most.
const MAX_RUN: usize = 512;
/// Repeats from here on end a packed run and get their own: below, a header costs what they save.
const MIN_REPEAT: usize = 8;
/// Repeats that *short repeat* can hold.
const SHORT_REPEAT: std::ops::RangeInclusive<usize> = 3..=10;

/// Appends `values`; those of an unsigned stream must not be negative.
pub(super) fn encode(values: &[i64], signed: bool, out: &mut Vec<u8>) {
    let mut rest = values;
    while let Some(&first) = rest.first() {
        let window = &rest[..rest.len().min(MAX_RUN)];
        let repeats = window.iter().take_while(|value| **value == first).count();
        let taken = if repeats >= MIN_REPEAT || repeats == window.len() && repeats >= 3 {
            write_repeats(first, repeats, signed, out);
            repeats
        } else {
            let count = until_repeats(window);
            write_distinct(&window[..count], signed, out);
            count
        };
        rest = &rest[taken..];
    }
}

/// Appends `count` times the same value.
pub(super) fn encode_repeated(value: i64, count: usize, signed: bool, out: &mut Vec<u8>) {
    let mut rest = count;
    while rest > 0 {
        let taken = rest.min(MAX_RUN);
        if taken >= 3 {
            write_repeats(value, taken, signed, out);
        } else {
            write_distinct(&[value; 2][..taken], signed, out);
        }
        rest -= taken;
    }
}

#[inline]
fn unsigned_form(value: i64, signed: bool) -> u64 {
    debug_assert!(signed || value >= 0, "an unsigned stream holds no negative value");
    if signed { zigzag(value) } else { value as u64 }
}

fn write_repeats(value: i64, count: usize, signed: bool, out: &mut Vec<u8>) {
    let form = unsigned_form(value, signed);
    if SHORT_REPEAT.contains(&count) {
        let bytes = (64 - form.leading_zeros()).div_ceil(8).max(1) as usize;
        out.push(((bytes - 1) << 3 | (count - 3)) as u8);
        out.extend_from_slice(&form.to_be_bytes()[8 - bytes..]);
    } else {
        write_header(3, 0, count, out);
        write_varint(out, form);
        out.push(0);
    }
}

/// Number of values in front of the first `MIN_REPEAT` equal ones.
fn until_repeats(window: &[i64]) -> usize {
    let mut index = 0;
    // That many equal values contain a whole aligned group of four.
    while index + 4 <= window.len() {
        let value = window[index];
        if window[index + 1] != value || window[index + 2] != value || window[index + 3] != value {
            index += 4;
            continue;
        }
        let before = window[..index].iter().rev().take_while(|other| **other == value).count();
        let after = window[index..].iter().take_while(|other| **other == value).count();
        if before + after >= MIN_REPEAT {
            return index - before;
        }
        index += 4;
    }
    window.len()
}

fn write_distinct(values: &[i64], signed: bool, out: &mut Vec<u8>) {
    let all = values.iter().fold(0, |all, value| all | unsigned_form(*value, signed));
    let width = aligned(64 - all.leading_zeros());
    match Steps::of(values) {
        Some(steps) if steps.width < width => write_steps(values, steps, signed, out),
        _ => {
            write_header(1, width, values.len(), out);
            pack(values.len(), width, |index| unsigned_form(values[index], signed), out);
        }
    }
}

/// A sequence that never turns: what *delta* encodes.
#[derive(Debug, Clone, Copy)]
struct Steps {
    first: i64,
    /// Bits of every further step, 0 when all are equal.
    width: u32,
}

impl Steps {
    /// `None` when the sequence turns, starts with a repeat, or its ends are too far apart.
    fn of(values: &[i64]) -> Option<Self> {
        let [start, second, .., end] = values else { return None };
        end.checked_sub(*start)?;
        let first = second.checked_sub(*start)?;
        let steady = if first > 0 {
            values.windows(2).all(|pair| pair[0] <= pair[1])
        } else {
            first < 0 && values.windows(2).all(|pair| pair[0] >= pair[1])
        };
        if !steady {
            return None;
        }
        let (mut all, mut fixed) = (0, true);
        for pair in values[1..].windows(2) {
            // The ends are less than 2^63 apart, and so is everything between them.
            let step = pair[1] - pair[0];
            all |= step.unsigned_abs();
            fixed &= step == first;
        }
        // Width 0 means "fixed" here, so the code of width 1 is taken.
        let width = if fixed { 0 } else { aligned(64 - all.leading_zeros()).max(2) };
        Some(Self { first, width })
    }
}

fn write_steps(values: &[i64], steps: Steps, signed: bool, out: &mut Vec<u8>) {
    write_header(3, steps.width, values.len(), out);
    write_varint(out, unsigned_form(values[0], signed));
    write_varint(out, zigzag(steps.first));
    if steps.width > 0 {
        let step = |index: usize| (values[index + 2] - values[index + 1]).unsigned_abs();
        pack(values.len() - 2, steps.width, step, out);
    }
}

/// The header of *direct* (kind 1) and *delta* (kind 3).
fn write_header(kind: u8, width: u32, count: usize, out: &mut Vec<u8>) {
    let length = count - 1;
    out.push(kind << 6 | width_code(width) << 1 | (length >> 8) as u8);
    out.push(length as u8);
}

/// The smallest width that packs quickly and holds `bits` bits.
fn aligned(bits: u32) -> u32 {
    match bits {
        0 | 1 => 1,
        2 => 2,
        3 | 4 => 4,
        _ => bits.next_multiple_of(8),
    }
}

fn width_code(width: u32) -> u8 {
    match width {
        0 => 0,
        1..=24 => width as u8 - 1,
        _ => (27 + (width - 32) / 8) as u8,
    }
}

/// Appends `count` values of `width` bits each, most significant bit first, padded to a byte.
fn pack(count: usize, width: u32, value: impl Fn(usize) -> u64, out: &mut Vec<u8>) {
    let start = out.len();
    if width >= 8 {
        let bytes = (width / 8) as usize;
        // Eight bytes are stored each time; the next value overwrites those beyond the width.
        out.resize(start + count * bytes + 8, 0);
        let mut position = start;
        for index in 0..count {
            let shifted = value(index) << (64 - width);
            out[position..position + 8].copy_from_slice(&shifted.to_be_bytes());
            position += bytes;
        }
        out.truncate(position);
        return;
    }
    let per_byte = (8 / width) as usize;
    for first in (0..count).step_by(per_byte) {
        let mut byte = 0;
        for index in first..(first + per_byte).min(count) {
            byte |= (value(index) as u8) << (8 - width as usize * (index - first + 1));
        }
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::decoding;
    use super::*;

    fn encoded(values: &[i64], signed: bool) -> Vec<u8> {
        let mut out = Vec::new();
        encode(values, signed, &mut out);
        out
    }

    fn assert_round_trip(values: &[i64], signed: bool) {
        let bytes = encoded(values, signed);
        assert_eq!(decoding::integers(&bytes, signed), values);
    }

    #[test]
    fn the_examples_of_the_specification_have_its_bytes() {
        let direct = [23_713, 43_806, 57_005, 48_879];
        assert_eq!(
            encoded(&direct, false),
            [0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef]
        );
        assert_eq!(encoded(&[10_000; 5], false), [0x0a, 0x27, 0x10]);
        let primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];
        assert_eq!(encoded(&primes, false), [0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46]);
    }

    #[test]
    fn a_counter_costs_a_few_bytes_per_512_values() {
        let values: Vec<i64> = (7..8_199).collect();
        assert!(encoded(&values, true).len() < 16 * 8);
        assert_round_trip(&values, true);
    }

    #[test]
    fn ends_of_the_range_survive_in_every_sub_encoding() {
        let ends = [i64::MIN, i64::MAX];
        assert_round_trip(&[i64::MIN, -1, 0, i64::MAX], true);
        assert_round_trip(&[i64::MAX, 0, -1, i64::MIN], true);
        assert_round_trip(&ends.repeat(300), true);
        assert_round_trip(&[i64::MIN; 600], true);
        assert_round_trip(&[i64::MIN + 1, 0, 1, 2, 3, 4], true);
        assert_round_trip(&[0, 1, i64::MAX], false);
        assert_round_trip(&[], true);
    }

    #[test]
    fn repeated_values_need_no_buffer() {
        for count in [0, 1, 2, 3, 10, 11, 512, 513, 515, 8_192] {
            let mut out = Vec::new();
            encode_repeated(-2, count, true, &mut out);
            assert_eq!(decoding::integers(&out, true), vec![-2; count]);
        }
    }

    /// Pieces that start runs of every kind: repeats, steps, noise of each width.
    fn piece() -> impl Strategy<Value = Vec<i64>> {
        prop_oneof![
            (any::<i64>(), 1..700_usize).prop_map(|(value, count)| vec![value; count]),
            (any::<i32>(), -1_000..1_000_i64, 1..700_usize).prop_map(|(start, step, count)| {
                (0..count as i64).map(|index| i64::from(start) + index * step).collect()
            }),
            (0..64_u32, prop::collection::vec(any::<i64>(), 0..700)).prop_map(|(shift, values)| {
                values.into_iter().map(|value| value >> shift).collect()
            }),
            (0..64_u32, prop::collection::vec(any::<u64>(), 0..700)).prop_map(
                |(shift, mut values)| {
                    values.sort_unstable();
                    values.into_iter().map(|value| (value >> shift) as i64).collect()
                }
            ),
        ]
    }

    proptest! {
        /// For all sequences: what is decoded is what was encoded.
        #[test]
        fn signed_sequences_round_trip(pieces in prop::collection::vec(piece(), 0..6)) {
            assert_round_trip(&pieces.concat(), true);
        }

        #[test]
        fn unsigned_sequences_round_trip(pieces in prop::collection::vec(piece(), 0..6)) {
            let values: Vec<i64> =
                pieces.concat().into_iter().map(|value| value & i64::MAX).collect();
            assert_round_trip(&values, false);
        }
    }
}
