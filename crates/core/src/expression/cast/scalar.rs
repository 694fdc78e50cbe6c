//! Conversions of single values, with the sentence for the user when one is refused.

use super::Cast;
use crate::calendar::{Pattern, parse_date, parse_instant, parse_period};
use crate::columns::DataType;
use crate::display::write_number;
use crate::problems::excerpt;

/// Half of an inclusive range: beyond 2^53 neighbours of whole numbers are lost.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number as users see it.
fn shown(value: f64) -> String {
    let mut text = Vec::new();
    write_number(value, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// What arithmetic with a text gives, which is most often a date.
const NO_NUMBER: &str = "the result is NaN, no number: a text or a date cannot be subtracted or multiplied; use \
                         TIMESTAMP fields, which are milliseconds since 1970 in formulas, or a RHAI field";

/// A whole number within `least..=most`.
pub(super) fn integer(value: f64, least: i64, most: i64) -> Result<i64, String> {
    /// The first whole number beyond `i64`: the cast below would take it for the last one within.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if value.is_nan() {
        return Err(NO_NUMBER.to_owned());
    }
    if value.trunc() != value {
        let value = shown(value);
        return Err(format!("{value} is not a whole number; use `Math.round` or a FLOAT field"));
    }
    if !(-BEYOND..BEYOND).contains(&value) || !(least..=most).contains(&(value as i64)) {
        return Err(format!("{} is outside {least} to {most}", shown(value)));
    }
    Ok(value as i64)
}

/// A whole number read from text; `12.0` and `1e3` are whole too.
pub(super) fn integer_of_text(text: &str, least: i64, most: i64) -> Result<i64, String> {
    let trimmed = text.trim();
    match trimmed.parse::<i64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        Ok(value) => Err(format!("{value} is outside {least} to {most}")),
        Err(_) => match float_of_text(trimmed) {
            // Zeros behind the point say nothing: `12.00` is what a decimal shows.
            _ if whole_of_decimal(trimmed).is_some_and(|n| (least..=most).contains(&n)) => {
                Ok(whole_of_decimal(trimmed).unwrap_or_default())
            }
            Ok(value) if value.abs() < EXACT => integer(value, least, most),
            _ => Err(format!("`{}` is not a whole number", excerpt(text))),
        },
    }
}

/// The whole number before a point that only zeros follow.
fn whole_of_decimal(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    fraction.bytes().all(|byte| byte == b'0').then(|| whole.parse().ok())?
}

/// A number read from text: decimal, with or without exponent, or `NaN`, `Infinity`, `-Infinity`.
pub(in crate::expression) fn float_of_text(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let is_plain =
        trimmed.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if (is_plain || matches!(trimmed, "NaN" | "Infinity" | "-Infinity"))
        && let Ok(value) = trimmed.parse()
    {
        return Ok(value);
    }
    Err(format!("`{}` is not a number", excerpt(text)))
}

/// `value` rounded to `decimals` digits behind the point, if a number is given.
pub(super) fn rounded(value: f64, decimals: Option<u8>) -> f64 {
    match decimals {
        None => value,
        Some(decimals) => {
            let power = 10_f64.powi(i32::from(decimals.min(22)));
            let scaled = (value * power).round();
            // Beyond 2^53 there are no digits behind the point to round.
            if scaled.abs() < EXACT { scaled / power } else { value }
        }
    }
}

/// The digits of a decimal nearest to `value`.
pub(super) fn decimal(value: f64, precision: u8, scale: u8) -> Result<i128, String> {
    if value.is_nan() {
        return Err(NO_NUMBER.to_owned());
    }
    if !value.is_finite() {
        return Err(format!("{} is not a decimal number", shown(value)));
    }
    let mut text = zmij::Buffer::new();
    decimal_of_text(text.format_finite(value), precision, scale)
}

/// The digits of a decimal read from text, rounded half away from zero at `scale`.
pub(super) fn decimal_of_text(text: &str, precision: u8, scale: u8) -> Result<i128, String> {
    let refused = || format!("`{}` is not a decimal number", excerpt(text));
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| refused())?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return Err(refused());
    }
    // Digits before this place count, the one at it rounds.
    let place = i64::from(exponent) + whole.len() as i64 + i64::from(scale);
    let too_large = || format!("{} has more than {precision} digits", excerpt(trimmed));
    let limit = 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
    let mut value: i128 = 0;
    let all = whole.bytes().chain(fraction.bytes()).map(|digit| i128::from(digit - b'0'));
    let mut seen = 0_i64;
    for digit in all {
        if seen == place && digit >= 5 {
            value += 1;
        }
        if seen >= place {
            break;
        }
        value = 10 * value + digit;
        if value >= limit {
            return Err(too_large());
        }
        seen += 1;
    }
    if value != 0 {
        for _ in seen..place {
            value *= 10;
            if value >= limit {
                return Err(too_large());
            }
        }
    }
    if value >= limit {
        return Err(too_large());
    }
    Ok(if negative { -value } else { value })
}

