//! Dictionaries: names, cities, countries and phone numbers, drawn by their weights.

use rhai::{Dynamic, ImmutableString, Map};

use super::function::{Function, Group, form};
use super::{Answer, Host, raised, with};
use crate::dictionaries::{
    Country, MAX_NATIONAL_DIGITS, cities, countries, find_country, first_names, last_names,
    phone_plan,
};
use crate::sampling::alias::Alias;
use crate::sandbox::rhai::watch::aside;

/// What a script has drawn from, the last ones.
#[derive(Debug, Default)]
pub(in crate::sandbox::rhai) struct Selections(Vec<Selection>);

/// Most selections that are kept at a time: all cities take about a megabyte.
const MOST_SELECTIONS: usize = 16;

/// The entries of one dictionary in one country, or in all.
#[derive(Debug)]
struct Selection {
    dictionary: Dictionary,
    country: String,
    entries: Vec<Entry>,
    alias: Alias,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dictionary {
    FirstNames,
    LastNames,
    Cities,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    name: &'static str,
    country: Country,
    latitude: f64,
    longitude: f64,
    weight: u32,
}

fn country(spelling: &str) -> Answer<Country> {
    find_country(spelling).map_err(|error| error.to_string())
}

impl Selection {
    fn new(dictionary: Dictionary, spelling: &str) -> Answer<Self> {
        let wanted = if spelling.is_empty() { Vec::new() } else { vec![country(spelling)?] };
        let named =
            |name, country, weight| Entry { name, country, latitude: 0.0, longitude: 0.0, weight };
        let entries: Result<Vec<Entry>, _> = match dictionary {
            Dictionary::FirstNames => first_names(&wanted).map(|all| {
                all.iter().map(|one| named(one.name, one.country, one.weight)).collect()
            }),
            Dictionary::LastNames => last_names(&wanted).map(|all| {
                all.iter().map(|one| named(one.name, one.country, one.weight)).collect()
            }),
            Dictionary::Cities => cities(&wanted).map(|all| {
                let entry = |city: &crate::dictionaries::City| Entry {
                    name: city.name,
                    country: city.country,
                    latitude: city.latitude.value(),
                    longitude: city.longitude.value(),
                    weight: city.population,
                };
                all.iter().map(entry).collect()
            }),
        };
        let entries = entries.map_err(|error| error.to_string())?;
        let weights: Vec<f64> = entries.iter().map(|entry| f64::from(entry.weight)).collect();
        let alias = Alias::new(&weights).map_err(|error| error.to_string())?;
        Ok(Self { dictionary, country: spelling.to_owned(), entries, alias })
    }
}

impl Host {
    fn entry(&mut self, dictionary: Dictionary, country: &str) -> Answer<Entry> {
        // Tables are kept for later rows.
        aside(|| self.draw_entry(dictionary, country))
    }

    fn draw_entry(&mut self, dictionary: Dictionary, country: &str) -> Answer<Entry> {
        let known = |one: &Selection| one.dictionary == dictionary && one.country == country;
        let place = match self.data.0.iter().position(known) {
            Some(place) => place,
            None => {
                let selection = Selection::new(dictionary, country)?;
                if self.data.0.len() == MOST_SELECTIONS {
                    self.data.0.remove(0);
                }
                self.data.0.push(selection);
                self.data.0.len() - 1
            }
        };
        let word = self.word();
        let selection = &self.data.0[place];
        Ok(selection.entries[selection.alias.pick(word) as usize])
    }

    pub(in crate::sandbox::rhai) fn first_name(&mut self, country: &str) -> Answer<String> {
        Ok(self.entry(Dictionary::FirstNames, country)?.name.to_owned())
    }

    pub(in crate::sandbox::rhai) fn last_name(&mut self, country: &str) -> Answer<String> {
        Ok(self.entry(Dictionary::LastNames, country)?.name.to_owned())
    }

    pub(in crate::sandbox::rhai) fn city(&mut self, country: &str) -> Answer<String> {
        Ok(self.entry(Dictionary::Cities, country)?.name.to_owned())
    }

