//! Values as columns hold them: times, JSON, statuses.

use std::error::Error;

use chrono::{DateTime, Utc};
use rusqlite::Row;

use super::{StoreError, failed};
use crate::home::Status;

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
    Ok(row.get::<_, Option<i64>>(index)?.and_then(DateTime::from_timestamp_millis))
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
