//! `TIMESTAMP`: points in time as milliseconds since 1970-01-01T00:00:00Z.
//!
//! `{"name": "sold_at", "type": "TIMESTAMP", "min_date": "2024-01-01", "max_date": "2024-12-31"}`.
//! Without any attribute every row gets the command's `now`. Bounds and listed values are numbers
//! of milliseconds or dates; with one bound alone the range ends now, or starts in 1970.

use crate::attributes::{Attribute, Reader, whole_number};
use crate::calendar::parse_period;
use crate::columns::{DataType, TimePoints, Values};
use crate::sampling::bounds::{self, Bounds, End, Side};
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::distribution::{Axis, DISTRIBUTION, Distribution};
use crate::sampling::ranges::WholeRange;

use super::date::end_of;
use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Timestamp;

/// Characters of the milliseconds of our times.
const WIDTH: u32 = 13;

const RANGE: [&str; 5] = ["min_date", "max_date", "min", "max", DISTRIBUTION.name];

impl FieldType for Timestamp {
    fn name(&self) -> &'static str {
        "TIMESTAMP"
    }

    fn summary(&self) -> &'static str {
        "Milliseconds since 1970: the time of the command, or drawn from a range or a list."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("min_date", "date or integer", "1970-01-01", "Earliest value."),
            Attribute::new(
                "max_date",
                "date or integer",
                "now",
                "Latest value, inclusive; a date without a time is the whole day.",
            ),
            Attribute::new("min", "date or integer", "", "Another name of `min_date`."),
            Attribute::new("max", "date or integer", "", "Another name of `max_date`."),
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
            DISTRIBUTION,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "sold_at", "type": "TIMESTAMP",
            "min_date": "2024-01-01", "max_date": "2024-12-31T23:59:59Z"}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::EpochMillis, WIDTH))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let now = context.now.div_euclid(1_000);
        let low = End { keys: &["min_date", "min"], default: 0, shown: "1970-01-01" };
        let high = End { keys: &["max_date", "max"], default: now, shown: "now" };
        let bounds = bounds::read(attributes, low, high, |attributes, key, side| {
            bounds::parsed(attributes, key, |text| parse_millis(text, side))
        });
        let choices = Choices::read(attributes, |text| parse_millis(text, Side::Low));
        let distribution = bounds.and_then(|bounds| read_distribution(attributes, bounds));
        let (bounds, choices) = (bounds.ok()?, choices.ok()?);
        let choices = match choices {
            Some(choices) => {
                warn_beside_values(attributes, &RANGE);
                Some(choices)
            }
            None if bounds::any_given(attributes, &RANGE) => None,
            None => Some(Choices::even(vec![now])?),
        };
        let (stream, data_type) = (context.stream, DataType::EpochMillis);
        if let Some(choices) = choices {
            let count = choices.values().len() as u64;
            let points = TimePoints::of(choices.values());
            let drawn = Compiled::drawn(stream, choices, Values::EpochMillis, data_type, WIDTH);
            return Some(drawn.with_distinct(count).with_instants(points).into());
        }
        let range = WholeRange::new(bounds.min, bounds.max).shaped(distribution.ok()?, 1.0);
        let count = u64::try_from(range.count()).unwrap_or(u64::MAX);
        let points = TimePoints::new(bounds.min, bounds.max, 1);
        let drawn = Compiled::drawn(stream, range, Values::EpochMillis, data_type, WIDTH);
        Some(drawn.with_distinct(count).with_instants(Some(points)).into())
    }
}

/// A distribution over the milliseconds from the earliest value on.
fn read_distribution(
    attributes: &mut Reader<'_>,
    bounds: Bounds<i64>,
) -> Result<Option<Distribution>, crate::sampling::Refused> {
    let position = |text: &str| Ok(parse_millis(text, Side::Low)? as f64 - bounds.min as f64);
    let width = bounds.max as f64 - bounds.min as f64;
    let axis = Axis { low: 0.0, high: width, position: Some(&position) };
    Distribution::read(attributes, &axis)
}

