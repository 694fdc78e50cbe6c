//! Reads the dates and instants that a model writes: `min_date`, `max_date`, possible values.
//!
//! A field's own [`Pattern`] is tried first where it has one, then the forms that every model may
//! use ([`ACCEPTED_FORMS`]). Knows nothing of which attribute a text comes from: the caller adds
//! the place.

use super::{
    MICROS_PER_DAY, civil,
    iso::{self, Fault},
    pattern::{Pattern, ReadError},
};
use crate::problems::excerpt;

/// The forms of a date or an instant that every model may use, for messages.
pub(crate) const ACCEPTED_FORMS: &str = "`d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` \
    or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)";

/// Why a text is not a date or an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BoundError {
    /// The text has none of the accepted forms.
    #[error("`{text}` is not a date, expected {ACCEPTED_FORMS}")]
    Form {
        /// What was found, shortened.
        text: String,
    },
    /// The text follows neither the field's pattern nor one of the accepted forms.
    #[error("`{text}` is not a date, expected the pattern `{pattern}`, {ACCEPTED_FORMS}")]
    Pattern {
        /// What was found, shortened.
        text: String,
        /// The field's pattern, shortened.
        pattern: String,
        /// Where the text leaves the pattern.
        source: ReadError,
    },
    /// The calendar has no such month.
    #[error("`{text}` has month {month}, expected 1 to 12 (in `d/M/yyyy` the day comes first)")]
    Month {
        /// What was found, shortened.
        text: String,
        /// The month that does not exist.
        month: u32,
    },
    /// The month has no such day.
    #[error("`{text}` has day {day}, expected 1 to {last} in month {month} of {year}")]
    Day {
        /// What was found, shortened.
        text: String,
        /// The year read.
        year: i32,
        /// The month read.
        month: u32,
        /// The day that does not exist.
        day: u32,
        /// The last day of that month.
        last: u32,
    },
    /// The day has no such time.
    #[error("`{text}` has an impossible time, expected `00:00:00` to `23:59:59`")]
    Time {
        /// What was found, shortened.
        text: String,
    },
    /// There is no such offset from UTC.
    #[error("`{text}` has an impossible offset, expected `-18:00` to `+18:00`")]
    Offset {
        /// What was found, shortened.
        text: String,
    },
    /// The date or instant exists but cannot be held.
    #[error("`{text}` is too far away, expected a year from {first_year} to {last_year}")]
    Range {
        /// What was found, shortened.
        text: String,
        /// The first year that is held in full.
        first_year: i32,
        /// The last year that is held in full.
        last_year: i32,
    },
}

/// Reads a date: days since 1970-01-01. Of an instant, its day in UTC.
///
/// # Errors
/// When the text has none of the [`ACCEPTED_FORMS`], or names what does not exist.
pub(crate) fn parse_date(text: &str) -> Result<i32, BoundError> {
    let reading = iso::read(text).map_err(|fault| refused(text, fault))?;
    if reading.offset_seconds == 0 {
        return Ok(reading.days);
    }
    let instant = reading.instant().ok_or_else(|| out_of_range(text))?;
    Ok(civil::split_instant(instant).0)
}

/// Reads an instant: microseconds since 1970-01-01T00:00:00Z. Of a date, its midnight in UTC.
///
/// Without an offset the time is UTC; an offset is applied. Beyond microseconds a fraction is cut.
///
/// # Errors
/// When the text has none of the [`ACCEPTED_FORMS`], names what does not exist, or lies beyond
/// what an `i64` of microseconds holds.
pub(crate) fn parse_instant(text: &str) -> Result<i64, BoundError> {
    let reading = iso::read(text).map_err(|fault| refused(text, fault))?;
    reading.instant().ok_or_else(|| out_of_range(text))
}

/// What a text says about time: an instant, or the whole day where no time is written.
///
/// As the lower end of a range a day begins at its midnight, as the upper end it lasts to its last microsecond,
/// and an instant equals it that lies within. Whoever takes a date as a bound takes it from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// The instant, or the midnight that a day begins with: microseconds since 1970-01-01T00:00:00Z.
    pub(crate) first: i64,
    /// The instant, or the last microsecond of the day.
    pub(crate) last: i64,
    /// Whether no time is written.
    pub(crate) is_of_days: bool,
}

impl Period {
    fn instant(micros: i64) -> Self {
        Self { first: micros, last: micros, is_of_days: false }
    }

    fn days(midnight: i64, count: i64) -> Self {
        // The last day of an `i64` ends early.
        let last = midnight.saturating_add(count * MICROS_PER_DAY - 1);
        Self { first: midnight, last, is_of_days: true }
    }

