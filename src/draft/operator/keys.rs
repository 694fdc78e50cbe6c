//! Keys of sections: which setting of which connectors each one is. All of it follows from the registry of
//! connectors.

use std::collections::BTreeMap;

use super::OperatorError;
use crate::attributes::Attribute;
use crate::delivery;
use crate::problems::{did_you_mean, excerpt};

/// The key that lists keys which no model and no call may set.
pub(super) const LOCKED: &str = "locked";

/// What is known of the connectors of a kind: one of them, and the settings that any of them reads.
#[derive(Debug)]
pub(super) struct Readers {
    pub(super) connector: &'static str,
    pub(super) attributes: Vec<Attribute>,
}

/// By the names of kinds.
pub(super) type Registry = BTreeMap<&'static str, Readers>;

/// The key of the setting `name` in the sections of `kind`: `brokers` for `KAFKA_BROKERS`.
pub(crate) fn key_of(kind: &str, name: &str) -> String {
    let prefix = format!("{}_", kind.to_uppercase());
    name.strip_prefix(&prefix).unwrap_or(name).to_lowercase()
}

pub(super) fn registry() -> Registry {
    let mut registry = Registry::new();
    for connector in delivery::connectors() {
        let new = || Readers { connector: connector.name(), attributes: Vec::new() };
        let known = registry.entry(connector.kind()).or_insert_with(new);
        for attribute in connector.attributes() {
            if !known.attributes.iter().any(|other| other.name == attribute.name) {
                known.attributes.push(attribute);
            }
        }
    }
    registry
}

pub(super) fn readers_of<'a>(
    registry: &'a Registry,
    kind: &str,
    place: &str,
) -> Result<&'a Readers, OperatorError> {
    if let Some(readers) = registry.get(kind) {
        return Ok(readers);
    }
    // Whoever names one connector of a kind means the kind.
    let connector = delivery::connectors().find(|connector| connector.name() == kind);
    let closest = match connector {
        Some(connector) => Some(connector.kind()),
        None => did_you_mean(kind, registry.keys().copied()),
    };
    Err(OperatorError::UnknownKind {
        place: place.to_owned(),
        name: excerpt(kind),
        known: registry.keys().map(|kind| (*kind).to_owned()).collect(),
        closest: closest.map(str::to_owned),
    })
}

impl Readers {
    /// The setting that `key` of a section of `kind` names.
    pub(super) fn find(&self, kind: &str, key: &str) -> Option<&Attribute> {
        let named = |attribute: &&Attribute| {
            let names = std::iter::once(&attribute.name).chain(attribute.also);
            names.into_iter().any(|name| key_of(kind, name) == key)
        };
        // Where a name with the prefix and one without it come to one key, it is the one with it.
        let own = |attribute: &&Attribute| attribute.name.len() > key.len();
        let found = self.attributes.iter().filter(named).find(own);
        found.or_else(|| self.attributes.iter().find(named))
    }

    pub(super) fn setting(
        &self,
        kind: &str,
        key: &str,
        place: &str,
    ) -> Result<&Attribute, OperatorError> {
        self.find(kind, key).ok_or_else(|| {
            let names = self
                .attributes
                .iter()
                .flat_map(|known| std::iter::once(&known.name).chain(known.also).copied());
            let keys: Vec<String> = names.map(|name| key_of(kind, name)).collect();
            let known = self.attributes.iter().find(|known| known.name.eq_ignore_ascii_case(key));
            let closest = match known {
                Some(attribute) => Some(key_of(kind, attribute.name)),
                None => did_you_mean(key, keys.iter().map(String::as_str)).map(str::to_owned),
            };
            let (place, key) = (place.to_owned(), excerpt(key));
            OperatorError::UnknownKey { place, key, closest, connector: self.connector }
        })
    }
}
