//! Who may come in, and what they may do.
//!
//! A [`Caller`] is who a request comes from. Where nobody has to log in, everybody is
//! [`Caller::anonymous`], who may do everything; otherwise a caller is a user with a [`Role`]. Nothing here
//! knows of HTTP or of the database.
//!
//! Rights are questions to [`Caller`]: a new one is a method there.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::Serialize;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Starts commands; sees and steers what is their own.
    User,
    /// Sees and steers everything.
    Admin,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::User, Self::Admin];

    /// Its name, as users write it.
    pub fn name(self) -> &'static str {
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
pub struct UnknownRole {
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
pub struct Caller {
    name: String,
    role: Role,
}

impl Caller {
    /// The user `name`, who has shown to be that.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role }
    }

    /// Whoever asks where nobody has to log in.
    pub fn anonymous() -> Self {
        Self::new("", Role::Admin)
    }

    /// The user's name, kept as owner of what they make; empty where nobody has to log in.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The user's role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether what belongs to `owner` exists for this caller: to see it, list it, download it.
    pub fn may_see(&self, owner: &str) -> bool {
        match self.role {
            Role::Admin | Role::Viewer => true,
            Role::User => self.name == owner,
        }
    }

    /// Whether this caller may start commands, keep models, and steer what they see.
    pub fn may_change(&self) -> bool {
        self.role != Role::Viewer
    }

    /// The owner that lists are narrowed to; `None`: this caller sees everybody's.
    pub fn only_owner(&self) -> Option<&str> {
        match self.role {
            Role::Admin | Role::Viewer => None,
            Role::User => Some(&self.name),
        }
    }
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
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        let refused = "root".parse::<Role>().unwrap_err().to_string();
        assert_eq!(refused, "`root` is no role, expected admin, user or viewer");
    }
}
