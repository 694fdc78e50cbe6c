//! `CITY`: cities of the world, as frequent as they are populous.

use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Dictionary, VarBytes};
use crate::dictionaries::{self, Degrees, cities};
use crate::sampling::choices::TextChoices;
use crate::sampling::countries::{self, FILTERS};
use crate::sampling::linked::Linked;

use super::shared::Listed;
use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct City;

impl FieldType for City {
    fn name(&self) -> &'static str {
        "CITY"
    }

    fn summary(&self) -> &'static str {
        "Cities, as frequent as they are populous. LINK reads `lat`, `long`, `country`, `population`, \
         `iso2`, `iso3`."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[FILTERS];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "city", "type": "CITY", "filters": ["France", "Germany"]}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 9))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let listed = context.shared.cities.read(attributes, "", cities, listed).ok()??;
        Some(Compiled::listed(context.stream, &listed).into())
    }
}

fn listed(cities: Vec<dictionaries::City>) -> Option<Listed> {
    let weights: Vec<f64> = cities.iter().map(|city| f64::from(city.population)).collect();
    let choices = TextChoices::weighted(cities.iter().map(|city| city.name), &weights).ok()?;
    Some(Listed { choices, sub_values: sub_values(&cities.into()) })
}

fn sub_values(cities: &Arc<[dictionaries::City]>) -> Vec<(String, Linked)> {
    let texts = |write: fn(&dictionaries::City, &mut Vec<u8>)| {
        let cities = Arc::clone(cities);
        Linked::new(move || texts(&cities, write))
    };
    let latitude = texts(|city, out| write_degrees(city.latitude, out));
    let longitude = texts(|city, out| write_degrees(city.longitude, out));
    let population = texts(|city, out| {
        out.extend_from_slice(itoa::Buffer::new().format(city.population).as_bytes());
    });
    let mut values = vec![
        ("lat".to_owned(), latitude.clone()),
        ("long".to_owned(), longitude.clone()),
        ("latitude".to_owned(), latitude),
        ("longitude".to_owned(), longitude),
        ("population".to_owned(), population),
    ];
    values.extend(countries::sub_values(cities.iter().map(|city| city.country)));
    values
}

fn texts(
    cities: &[dictionaries::City],
    write: impl Fn(&dictionaries::City, &mut Vec<u8>),
) -> Arc<Dictionary> {
    let mut texts = VarBytes::with_capacity(cities.len(), cities.len() * 9);
    for city in cities {
        write(city, texts.open());
        texts.close();
    }
    Dictionary::from_texts(texts)
}

/// The text of a coordinate. `Display` costs several times as much, and there are 100,000 of them.
fn write_degrees(degrees: Degrees, out: &mut Vec<u8>) {
    const SCALE: u32 = Degrees::SCALE.unsigned_abs();
    let (units, mut buffer) = (degrees.units(), itoa::Buffer::new());
    if units < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(buffer.format(units.unsigned_abs() / SCALE).as_bytes());
    out.push(b'.');
    // One more digit in front keeps the zeros behind the point.
    let fraction = buffer.format(SCALE + units.unsigned_abs() % SCALE);
    out.extend_from_slice(&fraction.as_bytes()[1..]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::trial::Trial;
    use super::*;

    #[test]
    fn cities_are_as_frequent_as_they_are_populous() {
        let trial = Trial::of(r#"{"type": "CITY", "filters": ["France"]}"#);
        let rows = 1_000_000;
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for name in trial.texts(rows) {
            *counts.entry(name).or_default() += 1;
        }
        // Names repeat, so what is compared are the populations per name.
        let mut populations: BTreeMap<&str, f64> = BTreeMap::new();
        for city in cities(&[crate::dictionaries::find_country("fr").unwrap()]).unwrap() {
            *populations.entry(city.name).or_default() += f64::from(city.population);
        }
        let sum: f64 = populations.values().sum();
        let mut degrees = 0.0;
        let mut chi_square = 0.0;
        for (name, population) in populations {
            let expected = population / sum * rows as f64;
            if expected > 20.0 {
                let found = f64::from(counts.get(name).copied().unwrap_or_default());
                chi_square += (found - expected).powi(2) / expected;
                degrees += 1.0;
            }
        }
        // Of a thousand degrees of freedom one sample in 10,000 exceeds this.
        assert!(degrees > 100.0);
        assert!(chi_square < degrees + 4.0 * f64::sqrt(2.0 * degrees), "{chi_square} {degrees}");
        assert!(counts["Paris"] > counts["Lyon"]);
    }

    #[test]
    fn without_filters_the_whole_world_is_drawn_by_population() {
        let trial = Trial::of(r#"{"type": "CITY"}"#);
        assert!(trial.compiled.distinct > Some(40_000));
        let countries = trial.linked("country", 20_000);
        let share = |name: &str| countries.iter().filter(|country| *country == name).count();
        assert!(share("China") > 1_000 && share("India") > 1_000 && share("Iceland") < 50);
    }

    #[test]
    fn what_links_read_is_of_the_city() {
        let trial = Trial::of(r#"{"type": "CITY", "filters": ["france"]}"#);
        let names = trial.texts(1_000);
        let row = names.iter().position(|name| name == "Paris").unwrap();
        let linked = ["lat", "latitude", "long", "country", "iso2", "iso_code", "iso3"]
            .map(|name| trial.linked(name, 1_000)[row].clone());
        insta::assert_snapshot!(linked.join(" "), @"48.85341 48.85341 2.34880 France FR FR FRA");
        assert!(trial.linked("population", 1_000)[row].parse::<u32>().unwrap() > 2_000_000);
    }

    #[test]
    fn coordinates_are_written_as_the_dictionary_does() {
        for city in cities(&[]).unwrap() {
            let mut text = Vec::new();
            write_degrees(city.longitude, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), city.longitude.to_string());
        }
    }

    #[test]
    fn an_unknown_country_is_refused_with_a_guess() {
        insta::assert_snapshot!(Trial::refusal(r#"{"type": "CITY", "filters": ["Chili"]}"#), @"/Fields/0/filters/0: field `f`: unknown country `Chili`, did you mean Chile?");
    }
}