    /// The days that `pattern` writes like the one that begins with `midnight`: those of a month for `MM/yyyy`.
    fn alike(midnight: i64, pattern: &Pattern) -> Self {
        /// Days of a year: what is alike for longer says nothing about the day.
        const MOST: i64 = 366;
        let written = |day: i64| {
            let mut text = Vec::new();
            pattern.format(midnight.saturating_add(day * MICROS_PER_DAY), &mut text);
            text
        };
        let text = written(0);
        let alike = (1..=MOST).take_while(|day| written(*day) == text).count() as i64;
        Self::days(midnight, if alike < MOST { 1 + alike } else { 1 })
    }
}

/// Reads an instant or a day in one of the [`ACCEPTED_FORMS`], or in the field's own pattern, which is tried
/// first. A pattern whose letters show no time makes a day, or the month or year that it shows.
///
/// # Errors
/// As [`parse_instant`]; with a pattern, [`BoundError::Pattern`] when the text follows no form at all.
pub(crate) fn parse_period(text: &str, pattern: Option<&Pattern>) -> Result<Period, BoundError> {
    let usual = || {
        let reading = iso::read(text).map_err(|fault| refused(text, fault))?;
        let instant = reading.instant().ok_or_else(|| out_of_range(text))?;
        Ok(if reading.has_time { Period::instant(instant) } else { Period::days(instant, 1) })
    };
    let Some(pattern) = pattern else { return usual() };
    let source = match pattern.parse(text.trim()) {
        Ok(micros) if pattern.is_of_days() => return Ok(Period::alike(micros, pattern)),
        Ok(micros) => return Ok(Period::instant(micros)),
        Err(source) => source,
    };
    usual().map_err(|error| match error {
        BoundError::Form { text } => {
            BoundError::Pattern { text, pattern: excerpt(pattern.text()), source }
        }
        error => error,
    })
}

fn refused(found: &str, fault: Fault) -> BoundError {
    let text = excerpt(found.trim());
    match fault {
        Fault::Form => BoundError::Form { text },
        Fault::Month { month } => BoundError::Month { text, month },
        Fault::Day { year, month, day } => {
            let last = civil::days_in_month(year, month);
            BoundError::Day { text, year, month, day, last }
        }
        Fault::Time => BoundError::Time { text },
        Fault::Offset => BoundError::Offset { text },
        Fault::Range => BoundError::Range { text, first_year: -5_877_640, last_year: 5_881_579 },
    }
}

