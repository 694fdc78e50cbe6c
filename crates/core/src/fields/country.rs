//! `COUNTRY`: countries by their English names.

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Dictionary};
use crate::dictionaries::{Country as Entry, DictionaryError, countries as all, find_country};
use crate::sampling::choices::{
    Choices, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED, warn_beside_values,
};
use crate::sampling::countries::{self, FILTERS};
use crate::sampling::linked::Linked;

use super::{Compiled, Computed, Context, Definition, FieldType};

#[derive(Debug)]
pub(super) struct Country;

impl FieldType for Country {
    fn name(&self) -> &'static str {
        "COUNTRY"
    }

    fn summary(&self) -> &'static str {
        "Countries of ISO 3166 by their English names, all equally often, or a list of your own. \
         LINK reads `iso2`, `iso3`, `calling_code`."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[FILTERS, POSSIBLE_VALUES, POSSIBLE_VALUES_WEIGHTED];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "country", "type": "COUNTRY", "possible_values_weighted": {"France": 2, "Japan": 1}}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 9))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let choices = Choices::read(attributes, |text| Ok(text.to_owned())).ok()?;
        if let Some(choices) = choices {
            warn_beside_values(attributes, &[FILTERS.name]);
            // Own spellings stay as they are; where all of them are countries, LINK works too.
            let countries: Option<Vec<Entry>> =
                choices.values().iter().map(|text| find_country(text).ok()).collect();
            let mut compiled = Compiled::drawn_text(context.stream, choices.into_texts());
            compiled.sub_values = countries.map_or_else(Vec::new, |list| sub_values(&list));
            return Some(compiled.into());
        }
        let entries = countries::read(attributes, selected).ok()?;
        let texts = Choices::even(entries.iter().map(|country| country.name()).collect())?;
        let mut compiled = Compiled::drawn_text(context.stream, texts.into_texts());
        compiled.sub_values = sub_values(&entries);
        Some(compiled.into())
    }
}

/// Each of `wanted` once, or all countries.
#[expect(clippy::unnecessary_wraps, reason = "every dictionary may lack a country, but this one")]
fn selected(wanted: &[Entry]) -> Result<Vec<Entry>, DictionaryError> {
    let mut countries = wanted.to_vec();
    countries.sort_unstable();
    Ok(if countries.is_empty() { all().collect() } else { countries })
}

fn sub_values(list: &[Entry]) -> Vec<(String, Linked)> {
    let mut values = countries::sub_values(list.iter().copied()).to_vec();
    let codes = Dictionary::new(list.iter().map(|country| country.calling_code()));
    values.push(("calling_code".to_owned(), codes.into()));
    values
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::trial::Trial;

    #[test]
    fn all_countries_come_equally_often() {
        let names: BTreeSet<String> =
            Trial::of(r#"{"type": "COUNTRY"}"#).texts(10_000).into_iter().collect();
        assert_eq!(names.len(), 250);
        let trial = Trial::of(r#"{"type": "COUNTRY", "filters": ["FR", "france", "usa"]}"#);
        let names = trial.texts(10_000);
        let french = names.iter().filter(|name| *name == "France").count();
        assert!((4_700..5_300).contains(&french), "{french}");
        assert!(names.contains(&"United States".to_owned()));
        assert!(trial.linked("calling_code", 100).contains(&"33".to_owned()));
    }

    #[test]
    fn values_of_ones_own_keep_their_spelling() {
        let trial = Trial::of(r#"{"type": "COUNTRY", "possible_values": ["USA", "uk"]}"#);
        assert_eq!(trial.texts(100).into_iter().collect::<BTreeSet<_>>().len(), 2);
        assert!(trial.linked("iso2", 100).iter().all(|iso| iso == "US" || iso == "GB"));
        let strange = Trial::of(r#"{"type": "COUNTRY", "possible_values": ["USA", "Atlantis"]}"#);
        assert!(strange.compiled.sub_values.is_empty());
    }
}
