//! First and last names per country. Data: Faker, mimesis and own lists (`data/LICENCES.md`).
//!
//! Which sources a country draws on, and which countries share those of a neighbour, is the table `COUNTRIES`
//! in `build/names.py`. The order within a country is by falling weight, then name.

use super::DictionaryError;
use super::countries::{Country, countries, selection};
use super::table::Table;

/// u8 bytes of the name, u8 bytes of the native form (0: none), u8 sex, u32 weight.
const RECORD: usize = 7;

static FIRST_NAMES: Table<RECORD> =
    Table::new(include_bytes!("data/first_names.bin"), include_str!("data/first_names.txt"));
static LAST_NAMES: Table<RECORD> =
    Table::new(include_bytes!("data/last_names.bin"), include_str!("data/last_names.txt"));

/// Who bears a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sex {
    /// Men.
    Male,
    /// Women.
    Female,
    /// Both, or not known.
    Unisex,
}

/// A first name of one country; no name comes twice within a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FirstName {
    /// One word in Latin letters, accents kept: `Zoé`, `Jean-Luc`, `Hiroshi`.
    pub(crate) name: &'static str,
    /// The name in the script of the country, where this is another one: `浩`.
    pub(crate) native: Option<&'static str>,
    /// Who bears it.
    pub(crate) sex: Sex,
    /// The country whose people bear it.
    pub(crate) country: Country,
    /// How frequent it is, at least 1. The weights of each country sum up to about 2^24.
    pub(crate) weight: u32,
}

/// A last name of one country; no name comes twice within a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastName {
    /// One word in Latin letters, accents kept: `O'Brien`, `Müller`, `Suzuki`.
    pub(crate) name: &'static str,
    /// The name in the script of the country, where this is another one: `鈴木`.
    pub(crate) native: Option<&'static str>,
    /// Who bears it: some languages have a form for each sex (`Novák`, `Nováková`).
    pub(crate) sex: Sex,
    /// The country whose people bear it.
    pub(crate) country: Country,
    /// How frequent it is, at least 1. The weights of each country sum up to about 2^24.
    pub(crate) weight: u32,
}

/// The first names of these countries (empty: of all), in the order that the [module](super) promises.
///
/// # Errors
/// [`DictionaryError::NoEntries`] for a country without first names.
pub(crate) fn first_names(wanted: &[Country]) -> Result<Vec<FirstName>, DictionaryError> {
    select(&FIRST_NAMES, "first names", wanted, |name, native, sex, country, weight| FirstName {
        name,
        native,
        sex,
        country,
        weight,
    })
}

/// The last names of these countries (empty: of all), in the order that the [module](super) promises.
///
/// # Errors
/// [`DictionaryError::NoEntries`] for a country without last names.
pub(crate) fn last_names(wanted: &[Country]) -> Result<Vec<LastName>, DictionaryError> {
    select(&LAST_NAMES, "last names", wanted, |name, native, sex, country, weight| LastName {
        name,
        native,
        sex,
        country,
        weight,
    })
}

