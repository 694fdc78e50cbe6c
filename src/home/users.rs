//! Users and their tokens, for the command line that keeps them and the gate that asks for them.
//!
//! A [`Users`] works beside a server that owns the home: accounts are looked up with every request, so
//! that a change holds at once.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::OpenError;
use super::clock::{Clock, SystemClock};
use super::lock::Home;
use super::store::{Store, StoreError};
use crate::access::{
    self, Account, Directory, DirectoryError, NameError, Password, PasswordError, Role, Token,
    TokenDigest,
};
use crate::config::Config;

/// A user, without what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredUser {
    /// The name.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Since when.
    pub(crate) created: DateTime<Utc>,
}

/// A token, without what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredToken {
    /// Its key.
    pub(crate) number: u64,
    /// Whose it is.
    pub(crate) user: String,
    /// What it is for, in the user's words.
    pub(crate) label: String,
    /// Since when.
    pub(crate) created: DateTime<Utc>,
    /// Until when.
    pub(crate) expires: DateTime<Utc>,
}

/// Longest life of a token in days: ten years.
pub(crate) const MAX_TOKEN_DAYS: u32 = 3_650;

/// How long an expired token is still listed, and told to its holder.
const EXPIRED_KEPT_DAYS: i64 = 30;

/// Why users could not be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum UserError {
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The name is taken.
    #[error("there is a user `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is nobody of that name.
    #[error("there is no user `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// There is no such token.
    #[error("there is no token {number}")]
    UnknownToken {
        /// Its number.
        number: u64,
    },
    /// A token ends, and not today.
    #[error("a token cannot hold for {days} days, expected 1 to {MAX_TOKEN_DAYS}")]
    Days {
        /// The days.
        days: u32,
    },
    /// The system gives no random numbers.
    #[error("draw a token")]
    Random(#[source] getrandom::Error),
    /// The store refused.
    #[error(transparent)]
    Record(#[from] StoreError),
}

/// The users of a home.
#[derive(Debug)]
pub(crate) struct Users {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    /// Held where no server runs, so that none begins meanwhile.
    _home: Option<Home>,
}

impl Users {
    pub(crate) fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, _home: None }
    }

    /// The users of the home of `config`, whether a server runs there or not.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; among others when the server that runs there is of another version.
    pub(crate) fn open(config: &Config) -> Result<Self, OpenError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (store, home) = Home::take_or_join(&config.home)?;
        Ok(Self { store, clock, _home: home })
    }

    /// Keeps a new user.
    ///
    /// # Errors
    ///
    /// [`UserError`]; among others when the name is taken.
    pub(crate) fn add(&self, name: &str, role: Role, password: &str) -> Result<(), UserError> {
        access::check_name(name)?;
        let password = Password::hash(password)?;
        let account = Account { name: name.to_owned(), role, password };
        if self.store.add_user(&account, self.clock.now())? {
            Ok(())
        } else {
            Err(UserError::Taken { name: account.name })
        }
    }

    /// Gives a user another role.
    ///
    /// # Errors
    ///
    /// [`UserError`].
    pub(crate) fn set_role(&self, name: &str, role: Role) -> Result<(), UserError> {
        known(name, self.store.change_user(name, Some(role), None)?)
    }

    /// Gives a user another password; the old one is out at once.
    ///
    /// # Errors
    ///
    /// [`UserError`].
    pub(crate) fn set_password(&self, name: &str, password: &str) -> Result<(), UserError> {
        let password = Password::hash(password)?;
        known(name, self.store.change_user(name, None, Some(&password))?)
    }

    /// Forgets a user with the user's tokens and credentials: a later user of that name must not have them. How
    /// many credentials that were. Commands keep their owner's name.
    ///
    /// # Errors
    ///
    /// [`UserError`].
    pub(crate) fn remove(&self, name: &str) -> Result<usize, UserError> {
        known(name, self.store.remove_user(name)?)?;
        Ok(self.store.remove_credentials_of(name)?)
    }

    /// The users by name.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn list(&self) -> Result<Vec<StoredUser>, StoreError> {
        self.store.users()
    }

    /// Makes a token for a user. Its text is told here and nowhere else.
    ///
    /// # Errors
    ///
    /// [`UserError`].
    pub(crate) fn issue(
        &self,
        name: &str,
        label: &str,
        days: u32,
    ) -> Result<(Token, StoredToken), UserError> {
        if !(1..=MAX_TOKEN_DAYS).contains(&days) {
            return Err(UserError::Days { days });
        }
        let token = Token::draw().map_err(UserError::Random)?;
        let created = self.clock.now();
        let stored = StoredToken {
            number: 0,
            user: name.to_owned(),
            label: label.to_owned(),
            created,
            expires: created + TimeDelta::days(days.into()),
        };
        let long_ago = created - TimeDelta::days(EXPIRED_KEPT_DAYS);
        match self.store.add_token(name, &token.digest(), &stored, long_ago)? {
            Some(number) => Ok((token, StoredToken { number, ..stored })),
            None => Err(UserError::Unknown { name: name.to_owned() }),
        }
    }

    /// Forgets a token.
    ///
    /// # Errors
    ///
    /// [`UserError`].
    pub(crate) fn revoke(&self, number: u64) -> Result<(), UserError> {
        if self.store.remove_token(number)? {
            Ok(())
        } else {
            Err(UserError::UnknownToken { number })
        }
    }

    /// All tokens by user.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    pub(crate) fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        self.store.tokens()
    }
}

