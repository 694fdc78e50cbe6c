//! `SEQUENCE`: whole numbers of 64 bits at equal distances, optionally starting again.
//!
//! `{"name": "slot", "type": "SEQUENCE", "start": 10, "step": 5, "max": 30}` gives 10, 15, 20, 25,
//! 30, 10, 15 … `max` is the last number of a rising sequence, `min` that of a falling one; `cycle`
//! counts the numbers instead. Without any of them the sequence goes on to the end of 64 bits.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::sampling::Refused;
use crate::sampling::choices::warn_ignored;

use super::{Compiled, Computed, Context, Definition, Exhausted, FieldType};

#[derive(Debug)]
pub(super) struct Sequence;

impl FieldType for Sequence {
    fn name(&self) -> &'static str {
        "SEQUENCE"
    }

    fn summary(&self) -> &'static str {
        "Whole numbers at equal distances, optionally starting again."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new("start", "integer", "1", "The first number."),
            Attribute::new("step", "integer", "1", "From one number to the next; not 0."),
            Attribute::new("cycle", "integer", "", "Numbers after which it starts again."),
            Attribute::new("max", "integer", "", "A rising sequence starts again after it."),
            Attribute::new("min", "integer", "", "A falling sequence starts again after it."),
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "slot", "type": "SEQUENCE", "start": 10, "step": 5, "max": 30}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Int64, 8))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        const ALL: std::ops::RangeInclusive<i64> = i64::MIN..=i64::MAX;
        let mut read = |key: &str, default| {
            if attributes.has(key) { attributes.integer(key, ALL) } else { Some(default) }
        };
        let (start, step) = (read("start", 1), read("step", 1));
        if step == Some(0) {
            attributes.error("step", "wrong_value", "`step` is 0, expected any other whole number");
        }
        let (start, step) = (start?, step.filter(|step| *step != 0)?);
        let cycle = read_cycle(attributes, start, step).ok()?;
        // Numbers from `start` to the end of the type.
        let end = if step > 0 { i64::MAX } else { i64::MIN };
        let capacity = numbers(start, end, step);
        if let Some(cycle) = cycle.filter(|cycle| *cycle > capacity) {
            let message = format!(
                "`cycle` is {cycle}, from `start` {start} by `step` {step} there are {capacity} numbers of 64 bits"
            );
            attributes.error("cycle", "wrong_value", message);
            return None;
        }
        if cycle.is_none() {
            context.check_capacity(attributes, "step", capacity)?;
        }
        let generator = Steps { start, step, cycle, capacity };
        // As far as the command goes, where that is known.
        let made = cycle.or(context.total_rows).unwrap_or(1).clamp(1, capacity);
        let last = i128::from(start) + i128::from(step) * i128::from(made - 1);
        let last = last.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let mut compiled = Compiled::new(generator, DataType::Int64, 8).with_range(start, last);
        match cycle {
            Some(cycle) => compiled = compiled.with_distinct(cycle),
            None => compiled.capacity = Some(capacity),
        }
        Some(compiled.into())
    }
}

/// Numbers until the sequence starts again; `None` when it does not.
fn read_cycle(attributes: &mut Reader<'_>, start: i64, step: i64) -> Result<Option<u64>, Refused> {
    let (end, other) = if step > 0 { ("max", "min") } else { ("min", "max") };
    if attributes.has("cycle") {
        warn_ignored(attributes, &["min", "max"], "cycle");
        let cycle = attributes.integer("cycle", 1..=i64::MAX).ok_or(Refused)?;
        return Ok(Some(cycle as u64));
    }
    if attributes.has(other) {
        let direction = if step > 0 { "rises" } else { "falls" };
        let message = format!("`{other}` has no effect on a sequence that {direction}");
        attributes.warn(other, "ignored_attribute", message);
    }
    if !attributes.has(end) {
        return Ok(None);
    }
    let last = attributes.integer(end, i64::MIN..=i64::MAX).ok_or(Refused)?;
    if (step > 0 && last < start) || (step < 0 && last > start) {
        let side = if step > 0 { "below" } else { "above" };
        let message = format!("`{end}` {last} is {side} `start` {start}");
        attributes.error(end, "empty_range", message);
        return Err(Refused);
    }
    Ok(Some(numbers(start, last, step)))
}

