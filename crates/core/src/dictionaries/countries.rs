//! Countries: ISO 3166 codes, English names, calling codes, and every spelling that finds them.
//!
//! One spelling works in every filter. `data/countries.tsv` holds a country a line: alpha-2, alpha-3, English
//! name, calling code, and further spellings between `|`. To add a spelling: `build/countries.py`.

use std::fmt;
use std::sync::LazyLock;

use super::DictionaryError;
use super::latin::ascii;
use crate::problems::excerpt;

/// How many countries there are: those of ISO 3166, and Kosovo (`XK`).
pub(crate) const COUNTRY_COUNT: usize = 250;

/// The closest spelling must be at least this similar (Jaro-Winkler, 0 to 1) to be suggested.
const SIMILAR: f64 = 0.82;
/// The most suggestions for one unknown spelling.
const MOST_SUGGESTIONS: usize = 3;

/// A country: its place in the order by ISO 3166 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Country(u8);

struct Row {
    iso2: &'static str,
    iso3: &'static str,
    name: &'static str,
    calling_code: &'static str,
    spellings: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or("");
        Row { iso2: cell(), iso3: cell(), name: cell(), calling_code: cell(), spellings: cell() }
    };
    include_str!("data/countries.tsv").lines().map(row).collect()
});

/// Every key that finds a country, sorted by key.
static KEYS: LazyLock<Vec<(String, Country)>> = LazyLock::new(|| {
    let mut keys = Vec::with_capacity(4 * COUNTRY_COUNT);
    for (country, row) in countries().zip(ROWS.iter()) {
        let spellings = row.spellings.split('|').filter(|spelling| !spelling.is_empty());
        for spelling in [row.iso2, row.iso3, row.name].into_iter().chain(spellings) {
            let key = key(spelling);
            if let Some(rest) = key.strip_prefix("saint") {
                keys.push((format!("st{rest}"), country));
            }
            keys.push((key, country));
        }
    }
    keys.sort();
    keys.dedup();
    keys
});

impl Country {
    fn row(self) -> &'static Row {
        &ROWS[self.index()]
    }

    /// The place in the order of all countries, below [`COUNTRY_COUNT`].
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// ISO 3166 alpha-2 code: `FR`. Kosovo has `XK`.
    pub(crate) fn iso2(self) -> &'static str {
        self.row().iso2
    }

    /// ISO 3166 alpha-3 code: `FRA`. Kosovo has `XKX`.
    pub(crate) fn iso3(self) -> &'static str {
        self.row().iso3
    }

    /// English name in ASCII: `France`, `Ivory Coast`.
    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    /// International calling code in digits: `33`, and `1` for all of North America.
    pub(crate) fn calling_code(self) -> &'static str {
        self.row().calling_code
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Country({})", self.iso2())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// All countries, by alpha-2 code.
pub(crate) fn countries() -> impl ExactSizeIterator<Item = Country> {
    // 250 fits: `COUNTRY_COUNT` is the length of a `u8` range.
    (0..COUNTRY_COUNT as u8).map(Country)
}

/// The country with this code, English name or customary spelling.
///
/// Case, blanks, punctuation and accents do not matter, nor do a leading `The`, `St` for `Saint` and `&` for
/// `and`: `usa`, `U.S.A.`, `United States of America`, `Viet Nam`, `Türkiye`, `UK`, `Korea`.
///
/// # Errors
/// [`DictionaryError::UnknownCountry`] with the countries that come closest.
pub(crate) fn find_country(spelling: &str) -> Result<Country, DictionaryError> {
    let wanted = key(spelling);
    let place = KEYS.binary_search_by(|(key, _)| key.as_str().cmp(&wanted));
    match place {
        Ok(place) => Ok(KEYS[place].1),
        Err(_) => Err(DictionaryError::UnknownCountry {
            spelling: excerpt(spelling),
            closest: closest_countries(spelling).into_iter().map(Country::name).collect(),
        }),
    }
}

/// Up to three countries with a spelling similar to this one, the most similar first.
pub(crate) fn closest_countries(spelling: &str) -> Vec<Country> {
    let wanted = key(spelling);
    // No spelling of a country is that long, and similarity takes time with the product of the lengths.
    if wanted.len() > 100 {
        return Vec::new();
    }
    let mut similar: Vec<(f64, Country)> = KEYS
        .iter()
        // Every code of three letters is similar to many others.
        .filter(|(key, _)| key.len() > 3)
        .map(|(key, country)| (strsim::jaro_winkler(key, &wanted), *country))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .collect();
    similar.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let mut closest = Vec::new();
    for (_, country) in similar {
        if closest.len() < MOST_SUGGESTIONS && !closest.contains(&country) {
            closest.push(country);
        }
    }
    closest
}

/// A selection of countries in dictionary order, each once; empty stands for all.
pub(super) fn selection(wanted: &[Country]) -> Vec<Country> {
    if wanted.is_empty() {
        return countries().collect();
    }
    let mut selected = wanted.to_vec();
    selected.sort_unstable();
    selected.dedup();
    selected
}

