//! Queries on batches: what connectors have acknowledged, and the files that came of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::values::{from_json, json, milliseconds, unreadable};
use super::{Store, StoreError};
use crate::delivery::{Committed, CommittedFile, Receipt};
use crate::failures::Failures;
use crate::home::{Command, ConnectorTotal, MadeFile, Part};

/// One connector's share of a batch.
#[derive(Debug, Clone)]
pub(crate) struct StoredBatch {
    pub(crate) batch: u64,
    /// The connector's place in the command.
    pub(crate) position: usize,
    pub(crate) committed: Committed,
}

/// A batch that a connector has sealed: it will be published.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SealedBatch {
    pub(crate) batch: u64,
    pub(crate) receipt: Receipt,
    /// The rows of it that failed, which are not made again.
    pub(crate) failures: Failures,
}

/// Where a connector of a command goes on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Remembered {
    /// The first batch that is not known to be published.
    pub(crate) next_batch: u64,
    /// The batches that are sealed, in order.
    pub(crate) sealed: Vec<SealedBatch>,
}

/// A connector's place in its command, and its sums.
pub(super) type Sums = (usize, ConnectorTotal);

impl Store {
    /// Adds a batch that the connector at `position` has sealed.
    pub(crate) fn add_receipt(
        &self,
        command: &Command,
        position: usize,
        sealed: &SealedBatch,
    ) -> Result<(), StoreError> {
        let number = self.number(command.id)?;
        let batch = sealed.batch.cast_signed();
        let (receipt, failures) = (json(&sealed.receipt)?, json(&sealed.failures)?);
        self.write("add a receipt", |transaction| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO receipts (command, position, batch, receipt, failures) \
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![number, position as i64, batch, receipt, failures])
                .map(drop)
        })
    }

    /// Removes the receipt of a batch that will not be published.
    pub(crate) fn remove_receipt(
        &self,
        command: &Command,
        batch: u64,
        position: usize,
    ) -> Result<(), StoreError> {
        let number = self.number(command.id)?;
        self.write("remove a receipt", |transaction| {
            transaction
                .prepare_cached(REMOVE_RECEIPT)?
                .execute(params![number, position as i64, batch.cast_signed()])
                .map(drop)
        })
    }

    /// Adds how often each connector of `command`, by its place, repeated requests.
    pub(crate) fn add_retries(&self, command: &Command, retries: &[u64]) -> Result<(), StoreError> {
        let number = self.number(command.id)?;
        self.write("add retries", |transaction| {
            let mut add = transaction.prepare_cached(
                "UPDATE connectors SET retries = retries + ?3 WHERE command = ?1 AND position = ?2",
            )?;
            for (position, retries) in retries.iter().enumerate() {
                add.execute(params![number, position as i64, retries.cast_signed()])?;
            }
            Ok(())
        })
    }

    /// Where each connector of `command` goes on, by its place.
    pub(crate) fn remembered(&self, command: &Command) -> Result<Vec<Remembered>, StoreError> {
        let number = self.number(command.id)?;
        self.read("read where a command goes on", |connection| {
            let mut query = connection.prepare_cached(
                "SELECT position, next_batch FROM connectors WHERE command = ?1 ORDER BY position",
            )?;
            let mut remembered = vec![Remembered::default(); command.order.connectors.len()];
            let mut rows = query.query([number])?;
            for (expected, own) in remembered.iter_mut().enumerate() {
                // Without its line, what it has committed would be made again.
                let Some(row) = rows.next()? else { return Err(no_sums(expected)) };
                let (position, next) = (row.get::<_, i64>(0)? as usize, row.get::<_, i64>(1)?);
                if position != expected {
                    return Err(no_sums(expected));
                }
                own.next_batch = next.cast_unsigned();
            }
            let mut query = connection.prepare_cached(
                "SELECT position, batch, receipt, failures FROM receipts WHERE command = ?1 \
                 ORDER BY position, batch",
            )?;
            let mut rows = query.query([number])?;
            while let Some(row) = rows.next()? {
                let (position, batch) = (row.get::<_, i64>(0)? as usize, row.get::<_, i64>(1)?);
                let (receipt, failures) = (from_json(row, 2)?, from_json(row, 3)?);
                if let Some(own) = remembered.get_mut(position) {
                    let batch = batch.cast_unsigned();
                    own.sealed.push(SealedBatch { batch, receipt, failures });
                }
            }
            Ok(remembered)
        })
    }

    /// Adds the batches that were committed, and where the command goes on.
    pub(crate) fn add_batches(
        &self,
        command: &Command,
        batches: &[StoredBatch],
        now: DateTime<Utc>,
    ) -> Result<Vec<ConnectorTotal>, StoreError> {
        let number = self.number(command.id)?;
        let failures = json(&command.failures)?;
        self.write("add a batch", |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE commands SET next_batch = ?2, failures = ?3, interruptions = ?4 \
                     WHERE number = ?1",
                )?
                .execute(params![
                    number,
                    command.next_batch.cast_signed(),
                    failures,
                    command.interruptions.cast_signed()
                ])?;
            insert_batches(transaction, number, batches, now)?;
            read_totals(transaction, number, command)
        })
    }

    /// The files of `command` in order of batch and connector, leaving out those of the first `offset`
    /// shares of batches, of at most `limit` shares; with them, how many shares there were.
    pub(crate) fn files(
        &self,
        command: &Command,
        limit: u64,
        offset: u64,
    ) -> Result<(Vec<MadeFile>, u64), StoreError> {
        let number = self.number(command.id)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        self.read("read files", |connection| {
            let mut query = connection.prepare_cached(
                "SELECT batch, position, files FROM batches WHERE command = ?1 \
                 ORDER BY batch, position LIMIT ?2 OFFSET ?3",
            )?;
            let mut rows = query.query(params![number, limit, offset])?;
            let (mut files, mut shares) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                shares += 1;
                files.extend(read_files(row, command)?);
            }
            Ok((files, shares))
        })
    }

    /// The files of `command` in order of batch and connector: `limit` of them from the one numbered
    /// `offset` on, and how many are listed.
    pub(crate) fn file_page(
        &self,
        command: &Command,
        limit: u64,
        offset: u64,
    ) -> Result<Part<MadeFile>, StoreError> {
        let number = self.number(command.id)?;
        self.read("read files", |connection| {
            let total: i64 = connection
                .prepare_cached(
                    "SELECT coalesce(sum(file_count), 0) FROM batches WHERE command = ?1",
                )?
                .query_row([number], |row| row.get(0))?;
            let mut query = connection.prepare_cached(
                "SELECT batch, position, files, file_count FROM batches WHERE command = ?1 \
                 ORDER BY batch, position",
            )?;
            let mut rows = query.query([number])?;
            let (mut items, mut passed) = (Vec::new(), 0_u64);
            while (items.len() as u64) < limit
                && let Some(row) = rows.next()?
            {
                let count = row.get::<_, i64>(3)?.cast_unsigned();
                let skipped = offset.saturating_sub(passed).min(count);
                passed = passed.saturating_add(count);
                if skipped < count {
                    let left = limit - items.len() as u64;
                    let files = read_files(row, command)?.into_iter().skip(skipped as usize);
                    items.extend(files.take(usize::try_from(left).unwrap_or(usize::MAX)));
                }
            }
            Ok(Part { items, total: total.cast_unsigned() })
        })
    }
}

