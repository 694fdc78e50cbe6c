//! `DATE`: points in time by the second, from a range, a list, a distribution, or `now`.
//!
//! `{"name": "ordered", "type": "DATE", "min_date": "2024-01-01", "max_date": "2024-12-31"}`: both
//! ends are values of the range, and a day without a time at its upper end is in it to the last second.
//! In a `distribution` the mean is a date (midnight, without a time) and deviations are seconds.
//! What is drawn here is written by `DATE_AS_STRING` in a pattern.

use crate::attributes::{Attribute, Reader};
use crate::calendar::{MICROS_PER_SECOND, Pattern, Period, parse_period};
use crate::columns::{DataType, TimePoints, Values};
use crate::sampling::Refused;
use crate::sampling::bounds::{self, Bounds, End, Side};
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values, warn_ignored,
};
use crate::sampling::distribution::{Axis, DISTRIBUTION, Distribution};
use crate::sampling::ranges::{Grid, WholeRange};

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Date;

/// 2261-12-31T23:59:59Z: readers that count nanoseconds in 64 bits end in April of the next year.
const LAST_SECOND: i64 = 9_214_646_399;

const WIDTH: u32 = 20;

impl FieldType for Date {
    fn name(&self) -> &'static str {
        "DATE"
    }

    fn summary(&self) -> &'static str {
        "Points in time by the second."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            MIN_DATE,
            MAX_DATE,
            MIN,
            MAX,
            USE_NOW,
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
            DISTRIBUTION,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "ordered", "type": "DATE",
            "min_date": "2024-01-01T00:00:00Z", "max_date": "2024-12-31T23:59:59Z"}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Instant, WIDTH))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let (stream, data_type) = (context.stream, DataType::Instant);
        let instants = Instants::read(attributes, context, None)?;
        let (count, points) = (instants.count(), instants.points());
        let drawn = match instants {
            Instants::Listed(choices) => {
                Compiled::drawn(stream, choices, Values::Instant, data_type, WIDTH)
            }
            Instants::Range(grid) => {
                Compiled::drawn(stream, grid, Values::Instant, data_type, WIDTH)
            }
        };
        Some(drawn.with_distinct(count).with_instants(points).into())
    }
}

pub(super) const MIN_DATE: Attribute =
    Attribute::new("min_date", "date", "1970-01-01T00:00:00Z", "Earliest value.");
pub(super) const MAX_DATE: Attribute = Attribute::new(
    "max_date",
    "date",
    "2261-12-31T23:59:59Z",
    "Latest value, inclusive; without a time, the whole day.",
);
pub(super) const MIN: Attribute = Attribute::new("min", "date", "", "Another name of `min_date`.");
pub(super) const MAX: Attribute = Attribute::new("max", "date", "", "Another name of `max_date`.");
pub(super) const USE_NOW: Attribute =
    Attribute::new("use_now", "boolean", "false", "Whether every row gets the command's time.");

/// What instants (microseconds) are drawn from.
#[derive(Debug)]
pub(super) enum Instants {
    /// From a list; of one instant when it is `now`.
    Listed(Choices<i64>),
    /// From the seconds of a range.
    Range(Grid),
}

impl Instants {
    /// Reads the attributes of this file; dates may also follow `pattern`. `None` after adding errors.
    pub(super) fn read(
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
        pattern: Option<&Pattern>,
    ) -> Option<Self> {
        let range_keys = [MIN_DATE.name, MIN.name, MAX_DATE.name, MAX.name, DISTRIBUTION.name];
        let low = End { keys: &range_keys[..2], default: 0, shown: MIN_DATE.default };
        let high = End {
            keys: &range_keys[2..4],
            default: LAST_SECOND * MICROS_PER_SECOND,
            shown: MAX_DATE.default,
        };
        let period = |text: &str| parse_period(text, pattern).map_err(|reason| reason.to_string());
        let parse = |text: &str| period(text).map(|period| period.first);
        let bounds = bounds::read(attributes, low, high, |attributes, key, side| {
            bounds::parsed(attributes, key, period).map(|period| end_of(period, side))
        });
        let choices = Choices::read(attributes, parse);
        let use_now = if attributes.has(USE_NOW.name) {
            attributes.boolean(USE_NOW.name).ok_or(Refused)
        } else {
            Ok(false)
        };
        let grid = bounds.and_then(|bounds| seconds(attributes, bounds, parse));
        let (choices, use_now) = (choices.ok()?, use_now.ok()?);
        if let Some(choices) = choices {
            warn_beside_values(attributes, &range_keys);
            if use_now {
                warn_beside_values(attributes, &[USE_NOW.name]);
            }
            return grid.ok().map(|_| Self::Listed(choices));
        }
        if use_now {
            warn_ignored(attributes, &range_keys, USE_NOW.name);
            grid.ok()?;
            return Choices::even(vec![context.now]).map(Self::Listed);
        }
        grid.ok().map(Self::Range)
    }

    /// The instants that there may be, where they are at equal distances that fit.
    fn points(&self) -> Option<TimePoints> {
        match self {
            Self::Listed(choices) => TimePoints::of(choices.values()),
            Self::Range(grid) => {
                let steps = i64::try_from(grid.steps.count().saturating_sub(1)).ok()?;
                let last = grid.step.checked_mul(steps)?.checked_add(grid.start)?;
                Some(TimePoints::new(grid.start, last, grid.step))
            }
        }
    }

    /// Number of distinct instants.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Listed(choices) => choices.values().len() as u64,
            Self::Range(grid) => u64::try_from(grid.steps.count()).unwrap_or(u64::MAX),
        }
    }
}

