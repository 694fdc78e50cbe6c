//! Queries on sealed secrets, and the step that seals what older versions kept in clear.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::error::refused;
use super::values::unreadable;
use super::{Store, StoreError};
use crate::delivery;
use crate::home::seal::{SealError, Sealer};
use crate::home::{Order, purpose_of_command, purpose_of_model};
use crate::model::hide_secrets;
use crate::secrets::GivenSecrets;

/// The note that nothing is in clear any more.
const SEALED: &str = "secrets are sealed";

/// What a sealed value is sealed for, as its row says.
type Purpose = fn(&Row<'_>) -> rusqlite::Result<String>;

/// Where sealed values stand: the table, and the columns that their purpose is made of.
const PLACES: [(&str, &str, Purpose); 3] = [
    ("commands", "id, NULL", |row| Ok(purpose_of_command(Uuid::from_bytes(row.get(2)?)))),
    ("stored_models", "name, sealed_by", |row| {
        Ok(purpose_of_model(&row.get::<_, String>(2)?, &row.get::<_, String>(3)?))
    }),
    ("credentials", "name, owner", |row| {
        Ok(super::credentials::purpose(&row.get::<_, String>(2)?, &row.get::<_, String>(3)?))
    }),
];

impl Store {
    /// The sealed secrets of the command `id`.
    pub(crate) fn sealed(&self, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("read a command", |connection| {
            let sealed = connection
                .prepare_cached("SELECT sealed FROM commands WHERE id = ?1")?
                .query_row([id.as_bytes()], |row| row.get(0))
                .optional()?;
            Ok(sealed.flatten())
        })
    }

    /// Seals what an older version kept in clear, once, and leaves no trace of it in the file.
    pub(crate) fn seal_clear_texts(&self, sealer: &Sealer) -> Result<(), StoreError> {
        let is_done = self.read("read notes", |connection| {
            connection
                .query_row("SELECT 1 FROM notes WHERE name = ?1", [SEALED], |_| Ok(()))
                .optional()
        })?;
        if is_done.is_some() {
            return Ok(());
        }
        let sealed = self.write("seal secrets", |transaction| {
            let sealed = seal_commands(transaction, sealer)? + seal_models(transaction, sealer)?;
            transaction.execute("INSERT OR IGNORE INTO notes (name) VALUES (?1)", [SEALED])?;
            Ok(sealed)
        })?;
        if sealed > 0 && self.log.is_some() {
            self.rewrite()?;
            tracing::info!(sealed, "secrets that stood in clear are sealed");
        }
        Ok(())
    }

    /// Writes the database anew, without what was removed from it, and empties its log.
    fn rewrite(&self) -> Result<(), StoreError> {
        let writer = self.writer();
        let run = || {
            writer.execute_batch("VACUUM")?;
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        };
        run().map_err(refused("rewrite the database", &self.path))
    }

    /// Seals anew what `sealer` would seal with another key now; how much that was.
    pub(crate) fn seal_anew(&self, sealer: &Sealer) -> Result<usize, StoreError> {
        let sealed = self.write("seal secrets anew", |transaction| {
            let mut count = 0;
            for (table, columns, purpose) in PLACES {
                count += seal_table(transaction, sealer, table, columns, purpose)?;
            }
            Ok(count)
        })?;
        self.sync()?;
        Ok(sealed)
    }
}

fn told(error: SealError) -> rusqlite::Error {
    unreadable(0, error)
}

fn seal_table(
    transaction: &Transaction<'_>,
    sealer: &Sealer,
    table: &str,
    columns: &str,
    purpose: Purpose,
) -> rusqlite::Result<usize> {
    let statement =
        format!("SELECT number, sealed, {columns} FROM {table} WHERE sealed IS NOT NULL");
    let mut query = transaction.prepare(&statement)?;
    let mut rows = query.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (number, sealed): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if !sealer.is_older(&sealed) {
            continue;
        }
        let purpose = purpose(row)?;
        let plain = sealer.open(&purpose, &sealed).map_err(told)?;
        let anew = sealer.seal(&purpose, &plain).map_err(told)?;
        transaction.execute(
            &format!("UPDATE {table} SET sealed = ?2 WHERE number = ?1"),
            params![number, anew],
        )?;
        count += 1;
    }
    Ok(count)
}

/// Takes the secrets out of the orders and models of commands.
fn seal_commands(transaction: &Transaction<'_>, sealer: &Sealer) -> rusqlite::Result<usize> {
    let mut query = transaction.prepare("SELECT number, id, order_json, model FROM commands")?;
    let mut rows = query.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (number, model): (i64, i64) = (row.get(0)?, row.get(3)?);
        let id = Uuid::from_bytes(row.get(1)?);
        let text: String = row.get(2)?;
        let Ok(mut order) = serde_json::from_str::<Order>(&text) else { continue };
        let mut given = GivenSecrets { call: order.take_secrets(), ..GivenSecrets::default() };
        let json: String = transaction
            .prepare_cached("SELECT json FROM models WHERE number = ?1")?
            .query_row([model], |row| row.get(0))?;
        given.model = hide_secrets(&json, delivery::is_secret).1;
        if given.is_empty() {
            continue;
        }
        let sealed = sealer.seal_given(&purpose_of_command(id), &given).map_err(told)?;
        let order = serde_json::to_string(&order).map_err(|error| unreadable(2, error))?;
        transaction.execute(
            "UPDATE commands SET order_json = ?2, sealed = ?3 WHERE number = ?1",
            params![number, order, sealed],
        )?;
        count += 1;
    }
    mask_models_of_commands(transaction)?;
    Ok(count)
}

/// Masks the models whose secrets stand beside their commands now.
fn mask_models_of_commands(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut query = transaction.prepare("SELECT number, json FROM models")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (number, json): (i64, String) = (row.get(0)?, row.get(1)?);
        let (masked, _) = hide_secrets(&json, delivery::is_secret);
        if masked == json {
            continue;
        }
        let digest = Sha256::digest(masked.as_bytes());
        let same: Option<i64> = transaction
            .prepare_cached("SELECT number FROM models WHERE digest = ?1")?
            .query_row([digest.as_slice()], |row| row.get(0))
            .optional()?;
        match same {
            Some(same) => {
                transaction
                    .execute("UPDATE commands SET model = ?2 WHERE model = ?1", [number, same])?;
                transaction.execute("DELETE FROM models WHERE number = ?1", [number])?;
            }
            None => {
                transaction.execute(
                    "UPDATE models SET json = ?2, digest = ?3 WHERE number = ?1",
                    params![number, masked, digest.as_slice()],
                )?;
            }
        }
    }
    Ok(())
}

/// Takes the secrets out of the models that are stored under a name: they are their owners'.
fn seal_models(transaction: &Transaction<'_>, sealer: &Sealer) -> rusqlite::Result<usize> {
    let mut query = transaction.prepare("SELECT number, name, owner, json FROM stored_models")?;
    let mut rows = query.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (number, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let (owner, json): (String, String) = (row.get(2)?, row.get(3)?);
        let (masked, model) = hide_secrets(&json, delivery::is_secret);
        if masked == json {
            continue;
        }
        let given = GivenSecrets { model, ..GivenSecrets::default() };
        let sealed = sealer.seal_given(&purpose_of_model(&name, &owner), &given).map_err(told)?;
        transaction.execute(
            "UPDATE stored_models SET json = ?2, sealed = ?3, sealed_by = ?4 WHERE number = ?1",
            params![number, masked, sealed, owner],
        )?;
        count += 1;
    }
    Ok(count)
}