fn read_files(row: &Row<'_>, command: &Command) -> rusqlite::Result<Vec<MadeFile>> {
    let batch = row.get::<_, i64>(0)?.cast_unsigned();
    let position = row.get::<_, i64>(1)? as usize;
    let connector = command.order.connectors.get(position).cloned().unwrap_or_default();
    let made: Vec<CommittedFile> =
        serde_json::from_str(&row.get::<_, String>(2)?).map_err(|error| unreadable(2, error))?;
    let file = |file: CommittedFile| MadeFile {
        connector: connector.clone(),
        batch,
        path: file.path,
        bytes: file.bytes,
        crc32: file.crc32,
    };
    Ok(made.into_iter().map(file).collect())
}

const REMOVE_RECEIPT: &str =
    "DELETE FROM receipts WHERE command = ?1 AND position = ?2 AND batch = ?3";

/// Adds `batches`; one that is there already was made again and counts once.
pub(super) fn insert_batches(
    transaction: &Transaction<'_>,
    number: i64,
    batches: &[StoredBatch],
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let time = milliseconds(now);
    for StoredBatch { batch, position, committed } in batches {
        let (batch, position) = (batch.cast_signed(), *position as i64);
        let (rows, bytes, files): (i64, i64, i64) = transaction
            .prepare_cached(
                "SELECT rows, bytes, file_count FROM batches \
                 WHERE command = ?1 AND batch = ?2 AND position = ?3",
            )?
            .query_row(params![number, batch, position], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?
            .unwrap_or_default();
        let Committed { rows: new_rows, bytes: new_bytes, files: new_files } = committed;
        let text = serde_json::to_string(new_files)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let (new_rows, new_bytes, new_count) =
            (new_rows.cast_signed(), new_bytes.cast_signed(), new_files.len() as i64);
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO batches \
                 (command, batch, position, rows, bytes, file_count, files, time) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                number, batch, position, new_rows, new_bytes, new_count, text, time
            ])?;
        transaction.prepare_cached(REMOVE_RECEIPT)?.execute(params![number, position, batch])?;
        let more = params![
            number,
            position,
            new_rows.saturating_sub(rows),
            new_bytes.saturating_sub(bytes),
            new_count.saturating_sub(files),
            batch + 1
        ];
        let changed = transaction
            .prepare_cached(
                "UPDATE connectors SET rows = rows + ?3, bytes = bytes + ?4, files = files + ?5, \
                 next_batch = max(next_batch, ?6) WHERE command = ?1 AND position = ?2",
            )?
            .execute(more)?;
        if changed == 0 {
            return Err(no_sums(position as usize));
        }
    }
    Ok(())
}

