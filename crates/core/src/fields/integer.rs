//! `INTEGER`: whole numbers of 32 bits, from a range, a list or a distribution.
//!
//! `{"name": "age", "type": "INTEGER", "min": 18, "max": 99}`: both ends are values of the range.
//! `LONG` is compiled here too: the types differ in width only.

use std::ops::RangeInclusive;

use crate::attributes::{Attribute, Reader, whole_number};
use crate::columns::{DataType, Values};
use crate::problems::excerpt;
use crate::sampling::bounds::{self, End};
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::distribution::{Axis, DISTRIBUTION, Distribution};
use crate::sampling::ranges::{Whole, WholeRange};

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Integer;

impl FieldType for Integer {
    fn name(&self) -> &'static str {
        "INTEGER"
    }

    fn summary(&self) -> &'static str {
        "Whole numbers of 32 bits."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("min", "integer", "0", "Smallest value."),
            Attribute::new("max", "integer", "2147483647", "Largest value, inclusive."),
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
            DISTRIBUTION,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "age", "type": "INTEGER", "min": 18, "max": 99}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Int32, 6))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let kind = WholeKind {
            limits: i64::from(i32::MIN)..=i64::from(i32::MAX),
            min: (0, "0"),
            max: (i64::from(i32::MAX), "2147483647"),
            data_type: DataType::Int32,
            values: Values::Int32,
        };
        kind.compile(attributes, context).map(Into::into)
    }
}

