//! `DECIMAL`: exact decimal numbers, from a range, a list or a distribution.
//!
//! `{"name": "price", "type": "DECIMAL", "precision": 9, "scale": 2, "min": "0.99", "max": 999.99}`:
//! at most `precision` digits, `scale` of them behind the point; both ends are values of the range.
//! Numbers of more than 15 digits are to be written as text: JSON numbers are read as floats.

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Values};
use crate::problems::excerpt;
use crate::sampling::Refused;
use crate::sampling::bounds::{self, End};
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::distribution::{Axis, DISTRIBUTION, Distribution};
use crate::sampling::ranges::WholeRange;

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Decimal;

impl FieldType for Decimal {
    fn name(&self) -> &'static str {
        "DECIMAL"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["NUMERIC"]
    }

    fn summary(&self) -> &'static str {
        "Exact decimal numbers."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("precision", "integer", "18", "Digits in all, 1 to 38."),
            Attribute::new("scale", "integer", "2", "Digits behind the point, 0 to `precision`."),
            Attribute::new("min", "number", "0", "Smallest value, as number or text."),
            Attribute::new("max", "number", "all digits 9", "Largest value, inclusive."),
            POSSIBLE_VALUES,
            POSSIBLE_VALUES_WEIGHTED,
            DISTRIBUTION,
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "price", "type": "DECIMAL", "precision": 9, "scale": 2,
            "min": "0.99", "max": 999.99}"#
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        let digits = Digits::read(attributes).ok()?;
        Some(Computed::plain(digits.data_type(), u32::from(digits.precision) / 2 + 2))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        // Without the digits no bound can be read.
        let digits = Digits::read(attributes).ok()?;
        let largest = digits.text(digits.largest());
        let low = End { keys: &["min"], default: 0, shown: "0" };
        let high = End { keys: &["max"], default: digits.largest(), shown: &largest };
        let bounds = bounds::read(attributes, low, high, |attributes, key, _| {
            bounds::parsed(attributes, key, |text| digits.parse(text))
        });
        let choices = Choices::read(attributes, |text| digits.parse(text));
        let factor = 10_f64.powi(i32::from(digits.scale));
        let axis = bounds
            .map(|bounds| Axis::numbers(bounds.min as f64 / factor, bounds.max as f64 / factor));
        let distribution = axis.and_then(|axis| Distribution::read(attributes, &axis));
        let (bounds, choices) = (bounds.ok()?, choices.ok()?);
        let (stream, data_type) = (context.stream, digits.data_type());
        if let Some(choices) = choices {
            warn_beside_values(attributes, &["min", "max", DISTRIBUTION.name]);
            let count = choices.values().len() as u64;
            let width = u32::from(digits.precision) / 2 + 2;
            let drawn = Compiled::drawn(stream, choices, Values::Decimal, data_type, width);
            return Some(drawn.with_distinct(count).into());
        }
        let range = WholeRange::new(bounds.min, bounds.max).shaped(distribution.ok()?, factor);
        let count = u64::try_from(range.count()).unwrap_or(u64::MAX);
        let longest = digits.text(bounds.min).len().max(digits.text(bounds.max).len());
        let drawn = Compiled::drawn(stream, range, Values::Decimal, data_type, longest as u32);
        Some(drawn.with_distinct(count).into())
    }
}

/// The digits of the type.
#[derive(Debug, Clone, Copy)]
struct Digits {
    precision: u8,
    scale: u8,
}

impl Digits {
    fn read(attributes: &mut Reader<'_>) -> Result<Self, Refused> {
        let mut read = |key: &str, range, default| {
            if attributes.has(key) { attributes.integer(key, range) } else { Some(default) }
        };
        let (precision, scale) = (read("precision", 1..=38, 18), read("scale", 0..=38, 2));
        let (precision, scale) = (precision.ok_or(Refused)?, scale.ok_or(Refused)?);
        if scale > precision {
            let message =
                format!("`scale` is {scale}, expected at most the `precision` {precision}");
            attributes.error("scale", "wrong_value", message);
            return Err(Refused);
        }
        Ok(Self { precision: precision as u8, scale: scale as u8 })
    }

    fn data_type(self) -> DataType {
        DataType::Decimal { precision: self.precision, scale: self.scale }
    }

    /// All digits 9; 38 of them fit.
    fn largest(self) -> i128 {
        10_i128.pow(u32::from(self.precision)) - 1
    }

    /// The digits of a number such as `-12.5`, `.5` or `1.2e3`, without the point.
    fn parse(self, text: &str) -> Result<i128, String> {
        let refused = |what: &str| Err(format!("`{}` {what}", excerpt(text)));
        let Some(number) = Number::read(text.trim()) else {
            return refused("is not a decimal number");
        };
        let Some(shift) = number.exponent.checked_add(i64::from(self.scale)) else {
            return refused("is not a decimal number of a sensible size");
        };
        // Zeros at the end of the digits were dropped: what lies behind the scale is not zero.
        if shift < 0 && number.digits != 0 {
            return refused(&format!("has more than {} digits behind the point", self.scale));
        }
        let factor = u32::try_from(shift.max(0)).ok().and_then(|shift| 10_i128.checked_pow(shift));
        let value = match (number.digits, factor) {
            (0, _) => Some(0),
            (digits, Some(factor)) => digits.checked_mul(factor),
            (_, None) => None,
        };
        match value {
            Some(value) if value <= self.largest() => {
                Ok(if number.negative { -value } else { value })
            }
            _ => refused(&format!(
                "is not possible, expected at most {} digits before the point",
                self.precision - self.scale
            )),
        }
    }

