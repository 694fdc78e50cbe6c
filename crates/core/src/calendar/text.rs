//! The hot writers: dates and instants as text, without allocation and without `core::fmt`.
//!
//! Each form comes twice: as a function that appends to a buffer and takes any value, and, where
//! the width is constant, as a `_fixed` function that returns an array, `None` outside its range.
//! Years outside 0 to 9999 take a slower path to ISO 8601's expanded years (`+12345`, `-0001`), as
//! Java writes them.
//!
//! The texts of years and of the days of a year come from tables, and whole words are stored: a
//! date is two divisions by constants and two loads, where digit by digit it took twice the time.
//!
//! Knows nothing of patterns; a form that every cell of a format needs belongs here.

use super::{
    MICROS_PER_DAY, MICROS_PER_SECOND,
    civil::{DAYS_BEFORE_EPOCH, FOUR_DIGIT_DAYS, civil_from_days, march_date, split_instant},
};

/// The decimal digits of 0 to 99; longer than needed so that a mask replaces the bounds check.
static PAIRS: [[u8; 2]; 128] = {
    let mut pairs = [*b"00"; 128];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// The years 0 to 9999. A run of dates touches a few lines of it.
static YEARS: [[u8; 4]; 10_000] = {
    let mut years = [*b"0000"; 10_000];
    let mut year = 0;
    while year < 10_000 {
        let ([a, b], [c, d]) = (PAIRS[year / 100], PAIRS[year % 100]);
        years[year] = [a, b, c, d];
        year += 1;
    }
    years
};

/// `-MM-dd` of the days of a year that starts on 1 March.
static ISO_DAYS: [[u8; 8]; 366] = {
    let mut days = [*b"-00-00\0\0"; 366];
    let mut day = 0;
    while day < 366 {
        let ([a, b], [c, d]) = (PAIRS[march_month(day)], PAIRS[march_day(day)]);
        days[day] = [b'-', a, b, b'-', c, d, 0, 0];
        day += 1;
    }
    days
};

/// `dd/MM/` of the days of a year that starts on 1 March.
static SLASH_DAYS: [[u8; 8]; 366] = {
    let mut days = [*b"00/00/\0\0"; 366];
    let mut day = 0;
    while day < 366 {
        let ([a, b], [c, d]) = (PAIRS[march_day(day)], PAIRS[march_month(day)]);
        days[day] = [a, b, b'/', c, d, b'/', 0, 0];
        day += 1;
    }
    days
};

/// `THH:mm` of the minutes of a day.
static MINUTES: [[u8; 8]; 1_440] = {
    let mut minutes = [*b"T00:00\0\0"; 1_440];
    let mut minute = 0;
    while minute < 1_440 {
        let ([a, b], [c, d]) = (PAIRS[minute / 60], PAIRS[minute % 60]);
        minutes[minute] = [b'T', a, b, b':', c, d, 0, 0];
        minute += 1;
    }
    minutes
};

/// 1971-03-01: the year that starts there ends with 29 February.
const LONG_MARCH_YEAR: i32 = 424;

/// The month of a day of a year that starts on 1 March.
const fn march_month(day: usize) -> usize {
    civil_from_days(LONG_MARCH_YEAR + day as i32).1 as usize
}

/// The day of the month of a day of a year that starts on 1 March.
const fn march_day(day: usize) -> usize {
    civil_from_days(LONG_MARCH_YEAR + day as i32).2 as usize
}

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
pub(crate) fn iso_date(days: i32, out: &mut Vec<u8>) {
    match iso_date_fixed(days) {
        Some(digits) => out.extend_from_slice(&digits),
        None => expanded_date(days, out),
    }
}

/// `yyyy-MM-dd`; `None` when the year is not 0 to 9999.
#[inline]
pub(crate) fn iso_date_fixed(days: i32) -> Option<[u8; 10]> {
    four_digit_day(days).map(|day| {
        let (head, day) = iso_words(day);
        let mut digits = [0; 10];
        digits[..8].copy_from_slice(&head.to_le_bytes());
        digits[8..].copy_from_slice(&(day as u16).to_le_bytes());
        digits
    })
}

/// Appends `dd/MM/yyyy`.
#[inline]
pub(crate) fn slash_date(days: i32, out: &mut Vec<u8>) {
    match slash_date_fixed(days) {
        Some(digits) => out.extend_from_slice(&digits),
        None => expanded_slash_date(days, out),
    }
}

/// `dd/MM/yyyy`; `None` when the year is not 0 to 9999.
#[inline]
pub(crate) fn slash_date_fixed(days: i32) -> Option<[u8; 10]> {
    four_digit_day(days).map(|day| {
        let (year, day) = march_date(day);
        let year = u32::from_le_bytes(YEARS[year as usize]);
        // `dd/MM/yy` and `yy`.
        let head = u64::from_le_bytes(SLASH_DAYS[day as usize]) | u64::from(year) << 48;
        let mut digits = [0; 10];
        digits[..8].copy_from_slice(&head.to_le_bytes());
        digits[8..].copy_from_slice(&((year >> 16) as u16).to_le_bytes());
        digits
    })
}

/// Appends `yyyy-MM-ddTHH:mm:ssZ`, with `.SSS` or `.SSSSSS` when the fraction is not zero.
#[inline]
pub(crate) fn iso_instant(micros: i64, out: &mut Vec<u8>) {
    match iso_instant_fixed(micros) {
        Some(digits) => out.extend_from_slice(&digits),
        None => {
            uncommon_instant(micros, out);
        }
    }
}

/// `yyyy-MM-ddTHH:mm:ssZ`; `None` when the year is not 0 to 9999 or the fraction not zero.
#[inline]
pub(crate) fn iso_instant_fixed(micros: i64) -> Option<[u8; 20]> {
    match four_digit_micro(micros).map(split_micro) {
        Some((day, seconds, 0)) => Some(instant_digits(day, seconds)),
        _ => None,
    }
}

/// The day since 0000-01-01; `None` when the year is not 0 to 9999.
#[inline(always)]
fn four_digit_day(days: i32) -> Option<u32> {
    let day = (days as u32).wrapping_add(DAYS_BEFORE_EPOCH);
    (day < FOUR_DIGIT_DAYS).then_some(day)
}

/// The microsecond since 0000-01-01; `None` when the year is not 0 to 9999.
#[inline(always)]
fn four_digit_micro(micros: i64) -> Option<u64> {
    const BEFORE_EPOCH: u64 = DAYS_BEFORE_EPOCH as u64 * MICROS_PER_DAY as u64;
    const END: u64 = FOUR_DIGIT_DAYS as u64 * MICROS_PER_DAY as u64;
    let micro = (micros as u64).wrapping_add(BEFORE_EPOCH);
    (micro < END).then_some(micro)
}

/// Whole days, second of the day and microsecond of the second.
#[inline(always)]
fn split_micro(micro: u64) -> (u32, u32, u32) {
    let seconds = micro / MICROS_PER_SECOND as u64;
    let fraction = (micro - seconds * MICROS_PER_SECOND as u64) as u32;
    let day = (seconds / 86_400) as u32;
    (day, (seconds - u64::from(day) * 86_400) as u32, fraction)
}

/// `yyyy-MM-` in the first word, `dd` in the low bytes of the second one.
#[inline(always)]
fn iso_words(day: u32) -> (u64, u64) {
    let (year, day) = march_date(day);
    let year = u32::from_le_bytes(YEARS[year as usize]);
    let month_day = u64::from_le_bytes(ISO_DAYS[day as usize]);
    (u64::from(year) | month_day << 32, month_day >> 32)
}

/// `yyyy-MM-ddTHH:mm:ssZ`.
#[inline(always)]
fn instant_digits(day: u32, seconds: u32) -> [u8; 20] {
    let (head, day) = iso_words(day);
    let minute = u64::from_le_bytes(MINUTES[(seconds / 60) as usize]);
    let second = u32::from(u16::from_le_bytes(pair(seconds % 60)));
    // Bytes in the order in which they are stored: `dd` and `THH:mm`, then `:`, `ss` and `Z`.
    let middle = day | minute << 16;
    let tail = second << 8 | u32::from_le_bytes(*b":\0\0Z");
    let mut digits = [0; 20];
    digits[..8].copy_from_slice(&head.to_le_bytes());
    digits[8..16].copy_from_slice(&middle.to_le_bytes());
    digits[16..].copy_from_slice(&tail.to_le_bytes());
    digits
}

/// Appends the first `length` bytes: one copy of a constant length, cut off, beats a varying one.
#[inline(always)]
pub(super) fn append_cut(digits: &[u8], length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    out.extend_from_slice(digits);
    out.truncate(end);
}

/// `yyyy-MM-dd` of any year.
#[cold]
fn expanded_date(days: i32, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    expanded_year(year, out);
    for value in [month, day] {
        out.push(b'-');
        out.extend_from_slice(&pair(value));
    }
}

/// `dd/MM/yyyy` of any year.
#[cold]
fn expanded_slash_date(days: i32, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    for value in [day, month] {
        out.extend_from_slice(&pair(value));
        out.push(b'/');
    }
    expanded_year(year, out);
}

/// `yyyy-MM-ddTHH:mm:ssZ` of any instant, with a fraction when it is not zero.
#[inline(never)]
fn uncommon_instant(micros: i64, out: &mut Vec<u8>) {
    let (days, micros_of_day) = split_instant(micros);
    iso_date(days, out);
    let (_, seconds, fraction) = split_micro(micros_of_day as u64);
    out.extend_from_slice(&MINUTES[(seconds / 60) as usize][..6]);
    out.push(b':');
    out.extend_from_slice(&pair(seconds % 60));
    if fraction != 0 {
        out.push(b'.');
        let digits = if fraction.is_multiple_of(1_000) { 3 } else { 6 };
        out.extend_from_slice(&fraction_digits(fraction)[..digits]);
    }
    out.push(b'Z');
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
    use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::days_from_civil;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = b"kept ".to_vec();
        write(&mut out);
        String::from_utf8(out).unwrap().strip_prefix("kept ").unwrap().to_owned()
    }

    const SECOND: i64 = MICROS_PER_SECOND;

    /// The calendar repeats after 400 years.
    #[test]
    fn every_day_of_400_years_agrees_with_chrono() {
        for date in NaiveDate::from_ymd_opt(1999, 12, 31).unwrap().iter_days().take(146_099) {
            let days = date.to_epoch_days();
            assert_eq!(text(|out| iso_date(days, out)), date.to_string());
            let slashes = format!("{:02}/{:02}/{}", date.day(), date.month(), date.year());
            assert_eq!(text(|out| slash_date(days, out)), slashes);
        }
    }

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
        }

        #[test]
        fn any_value_has_a_text(days: i32, micros: i64) {
            text(|out| iso_date(days, out));
            text(|out| slash_date(days, out));
            text(|out| iso_instant(micros, out));
        }
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
        assert_eq!(text(|out| iso_instant(i64::MIN, out)), "-290308-12-21T19:59:05.224192Z");
        assert_eq!(iso_date_fixed(date(-1)), None);
        assert_eq!(slash_date_fixed(date(10_000)), None);
    }
}