/// What tells one type of whole numbers from another.
#[derive(Debug)]
pub(super) struct WholeKind<T> {
    /// The numbers that the type holds.
    pub(super) limits: RangeInclusive<i64>,
    /// Default of `min`, and its text.
    pub(super) min: (i64, &'static str),
    /// Default of `max`, and its text.
    pub(super) max: (i64, &'static str),
    pub(super) data_type: DataType,
    pub(super) values: fn(Vec<T>) -> Values,
}

impl<T: Whole + TryFrom<i64> + Into<i64>> WholeKind<T> {
    pub(super) fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Compiled> {
        let low = End { keys: &["min"], default: self.min.0, shown: self.min.1 };
        let high = End { keys: &["max"], default: self.max.0, shown: self.max.1 };
        let bounds = bounds::read(attributes, low, high, |attributes, key, _| {
            attributes.integer(key, self.limits.clone())
        });
        let choices = Choices::read(attributes, |text| self.parse(text));
        let axis = bounds.map(|bounds| Axis::numbers(bounds.min as f64, bounds.max as f64));
        let distribution = axis.and_then(|axis| Distribution::read(attributes, &axis));
        let (bounds, choices) = (bounds.ok()?, choices.ok()?);
        if let Some(choices) = choices {
            warn_beside_values(attributes, &["min", "max", DISTRIBUTION.name]);
            let count = choices.values().len() as u64;
            let width = digits(bounds.min, bounds.max);
            let listed = || choices.values().iter().map(|value| (*value).into());
            let (least, most) = (listed().min().unwrap_or(0), listed().max().unwrap_or(0));
            let compiled =
                Compiled::drawn(context.stream, choices, self.values, self.data_type, width);
            return Some(compiled.with_distinct(count).with_range(least, most));
        }
        let (min, max) = (T::try_from(bounds.min).ok()?, T::try_from(bounds.max).ok()?);
        let range = WholeRange::new(min, max).shaped(distribution.ok()?, 1.0);
        let count = u64::try_from(range.count()).unwrap_or(u64::MAX);
        let width = digits(bounds.min, bounds.max);
        let compiled = Compiled::drawn(context.stream, range, self.values, self.data_type, width);
        Some(compiled.with_distinct(count).with_range(bounds.min, bounds.max))
    }

    fn parse(&self, text: &str) -> Result<T, String> {
        whole_number(text)
            .filter(|number| self.limits.contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| {
                let (least, most) = (self.limits.start(), self.limits.end());
                let found = excerpt(text);
                format!("`{found}` is not possible, expected a whole number from {least} to {most}")
            })
    }
}

/// Characters of a number of the range: most numbers are as long as the longest one.
pub(super) fn digits(min: i64, max: i64) -> u32 {
    let longest = min.unsigned_abs().max(max.unsigned_abs());
    longest.checked_ilog10().unwrap_or(0) + 1 + u32::from(min < 0)
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal, told};
    use super::*;

    fn values(json: &str) -> Vec<i32> {
        let Values::Int32(values) = compile(&Integer, json).column(0, 100_000).values else {
            panic!("INTEGER gives 32 bits");
        };
        values
    }

    #[test]
    fn both_ends_of_the_range_are_drawn() {
        let drawn = values(r#"{"min": -3, "max": 3}"#);
        for value in -3..=3 {
            let count = drawn.iter().filter(|other| **other == value).count();
            assert!(count.abs_diff(14_286) < 600, "{value}: {count}");
        }
        assert!(drawn.iter().all(|value| (-3..=3).contains(value)));
        assert!(values("{}").iter().all(|value| *value >= 0));
        assert!(values(r#"{"min": 7, "max": 7}"#).iter().all(|value| *value == 7));
    }

    #[test]
    fn listed_values_are_drawn_by_weight() {
        let drawn = values(r#"{"possible_values_weighted": {"-1": 0.25, "5": "0.75", "6": 0}}"#);
        let share = drawn.iter().filter(|value| **value == 5).count();
        assert!(share.abs_diff(75_000) < 700, "{share}");
        assert!(drawn.iter().all(|value| [-1, 5].contains(value)));
    }

    #[test]
    fn a_distribution_keeps_to_the_range() {
        let drawn = values(r#"{"min": 0, "max": 100, "distribution": "normal"}"#);
        let mean = drawn.iter().map(|value| f64::from(*value)).sum::<f64>() / drawn.len() as f64;
        assert!((mean - 50.0).abs() < 0.3, "{mean}");
        assert!(drawn.iter().all(|value| (0..=100).contains(value)));
        let drawn = values(r#"{"min": 1, "max": 1000, "distribution": "zipf"}"#);
        let first = drawn.iter().filter(|value| **value == 1).count() as f64;
        let second = drawn.iter().filter(|value| **value == 2).count() as f64;
        assert!((first / second - 2.0).abs() < 0.1, "{first} {second}");
    }

    #[test]
    fn wrong_attributes_are_told_all_at_once() {
        let json = r#"{"min": "a", "max": 3e9, "possible_values": [1, 2.5, "4000000000"]}"#;
        insta::assert_snapshot!(refusal(&Integer, json), @"
        /Fields/0/min: field `f`: `min` is the text `a`, expected a whole number from -2147483648 to 2147483647
        /Fields/0/max: field `f`: `max` is `3e+9`, expected a whole number from -2147483648 to 2147483647
        /Fields/0/possible_values/1: field `f`: `2.5` is not possible, expected a whole number from -2147483648 to 2147483647
        /Fields/0/possible_values/2: field `f`: `4000000000` is not possible, expected a whole number from -2147483648 to 2147483647
        ");
        insta::assert_snapshot!(refusal(&Integer, r#"{"min": 5, "max": 3}"#), @"/Fields/0/min: field `f`: `min` 5 is above `max` 3");
        insta::assert_snapshot!(told(&Integer, r#"{"min": 5, "possible_values": [3]}"#), @"/Fields/0/min: field `f`: `min` has no effect beside `possible_values`");
    }

    #[test]
    fn the_number_of_distinct_values_is_told() {
        assert_eq!(compile(&Integer, r#"{"min": 1, "max": 50}"#).distinct, Some(50));
        assert_eq!(compile(&Integer, "{}").distinct, None);
        assert_eq!(compile(&Integer, r#"{"possible_values": [4, 5, 4]}"#).distinct, Some(2));
    }
}
