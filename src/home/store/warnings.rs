//! Warnings of commands: what was noticed when they were accepted, and what their runs notice.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;
use uuid::Uuid;

use super::values::from_json;
use super::{Store, StoreError};
use crate::problems::Problem;

impl Store {
    /// What was noticed of the command `id`: problems as JSON objects.
    pub(crate) fn warnings(&self, id: Uuid) -> Result<Vec<Value>, StoreError> {
        self.read("read warnings", |connection| stored(connection, id))
    }

    /// Stores `warning` with the command, in place of one of the same code and pointer: a run that goes on
    /// or comes again tells what is so now.
    pub(crate) fn replace_warning(&self, id: Uuid, warning: &Problem) -> Result<(), StoreError> {
        let warning = serde_json::json!(warning);
        self.write("add a warning", |transaction| {
            let mut all = stored(transaction, id)?;
            let is_other = |known: &Value| {
                known["code"] != warning["code"] || known["pointer"] != warning["pointer"]
            };
            all.retain(is_other);
            all.push(warning.clone());
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO warnings (command, json) \
                     SELECT number, ?2 FROM commands WHERE id = ?1",
                )?
                .execute(params![id.as_bytes(), Value::Array(all).to_string()])?;
            Ok(())
        })
    }
}

fn stored(connection: &Connection, id: Uuid) -> rusqlite::Result<Vec<Value>> {
    let found = connection
        .prepare_cached(
            "SELECT json FROM warnings WHERE command = (SELECT number FROM commands WHERE id = ?1)",
        )?
        .query_row([id.as_bytes()], |row| from_json(row, 0))
        .optional()?;
    Ok(found.unwrap_or_default())
}
