//! Dates and points in time: values of their own in scripts, with getters and arithmetic.

use rhai::Engine;

use super::function::{Form, Function, Group, form};
use super::{Answer, Host};
use crate::calendar::civil::{days_in_month, iso_weekday, split_instant};
use crate::calendar::text::{iso_date, iso_instant};
use crate::calendar::{
    MICROS_PER_DAY, MICROS_PER_SECOND, Pattern, civil_from_days, days_from_civil, parse_date,
    parse_instant,
};
use crate::sandbox::rhai::watch::aside;

/// A civil date: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox::rhai) struct Date(pub(in crate::sandbox::rhai) i32);

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox::rhai) struct Timestamp(pub(in crate::sandbox::rhai) i64);

/// Patterns that a script used, the last ones: compiling one costs more than writing many dates.
#[derive(Debug, Default)]
pub(in crate::sandbox::rhai) struct Patterns(Vec<Pattern>);

/// Most patterns that are kept at a time.
const MOST_PATTERNS: usize = 16;

impl Host {
    fn pattern(&mut self, text: &str) -> Answer<&Pattern> {
        let patterns = &mut self.dates.0;
        let place = match patterns.iter().position(|known| known.text() == text) {
            Some(place) => place,
            None => {
                let pattern =
                    aside(|| Pattern::compile(text)).map_err(|error| error.to_string())?;
                if patterns.len() == MOST_PATTERNS {
                    patterns.remove(0);
                }
                patterns.push(pattern);
                patterns.len() - 1
            }
        };
        Ok(&patterns[place])
    }

    fn format_micros(&mut self, micros: i64, pattern: &str) -> Answer<String> {
        let mut out = Vec::new();
        self.pattern(pattern)?.format(micros, &mut out);
        Ok(written(&out))
    }
}

