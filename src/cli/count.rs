//! Counts as people write them: `1000000`, `1_000_000`, `1e6`, `1M`.

use crate::problems::excerpt;

/// What a count may end in, and the zeros that it stands for.
const ENDINGS: &[(char, i32)] = &[('k', 3), ('K', 3), ('M', 6), ('G', 9)];

/// Reads a count; the form of a parser of clap's.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let number = read(text.trim()).ok_or_else(|| {
        let text = excerpt(text);
        format!("`{text}` is no count, expected a whole number such as 1000, 1_000, 1e3, 1k, 2.5M")
    })?;
    u64::try_from(number).map_err(|_| format!("`{}` is more than {}", excerpt(text), u64::MAX))
}

fn read(text: &str) -> Option<u128> {
    let (text, zeros) = match ENDINGS.iter().find(|(ending, _)| text.ends_with(*ending)) {
        Some((ending, zeros)) => (text.strip_suffix(*ending)?, *zeros),
        None => (text, 0),
    };
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => {
            (digits, exponent.strip_prefix('+').unwrap_or(exponent).parse::<i32>().ok()?)
        }
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: String = whole.split('_').collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(&whole) || !is_number(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let zeros = exponent.checked_add(zeros)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let number: u128 = format!("{whole}{fraction}").parse().ok()?;
    let power = 10_u128.checked_pow(u32::try_from(zeros.abs()).ok()?);
    match power {
        Some(power) if zeros >= 0 => number.checked_mul(power),
        Some(power) => number.is_multiple_of(power).then(|| number / power),
        None => (number == 0).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 9, F16r.
    #[test]
    fn counts_are_written_in_many_ways_and_are_whole() {
        for (text, expected) in [
            ("0", 0),
            ("1000", 1_000),
            ("1_000_000", 1_000_000),
            ("1e6", 1_000_000),
            ("1E+6", 1_000_000),
            ("1.5e3", 1_500),
            ("1k", 1_000),
            ("2.5M", 2_500_000),
            ("3G", 3_000_000_000),
            ("1000e-3", 1),
            ("0e99", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(count(text), Ok(expected), "{text}");
        }
        for text in ["", "k", "-1", "1.5", "1e-1", "1x", "1e99", "0x10", "1e", ".5", "1 000", "5m"]
        {
            assert!(count(text).is_err(), "{text}");
        }
        for text in ["18446744073709551616", "1e20", "99999999999G"] {
            let refusal = count(text).unwrap_err();
            assert_eq!(refusal, format!("`{text}` is more than 18446744073709551615"));
        }
        insta::assert_snapshot!(count("5m").unwrap_err(), @"`5m` is no count, expected a whole number such as 1000, 1_000, 1e3, 1k, 2.5M");
    }
}
