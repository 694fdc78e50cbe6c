//! Display text: what a value looks like where only text will do.
//!
//! It is what `${x}` shows in injections and quoted in formulas, and what conditions compare texts with: the same
//! text that JSON shows of the column, dates as `yyyy-MM-dd`, instants as `yyyy-MM-ddTHH:mm:ssZ`, bytes as
//! upper-case hexadecimal, floats with the digits behind the point that the field asks for, or else the shortest
//! ones that read back.
//!
//! Knows nothing of quoting or escaping: that is the encoders'.

use crate::calendar::text::{iso_date, iso_instant};
use crate::columns::{Column, DataType, Values};

/// How a column's values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// The column's type: of a decimal it holds the place of the point.
    pub(crate) data_type: DataType,
    /// For floats: digits behind the point, when they are fixed.
    pub(crate) decimals: Option<u8>,
}

impl From<DataType> for Form {
    fn from(data_type: DataType) -> Self {
        Self { data_type, decimals: None }
    }
}

/// Appends the display text of one value; of a null nothing.
#[inline]
pub(crate) fn write_display(column: &Column, form: Form, row: usize, out: &mut Vec<u8>) {
    if column.is_null(row) {
        return;
    }
    match &column.values {
        Values::Boolean(values) => {
            out.extend_from_slice(if values[row] { b"true" } else { b"false" });
        }
        Values::Int32(values) => write_integer(values[row], out),
        Values::Int64(values) | Values::EpochMillis(values) => write_integer(values[row], out),
        Values::Float32(values) => match form.decimals {
            Some(decimals) => write_fixed(values[row].into(), decimals, out),
            None => write_float32(values[row], out),
        },
        Values::Float64(values) => match form.decimals {
            Some(decimals) => write_fixed(values[row], decimals, out),
            None => write_float64(values[row], out),
        },
        Values::Decimal(values) => {
            let scale =
                if let DataType::Decimal { scale, .. } = form.data_type { scale } else { 0 };
            write_decimal(values[row], scale, out);
        }
        Values::Date(values) => iso_date(values[row], out),
        Values::Instant(values) => iso_instant(values[row], out),
        Values::Text(values) => out.extend_from_slice(values.get(row)),
        Values::Choice { keys, dictionary } => out.extend_from_slice(dictionary.get(keys[row])),
        Values::Uuid(values) => write_uuid(values[row], out),
        Values::Bytes(values) => write_hexadecimal(values.get(row), out),
    }
}

/// Appends a whole number.
#[inline]
pub fn write_integer<T: itoa::Integer>(value: T, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a number as JavaScript writes it: shortest digits, no `.0`, exponents from 1e21 and below 1e-6.
#[inline]
pub(crate) fn write_number(value: f64, out: &mut Vec<u8>) {
    /// Below it every whole number is exact and printed in full.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.abs() < EXACT && value.fract() == 0.0 {
        return write_integer(value as i64, out);
    }
    if value.is_finite() {
        write_shortest(zmij::Buffer::new().format_finite(value), out);
    } else {
        write_not_finite(value.is_nan(), value > 0.0, out);
    }
}

/// Appends the shortest digits that read back as the same double, at least one of them behind the point.
#[inline]
pub(crate) fn write_float64(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        write_not_finite(value.is_nan(), value > 0.0, out);
    }
}

/// [`write_float64`] for single precision.
#[inline]
pub(crate) fn write_float32(value: f32, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        write_not_finite(value.is_nan(), value > 0.0, out);
    }
}

/// Most digits behind the point that a float is shown with: beyond, no 64-bit integer holds them.
pub(crate) const MOST_FIXED_DECIMALS: u8 = 17;

/// The digits of `value`, which is finite, with `decimals` of them behind the point, without point and sign;
/// `None` where so many digits are no longer exact and the shortest text is shown instead.
#[inline(always)]
pub(crate) fn fixed_digits(value: f64, decimals: u8) -> Option<u64> {
    /// Below, every integer is a float and the nearest one is the value that was meant.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    const POWERS: [f64; MOST_FIXED_DECIMALS as usize + 1] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17,
    ];
    let magnitude = value.abs() * POWERS.get(usize::from(decimals))?;
    (magnitude < EXACT).then_some((magnitude + 0.5) as i64 as u64)
}

