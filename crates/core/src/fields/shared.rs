//! What the fields of one model have in common: a hundred fields of cities draw from one list.
//!
//! Lists are big: cities of the world are megabytes with their alias table. Made once, a list is found in the
//! processor's caches whichever field is drawn, and a wide model starts as fast as a narrow one.
//!
//! A field type whose list depends on nothing but its attributes adds a [`ByCountry`] here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use crate::attributes::Reader;
use crate::dictionaries::{Country, DictionaryError, FirstName};
use crate::sampling::choices::TextChoices;
use crate::sampling::linked::Linked;
use crate::sampling::{Refused, countries};

/// Lists of the fields so far; lives as long as one model is compiled.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(super) cities: ByCountry<Listed>,
    pub(super) first_names: ByCountry<FirstNames>,
    pub(super) last_names: ByCountry<Listed>,
}

/// A list to draw from, and what LINK can read beside it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) choices: TextChoices,
    pub(super) sub_values: Vec<(String, Linked)>,
}

/// First names; their last names differ from field to field.
#[derive(Debug)]
pub(super) struct FirstNames {
    pub(super) names: Arc<[FirstName]>,
    pub(super) listed: Listed,
}

/// Lists by the countries that `filters` names.
#[derive(Debug)]
pub(super) struct ByCountry<T> {
    /// Countries that there are entries for.
    covered: RefCell<BTreeSet<Country>>,
    lists: RefCell<BTreeMap<Key, Option<Arc<T>>>>,
}

/// Countries, and the name of the part of their entries that is taken.
type Key = (Vec<Country>, &'static str);

impl<T> Default for ByCountry<T> {
    fn default() -> Self {
        Self { covered: RefCell::default(), lists: RefCell::default() }
    }
}

impl<T> ByCountry<T> {
    /// The list of what a dictionary has for the countries that `filters` names, or for all countries.
    ///
    /// `make` turns the entries into a list; what it gives depends on them and on `part`, a name for the part
    /// of them that it takes. `None` where it gives none.
    ///
    /// # Errors
    ///
    /// After adding to the reader every unknown country and every one that the dictionary lacks.
    pub(super) fn read<Entry>(
        &self,
        reader: &mut Reader<'_>,
        part: &'static str,
        entries: impl Fn(&[Country]) -> Result<Vec<Entry>, DictionaryError>,
        make: impl FnOnce(Vec<Entry>) -> Option<T>,
    ) -> Result<Option<Arc<T>>, Refused> {
        let check = |country| {
            if !self.covered.borrow().contains(&country) {
                entries(&[country])?;
                self.covered.borrow_mut().insert(country);
            }
            Ok(())
        };
        countries::read_checked(reader, check, |wanted| {
            let mut lists = self.lists.borrow_mut();
            let key = (wanted.to_vec(), part);
            if let Some(known) = lists.get(&key) {
                return Ok(known.clone());
            }
            let made = make(entries(wanted)?).map(Arc::new);
            lists.insert(key, made.clone());
            Ok(made)
        })
    }
}