/// What spellings are compared by: ASCII letters and digits in lower case, `&` as `and`, no leading `the`.
fn key(spelling: &str) -> String {
    let mut key = String::with_capacity(spelling.len());
    for letter in ascii(spelling).chars() {
        if letter.is_ascii_alphanumeric() {
            key.push(letter.to_ascii_lowercase());
        } else if letter == '&' {
            key.push_str("and");
        }
    }
    match key.strip_prefix("the") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso2(spelling: &str) -> &'static str {
        find_country(spelling).unwrap_or_else(|error| panic!("{error}")).iso2()
    }

    #[test]
    fn every_country_answers_to_its_codes_and_its_name() {
        assert_eq!(ROWS.len(), COUNTRY_COUNT);
        for country in countries() {
            for spelling in [country.iso2(), country.iso3(), country.name()] {
                assert_eq!(find_country(spelling), Ok(country), "{spelling}");
                assert_eq!(find_country(&spelling.to_lowercase()), Ok(country), "{spelling}");
            }
            assert_eq!((country.iso2().len(), country.iso3().len()), (2, 3), "{country}");
            assert!(country.name().is_ascii() && country.name().len() > 3, "{country}");
            assert!(
                country.calling_code().bytes().all(|digit| digit.is_ascii_digit()),
                "{country}"
            );
            assert!((1..=3).contains(&country.calling_code().len()), "{country}");
        }
        assert!(countries().map(Country::iso2).is_sorted());
    }

    #[test]
    fn no_spelling_means_two_countries() {
        assert!(KEYS.is_sorted_by(|left, right| left.0 < right.0));
        assert!(KEYS.iter().all(|(key, _)| !key.is_empty()));
    }

    #[test]
    fn spellings_of_models_find_their_country() {
        for (code, spellings) in [
            (
                "US",
                "USA|U.S.A|U.S.A.|us|United States|United States of America|The United States|united-states|America",
            ),
            ("GB", "UK|U.K.|Great Britain|United Kingdom|Britain|England|Scotland|Wales"),
            ("CZ", "Czech|Czechia|Czech Republic|CZECH REPUBLIC|czech-republic"),
            ("KR", "Korea|South Korea|Republic of Korea|Korea, Republic of|Korea (South)"),
            ("KP", "North Korea|DPRK|Korea, North"),
            ("RU", "Russia|Russian Federation"),
            ("VN", "Vietnam|Viet Nam|Viet-Nam"),
            ("SA", "Arabia|Saudi Arabia|KSA"),
            ("BA", "Bosnia|Bosnia and Herzegovina|Bosnia & Herzegovina|Bosnia-Herzegovina"),
            ("MK", "Macedonia|North Macedonia|FYROM"),
            ("MD", "Moldova|Republic of Moldova"),
            ("TR", "Turkey|Türkiye|TURKIYE|Tu\u{308}rkiye"),
            ("XK", "Kosovo|XK|XKX"),
            ("CI", "Ivory Coast|Côte d'Ivoire|Cote d’Ivoire"),
            ("NL", "Holland|Netherlands|The Netherlands"),
            ("AE", "UAE|U.A.E.|United Arab Emirates"),
            ("TW", "Taiwan|Taiwan, Province of China"),
            ("CN", "China|PRC|People's Republic of China"),
            ("CD", "DR Congo|Congo-Kinshasa|Democratic Republic of the Congo"),
            ("CG", "Congo|Congo-Brazzaville|Republic of the Congo"),
            ("LA", "Laos|Lao PDR"),
            ("MM", "Myanmar|Burma"),
            ("SZ", "Eswatini|Swaziland"),
            ("CV", "Cape Verde|Cabo Verde"),
            ("TL", "East Timor|Timor-Leste|Timor Leste"),
            ("VA", "Vatican|Vatican City|Holy See"),
            ("RE", "Reunion|Réunion|La Réunion"),
            ("CW", "Curaçao|Curacao"),
            ("LC", "Saint Lucia|St. Lucia|St Lucia"),
            ("HK", "Hong Kong|HongKong"),
            ("MO", "Macao|Macau"),
            ("PS", "Palestine|Palestinian Territory"),
            ("IR", "Iran|Iran, Islamic Republic of"),
            ("SY", "Syria"),
            ("TZ", "Tanzania"),
            ("VE", "Venezuela"),
            ("FM", "Micronesia"),
            ("GM", "Gambia|The Gambia"),
            ("AX", "Åland Islands|Aland"),
            ("ST", "Sao Tome and Principe|São Tomé & Príncipe"),
        ] {
            for spelling in spellings.split('|') {
                assert_eq!(iso2(spelling), code, "{spelling}");
            }
        }
    }

    #[test]
    fn countries_that_share_words_stay_apart() {
        for (spelling, code) in [
            ("Guinea", "GN"),
            ("Guinea-Bissau", "GW"),
            ("Equatorial Guinea", "GQ"),
            ("Papua New Guinea", "PG"),
            ("Niger", "NE"),
            ("Nigeria", "NG"),
            ("Dominica", "DM"),
            ("Dominican Republic", "DO"),
            ("Samoa", "WS"),
            ("American Samoa", "AS"),
            ("Georgia", "GE"),
            ("South Georgia", "GS"),
            ("Ireland", "IE"),
            ("Northern Ireland", "GB"),
            ("Sudan", "SD"),
            ("South Sudan", "SS"),
        ] {
            assert_eq!(iso2(spelling), code, "{spelling}");
        }
    }

    #[test]
    fn unknown_spellings_are_answered_with_the_closest() {
        for (spelling, name) in
            [("Grance", "France"), ("Germny", "Germany"), ("Untied States", "United States")]
        {
            assert_eq!(
                closest_countries(spelling).first().map(|country| country.name()),
                Some(name)
            );
        }
        assert!(find_country("").is_err());
        assert!(find_country("Atlantis").is_err());
        assert_eq!(closest_countries(&"x".repeat(1_000_000)), []);
    }

    #[test]
    fn a_selection_is_sorted_and_without_repeats() {
        let [france, china] = ["France", "China"].map(|spelling| find_country(spelling).unwrap());
        assert_eq!(selection(&[france, china, france]), [china, france]);
        assert_eq!(selection(&[]).len(), COUNTRY_COUNT);
    }
}
