//! The schema of the database, from an empty file to the present one.
//!
//! To change it: add a step to [`MIGRATIONS`]; never edit an old one.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use serde_json::{Value, json};

use super::StoreError;
use super::error::refused;

/// A step from one schema to the next one.
#[derive(Debug)]
enum Step {
    /// By statements alone.
    Script(&'static str),
    /// By statements, then by what has to be computed, then by statements.
    Code(&'static str, fn(&Transaction<'_>) -> rusqlite::Result<()>, &'static str),
}

/// Steps from an empty file to the present schema; `user_version` counts those taken.
const MIGRATIONS: &[Step] = &[
    Step::Script(
        "
CREATE TABLE models (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    json TEXT NOT NULL
) STRICT;
CREATE TABLE commands (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    model INTEGER NOT NULL REFERENCES models,
    model_name TEXT NOT NULL,
    model_label TEXT NOT NULL,
    model_folder TEXT,
    connectors TEXT NOT NULL,
    destinations TEXT NOT NULL,
    rows INTEGER NOT NULL,
    batches INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    now INTEGER NOT NULL,
    overrides TEXT NOT NULL,
    accepted INTEGER NOT NULL,
    scheduled INTEGER NOT NULL,
    delay_seconds INTEGER,
    cron TEXT,
    paused INTEGER NOT NULL,
    started INTEGER,
    finished INTEGER,
    status TEXT NOT NULL,
    comment TEXT NOT NULL,
    runs INTEGER NOT NULL,
    next_run INTEGER,
    first_batch INTEGER NOT NULL,
    next_batch INTEGER NOT NULL
) STRICT;
CREATE INDEX commands_by_status ON commands (status);
CREATE INDEX commands_by_owner ON commands (owner);
CREATE INDEX commands_by_accepted ON commands (accepted);
CREATE INDEX commands_by_finished ON commands (finished) WHERE scheduled = 0;
CREATE INDEX commands_scheduled ON commands (number) WHERE scheduled = 1;
CREATE INDEX commands_by_model ON commands (model);
CREATE TABLE transitions (
    number INTEGER PRIMARY KEY,
    command INTEGER NOT NULL REFERENCES commands ON DELETE CASCADE,
    status TEXT NOT NULL,
    time INTEGER NOT NULL,
    comment TEXT NOT NULL
) STRICT;
CREATE INDEX transitions_by_command ON transitions (command);
CREATE TABLE connectors (
    command INTEGER NOT NULL REFERENCES commands ON DELETE CASCADE,
    position INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    files INTEGER NOT NULL,
    PRIMARY KEY (command, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE batches (
    command INTEGER NOT NULL REFERENCES commands ON DELETE CASCADE,
    batch INTEGER NOT NULL,
    position INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    file_count INTEGER NOT NULL,
    files TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (command, batch, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE warnings (
    command INTEGER PRIMARY KEY REFERENCES commands ON DELETE CASCADE,
    json TEXT NOT NULL
) STRICT;
",
    ),
    Step::Script(
        "
CREATE TABLE users (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE tokens (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    label TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_by_user ON tokens (user);
",
    ),
    Step::Script(
        "
CREATE TABLE stored_models (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    json TEXT NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE TABLE model_rights (
    model INTEGER NOT NULL REFERENCES stored_models ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (model, kind, name)
) STRICT, WITHOUT ROWID;
",
    ),
    Step::Script(
        "
ALTER TABLE commands ADD COLUMN failures TEXT NOT NULL DEFAULT '{}';
",
    ),
    // What was asked for becomes one value: a new parameter is no new column.
    Step::Code(
        "
ALTER TABLE commands ADD COLUMN order_json TEXT NOT NULL DEFAULT '{}';
ALTER TABLE commands ADD COLUMN interruptions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE commands ADD COLUMN run_milliseconds INTEGER;
ALTER TABLE commands ADD COLUMN steps INTEGER NOT NULL DEFAULT 0;
CREATE TABLE notes (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
UPDATE commands SET steps = (SELECT count(*) FROM transitions WHERE command = commands.number);
",
        gather_orders,
        "
ALTER TABLE commands DROP COLUMN connectors;
ALTER TABLE commands DROP COLUMN rows;
ALTER TABLE commands DROP COLUMN batches;
ALTER TABLE commands DROP COLUMN threads;
ALTER TABLE commands DROP COLUMN seed;
ALTER TABLE commands DROP COLUMN now;
ALTER TABLE commands DROP COLUMN overrides;
ALTER TABLE commands DROP COLUMN delay_seconds;
ALTER TABLE commands DROP COLUMN cron;
",
    ),
    // Secrets stand sealed beside what they belong to; `sealing` brings those of older databases there.
    Step::Script(
        "
ALTER TABLE commands ADD COLUMN sealed BLOB;
ALTER TABLE stored_models ADD COLUMN sealed BLOB;
ALTER TABLE stored_models ADD COLUMN sealed_by TEXT;
CREATE TABLE credentials (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    shown TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
",
    ),
    // Each connector goes on at its own place, and batches are sealed before they are published.
    Step::Script(
        "
ALTER TABLE connectors ADD COLUMN next_batch INTEGER NOT NULL DEFAULT 0;
UPDATE connectors SET next_batch = (SELECT next_batch FROM commands WHERE number = command);
CREATE TABLE receipts (
    command INTEGER NOT NULL REFERENCES commands ON DELETE CASCADE,
    position INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (command, position, batch)
) STRICT, WITHOUT ROWID;
ALTER TABLE connectors ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
",
    ),
    // Rows of a sealed batch are not made again, so what failed among them is remembered with it.
    Step::Script("ALTER TABLE receipts ADD COLUMN failures TEXT NOT NULL DEFAULT '{}'"),
];

/// The number of the present schema.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The number of the schema of a database.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(refused("read the schema's version", path))
}

/// Brings an older database up to date.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection, path)?;
    if found > KNOWN {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    let damaged = |reason| {
        Err(StoreError::Damaged { action: "read the schema", path: path.to_owned(), reason })
    };
    let Ok(taken) = usize::try_from(found) else {
        return damaged(format!("its schema is of number {found}"));
    };
    if taken == 0 && has_tables(connection).map_err(refused("read the schema", path))? {
        return damaged(
            "it holds tables of another program, or its schema's number is lost".into(),
        );
    }
    for (number, step) in MIGRATIONS.iter().enumerate().skip(taken) {
        take(connection, step, number as i64 + 1)
            .map_err(refused("bring the schema up to date", path))?;
    }
    Ok(())
}

fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Takes `step` and counts it, as one transaction: a crash between them cannot happen.
fn take(connection: &mut Connection, step: &Step, version: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    match step {
        Step::Script(script) => transaction.execute_batch(script)?,
        Step::Code(before, code, after) => {
            transaction.execute_batch(before)?;
            code(&transaction)?;
            transaction.execute_batch(after)?;
        }
    }
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()
}

/// Writes what the columns of a command say of its order into one JSON column.
fn gather_orders(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut commands = transaction.prepare(
        "SELECT number, connectors, rows, batches, threads, seed, now, overrides, delay_seconds, cron \
         FROM commands",
    )?;
    let mut rows = commands.query([])?;
    while let Some(row) = rows.next()? {
        let unsigned = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
        let list = |index| -> rusqlite::Result<Value> {
            Ok(serde_json::from_str(&row.get::<_, String>(index)?).unwrap_or_else(|_| json!([])))
        };
        let schedule = match (row.get::<_, Option<i64>>(8)?, row.get::<_, Option<String>>(9)?) {
            (Some(seconds), _) => json!({"delay": {"seconds": seconds.cast_unsigned()}}),
            (None, Some(expression)) => json!({"cron": {"expression": expression}}),
            (None, None) => Value::Null,
        };
        let order = json!({
            "connectors": list(1)?,
            "batch_rows": unsigned(2)?,
            "batches": unsigned(3)?,
            "threads": unsigned(4)?,
            "seed": unsigned(5)?,
            "now": row.get::<_, i64>(6)?,
            "overrides": list(7)?,
            "schedule": schedule,
        });
        transaction
            .prepare_cached("UPDATE commands SET order_json = ?2 WHERE number = ?1")?
            .execute(params![row.get::<_, i64>(0)?, order.to_string()])?;
    }
    Ok(())
}

/// Brings an empty database to the schema after the first `steps`.
#[cfg(test)]
pub(super) fn older(connection: &mut Connection, steps: usize) {
    for (number, step) in MIGRATIONS.iter().enumerate().take(steps) {
        take(connection, step, number as i64 + 1).unwrap();
    }
}
