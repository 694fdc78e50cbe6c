//! `LAST_NAME`: family names of people, as frequent as they are.

use std::sync::Arc;

use crate::attributes::{Attribute, Reader};
use crate::columns::DataType;
use crate::dictionaries::{LastName as Entry, last_names};
use crate::sampling::choices::TextChoices;
use crate::sampling::countries::{self, FILTERS};
use crate::sampling::linked::Linked;

use super::shared::Listed;
use super::{Compiled, Computed, Context, Definition, FieldType, name};

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

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let listed = context.shared.last_names.read(attributes, "", last_names, listed).ok()??;
        Some(Compiled::listed(context.stream, &listed).into())
    }
}

fn listed(names: Vec<Entry>) -> Option<Listed> {
    let weights: Vec<f64> = names.iter().map(|name| f64::from(name.weight)).collect();
    let choices = TextChoices::weighted(names.iter().map(|name| name.name), &weights).ok()?;
    let names: Arc<[Entry]> = names.into();
    let texts = |text| Linked::of_list(&names, text);
    let mut sub_values = vec![
        ("sex".to_owned(), texts(|name| name::sex_text(name.sex))),
        ("native".to_owned(), texts(|name| name.native.unwrap_or(name.name))),
    ];
    sub_values.extend(countries::sub_values(names.iter().map(|name| name.country)));
    Some(Listed { choices, sub_values })
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