fn written(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn midnight(date: Date) -> i64 {
    i64::from(date.0) * MICROS_PER_DAY
}

fn date_of(time: Timestamp) -> Date {
    Date(split_instant(time.0).0)
}

fn date(year: i64, month: i64, day: i64) -> Answer<Date> {
    let part = |value: i64| u32::try_from(value).ok();
    let days =
        i32::try_from(year).ok().and_then(|year| days_from_civil(year, part(month)?, part(day)?));
    days.map(Date).ok_or_else(|| format!("date({year}, {month}, {day}): there is no such day"))
}

fn add_days(date: Date, days: i64) -> Answer<Date> {
    let sum = i64::from(date.0).checked_add(days).and_then(|sum| i32::try_from(sum).ok());
    sum.map(Date).ok_or_else(|| format!("add_days(…, {days}): the date is out of range"))
}

/// The same day of a later month; its last day where it is shorter.
fn add_months(date: Date, months: i64) -> Answer<Date> {
    let (year, month, day) = civil_from_days(date.0);
    let sum = (i64::from(year) * 12 + i64::from(month) - 1).checked_add(months);
    let moved = sum.and_then(|sum| {
        let year = i32::try_from(sum.div_euclid(12)).ok()?;
        let month = sum.rem_euclid(12) as u32 + 1;
        days_from_civil(year, month, day.min(days_in_month(year, month)))
    });
    moved.map(Date).ok_or_else(|| format!("add_months(…, {months}): the date is out of range"))
}

fn timestamp(text: &str) -> Answer<Timestamp> {
    parse_instant(text).map(Timestamp).map_err(|error| error.to_string())
}

fn add_seconds(time: Timestamp, seconds: f64) -> Answer<Timestamp> {
    let micros = libm::round(seconds * MICROS_PER_SECOND as f64);
    let moved = (micros.abs() < 9e18).then(|| time.0.checked_add(micros as i64)).flatten();
    moved.map(Timestamp).ok_or_else(|| "add_seconds: the time is out of range".to_owned())
}

pub(in crate::sandbox::rhai) fn date_text(date: Date) -> String {
    let mut out = Vec::new();
    iso_date(date.0, &mut out);
    written(&out)
}

pub(in crate::sandbox::rhai) fn timestamp_text(time: Timestamp) -> String {
    let mut out = Vec::new();
    iso_instant(time.0, &mut out);
    written(&out)
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::Dates,
        signature: "date(year, month, day), date(timestamp)",
        doc: "a date, or that of a point in time",
        forms: &[
            form!(pure "date"(year: Int, month: Int, day: Int) -> Date, |_| date(year, month, day)),
            form!(pure "date"(time: Time) -> Date, |_| Ok(date_of(time))),
        ],
        others: Some(|engine| {
            engine.register_type_with_name::<Date>("date");
            register_comparisons::<Date>(engine);
        }),
    },
    Function {
        group: Group::Dates,
        signature: "parse_date(text)",
        doc: "the date of a text such as `2026-01-31`",
        forms: &[form!(pure "parse_date"(text: Text) -> Date, |_| {
            parse_date(text).map(Date).map_err(|error| error.to_string())
        })],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "timestamp(text), timestamp(date)",
        doc: "the point in time of a text such as `2026-01-31T23:59:59Z`, or the beginning of a date",
        forms: &[
            form!(pure "timestamp"(text: Text) -> Time, |_| timestamp(text)),
            form!(pure "timestamp"(date: Date) -> Time, |_| Ok(Timestamp(midnight(date)))),
        ],
        others: Some(|engine| {
            engine.register_type_with_name::<Timestamp>("timestamp");
            register_comparisons::<Timestamp>(engine);
        }),
    },
    Function {
        group: Group::Dates,
        signature: "add_days(date, days)",
        doc: "the date so many days later",
        forms: &[form!(pure "add_days"(date: Date, days: Int) -> Date, |_| add_days(date, days))],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "add_months(date, months)",
        doc: "the same day of a later month, its last day where it is shorter",
        forms: &[form!(pure "add_months"(date: Date, months: Int) -> Date, |_| {
            add_months(date, months)
        })],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "add_years(date, years)",
        doc: "the same day of a later year",
        forms: &[form!(pure "add_years"(date: Date, years: Int) -> Date, |_| {
            add_months(date, years.saturating_mul(12))
        })],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "add_seconds(timestamp, seconds)",
        doc: "the point in time so many seconds later, whole or with a fraction",
        forms: &[
            form!(pure "add_seconds"(time: Time, seconds: Int) -> Time, |_| {
                add_seconds(time, seconds as f64)
            }),
            form!(pure "add_seconds"(time: Time, seconds: Float) -> Time, |_| {
                add_seconds(time, seconds)
            }),
        ],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "days_between(from, to)",
        doc: "the days from one date to another",
        forms: &[form!(pure "days_between"(from: Date, to: Date) -> Int, |_| {
            Ok(i64::from(to.0) - i64::from(from.0))
        })],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "format_date(date, pattern)",
        doc: "a date or point in time as text, by a pattern such as `yyyy-MM-dd`",
        forms: &[
            form!(pure "format_date"(date: Date, pattern: Text) -> Text, |h| {
                h.format_micros(midnight(date), pattern)
            }),
            form!(pure "format_date"(time: Time, pattern: Text) -> Text, |h| {
                h.format_micros(time.0, pattern)
            }),
        ],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "date.year, date.month, date.day, date.weekday",
        doc: "parts of a date or point in time; Monday is 1",
        forms: PARTS,
        others: Some(register_parts),
    },
    Function {
        group: Group::Dates,
        signature: "date.day_of_year, date.week, date.quarter",
        doc: "the day of the year from 1 on, the week by ISO 8601, the quarter of the year",
        forms: MORE_PARTS,
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "seconds_between(from, to)",
        doc: "the seconds from one point in time to another, with their fraction",
        forms: &[form!(pure "seconds_between"(from: Time, to: Time) -> Float, |_| {
            Ok((i128::from(to.0) - i128::from(from.0)) as f64 / MICROS_PER_SECOND as f64)
        })],
        others: None,
    },
    Function {
        group: Group::Dates,
        signature: "timestamp.hour, timestamp.minute, timestamp.second, timestamp.epoch_millis",
        doc: "parts of a point in time",
        forms: TIMES,
        others: Some(register_times),
    },
    Function {
        group: Group::Dates,
        signature: "date.to_string()",
        doc: "a date or point in time as ISO 8601 writes it",
        forms: &[
            form!(lowered pure "to_string"(date: Date) -> Text, |_| Ok(date_text(date))),
            form!(lowered pure "to_string"(time: Time) -> Text, |_| Ok(timestamp_text(time))),
        ],
        others: Some(|engine| {
            for name in ["to_string", "to_debug"] {
                engine.register_fn(name, |date: &mut Date| date_text(*date));
                engine.register_fn(name, |time: &mut Timestamp| timestamp_text(*time));
            }
        }),
    },
];

/// Parts of dates and points in time, as the lowered tier reads them: by the names that the interpreter gives getters.
const PARTS: &[Form] = &[
    form!(lowered pure "get$year"(date: Date) -> Int, |_| Ok(year(date))),
    form!(lowered pure "get$month"(date: Date) -> Int, |_| Ok(month(date))),
    form!(lowered pure "get$day"(date: Date) -> Int, |_| Ok(day(date))),
    form!(lowered pure "get$weekday"(date: Date) -> Int, |_| Ok(weekday(date))),
    form!(lowered pure "get$year"(time: Time) -> Int, |_| Ok(year(date_of(time)))),
    form!(lowered pure "get$month"(time: Time) -> Int, |_| Ok(month(date_of(time)))),
    form!(lowered pure "get$day"(time: Time) -> Int, |_| Ok(day(date_of(time)))),
    form!(lowered pure "get$weekday"(time: Time) -> Int, |_| Ok(weekday(date_of(time)))),
];

