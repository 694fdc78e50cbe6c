//! Stored models: JSON under a name that commands can say, with an owner and rights.
//!
//! The owner, those who administer a model and admins replace it, remove it and give rights; users of it
//! see and run it. Groups are stored and told, as the reference does; they grant nothing until users have
//! groups. What a caller may not see does not exist for them, but for its name, which is taken.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::clock::Clock;
use super::purpose_of_model;
use super::seal::{SealError, Sealer};
use super::store::{ModelText, Store, StoreError};
use crate::access::{Caller, Role};
use crate::delivery;
use crate::model::hide_secrets;
use crate::problems::{Problems, excerpt};
use crate::samples;
use crate::secrets::{GivenSecrets, MASK, Secrets};

/// Most stored models, and most names of one right to one model.
const MAX_MODELS: u64 = 10_000;
const MAX_NAMES: usize = 1_000;

/// Longest name of a model, and of a user or group, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// What somebody may do with a model of somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    /// See and run it.
    Users,
    /// The same, for groups.
    Groups,
    /// Replace it, remove it, give rights.
    AdminUsers,
    /// The same, for groups.
    AdminGroups,
}

impl Right {
    /// Every right.
    pub(crate) const ALL: [Self; 4] =
        [Self::Users, Self::Groups, Self::AdminUsers, Self::AdminGroups];

    /// The name that clients and the store know.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::AdminUsers => "admin_users",
            Self::AdminGroups => "admin_groups",
        }
    }
}

/// A text that is no right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown list `{name}`, expected users, groups, admin_users or admin_groups")]
pub(crate) struct UnknownRight {
    /// The text.
    pub(crate) name: String,
}

impl FromStr for Right {
    type Err = UnknownRight;

    fn from_str(text: &str) -> Result<Self, UnknownRight> {
        Self::ALL
            .into_iter()
            .find(|right| right.name() == text)
            .ok_or_else(|| UnknownRight { name: excerpt(text) })
    }
}

/// A stored model, without its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredModel {
    /// Its name.
    pub(crate) name: String,
    /// Who stored it first; empty where nobody had to say.
    pub(crate) owner: String,
    /// When it was stored last.
    pub(crate) changed: DateTime<Utc>,
    /// Who has which right.
    pub(crate) rights: BTreeMap<Right, Vec<String>>,
}

impl StoredModel {
    /// Those who have `right`.
    pub(crate) fn having(&self, right: Right) -> &[String] {
        self.rights.get(&right).map_or(&[], Vec::as_slice)
    }

    fn gives(&self, right: Right, caller: &Caller) -> bool {
        self.having(right).iter().any(|name| name == caller.name())
    }

    /// Whether it exists for `caller`.
    pub(crate) fn is_seen_by(&self, caller: &Caller) -> bool {
        caller.may_see(&self.owner)
            || self.gives(Right::Users, caller)
            || self.gives(Right::AdminUsers, caller)
    }

    /// Whether `caller` may replace it, remove it and give rights.
    pub(crate) fn is_administered_by(&self, caller: &Caller) -> bool {
        caller.may_change()
            && (caller.role() == Role::Admin
                || self.owner == caller.name()
                || self.gives(Right::AdminUsers, caller))
    }
}

/// Why a stored model could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ModelStoreError {
    /// No model can be called so.
    #[error("a model cannot be called `{name}`: {reason}")]
    Name {
        /// The name, shortened.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is none, or not for this caller.
    #[error("there is no stored model `{name}`")]
    Unknown {
        /// The name, shortened.
        name: String,
    },
    /// It belongs to somebody else.
    #[error("the model `{name}` belongs to somebody else")]
    NotYours {
        /// The name.
        name: String,
    },
    /// As many are stored as may be stored.
    #[error("{most} {what} are stored already, remove one first")]
    TooMany {
        /// How many.
        most: u64,
        /// Of what.
        what: &'static str,
    },
    /// A mask stands for a secret that is not there, or not this caller's.
    #[error(
        "`{key}` is `{MASK}`, which stands for a secret that is not told: expected the secret itself, or a \
         `CREDENTIAL` in its place"
    )]
    Masked {
        /// The setting.
        key: String,
    },
    /// The secrets of the model cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store refused.
    #[error(transparent)]
    Record(#[from] StoreError),
}

