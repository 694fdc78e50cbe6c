//! Numbers as text: integers, scaled integers, floats.
//!
//! Eight digits at a time in one 64-bit word, as in Lemire, "Converting integers to fix-digit
//! representations quickly" (2021): three multiplications, no table, no loop. A decimal point is put between
//! the digits by a shift of the word. Floats are the shortest text that reads back as the same value,
//! by the `zmij` crate (`3.6`, `10.0`, `1e+30`), or, where the number of decimals is known, a scaled integer.
//!
//! Knows nothing of columns.

use super::cursor::Cursor;
use crate::display::{MOST_FIXED_DECIMALS, fixed_digits};

/// The digit `0` in every byte of a word.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Most digits behind the point that a scaled integer shows; more are written as the shortest text.
pub(super) const MOST_DECIMALS: u8 = MOST_FIXED_DECIMALS;

/// Room for the digits of any decimal: 39 of them and a point.
const LONG_DECIMAL: usize = 48;

/// The powers of ten that an unsigned 64-bit integer holds.
const POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut index = 1;
    while index < 20 {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// The eight digits of `value < 10^8`, one per byte, the first one in the lowest byte.
#[inline(always)]
fn eight(value: u32) -> u64 {
    let value = u64::from(value);
    let merged = (value / 10_000) | ((value % 10_000) << 32);
    let top = ((merged * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let hundreds = ((merged - 100 * top) << 16) + top;
    let tens = ((hundreds * 103) >> 10) & 0x000f_000f_000f_000f;
    tens + ((hundreds - 10 * tens) << 8)
}

/// Writes all eight digits of `value < 10^8`.
#[inline(always)]
fn eight_padded(cursor: &mut Cursor<'_>, value: u32) {
    cursor.put(&(eight(value) + ZEROS).to_le_bytes(), 8);
}

/// Writes the first `shown` of the six digits of `value < 10^6`.
#[inline(always)]
pub(super) fn six(cursor: &mut Cursor<'_>, value: u32, shown: usize) {
    cursor.put(&((eight(value) + ZEROS) >> 16).to_le_bytes(), shown);
}

/// Writes the digits of `value < 10^8` without leading zeros.
#[inline(always)]
fn up_to_eight(cursor: &mut Cursor<'_>, value: u32) {
    let digits = eight(value);
    let leading = (digits.trailing_zeros() / 8).min(7);
    cursor.put(&((digits + ZEROS) >> (8 * leading)).to_le_bytes(), 8 - leading as usize);
}

/// Writes an unsigned integer.
#[inline(always)]
pub(super) fn unsigned(cursor: &mut Cursor<'_>, value: u64) {
    if value < 100_000_000 {
        up_to_eight(cursor, value as u32);
    } else if value < 10_000_000_000_000_000 {
        up_to_eight(cursor, (value / 100_000_000) as u32);
        eight_padded(cursor, (value % 100_000_000) as u32);
    } else {
        let low = value % 10_000_000_000_000_000;
        up_to_eight(cursor, (value / 10_000_000_000_000_000) as u32);
        eight_padded(cursor, (low / 100_000_000) as u32);
        eight_padded(cursor, (low % 100_000_000) as u32);
    }
}

/// Writes `-` where `negative`, without a branch that data decides.
#[inline(always)]
fn sign(cursor: &mut Cursor<'_>, negative: bool) {
    cursor.put(b"-", usize::from(negative));
}

/// Writes a signed integer.
#[inline(always)]
pub(super) fn integer(cursor: &mut Cursor<'_>, value: i64) {
    sign(cursor, value < 0);
    unsigned(cursor, value.unsigned_abs());
}

/// Writes `value / 10^scale` with `scale` digits behind the point.
#[inline(always)]
pub(super) fn decimal(cursor: &mut Cursor<'_>, value: i128, scale: u8) {
    sign(cursor, value < 0);
    let magnitude = value.unsigned_abs();
    match u64::try_from(magnitude) {
        Ok(magnitude) if scale <= MOST_DECIMALS => scaled(cursor, magnitude, scale),
        _ => {
            let (digits, length) = long_decimal(magnitude, scale);
            cursor.put(&digits, length);
        }
    }
}

/// Writes `value / 10^scale`, `scale` at most [`MOST_DECIMALS`].
#[inline(always)]
fn scaled(cursor: &mut Cursor<'_>, value: u64, scale: u8) {
    if value < 100_000_000 && scale.wrapping_sub(1) < 7 {
        let digits = eight(value as u32);
        let whole_digits = 8 - u32::from(scale);
        let leading = (digits.trailing_zeros() / 8).min(whole_digits - 1);
        let digits = u128::from(digits + ZEROS);
        let whole = digits & ((1 << (8 * whole_digits)) - 1);
        let point = u128::from(b'.') << (8 * whole_digits);
        let text = whole | point | ((digits - whole) << 8);
        cursor.put(&(text >> (8 * leading)).to_le_bytes(), 9 - leading as usize);
    } else if scale == 0 {
        unsigned(cursor, value);
    } else {
        let power = POWERS[usize::from(scale)];
        unsigned(cursor, value / power);
        cursor.put(b".", 1);
        let mut fraction = value % power;
        let mut left = usize::from(scale);
        if left > 16 {
            let power = POWERS[16];
            cursor.put(&[b'0' + (fraction / power) as u8], 1);
            fraction %= power;
            left = 16;
        }
        if left > 8 {
            let power = POWERS[left - 8];
            eight_padded(cursor, (fraction / power) as u32);
            fraction %= power;
            left -= 8;
        }
        let text = (eight(fraction as u32) + ZEROS) >> (8 * (8 - left));
        cursor.put(&text.to_le_bytes(), left);
    }
}

/// The text of a decimal that 64 bits do not hold.
#[inline(never)]
fn long_decimal(mut magnitude: u128, scale: u8) -> ([u8; LONG_DECIMAL], usize) {
    let scale = usize::from(scale).min(38);
    let mut reversed = [b'0'; LONG_DECIMAL];
    let mut length = 0;
    // At least one digit before the point.
    while magnitude > 0 || length <= scale + usize::from(scale > 0) {
        if length == scale && scale > 0 {
            reversed[length] = b'.';
        } else {
            reversed[length] = b'0' + (magnitude % 10) as u8;
            magnitude /= 10;
        }
        length += 1;
    }
    reversed[..length].reverse();
    (reversed, length)
}

/// Writes a finite float: `decimals` digits behind the point where given, else the shortest text.
#[inline(always)]
pub(super) fn float(cursor: &mut Cursor<'_>, value: f64, decimals: Option<u8>) {
    if let Some(decimals) = decimals
        && let Some(digits) = fixed_digits(value, decimals)
    {
        sign(cursor, value < 0.0 && digits > 0);
        scaled(cursor, digits, decimals);
        return;
    }
    shortest(cursor, value);
}

/// Writes the shortest text that reads back as `value`, which is finite.
#[inline(always)]
pub(super) fn shortest<F: zmij::Float>(cursor: &mut Cursor<'_>, value: F) {
    // At most 24 characters.
    cursor.short(zmij::Buffer::new().format_finite(value).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_rows::cursor::written;

    #[test]
    fn integers_at_every_power_of_ten_are_exact() {
        for power in POWERS {
            for value in [power - 1, power, power + 1, power / 2] {
                assert_eq!(written(|cursor| unsigned(cursor, value)), value.to_string());
            }
        }
        for value in [i64::MIN, i64::MAX, -1, 0] {
            assert_eq!(written(|cursor| integer(cursor, value)), value.to_string());
        }
        assert_eq!(written(|cursor| unsigned(cursor, u64::MAX)), u64::MAX.to_string());
    }

    #[test]
    fn decimals_keep_their_digits_behind_the_point() {
        for (value, scale, expected) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (1_230, 2, "12.30"),
            (99_999_999, 7, "9.9999999"),
            (99_999_999, 8, "0.99999999"),
            (123_456_789, 2, "1234567.89"),
            (1, 17, "0.00000000000000001"),
            (1, 38, "0.00000000000000000000000000000000000001"),
            (i128::from(u64::MAX), 9, "18446744073.709551615"),
            (-(10_i128.pow(38) - 1), 0, "-99999999999999999999999999999999999999"),
            (10_i128.pow(38) - 1, 38, "0.99999999999999999999999999999999999999"),
            (10_i128.pow(37), 2, "100000000000000000000000000000000000.00"),
        ] {
            assert_eq!(written(|cursor| decimal(cursor, value, scale)), expected);
        }
    }

    #[test]
    fn floats_have_one_plain_form() {
        let forms: Vec<String> =
            [3.6, 10.0, 0.0, -0.0, 1e10, 1e16, 1e30, 1e-7, 0.0001, f64::MAX, f64::MIN_POSITIVE]
                .map(|value| written(|cursor| float(cursor, value, None)))
                .into();
        insta::assert_snapshot!(forms.join(" "), @"3.6 10.0 0.0 -0.0 10000000000.0 1e+16 1e+30 1e-7 0.0001 1.7976931348623157e+308 2.2250738585072014e-308");
        let fixed: Vec<String> =
            [(12.3, 2), (-0.0, 2), (-0.004, 2), (0.5, 0), (1e300, 2), (1.1, 17), (7.0, 0)]
                .map(|(value, decimals)| written(|cursor| float(cursor, value, Some(decimals))))
                .into();
        insta::assert_snapshot!(fixed.join(" "), @"12.30 0.00 0.00 1 1e+300 1.1 7");
    }

    proptest! {
        #[test]
        fn integers_agree_with_the_standard_library(value: i64, shift in 0..64_u32) {
            let value = value >> shift;
            prop_assert_eq!(written(|cursor| integer(cursor, value)), value.to_string());
        }

        /// For all decimals, the digits without the point are the integer.
        #[test]
        fn decimals_agree_with_a_plain_insertion_of_the_point(value: i128, shift in 0..128_u32, scale in 0..=38_u8) {
            let value = (value >> shift) % 10_i128.pow(38);
            let digits = format!("{:0width$}", value.unsigned_abs(), width = usize::from(scale) + 1);
            let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
            let point = if scale == 0 { "" } else { "." };
            let sign = if value < 0 { "-" } else { "" };
            let expected = format!("{sign}{whole}{point}{fraction}");
            prop_assert_eq!(written(|cursor| decimal(cursor, value, scale)), expected);
        }

        #[test]
        fn the_shortest_text_reads_back_as_the_same_float(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let shown = written(|cursor| float(cursor, value, None));
            prop_assert_eq!(shown.parse::<f64>().unwrap().to_bits(), bits);
            let single = f32::from_bits(bits as u32);
            prop_assume!(single.is_finite());
            let shown = written(|cursor| shortest(cursor, single));
            prop_assert_eq!(shown.parse::<f32>().unwrap().to_bits(), bits as u32);
        }

        /// For all multiples of a power of ten, fixed decimals show exactly the multiple.
        #[test]
        fn fixed_decimals_show_the_multiple_that_was_meant(multiple in -(1_i64 << 50)..1 << 50, shift in 0..50, decimals in 0..=15_u8) {
            let multiple = multiple >> shift;
            let value = multiple as f64 / POWERS[usize::from(decimals)] as f64;
            let expected = written(|cursor| decimal(cursor, i128::from(multiple), decimals));
            prop_assert_eq!(written(|cursor| float(cursor, value, Some(decimals))), expected);
        }
    }
}
