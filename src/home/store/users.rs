//! Users and their tokens: hashes and digests, never a secret.

use std::fs;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Row, params};

use super::values::{milliseconds, readable, time, unreadable};
use super::{Store, StoreError, failed};
use crate::access::{Account, Password, Role, TokenDigest};
use crate::home::{StoredToken, StoredUser};

/// The columns of an account, in the order of [`read_account`].
const ACCOUNT: &str = "users.name, users.role, users.password";

impl Store {
    /// Adds a user; `false` where the name, in whatever letter case, is taken.
    pub(crate) fn add_user(
        &self,
        account: &Account,
        created: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let Account { name, role, password } = account;
        self.write_marker()?;
        let added = self.write("add a user", |transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO users (name, role, password, created) \
                 VALUES (?1, ?2, ?3, ?4)",
                params![name, role.name(), password.phc(), milliseconds(created)],
            )
        })?;
        self.sync()?;
        Ok(added == 1)
    }

    /// Changes what is given of the user `name`; `false` where there is none.
    pub(crate) fn change_user(
        &self,
        name: &str,
        role: Option<Role>,
        password: Option<&Password>,
    ) -> Result<bool, StoreError> {
        let changed = self.write("change a user", |transaction| {
            transaction.execute(
                "UPDATE users SET role = coalesce(?2, role), password = coalesce(?3, password) \
                 WHERE name = ?1",
                params![name, role.map(Role::name), password.map(Password::phc)],
            )
        })?;
        self.sync()?;
        Ok(changed == 1)
    }

    /// Forgets a user with all tokens; `false` where there is none.
    pub(crate) fn remove_user(&self, name: &str) -> Result<bool, StoreError> {
        let removed = self.write("remove a user", |transaction| {
            transaction.execute("DELETE FROM users WHERE name = ?1", [name])
        })?;
        self.sync()?;
        if removed == 1 {
            self.remove_marker()?;
        }
        Ok(removed == 1)
    }

    /// The users by name.
    pub(crate) fn users(&self) -> Result<Vec<StoredUser>, StoreError> {
        let read = |row: &Row<'_>| {
            Ok(StoredUser { name: row.get(0)?, role: role(row, 1)?, created: time(row, 2)? })
        };
        self.read("list users", |reader| {
            reader
                .prepare_cached("SELECT name, role, created FROM users ORDER BY name")?
                .query_map([], read)
                .and_then(|rows| readable(reader, rows))
        })
    }

    /// Whether there is a user.
    ///
    /// # Errors
    ///
    /// Also when there were users and there is none now, and nobody has removed them: whoever empties or
    /// replaces the database must not open the door to everybody.
    pub(crate) fn has_users(&self) -> Result<bool, StoreError> {
        let found = self.any_user()?;
        match &self.has_users {
            Some(marker) if !found && marker.exists() => {
                let home = marker.parent().unwrap_or(marker).to_owned();
                Err(StoreError::NoUsers { home, marker: marker.clone() })
            }
            _ => Ok(found),
        }
    }

    fn any_user(&self) -> Result<bool, StoreError> {
        self.read("look for users", |reader| {
            reader
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM users)")?
                .query_row([], |row| row.get(0))
        })
    }

    /// Makes the file that says that there are users, where there are some.
    pub(super) fn mark_users(&self) -> Result<(), StoreError> {
        if self.any_user()? { self.write_marker() } else { Ok(()) }
    }

    fn write_marker(&self) -> Result<(), StoreError> {
        const TEXT: &str = "This server has users: it does not serve without them.\n";
        match &self.has_users {
            Some(marker) if !marker.exists() => {
                fs::write(marker, TEXT).map_err(failed("note that there are users"))
            }
            _ => Ok(()),
        }
    }

    /// The last user is gone on purpose: nobody has to log in any more.
    fn remove_marker(&self) -> Result<(), StoreError> {
        match &self.has_users {
            Some(marker) if marker.exists() && !self.any_user()? => {
                fs::remove_file(marker).map_err(failed("note that there are no users"))
            }
            _ => Ok(()),
        }
    }

    /// The account of that name, in whatever letter case.
    pub(crate) fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let statement = format!("SELECT {ACCOUNT} FROM users WHERE name = ?1");
        self.read("read a user", |reader| {
            reader.prepare_cached(&statement)?.query_row([name], read_account).optional()
        })
    }

    /// Adds a token of the user `name`, and forgets those that expired long ago. The token's number;
    /// `None` where there is no such user.
    pub(crate) fn add_token(
        &self,
        name: &str,
        digest: &TokenDigest,
        token: &StoredToken,
        long_ago: DateTime<Utc>,
    ) -> Result<Option<u64>, StoreError> {
        let number = self.write("add a token", |transaction| {
            transaction
                .execute("DELETE FROM tokens WHERE expires < ?1", [milliseconds(long_ago)])?;
            let added = transaction.execute(
                "INSERT INTO tokens (user, label, digest, created, expires) \
                 SELECT number, ?2, ?3, ?4, ?5 FROM users WHERE name = ?1",
                params![
                    name,
                    token.label,
                    digest.as_bytes(),
                    milliseconds(token.created),
                    milliseconds(token.expires)
                ],
            )?;
            Ok((added == 1).then(|| transaction.last_insert_rowid().cast_unsigned()))
        })?;
        self.sync()?;
        Ok(number)
    }

    /// Forgets a token; `false` where there is none.
    pub(crate) fn remove_token(&self, number: u64) -> Result<bool, StoreError> {
        let removed = self.write("remove a token", |transaction| {
            transaction.execute("DELETE FROM tokens WHERE number = ?1", [number.cast_signed()])
        })?;
        self.sync()?;
        Ok(removed == 1)
    }

    /// All tokens by user.
    pub(crate) fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let read = |row: &Row<'_>| {
            Ok(StoredToken {
                number: row.get::<_, i64>(0)?.cast_unsigned(),
                user: row.get(1)?,
                label: row.get(2)?,
                created: time(row, 3)?,
                expires: time(row, 4)?,
            })
        };
        self.read("list tokens", |reader| {
            reader
                .prepare_cached(
                    "SELECT tokens.number, users.name, label, tokens.created, expires \
                     FROM tokens JOIN users ON users.number = tokens.user \
                     ORDER BY users.name, tokens.number",
                )?
                .query_map([], read)
                .and_then(|rows| readable(reader, rows))
        })
    }

    /// Who holds the token of this digest, and when it expires.
    pub(crate) fn holder(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<(Account, DateTime<Utc>)>, StoreError> {
        let statement = format!(
            "SELECT {ACCOUNT}, tokens.expires FROM tokens \
             JOIN users ON users.number = tokens.user WHERE tokens.digest = ?1"
        );
        let read = |row: &Row<'_>| Ok((read_account(row)?, time(row, 3)?));
        self.read("read a token", |reader| {
            reader.prepare_cached(&statement)?.query_row([digest.as_bytes()], read).optional()
        })
    }
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        name: row.get(0)?,
        role: role(row, 1)?,
        password: Password::from_phc(row.get(2)?),
    })
}

fn role(row: &Row<'_>, index: usize) -> rusqlite::Result<Role> {
    row.get::<_, String>(index)?.parse().map_err(|error| unreadable(index, error))
}
