//! `FLOAT`: floating-point numbers of 32 bits, from a range, a list or a distribution.
//!
//! `{"name": "rating", "type": "FLOAT", "min": 0, "max": 5, "decimals": 1}`. Without `decimals` the
//! range ends just below `max`. With `decimals` the values are the multiples of `10^-decimals` from
//! `min` to `max`, both inclusive, and are shown with that many digits.
//! `DOUBLE` is compiled here too: the types differ in precision only.

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Values};
use crate::problems::excerpt;
use crate::sampling::Refused;
use crate::sampling::bounds::{self, Bounds, End};
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values, warn_ignored,
};
use crate::sampling::distribution::{Axis, DISTRIBUTION, Distribution};
use crate::sampling::ranges::{FloatRange, Fractions, Real, WholeRange};

use super::{Compiled, Computed, Context, Conversion, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Float;

/// The attributes of both types.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("min", "number", "0", "Smallest value."),
    Attribute::new("max", "number", "1", "Upper end, exclusive unless `decimals` is given."),
    Attribute::new("decimals", "integer", "", "Digits behind the point, 0 to 15."),
    Attribute::new("scale", "integer", "", "Another name of `decimals`."),
    POSSIBLE_VALUES,
    POSSIBLE_VALUES_WEIGHTED,
    DISTRIBUTION,
];

impl FieldType for Float {
    fn name(&self) -> &'static str {
        "FLOAT"
    }

    fn summary(&self) -> &'static str {
        "Floating-point numbers of 32 bits."
    }

    fn attributes(&self) -> &'static [Attribute] {
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "rating", "type": "FLOAT", "min": 0, "max": 5, "decimals": 1}"#
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        computed(attributes, DataType::Float32, 8)
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let kind = FloatKind {
            largest: f64::from(f32::MAX),
            exact_steps: (1_u64 << 24) as f64,
            data_type: DataType::Float32,
            width: 10,
            values: Values::Float32 as fn(Vec<f32>) -> Values,
        };
        kind.compile(attributes, context).map(Into::into)
    }
}

/// What a computed float is converted to.
pub(super) fn computed(
    attributes: &mut Reader<'_>,
    data_type: DataType,
    width: u32,
) -> Option<Computed> {
    let decimals = read_decimals(attributes).ok()?;
    Some(Computed { data_type, decimals, conversion: Conversion::Plain, width })
}

/// What tells one type of floats from another.
#[derive(Debug)]
pub(super) struct FloatKind<F> {
    /// Largest finite value.
    pub(super) largest: f64,
    /// Up to here every whole number is a value of the type.
    pub(super) exact_steps: f64,
    pub(super) data_type: DataType,
    /// Average width of the shortest text.
    pub(super) width: u32,
    pub(super) values: fn(Vec<F>) -> Values,
}

impl<F: Real> FloatKind<F> {
    pub(super) fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Compiled> {
        let decimals = read_decimals(attributes);
        let bounds = self.read_bounds(attributes);
        let factor = decimals.ok().flatten().map(|decimals| 10_f64.powi(i32::from(decimals)));
        let choices = Choices::read(attributes, |text| self.parse(text, factor));
        let steps = match (bounds, factor) {
            (Ok(bounds), Some(factor)) => self.steps(attributes, bounds, factor).map(Some),
            _ => Ok(None),
        };
        let axis = bounds.map(|bounds| match (steps, factor) {
            (Ok(Some(steps)), Some(factor)) => {
                Axis::numbers(steps.min as f64 / factor, steps.max as f64 / factor)
            }
            _ => Axis::numbers(bounds.min, bounds.max),
        });
        let distribution = axis.and_then(|axis| Distribution::read(attributes, &axis));
        let (decimals, bounds, choices) = (decimals.ok()?, bounds.ok()?, choices.ok()?);
        let mut compiled = if let Some(choices) = choices {
            warn_beside_values(attributes, &["min", "max", DISTRIBUTION.name]);
            let count = choices.values().len() as u64;
            let drawn =
                Compiled::drawn(context.stream, choices, self.values, self.data_type, self.width);
            drawn.with_distinct(count)
        } else if let (Some(steps), Some(factor)) = (steps.ok()?, factor) {
            let range = WholeRange::new(steps.min, steps.max).shaped(distribution.ok()?, factor);
            let count = u64::try_from(range.count()).unwrap_or(u64::MAX);
            let width = super::integer::digits(steps.min, steps.max) + 1;
            let fractions = Fractions::new(range, factor);
            Compiled::drawn(context.stream, fractions, self.values, self.data_type, width)
                .with_distinct(count)
        } else {
            let range = FloatRange::new(bounds.min, bounds.max, distribution.ok()?);
            Compiled::drawn(context.stream, range, self.values, self.data_type, self.width)
        };
        compiled.decimals = decimals;
        Some(compiled)
    }

