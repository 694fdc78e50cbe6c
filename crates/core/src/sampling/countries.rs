//! `filters` that name countries: one spelling works for every field type.

use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::Dictionary;
use crate::dictionaries::{Country, DictionaryError, countries, find_country};
use crate::problems::Problem;

use super::Refused;
use super::linked::Linked;

/// The attribute that names countries.
pub(crate) const FILTERS: Attribute = Attribute::new(
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
pub(crate) fn read<T>(
    reader: &mut Reader<'_>,
    entries: impl Fn(&[Country]) -> Result<T, DictionaryError>,
) -> Result<T, Refused> {
    read_checked(reader, |country| entries(&[country]).map(drop), &entries)
}

/// The same with a `check` of its own whether the dictionary has entries for a country.
///
/// # Errors
///
/// As for [`read`].
pub(crate) fn read_checked<T>(
    reader: &mut Reader<'_>,
    check: impl Fn(Country) -> Result<(), DictionaryError>,
    entries: impl FnOnce(&[Country]) -> Result<T, DictionaryError>,
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
                check(country)?;
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
pub(crate) fn sub_values(keys: impl Iterator<Item = Country>) -> [(String, Linked); 4] {
    let keys: Arc<[Country]> = keys.collect();
    let texts = |text: fn(Country) -> &'static str| {
        let keys = Arc::clone(&keys);
        Linked::new(move || {
            let texts: Vec<&str> = countries().map(text).collect();
            Dictionary::new(keys.iter().map(|key| texts[key.index()]))
        })
    };
    let iso2 = texts(Country::iso2);
    [
        ("country".to_owned(), texts(Country::name)),
        ("iso2".to_owned(), iso2.clone()),
        ("iso_code".to_owned(), iso2),
        ("iso3".to_owned(), texts(Country::iso3)),
    ]
}
