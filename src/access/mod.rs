//! Who may come in, and what they may do.
//!
//! A [`Caller`] is who a request comes from. Where nobody has to log in, everybody is
//! [`Caller::anonymous`], who may do everything; otherwise a caller is a user with a [`Role`], who has shown
//! a password or a token to the [`Gate`]. Nothing here knows of HTTP or of the database: accounts come
//! from a [`Directory`].
//!
//! Passwords are kept as Argon2id hashes, tokens as digests (they are as random as their digests, so that
//! a slow hash would add nothing). Neither can be had back.
//!
//! Rights are questions to [`Caller`]: a new one is a method there.

mod gate;
mod password;
mod throttle;
mod token;

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub(crate) use gate::{Admission, Credentials, Denied, Gate};
pub(crate) use password::{MAX_PASSWORD_BYTES, Password, PasswordError, Workspace};
pub(crate) use throttle::network;
pub(crate) use token::{Token, TokenDigest};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Starts commands; sees and steers what is their own.
    User,
    /// Sees and steers everything.
    Admin,
}

impl Role {
    /// Every role, the weakest first.
    pub(crate) const ALL: [Self; 3] = [Self::Viewer, Self::User, Self::Admin];

    /// Its name, as users write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A word that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no role, expected admin, user or viewer")]
pub(crate) struct UnknownRole {
    word: String,
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == word)
            .ok_or_else(|| UnknownRole { word: crate::problems::excerpt(word) })
    }
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    name: String,
    role: Role,
}

impl Caller {
    /// The user `name`, who has shown to be that.
    pub(crate) fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role }
    }

    /// Whoever asks where nobody has to log in.
    pub(crate) fn anonymous() -> Self {
        Self::new("", Role::Admin)
    }

    /// The user's name, kept as owner of what they make; empty where nobody has to log in.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The user's role.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// Whether what belongs to `owner` exists for this caller: to see it, list it, download it.
    pub(crate) fn may_see(&self, owner: &str) -> bool {
        match self.role {
            Role::Admin | Role::Viewer => true,
            Role::User => self.name == owner,
        }
    }

    /// Whether this caller may start commands, keep models, and steer what they see.
    pub(crate) fn may_change(&self) -> bool {
        self.role != Role::Viewer
    }

    /// The owner that lists are narrowed to; `None`: this caller sees everybody's.
    pub(crate) fn only_owner(&self) -> Option<&str> {
        match self.role {
            Role::Admin | Role::Viewer => None,
            Role::User => Some(&self.name),
        }
    }
}

/// A user who can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Who they are, as kept with what they make.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Their password, hashed.
    pub(crate) password: Password,
}

/// Longest name of a user.
pub(crate) const MAX_NAME_CHARACTERS: usize = 64;

/// Why a name cannot be a user's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` cannot be a user's name, expected 1 to {MAX_NAME_CHARACTERS} of the characters a-z, A-Z, 0-9, \
     `.`, `_`, `-` and `@`, but not `anonymous`"
)]
pub(crate) struct NameError {
    name: String,
}

/// Whether `name` can be a user's: it appears in answers, logs and Basic credentials, which end it at
/// a colon.
///
/// # Errors
///
/// [`NameError`].
pub(crate) fn check_name(name: &str) -> Result<(), NameError> {
    let fits = (1..=MAX_NAME_CHARACTERS).contains(&name.len());
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
    // What is shown for commands that nobody logged in for.
    if fits && plain && !name.eq_ignore_ascii_case("anonymous") {
        return Ok(());
    }
    Err(NameError { name: crate::problems::excerpt(name) })
}

/// What a directory says when it cannot answer.
pub(crate) type DirectoryError = Box<dyn Error + Send + Sync>;

/// Where accounts are kept. Its calls may wait for the disk.
pub(crate) trait Directory: Debug + Send + Sync {
    /// Whether there is anybody.
    ///
    /// # Errors
    ///
    /// When it cannot be read; the same holds below.
    fn has_accounts(&self) -> Result<bool, DirectoryError>;

    /// The account of that name, in whatever letter case.
    ///
    /// # Errors
    ///
    /// See [`has_accounts`](Self::has_accounts).
    fn account(&self, name: &str) -> Result<Option<Account>, DirectoryError>;

    /// The account that holds the token of this digest, and when the token ends.
    ///
    /// # Errors
    ///
    /// See [`has_accounts`](Self::has_accounts).
    fn holder(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<(Account, DateTime<Utc>)>, DirectoryError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_sees_own_things_a_viewer_changes_none_an_admin_does_all() {
        let user = Caller::new("ann", Role::User);
        assert!(user.may_see("ann") && !user.may_see("bob") && !user.may_see(""));
        assert!(user.may_change());
        assert_eq!(user.only_owner(), Some("ann"));
        let viewer = Caller::new("eve", Role::Viewer);
        assert!(viewer.may_see("ann") && !viewer.may_change());
        let admin = Caller::new("root", Role::Admin);
        assert!(admin.may_see("ann") && admin.may_change() && admin.only_owner().is_none());
        assert!(Caller::anonymous().may_see("ann") && Caller::anonymous().may_change());
    }

    #[test]
    fn a_name_is_short_and_plain() {
        for name in ["ann", "Ann.Smith-2@example.org", &"a".repeat(64)] {
            assert_eq!(check_name(name), Ok(()));
        }
        let wrong =
            ["", "a:b", "a b", "../ann", "ann/..", "ä", "anonymous", "Anonymous", "a\nb", "%2e"];
        for name in wrong.into_iter().chain([&*"a".repeat(65)]) {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        let refused = "root".parse::<Role>().unwrap_err().to_string();
        assert_eq!(refused, "`root` is no role, expected admin, user or viewer");
    }
}
