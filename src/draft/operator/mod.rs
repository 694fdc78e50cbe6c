//! The operator: what whoever runs a server or a machine sets of connectors, from `[connectors]` of datagen.toml
//! and `DATAGEN_CONNECTORS_…`.
//!
//! The keys follow from the registry of connectors: a key of `[connectors.kafka]` is the name of a setting that
//! a connector of that kind reads, without its prefix and in lower case. What nobody reads is refused. A
//! model and a call win over what is set here, but for keys that are `locked`: that is `merged`'s.

mod error;
mod keys;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::attributes::Attribute;
use crate::config::{Connectors, Section, VARIABLES};
use crate::delivery::Connector;
use crate::reach::{Place, Reach, hosts_in};
use crate::secrets::Secret;
pub(crate) use error::OperatorError;
pub(crate) use keys::key_of;
use keys::{LOCKED, Readers, Registry, readers_of, registry};

/// What an operator sets of connectors.
#[derive(Debug, Default)]
pub(crate) struct Operator {
    kinds: BTreeMap<String, Kind>,
    allowed: Vec<Place>,
}

/// What is set of the connectors of one kind.
#[derive(Debug, Default)]
pub(super) struct Kind {
    /// Whatever profile is chosen.
    pub(super) base: Layer,
    /// By the names of profiles, in lower case.
    pub(super) profiles: BTreeMap<String, Layer>,
}

/// Settings that were set together.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    /// By the names that models use: `KAFKA_BROKERS`.
    pub(super) settings: BTreeMap<String, Set>,
    /// Those that no model and no call may set, with where that is said.
    pub(super) locked: BTreeMap<String, String>,
}

/// A setting's value, and where it was set.
#[derive(Debug, Clone)]
pub(super) struct Set {
    /// The value, shown or not.
    pub(super) value: Secret,
    pub(super) origin: Origin,
    /// `[connectors.kafka]`, or the name of a variable.
    pub(super) place: String,
}

/// Who has set a setting of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody.
    Default,
    /// The settings file.
    File,
    /// A variable of the environment.
    Environment,
}

impl Origin {
    /// Its name, for people and programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        }
    }
}

/// A setting of a connector, as an operator has set it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What it is.
    pub(crate) attribute: Attribute,
    /// The key of the connector's section: `brokers`.
    pub(crate) key: String,
    /// Who has set it.
    pub(crate) origin: Origin,
    /// Where: `[connectors.kafka]`, or the name of a variable; empty: nowhere.
    pub(crate) place: String,
    /// What it is set to; `None` for secrets, and for what is not set.
    pub(crate) value: Option<String>,
    /// Whether no model and no call may set it.
    pub(crate) locked: bool,
}

impl Shown {
    /// Whether the operator has said something of it.
    pub(crate) fn is_set(&self) -> bool {
        self.origin != Origin::Default || self.locked
    }
}

impl Operator {
    /// Reads what `connectors` sets.
    ///
    /// # Errors
    ///
    /// [`OperatorError`] for the first thing that cannot be.
    pub(crate) fn new(connectors: &Connectors) -> Result<Self, OperatorError> {
        Self::with(connectors, &registry())
    }

    fn with(connectors: &Connectors, registry: &Registry) -> Result<Self, OperatorError> {
        let mut operator = Self::default();
        for (kind, section) in &connectors.sections {
            let readers = readers_of(registry, kind, "[connectors]")?;
            let place = format!("[connectors.{kind}]");
            let known = operator.kinds.entry(kind.clone()).or_default();
            known.base = Layer::of(kind, section, readers, &place)?;
            for (name, section) in &section.profiles {
                let place = format!("[connectors.{kind}.{name}]");
                known.profiles.insert(name.clone(), Layer::of(kind, section, readers, &place)?);
            }
        }
        for (name, value) in &connectors.variables {
            operator.add_variable(name, value, registry)?;
        }
        operator.allowed = operator.places(&connectors.allowed_hosts, registry)?;
        Ok(operator)
    }

    /// What a server lets models and calls have connected to: what is named in `allowed_hosts`, and what the
    /// settings of this operator name.
    pub(crate) fn reach(&self) -> Reach {
        Reach::only(self.allowed.clone())
    }

    /// What is set of the connectors of `kind`.
    pub(super) fn kind(&self, kind: &str) -> Option<&Kind> {
        self.kinds.get(kind)
    }

    /// The settings of `connector` as they are set where no profile is chosen, or in `profile`.
    pub(crate) fn shown(&self, connector: &dyn Connector, profile: Option<&str>) -> Vec<Shown> {
        let kind = connector.kind();
        let known = self.kinds.get(kind);
        let layer = known.and_then(|known| match profile {
            Some(profile) => known.profiles.get(profile),
            None => Some(&known.base),
        });
        let shown = |attribute: Attribute| {
            let set = layer.and_then(|layer| layer.settings.get(attribute.name));
            let value = set.filter(|_| !attribute.secret).map(|set| set.value.expose().to_owned());
            Shown {
                attribute,
                key: key_of(kind, attribute.name),
                origin: set.map_or(Origin::Default, |set| set.origin),
                place: set.map(|set| set.place.clone()).unwrap_or_default(),
                value,
                locked: layer.is_some_and(|layer| layer.locked.contains_key(attribute.name)),
            }
        };
        connector.attributes().into_iter().map(shown).collect()
    }

