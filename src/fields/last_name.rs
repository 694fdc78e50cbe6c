//! `LAST_NAME`: family names of people, as frequent as they are.

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Dictionary};
use crate::dictionaries::last_names;
use crate::sampling::alias::Alias;
use crate::sampling::choices::TextChoices;
use crate::sampling::countries::{self, FILTERS};

use super::{Compiled, Computed, Context, FieldType, name};

#[derive(Debug)]
pub(super) struct LastName;

impl FieldType for LastName {
    fn name(&self) -> &'static str {
        "LAST_NAME"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["SURNAME"]
    }

    fn summary(&self) -> &'static str {
        "Last names of people, as frequent as they are in their country. LINK reads `sex` (of the \
         form, UNKNOWN where there is only one), `native`, `country`, `iso2`, `iso3`."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[FILTERS];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "last_name", "type": "LAST_NAME", "filters": ["Spain"]}"#
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 8))
    }

    fn compile(&self, attributes: &mut Reader<'_>, context: &Context<'_>) -> Option<Compiled> {
        let names = countries::read(attributes, last_names).ok()?;
        let weights: Vec<f64> = names.iter().map(|name| f64::from(name.weight)).collect();
        let choices = TextChoices {
            dictionary: Dictionary::new(names.iter().map(|name| name.name)),
            alias: Alias::new(&weights).ok()?,
        };
        let mut compiled = Compiled::drawn_text(context.stream, choices);
        compiled.sub_values = vec![
            ("sex".to_owned(), Dictionary::new(names.iter().map(|name| name::sex_text(name.sex)))),
            (
                "native".to_owned(),
                Dictionary::new(names.iter().map(|name| name.native.unwrap_or(name.name))),
            ),
        ];
        compiled.sub_values.extend(countries::sub_values(&names.iter().map(|name| name.country)));
        Some(compiled)
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::Trial;

    #[test]
    fn last_names_are_of_the_country_and_some_are_more_frequent() {
        let trial = Trial::of(r#"{"type": "SURNAME", "filters": ["Korea"]}"#);
        let kims = trial.texts(10_000).iter().filter(|name| *name == "Kim").count();
        assert!(kims > 1_000, "{kims}");
        assert_eq!(trial.linked("iso2", 1), ["KR"]);
        assert_ne!(trial.linked("native", 1), trial.texts(1));
    }
}
