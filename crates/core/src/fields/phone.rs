//! `PHONE`: phone numbers that are valid in their country, such as `+33 612345678`.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values, VarBytes};
use crate::dictionaries::{
    Country, DictionaryError, MAX_NATIONAL_DIGITS, NationalNumber, PhonePlan, countries as all,
    phone_plan,
};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::{Stream, scale};
use crate::sampling::alias::Alias;
use crate::sampling::countries::{self, FILTERS};
use crate::sampling::{Sampler as _, map_words};

use super::{Compiled, Computed, Context, Definition, FieldType};

/// Room for `+`, a calling code and a blank.
const PREFIX: usize = 8;

/// Longest text in bytes.
const WIDEST: usize = PREFIX + MAX_NATIONAL_DIGITS;

/// Purpose of the random numbers that choose within a range.
const NUMBERS: u64 = 0x6e75_6d62;

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

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let plans = countries::read(attributes, plans).ok()?;
        let (mut ranges, mut weights) = (Vec::new(), Vec::new());
        for plan in &plans {
            for (first, count) in plan.ranges() {
                ranges.push(Range::new(plan.calling_code(), first, count));
                // All countries are equally likely, and so are all numbers of a country.
                weights.push(count as f64 / plan.len() as f64);
            }
        }
        let numbers = Numbers { stream: context.stream, ranges, alias: Alias::new(&weights).ok()? };
        Some(Compiled::new(numbers, DataType::Text, 14).into())
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

/// Numbers that follow one another.
#[derive(Debug)]
struct Range {
    /// `+33 `, filled up.
    prefix: [u8; PREFIX],
    prefix_length: usize,
    digits: usize,
    first: u64,
    count: u64,
}

impl Range {
    fn new(calling_code: &str, first: NationalNumber, count: u64) -> Self {
        let text = format!("+{calling_code} ");
        // Calling codes have at most three digits.
        let prefix_length = text.len().min(PREFIX);
        let mut prefix = [0; PREFIX];
        prefix[..prefix_length].copy_from_slice(&text.as_bytes()[..prefix_length]);
        let digits = usize::from(first.digits).min(MAX_NATIONAL_DIGITS);
        Self { prefix, prefix_length, digits, first: first.value, count }
    }
}

/// Draws a range as often as it holds numbers of its country, then one of its numbers.
#[derive(Debug)]
struct Numbers {
    stream: Stream,
    ranges: Vec<Range>,
    alias: Alias,
}

impl Generator for Numbers {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let ranges = self.alias.column(self.stream, rows);
        let places = map_words(self.stream.lane(NUMBERS), rows, |word| word);
        // Whole words are written, and the next text begins where this one's digits end.
        let mut data = vec![0; rows.count * WIDEST + 16];
        let mut offsets = Vec::with_capacity(rows.count + 1);
        offsets.push(0);
        let mut at = 0;
        for (range, place) in ranges.into_iter().zip(places) {
            let range = &self.ranges[range as usize];
            let digits = sixteen_digits(range.first + scale(place, range.count));
            let shifted = u128::from_le_bytes(digits) >> (8 * (16 - range.digits));
            data[at..at + PREFIX].copy_from_slice(&range.prefix);
            at += range.prefix_length;
            data[at..at + 16].copy_from_slice(&shifted.to_le_bytes());
            at += range.digits;
            offsets.push(at as u32);
        }
        data.truncate(at);
        let texts = VarBytes::from_parts(offsets, data);
        Ok(Column::new(Values::Text(texts)).into())
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