/// A date as an end of a range: as the upper one, a day lasts until it is over.
pub(super) const fn end_of(period: Period, side: Side) -> i64 {
    match side {
        Side::Low => period.first,
        Side::High => period.last,
    }
}

/// The seconds of a range, with its distribution.
fn seconds(
    attributes: &mut Reader<'_>,
    bounds: Bounds<i64>,
    parse: impl Fn(&str) -> Result<i64, String>,
) -> Result<Grid, Refused> {
    // Of a whole 64-bit range of microseconds, the seconds fit easily.
    let last = (bounds.min.abs_diff(bounds.max) / MICROS_PER_SECOND as u64) as i64;
    let position = |text: &str| {
        let micros = i128::from(parse(text)?) - i128::from(bounds.min);
        Ok(micros as f64 / MICROS_PER_SECOND as f64)
    };
    let axis = Axis { low: 0.0, high: last as f64, position: Some(&position) };
    let distribution = Distribution::read(attributes, &axis)?;
    let steps = WholeRange::new(0, last).shaped(distribution, 1.0);
    Ok(Grid { steps, start: bounds.min, step: MICROS_PER_SECOND })
}

#[cfg(test)]
mod tests {
    use super::super::trial::{NOW, compile, refusal, told};
    use super::*;
    use crate::calendar::parse_instant;

    fn values(json: &str) -> Vec<i64> {
        let Values::Instant(values) = compile(&Date, json).column(0, 10_000).values else {
            panic!("DATE gives instants");
        };
        values
    }

    #[test]
    fn the_default_range_is_the_documented_one() {
        let last = parse_instant(MAX_DATE.default).unwrap();
        assert_eq!(last, LAST_SECOND * MICROS_PER_SECOND);
        // Issue 9, F4: what pyarrow and pandas hold, in any time zone.
        let day = 86_400 * MICROS_PER_SECOND;
        assert!(last + day < i64::MAX / 1_000);
        let drawn = values("{}");
        assert!(drawn.iter().all(|value| (0..=last).contains(value) && value % 1_000_000 == 0));
        assert!(drawn.iter().any(|value| *value > last / 10 * 9));
    }

    #[test]
    fn bounds_are_inclusive_seconds() {
        let mut drawn =
            values(r#"{"min": "2024-02-14 13:56:59", "max_date": "2024-02-14T13:57:01.5Z"}"#);
        drawn.sort_unstable();
        drawn.dedup();
        let first = parse_instant("2024-02-14T13:56:59Z").unwrap();
        assert_eq!(drawn, [first, first + 1_000_000, first + 2_000_000]);
    }

    // Issue 9, F1.
    #[test]
    fn a_day_at_the_upper_end_is_in_the_range_as_a_whole() {
        let at = |text: &str| parse_instant(text).unwrap();
        for (json, first, last) in [
            (
                r#"{"min_date": "2026-03-01", "max_date": "2026-03-01"}"#,
                "2026-03-01",
                "2026-03-01T23:59:59",
            ),
            (r#"{"min": "1/3/2026", "max": "1/3/2026"}"#, "2026-03-01", "2026-03-01T23:59:59"),
            (
                r#"{"min": "2026-03-01T12:00", "max": "2026-03-01"}"#,
                "2026-03-01T12:00",
                "2026-03-01T23:59:59",
            ),
            (
                r#"{"min": "2026-03-01", "max": "2026-03-01T00:00:09"}"#,
                "2026-03-01",
                "2026-03-01T00:00:09",
            ),
        ] {
            let drawn = values(json);
            let (first, last) = (at(first), at(last));
            assert!(drawn.iter().all(|value| (first..=last).contains(value)), "{json}");
            // 10,000 draws of a day come within a hundred seconds of its ends.
            let reaches = 100 * MICROS_PER_SECOND;
            assert!(drawn.iter().any(|value| last - value < reaches), "{json}");
            assert!(drawn.iter().any(|value| value - first < reaches), "{json}");
        }
    }

    #[test]
    fn use_now_gives_the_time_of_the_command() {
        assert!(values(r#"{"use_now": "true"}"#).iter().all(|value| *value == NOW));
        assert_eq!(told(&Date, r#"{"use_now": false, "min": "2024-01-01"}"#), "");
        insta::assert_snapshot!(told(&Date, r#"{"use_now": true, "min": "2024-01-01"}"#), @"/Fields/0/min: field `f`: `min` has no effect beside `use_now`");
    }

    #[test]
    fn listed_dates_are_read() {
        let drawn = values(r#"{"possible_values": ["1970-01-01T00:00:00.5Z", "2/1/1970"]}"#);
        assert!(drawn.iter().all(|value| [500_000, 86_400_000_000].contains(value)));
        insta::assert_snapshot!(told(&Date, r#"{"possible_values": ["1/1/1970"], "use_now": true}"#), @"/Fields/0/use_now: field `f`: `use_now` has no effect beside `possible_values`");
    }

    #[test]
    fn wrong_attributes_are_told_all_at_once() {
        let json = r#"{"min_date": "soon", "possible_values": [7], "use_now": "maybe"}"#;
        insta::assert_snapshot!(refusal(&Date, json), @"
        /Fields/0/min_date: field `f`: `soon` is not a date, expected `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        /Fields/0/possible_values/0: field `f`: `7` is not a date, expected `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        /Fields/0/use_now: field `f`: `use_now` is the text `maybe`, expected true or false
        ");
        insta::assert_snapshot!(refusal(&Date, r#"{"max": "1969-01-01"}"#), @"/Fields/0/max: field `f`: `min_date` (1970-01-01T00:00:00Z when it is not given) is above `max` 1969-01-01");
    }
}
