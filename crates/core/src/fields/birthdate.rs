//! `BIRTHDATE`: civil dates, from a range, a list or a distribution.
//!
//! `{"name": "born", "type": "BIRTHDATE", "min_date": "1/1/1955", "max_date": "31/12/1999"}`: both
//! ends are values of the range. In a `distribution` the mean is a date and deviations are days.

use crate::attributes::{Attribute, Reader};
use crate::calendar::parse_date;
use crate::columns::{DataType, Values};
use crate::sampling::bounds::{self, End};
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::distribution::{Axis, DISTRIBUTION, Distribution};
use crate::sampling::ranges::WholeRange;

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Birthdate;

/// 1920-01-01 and 2024-01-01.
const DEFAULT_RANGE: (i32, i32) = (-18_263, 19_723);

const WIDTH: u32 = 10;

impl FieldType for Birthdate {
    fn name(&self) -> &'static str {
        "BIRTHDATE"
    }

    fn summary(&self) -> &'static str {
        "Civil dates."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("min_date", "date", "01/01/1920", "Earliest date."),
            Attribute::new("max_date", "date", "01/01/2024", "Latest date, inclusive."),
            Attribute::new("min", "date", "", "Another name of `min_date`."),
            Attribute::new("max", "date", "", "Another name of `max_date`."),
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
            DISTRIBUTION,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "born", "type": "BIRTHDATE", "min_date": "1/1/1955", "max_date": "31/12/1999"}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Date, WIDTH))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let (first, last) = DEFAULT_RANGE;
        let low = End { keys: &["min_date", "min"], default: first, shown: "01/01/1920" };
        let high = End { keys: &["max_date", "max"], default: last, shown: "01/01/2024" };
        let bounds = bounds::read(attributes, low, high, |attributes, key, _| {
            bounds::parsed(attributes, key, parse_date)
        });
        let parse = |text: &str| parse_date(text).map_err(|reason| reason.to_string());
        let choices = Choices::read(attributes, parse);
        let distribution = bounds.and_then(|bounds| {
            let position = |text: &str| Ok(f64::from(parse(text)?) - f64::from(bounds.min));
            let high = f64::from(bounds.max) - f64::from(bounds.min);
            let axis = Axis { low: 0.0, high, position: Some(&position) };
            Distribution::read(attributes, &axis)
        });
        let (bounds, choices) = (bounds.ok()?, choices.ok()?);
        let (stream, data_type) = (context.stream, DataType::Date);
        if let Some(choices) = choices {
            let ignored = ["min_date", "max_date", "min", "max", DISTRIBUTION.name];
            warn_beside_values(attributes, &ignored);
            let count = choices.values().len() as u64;
            let drawn = Compiled::drawn(stream, choices, Values::Date, data_type, WIDTH);
            return Some(drawn.with_distinct(count).into());
        }
        let range = WholeRange::new(bounds.min, bounds.max).shaped(distribution.ok()?, 1.0);
        let count = u64::try_from(range.count()).unwrap_or(u64::MAX);
        let drawn = Compiled::drawn(stream, range, Values::Date, data_type, WIDTH);
        Some(drawn.with_distinct(count).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal, told};
    use super::*;
    use crate::calendar::days_from_civil;

    fn values(json: &str) -> Vec<i32> {
        let Values::Date(values) = compile(&Birthdate, json).column(0, 100_000).values else {
            panic!("BIRTHDATE gives dates");
        };
        values
    }

    fn day(year: i32, month: u32, day: u32) -> i32 {
        days_from_civil(year, month, day).unwrap()
    }

    #[test]
    fn the_default_range_is_the_documented_one() {
        assert_eq!(DEFAULT_RANGE, (day(1920, 1, 1), day(2024, 1, 1)));
        let drawn = values("{}");
        assert!(drawn.iter().all(|value| (day(1920, 1, 1)..=day(2024, 1, 1)).contains(value)));
        assert_eq!(compile(&Birthdate, "{}").distinct, Some(37_987));
    }

    #[test]
    fn bounds_of_both_names_and_forms_are_inclusive() {
        for json in [
            r#"{"min": "1/1/2015", "max": "3/1/2015"}"#,
            r#"{"min_date": "2015-01-01", "max_date": "2015-01-03"}"#,
        ] {
            let mut drawn = values(json);
            drawn.sort_unstable();
            drawn.dedup();
            assert_eq!(drawn, [day(2015, 1, 1), day(2015, 1, 2), day(2015, 1, 3)]);
        }
    }

    #[test]
    fn the_mean_of_a_distribution_is_a_date() {
        let drawn =
            values(r#"{"distribution": {"type": "normal", "mean": "15/06/1980", "stddev": 365}}"#);
        let mean = drawn.iter().map(|value| f64::from(*value)).sum::<f64>() / 100_000.0;
        assert!((mean - f64::from(day(1980, 6, 15))).abs() < 5.0, "{mean}");
    }

    #[test]
    fn wrong_attributes_are_told_all_at_once() {
        let json = r#"{"min_date": 5, "max_date": "31/02/2000", "possible_values": ["x"]}"#;
        insta::assert_snapshot!(refusal(&Birthdate, json), @"
        /Fields/0/min_date: field `f`: `5` is not a date, expected `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        /Fields/0/max_date: field `f`: `31/02/2000` has day 31, expected 1 to 29 in month 2 of 2000
        /Fields/0/possible_values/0: field `f`: `x` is not a date, expected `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted)
        ");
        insta::assert_snapshot!(refusal(&Birthdate, r#"{"min": "1/1/2025"}"#), @"/Fields/0/min: field `f`: `min` 1/1/2025 is above `max_date` (01/01/2024 when it is not given)");
        let json = r#"{"possible_values": ["01/02/2003"], "min": "1/1/2000"}"#;
        insta::assert_snapshot!(told(&Birthdate, json), @"/Fields/0/min: field `f`: `min` has no effect beside `possible_values`");
    }
}