fn known(name: &str, found: bool) -> Result<(), UserError> {
    if found { Ok(()) } else { Err(UserError::Unknown { name: name.to_owned() }) }
}

impl Directory for Users {
    fn has_accounts(&self) -> Result<bool, DirectoryError> {
        Ok(self.store.has_users()?)
    }

    fn account(&self, name: &str) -> Result<Option<Account>, DirectoryError> {
        Ok(self.store.account(name)?)
    }

    fn holder(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<(Account, DateTime<Utc>)>, DirectoryError> {
        Ok(self.store.holder(digest)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Workspace;

    fn config(folder: &std::path::Path) -> Config {
        Config { home: folder.join("home"), ..Config::default() }
    }

    #[test]
    fn users_and_tokens_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let users = Users::open(&config(folder.path())).unwrap();
        assert!(!users.has_accounts().unwrap());
        users.add("ann", Role::User, "correct horse").unwrap();
        let taken = users.add("Ann", Role::Admin, "correct horse").unwrap_err();
        insta::assert_snapshot!(taken, @"there is a user `Ann` already");
        assert_eq!(users.account("Ann").unwrap().unwrap().name, "ann");
        users.set_role("ann", Role::Admin).unwrap();
        users.set_password("ann", "battery staple").unwrap();
        let account = users.account("ann").unwrap().unwrap();
        assert!(
            account.role == Role::Admin
                && account.password.verify_in("battery staple", &mut Workspace::default())
        );
        let (token, stored) = users.issue("ann", "ci", 7).unwrap();
        let (holder, expires) = users.holder(&token.digest()).unwrap().unwrap();
        assert_eq!(
            (holder.name.as_str(), expires.timestamp()),
            ("ann", stored.expires.timestamp())
        );
        assert_eq!(users.tokens().unwrap()[0].number, stored.number);
        users.revoke(stored.number).unwrap();
        assert!(users.holder(&token.digest()).unwrap().is_none());
        let (token, _) = users.issue("ann", "", 7).unwrap();
        users.remove("ann").unwrap();
        assert!(users.holder(&token.digest()).unwrap().is_none() && !users.has_accounts().unwrap());
        insta::assert_snapshot!(users.remove("ann").unwrap_err(), @"there is no user `ann`");
        insta::assert_snapshot!(users.issue("ann", "", 7).unwrap_err(), @"there is no user `ann`");
        insta::assert_snapshot!(users.issue("ann", "", 0).unwrap_err(), @"a token cannot hold for 0 days, expected 1 to 3650");
        insta::assert_snapshot!(users.revoke(9).unwrap_err(), @"there is no token 9");
    }

    /// The files hold no password and no token, and nobody else may read them.
    #[test]
    fn no_secret_is_kept_in_clear() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let users = Users::open(&config).unwrap();
        users.add("ann", Role::User, "correct horse").unwrap();
        let (token, _) = users.issue("ann", "ci", 7).unwrap();
        let mut seen = 0;
        for entry in std::fs::read_dir(&config.home).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("correct horse") && !text.contains(token.text()), "{path:?}");
            seen += usize::from(text.contains("$argon2id$"));
            if path.file_name().unwrap().to_str().unwrap().starts_with("datagen.db") {
                let mode = std::fs::metadata(&path).unwrap().permissions().mode();
                assert_eq!(mode & 0o077, 0, "{path:?}");
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn users_can_be_kept_beside_a_server() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let tracker = crate::commands::Tracker::open(&config).unwrap();
        Users::open(&config).unwrap().add("ann", Role::User, "correct horse").unwrap();
        assert!(tracker.users().account("ann").unwrap().is_some());
    }
}