/// What a text means for a BOOLEAN field.
pub(super) fn boolean_of_text(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("true")
}

/// Days of a date read from text.
pub(super) fn date_of_text(text: &str) -> Result<i32, String> {
    parse_date(text.trim()).map_err(|error| error.to_string())
}

/// Microseconds of an instant read from text, which may follow the field's pattern.
pub(super) fn instant_of_text(text: &str, pattern: Option<&Pattern>) -> Result<i64, String> {
    match parse_period(text.trim(), pattern) {
        Ok(period) => Ok(period.first),
        Err(error) if pattern.is_some() => {
            Err(format!("{error}; a field for texts of all kinds is a STRING"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Milliseconds since 1970 read from text: a whole number, or a date and time.
pub(super) fn epoch_millis_of_text(text: &str) -> Result<i64, String> {
    integer_of_text(text, i64::MIN, i64::MAX).or_else(|_| {
        let micros = parse_instant(text.trim())
            .map_err(|_| format!("`{}` is neither milliseconds nor a date", excerpt(text)))?;
        Ok(micros.div_euclid(1_000))
    })
}

/// The sentence for a value that cannot become one of the target's type.
pub(super) fn mismatch(what: &str, cast: &Cast) -> String {
    let wanted = match cast.data_type {
        DataType::Boolean => "a boolean",
        DataType::Int32 | DataType::Int64 => "a whole number",
        DataType::Float32 | DataType::Float64 | DataType::Decimal { .. } => "a number",
        DataType::Date => "a date",
        DataType::EpochMillis => "epoch milliseconds",
        DataType::Instant => "a date and time",
        DataType::Text => "text",
        DataType::Bytes => "bytes",
    };
    format!("{what} cannot become {wanted}")
}

pub(super) fn number_mismatch(value: f64, cast: &Cast) -> String {
    mismatch(&format!("the number {}", shown(value)), cast)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_whole_and_others_are_refused() {
        assert_eq!(integer(133.0, i64::from(i32::MIN), i64::from(i32::MAX)), Ok(133));
        // Issue 9, F13.
        insta::assert_snapshot!(integer(f64::NAN, 0, 9).unwrap_err(), @"the result is NaN, no number: a text or a date cannot be subtracted or multiplied; use TIMESTAMP fields, which are milliseconds since 1970 in formulas, or a RHAI field");
        insta::assert_snapshot!(integer(2.5, 0, 9).unwrap_err(), @"2.5 is not a whole number; use `Math.round` or a FLOAT field");
        insta::assert_snapshot!(integer(1e10, -5, 9).unwrap_err(), @"10000000000 is outside -5 to 9");
        assert!(integer(9_223_372_036_854_775_808.0, i64::MIN, i64::MAX).is_err());
        assert!(integer(f64::NAN, 0, 9).is_err());
        assert!(integer(f64::INFINITY, i64::MIN, i64::MAX).is_err());
        assert_eq!(integer_of_text(" 12.0 ", 0, 99), Ok(12));
        assert_eq!(integer_of_text("9223372036854775807", i64::MIN, i64::MAX), Ok(i64::MAX));
        assert!(integer_of_text("", 0, 9).is_err());
        assert!(integer_of_text("inf", 0, 9).is_err());
    }

    #[test]
    fn decimals_are_exact_and_round_half_away_from_zero() {
        assert_eq!(decimal_of_text("12.345", 9, 2), Ok(1_235));
        assert_eq!(decimal_of_text("-12.345", 9, 2), Ok(-1_235));
        assert_eq!(decimal_of_text("1e3", 9, 2), Ok(100_000));
        assert_eq!(decimal_of_text("5e-3", 9, 2), Ok(1));
        assert_eq!(decimal_of_text("4e-9", 9, 2), Ok(0));
        assert_eq!(decimal_of_text("0e999999999", 9, 2), Ok(0));
        assert!(decimal_of_text("1e999999999", 38, 2).is_err());
        assert!(decimal_of_text("9.999", 3, 2).is_err());
        assert!(decimal_of_text(".", 3, 2).is_err());
        assert_eq!(decimal(0.1 + 0.2, 5, 2), Ok(30));
        assert!(decimal(f64::NAN, 5, 2).is_err());
    }
}
