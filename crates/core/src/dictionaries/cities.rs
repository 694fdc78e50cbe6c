//! Cities of the world: name, country, coordinates, population. Data: GeoNames (`data/LICENCES.md`).
//!
//! Every place of at least 10,000 people, and of smaller countries their largest places. The order within a
//! country is by falling population.

use std::fmt;

use super::DictionaryError;
use super::countries::{Country, countries, selection};
use super::table::Table;

/// u8 bytes of the name, i32 latitude, i32 longitude, u32 population.
static CITIES: Table<13> =
    Table::new(include_bytes!("data/cities.bin"), include_str!("data/cities.txt"));

/// A coordinate in whole hundred-thousandths of a degree (about one metre), exactly as GeoNames has it.
///
/// Its text always has five decimals (`48.85341`, `-0.12574`); [`Self::value`] is the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Degrees(i32);

impl Degrees {
    /// Units in one degree.
    pub(crate) const SCALE: i32 = 100_000;

    /// Hundred-thousandths of a degree.
    pub(crate) const fn units(self) -> i32 {
        self.0
    }

    /// Degrees as a number: the one closest to the text.
    pub(crate) fn value(self) -> f64 {
        f64::from(self.0) / f64::from(Self::SCALE)
    }
}

impl fmt::Display for Degrees {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 100_000, self.0.unsigned_abs() % 100_000);
        write!(formatter, "{sign}{whole}.{part:05}")
    }
}

/// A city.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct City {
    /// Name in Latin letters, accents kept: `Paris`, `São Paulo`.
    pub(crate) name: &'static str,
    /// The country it lies in.
    pub(crate) country: Country,
    /// Degrees north, -90 to 90.
    pub(crate) latitude: Degrees,
    /// Degrees east, -180 to 180.
    pub(crate) longitude: Degrees,
    /// Inhabitants, at least 1: the weight of the city.
    pub(crate) population: u32,
}

/// The cities of these countries (empty: of all), in the order that the [module](super) promises.
///
/// # Errors
/// [`DictionaryError::NoEntries`] for a country without a city (uninhabited territories).
pub(crate) fn cities(wanted: &[Country]) -> Result<Vec<City>, DictionaryError> {
    let selected = selection(wanted);
    let mut cities = Vec::with_capacity(CITIES.count(&selected));
    for country in selected {
        let (records, mut texts) = CITIES.of(country);
        if records.is_empty() && !wanted.is_empty() {
            return Err(no_cities(country));
        }
        cities.extend(records.iter().map(|&[length, a, b, c, d, e, f, g, h, i, j, k, l]| City {
            name: texts.take(length),
            country,
            latitude: Degrees(i32::from_le_bytes([a, b, c, d])),
            longitude: Degrees(i32::from_le_bytes([e, f, g, h])),
            population: u32::from_le_bytes([i, j, k, l]),
        }));
    }
    Ok(cities)
}

fn no_cities(country: Country) -> DictionaryError {
    let covered = countries().filter(|country| !CITIES.of(*country).0.is_empty());
    DictionaryError::NoEntries {
        entries: "cities",
        country: country.name(),
        covered: covered.map(Country::name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionaries::find_country;

    #[test]
    fn there_are_forty_thousand_cities_with_plausible_entries() {
        let all = cities(&[]).unwrap();
        assert!(all.len() >= 40_000, "{}", all.len());
        for city in &all {
            assert!(city.population > 0, "{city:?}");
            assert!(city.latitude.value().abs() <= 90.0, "{city:?}");
            assert!(city.longitude.value().abs() <= 180.0, "{city:?}");
            assert!(city.name.chars().next().is_some_and(char::is_alphabetic), "{city:?}");
            assert!(
                city.name.chars().all(|letter| letter.is_alphabetic() || " -'.".contains(letter)),
                "{city:?}"
            );
        }
        let mut covered: Vec<Country> = all.iter().map(|city| city.country).collect();
        covered.dedup();
        assert!(covered.len() >= 240, "{}", covered.len());
        assert!(covered.is_sorted());
    }

    #[test]
    fn the_texts_of_every_country_are_read_to_their_end() {
        for country in countries() {
            let (records, mut texts) = CITIES.of(country);
            for record in records {
                assert_ne!(texts.take(record[0]), "", "{country}");
            }
            assert!(texts.is_empty(), "{country}");
        }
    }

    #[test]
    fn cities_come_by_country_and_falling_population() {
        let all = cities(&[]).unwrap();
        assert!(all.is_sorted_by_key(|city| (city.country, std::cmp::Reverse(city.population))));
        let parts: Vec<City> =
            countries().filter_map(|country| cities(&[country]).ok()).flatten().collect();
        assert_eq!(all, parts);
    }

    #[test]
    fn known_cities_lie_where_they_lie() {
        for (country, name, latitude, longitude) in [
            ("France", "Paris", "48.85341", "2.34880"),
            ("UK", "London", "51.50853", "-0.12574"),
            ("Brazil", "São Paulo", "-23.54750", "-46.63611"),
            ("China", "Beijing", "39.90750", "116.39723"),
        ] {
            let cities = cities(&[find_country(country).unwrap()]).unwrap();
            let city = cities.iter().find(|city| city.name == name).unwrap();
            assert_eq!(
                (city.latitude.to_string(), city.longitude.to_string()),
                (latitude.into(), longitude.into())
            );
            assert!(city.population > 1_000_000);
        }
    }

    #[test]
    fn a_coordinate_reads_as_its_text() {
        for units in [0, 1, -1, -12_574, 18_000_000, -9_000_000, 4_885_341] {
            let degrees = Degrees(units);
            assert_eq!(
                degrees.to_string().parse::<f64>().unwrap().to_bits(),
                (degrees.value() + 0.0).to_bits()
            );
        }
    }

    #[test]
    fn a_territory_without_people_is_refused() {
        let error = cities(&[find_country("Bouvet Island").unwrap()]).unwrap_err();
        assert!(error.to_string().starts_with("no cities for `Bouvet Island`"), "{error}");
    }
}
