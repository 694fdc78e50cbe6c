//! `PHONE`: phone numbers that are valid in their country, such as `+33 612345678`.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values, VarBytes};
use crate::dictionaries::{
    Country, DictionaryError, MAX_NATIONAL_DIGITS, PhonePlan, countries as all, phone_plan,
};
use crate::rng::{Stream, scale};
use crate::sampling::countries::{self, FILTERS};

use super::{Compiled, Computed, Context, FieldType, GenerateError, Generator};

#[derive(Debug)]
pub(super) struct Phone;

impl FieldType for Phone {
    fn name(&self) -> &'static str {
        "PHONE"
    }

    fn summary(&self) -> &'static str {
        "Phone numbers that are valid in their country, such as +33 612345678."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[FILTERS];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "phone", "type": "PHONE", "filters": ["France", "Japan"]}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 14))
    }

    fn compile(&self, attributes: &mut Reader<'_>, context: &Context<'_>) -> Option<Compiled> {
        let plans = countries::read(attributes, plans).ok()?;
        let lines = plans
            .into_iter()
            .map(|plan| Line { prefix: format!("+{} ", plan.calling_code()).into_bytes(), plan })
            .collect();
        Some(Compiled::new(Numbers { stream: context.stream, lines }, DataType::Text, 14))
    }
}

/// The plans of `wanted`, or of all countries that have one.
fn plans(wanted: &[Country]) -> Result<Vec<PhonePlan>, DictionaryError> {
    if wanted.is_empty() {
        return Ok(all().filter_map(|country| phone_plan(country).ok()).collect());
    }
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.into_iter().map(phone_plan).collect()
}

#[derive(Debug)]
struct Line {
    prefix: Vec<u8>,
    plan: PhonePlan,
}

/// Draws a country, all equally likely, then one of its numbers.
#[derive(Debug)]
struct Numbers {
    stream: Stream,
    lines: Vec<Line>,
}

impl Generator for Numbers {
    fn generate(&self, rows: Rows) -> Result<Column, GenerateError> {
        let mut texts = VarBytes::with_capacity(rows.count, rows.count * 20);
        for row in rows.iter() {
            let mut cell = self.stream.cell(row);
            let line = &self.lines[scale(cell.word(), self.lines.len() as u64) as usize];
            let number = line.plan.number(cell.word());
            let digits = sixteen_digits(number.value);
            let text = texts.open();
            text.extend_from_slice(&line.prefix);
            text.extend_from_slice(
                &digits[16 - usize::from(number.digits).min(MAX_NATIONAL_DIGITS)..],
            );
            texts.close();
        }
        Ok(Column::new(Values::Text(texts)))
    }
}

/// `value` below 10^16 with leading zeros.
fn sixteen_digits(value: u64) -> [u8; 16] {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&eight_digits(value / 100_000_000));
    out[8..].copy_from_slice(&eight_digits(value % 100_000_000));
    out
}

/// `value` below 10^8 with leading zeros: all digits at once in the bytes of one word, by halving the
/// groups (four digits, two, one); division is multiplication by a reciprocal that is exact so far.
const fn eight_digits(value: u64) -> [u8; 8] {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - tens * 10) << 8);
    (ones | 0x3030_3030_3030_3030).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use regex::Regex;

    use super::super::trial::Trial;
    use super::*;

    #[test]
    fn numbers_have_the_form_of_their_country() {
        for (country, form) in [
            ("France", r"^\+33 [67]\d{8}$"),
            ("USA", r"^\+1 [2-9]\d{9}$"),
            ("Japan", r"^\+81 [6-9]0\d{8}$"),
            ("Spain", r"^\+34 [67]\d{8}$"),
            ("India", r"^\+91 [1-9]\d{9}$"),
        ] {
            let form = Regex::new(form).unwrap();
            let json = serde_json::json!({"type": "PHONE", "filters": [country]});
            for number in Trial::of(&json.to_string()).texts(2_000) {
                assert!(form.is_match(&number), "{country}: {number}");
            }
        }
    }

    #[test]
    fn without_filters_numbers_come_from_everywhere() {
        let form = Regex::new(r"^\+[1-9]\d{0,2} \d{3,14}$").unwrap();
        let numbers = Trial::of(r#"{"type": "PHONE"}"#).texts(20_000);
        assert!(numbers.iter().all(|number| form.is_match(number)));
        let codes: BTreeSet<&str> = numbers.iter().filter_map(|n| n.split(' ').next()).collect();
        assert!(codes.len() > 150, "{}", codes.len());
    }

    #[test]
    fn a_country_without_phones_is_refused() {
        let refusal = Trial::refusal(r#"{"type": "PHONE", "filters": ["Antarctica"]}"#);
        assert!(refusal.contains("no phone numbers for `Antarctica`"), "{refusal}");
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_number(value in 0..10_000_000_000_000_000_u64) {
            let digits = sixteen_digits(value);
            prop_assert_eq!(std::str::from_utf8(&digits).unwrap(), format!("{value:016}"));
        }
    }
}