/// A number of milliseconds, or a date; at the upper end of a range, a day's last millisecond.
fn parse_millis(text: &str, side: Side) -> Result<i64, String> {
    match whole_number(text) {
        Some(millis) => Ok(millis),
        None => match parse_period(text, None) {
            Ok(period) => Ok(end_of(period, side).div_euclid(1_000)),
            Err(reason) => Err(reason.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{NOW, compile, refusal, told};
    use super::*;

    fn values(json: &str) -> Vec<i64> {
        let Values::EpochMillis(values) = compile(&Timestamp, json).column(0, 10_000).values else {
            panic!("TIMESTAMP gives milliseconds");
        };
        values
    }

    #[test]
    fn every_row_gets_the_time_of_the_command() {
        assert!(values("{}").iter().all(|value| *value == NOW / 1_000));
        assert_eq!(compile(&Timestamp, "{}").distinct, Some(1));
    }

    #[test]
    fn bounds_are_dates_or_milliseconds() {
        let drawn = values(r#"{"min_date": "1/1/2024", "max": 1704067200001}"#);
        assert!(drawn.contains(&1_704_067_200_000) && drawn.contains(&1_704_067_200_001));
        assert!(drawn.iter().all(|value| (1_704_067_200_000..=1_704_067_200_001).contains(value)));
        let since = values(r#"{"min": "2024-01-01T00:00:00Z"}"#);
        assert!(since.iter().all(|value| (1_704_067_200_000..=NOW / 1_000).contains(value)));
    }

    // Issue 9, F1.
    #[test]
    fn a_day_at_the_upper_end_is_in_the_range_as_a_whole() {
        let drawn = values(r#"{"min_date": "2024-01-01", "max_date": "2024-01-01"}"#);
        let (first, last) = (1_704_067_200_000, 1_704_153_599_999);
        assert!(drawn.iter().all(|value| (first..=last).contains(value)));
        assert!(drawn.iter().any(|value| last - value < 100_000));
        // A number is what it says, and so is a time that is written.
        let exact = values(r#"{"min": 1704067200000, "max": "2024-01-01T00:00:00.001Z"}"#);
        assert!(exact.iter().all(|value| (first..=first + 1).contains(value)));
    }

    #[test]
    fn listed_values_are_milliseconds_or_dates() {
        let drawn = values(r#"{"possible_values": [5, "1970-01-01T00:00:01Z"]}"#);
        assert!(drawn.iter().all(|value| [5, 1_000].contains(value)));
    }

    #[test]
    fn the_mean_of_a_distribution_is_a_date() {
        let drawn = values(
            r#"{"min": "2024-01-01", "max": "2024-12-31",
                "distribution": {"type": "normal", "mean": "2024-03-01", "stddev": 86400000}}"#,
        );
        let mean = drawn.iter().sum::<i64>() / drawn.len() as i64;
        let march = 1_709_251_200_000_i64;
        assert!(mean.abs_diff(march) < 5_000_000, "{mean}");
    }

    #[test]
    fn wrong_attributes_are_told() {
        let json = r#"{"min_date": "never", "possible_values": [1, "x"]}"#;
        insta::assert_snapshot!(refusal(&Timestamp, json), @"
        /Fields/0/min_date: field `f`: `never` is not a date, expected `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        /Fields/0/possible_values/1: field `f`: `x` is not a date, expected `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        ");
        insta::assert_snapshot!(refusal(&Timestamp, r#"{"min": "2999-01-01"}"#), @"/Fields/0/min: field `f`: `min` 2999-01-01 is above `max_date` (now when it is not given)");
        insta::assert_snapshot!(told(&Timestamp, r#"{"min": 3, "min_date": 4}"#), @"/Fields/0/min: field `f`: `min` has no effect beside `min_date`");
    }
}