/// A stored model with what is needed to run it.
#[derive(Debug)]
pub(crate) struct UsableModel {
    /// Its JSON, with masks in place of secrets.
    pub(crate) json: String,
    /// The secrets that may be used.
    pub(crate) secrets: Secrets,
}

/// The settings of the model `json` that are masked.
fn masks_of(json: &str) -> Vec<String> {
    if !json.contains(MASK) {
        return Vec::new();
    }
    let Some(mut model) = crate::model::parse(json, &mut Problems::default()) else {
        return Vec::new();
    };
    model.settings.hide(delivery::is_secret);
    let masked = model.settings.secrets().filter(|(_, secret)| secret.expose() == MASK);
    masked.map(|(key, _)| key.to_owned()).collect()
}

/// The stored models of a home.
#[derive(Debug)]
pub(crate) struct Models {
    store: Arc<Store>,
    sealer: Arc<Sealer>,
    clock: Arc<dyn Clock>,
}

impl Models {
    pub(crate) fn new(store: Arc<Store>, sealer: Arc<Sealer>, clock: Arc<dyn Clock>) -> Self {
        Self { store, sealer, clock }
    }

    /// Keeps `json`, which has been checked, as `name`: in place of an older one, whose owner and rights
    /// stay. Its secrets are sealed; where a mask stands for one, it is that of the older one, if the same
    /// caller gave it.
    ///
    /// # Errors
    ///
    /// [`ModelStoreError`].
    pub(crate) fn put(
        &self,
        caller: &Caller,
        name: &str,
        json: &str,
    ) -> Result<(), ModelStoreError> {
        check_name(name)?;
        if samples::find(name).is_some() {
            let reason = "a shipped model has that name";
            return Err(ModelStoreError::Name { name: name.to_owned(), reason });
        }
        if let Some(model) = self.store.stored_model(name)?
            && !model.is_administered_by(caller)
        {
            return Err(ModelStoreError::NotYours { name: name.to_owned() });
        }
        let text = self.sealed(caller, name, json)?;
        let now = self.clock.now();
        if self.store.put_model(name, caller.name(), &text, now, MAX_MODELS)? {
            Ok(())
        } else {
            Err(ModelStoreError::TooMany { most: MAX_MODELS, what: "models" })
        }
    }

    /// The model `name`, where it exists for `caller`.
    ///
    /// # Errors
    ///
    /// [`ModelStoreError`].
    pub(crate) fn get(&self, caller: &Caller, name: &str) -> Result<StoredModel, ModelStoreError> {
        let model = self.store.stored_model(name)?;
        let seen = model.filter(|model| model.is_seen_by(caller));
        seen.ok_or_else(|| ModelStoreError::Unknown { name: excerpt(name) })
    }

    /// Its JSON, as it was given, with masks in place of secrets.
    ///
    /// # Errors
    ///
    /// [`ModelStoreError`].
    pub(crate) fn json(&self, caller: &Caller, name: &str) -> Result<String, ModelStoreError> {
        Ok(self.text(caller, name)?.json)
    }