    fn read_bounds(&self, attributes: &mut Reader<'_>) -> Result<Bounds<f64>, Refused> {
        let low = End { keys: &["min"], default: 0.0, shown: "0" };
        let high = End { keys: &["max"], default: 1.0, shown: "1" };
        let bounds = bounds::read(attributes, low, high, |attributes, key, _| {
            let number = attributes.number(key)?;
            if number.abs() > self.largest {
                let most = self.largest;
                let message = format!("`{key}` is {number:e}, expected a number within {most:e}");
                attributes.error(key, "wrong_value", message);
                return None;
            }
            Some(number)
        })?;
        if !(bounds.max - bounds.min).is_finite() {
            let message =
                "`max` is too far from `min`, expected a distance that is a number itself";
            attributes.error("max", "range_too_wide", message);
            return Err(Refused);
        }
        Ok(bounds)
    }

    /// The multiples of `1 / factor` within the bounds.
    fn steps(
        &self,
        attributes: &mut Reader<'_>,
        bounds: Bounds<f64>,
        factor: f64,
    ) -> Result<Bounds<i64>, Refused> {
        /// Up to here a quotient is the float nearest to its decimal.
        const MOST: f64 = (1_u64 << 53) as f64;
        let largest = bounds.min.abs().max(bounds.max.abs()) * factor;
        if largest > MOST {
            let message = "the range has more digits than a floating-point number holds";
            let hint = "fewer `decimals`, or the type DECIMAL";
            attributes.error_with_hint("decimals", "too_many_digits", message, hint);
            return Err(Refused);
        }
        let (min, max) = (steps_of(bounds.min, factor).1, steps_of(bounds.max, factor).0);
        if min > max {
            let message = "no number with that many `decimals` lies between `min` and `max`";
            attributes.error("decimals", "empty_range", message);
            return Err(Refused);
        }
        if largest > self.exact_steps {
            let message = "some values of the range need more digits than 32 bits hold";
            attributes.warn("decimals", "too_many_digits", message);
        }
        Ok(Bounds { min: min as i64, max: max as i64 })
    }

    fn parse(&self, text: &str, factor: Option<f64>) -> Result<F, String> {
        let number: Option<f64> = text.trim().parse().ok();
        let Some(number) = number.filter(|number| number.abs() <= self.largest) else {
            return Err(format!("`{}` is not a number of this type", excerpt(text)));
        };
        // A number beyond the digits of its type has no fraction to round.
        let rounded = factor
            .map(|factor| (number * factor).round() / factor)
            .filter(|rounded| rounded.is_finite());
        Ok(F::of(rounded.unwrap_or(number)))
    }
}

/// The multiples of `1 / factor` next to `number`, below and above; both are `number` if it is one.
fn steps_of(number: f64, factor: f64) -> (f64, f64) {
    let nearest = (number * factor).round();
    // 1.1 * 10 is not 11 but 11 / 10 is 1.1: only the quotient tells.
    if (nearest / factor).to_bits() == number.to_bits() || number == 0.0 {
        return (nearest, nearest);
    }
    ((number * factor).floor(), (number * factor).ceil())
}