/// The line of a connector of a command is not there.
fn no_sums(position: usize) -> rusqlite::Error {
    let reason = format!("no sums of connector {position}");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, reason.into())
}

pub(super) fn read_totals(
    connection: &Connection,
    number: i64,
    command: &Command,
) -> rusqlite::Result<Vec<ConnectorTotal>> {
    let sums = totals_of_many(connection, &[number])?.remove(&number).unwrap_or_default();
    Ok(named(command, sums))
}

/// The sums of the connectors of many commands, by the commands' numbers.
pub(super) fn totals_of_many(
    connection: &Connection,
    numbers: &[i64],
) -> rusqlite::Result<HashMap<i64, Vec<Sums>>> {
    let list = serde_json::to_string(numbers)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let mut query = connection.prepare_cached(
        "SELECT command, position, rows, bytes, files, retries FROM connectors \
         WHERE command IN (SELECT value FROM json_each(?1)) ORDER BY command, position",
    )?;
    let mut rows = query.query([list])?;
    let mut totals: HashMap<i64, Vec<Sums>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let sum = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
        let position = row.get::<_, i64>(1)? as usize;
        let total = ConnectorTotal {
            rows: sum(2)?,
            bytes: sum(3)?,
            files: sum(4)?,
            retries: sum(5)?,
            ..ConnectorTotal::default()
        };
        totals.entry(row.get(0)?).or_default().push((position, total));
    }
    Ok(totals)
}

/// `sums` with the names of the connectors of `command`.
pub(super) fn named(command: &Command, sums: Vec<Sums>) -> Vec<ConnectorTotal> {
    let named = |(position, total): Sums| ConnectorTotal {
        connector: command.order.connectors.get(position).cloned().unwrap_or_default(),
        destination: command
            .destinations
            .get(position)
            .map(|destination| destination.shown.clone())
            .unwrap_or_default(),
        ..total
    };
    sums.into_iter().map(named).collect()
}
