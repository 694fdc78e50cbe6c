//! The hot writers: dates and instants as text, without allocation and without `core::fmt`.
//!
//! Each form comes twice: as a function that appends to a buffer and takes any value, and, where
//! the width is constant, as a `_fixed` function that returns an array, `None` outside its range.
//! Years outside 0 to 9999 take a slower path to ISO 8601's expanded years (`+12345`, `-0001`), as
//! Java writes them.
//!
//! Knows nothing of patterns; a form that every cell of a format needs belongs here.

use super::{
    MICROS_PER_SECOND,
    civil::{civil_from_days, split_instant},
};

/// The decimal digits of 0 to 99; longer than needed so that a mask replaces the bounds check.
pub(super) static PAIRS: [[u8; 2]; 128] = {
    let mut pairs = [*b"00"; 128];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// The two digits of `value`, which is below 100.
#[inline(always)]
pub(super) fn pair(value: u32) -> [u8; 2] {
    debug_assert!(value < 100, "two digits hold 0 to 99, not {value}");
    PAIRS[(value & 127) as usize]
}

/// Writes the two digits of `value`, which is below 100, to a target of two bytes.
#[inline(always)]
fn put_pair(target: &mut [u8], value: u32) {
    target.copy_from_slice(&pair(value));
}

/// Six digits of a second's microseconds, and zeros for its nanoseconds.
#[inline(always)]
pub(super) fn fraction_digits(micro: u32) -> [u8; 9] {
    let mut digits = *b"000000000";
    put_pair(&mut digits[0..2], micro / 10_000);
    put_pair(&mut digits[2..4], micro / 100 % 100);
    put_pair(&mut digits[4..6], micro % 100);
    digits
}

/// Appends `yyyy-MM-dd`.
#[inline]
pub fn iso_date(days: i32, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    if is_four_digits(year) {
        out.extend_from_slice(&date_digits(year, month, day));
    } else {
        expanded_date(year, month, day, out);
    }
}

/// `yyyy-MM-dd`; `None` when the year is not 0 to 9999.
#[inline]
pub fn iso_date_fixed(days: i32) -> Option<[u8; 10]> {
    let (year, month, day) = civil_from_days(days);
    is_four_digits(year).then(|| date_digits(year, month, day))
}

/// Appends `dd/MM/yyyy`.
#[inline]
pub fn slash_date(days: i32, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    if is_four_digits(year) {
        out.extend_from_slice(&slash_digits(year, month, day));
    } else {
        out.extend_from_slice(&slash_digits(0, month, day)[..6]);
        expanded_year(year, out);
    }
}

/// `dd/MM/yyyy`; `None` when the year is not 0 to 9999.
#[inline]
pub fn slash_date_fixed(days: i32) -> Option<[u8; 10]> {
    let (year, month, day) = civil_from_days(days);
    is_four_digits(year).then(|| slash_digits(year, month, day))
}

/// Appends `yyyy-MM-ddTHH:mm:ssZ`, with `.SSS` or `.SSSSSS` when the fraction is not zero.
#[inline]
pub fn iso_instant(micros: i64, out: &mut Vec<u8>) {
    let (days, micros_of_day) = split_instant(micros);
    let (seconds, fraction) = split_seconds(micros_of_day);
    let (year, month, day) = civil_from_days(days);
    if is_four_digits(year) && fraction == 0 {
        out.extend_from_slice(&instant_digits(year, month, day, seconds));
    } else {
        uncommon_instant(micros, out);
    }
}

/// `yyyy-MM-ddTHH:mm:ssZ`; `None` when the year is not 0 to 9999 or the fraction not zero.
#[inline]
pub fn iso_instant_fixed(micros: i64) -> Option<[u8; 20]> {
    let (days, micros_of_day) = split_instant(micros);
    let (seconds, fraction) = split_seconds(micros_of_day);
    let (year, month, day) = civil_from_days(days);
    (is_four_digits(year) && fraction == 0).then(|| instant_digits(year, month, day, seconds))
}

/// Appends Java's `LocalDateTime.toString()`: `yyyy-MM-ddTHH:mm[:ss[.SSS|.SSSSSS]]`.
///
/// The seconds are left out when they and the fraction are zero, the fraction when it is zero.
#[inline]
pub fn local_date_time(micros: i64, out: &mut Vec<u8>) {
    let (days, micros_of_day) = split_instant(micros);
    let (seconds, fraction) = split_seconds(micros_of_day);
    let (year, month, day) = civil_from_days(days);
    if is_four_digits(year) && fraction == 0 {
        let digits = instant_digits(year, month, day, seconds);
        // One copy of a constant length, then the common second half is cut off when it is zero.
        let length = out.len() + if seconds % 60 == 0 { 16 } else { 19 };
        out.extend_from_slice(&digits);
        out.truncate(length);
    } else {
        iso_date(days, out);
        let time = time_digits(seconds);
        out.push(b'T');
        let shown = if seconds % 60 == 0 && fraction == 0 { 5 } else { 8 };
        out.extend_from_slice(&time[..shown]);
        push_fraction(fraction, out);
    }
}

/// Whole seconds of a day and the microseconds that remain.
#[inline(always)]
fn split_seconds(micros_of_day: i64) -> (u32, u32) {
    let seconds = micros_of_day / MICROS_PER_SECOND;
    (seconds as u32, (micros_of_day - seconds * MICROS_PER_SECOND) as u32)
}

#[inline(always)]
fn is_four_digits(year: i32) -> bool {
    (year as u32) < 10_000
}

/// `yyyy-MM-dd` of a year 0 to 9999.
#[inline(always)]
fn date_digits(year: i32, month: u32, day: u32) -> [u8; 10] {
    let mut digits = *b"0000-00-00";
    put_pair(&mut digits[0..2], year as u32 / 100);
    put_pair(&mut digits[2..4], year as u32 % 100);
    put_pair(&mut digits[5..7], month);
    put_pair(&mut digits[8..10], day);
    digits
}

/// `dd/MM/yyyy` of a year 0 to 9999.
#[inline(always)]
fn slash_digits(year: i32, month: u32, day: u32) -> [u8; 10] {
    let mut digits = *b"00/00/0000";
    put_pair(&mut digits[0..2], day);
    put_pair(&mut digits[3..5], month);
    put_pair(&mut digits[6..8], year as u32 / 100);
    put_pair(&mut digits[8..10], year as u32 % 100);
    digits
}

/// `HH:mm:ss`.
#[inline(always)]
fn time_digits(seconds: u32) -> [u8; 8] {
    let minutes = seconds / 60;
    let mut digits = *b"00:00:00";
    put_pair(&mut digits[0..2], minutes / 60);
    put_pair(&mut digits[3..5], minutes % 60);
    put_pair(&mut digits[6..8], seconds % 60);
    digits
}

/// `yyyy-MM-ddTHH:mm:ssZ` of a year 0 to 9999.
#[inline(always)]
fn instant_digits(year: i32, month: u32, day: u32, seconds: u32) -> [u8; 20] {
    let mut digits = *b"0000-00-00T00:00:00Z";
    digits[..10].copy_from_slice(&date_digits(year, month, day));
    digits[11..19].copy_from_slice(&time_digits(seconds));
    digits
}

/// An instant with a fraction or an expanded year.
#[inline(never)]
fn uncommon_instant(micros: i64, out: &mut Vec<u8>) {
    let (days, micros_of_day) = split_instant(micros);
    let (seconds, fraction) = split_seconds(micros_of_day);
    iso_date(days, out);
    out.push(b'T');
    out.extend_from_slice(&time_digits(seconds));
    push_fraction(fraction, out);
    out.push(b'Z');
}

/// `.SSS` or `.SSSSSS`, the shorter one that loses nothing; nothing for zero.
fn push_fraction(fraction: u32, out: &mut Vec<u8>) {
    if fraction == 0 {
        return;
    }
    out.push(b'.');
    let shown = if fraction.is_multiple_of(1_000) { 3 } else { 6 };
    out.extend_from_slice(&fraction_digits(fraction)[..shown]);
}

/// `yyyy-MM-dd` of any year.
#[inline(never)]
fn expanded_date(year: i32, month: u32, day: u32, out: &mut Vec<u8>) {
    expanded_year(year, out);
    out.extend_from_slice(&date_digits(0, month, day)[4..]);
}

/// A year as ISO 8601 and Java write it: at least four digits, a sign when there are more or it is negative.
fn expanded_year(year: i32, out: &mut Vec<u8>) {
    if year < 0 {
        out.push(b'-');
    } else if year > 9_999 {
        out.push(b'+');
    }
    padded(u64::from(year.unsigned_abs()), 4, out);
}

/// Appends `value` with zeros to its left up to `width` digits.
pub(super) fn padded(value: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(value).as_bytes();
    for _ in digits.len()..width {
        out.push(b'0');
    }
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, SecondsFormat, Timelike};
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::days_from_civil;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = b"kept ".to_vec();
        write(&mut out);
        String::from_utf8(out).unwrap().strip_prefix("kept ").unwrap().to_owned()
    }

    const SECOND: i64 = MICROS_PER_SECOND;

    proptest! {
        #[test]
        fn dates_agree_with_chrono(days in -95_000_000..95_000_000_i32) {
            let date = NaiveDate::from_epoch_days(days).unwrap();
            prop_assert_eq!(text(|out| iso_date(days, out)), date.to_string());
        }

        #[test]
        fn dates_of_four_digit_years_agree_with_chrono(days in -719_528..2_932_897_i32) {
            let date = NaiveDate::from_epoch_days(days).unwrap();
            prop_assert_eq!(text(|out| iso_date(days, out)), date.to_string());
            let fixed = iso_date_fixed(days).unwrap();
            prop_assert_eq!(str::from_utf8(&fixed).unwrap(), date.to_string());
            let slashes = date.format("%d/%m/%Y").to_string();
            prop_assert_eq!(&slash_date_fixed(days).unwrap(), slashes.as_bytes());
            prop_assert_eq!(text(|out| slash_date(days, out)), slashes);
        }

        #[test]
        fn instants_agree_with_chrono(seconds in -8_000_000_000_000..8_000_000_000_000_i64) {
            let micros = seconds * SECOND;
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let expected = time.to_rfc3339_opts(SecondsFormat::Secs, true);
            prop_assert_eq!(text(|out| iso_instant(micros, out)), expected);
        }

        #[test]
        fn instants_of_four_digit_years_agree_with_chrono(
            seconds in -62_167_219_200..253_402_300_800_i64,
            fraction in prop_oneof![Just(0), (0..1_000_i64).prop_map(|milli| milli * 1_000), 0..SECOND],
        ) {
            let micros = seconds * SECOND + fraction;
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let expected = time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            prop_assert_eq!(text(|out| iso_instant(micros, out)), expected.clone());
            let fixed = iso_instant_fixed(micros);
            if fraction == 0 {
                prop_assert_eq!(&fixed.unwrap(), expected.as_bytes());
            } else {
                prop_assert_eq!(fixed, None);
            }
            let mut local = expected.trim_end_matches('Z');
            if fraction == 0 && time.second() == 0 {
                local = local.trim_end_matches(":00");
                local = &expected[..local.len().max(16)];
            }
            prop_assert_eq!(text(|out| local_date_time(micros, out)), local);
        }

        #[test]
        fn any_value_has_a_text(days: i32, micros: i64) {
            text(|out| iso_date(days, out));
            text(|out| slash_date(days, out));
            text(|out| iso_instant(micros, out));
            text(|out| local_date_time(micros, out));
        }
    }

    #[test]
    fn local_date_times_drop_what_is_zero() {
        let day = i64::from(days_from_civil(2024, 2, 14).unwrap()) * 86_400 * SECOND;
        let local = |micros| text(|out| local_date_time(day + micros, out));
        assert_eq!(local(0), "2024-02-14T00:00");
        assert_eq!(local(SECOND), "2024-02-14T00:00:01");
        assert_eq!(local(1_000), "2024-02-14T00:00:00.001");
        assert_eq!(local(1), "2024-02-14T00:00:00.000001");
        assert_eq!(local(60 * SECOND + 250_000), "2024-02-14T00:01:00.250");
    }

    #[test]
    fn years_beyond_four_digits_are_expanded() {
        let date = |year| days_from_civil(year, 1, 2).unwrap();
        assert_eq!(text(|out| iso_date(date(-1), out)), "-0001-01-02");
        assert_eq!(text(|out| iso_date(date(0), out)), "0000-01-02");
        assert_eq!(text(|out| iso_date(date(12_345), out)), "+12345-01-02");
        assert_eq!(text(|out| slash_date(date(12_345), out)), "02/01/+12345");
        assert_eq!(text(|out| slash_date(date(-12_345), out)), "02/01/-12345");
        assert_eq!(text(|out| iso_date(i32::MIN, out)), "-5877641-06-23");
        assert_eq!(text(|out| iso_instant(i64::MAX, out)), "+294247-01-10T04:00:54.775807Z");
        assert_eq!(text(|out| local_date_time(i64::MIN, out)), "-290308-12-21T19:59:05.224192");
        assert_eq!(iso_date_fixed(date(-1)), None);
        assert_eq!(slash_date_fixed(date(10_000)), None);
    }
}