    /// Its JSON, with the secrets that `caller` may use: those that they gave themselves, and an admin all.
    ///
    /// # Errors
    ///
    /// [`ModelStoreError`].
    pub(crate) fn usable(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<UsableModel, ModelStoreError> {
        let text = self.text(caller, name)?;
        let secrets = self.opened(caller, name, text.sealed.as_ref())?;
        Ok(UsableModel { json: text.json, secrets })
    }

    fn text(&self, caller: &Caller, name: &str) -> Result<ModelText, ModelStoreError> {
        self.get(caller, name)?;
        let text = self.store.model_text(name)?;
        text.ok_or_else(|| ModelStoreError::Unknown { name: excerpt(name) })
    }

    /// The secrets of the model `name` that `caller` may use.
    fn opened(
        &self,
        caller: &Caller,
        name: &str,
        sealed: Option<&(Vec<u8>, String)>,
    ) -> Result<Secrets, SealError> {
        match sealed {
            Some((sealed, by)) if by == caller.name() || caller.role() == Role::Admin => {
                Ok(self.sealer.open_given(&purpose_of_model(name, by), sealed)?.model)
            }
            _ => Ok(Secrets::new()),
        }
    }

    /// What is stored of the model `json`, which `caller` calls `name`.
    fn sealed(
        &self,
        caller: &Caller,
        name: &str,
        json: &str,
    ) -> Result<ModelText, ModelStoreError> {
        let (masked, mut model) = hide_secrets(json, delivery::is_secret);
        let masks = masks_of(&masked);
        if masks.iter().any(|key| !model.contains_key(key)) {
            let older = self.store.model_text(name)?.and_then(|text| text.sealed);
            // An admin could make somebody's secrets go elsewhere: what is kept is only one's own.
            let own = older.filter(|(_, by)| by == caller.name());
            let kept = self.opened(caller, name, own.as_ref())?;
            for key in masks {
                if model.contains_key(&key) {
                    continue;
                }
                let Some(secret) = kept.get(&key) else {
                    return Err(ModelStoreError::Masked { key });
                };
                model.insert(key, secret.clone());
            }
        }
        if model.is_empty() {
            return Ok(ModelText { json: masked, sealed: None });
        }
        let given = GivenSecrets { model, ..GivenSecrets::default() };
        let sealed = self.sealer.seal_given(&purpose_of_model(name, caller.name()), &given)?;
        Ok(ModelText { json: masked, sealed: Some((sealed, caller.name().to_owned())) })
    }

    /// The models that exist for `caller`, by name.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn list(&self, caller: &Caller) -> Result<Vec<StoredModel>, StoreError> {
        let mut models = self.store.stored_models()?;
        models.retain(|model| model.is_seen_by(caller));
        Ok(models)
    }

    /// Forgets the model `name`. Commands keep what they were accepted with.
    ///
    /// # Errors
    ///
    /// [`ModelStoreError`].
    pub(crate) fn remove(&self, caller: &Caller, name: &str) -> Result<(), ModelStoreError> {
        self.administered_by(caller, name)?;
        self.store.remove_model(name)?;
        Ok(())
    }

    /// Gives `who` a right to the model `name`, or takes it; `false` where it was so already.
    ///
    /// # Errors
    ///
    /// [`ModelStoreError`].
    pub(crate) fn change_right(
        &self,
        caller: &Caller,
        name: &str,
        right: Right,
        who: &str,
        given: bool,
    ) -> Result<bool, ModelStoreError> {
        let model = self.administered_by(caller, name)?;
        if given {
            check_name(who)?;
            if model.having(right).len() >= MAX_NAMES {
                return Err(ModelStoreError::TooMany { most: MAX_NAMES as u64, what: "names" });
            }
        }
        Ok(self.store.change_right(name, right, who, given)?)
    }

    fn administered_by(&self, caller: &Caller, name: &str) -> Result<StoredModel, ModelStoreError> {
        let model = self.get(caller, name)?;
        if model.is_administered_by(caller) {
            Ok(model)
        } else {
            Err(ModelStoreError::NotYours { name: name.to_owned() })
        }
    }
}

