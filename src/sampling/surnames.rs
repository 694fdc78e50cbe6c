//! Last names that go with a first name: of the same country, in the form of the sex.

use crate::dictionaries::{COUNTRY_COUNT, Country, LastName, Sex, last_names};

use super::alias::Alias;

/// Draws last names by country and sex, as often as they are borne.
#[derive(Debug)]
pub struct Surnames {
    /// Per country: for men, for women, for both.
    tables: Vec<Option<[Table; 3]>>,
}

#[derive(Debug)]
struct Table {
    names: Vec<LastName>,
    alias: Alias,
}

impl Table {
    fn new(names: Vec<LastName>) -> Option<Self> {
        let weights: Vec<f64> = names.iter().map(|name| f64::from(name.weight)).collect();
        let alias = Alias::new(&weights).ok()?;
        Some(Self { names, alias })
    }
}

impl Surnames {
    /// The last names of these countries, as far as there are some.
    pub fn new(countries: impl IntoIterator<Item = Country>) -> Self {
        let mut tables: Vec<Option<[Table; 3]>> = (0..COUNTRY_COUNT).map(|_| None).collect();
        let mut seen = [false; COUNTRY_COUNT];
        for country in countries {
            if !std::mem::replace(&mut seen[country.index()], true) {
                tables[country.index()] =
                    last_names(&[country]).ok().and_then(|names| by_sex(&names));
            }
        }
        Self { tables }
    }

    /// The last name that `word` draws for a person, where the country has any.
    #[inline]
    pub fn pick(&self, country: Country, sex: Sex, word: u64) -> Option<LastName> {
        let table = &self.tables[country.index()].as_ref()?[place(sex)];
        Some(table.names[table.alias.pick(word) as usize])
    }
}

const fn place(sex: Sex) -> usize {
    match sex {
        Sex::Male => 0,
        Sex::Female => 1,
        Sex::Unisex => 2,
    }
}

/// Where a language has a form for each sex, a person bears the own one.
fn by_sex(names: &[LastName]) -> Option<[Table; 3]> {
    let of = |sex: Sex| {
        let borne = |name: &&LastName| name.sex == sex || name.sex == Sex::Unisex;
        Table::new(names.iter().filter(borne).copied().collect())
            .or_else(|| Table::new(names.to_vec()))
    };
    Some([of(Sex::Male)?, of(Sex::Female)?, Table::new(names.to_vec())?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionaries::find_country;
    use crate::rng::Stream;

    #[test]
    fn a_last_name_is_of_the_country_and_in_the_form_of_the_sex() {
        let czechia = find_country("Czech").unwrap();
        let surnames = Surnames::new([czechia]);
        for row in 0..1_000 {
            let word = Stream::new(1, "x").word(row);
            let name = surnames.pick(czechia, Sex::Female, word).unwrap();
            assert_eq!(name.country, czechia);
            assert_ne!(name.sex, Sex::Male, "{}", name.name);
        }
        assert!(surnames.pick(find_country("France").unwrap(), Sex::Male, 0).is_none());
    }
}
