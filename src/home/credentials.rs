//! Credentials: settings under a name that models and calls can say, kept sealed and never told.
//!
//! A credential is a map of settings (`KAFKA_SASL_USERNAME`, `KAFKA_SASL_PASSWORD`), whatever connector reads
//! them. Its owner and admins use, replace and remove it; what a caller may not see does not exist for them, but
//! for its name, which is taken. What it holds is read when a target is opened, so that a change holds for the
//! next run of every schedule.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::OpenError;
use super::clock::{Clock, SystemClock};
use super::lock::Home;
use super::seal::{SealError, Sealer};
use super::store::{Store, StoreError, purpose_of_credential};
use crate::access::{Caller, Role};
use crate::config::Config;
use crate::delivery;
use crate::model;
use crate::problems::{Problems, excerpt};
use crate::secrets::{GivenSecrets, MASK, Secret, Secrets};

/// Most credentials, and most settings of one.
const MAX_CREDENTIALS: u64 = 10_000;
const MAX_SETTINGS: usize = 100;

/// Longest name of a credential or setting, and longest value, in bytes: certificates and key files fit.
const MAX_NAME_BYTES: usize = 100;
const MAX_VALUE_BYTES: usize = 64 << 10;

/// What is known of a credential without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredCredential {
    /// Its key.
    pub(crate) number: u64,
    /// Its name.
    pub(crate) name: String,
    /// Whose it is; empty where nobody had to say.
    pub(crate) owner: String,
    /// What it is for, in a word: the reference's types, or the beginning of its settings' names.
    pub(crate) kind: String,
    /// Its settings, with masks in place of secrets.
    pub(crate) shown: BTreeMap<String, String>,
    /// Since when.
    pub(crate) created: DateTime<Utc>,
    /// When it was given last.
    pub(crate) changed: DateTime<Utc>,
}

/// What uses a credential.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UsedBy {
    /// Commands that wait, run, or run again.
    pub(crate) commands: Vec<Uuid>,
    /// Stored models that name it.
    pub(crate) models: Vec<String>,
}

