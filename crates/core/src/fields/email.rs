//! `EMAIL`: made-up addresses on domains that are reserved, so that no mail ever reaches anyone.

use crate::attributes::{Attribute, Reader};
use crate::columns::{Column, DataType, Rows, Values, VarBytes, append_part};
use crate::dictionaries::{COUNTRY_COUNT, Country, ascii, email_domains, first_names, last_names};
use crate::generator::{GenerateError, Generator, Inputs, Made};
use crate::rng::Stream;
use crate::sampling::alias::Alias;
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::countries::{self, FILTERS};
use crate::texts::Draws;

use super::{Compiled, Computed, Context, Definition, FieldType};

/// What an address without a last name begins with.
const INITIALS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

#[derive(Debug)]
pub(super) struct Email;

impl FieldType for Email {
    fn name(&self) -> &'static str {
        "EMAIL"
    }

    fn summary(&self) -> &'static str {
        "Addresses made of names, such as jean.dupont@example.com, in domains that reach nobody."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[FILTERS, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "email", "type": "EMAIL", "filters": ["USA"]}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 24))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        if let Some(choices) = Choices::read(attributes, |text| Ok(text.to_owned())).ok()? {
            warn_beside_values(attributes, &[FILTERS.name]);
            return Some(Compiled::drawn_text(context.stream, choices.into_texts()).into());
        }
        let names = countries::read(attributes, first_names).ok()?;
        let mut last = Vec::new();
        // The place in `last` of each country's list.
        let mut places = [None; COUNTRY_COUNT];
        let (mut first, mut countries) = (PartsBuilder::default(), Vec::new());
        for name in names {
            let place = *places[name.country.index()].get_or_insert_with(|| {
                last.push(last_parts(name.country));
                last.len() - 1
            });
            if first.push(name.name, name.weight) {
                countries.push(place as u8);
            }
        }
        let generator =
            Addresses { stream: context.stream, first: first.finish()?, countries, last };
        Some(Compiled::new(generator, DataType::Text, 24).into())
    }
}

/// The last names of a country; `None` where there are none.
fn last_parts(country: Country) -> Option<Parts> {
    let mut parts = PartsBuilder::default();
    for name in last_names(&[country]).ok()? {
        parts.push(name.name, name.weight);
    }
    parts.finish()
}

/// Names as parts of addresses, drawn by weight.
#[derive(Debug)]
struct Parts {
    /// First byte and length of every part.
    places: Vec<(u32, u32)>,
    /// All parts.
    data: Vec<u8>,
    alias: Alias,
}

impl Parts {
    /// Appends part `key`.
    #[inline]
    fn append(&self, key: u32, text: &mut Vec<u8>) {
        let (from, length) = self.places[key as usize];
        append_part(&self.data, from as usize, length as usize, text);
    }
}

#[derive(Default)]
struct PartsBuilder {
    places: Vec<(u32, u32)>,
    data: Vec<u8>,
    weights: Vec<f64>,
}

impl PartsBuilder {
    /// Adds the plain letters of `name`; answers whether there are any.
    fn push(&mut self, name: &str, weight: u32) -> bool {
        let start = self.data.len();
        let plain = ascii(name);
        let letters = plain.bytes().filter(u8::is_ascii_alphanumeric);
        self.data.extend(letters.map(|letter| letter.to_ascii_lowercase()));
        let length = self.data.len() - start;
        if length > 0 {
            self.places.push((start as u32, length as u32));
            self.weights.push(f64::from(weight));
        }
        length > 0
    }

    fn finish(self) -> Option<Parts> {
        let alias = Alias::new(&self.weights).ok()?;
        Some(Parts { places: self.places, data: self.data, alias })
    }
}

#[derive(Debug)]
struct Addresses {
    stream: Stream,
    first: Parts,
    /// Per first name the place of its country in `last`; a byte holds all countries.
    countries: Vec<u8>,
    last: Vec<Option<Parts>>,
}

impl Generator for Addresses {
    fn generate(&self, rows: Rows, _: &Inputs<'_>) -> Result<Made, GenerateError> {
        let domains = email_domains();
        let mut texts = VarBytes::with_capacity(rows.count, rows.count * 32);
        for row in rows.iter() {
            let mut cell = self.stream.cell(row);
            let first = self.first.alias.pick(cell.word());
            let last = &self.last[usize::from(self.countries[first as usize])];
            let last = last.as_ref().map(|parts| (parts, parts.alias.pick(cell.word())));
            let mut draws = Draws::new(cell);
            let text = texts.open();
            match last {
                Some((last, key)) if draws.below(2) == 0 => {
                    self.first.append(first, text);
                    text.push(b'.');
                    last.append(key, text);
                }
                _ => {
                    text.push(INITIALS[draws.below(INITIALS.len() as u64) as usize]);
                    self.first.append(first, text);
                }
            }
            text.push(b'@');
            text.extend_from_slice(domains[draws.below(domains.len() as u64) as usize].as_bytes());
            texts.close();
        }
        Ok(Column::new(Values::Text(texts)).into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use regex::Regex;

    use super::super::trial::Trial;
    use super::*;

    #[test]
    fn addresses_are_plain_and_reach_nobody() {
        let form =
            Regex::new(r"^[a-z0-9]+(\.[a-z0-9]+)?@([a-z]+\.example|example\.(com|org|net))$")
                .unwrap();
        let addresses = Trial::of(r#"{"type": "EMAIL"}"#).texts(20_000);
        for address in &addresses {
            assert!(form.is_match(address), "{address}");
        }
        let distinct: BTreeSet<&String> = addresses.iter().collect();
        assert!(distinct.len() > 15_000, "{}", distinct.len());
        let dotted = addresses.iter().filter(|a| a.find('.') < a.find('@')).count();
        assert!((9_500..10_500).contains(&dotted), "{dotted}");
    }

    #[test]
    fn filters_are_honoured_and_own_values_stand_before_them() {
        let trial = Trial::of(r#"{"type": "EMAIL", "filters": ["Japan"]}"#);
        let names: BTreeSet<String> =
            first_names(&[crate::dictionaries::find_country("jp").unwrap()])
                .unwrap()
                .iter()
                .map(|name| ascii(name.name).to_lowercase())
                .collect();
        for address in trial.texts(500).iter().filter(|a| a.find('.') < a.find('@')) {
            let (first, _) = address.split_once('.').unwrap();
            assert!(names.contains(first), "{address}");
        }
        let own = Trial::of(r#"{"type": "EMAIL", "possible_values": ["a@b.c"], "filters": ["x"]}"#);
        assert_eq!(own.texts(1), ["a@b.c"]);
        assert!(
            Trial::refusal(r#"{"type": "EMAIL", "filters": ["x"]}"#).contains("unknown country")
        );
    }
}
