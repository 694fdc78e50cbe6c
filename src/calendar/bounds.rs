//! Reads the dates and instants that a model writes: `min_date`, `max_date`, possible values.
//!
//! A field's own [`Pattern`] is tried first where it has one, then the forms that every model may
//! use ([`ACCEPTED_FORMS`]). Knows nothing of which attribute a text comes from: the caller adds
//! the place.

use super::{
    civil,
    iso::{self, Fault},
    pattern::{Pattern, ReadError},
};
use crate::problems::excerpt;

/// The forms of a date or an instant that every model may use, for messages.
pub const ACCEPTED_FORMS: &str = "`d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` \
    or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)";

/// Why a text is not a date or an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundError {
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
pub fn parse_date(text: &str) -> Result<i32, BoundError> {
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
pub fn parse_instant(text: &str) -> Result<i64, BoundError> {
    let reading = iso::read(text).map_err(|fault| refused(text, fault))?;
    reading.instant().ok_or_else(|| out_of_range(text))
}

/// [`parse_date`], trying the field's own pattern first.
///
/// # Errors
/// As [`parse_date`]; with a pattern, [`BoundError::Pattern`] when the text follows no form at all.
pub fn parse_date_as(text: &str, pattern: Option<&Pattern>) -> Result<i32, BoundError> {
    pattern_first(text, pattern, |micros| civil::split_instant(micros).0, parse_date)
}

/// [`parse_instant`], trying the field's own pattern first.
///
/// # Errors
/// As [`parse_instant`]; with a pattern, [`BoundError::Pattern`] when the text follows no form at all.
pub fn parse_instant_as(text: &str, pattern: Option<&Pattern>) -> Result<i64, BoundError> {
    pattern_first(text, pattern, |micros| micros, parse_instant)
}

fn pattern_first<T>(
    text: &str,
    pattern: Option<&Pattern>,
    convert: fn(i64) -> T,
    otherwise: fn(&str) -> Result<T, BoundError>,
) -> Result<T, BoundError> {
    let Some(pattern) = pattern else {
        return otherwise(text);
    };
    let source = match pattern.parse(text.trim()) {
        Ok(micros) => return Ok(convert(micros)),
        Err(source) => source,
    };
    otherwise(text).map_err(|error| match error {
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
            for write in [text::iso_instant, text::local_date_time] {
                out.clear();
                write(micros, &mut out);
                prop_assert_eq!(parse_instant(str::from_utf8(&out).unwrap()), Ok(micros));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*", digits in "[-+0-9:/.TZ ]{0,40}") {
            let _ = (parse_instant(&text), parse_date(&text));
            let _ = (parse_instant(&digits), parse_date(&digits));
        }
    }
}