/// Why a credential could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CredentialError {
    /// No credential can be called so.
    #[error("a credential cannot be called `{name}`: {reason}")]
    Name {
        /// The name, shortened.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A setting is wrong.
    #[error("`{key}`: {reason}")]
    Setting {
        /// Its name, shortened.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It holds nothing.
    #[error("the credential has no settings, expected some such as KAFKA_SASL_PASSWORD=…")]
    Empty,
    /// There is none, or not for this caller.
    #[error("there is no credential `{name}`")]
    Unknown {
        /// The name, shortened.
        name: String,
    },
    /// It belongs to somebody else.
    #[error("the credential `{name}` belongs to somebody else")]
    NotYours {
        /// The name.
        name: String,
    },
    /// There is one of that name, which is not to be replaced.
    #[error("there is a credential `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// Something would fail without it.
    #[error("the credential `{name}` is used by {commands} commands that wait, run or run again")]
    InUse {
        /// The name.
        name: String,
        /// How many commands.
        commands: usize,
    },
    /// As many are stored as may be stored.
    #[error("{most} credentials are stored already, remove one first")]
    TooMany {
        /// How many.
        most: u64,
    },
    /// It cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store refused.
    #[error(transparent)]
    Record(#[from] StoreError),
}

/// The credentials of a home.
#[derive(Debug)]
pub(crate) struct Credentials {
    store: Arc<Store>,
    sealer: Arc<Sealer>,
    clock: Arc<dyn Clock>,
    /// Held where no server runs, so that none begins meanwhile.
    home: Option<Home>,
}

impl Credentials {
    pub(crate) fn new(store: Arc<Store>, sealer: Arc<Sealer>, clock: Arc<dyn Clock>) -> Self {
        Self { store, sealer, clock, home: None }
    }

    /// The credentials of the home of `config`, whether a server runs there or not.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; among others when the server that runs there is of another version.
    pub(crate) fn open(config: &Config) -> Result<Self, OpenError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (store, home) = Home::take_or_join(&config.home)?;
        let sealer = Arc::new(Sealer::of_home(&config.home)?);
        Ok(Self { home, ..Self::new(store, sealer, clock) })
    }

    /// Keeps `settings` as `name`: in place of an older one where `replace` says so.
    ///
    /// # Errors
    ///
    /// [`CredentialError`].
    pub(crate) fn put(
        &self,
        caller: &Caller,
        name: &str,
        kind: Option<&str>,
        settings: Secrets,
        replace: bool,
    ) -> Result<(), CredentialError> {
        check_name(name)?;
        check_settings(&settings)?;
        let older = self.store.credential(name)?.map(|(older, _)| older);
        // An admin replaces what is somebody's for them, as an admin removes it.
        let owner = match older {
            Some(older) if !is_usable_by(&older, caller) => {
                return Err(CredentialError::NotYours { name: name.to_owned() });
            }
            Some(_) if !replace => return Err(CredentialError::Taken { name: name.to_owned() }),
            Some(older) => older.owner,
            None => caller.name().to_owned(),
        };
        let shown = |(key, secret): (&String, &Secret)| {
            let text = if delivery::is_secret(key) { MASK } else { secret.expose() };
            (key.clone(), text.to_owned())
        };
        let now = self.clock.now();
        let credential = StoredCredential {
            number: 0,
            name: name.to_owned(),
            kind: kind.map_or_else(|| kind_of(&settings), str::to_owned),
            shown: settings.iter().map(shown).collect(),
            created: now,
            changed: now,
            owner,
        };
        let purpose = purpose_of_credential(name, &credential.owner);
        let given = GivenSecrets { call: settings, ..GivenSecrets::default() };
        let sealed = self.sealer.seal_given(&purpose, &given)?;
        if self.store.put_credential(&credential, &sealed, MAX_CREDENTIALS)? {
            Ok(())
        } else {
            Err(CredentialError::TooMany { most: MAX_CREDENTIALS })
        }
    }

    /// The credentials that exist for `caller`, by name.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn list(&self, caller: &Caller) -> Result<Vec<StoredCredential>, StoreError> {
        let mut credentials = self.store.credentials()?;
        credentials.retain(|credential| caller.may_see(&credential.owner));
        Ok(credentials)
    }

    /// What the credential `name` holds, for `caller` to log in with.
    ///
    /// # Errors
    ///
    /// [`CredentialError`].
    pub(crate) fn usable(&self, caller: &Caller, name: &str) -> Result<Secrets, CredentialError> {
        let found = self.store.credential(name)?;
        let Some((credential, sealed)) = found.filter(|(found, _)| is_usable_by(found, caller))
        else {
            return Err(CredentialError::Unknown { name: excerpt(name) });
        };
        let purpose = purpose_of_credential(&credential.name, &credential.owner);
        Ok(self.sealer.open_given(&purpose, &sealed)?.call)
    }

    /// Forgets the credential `name`. One that a command would miss goes only where `force` says so.
    ///
    /// # Errors
    ///
    /// [`CredentialError`].
    pub(crate) fn remove(
        &self,
        caller: &Caller,
        name: &str,
        force: bool,
    ) -> Result<(), CredentialError> {
        let unknown = || CredentialError::Unknown { name: excerpt(name) };
        let (credential, _) = self.store.credential(name)?.ok_or_else(unknown)?;
        if !is_usable_by(&credential, caller) {
            let seen = caller.may_see(&credential.owner);
            let name = name.to_owned();
            return Err(if seen { CredentialError::NotYours { name } } else { unknown() });
        }
        let commands = self.users_of(name)?.commands.len();
        if commands > 0 && !force {
            return Err(CredentialError::InUse { name: name.to_owned(), commands });
        }
        self.store.remove_credential(name)?;
        Ok(())
    }

    /// What uses the credential `name`.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn users_of(&self, name: &str) -> Result<UsedBy, StoreError> {
        let live = self.store.unfinished()?.into_iter().map(|(command, _)| command);
        let commands = live
            .filter(|command| command.order.credentials.iter().any(|used| used == name))
            .map(|command| command.id)
            .collect();
        let models = self.store.models_with("CREDENTIAL")?.into_iter();
        let models =
            models.filter(|(_, json)| credentials_of(json).iter().any(|used| used == name));
        Ok(UsedBy { commands, models: models.map(|(name, _)| name).collect() })
    }

    /// Seals everything anew, with a new key where the keys are the home's; how much that was. A server that
    /// runs meanwhile could seal with the older key, so there must be none.
    ///
    /// # Errors
    ///
    /// [`RotateError`].
    pub(crate) fn rotate(&self) -> Result<usize, RotateError> {
        if self.home.is_none() {
            return Err(RotateError::Running);
        }
        self.store.seal_clear_texts(&self.sealer)?;
        match self.sealer.add_key() {
            // The operator has put it there.
            Ok(()) | Err(SealError::NotOurs) => {}
            Err(error) => return Err(error.into()),
        }
        let sealed = self.store.seal_anew(&self.sealer)?;
        self.sealer.forget_older_keys()?;
        Ok(sealed)
    }
}