fn read_decimals(attributes: &mut Reader<'_>) -> Result<Option<u8>, Refused> {
    let key = if attributes.has("decimals") { "decimals" } else { "scale" };
    if !attributes.has(key) {
        return Ok(None);
    }
    if key == "decimals" {
        warn_ignored(attributes, &["scale"], key);
    }
    attributes.integer(key, 0..=15).map(|decimals| Some(decimals as u8)).ok_or(Refused)
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal, told};
    use super::*;

    fn values(json: &str) -> Vec<f32> {
        let Values::Float32(values) = compile(&Float, json).column(0, 100_000).values else {
            panic!("FLOAT gives 32 bits");
        };
        values
    }

    fn mean(values: &[f32]) -> f64 {
        values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
    }

    #[test]
    fn without_bounds_the_range_is_0_to_1() {
        let drawn = values("{}");
        assert!(drawn.iter().all(|value| (0.0..1.0).contains(value)));
        assert!((mean(&drawn) - 0.5).abs() < 0.01);
    }

    #[test]
    fn bounds_may_have_decimals() {
        let drawn = values(r#"{"min": 0.5, "max": "1.25"}"#);
        assert!(drawn.iter().all(|value| (0.5..1.25).contains(value)));
        assert!((mean(&drawn) - 0.875).abs() < 0.01);
    }

    #[test]
    fn decimals_give_every_multiple_and_both_ends() {
        let json = r#"{"min": 1.1, "max": 1.7, "decimals": 1}"#;
        let mut drawn = values(json);
        drawn.sort_by(f32::total_cmp);
        drawn.dedup();
        assert_eq!(drawn, [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]);
        let compiled = compile(&Float, json);
        assert_eq!((compiled.decimals, compiled.distinct), (Some(1), Some(7)));
        let listed = values(r#"{"possible_values": [0.25, "1.5"], "scale": 1}"#);
        assert!(listed.iter().all(|value| [0.3, 1.5].contains(value)));
    }

    #[test]
    fn a_distribution_is_clipped_to_the_range() {
        let drawn = values(
            r#"{"min": -1, "max": 3, "decimals": 2,
                "distribution": {"type": "normal", "mean": 2, "stddev": 1}}"#,
        );
        assert!(drawn.iter().all(|value| (-1.0..=3.0).contains(value)));
        let clipped = drawn.iter().filter(|value| **value >= 3.0).count();
        assert!(clipped.abs_diff(16_000) < 600, "{clipped}");
    }

    #[test]
    fn wrong_attributes_are_told_all_at_once() {
        let json = r#"{"min": 1e39, "max": "x", "decimals": 16, "possible_values": ["NaN", 1]}"#;
        insta::assert_snapshot!(refusal(&Float, json), @"
        /Fields/0/decimals: field `f`: `decimals` is `16`, expected a whole number from 0 to 15
        /Fields/0/min: field `f`: `min` is 1e39, expected a number within 3.4028234663852886e38
        /Fields/0/max: field `f`: `max` is the text `x`, expected a number
        /Fields/0/possible_values/0: field `f`: `NaN` is not a number of this type
        ");
        insta::assert_snapshot!(refusal(&Float, r#"{"min": 5}"#), @"/Fields/0/min: field `f`: `min` 5 is above `max` (1 when it is not given)");
        insta::assert_snapshot!(refusal(&Float, r#"{"min": 0.11, "max": 0.19, "decimals": 1}"#), @"/Fields/0/decimals: field `f`: no number with that many `decimals` lies between `min` and `max`");
        insta::assert_snapshot!(refusal(&Float, r#"{"max": 1e20, "decimals": 1}"#), @"/Fields/0/decimals: field `f`: the range has more digits than a floating-point number holds (fewer `decimals`, or the type DECIMAL)");
        insta::assert_snapshot!(told(&Float, r#"{"max": 1e7, "decimals": 1, "scale": 3}"#), @"
        /Fields/0/scale: field `f`: `scale` has no effect beside `decimals`
        /Fields/0/decimals: field `f`: some values of the range need more digits than 32 bits hold
        ");
    }
}
