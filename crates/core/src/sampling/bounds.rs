//! `min` and `max`: the ends of a range, in whatever unit the field type reads them.

use std::fmt::Display;

use crate::attributes::{Reader, scalar_text};
use crate::problems::excerpt;

use super::Refused;
use super::choices::warn_ignored;

/// One end of a range: the keys that name it, the first one given wins, and what holds without.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End<'a, T> {
    /// The keys, in order of preference; at least one.
    pub(crate) keys: &'a [&'a str],
    /// The end when no key is given.
    pub(crate) default: T,
    /// The default as a message shows it.
    pub(crate) shown: &'a str,
}

/// The ends of a range, `min <= max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds<T> {
    /// The lower end.
    pub(crate) min: T,
    /// The upper end.
    pub(crate) max: T,
}

/// Which end of a range is read: what a date without a time means depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The lower end.
    Low,
    /// The upper end.
    High,
}

/// Reads both ends; `read` reads one key and adds an error where it is wrong.
///
/// # Errors
///
/// After adding to the reader that an end is wrong, or that the lower one is above the upper one.
pub(crate) fn read<T: PartialOrd + Copy>(
    reader: &mut Reader<'_>,
    low: End<'_, T>,
    high: End<'_, T>,
    mut read: impl FnMut(&mut Reader<'_>, &str, Side) -> Option<T>,
) -> Result<Bounds<T>, Refused> {
    let min = read_end(reader, &low, |reader, key| read(reader, key, Side::Low));
    let max = read_end(reader, &high, |reader, key| read(reader, key, Side::High));
    let (min, max) = (min?, max?);
    if min > max {
        let (low_key, high_key) = (given(reader, low.keys), given(reader, high.keys));
        let message = format!(
            "{} is above {}",
            described(reader, low_key, &low),
            described(reader, high_key, &high)
        );
        let place = low_key.or(high_key).unwrap_or(low.keys[0]);
        reader.error(place, "empty_range", message);
        return Err(Refused);
    }
    Ok(Bounds { min, max })
}

/// Whether any end of a range is given.
pub(crate) fn any_given(reader: &Reader<'_>, keys: &[&str]) -> bool {
    keys.iter().any(|key| reader.has(key))
}

fn given<'a>(reader: &Reader<'_>, keys: &[&'a str]) -> Option<&'a str> {
    keys.iter().copied().find(|key| reader.has(key))
}

fn read_end<T: Copy>(
    reader: &mut Reader<'_>,
    end: &End<'_, T>,
    read: impl FnOnce(&mut Reader<'_>, &str) -> Option<T>,
) -> Result<T, Refused> {
    let Some(place) = end.keys.iter().position(|key| reader.has(key)) else {
        return Ok(end.default);
    };
    warn_ignored(reader, &end.keys[place + 1..], end.keys[place]);
    read(reader, end.keys[place]).ok_or(Refused)
}

/// The end as the user wrote it, or as it is when nothing is written.
fn described<T>(reader: &Reader<'_>, key: Option<&str>, end: &End<'_, T>) -> String {
    match key.and_then(|key| reader.value(key).and_then(scalar_text).map(|text| (key, text))) {
        Some((key, text)) => format!("`{key}` {}", excerpt(&text)),
        None => format!("`{}` ({} when it is not given)", end.keys[0], end.shown),
    }
}

/// Reads the text of `key` by `parse`, whose error says what was found and expected.
pub(crate) fn parsed<T, E: Display>(
    reader: &mut Reader<'_>,
    key: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    let text = reader.text(key)?;
    match parse(&text) {
        Ok(value) => Some(value),
        Err(reason) => {
            reader.error(key, "wrong_value", reason.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::problems::Problems;

    use super::*;

    fn bounds(json: &str) -> (Option<(i64, i64)>, String) {
        let object = serde_json::from_str(json).unwrap();
        let mut problems = Problems::default();
        let mut reader = Reader::new(&object, "/Fields/0", None, &mut problems);
        let low = End { keys: &["min_date", "min"], default: 0, shown: "0" };
        let high = End { keys: &["max_date", "max"], default: 100, shown: "100" };
        let integer = |reader: &mut Reader<'_>, key: &str, _| reader.integer(key, -1_000..=1_000);
        let bounds = read(&mut reader, low, high, integer).ok();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (bounds.map(|bounds| (bounds.min, bounds.max)), lines.join("\n"))
    }

    #[test]
    fn absent_ends_have_defaults_and_the_first_key_wins() {
        assert_eq!(bounds("{}"), (Some((0, 100)), String::new()));
        assert_eq!(bounds(r#"{"min": 100}"#), (Some((100, 100)), String::new()));
        let (both, told) = bounds(r#"{"min": 7, "min_date": -7}"#);
        assert_eq!(both, Some((-7, 100)));
        insta::assert_snapshot!(told, @"/Fields/0/min: `min` has no effect beside `min_date`");
    }

    #[test]
    fn an_empty_range_names_both_ends() {
        insta::assert_snapshot!(bounds(r#"{"min": "9", "max": 3.0}"#).1, @"/Fields/0/min: `min` 9 is above `max` 3.0");
        insta::assert_snapshot!(bounds(r#"{"max": -3}"#).1, @"/Fields/0/max: `min_date` (0 when it is not given) is above `max` -3");
        insta::assert_snapshot!(bounds(r#"{"min": 300}"#).1, @"/Fields/0/min: `min` 300 is above `max_date` (100 when it is not given)");
    }

    #[test]
    fn both_wrong_ends_are_told() {
        insta::assert_snapshot!(bounds(r#"{"min": "a", "max": 3000}"#).1, @"
        /Fields/0/min: `min` is the text `a`, expected a whole number from -1000 to 1000
        /Fields/0/max: `max` is `3000`, expected a whole number from -1000 to 1000
        ");
    }
}
