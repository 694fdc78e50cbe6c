//! Last names that go with a first name: of the same country, in the form of the sex.

use crate::dictionaries::{COUNTRY_COUNT, Country, LastName, Sex, last_names};

use super::alias::Alias;

/// Draws last names by country and sex, as often as they are borne.
#[derive(Debug)]
pub(crate) struct Surnames {
    /// Per country: for both, and for men and women where they have names of their own.
    tables: Vec<Option<Tables>>,
}

#[derive(Debug)]
struct Tables {
    all: Table,
    by_sex: Option<[Table; 2]>,
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
    pub(crate) fn new(countries: impl IntoIterator<Item = Country>) -> Self {
        let mut tables: Vec<Option<Tables>> = (0..COUNTRY_COUNT).map(|_| None).collect();
        let mut seen = [false; COUNTRY_COUNT];
        for country in countries {
            if !std::mem::replace(&mut seen[country.index()], true) {
                tables[country.index()] = last_names(&[country]).ok().and_then(Tables::new);
            }
        }
        Self { tables }
    }

    /// The last name that `word` draws for a person, where the country has any.
    #[inline]
    pub(crate) fn pick(&self, country: Country, sex: Sex, word: u64) -> Option<LastName> {
        let tables = self.tables[country.index()].as_ref()?;
        let table = match (&tables.by_sex, sex) {
            (Some([men, _]), Sex::Male) => men,
            (Some([_, women]), Sex::Female) => women,
            _ => &tables.all,
        };
        Some(table.names[table.alias.pick(word) as usize])
    }
}

impl Tables {
    fn new(names: Vec<LastName>) -> Option<Self> {
        let borne_by = |sex: Sex| {
            let borne = |name: &&LastName| name.sex == sex || name.sex == Sex::Unisex;
            Table::new(names.iter().filter(borne).copied().collect())
        };
        let by_sex = if names.iter().all(|name| name.sex == Sex::Unisex) {
            None
        } else {
            borne_by(Sex::Male).zip(borne_by(Sex::Female)).map(<[Table; 2]>::from)
        };
        Some(Self { by_sex, all: Table::new(names)? })
    }
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
