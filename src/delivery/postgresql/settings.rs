//! What models, calls and operators say about a table and the way to it.

use super::attributes::{KEYS, OPERATION, SCHEMA, TABLE, UNLOGGED};
use super::server::Server;
use super::table::{Operation, Wanted};
use super::target::PostgresqlTarget;
use crate::attributes::{Reader, Settings};
use crate::columns::Table;
use crate::problems::{Problems, excerpt};

/// Most bytes of a name: the server cuts longer ones off.
const LONGEST_NAME: usize = 63;

/// Fields that are needed beside the output: a key that is a ghost is told from one that is no field.
pub(super) fn fields(settings: &Settings) -> Vec<String> {
    settings.reader(&mut Problems::default()).texts(KEYS).unwrap_or_default()
}

pub(super) fn compile(table: &Table, settings: &mut Reader<'_>) -> Option<PostgresqlTarget> {
    let server = Server::of(settings);
    let wanted = wanted(table, settings);
    if settings.has_errors() {
        return None;
    }
    Some(PostgresqlTarget::new(server?, wanted?, table.visible.row_width()))
}

/// The table that rows go to; `None` after adding errors.
pub(super) fn wanted(table: &Table, settings: &mut Reader<'_>) -> Option<Wanted> {
    let name = settings.text(TABLE);
    if name.is_none() && !settings.has(TABLE) {
        let message = format!("`{TABLE}` is missing: the table to write to");
        settings.error(TABLE, "missing_option", message);
    }
    let schema = settings.text(SCHEMA).unwrap_or_else(|| "public".to_owned());
    for (key, name) in [(TABLE, name.as_ref()), (SCHEMA, Some(&schema))] {
        if let Some(reason) = name.and_then(|name| unfit(name)) {
            settings.error(key, "wrong_value", format!("`{key}` {reason}"));
        }
    }
    for column in &table.visible.columns {
        if let Some(reason) = unfit(&column.name) {
            let message = format!("the name of field `{}` {reason}", excerpt(&column.name));
            settings.error(TABLE, "wrong_name", message);
        }
    }
    let keys = keys(table, settings);
    let operation = match settings.choice(OPERATION, &["insert", "upsert", "insert-ignore"]) {
        Some("insert") => Operation::Insert,
        Some("upsert") => Operation::Upsert,
        Some(_) => Operation::InsertIgnore,
        None if keys.is_empty() => Operation::Insert,
        None => Operation::Upsert,
    };
    if operation != Operation::Insert && keys.is_empty() && !settings.has(KEYS) {
        let message = format!("`{OPERATION}` needs a key: `{KEYS}` names its fields");
        settings.error(OPERATION, "missing_option", message);
    }
    Some(Wanted {
        schema: schema.trim().to_owned(),
        name: name?.trim().to_owned(),
        columns: table.visible.columns.clone(),
        keys,
        operation,
        unlogged: settings.boolean(UNLOGGED).unwrap_or(false),
        delete_previous: settings.boolean("DELETE_PREVIOUS").unwrap_or(false),
    })
}

/// The fields of the key; those that cannot be in one are errors.
fn keys(table: &Table, settings: &mut Reader<'_>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for key in settings.texts(KEYS).unwrap_or_default() {
        let key = key.trim().to_owned();
        let is_column = table.visible.columns.iter().any(|column| column.name == key);
        match table.find(&key) {
            Some((_, column)) if is_column => {
                if column.nullable {
                    let message = format!(
                        "field `{}` may be null and is in `{KEYS}`: a row with a null there fails its batch",
                        excerpt(&key)
                    );
                    settings.warn(KEYS, "nullable_key", message);
                }
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            Some(_) => {
                let message = format!(
                    "`{KEYS}` names the ghost field `{}`, which is no column of the table",
                    excerpt(&key)
                );
                settings.error(KEYS, "wrong_value", message);
            }
            None => {
                let value = serde_json::Value::String(key);
                settings.wrong(KEYS, &value, "the name of a field of the model");
            }
        }
    }
    keys
}

/// Why the server has no such name.
fn unfit(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        Some("is empty, expected a name".to_owned())
    } else if name.contains('\0') {
        Some("has a NUL character, which names of PostgreSQL do not have".to_owned())
    } else if name.len() > LONGEST_NAME {
        Some(format!(
            "has {} bytes, and names of PostgreSQL have at most {LONGEST_NAME}",
            name.len()
        ))
    } else {
        None
    }
}
