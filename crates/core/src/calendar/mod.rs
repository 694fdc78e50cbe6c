//! Civil dates and times: days and microseconds in, text out, and back.
//!
//! Units everywhere below: a *date* is an `i32`, days since 1970-01-01 in the proleptic Gregorian
//! calendar; an *instant* is an `i64`, microseconds since 1970-01-01T00:00:00Z. The zone is UTC and
//! the language American English, whatever the machine says, so that a value never depends on it.
//!
//! | file | holds |
//! |---|---|
//! | [`civil`] | days to year, month, day and back; weekdays, weeks |
//! | [`text`] | the hot writers: ISO dates and instants, `dd/MM/yyyy` |
//! | [`bounds`] | reading the dates that a model writes (`min_date`, `possible_values`) |
//! | [`pattern`] | Java `DateTimeFormatter` patterns: compiled once, formatted per cell, read back |
//!
//! Knows nothing of fields, models or columns. Every function takes any input without a panic.

pub(crate) mod bounds;
pub(crate) mod civil;
mod iso;
pub(crate) mod pattern;
pub(crate) mod text;

pub(crate) use bounds::{Period, parse_date, parse_instant, parse_period};
pub(crate) use civil::{civil_from_days, days_from_civil};
pub(crate) use pattern::{DEFAULT_PATTERN, Pattern, Slip, slips};

/// Microseconds in one second.
pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in one day: days of an instant are all equal, leap seconds do not exist.
pub(crate) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