/// A name is a word, not a path: it may become one wherever it is stored or shown.
fn check_name(name: &str) -> Result<(), ModelStoreError> {
    let plain = |c: char| c.is_alphanumeric() || "-_. @".contains(c);
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME_BYTES {
        "it has more than 100 bytes"
    } else if name.starts_with(['.', ' ']) || name.ends_with(' ') {
        "it begins with a dot or a space, or ends with a space"
    } else if !name.chars().all(plain) {
        "expected letters, digits, `-`, `_`, `.`, `@` and spaces"
    } else {
        return Ok(());
    };
    Err(ModelStoreError::Name { name: excerpt(name), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::SystemClock;

    fn models() -> Models {
        let sealer = Arc::new(Sealer::in_memory().unwrap());
        Models::new(Arc::new(Store::in_memory().unwrap()), sealer, Arc::new(SystemClock))
    }

    #[test]
    fn a_model_is_its_owners_until_rights_are_given() {
        let models = models();
        let [ann, bob] = ["ann", "bob"].map(|name| Caller::new(name, Role::User));
        models.put(&ann, "orders", "{}").unwrap();
        insta::assert_snapshot!(models.json(&bob, "orders").unwrap_err(), @"there is no stored model `orders`");
        insta::assert_snapshot!(models.put(&bob, "orders", "[]").unwrap_err(), @"the model `orders` belongs to somebody else");
        assert!(models.list(&bob).unwrap().is_empty());
        assert!(models.change_right(&bob, "orders", Right::Users, "bob", true).is_err());
        assert!(models.change_right(&ann, "orders", Right::Users, "bob", true).unwrap());
        assert!(!models.change_right(&ann, "orders", Right::Users, "bob", true).unwrap());
        assert_eq!(models.json(&bob, "orders").unwrap(), "{}");
        insta::assert_snapshot!(models.remove(&bob, "orders").unwrap_err(), @"the model `orders` belongs to somebody else");
        models.change_right(&ann, "orders", Right::AdminUsers, "bob", true).unwrap();
        models.put(&bob, "orders", "[]").unwrap();
        let stored = models.get(&ann, "orders").unwrap();
        assert_eq!(
            (stored.owner.as_str(), stored.having(Right::Users)),
            ("ann", &["bob".into()][..])
        );
        assert!(models.change_right(&ann, "orders", Right::AdminUsers, "bob", false).unwrap());
        assert!(models.remove(&bob, "orders").is_err());
        let viewer = Caller::new("eve", Role::Viewer);
        assert_eq!(models.list(&viewer).unwrap().len(), 1);
        assert!(models.remove(&viewer, "orders").is_err());
        models.remove(&Caller::new("root", Role::Admin), "orders").unwrap();
        assert!(models.get(&ann, "orders").is_err());
        models.put(&bob, "orders", "{}").unwrap();
        assert!(models.get(&bob, "orders").unwrap().rights.is_empty(), "rights went with it");
    }

    #[test]
    fn secrets_of_a_model_are_those_of_whoever_gave_them() {
        let models = models();
        let [ann, bob] = ["ann", "bob"].map(|name| Caller::new(name, Role::User));
        let model = |secret: &str| {
            format!(
                r#"{{"Options": {{"KAFKA_PASSWORD": "{secret}"}}, "Fields": [{{"name": "a", "type": "LONG"}}]}}"#
            )
        };
        let used = |caller: &Caller| {
            let usable = models.usable(caller, "orders").unwrap();
            usable.secrets.get("KAFKA_PASSWORD").map(|secret| secret.expose().to_owned())
        };
        models.put(&ann, "orders", &model("hunter2")).unwrap();
        for right in [Right::Users, Right::AdminUsers] {
            models.change_right(&ann, "orders", right, "bob", true).unwrap();
        }
        assert_eq!(models.json(&bob, "orders").unwrap(), model("***"));
        assert_eq!((used(&ann).as_deref(), used(&bob)), (Some("hunter2"), None));
        assert_eq!(used(&Caller::new("root", Role::Admin)).as_deref(), Some("hunter2"));
        // Whoever gave it keeps it by its mask; nobody else does.
        models.put(&ann, "orders", &model("***")).unwrap();
        assert_eq!(used(&ann).as_deref(), Some("hunter2"));
        let refused = models.put(&bob, "orders", &model("***")).unwrap_err();
        insta::assert_snapshot!(refused, @"`KAFKA_PASSWORD` is `***`, which stands for a secret that is not told: expected the secret itself, or a `CREDENTIAL` in its place");
        models.put(&bob, "orders", &model("other")).unwrap();
        assert_eq!((used(&ann), used(&bob).as_deref()), (None, Some("other")));
    }

    #[test]
    fn a_name_is_a_word_and_no_path() {
        let models = models();
        let put = |name: &str| models.put(&Caller::anonymous(), name, "{}");
        for name in ["a", "Bestellungen 2026", "r\u{e9}seau.v1", "a-b_c"] {
            put(name).unwrap();
        }
        let long = "x".repeat(101);
        for name in ["", "..", ".a", "../a", "a/b", "a\\b", "a\0", " a", "a\nb", "customer", &long]
        {
            assert!(matches!(put(name), Err(ModelStoreError::Name { .. })), "{name:?}");
        }
    }
}
