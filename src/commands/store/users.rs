//! Users and their tokens: hashes and digests, never a secret.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{RecordError, Store, failed, milliseconds, time, unreadable};
use crate::access::{Account, Password, Role, TokenDigest};
use crate::commands::{KeptToken, KeptUser};

/// The columns of an account, in the order of [`read_account`].
const ACCOUNT: &str = "users.name, users.role, users.password";

impl Store {
    /// Keeps a new user; `false` where the name, in whatever letter case, is taken.
    pub(in crate::commands) fn add_user(
        &self,
        account: &Account,
        created: DateTime<Utc>,
    ) -> Result<bool, RecordError> {
        let Account { name, role, password } = account;
        let added = self.write("keep a user", |transaction| {
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
    pub(in crate::commands) fn change_user(
        &self,
        name: &str,
        role: Option<Role>,
        password: Option<&Password>,
    ) -> Result<bool, RecordError> {
        let changed = self.write("change a user", |transaction| {
            transaction.execute(
                "UPDATE users SET role = coalesce(?2, role), password = coalesce(?3, password) \
                 WHERE name = ?1 COLLATE BINARY",
                params![name, role.map(Role::name), password.map(Password::phc)],
            )
        })?;
        self.sync()?;
        Ok(changed == 1)
    }

    /// Forgets a user with all tokens; `false` where there is none.
    pub(in crate::commands) fn remove_user(&self, name: &str) -> Result<bool, RecordError> {
        let removed = self.write("remove a user", |transaction| {
            transaction.execute("DELETE FROM users WHERE name = ?1 COLLATE BINARY", [name])
        })?;
        self.sync()?;
        Ok(removed == 1)
    }

    /// The users by name.
    pub(in crate::commands) fn users(&self) -> Result<Vec<KeptUser>, RecordError> {
        let read = |row: &Row<'_>| {
            Ok(KeptUser { name: row.get(0)?, role: role(row, 1)?, created: time(row, 2)? })
        };
        let reader = self.reader();
        let mut query = reader
            .prepare_cached("SELECT name, role, created FROM users ORDER BY name")
            .map_err(failed("list users"))?;
        query.query_map([], read).and_then(Iterator::collect).map_err(failed("list users"))
    }

    /// Whether there is a user.
    pub(in crate::commands) fn has_users(&self) -> Result<bool, RecordError> {
        self.reader()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM users)")
            .and_then(|mut query| query.query_row([], |row| row.get(0)))
            .map_err(failed("look for users"))
    }

    /// The account of that very name.
    pub(in crate::commands) fn account(&self, name: &str) -> Result<Option<Account>, RecordError> {
        let statement = format!("SELECT {ACCOUNT} FROM users WHERE name = ?1 COLLATE BINARY");
        self.reader()
            .prepare_cached(&statement)
            .and_then(|mut query| query.query_row([name], read_account).optional())
            .map_err(failed("read a user"))
    }

    /// Keeps a token of the user `name`, and forgets those that expired long ago. The token's number;
    /// `None` where there is no such user.
    pub(in crate::commands) fn add_token(
        &self,
        name: &str,
        digest: &TokenDigest,
        token: &KeptToken,
        long_ago: DateTime<Utc>,
    ) -> Result<Option<u64>, RecordError> {
        let number = self.write("keep a token", |transaction| {
            transaction
                .execute("DELETE FROM tokens WHERE expires < ?1", [milliseconds(long_ago)])?;
            let added = transaction.execute(
                "INSERT INTO tokens (user, label, digest, created, expires) \
                 SELECT number, ?2, ?3, ?4, ?5 FROM users WHERE name = ?1 COLLATE BINARY",
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
    pub(in crate::commands) fn remove_token(&self, number: u64) -> Result<bool, RecordError> {
        let removed = self.write("remove a token", |transaction| {
            transaction.execute("DELETE FROM tokens WHERE number = ?1", [number.cast_signed()])
        })?;
        self.sync()?;
        Ok(removed == 1)
    }

    /// All tokens by user.
    pub(in crate::commands) fn tokens(&self) -> Result<Vec<KeptToken>, RecordError> {
        let read = |row: &Row<'_>| {
            Ok(KeptToken {
                number: row.get::<_, i64>(0)?.cast_unsigned(),
                user: row.get(1)?,
                label: row.get(2)?,
                created: time(row, 3)?,
                expires: time(row, 4)?,
            })
        };
        let reader = self.reader();
        let mut query = reader
            .prepare_cached(
                "SELECT tokens.number, users.name, label, tokens.created, expires \
                 FROM tokens JOIN users ON users.number = tokens.user \
                 ORDER BY users.name, tokens.number",
            )
            .map_err(failed("list tokens"))?;
        query.query_map([], read).and_then(Iterator::collect).map_err(failed("list tokens"))
    }

    /// Who holds the token of this digest, and when it expires.
    pub(in crate::commands) fn holder(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<(Account, DateTime<Utc>)>, RecordError> {
        let statement = format!(
            "SELECT {ACCOUNT}, tokens.expires FROM tokens \
             JOIN users ON users.number = tokens.user WHERE tokens.digest = ?1"
        );
        let read = |row: &Row<'_>| Ok((read_account(row)?, time(row, 3)?));
        self.reader()
            .prepare_cached(&statement)
            .and_then(|mut query| query.query_row([digest.as_bytes()], read).optional())
            .map_err(failed("read a token"))
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
