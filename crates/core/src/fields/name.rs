//! `NAME`: first names of people, as frequent as they are.

use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Dictionary};
use crate::dictionaries::{FirstName, Sex, first_names};
use crate::rng::Stream;
use crate::sampling::Refused;
use crate::sampling::choices::TextChoices;
use crate::sampling::countries::{self, FILTERS};
use crate::sampling::linked::Linked;
use crate::sampling::surnames::Surnames;

use super::shared::{ByCountry, FirstNames, Listed};
use super::{Compiled, Computed, Context, Definition, FieldType};

/// Purpose of the random numbers that give every first name its last name.
const LAST_NAMES: u64 = 0x6c61_7374;

#[derive(Debug)]
pub(super) struct Name;

impl FieldType for Name {
    fn name(&self) -> &'static str {
        "NAME"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["FIRST_NAME"]
    }

    fn summary(&self) -> &'static str {
        "First names of people, as frequent as they are in their country. LINK reads `sex` (MALE, \
         FEMALE, UNKNOWN), `male`, `female`, `unisex`, `last_name`, `native`, `country`, `iso2`, `iso3`."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[FILTERS, SEX];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "first_name", "type": "NAME", "filters": ["France", "USA"]}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 7))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let first = read(attributes, &context.shared.first_names).ok()?;
        let mut compiled = Compiled::listed(context.stream, &first.listed);
        let (names, stream) = (Arc::clone(&first.names), context.stream.lane(LAST_NAMES));
        let last_names = Linked::new(move || last_names(&names, stream));
        compiled.sub_values.push(("last_name".to_owned(), last_names));
        Some(compiled.into())
    }
}

/// The attribute that keeps the names of one sex.
pub(super) const SEX: Attribute =
    Attribute::new("sex", "MALE or FEMALE", "both", "Only names of this sex.");

/// The first names that `filters` and `sex` leave.
pub(super) fn read(
    attributes: &mut Reader<'_>,
    known: &ByCountry<FirstNames>,
) -> Result<Arc<FirstNames>, Refused> {
    let sex = attributes.choice("sex", &["MALE", "FEMALE"]);
    let sex_is_wrong = attributes.has("sex") && sex.is_none();
    let names = known.read(attributes, sex.unwrap_or(""), first_names, |mut names| {
        names.retain(|name| sex.is_none_or(|wanted| wanted == sex_text(name.sex)));
        listed(names.into())
    })?;
    if sex_is_wrong {
        return Err(Refused);
    }
    names.ok_or_else(|| {
        attributes.error("sex", "no_entries", "there are no such names in these countries");
        Refused
    })
}

pub(super) const fn sex_text(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "MALE",
        Sex::Female => "FEMALE",
        Sex::Unisex => "UNKNOWN",
    }
}

/// The list of `names`; `None` when there are none.
fn listed(names: Arc<[FirstName]>) -> Option<FirstNames> {
    let weights: Vec<f64> = names.iter().map(|name| f64::from(name.weight)).collect();
    let choices = TextChoices::weighted(names.iter().map(|name| name.name), &weights).ok()?;
    let texts = |text| Linked::of_list(&names, text);
    let mut sub_values = vec![
        ("sex".to_owned(), texts(|name| sex_text(name.sex))),
        ("male".to_owned(), texts(|name| flag(name.sex == Sex::Male))),
        ("female".to_owned(), texts(|name| flag(name.sex == Sex::Female))),
        ("unisex".to_owned(), texts(|name| flag(name.sex == Sex::Unisex))),
        ("native".to_owned(), texts(|name| name.native.unwrap_or(name.name))),
    ];
    sub_values.extend(countries::sub_values(names.iter().map(|name| name.country)));
    Some(FirstNames { names, listed: Listed { choices, sub_values } })
}

const fn flag(holds: bool) -> &'static str {
    if holds { "true" } else { "false" }
}