/// Appends a double with exactly `decimals` digits behind the point.
pub(crate) fn write_fixed(value: f64, decimals: u8, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return write_not_finite(value.is_nan(), value > 0.0, out);
    }
    match fixed_digits(value, decimals) {
        Some(digits) => {
            let digits = i128::from(digits);
            write_decimal(if value < 0.0 { -digits } else { digits }, decimals, out);
        }
        None => write_float64(value, out),
    }
}

#[cold]
fn write_not_finite(is_nan: bool, is_positive: bool, out: &mut Vec<u8>) {
    let text: &[u8] = match (is_nan, is_positive) {
        (true, _) => b"NaN",
        (false, true) => b"Infinity",
        (false, false) => b"-Infinity",
    };
    out.extend_from_slice(text);
}

/// Lays out shortest digits (`-12.5`, `1e21`, `1.5e-7`) by the rules of JavaScript's `Number::toString`.
fn write_shortest(shortest: &str, out: &mut Vec<u8>) {
    let (negative, shortest) = match shortest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, shortest),
    };
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // At most 17 digits matter, but a float without exponent may be written with zeros around them.
    let mut digits = [0_u8; 64];
    let mut count = 0;
    for byte in whole.bytes().chain(fraction.bytes()).take(digits.len()) {
        digits[count] = byte;
        count += 1;
    }
    let leading = digits[..count].iter().take_while(|digit| **digit == b'0').count();
    let trailing = digits[leading..count].iter().rev().take_while(|digit| **digit == b'0').count();
    // The value is 0.DIGITS times ten to the `point`.
    let point = whole.len() as i32 + exponent - leading as i32;
    let digits = &digits[leading..count - trailing];
    if digits.is_empty() {
        out.push(b'0');
        return;
    }
    if negative {
        out.push(b'-');
    }
    let length = digits.len() as i32;
    if (1..=21).contains(&point) {
        if length <= point {
            out.extend_from_slice(digits);
            out.resize(out.len() + (point - length) as usize, b'0');
        } else {
            let (whole, fraction) = digits.split_at(point as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    } else if (-5..=0).contains(&point) {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + point.unsigned_abs() as usize, b'0');
        out.extend_from_slice(digits);
    } else {
        out.push(digits[0]);
        if length > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.extend_from_slice(if point > 0 { b"e+" } else { b"e-" });
        write_integer((point - 1).unsigned_abs(), out);
    }
}

/// Appends a decimal: `digits` times ten to the `-scale`, with exactly `scale` digits behind the point.
pub(crate) fn write_decimal(digits: i128, scale: u8, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(digits.unsigned_abs()).as_bytes();
    let scale = usize::from(scale);
    if digits < 0 {
        out.push(b'-');
    }
    if scale == 0 {
        out.extend_from_slice(text);
    } else if text.len() > scale {
        let (whole, fraction) = text.split_at(text.len() - scale);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + scale - text.len(), b'0');
        out.extend_from_slice(text);
    }
}

/// Appends a UUID in its 36-character form.
pub(crate) fn write_uuid(value: u128, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    let mut place = 0;
    for (index, byte) in value.to_be_bytes().into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            place += 1;
        }
        text[place] = DIGITS[usize::from(byte >> 4)];
        text[place + 1] = DIGITS[usize::from(byte & 15)];
        place += 2;
    }
    out.extend_from_slice(&text);
}

/// Appends bytes as upper-case hexadecimal digits.
pub(crate) fn write_hexadecimal(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.reserve(2 * bytes.len());
    for byte in bytes {
        let pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        out.extend_from_slice(&pair);
    }
}