fn out_of_range(found: &str) -> BoundError {
    BoundError::Range { text: excerpt(found.trim()), first_year: -290_307, last_year: 294_246 }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::text;

    fn instant(rfc3339: &str) -> i64 {
        DateTime::parse_from_rfc3339(rfc3339).unwrap().timestamp_micros()
    }

    #[test]
    fn every_accepted_form_is_read() {
        for (text, expected) in [
            ("1/1/1955", "1955-01-01T00:00:00Z"),
            ("01/12/2024", "2024-12-01T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("2024-02-14 13:56:59", "2024-02-14T13:56:59Z"),
            ("2011-12-03T10:15:30Z", "2011-12-03T10:15:30Z"),
            ("2011-12-03T10:15:30", "2011-12-03T10:15:30Z"),
            ("2011-12-03t10:15:30z", "2011-12-03T10:15:30Z"),
            ("2011-12-03T10:15", "2011-12-03T10:15:00Z"),
            ("2011-12-03T10:15:30.5Z", "2011-12-03T10:15:30.500Z"),
            ("2011-12-03T10:15:30,123456789Z", "2011-12-03T10:15:30.123456Z"),
            ("2011-12-03T10:15:30+02:00", "2011-12-03T08:15:30Z"),
            ("2011-12-03T10:15:30-0330", "2011-12-03T13:45:30Z"),
            ("2011-12-03 10:15:30 +02", "2011-12-03T08:15:30Z"),
            ("2011-12-03T10:15:30+02:00:30", "2011-12-03T08:15:00Z"),
            ("  1/2/2003 04:05:06  ", "2003-02-01T04:05:06Z"),
        ] {
            assert_eq!(parse_instant(text), Ok(instant(expected)), "{text}");
            let day = instant(expected).div_euclid(super::super::MICROS_PER_DAY);
            assert_eq!(parse_date(text).map(i64::from), Ok(day), "{text}");
        }
    }

    #[test]
    fn an_offset_can_move_the_day() {
        let day = parse_date("2024-01-01").unwrap();
        assert_eq!(parse_date("2024-01-01T00:30:00+01:00"), Ok(day - 1));
        assert_eq!(parse_date("2024-01-01T23:30:00-01:00"), Ok(day + 1));
    }

    // Issue 9, F1.
    #[test]
    fn a_date_without_a_time_is_a_whole_day() {
        let read = |text, pattern: Option<&str>| {
            let pattern = pattern.map(|pattern| Pattern::compile(pattern).unwrap());
            parse_period(text, pattern.as_ref()).unwrap()
        };
        let day = Period {
            first: instant("2024-12-31T00:00:00Z"),
            last: instant("2024-12-31T23:59:59.999999Z"),
            is_of_days: true,
        };
        for text in ["2024-12-31", "31/12/2024", " 2024-12-31 "] {
            assert_eq!(read(text, None), day);
            assert_eq!(read(text, Some("yyyy-MM-dd HH:mm")), day);
        }
        assert_eq!(read("Tuesday 31 December 2024", Some("EEEE d MMMM yyyy")), day);
        let noon = instant("2024-12-31T12:00:00Z");
        let exact = Period { first: noon, last: noon, is_of_days: false };
        for text in ["2024-12-31 12:00", "2024-12-31T14:00:00+02:00", "31/12/2024 12:00:00.0"] {
            assert_eq!(read(text, None), exact);
        }
        assert_eq!(read("2024 12 31 12", Some("yyyy MM dd HH")), exact);
        // What shows a month or a year alone means all of it.
        let last = day.last;
        let month = Period { first: instant("2024-12-01T00:00:00Z"), last, is_of_days: true };
        assert_eq!(read("12/2024", Some("MM/yyyy")), month);
        let year = Period { first: instant("2024-01-01T00:00:00Z"), last, is_of_days: true };
        assert_eq!(read("2024", Some("yyyy")), year);
        assert_eq!(read("AD", Some("G")).last, MICROS_PER_DAY - 1);
        // A midnight that is written is a midnight.
        assert!(!read("2024-12-31T00:00", None).is_of_days);
        assert_eq!(read("+294247-01-10", None).last, i64::MAX);
    }

    #[test]
    fn expanded_years_are_read_and_the_ends_refused() {
        assert_eq!(parse_date("-0001-01-01"), Ok(-719_893));
        assert_eq!(parse_date("+5881580-07-11"), Ok(i32::MAX));
        assert_eq!(parse_date("-5877641-06-23"), Ok(i32::MIN));
        assert!(matches!(parse_date("+5881580-07-12"), Err(BoundError::Range { .. })));
        assert!(matches!(parse_instant("+294248-01-01"), Err(BoundError::Range { .. })));
        assert_eq!(parse_instant("+294247-01-10T04:00:54.775807Z"), Ok(i64::MAX));
        assert_eq!(parse_instant("-290308-12-21T19:59:05.224192Z"), Ok(i64::MIN));
    }

    #[test]
    fn refusals_say_what_was_found_and_what_was_expected() {
        let message = |text: &str| parse_instant(text).unwrap_err().to_string();
        insta::assert_snapshot!(message("yesterday"), @"`yesterday` is not a date, expected `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)");
        insta::assert_snapshot!(message("12/31/2024"), @"`12/31/2024` has month 31, expected 1 to 12 (in `d/M/yyyy` the day comes first)");
        insta::assert_snapshot!(message("2023-02-29"), @"`2023-02-29` has day 29, expected 1 to 28 in month 2 of 2023");
        insta::assert_snapshot!(message("2024-02-14 24:00:00"), @"`2024-02-14 24:00:00` has an impossible time, expected `00:00:00` to `23:59:59`");
        insta::assert_snapshot!(message("2024-02-14T00:00:00+19:00"), @"`2024-02-14T00:00:00+19:00` has an impossible offset, expected `-18:00` to `+18:00`");
        insta::assert_snapshot!(message("1/1/999999999"), @"`1/1/999999999` is too far away, expected a year from -5877640 to 5881579");
        insta::assert_snapshot!(message("+294248-01-01"), @"`+294248-01-01` is too far away, expected a year from -290307 to 294246");
        for text in
            ["", "1/1/55", "2024-1-1", "20240101", "2024-01-01T", "2024-01-01Z", "1/1/2024x"]
        {
            assert!(matches!(parse_instant(text), Err(BoundError::Form { .. })), "{text}");
        }
        assert!(message(&"9".repeat(100_000)).len() < 400);
    }

    proptest! {
        #[test]
        fn written_dates_and_instants_come_back(days: i32, micros: i64) {
            let mut out = Vec::new();
            text::iso_date(days, &mut out);
            prop_assert_eq!(parse_date(str::from_utf8(&out).unwrap()), Ok(days));
            out.clear();
            text::iso_instant(micros, &mut out);
            prop_assert_eq!(parse_instant(str::from_utf8(&out).unwrap()), Ok(micros));
        }

        #[test]
        fn no_text_panics(text in "\\PC*", digits in "[-+0-9:/.TZ ]{0,40}") {
            let _ = (parse_instant(&text), parse_date(&text));
            let _ = (parse_instant(&digits), parse_date(&digits));
        }
    }
}