/// Numbers from `start` to `end` by `step`, which leads there; at most 2^64 - 1.
fn numbers(start: i64, end: i64, step: i64) -> u64 {
    (start.abs_diff(end) / step.unsigned_abs()).saturating_add(1)
}

/// Row `r` gets `start + step * (r % cycle)`.
#[derive(Debug)]
struct Steps {
    start: i64,
    step: i64,
    cycle: Option<u64>,
    capacity: u64,
}

impl Generator for Steps {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        // No number overflows: the cycle, or else the capacity, ends before.
        let number = |index: u64| self.start.wrapping_add(self.step.wrapping_mul(index as i64));
        let mut values = Vec::with_capacity(rows.count);
        if let Some(cycle) = self.cycle {
            let mut index = rows.first % cycle;
            for _ in 0..rows.count {
                values.push(number(index));
                index += 1;
                if index == cycle {
                    index = 0;
                }
            }
        } else {
            Exhausted::check(rows, self.capacity)?;
            values.extend((0..rows.count as u64).map(|index| number(rows.first + index)));
        }
        Ok(Column::new(Values::Int64(values)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{compile, refusal, told, told_for_rows};
    use super::*;

    fn values(json: &str, first: u64, count: usize) -> Vec<i64> {
        let Values::Int64(values) = compile(&Sequence, json).column(first, count).values else {
            panic!("SEQUENCE gives 64 bits");
        };
        values
    }

    #[test]
    fn sequences_rise_fall_and_start_again() {
        assert_eq!(values("{}", 0, 3), [1, 2, 3]);
        assert_eq!(values(r#"{"start": 10, "step": 5, "max": 22}"#, 2, 4), [20, 10, 15, 20]);
        assert_eq!(values(r#"{"start": 0, "step": -2, "min": -4}"#, 1, 4), [-2, -4, 0, -2]);
        assert_eq!(values(r#"{"start": 7, "cycle": 2}"#, u64::MAX / 2, 3), [8, 7, 8]);
        assert_eq!(values(r#"{"start": 7, "cycle": 1}"#, 0, 2), [7, 7]);
    }

    #[test]
    fn the_whole_width_can_be_stepped_through() {
        let widest = r#"{"start": -9223372036854775808, "step": 9223372036854775807}"#;
        assert_eq!(values(widest, 0, 3), [i64::MIN, -1, i64::MAX - 1]);
        let falling = r#"{"start": 9223372036854775807, "step": -9223372036854775808}"#;
        assert_eq!(values(falling, 0, 2), [i64::MAX, -1]);
    }

    #[test]
    fn an_endless_sequence_ends_with_an_error() {
        let compiled = compile(&Sequence, r#"{"start": 9223372036854775805, "step": 2}"#);
        assert_eq!(compiled.capacity, Some(2));
        assert!(compiled.generator.generate(Rows { first: 1, count: 2 }, &[]).is_err());
        let json = r#"{"start": 9223372036854775805}"#;
        insta::assert_snapshot!(told_for_rows(&Sequence, json, 4), @"/Fields/0/step: field `f`: the command makes 4 rows, the field has 3 different values");
    }

    #[test]
    fn wrong_attributes_are_told() {
        insta::assert_snapshot!(refusal(&Sequence, r#"{"start": "x", "step": 0}"#), @"
        /Fields/0/start: field `f`: `start` is the text `x`, expected a whole number of 64 bits
        /Fields/0/step: field `f`: `step` is 0, expected any other whole number
        ");
        insta::assert_snapshot!(refusal(&Sequence, r#"{"start": 5, "max": 4}"#), @"/Fields/0/max: field `f`: `max` 4 is below `start` 5");
        insta::assert_snapshot!(refusal(&Sequence, r#"{"step": 9223372036854775807, "cycle": 9}"#), @"/Fields/0/cycle: field `f`: `cycle` is 9, from `start` 1 by `step` 9223372036854775807 there are 1 numbers of 64 bits");
        insta::assert_snapshot!(told(&Sequence, r#"{"step": -1, "max": 4}"#), @"/Fields/0/max: field `f`: `max` has no effect on a sequence that falls");
    }
}