    /// The profiles of the kind of `connector`.
    pub(crate) fn profiles(&self, connector: &dyn Connector) -> Vec<&str> {
        let known = self.kinds.get(connector.kind());
        known.into_iter().flat_map(|known| known.profiles.keys().map(String::as_str)).collect()
    }

    /// Adds what the variable `name` sets: `kafka_brokers`, or `s3_lake_endpoint` of the profile `lake`.
    fn add_variable(
        &mut self,
        name: &str,
        value: &Secret,
        registry: &Registry,
    ) -> Result<(), OperatorError> {
        let place = format!("{VARIABLES}{}", name.to_uppercase());
        let kinds = registry
            .keys()
            .filter(|kind| name.strip_prefix(**kind).is_some_and(|rest| rest.starts_with('_')));
        let Some(kind) = kinds.max_by_key(|kind| kind.len()).copied() else {
            let kind = name.split('_').next().unwrap_or_default();
            return readers_of(registry, kind, &place)?.setting(kind, "", &place).map(drop);
        };
        let readers = &registry[kind];
        let rest = &name[kind.len() + 1..];
        let is_key = |key: &str| key == LOCKED || readers.find(kind, key).is_some();
        // A key, or a profile and a key: of several readings the one with the longest key.
        let cuts = rest.match_indices('_').map(|(at, _)| (&rest[..at], &rest[at + 1..]));
        let (profile, key) = match cuts.clone().find(|(_, key)| is_key(key)) {
            Some((profile, key)) if !is_key(rest) => (Some(profile), key),
            _ => (None, rest),
        };
        let known = self.kinds.entry(kind.to_owned()).or_default();
        let layer = match profile {
            Some(profile) => known.profiles.entry(profile.to_owned()).or_default(),
            None => &mut known.base,
        };
        if key == LOCKED {
            let mut keys = value.expose().split(',').map(str::trim).filter(|key| !key.is_empty());
            return keys.try_for_each(|key| layer.lock(kind, key, readers, &place));
        }
        let attribute = readers.setting(kind, key, &place)?;
        layer.set(attribute, value.clone(), Origin::Environment, &place)
    }

    fn places(&self, allowed: &[String], registry: &Registry) -> Result<Vec<Place>, OperatorError> {
        let mut places = Vec::new();
        for host in allowed {
            let place = "[connectors] allowed_hosts".to_owned();
            places.push(host.parse().map_err(|source| OperatorError::Host { place, source })?);
        }
        for (kind, known) in &self.kinds {
            let attributes =
                registry.get(kind.as_str()).into_iter().flat_map(|readers| &readers.attributes);
            let hosts: Vec<&str> = attributes
                .filter(|attribute| attribute.hosts)
                .map(|attribute| attribute.name)
                .collect();
            for layer in std::iter::once(&known.base).chain(known.profiles.values()) {
                for (name, Set { value, place, .. }) in &layer.settings {
                    if hosts.contains(&name.as_str()) {
                        let failed = |source| OperatorError::Host { place: place.clone(), source };
                        let found = hosts_in(value.expose()).map_err(failed)?;
                        places.extend(found.into_iter().map(Place::from));
                    }
                }
            }
        }
        Ok(places)
    }
}

impl Layer {
    fn of(
        kind: &str,
        section: &Section,
        readers: &Readers,
        place: &str,
    ) -> Result<Self, OperatorError> {
        let mut layer = Self::default();
        for (key, value) in &section.values {
            let attribute = readers.setting(kind, key, place)?;
            layer.set(attribute, value.clone(), Origin::File, place)?;
        }
        for key in &section.locked {
            layer.lock(kind, key, readers, place)?;
        }
        Ok(layer)
    }

    fn lock(
        &mut self,
        kind: &str,
        key: &str,
        readers: &Readers,
        place: &str,
    ) -> Result<(), OperatorError> {
        let name = readers.setting(kind, key, place)?.name;
        self.locked.insert(name.to_owned(), place.to_owned());
        Ok(())
    }

    fn set(
        &mut self,
        attribute: &Attribute,
        value: Secret,
        origin: Origin,
        place: &str,
    ) -> Result<(), OperatorError> {
        let (name, place) = (attribute.name.to_owned(), place.to_owned());
        if !attribute.secret && crate::draft::given::has_password(value.expose()) {
            return Err(OperatorError::Password { place, key: name });
        }
        if !value.is_blank() {
            self.settings.insert(name, Set { value, origin, place });
        }
        Ok(())
    }
}
