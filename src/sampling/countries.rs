//! `filters` that name countries: one spelling works for every field type.

use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::Dictionary;
use crate::dictionaries::{Country, DictionaryError, countries, find_country};
use crate::problems::Problem;

use super::Refused;

/// The attribute that names countries.
pub const FILTERS: Attribute = Attribute::new(
    "filters",
    "list of countries",
    "all countries",
    "Only from these countries: ISO codes, English names or usual spellings such as USA.",
);

/// Most filters: more than there are countries, and few enough to explain each.
const MOST: usize = 500;

/// Reads `filters` and what a dictionary has for the countries; all countries when none is named.
///
/// # Errors
///
/// After adding to the reader every unknown country and every one that the dictionary lacks.
pub fn read<T>(
    reader: &mut Reader<'_>,
    entries: impl Fn(&[Country]) -> Result<T, DictionaryError>,
) -> Result<T, Refused> {
    let names = match reader.texts(FILTERS.name) {
        None if reader.has(FILTERS.name) => return Err(Refused),
        names => names.unwrap_or_default(),
    };
    let mut wanted: Vec<Country> = Vec::new();
    let mut refused = false;
    if names.len() > MOST {
        let message = format!("`filters` has {} entries, expected at most {MOST}", names.len());
        reader.error(FILTERS.name, "too_many_filters", message);
        return Err(Refused);
    }
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !name.trim().is_empty()) {
        let found = find_country(name).and_then(|country| {
            if !wanted.contains(&country) {
                entries(&[country])?;
                wanted.push(country);
            }
            Ok(())
        });
        if let Err(error) = found {
            tell(reader, &error, Some(index));
            refused = true;
        }
    }
    if refused {
        return Err(Refused);
    }
    entries(&wanted).map_err(|error| {
        tell(reader, &error, None);
        Refused
    })
}

fn tell(reader: &mut Reader<'_>, error: &DictionaryError, index: Option<usize>) {
    let code = match error {
        DictionaryError::UnknownCountry { .. } => "unknown_country",
        DictionaryError::NoEntries { .. } => "no_entries",
    };
    let pointer = match index {
        Some(index) => reader.pointer_of_entry(FILTERS.name, index),
        None => reader.pointer_of(FILTERS.name),
    };
    reader.push(Problem::error(code, pointer, error.to_string()));
}

/// What LINK can read of the country of every key: its name and its codes.
pub fn sub_values(
    keys: &(impl Iterator<Item = Country> + Clone),
) -> [(String, Arc<Dictionary>); 4] {
    let names: Vec<[&str; 3]> =
        countries().map(|country| [country.name(), country.iso2(), country.iso3()]).collect();
    let texts = |place: usize| Dictionary::new(keys.clone().map(|key| names[key.index()][place]));
    let iso2 = texts(1);
    [
        ("country".to_owned(), texts(0)),
        ("iso2".to_owned(), Arc::clone(&iso2)),
        ("iso_code".to_owned(), iso2),
        ("iso3".to_owned(), texts(2)),
    ]
}