/// Bytes as lower-case hexadecimal digits: how digests are written.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "a number must read back as the very same")]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::columns::{Dictionary, VarBytes};

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_read_as_javascript_writes_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (135.0, "135"),
            (-7.0, "-7"),
            (0.1 + 0.2, "0.30000000000000004"),
            (3.599_999_999_999_999_6, "3.5999999999999996"),
            (1e20, "100000000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (1e-6, "0.000001"),
            (1.25e-6, "0.00000125"),
            (1e-7, "1e-7"),
            (-1.25e-7, "-1.25e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(text(|out| write_number(value, out)), expected);
        }
    }

    #[test]
    fn floats_keep_a_digit_behind_the_point() {
        for (value, expected) in [
            (10.0_f32, "10.0"),
            (3.6, "3.6"),
            (-0.0, "-0.0"),
            (449.99, "449.99"),
            (1e10, "10000000000.0"),
            (1e-9, "1e-9"),
            (f32::NAN, "NaN"),
        ] {
            assert_eq!(text(|out| write_float32(value, out)), expected);
        }
        assert_eq!(text(|out| write_float64(10.0, out)), "10.0");
        assert_eq!(text(|out| write_float64(0.1, out)), "0.1");
    }

    #[test]
    fn every_kind_of_column_has_a_display_text() {
        let show = |values, data_type: DataType| {
            text(|out| write_display(&Column::new(values), data_type.into(), 0, out))
        };
        let decimal = DataType::Decimal { precision: 9, scale: 2 };
        assert_eq!(show(Values::Decimal(vec![-5]), decimal), "-0.05");
        assert_eq!(show(Values::Decimal(vec![12_345]), decimal), "123.45");
        assert_eq!(show(Values::Date(vec![0]), DataType::Date), "1970-01-01");
        assert_eq!(
            show(Values::Instant(vec![60_000_000]), DataType::Instant),
            "1970-01-01T00:01:00Z"
        );
        assert_eq!(show(Values::EpochMillis(vec![-1]), DataType::EpochMillis), "-1");
        assert_eq!(show(Values::Boolean(vec![true]), DataType::Boolean), "true");
        assert_eq!(
            show(Values::Bytes(VarBytes::from_iter([[0xAB, 0x0C]])), DataType::Bytes),
            "AB0C"
        );
        assert_eq!(
            show(Values::Uuid(vec![0x0123_4567_89ab_cdef_0123_4567_89ab_cdef]), DataType::Text),
            "01234567-89ab-cdef-0123-456789abcdef"
        );
        let choice =
            Values::Choice { keys: Arc::new(vec![1]), dictionary: Dictionary::new(["a", "b"]) };
        assert_eq!(show(choice, DataType::Text), "b");
        let null = Column { values: Values::Int32(vec![5]), validity: Some(vec![false]) };
        assert_eq!(text(|out| write_display(&null, DataType::Int32.into(), 0, out)), "");
    }

    // Issue 9, F5.
    #[test]
    fn a_float_with_fixed_decimals_shows_them() {
        for (value, decimals, expected) in [
            (4.0, 2, "4.00"),
            (-0.004, 2, "0.00"),
            (-0.005, 2, "-0.01"),
            (1.25, 0, "1"),
            (123_456.789, 1, "123456.8"),
            (1e300, 2, "1e+300"),
            (f64::NAN, 2, "NaN"),
            (0.5, 30, "0.5"),
        ] {
            assert_eq!(text(|out| write_fixed(value, decimals, out)), expected);
            let form = Form { data_type: DataType::Float64, decimals: Some(decimals) };
            let column = Column::new(Values::Float64(vec![value]));
            assert_eq!(text(|out| write_display(&column, form, 0, out)), expected);
        }
    }

    proptest! {
        /// For all finite numbers: the text reads back as the same number.
        #[test]
        fn a_number_reads_back(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let shown = text(|out| write_number(value, out));
            prop_assert_eq!(shown.parse::<f64>().unwrap(), value);
            let single = f32::from_bits(bits as u32);
            prop_assume!(single.is_finite());
            prop_assert_eq!(text(|out| write_float32(single, out)).parse::<f32>().unwrap(), single);
        }
    }
}
