//! `FULL_NAME`: first and last name of people.
//!
//! First times last names are too many for a list, and a text made per row could not be linked to its
//! parts. So a population of people is drawn once, from the field's own random numbers, and every row
//! is one of them: as fast as any list, with first name, last name, sex and country that agree.

use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Dictionary, VarBytes};
use crate::dictionaries::FirstName;
use crate::rng::Stream;
use crate::sampling::alias::Alias;
use crate::sampling::choices::TextChoices;
use crate::sampling::countries::{self, FILTERS};
use crate::sampling::linked::Linked;
use crate::sampling::surnames::Surnames;

use super::{Compiled, Computed, Context, Definition, FieldType, name};

/// People of a field: few enough to be made in milliseconds and to stay near the processor.
const POPULATION: usize = 1 << 16;

/// Purpose of the random numbers that make the population.
const PEOPLE: u64 = 0x7065_6f70;

#[derive(Debug)]
pub(super) struct FullName;

impl FieldType for FullName {
    fn name(&self) -> &'static str {
        "FULL_NAME"
    }

    fn summary(&self) -> &'static str {
        "First and last names of a population of 65,536 people. LINK reads `first_name`, \
         `last_name`, `sex`, `country`, `iso2`, `iso3`."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[FILTERS, name::SEX];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "customer", "type": "FULL_NAME", "filters": ["Italy"]}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 15))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let names = Arc::clone(&name::read(attributes, &context.shared.first_names).ok()?.names);
        let people = population(&names, context.stream.lane(PEOPLE))?;
        let mut full = VarBytes::with_capacity(people.len(), people.len() * 16);
        for Person { first, last } in &people {
            let text = full.open();
            text.extend_from_slice(first.name.as_bytes());
            if !last.is_empty() {
                text.push(b' ');
                text.extend_from_slice(last.as_bytes());
            }
            full.close();
        }
        let choices = TextChoices {
            dictionary: Dictionary::from_texts(full),
            alias: Alias::even(people.len()).ok()?,
        };
        let mut compiled = Compiled::drawn_text(context.stream, choices);
        let countries = countries::sub_values(people.iter().map(|person| person.first.country));
        let people: Arc<[Person]> = people.into();
        let texts = |text| Linked::of_list(&people, text);
        compiled.sub_values = vec![
            ("first_name".to_owned(), texts(|person| person.first.name)),
            ("last_name".to_owned(), texts(|person| person.last)),
            ("sex".to_owned(), texts(|person| name::sex_text(person.first.sex))),
        ];
        compiled.sub_values.extend(countries);
        Some(compiled.into())
    }
}

/// A member of the population.
struct Person {
    first: FirstName,
    last: &'static str,
}

/// People: a first name by weight, a last name of the same country and sex.
fn population(names: &[FirstName], stream: Stream) -> Option<Vec<Person>> {
    let weights: Vec<f64> = names.iter().map(|name| f64::from(name.weight)).collect();
    let alias = Alias::new(&weights).ok()?;
    let surnames = Surnames::new(names.iter().map(|name| name.country));
    let person = |index: usize| {
        let mut cell = stream.cell(index as u64);
        let first = names[alias.pick(cell.word()) as usize];
        let last = surnames.pick(first.country, first.sex, cell.word());
        Person { first, last: last.map_or("", |last| last.name) }
    };
    Some((0..POPULATION).map(person).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::trial::Trial;

    #[test]
    fn a_full_name_is_made_of_its_parts() {
        let trial = Trial::of(r#"{"type": "FULL_NAME", "filters": ["Italy", "Poland"]}"#);
        let (first, last) = (trial.linked("first_name", 500), trial.linked("last_name", 500));
        for (row, name) in trial.texts(500).iter().enumerate() {
            assert_eq!(*name, format!("{} {}", first[row], last[row]));
        }
        assert!(trial.linked("country", 500).iter().all(|c| c == "Italy" || c == "Poland"));
    }

    #[test]
    fn many_people_have_names_of_their_own() {
        let names: BTreeSet<String> =
            Trial::of(r#"{"type": "full name"}"#).texts(10_000).into_iter().collect();
        assert!(names.len() > 9_000, "{}", names.len());
    }
}
