//! Values as columns hold them: times, JSON, statuses.

use std::error::Error;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use super::error::is_unreadable;
use super::{StoreError, failed};
use crate::home::Status;
use crate::problems::chain;

pub(super) fn milliseconds(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

pub(super) fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<DateTime<Utc>> {
    let milliseconds: i64 = row.get(index)?;
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(index, milliseconds))
}

pub(super) fn optional_time(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<DateTime<Utc>>> {
    let milliseconds: Option<i64> = row.get(index)?;
    milliseconds.map(|_| time(row, index)).transpose()
}

pub(super) fn status(row: &Row<'_>, index: usize) -> rusqlite::Result<Status> {
    row.get::<_, String>(index)?.parse().map_err(|error| unreadable(index, error))
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>(index)?).map_err(|error| unreadable(index, error))
}

pub(super) fn unreadable(
    index: usize,
    error: impl Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(failed("write JSON"))
}

/// What a query on `connection` found and can be read. What cannot hides no other: it is left out and told in the
/// log.
pub(super) fn readable<T>(
    connection: &Connection,
    rows: impl Iterator<Item = rusqlite::Result<T>>,
) -> rusqlite::Result<Vec<T>> {
    let told = |row: rusqlite::Result<T>| match row {
        Err(error) if is_unreadable(&error) => {
            leave_out(connection, "", &error);
            None
        }
        row => Some(row),
    };
    rows.filter_map(told).collect()
}

/// Tells that a row is left out of an answer, which is that of the command `id` where there is one.
pub(super) fn leave_out(connection: &Connection, id: &str, error: &rusqlite::Error) {
    tracing::error!(
        file = connection.path(),
        id,
        error = chain(error),
        "a row of the command store is damaged and left out; stop the server and put a copy of the file back"
    );
}