/// Why the key of secrets could not be replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RotateError {
    /// A server works with the older key.
    #[error("a server runs in this home; stop it first")]
    Running,
    /// The key refuses.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store refused.
    #[error(transparent)]
    Record(#[from] StoreError),
}

fn is_usable_by(credential: &StoredCredential, caller: &Caller) -> bool {
    caller.may_change() && (caller.role() == Role::Admin || credential.owner == caller.name())
}

/// The credentials that a model names.
fn credentials_of(json: &str) -> Vec<String> {
    let mut problems = Problems::default();
    let Some(model) = model::parse(json, &mut problems) else { return Vec::new() };
    let mut reader = model.settings.reader(&mut problems);
    let mut names = reader.texts("CREDENTIAL").unwrap_or_default();
    names.extend(reader.texts("CREDENTIALS").unwrap_or_default());
    names
}

/// The beginning that the names of `settings` share: `KAFKA`.
fn kind_of(settings: &Secrets) -> String {
    let first = settings.keys().next().map_or("", String::as_str);
    first.split('_').next().unwrap_or_default().to_owned()
}

/// A name is a word: it stands in lists with commas.
fn check_name(name: &str) -> Result<(), CredentialError> {
    let plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME_BYTES {
        "it has more than 100 bytes"
    } else if !name.chars().all(plain) {
        "expected letters, digits, `-`, `_`, `.` and `@`"
    } else {
        return Ok(());
    };
    Err(CredentialError::Name { name: excerpt(name), reason })
}

