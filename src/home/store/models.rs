//! Queries on stored models and the rights to them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Row, params};

use super::values::{milliseconds, readable, time, unreadable};
use super::{Store, StoreError};
use crate::home::{Right, StoredModel};

/// The text of a stored model.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelText {
    /// Its JSON, with masks in place of secrets.
    pub(crate) json: String,
    /// Its secrets, sealed, and whose they are.
    pub(crate) sealed: Option<(Vec<u8>, String)>,
}

impl Store {
    /// Stores a model under its name, in place of an older one; `false` where `most` others are stored.
    pub(crate) fn put_model(
        &self,
        name: &str,
        owner: &str,
        text: &ModelText,
        changed: DateTime<Utc>,
        most: u64,
    ) -> Result<bool, StoreError> {
        let ModelText { json, sealed } = text;
        let (sealed, sealed_by) = match sealed {
            Some((sealed, by)) => (Some(sealed.as_slice()), Some(by.as_str())),
            None => (None, None),
        };
        let stored = self.write("store a model", |transaction| {
            let changed = milliseconds(changed);
            let replaced = transaction.execute(
                "UPDATE stored_models SET json = ?2, changed = ?3, sealed = ?4, sealed_by = ?5 \
                 WHERE name = ?1",
                params![name, json, changed, sealed, sealed_by],
            )?;
            if replaced == 1 {
                return Ok(true);
            }
            let count: i64 =
                transaction
                    .query_row("SELECT count(*) FROM stored_models", [], |row| row.get(0))?;
            if count.cast_unsigned() >= most {
                return Ok(false);
            }
            transaction.execute(
                "INSERT INTO stored_models (name, owner, json, changed, sealed, sealed_by) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![name, owner, json, changed, sealed, sealed_by],
            )?;
            Ok(true)
        })?;
        self.sync()?;
        Ok(stored)
    }

    /// Forgets a model and the rights to it.
    pub(crate) fn remove_model(&self, name: &str) -> Result<bool, StoreError> {
        let removed = self.write("remove a model", |transaction| {
            transaction.execute("DELETE FROM stored_models WHERE name = ?1", [name])
        })?;
        self.sync()?;
        Ok(removed == 1)
    }

    /// The model `name`, without its JSON.
    pub(crate) fn stored_model(&self, name: &str) -> Result<Option<StoredModel>, StoreError> {
        self.read("read a model", |reader| {
            let found = reader
                .prepare_cached(
                    "SELECT name, owner, changed, number FROM stored_models WHERE name = ?1",
                )?
                .query_row([name], |row| Ok((read_model(row)?, row.get::<_, i64>(3)?)))
                .optional()?;
            let Some((mut model, number)) = found else { return Ok(None) };
            let mut query =
                reader.prepare_cached("SELECT kind, name FROM model_rights WHERE model = ?1")?;
            let rights = query.query_map([number], |row| Ok((right(row, 0)?, row.get(1)?)))?;
            for (right, name) in readable(reader, rights)? {
                model.rights.entry(right).or_default().push(name);
            }
            Ok(Some(model))
        })
    }

    /// The text of the stored model `name`, and its secrets.
    pub(crate) fn model_text(&self, name: &str) -> Result<Option<ModelText>, StoreError> {
        self.read("read a model", |reader| {
            reader
                .prepare_cached(
                    "SELECT json, sealed, sealed_by FROM stored_models WHERE name = ?1",
                )?
                .query_row([name], |row| {
                    let sealed: Option<Vec<u8>> = row.get(1)?;
                    let by: Option<String> = row.get(2)?;
                    Ok(ModelText { json: row.get(0)?, sealed: sealed.zip(by) })
                })
                .optional()
        })
    }

    /// All stored models by name, without their JSON.
    pub(crate) fn stored_models(&self) -> Result<Vec<StoredModel>, StoreError> {
        let mut models: Vec<StoredModel> = self.read("list models", |reader| {
            let mut models: BTreeMap<i64, StoredModel> = reader
                .prepare_cached("SELECT name, owner, changed, number FROM stored_models")?
                .query_map([], |row| Ok((row.get(3)?, read_model(row)?)))
                .and_then(|rows| readable(reader, rows))?
                .into_iter()
                .collect();
            let mut query = reader.prepare_cached("SELECT kind, name, model FROM model_rights")?;
            let rights = query
                .query_map([], |row| Ok((right(row, 0)?, row.get(1)?, row.get::<_, i64>(2)?)))?;
            for (right, name, number) in readable(reader, rights)? {
                if let Some(model) = models.get_mut(&number) {
                    model.rights.entry(right).or_default().push(name);
                }
            }
            Ok(models.into_values().collect())
        })?;
        models.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        Ok(models)
    }

    /// Gives `name` a right to `model`, or takes it; `false` where it was so already.
    pub(crate) fn change_right(
        &self,
        model: &str,
        right: Right,
        name: &str,
        given: bool,
    ) -> Result<bool, StoreError> {
        let statement = if given {
            "INSERT OR IGNORE INTO model_rights (model, kind, name) \
             SELECT number, ?2, ?3 FROM stored_models WHERE name = ?1"
        } else {
            "DELETE FROM model_rights WHERE kind = ?2 AND name = ?3 \
             AND model = (SELECT number FROM stored_models WHERE name = ?1)"
        };
        let changed = self.write("change a right", |transaction| {
            transaction.execute(statement, params![model, right.name(), name])
        })?;
        self.sync()?;
        Ok(changed == 1)
    }
}

fn read_model(row: &Row<'_>) -> rusqlite::Result<StoredModel> {
    Ok(StoredModel {
        name: row.get(0)?,
        owner: row.get(1)?,
        changed: time(row, 2)?,
        rights: BTreeMap::new(),
    })
}

fn right(row: &Row<'_>, index: usize) -> rusqlite::Result<Right> {
    row.get::<_, String>(index)?.parse().map_err(|error| unreadable(index, error))
}