/// The same of the year as a whole.
const MORE_PARTS: &[Form] = &[
    form!(lowered pure "get$day_of_year"(date: Date) -> Int, |_| Ok(day_of_year(date))),
    form!(lowered pure "get$week"(date: Date) -> Int, |_| Ok(week(date))),
    form!(lowered pure "get$quarter"(date: Date) -> Int, |_| Ok(quarter(date))),
    form!(lowered pure "get$day_of_year"(time: Time) -> Int, |_| Ok(day_of_year(date_of(time)))),
    form!(lowered pure "get$week"(time: Time) -> Int, |_| Ok(week(date_of(time)))),
    form!(lowered pure "get$quarter"(time: Time) -> Int, |_| Ok(quarter(date_of(time)))),
];

/// The same for what only points in time have.
const TIMES: &[Form] = &[
    form!(lowered pure "get$hour"(time: Time) -> Int, |_| Ok(time_part(time, 3_600, 24))),
    form!(lowered pure "get$minute"(time: Time) -> Int, |_| Ok(time_part(time, 60, 60))),
    form!(lowered pure "get$second"(time: Time) -> Int, |_| Ok(time_part(time, 1, 60))),
    form!(lowered pure "get$epoch_millis"(time: Time) -> Int, |_| Ok(time.0.div_euclid(1_000))),
];

fn year(date: Date) -> i64 {
    i64::from(civil_from_days(date.0).0)
}

fn month(date: Date) -> i64 {
    i64::from(civil_from_days(date.0).1)
}

fn day(date: Date) -> i64 {
    i64::from(civil_from_days(date.0).2)
}

fn weekday(date: Date) -> i64 {
    i64::from(iso_weekday(date.0))
}

fn quarter(date: Date) -> i64 {
    (month(date) + 2) / 3
}

fn day_of_year(date: Date) -> i64 {
    let first = days_from_civil(civil_from_days(date.0).0, 1, 1).unwrap_or(date.0);
    i64::from(date.0 - first) + 1
}

/// The week by ISO 8601: that of a year's first Thursday is its first.
fn week(date: Date) -> i64 {
    let thursday = Date(date.0.saturating_add(4 - iso_weekday(date.0) as i32));
    (day_of_year(thursday) - 1) / 7 + 1
}

/// The part of the day's time that is counted in units of so many seconds, up to `count`.
fn time_part(time: Timestamp, unit: i64, count: i64) -> i64 {
    split_instant(time.0).1 / (unit * MICROS_PER_SECOND) % count
}

fn register_parts(engine: &mut Engine) {
    for (name, part) in [
        ("year", year as fn(Date) -> i64),
        ("month", month),
        ("day", day),
        ("weekday", weekday),
        ("day_of_year", day_of_year),
        ("week", week),
        ("quarter", quarter),
    ] {
        engine.register_get(name, move |date: &mut Date| part(*date));
        engine.register_get(name, move |time: &mut Timestamp| part(date_of(*time)));
    }
}

fn register_times(engine: &mut Engine) {
    for (name, unit, count) in [("hour", 3_600, 24), ("minute", 60, 60), ("second", 1, 60)] {
        engine.register_get(name, move |time: &mut Timestamp| time_part(*time, unit, count));
    }
    engine.register_get("epoch_millis", |time: &mut Timestamp| time.0.div_euclid(1_000));
}

fn register_comparisons<T: Ord + Copy + Send + Sync + 'static>(engine: &mut Engine) {
    engine.register_fn("==", |a: T, b: T| a == b);
    engine.register_fn("!=", |a: T, b: T| a != b);
    engine.register_fn("<", |a: T, b: T| a < b);
    engine.register_fn("<=", |a: T, b: T| a <= b);
    engine.register_fn(">", |a: T, b: T| a > b);
    engine.register_fn(">=", |a: T, b: T| a >= b);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_as_calendars_do() {
        let start = date(2024, 1, 31).unwrap();
        assert_eq!(date_text(add_months(start, 1).unwrap()), "2024-02-29");
        assert_eq!(date_text(add_months(start, -11).unwrap()), "2023-02-28");
        assert_eq!(date_text(add_days(start, 1).unwrap()), "2024-02-01");
        for wrong in [(2023, 2, 29), (2023, 0, 1), (i64::MAX, 1, 1), (2023, 1, -1)] {
            assert!(date(wrong.0, wrong.1, wrong.2).is_err());
        }
        assert!(add_days(start, i64::MAX).is_err() && add_months(start, i64::MAX).is_err());
        let time = timestamp("2024-01-31T23:59:59Z").unwrap();
        assert_eq!(timestamp_text(add_seconds(time, 1.5).unwrap()), "2024-02-01T00:00:00.500Z");
        assert!(add_seconds(time, f64::NAN).is_err());
        let parts = |text: &str| {
            let date = Date(parse_date(text).unwrap());
            (day_of_year(date), week(date), quarter(date))
        };
        assert_eq!(parts("2024-12-31"), (366, 1, 4));
        assert_eq!(parts("2021-01-03"), (3, 53, 1));
        assert_eq!(parts("2026-04-01"), (91, 14, 2));
    }
}
