//! Queries on credentials: what they hold is sealed, what may be shown of it stands beside.

use rusqlite::{OptionalExtension as _, Row, params};

use super::values::{from_json, json, milliseconds, readable, time};
use super::{Store, StoreError};
use crate::home::StoredCredential;

/// The columns of a credential, in the order of [`read_credential`].
const COLUMNS: &str = "number, name, owner, kind, shown, created, changed";

/// What the credential `name` of `owner` is sealed for.
pub(crate) fn purpose(name: &str, owner: &str) -> String {
    format!("credential {name} of {owner}")
}

impl Store {
    /// Stores `credential` and what it holds, in place of an older one of its name; `false` where `most` others
    /// are stored.
    pub(crate) fn put_credential(
        &self,
        credential: &StoredCredential,
        sealed: &[u8],
        most: u64,
    ) -> Result<bool, StoreError> {
        let StoredCredential { name, owner, kind, shown, changed, .. } = credential;
        let (shown, changed) = (json(shown)?, milliseconds(*changed));
        let stored = self.write("store a credential", |transaction| {
            let replaced = transaction.execute(
                "UPDATE credentials SET owner = ?2, kind = ?3, shown = ?4, sealed = ?5, changed = ?6 \
                 WHERE name = ?1",
                params![name, owner, kind, shown, sealed, changed],
            )?;
            if replaced == 1 {
                return Ok(true);
            }
            let count: i64 =
                transaction.query_row("SELECT count(*) FROM credentials", [], |row| row.get(0))?;
            if count.cast_unsigned() >= most {
                return Ok(false);
            }
            transaction.execute(
                "INSERT INTO credentials (name, owner, kind, shown, sealed, created, changed) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                params![name, owner, kind, shown, sealed, changed],
            )?;
            Ok(true)
        })?;
        self.sync()?;
        Ok(stored)
    }

    /// The credential `name`, with what it holds, sealed.
    pub(crate) fn credential(
        &self,
        name: &str,
    ) -> Result<Option<(StoredCredential, Vec<u8>)>, StoreError> {
        self.read("read a credential", |reader| {
            reader
                .prepare_cached(&format!(
                    "SELECT {COLUMNS}, sealed FROM credentials WHERE name = ?1"
                ))?
                .query_row([name], |row| Ok((read_credential(row)?, row.get("sealed")?)))
                .optional()
        })
    }

    /// All credentials by name.
    pub(crate) fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        self.read("list credentials", |reader| {
            reader
                .prepare_cached(&format!("SELECT {COLUMNS} FROM credentials ORDER BY name"))?
                .query_map([], read_credential)
                .and_then(|rows| readable(reader, rows))
        })
    }

    /// Forgets a credential; `false` where there is none.
    pub(crate) fn remove_credential(&self, name: &str) -> Result<bool, StoreError> {
        let removed = self.write("remove a credential", |transaction| {
            transaction.execute("DELETE FROM credentials WHERE name = ?1", [name])
        })?;
        self.sync()?;
        Ok(removed == 1)
    }

    /// Forgets the credentials of `owner`; how many they were.
    pub(crate) fn remove_credentials_of(&self, owner: &str) -> Result<usize, StoreError> {
        let removed = self.write("remove credentials", |transaction| {
            transaction.execute("DELETE FROM credentials WHERE owner = ?1 COLLATE NOCASE", [owner])
        })?;
        self.sync()?;
        Ok(removed)
    }

    /// The stored models whose JSON holds `text`, in any letter case, with it.
    pub(crate) fn models_with(&self, text: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.read("list models", |reader| {
            reader
                .prepare_cached(
                    "SELECT name, json FROM stored_models WHERE json LIKE '%' || ?1 || '%' ORDER BY name",
                )?
                .query_map([text], |row| Ok((row.get(0)?, row.get(1)?)))
                .and_then(|rows| readable(reader, rows))
        })
    }
}

fn read_credential(row: &Row<'_>) -> rusqlite::Result<StoredCredential> {
    Ok(StoredCredential {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        name: row.get(1)?,
        owner: row.get(2)?,
        kind: row.get(3)?,
        shown: from_json(row, 4)?,
        created: time(row, 5)?,
        changed: time(row, 6)?,
    })
}