/// Every first name has one last name, so that rows with the same first name agree: `FULL_NAME`
/// combines both freely.
fn last_names(names: &[FirstName], stream: Stream) -> Arc<Dictionary> {
    let surnames = Surnames::new(names.iter().map(|name| name.country));
    Dictionary::new(names.iter().enumerate().map(|(key, name)| {
        let word = stream.word(key as u64);
        surnames.pick(name.country, name.sex, word).map_or("", |last| last.name)
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::trial::Trial;
    use crate::dictionaries::{find_country, last_names};

    #[test]
    fn names_are_of_the_countries_asked_for_in_any_spelling() {
        for spelling in ["USA", "us", "United States", "united states of america", "U.S.A."] {
            let json = serde_json::json!({"type": "NAME", "filters": [spelling, "FRA"]});
            let trial = Trial::of(&json.to_string());
            let countries: BTreeSet<String> = trial.linked("country", 2_000).into_iter().collect();
            assert_eq!(countries.into_iter().collect::<Vec<_>>(), ["France", "United States"]);
        }
        for country in [
            "China", "France", "Germany", "India", "Italy", "Japan", "Spain", "Turkey", "USA", "UK",
        ] {
            let json = serde_json::json!({"type": "NAME", "filters": [country]});
            assert!(Trial::of(&json.to_string()).compiled.distinct > Some(100), "{country}");
        }
    }

    #[test]
    fn what_links_read_agrees_with_the_name() {
        let trial = Trial::of(r#"{"type": "NAME"}"#);
        let (names, sexes) = (trial.texts(5_000), trial.linked("sex", 5_000));
        let flags = ["male", "female", "unisex"].map(|flag| trial.linked(flag, 5_000));
        let (last, countries) = (trial.linked("last_name", 5_000), trial.linked("country", 5_000));
        for row in 0..5_000 {
            let expected = match sexes[row].as_str() {
                "MALE" => ["true", "false", "false"],
                "FEMALE" => ["false", "true", "false"],
                "UNKNOWN" => ["false", "false", "true"],
                other => panic!("{other}"),
            };
            assert_eq!(flags.each_ref().map(|flag| flag[row].as_str()), expected);
            assert!(!names[row].is_empty());
            if row % 100 == 0 {
                let country = find_country(&countries[row]).unwrap();
                let all = last_names(&[country]).unwrap();
                assert!(
                    all.iter().any(|name| name.name == last[row]),
                    "{} {}",
                    names[row],
                    last[row]
                );
            }
        }
    }

    #[test]
    fn one_sex_can_be_asked_for() {
        let trial = Trial::of(r#"{"type": "name", "sex": "female", "filters": "Germany"}"#);
        assert!(trial.linked("sex", 1_000).iter().all(|sex| sex == "FEMALE"));
    }

    #[test]
    fn every_wrong_filter_is_told() {
        let refusal = Trial::refusal(
            r#"{"type": "NAME", "sex": "femal", "filters": ["Grance", "France", "Atlantis", "Antarctica"]}"#,
        );
        let first: Vec<&str> = refusal.lines().map(|line| &line[..line.len().min(110)]).collect();
        insta::assert_snapshot!(first.join("\n"), @"
        /Fields/0/sex: field `f`: `sex` is the text `femal`, expected one of MALE, FEMALE (did you mean `FEMALE`?)
        /Fields/0/filters/0: field `f`: unknown country `Grance`, did you mean France?
        /Fields/0/filters/2: field `f`: unknown country `Atlantis`, expected an ISO 3166 code or an English name
        /Fields/0/filters/3: field `f`: no first names for `Antarctica`, there are some for: United Arab Emirates, Alb
        ");
        insta::assert_snapshot!(Trial::refusal(r#"{"type": "NAME", "filters": {"a": 1}}"#), @"/Fields/0/filters: field `f`: `filters` is an object, expected a list of texts");
    }
}