fn select<Name>(
    table: &Table<RECORD>,
    entries: &'static str,
    wanted: &[Country],
    name: impl Fn(&'static str, Option<&'static str>, Sex, Country, u32) -> Name,
) -> Result<Vec<Name>, DictionaryError> {
    let selected = selection(wanted);
    let mut names = Vec::with_capacity(table.count(&selected));
    for country in selected {
        let (records, mut texts) = table.of(country);
        if records.is_empty() && !wanted.is_empty() {
            let covered = countries().filter(|country| !table.of(*country).0.is_empty());
            return Err(DictionaryError::NoEntries {
                entries,
                country: country.name(),
                covered: covered.map(Country::name).collect(),
            });
        }
        names.extend(records.iter().map(|&[length, native, sex, a, b, c, d]| {
            let text = texts.take(length);
            let native = (native > 0).then(|| texts.take(native));
            let sex = match sex {
                0 => Sex::Male,
                1 => Sex::Female,
                _ => Sex::Unisex,
            };
            name(text, native, sex, country, u32::from_le_bytes([a, b, c, d]))
        }));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::dictionaries::{ascii, find_country};

    /// What existing models may filter by (spec/fields.md, section C).
    const NAME_COUNTRIES: &str = "Albania, Algeria, Arabia, Armenia, Austria, Azerbaijan, Belarus, Belgium, \
        Bosnia and Herzegovina, Bulgaria, China, Croatia, Czech Republic, Denmark, Estonia, Finland, France, \
        Georgia, Germany, Greece, Hungary, Iceland, India, Ireland, Israel, Italy, Japan, Kazakhstan, Korea, \
        Kosovo, Latvia, Lithuania, Luxembourg, Macedonia, Moldova, Montenegro, Morocco, Netherlands, Norway, \
        Poland, Portugal, Romania, Russia, Serbia, Slovakia, Slovenia, Spain, Sweden, Switzerland, Tunisia, \
        Turkey, UK, USA, Ukraine, Vietnam";

    #[test]
    fn every_country_that_models_name_has_names() {
        assert_eq!(NAME_COUNTRIES.split(", ").count(), 55);
        for spelling in NAME_COUNTRIES.split(", ") {
            let country = find_country(spelling).unwrap();
            let first = first_names(&[country]).unwrap();
            assert!(first.len() >= 100, "{spelling}: {} first names", first.len());
            assert!(last_names(&[country]).unwrap().len() >= 40, "{spelling}");
            for sex in [Sex::Male, Sex::Female] {
                assert!(first.iter().any(|name| name.sex == sex), "{spelling}: {sex:?}");
            }
        }
    }

    #[test]
    fn who_has_first_names_has_last_names() {
        for country in countries() {
            assert_eq!(
                first_names(&[country]).is_ok(),
                last_names(&[country]).is_ok(),
                "{country}"
            );
        }
    }

    #[test]
    fn names_are_single_latin_words_without_repeats() {
        for country in countries() {
            let first = first_names(&[country]).unwrap_or_default();
            let last = last_names(&[country]).unwrap_or_default();
            for names in [
                first.iter().map(|name| (name.name, name.weight)).collect::<Vec<_>>(),
                last.iter().map(|name| (name.name, name.weight)).collect(),
            ] {
                let distinct: BTreeSet<&str> = names.iter().map(|(name, _)| *name).collect();
                assert_eq!(distinct.len(), names.len(), "{country} has a name twice");
                for (name, weight) in &names {
                    assert!(*weight > 0, "{name}");
                    let plain = ascii(name);
                    assert!(
                        plain.len() >= name.chars().count(),
                        "{name} has letters without a spelling"
                    );
                    assert!(
                        plain
                            .bytes()
                            .all(|byte| byte.is_ascii_alphabetic() || b"-'".contains(&byte)),
                        "{name}"
                    );
                }
                let sum: u64 = names.iter().map(|(_, weight)| u64::from(*weight)).sum();
                assert!(sum == 0 || sum.abs_diff(1 << 24) < 8_192, "{country}: {sum}");
                assert!(
                    names.is_sorted_by_key(|(name, weight)| (std::cmp::Reverse(*weight), *name))
                );
            }
        }
    }

    #[test]
    fn the_texts_of_every_country_are_read_to_their_end() {
        for table in [&FIRST_NAMES, &LAST_NAMES] {
            for country in countries() {
                let (records, mut texts) = table.of(country);
                for record in records {
                    assert_ne!(texts.take(record[0]), "", "{country}");
                    if record[1] > 0 {
                        assert_ne!(texts.take(record[1]), "", "{country}");
                    }
                    assert!(record[2] <= 2, "{country}");
                }
                assert!(texts.is_empty(), "{country}");
            }
        }
    }

    #[test]
    fn both_sexes_are_about_as_frequent() {
        for spelling in NAME_COUNTRIES.split(", ") {
            let names = first_names(&[find_country(spelling).unwrap()]).unwrap();
            let sum = |sex| -> u64 {
                names.iter().filter(|name| name.sex == sex).map(|name| u64::from(name.weight)).sum()
            };
            let (male, female) = (sum(Sex::Male), sum(Sex::Female));
            assert!(
                male.max(female) < 2 * male.min(female),
                "{spelling}: {male} men, {female} women"
            );
        }
    }

    #[test]
    fn a_selection_does_not_depend_on_the_order_of_the_filter() {
        let [france, china] = ["France", "China"].map(|spelling| find_country(spelling).unwrap());
        let names = first_names(&[france, china, france]).unwrap();
        assert_eq!(names, first_names(&[china, france]).unwrap());
        assert_eq!(names[0].country, china);
    }

    #[test]
    fn native_forms_and_sexes_come_with_the_names() {
        let japan = first_names(&[find_country("Japan").unwrap()]).unwrap();
        assert!(
            japan.iter().any(|name| name.name == "Keiko"
                && name.sex == Sex::Female
                && name.native.is_some())
        );
        let france = first_names(&[find_country("France").unwrap()]).unwrap();
        assert!(france.iter().any(|name| name.name == "Claude" && name.native.is_none()));
        let czechia = last_names(&[find_country("Czechia").unwrap()]).unwrap();
        assert!(czechia.iter().any(|name| name.name == "Benešová" && name.sex == Sex::Female));
    }
}
