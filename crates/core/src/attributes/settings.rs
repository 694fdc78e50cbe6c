//! The settings of a command's outputs, from wherever they come, with what is secret kept apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use super::{Attribute, Reader, scalar_text};
use crate::problems::Problems;
use crate::reach::Reach;
use crate::secrets::Secret;

/// The settings of a command's outputs: `Table_Names`, `Options` and the overrides of one call, merged.
///
/// Keys are upper case. Where a value came from is kept, so that a message can point at it. Values that are
/// secrets are kept apart as soon as [`hide`](Self::hide) has told them from the others.
#[derive(Clone, Default, PartialEq)]
pub struct Settings {
    pub(super) values: Map<String, Value>,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) pointers: BTreeMap<String, String>,
    /// The keys that an operator has set.
    operators: BTreeSet<String>,
    /// What may be connected to where the model or the call says so.
    pub(super) reach: Reach,
}

/// Without values: what is a secret may not be known yet.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Settings").field("pointers", &self.pointers).finish_non_exhaustive()
    }
}

impl Settings {
    /// Sets `key`, found at `pointer`; a later value wins over an earlier one.
    pub fn set(&mut self, key: &str, value: Value, pointer: impl Into<String>) {
        let key = key.trim().to_uppercase();
        self.secrets.remove(&key);
        self.operators.remove(&key);
        self.pointers.insert(key.clone(), pointer.into());
        self.values.insert(key, value);
    }

    /// Sets `key` to a secret, found at `pointer`; a later value wins over an earlier one.
    pub fn set_secret(&mut self, key: &str, secret: Secret, pointer: impl Into<String>) {
        let key = key.trim().to_uppercase();
        self.values.shift_remove(&key);
        self.operators.remove(&key);
        self.pointers.insert(key.clone(), pointer.into());
        self.secrets.insert(key, secret);
    }

    /// Says what the model and the call may have connected to.
    pub fn set_reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// Says that what `key` is set to now is its operator's word.
    pub fn trust(&mut self, key: &str) {
        self.operators.insert(key.trim().to_uppercase());
    }

    /// Whether `key` (upper case) is set to what an operator says.
    pub fn is_operators(&self, key: &str) -> bool {
        self.operators.contains(key)
    }

    /// Keeps the values of the keys that `is_secret` names apart from all others: from now on nothing but
    /// [`Reader::secret`] reads them.
    pub fn hide(&mut self, is_secret: impl Fn(&str) -> bool) {
        let keys: Vec<String> = self.values.keys().filter(|key| is_secret(key)).cloned().collect();
        for key in keys {
            if let Some(text) = self.values.shift_remove(&key).and_then(into_text) {
                self.secrets.insert(key, Secret::new(text));
            }
        }
    }

    /// The value of `key` (upper case), where it is set and no secret.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// The secret `key` (upper case), where it is set.
    pub fn secret(&self, key: &str) -> Option<&Secret> {
        self.secrets.get(key)
    }

    /// The secrets with their keys.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.secrets.iter().map(|(key, secret)| (key.as_str(), secret))
    }

    /// Calls what is set as `key` (upper case) by the name `name`, unless that is set itself.
    pub fn rename(&mut self, key: &str, name: &str) {
        let pointer = self.pointer(key).to_owned();
        let (value, secret) = (self.values.shift_remove(key), self.secrets.remove(key));
        if self.values.contains_key(name) || self.secrets.contains_key(name) {
            return;
        }
        match (value, secret) {
            (_, Some(secret)) => self.set_secret(name, secret, pointer),
            (Some(value), None) => self.set(name, value, pointer),
            (None, None) => {}
        }
    }

    /// Forgets what counts as not set: `null`, and blank texts.
    pub fn drop_blanks(&mut self) {
        let is_blank = |value: &Value| {
            value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
        };
        self.values.retain(|_, value| !is_blank(value));
        self.secrets.retain(|_, secret| !secret.is_blank());
    }

    /// Forgets `key` (upper case).
    pub fn remove(&mut self, key: &str) {
        self.values.shift_remove(key);
        self.secrets.remove(key);
        self.operators.remove(key);
    }

    /// A copy of what `attributes` name: a model may hold any number of others.
    #[must_use]
    pub fn of_attributes(&self, attributes: &[Attribute]) -> Self {
        let mut own = Self { reach: self.reach.clone(), ..Self::default() };
        for name in attributes.iter().map(|attribute| attribute.name) {
            let key = || name.to_owned();
            own.values.extend(self.values.get(name).map(|value| (key(), value.clone())));
            own.secrets.extend(self.secrets.get(name).map(|secret| (key(), secret.clone())));
            own.pointers.extend(self.pointers.get(name).map(|pointer| (key(), pointer.clone())));
            own.operators.extend(self.operators.get(name).cloned());
        }
        own
    }

    /// Puts `stronger` settings over these: where both say something, they count.
    pub fn lay_over(&mut self, mut stronger: Self) {
        for (key, value) in std::mem::take(&mut stronger.values) {
            let pointer = stronger.pointers.remove(&key).unwrap_or_default();
            self.set(&key, value, pointer);
        }
        for (key, secret) in std::mem::take(&mut stronger.secrets) {
            let pointer = stronger.pointers.remove(&key).unwrap_or_default();
            self.set_secret(&key, secret, pointer);
        }
        // Where something stood that counts as not set, a message may point.
        for (key, pointer) in stronger.pointers {
            self.pointers.entry(key).or_insert(pointer);
        }
        self.operators.append(&mut stronger.operators);
    }

    /// All keys, in the order of their first setting; those of secrets are the last.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().chain(self.secrets.keys()).map(String::as_str)
    }

    /// Where `key` was set: a JSON pointer, or the name of the parameter.
    pub fn pointer(&self, key: &str) -> &str {
        self.pointers.get(key).map_or("", String::as_str)
    }

    /// A reader of these settings.
    pub fn reader<'a>(&'a self, problems: &'a mut Problems) -> Reader<'a> {
        Reader::of_settings(self, problems)
    }
}

/// What a setting says, as one text: of a list its entries with commas between them.
fn into_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.into_iter().map(into_text).collect();
            texts.map(|texts| texts.join(","))
        }
        other => scalar_text(&other),
    }
}