    fn text(self, value: i128) -> String {
        let scale = usize::from(self.scale);
        let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if value < 0 { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        format!("{sign}{whole}{point}{fraction}")
    }
}

/// `digits * 10^exponent`, without zeros at the end of the digits.
#[derive(Debug)]
struct Number {
    negative: bool,
    digits: i128,
    exponent: i64,
}

impl Number {
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0_i64),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0 || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let dropped = all().rev().take_while(|byte| *byte == b'0').count();
        let kept = whole.len() + fraction.len() - dropped;
        let mut digits = 0_i128;
        for byte in all().take(kept) {
            digits = digits.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        let exponent = exponent.checked_sub(fraction.len() as i64)?.checked_add(dropped as i64)?;
        Some(Self { negative, digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::trial::{compile, refusal};
    use super::*;

    fn values(json: &str) -> Vec<i128> {
        let Values::Decimal(values) = compile(&Decimal, json).column(0, 10_000).values else {
            panic!("DECIMAL gives decimals");
        };
        values
    }

    #[test]
    fn bounds_are_exact_and_inclusive() {
        let mut drawn = values(r#"{"min": "-0.02", "max": 0.01}"#);
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [-2, -1, 0, 1]);
    }

    #[test]
    fn all_38_digits_are_used() {
        let widest = values(
            r#"{"precision": 38, "scale": 0, "min": "-99999999999999999999999999999999999999"}"#,
        );
        let most = 10_i128.pow(38) - 1;
        assert!(widest.iter().all(|value| (-most..=most).contains(value)));
        assert!(widest.iter().any(|value| *value < -most / 10 * 9));
        assert!(widest.iter().any(|value| *value > most / 10 * 9));
    }

    #[test]
    fn a_distribution_is_measured_in_the_values() {
        let drawn = values(
            r#"{"min": 0, "max": 100, "distribution": {"type": "normal", "mean": 20, "stddev": 2}}"#,
        );
        let mean = drawn.iter().map(|value| *value as f64 / 100.0).sum::<f64>() / 10_000.0;
        assert!((mean - 20.0).abs() < 0.1, "{mean}");
    }

    #[test]
    fn numbers_are_read_exactly() {
        let digits = Digits { precision: 38, scale: 3 };
        for (text, expected) in [
            ("0", 0),
            ("-0.000", 0),
            ("12.5", 12_500),
            (".5", 500),
            ("5.", 5_000),
            ("+1.2e3", 1_200_000),
            ("1500e-3", 1_500),
            ("0e999999999", 0),
            ("12345678901234567890.123", 12_345_678_901_234_567_890_123),
        ] {
            assert_eq!(digits.parse(text), Ok(expected), "{text}");
        }
        for text in ["", "-", ".", "1,5", "0x1", "1e", "NaN", "1 2", "٣"] {
            assert!(digits.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wrong_attributes_are_told_all_at_once() {
        let refusal = |json: &str| refusal(&Decimal, json);
        insta::assert_snapshot!(refusal(r#"{"precision": 39, "scale": -1}"#), @"
        /Fields/0/precision: field `f`: `precision` is `39`, expected a whole number from 1 to 38
        /Fields/0/scale: field `f`: `scale` is `-1`, expected a whole number from 0 to 38
        ");
        insta::assert_snapshot!(refusal(r#"{"precision": 4, "scale": 5}"#), @"/Fields/0/scale: field `f`: `scale` is 5, expected at most the `precision` 4");
        let json = r#"{"precision": 5, "min": 0.005, "max": 1000, "possible_values": ["x", 1]}"#;
        insta::assert_snapshot!(refusal(json), @"
        /Fields/0/min: field `f`: `0.005` has more than 2 digits behind the point
        /Fields/0/max: field `f`: `1000` is not possible, expected at most 3 digits before the point
        /Fields/0/possible_values/0: field `f`: `x` is not a decimal number
        ");
        insta::assert_snapshot!(refusal(r#"{"precision": 5, "min": 5, "max": "4.99"}"#), @"/Fields/0/min: field `f`: `min` 5 is above `max` 4.99");
    }

    proptest! {
        #[test]
        fn a_written_number_reads_back(value: i64, scale in 0..20_u8) {
            let digits = Digits { precision: 38, scale };
            prop_assert_eq!(digits.parse(&digits.text(i128::from(value))), Ok(i128::from(value)));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eE]{0,60}|\\PC*", scale in 0..38_u8) {
            let _ = Digits { precision: 38, scale }.parse(&text);
        }
    }
}