    /// A city with everything that is known of it.
    fn place_on_earth(&mut self, country: &str) -> Answer<Map> {
        let entry = self.entry(Dictionary::Cities, country)?;
        let mut map = Map::new();
        map.insert("name".into(), entry.name.into());
        map.insert("country".into(), entry.country.name().into());
        map.insert("latitude".into(), Dynamic::from_float(entry.latitude));
        map.insert("longitude".into(), Dynamic::from_float(entry.longitude));
        Ok(map)
    }

    pub(in crate::sandbox::rhai) fn country(&mut self) -> String {
        let all = countries();
        let place = crate::rng::scale(self.word(), all.len() as u64) as usize;
        countries().nth(place).map_or_else(String::new, |country| country.name().to_owned())
    }

    /// A number as it is dialled from abroad: `+33…`.
    pub(in crate::sandbox::rhai) fn phone(&mut self, spelling: &str) -> Answer<String> {
        let plan = aside(|| phone_plan(country(spelling)?).map_err(|error| error.to_string()))?;
        let number = plan.number(self.word());
        let mut digits = [0; MAX_NATIONAL_DIGITS];
        Ok(format!("+{}{}", plan.calling_code(), number.write(&mut digits)))
    }
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::Dictionaries,
        signature: "first_name(), first_name(country)",
        doc: "a first name by its frequency, of all countries or of one",
        forms: &[
            form!(draws "first_name"() -> Text, |h| h.first_name("")),
            form!(draws "first_name"(country: Text) -> Text, |h| h.first_name(country)),
        ],
        others: None,
    },
    Function {
        group: Group::Dictionaries,
        signature: "last_name(), last_name(country)",
        doc: "a last name by its frequency, of all countries or of one",
        forms: &[
            form!(draws "last_name"() -> Text, |h| h.last_name("")),
            form!(draws "last_name"(country: Text) -> Text, |h| h.last_name(country)),
        ],
        others: None,
    },
    Function {
        group: Group::Dictionaries,
        signature: "city(), city(country)",
        doc: "a city by its inhabitants, of all countries or of one",
        forms: &[
            form!(draws "city"() -> Text, |h| h.city("")),
            form!(draws "city"(country: Text) -> Text, |h| h.city(country)),
        ],
        others: None,
    },
    Function {
        group: Group::Dictionaries,
        signature: "place(), place(country)",
        doc: "a city as a map of `name`, `country`, `latitude` and `longitude`",
        forms: &[],
        others: Some(|engine| {
            engine.register_fn("place", || raised(with(|host| host.place_on_earth(""))));
            engine.register_fn("place", |country: ImmutableString| {
                raised(with(|host| host.place_on_earth(&country)))
            });
        }),
    },
    Function {
        group: Group::Dictionaries,
        signature: "country()",
        doc: "the name of a country, all alike",
        forms: &[form!(draws "country"() -> Text, |h| Ok(h.country()))],
        others: None,
    },
    Function {
        group: Group::Dictionaries,
        signature: "country_code(spelling)",
        doc: "the ISO code of two letters of a country's name or code",
        forms: &[form!(pure "country_code"(spelling: Text) -> Text, |_| {
            aside(|| country(spelling)).map(|country| country.iso2().to_owned())
        })],
        others: None,
    },
    Function {
        group: Group::Dictionaries,
        signature: "phone(country)",
        doc: "a phone number of the country's own plan, with `+` and its code",
        forms: &[form!(draws "phone"(country: Text) -> Text, |h| h.phone(country))],
        others: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn entries_come_from_the_country_asked_for() {
        let mut host = Host::new(Stream::new(1, "f"), None);
        for row in 0..50 {
            host.begin(row);
            let place = host.place_on_earth("FR").unwrap();
            assert_eq!(place["country"].clone().into_string().unwrap(), "France");
            assert!(host.phone("France").unwrap().starts_with("+33"));
            assert!(!host.first_name("").unwrap().is_empty());
        }
        assert!(host.city("Atlantis").unwrap_err().contains("Atlantis"));
    }
}
