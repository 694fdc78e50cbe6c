//! Reads the date forms that every model may use: `d/M/yyyy` and ISO 8601.
//!
//! One pass over the bytes, no allocation. Knows nothing of patterns; the errors for users are
//! made in [`bounds`](super::bounds).

use super::{MICROS_PER_SECOND, civil};

/// A date, a time of that day and the offset from UTC that it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) days: i32,
    pub(super) micros_of_day: i64,
    pub(super) offset_seconds: i32,
    /// Whether a time is written; without one the whole day is meant.
    pub(super) has_time: bool,
}

impl Reading {
    /// The instant in UTC; `None` beyond `i64`.
    pub(super) fn instant(self) -> Option<i64> {
        let local = self.micros_of_day - i64::from(self.offset_seconds) * MICROS_PER_SECOND;
        civil::instant_from_days(self.days, local)
    }
}

/// Why a text was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has none of the forms.
    Form,
    /// It has the form of a date, but the calendar has no such month.
    Month { month: u32 },
    /// It has the form of a date, but the month has no such day.
    Day { year: i32, month: u32, day: u32 },
    /// The hour, minute or second is beyond 23:59:59.
    Time,
    /// The offset is beyond 18 hours, the most that ISO writers and Java accept.
    Offset,
    /// The date is beyond what days in an `i32` can hold.
    Range,
}

/// The part of a text that is still to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes() }
    }

    /// Takes one of `bytes` if it comes next, and returns it.
    pub(super) fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        bytes.contains(first).then(|| {
            self.rest = rest;
            *first
        })
    }

    /// How many digits come next.
    pub(super) fn digit_count(&self) -> usize {
        self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// Takes all digits that come next, which must be `min` to `max` of them, at most 18.
    pub(super) fn number(&mut self, min: usize, max: usize) -> Option<u64> {
        let count = self.digit_count();
        (min..=max).contains(&count).then(|| self.digits(count))
    }

    /// Takes exactly two digits.
    fn two(&mut self) -> Option<u32> {
        (self.digit_count() >= 2).then(|| self.digits(2) as u32)
    }

    /// Takes `count` bytes known to be digits, at most 18 of them.
    fn digits(&mut self, count: usize) -> u64 {
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
    }

    /// Takes an offset: `Z`, `+HH`, `+HHMM`, `+HH:MM`, `+HHMMSS` or `+HH:MM:SS`, in seconds.
    pub(super) fn offset(&mut self) -> Result<i32, Fault> {
        if self.one_of(b"Zz").is_some() {
            return Ok(0);
        }
        self.signed_offset(2)
    }

    /// Takes what follows `GMT`: an offset whose hour may have one digit (`+3`, `+3:30`).
    pub(super) fn short_offset(&mut self) -> Result<i32, Fault> {
        // One digit alone; `+0330` begins with two digits of an hour.
        let digits = Self { rest: self.rest.get(1..).unwrap_or_default() }.digit_count();
        self.signed_offset(if digits == 1 { 1 } else { 2 })
    }

    fn signed_offset(&mut self, hour_digits: usize) -> Result<i32, Fault> {
        let sign = if self.one_of(b"+-").ok_or(Fault::Form)? == b'-' { -1 } else { 1 };
        if self.digit_count() < hour_digits {
            return Err(Fault::Form);
        }
        let hours = self.digits(hour_digits) as u32;
        let colon = self.rest.first() == Some(&b':');
        let mut parts = [0, 0];
        for part in &mut parts {
            let before = *self;
            if colon && self.one_of(b":").is_none() {
                break;
            }
            let Some(value) = self.two() else {
                *self = before;
                break;
            };
            *part = value;
        }
        let [minutes, seconds] = parts;
        let total = hours * 3_600 + minutes * 60 + seconds;
        if minutes > 59 || seconds > 59 || total > 18 * 3_600 {
            return Err(Fault::Offset);
        }
        Ok(sign * total as i32)
    }
}

/// Reads `d/M/yyyy` or `yyyy-MM-dd`, either followed by a time or not.
///
/// The time is `HH:mm`, `HH:mm:ss` or `HH:mm:ss.fraction` (1 to 9 digits, cut to microseconds)
/// after a `T` or blanks, and may be followed by an offset.
pub(super) fn read(text: &str) -> Result<Reading, Fault> {
    let mut scanner = Scanner::new(text.trim());
    let days = date(&mut scanner)?;
    let mut reading = Reading { days, micros_of_day: 0, offset_seconds: 0, has_time: false };
    if scanner.rest.is_empty() {
        return Ok(reading);
    }
    scanner.one_of(b"Tt ").ok_or(Fault::Form)?;
    while scanner.one_of(b" ").is_some() {}
    reading.micros_of_day = time(&mut scanner)?;
    reading.has_time = true;
    while scanner.one_of(b" ").is_some() {}
    if !scanner.rest.is_empty() {
        reading.offset_seconds = scanner.offset()?;
    }
    if scanner.rest.is_empty() { Ok(reading) } else { Err(Fault::Form) }
}

fn date(scanner: &mut Scanner<'_>) -> Result<i32, Fault> {
    let sign = scanner.one_of(b"+-");
    let count = scanner.digit_count();
    let first = scanner.number(1, 9).ok_or(Fault::Form)?;
    let (year, month, day) = if sign.is_none() && count <= 2 && scanner.one_of(b"/").is_some() {
        let month = scanner.number(1, 2).ok_or(Fault::Form)?;
        scanner.one_of(b"/").ok_or(Fault::Form)?;
        // A year of two digits could be of any century.
        (scanner.number(4, 9).ok_or(Fault::Form)? as i32, month, first)
    } else {
        // An expanded year has a sign, so that `20240101-...` is not taken for a year.
        if count < 4 || (count > 4 && sign.is_none()) {
            return Err(Fault::Form);
        }
        let mut rest = [0, 0];
        for part in &mut rest {
            scanner.one_of(b"-").ok_or(Fault::Form)?;
            *part = u64::from(scanner.two().ok_or(Fault::Form)?);
        }
        let [month, day] = rest;
        (if sign == Some(b'-') { -(first as i32) } else { first as i32 }, month, day)
    };
    let (month, day) = (month as u32, day as u32);
    if !(1..=12).contains(&month) {
        return Err(Fault::Month { month });
    }
    if !(1..=civil::days_in_month(year, month)).contains(&day) {
        return Err(Fault::Day { year, month, day });
    }
    civil::days_from_civil(year, month, day).ok_or(Fault::Range)
}

fn time(scanner: &mut Scanner<'_>) -> Result<i64, Fault> {
    let hour = scanner.two().ok_or(Fault::Form)?;
    scanner.one_of(b":").ok_or(Fault::Form)?;
    let minute = scanner.two().ok_or(Fault::Form)?;
    let mut second = 0;
    let mut micros = 0;
    if scanner.one_of(b":").is_some() {
        second = scanner.two().ok_or(Fault::Form)?;
        if scanner.one_of(b".,").is_some() {
            let count = scanner.digit_count();
            let fraction = scanner.number(1, 9).ok_or(Fault::Form)?;
            let nanos = fraction * 10_u64.pow(9 - count as u32);
            micros = (nanos / 1_000) as i64;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Fault::Time);
    }
    Ok(i64::from(hour * 3_600 + minute * 60 + second) * MICROS_PER_SECOND + micros)
}