fn check_settings(settings: &Secrets) -> Result<(), CredentialError> {
    if settings.is_empty() {
        return Err(CredentialError::Empty);
    }
    let refused = |key: &str, reason| Err(CredentialError::Setting { key: excerpt(key), reason });
    for (count, (key, secret)) in settings.iter().enumerate() {
        let is_plain =
            key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if key.is_empty() || key.len() > MAX_NAME_BYTES || !is_plain {
            return refused(key, "this is no name of a setting");
        }
        if secret.expose().len() > MAX_VALUE_BYTES {
            return refused(key, "the value has more than 65536 bytes");
        }
        if secret.is_blank() || secret.expose() == MASK {
            return refused(key, "the value is empty or a mask");
        }
        if count >= MAX_SETTINGS {
            return refused(key, "the credential has more than 100 settings");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(password: &str) -> Secrets {
        let setting = |key: &str, text: &str| (key.to_owned(), Secret::new(text.to_owned()));
        Secrets::from([
            setting("KAFKA_SASL_USERNAME", "ann"),
            setting("KAFKA_SASL_PASSWORD", password),
        ])
    }

    fn config(folder: &std::path::Path) -> Config {
        Config { home: folder.join("home"), ..Config::default() }
    }

    #[test]
    fn a_credential_is_its_owners_and_is_never_told() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::open(&config(folder.path())).unwrap();
        let [ann, bob] = ["ann", "bob"].map(|name| Caller::new(name, Role::User));
        let put = |caller: &Caller, replace| {
            credentials.put(caller, "lake", None, settings("hunter2"), replace)
        };
        put(&ann, false).unwrap();
        insta::assert_snapshot!(put(&ann, false).unwrap_err(), @"there is a credential `lake` already");
        insta::assert_snapshot!(put(&bob, true).unwrap_err(), @"the credential `lake` belongs to somebody else");
        put(&ann, true).unwrap();
        assert_eq!(credentials.usable(&ann, "lake").unwrap(), settings("hunter2"));
        insta::assert_snapshot!(credentials.usable(&bob, "lake").unwrap_err(), @"there is no credential `lake`");
        let viewer = Caller::new("eve", Role::Viewer);
        assert!(credentials.usable(&viewer, "lake").is_err());
        assert!(credentials.list(&bob).unwrap().is_empty());
        let listed = &credentials.list(&ann).unwrap()[0];
        assert_eq!((listed.kind.as_str(), listed.owner.as_str()), ("KAFKA", "ann"));
        assert_eq!(listed.shown["KAFKA_SASL_PASSWORD"], "***");
        assert_eq!(listed.shown["KAFKA_SASL_USERNAME"], "ann");
        insta::assert_snapshot!(credentials.remove(&bob, "lake", false).unwrap_err(), @"there is no credential `lake`");
        insta::assert_snapshot!(credentials.remove(&viewer, "lake", true).unwrap_err(), @"the credential `lake` belongs to somebody else");
        // An admin may use and remove it.
        let root = Caller::new("root", Role::Admin);
        assert!(credentials.usable(&root, "lake").is_ok());
        credentials.remove(&root, "lake", false).unwrap();
        assert!(credentials.list(&root).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_credential_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::open(&config(folder.path())).unwrap();
        let one =
            |key: &str, text: &str| Secrets::from([(key.to_owned(), Secret::new(text.to_owned()))]);
        let put = |name: &str, settings| {
            let refused = credentials.put(&Caller::anonymous(), name, None, settings, false);
            refused.unwrap_err().to_string()
        };
        insta::assert_snapshot!(put("a,b", one("X", "y")), @"a credential cannot be called `a,b`: expected letters, digits, `-`, `_`, `.` and `@`");
        insta::assert_snapshot!(put("a", Secrets::new()), @"the credential has no settings, expected some such as KAFKA_SASL_PASSWORD=…");
        insta::assert_snapshot!(put("a", one("X", "***")), @"`X`: the value is empty or a mask");
        insta::assert_snapshot!(put("a", one("X Y", "hunter2")), @"`X Y`: this is no name of a setting");
    }

    #[test]
    fn the_key_is_replaced_and_credentials_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let key = || std::fs::read_to_string(config.home.join("secret-key")).unwrap();
        let credentials = Credentials::open(&config).unwrap();
        let root = Caller::anonymous();
        credentials.put(&root, "lake", None, settings("hunter2"), false).unwrap();
        let older = key();
        assert_eq!(credentials.rotate().unwrap(), 1);
        assert_ne!(key(), older);
        assert_eq!(key().lines().count(), 1);
        drop(credentials);
        let credentials = Credentials::open(&config).unwrap();
        assert_eq!(credentials.usable(&root, "lake").unwrap(), settings("hunter2"));
        let beside = Credentials::open(&config).unwrap();
        insta::assert_snapshot!(beside.rotate().unwrap_err(), @"a server runs in this home; stop it first");
    }
}
