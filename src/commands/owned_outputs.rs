//! Which part of the output root is whose.
//!
//! Where there are users, the outputs of a `user` are their own: they stay below `users/NAME` of the
//! output root, whatever path a model or a call gives, so that no command replaces, removes or downloads
//! files of somebody else. An admin's stay below the root itself, as those of commands that nobody had to
//! log in for. The role counts that the owner has when a command is prepared.

use std::path::{Path, PathBuf};

use crate::access::Role;
use crate::home::{Store, StoreError};

/// The folder of the output root that holds the users' own.
const USERS: &str = "users";

/// The folder that all local outputs of `owner` stay below.
pub(super) fn output_root(store: &Store, root: &Path, owner: &str) -> Result<PathBuf, StoreError> {
    if owner.is_empty() {
        return Ok(root.to_owned());
    }
    let is_admin = store.account(owner)?.is_some_and(|account| account.role == Role::Admin);
    Ok(if is_admin { root.to_owned() } else { root.join(share(owner)) })
}

/// The part of the output root that is the user's: below it names need not tell whose they are.
pub(super) fn share(owner: &str) -> PathBuf {
    // Names of users may be `.` and `..`; none holds `%`.
    let escape = if owner.starts_with('.') { "%" } else { "" };
    Path::new(USERS).join(format!("{escape}{owner}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_folder_deep_whatever_the_name() {
        for (owner, folder) in [("bob", "users/bob"), ("..", "users/%.."), (".", "users/%.")] {
            assert_eq!(share(owner), Path::new(folder));
        }
    }
}
