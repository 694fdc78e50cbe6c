//! Queries on commands: their state, their models, the steps of their lives.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params, params_from_iter};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::batches::{insert_batches, read_totals, totals_of_many};
use super::error::is_unreadable;
use super::values::{
    from_json, json, leave_out, milliseconds, optional_time, readable, status, time,
};
use super::{Store, StoreError, StoredBatch};
use crate::home::{Command, ConnectorTotal, Filter, Part, Status, Transition};

/// The columns of a command, in the order of [`read_command`].
pub(super) const COLUMNS: &str = "id, owner, model_name, model_label, model_folder, order_json, \
    destinations, accepted, paused, started, finished, status, comment, runs, next_run, \
    first_batch, next_batch, failures, interruptions, run_milliseconds, number";

/// Most steps of a command's life that are stored: a schedule takes four with every run.
const MAX_STEPS: i64 = 200;

/// Batches of earlier runs of a schedule whose files stay listed.
const MAX_EARLIER_BATCHES: u64 = 10_000;

impl Store {
    /// Adds a new command without secrets.
    #[cfg(test)]
    pub(crate) fn insert(
        &self,
        command: &Command,
        model: &str,
        warnings: Option<&str>,
    ) -> Result<(), StoreError> {
        self.insert_with(command, model, warnings, None)
    }

    /// Adds a new command with its model, what was noticed about it (a JSON array) and its sealed secrets.
    pub(crate) fn insert_with(
        &self,
        command: &Command,
        model: &str,
        warnings: Option<&str>,
        sealed: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let digest = Sha256::digest(model.as_bytes());
        let mut cells = changing(command)?;
        cells.extend(lasting(command));
        cells.push(("sealed", sealed.map(<[u8]>::to_vec).into()));
        self.write("add a command", |transaction| {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO models (digest, json) VALUES (?1, ?2)")?
                .execute(params![digest.as_slice(), model])?;
            let model: i64 = transaction
                .prepare_cached("SELECT number FROM models WHERE digest = ?1")?
                .query_row([digest.as_slice()], |row| row.get(0))?;
            cells.push(("model", model.into()));
            let columns: Vec<_> = cells.iter().map(|(column, _)| *column).collect();
            let marks = vec!["?"; cells.len()].join(", ");
            let columns = columns.join(", ");
            let number = transaction
                .prepare_cached(&format!("INSERT INTO commands ({columns}) VALUES ({marks})"))?
                .insert(params_from_iter(cells.into_iter().map(|(_, value)| value)))?;
            for position in 0..command.order.connectors.len() {
                transaction
                    .prepare_cached(
                        "INSERT INTO connectors (command, position, rows, bytes, files) \
                         VALUES (?1, ?2, 0, 0, 0)",
                    )?
                    .execute(params![number, position as i64])?;
            }
            if let Some(warnings) = warnings {
                transaction
                    .prepare_cached("INSERT INTO warnings (command, json) VALUES (?1, ?2)")?
                    .execute(params![number, warnings])?;
            }
            insert_transition(transaction, number, command, command.accepted)
        })
    }

    /// Stores what may change in a command, as one transaction: its state, the step that it took
    /// (where `step` says when), and the batches that came with it at `now`. Returns the connectors' totals.
    pub(crate) fn update(
        &self,
        command: &Command,
        step: Option<DateTime<Utc>>,
        batches: &[StoredBatch],
        now: DateTime<Utc>,
    ) -> Result<Vec<ConnectorTotal>, StoreError> {
        let number = self.number(command.id)?;
        let mut cells = changing(command)?;
        let columns: Vec<_> = cells.iter().map(|(column, _)| format!("{column} = ?")).collect();
        let statement = format!("UPDATE commands SET {} WHERE number = ?", columns.join(", "));
        cells.push(("number", number.into()));
        self.write("change a command", |transaction| {
            transaction
                .prepare_cached(&statement)?
                .execute(params_from_iter(cells.into_iter().map(|(_, value)| value)))?;
            if let Some(time) = step {
                insert_transition(transaction, number, command, time)?;
                forget_earlier_batches(transaction, number, command)?;
            }
            insert_batches(transaction, number, batches, now)?;
            read_totals(transaction, number, command)
        })
    }

    pub(super) fn number(&self, id: Uuid) -> Result<i64, StoreError> {
        let found = self.read("find a command", |connection| {
            connection
                .prepare_cached("SELECT number FROM commands WHERE id = ?1")?
                .query_row([id.as_bytes()], |row| row.get(0))
                .optional()
        })?;
        found.ok_or(StoreError::Gone { id })
    }

    /// The command `id`.
    pub(crate) fn get(&self, id: Uuid) -> Result<Option<Command>, StoreError> {
        self.read("read a command", |connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM commands WHERE id = ?1"))?
                .query_row([id.as_bytes()], read_command)
                .optional()
        })
    }

    /// The command `id` with its connectors' totals, of one moment.
    pub(crate) fn get_with_totals(
        &self,
        id: Uuid,
    ) -> Result<Option<(Command, Vec<ConnectorTotal>)>, StoreError> {
        self.read("read a command", |connection| {
            let found = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM commands WHERE id = ?1"))?
                .query_row([id.as_bytes()], |row| Ok((row.get("number")?, read_command(row)?)))
                .optional()?;
            let Some((number, command)) = found else { return Ok(None) };
            let totals = read_totals(connection, number, &command)?;
            Ok(Some((command, totals)))
        })
    }

    /// The commands that pass `filter` with their connectors' totals, the newest first. One that cannot be
    /// read is left out and told in the log: it must not hide the others.
    pub(crate) fn list(
        &self,
        filter: &Filter,
    ) -> Result<Vec<(Command, Vec<ConnectorTotal>)>, StoreError> {
        let (condition, mut values) = conditions(filter);
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        values.push(limit.into());
        values.push(i64::try_from(filter.offset).unwrap_or(i64::MAX).into());
        let statement = format!(
            "SELECT {COLUMNS} FROM commands WHERE {condition} ORDER BY number DESC LIMIT ? OFFSET ?"
        );
        self.read("list commands", |connection| read_many(connection, &statement, values))
    }

    /// The commands to which something may still happen: those under way first, in order of acceptance.
    pub(crate) fn unfinished(&self) -> Result<Vec<(Command, Vec<ConnectorTotal>)>, StoreError> {
        let statement = format!(
            "SELECT {COLUMNS} FROM commands WHERE status IN ('QUEUED', 'STARTING', 'RUNNING') \
             OR (scheduled = 1 AND status = 'FINISHED') ORDER BY status = 'QUEUED', number"
        );
        self.read("list commands", |connection| read_many(connection, &statement, Vec::new()))
    }

    /// The JSON of the command's model, as it was given.
    pub(crate) fn model(&self, id: Uuid) -> Result<Option<String>, StoreError> {
        self.read("read a command", |connection| {
            connection
                .prepare_cached(
                    "SELECT json FROM models WHERE number = (SELECT model FROM commands WHERE id = ?1)",
                )?
                .query_row([id.as_bytes()], |row| row.get(0))
                .optional()
        })
    }

    /// The latest steps of a command's life, the oldest of them first, and how many it took.
    pub(crate) fn transitions(&self, id: Uuid) -> Result<Part<Transition>, StoreError> {
        let number = self.number(id)?;
        let read = |row: &Row<'_>| {
            Ok(Transition { status: status(row, 0)?, time: time(row, 1)?, comment: row.get(2)? })
        };
        self.read("read transitions", |connection| {
            let items = connection
                .prepare_cached(
                    "SELECT status, time, comment FROM transitions WHERE command = ?1 ORDER BY number",
                )?
                .query_map([number], read)
                .and_then(|steps| readable(connection, steps))?;
            let total: i64 = connection
                .prepare_cached("SELECT steps FROM commands WHERE number = ?1")?
                .query_row([number], |row| row.get(0))?;
            Ok(Part { items, total: total.cast_unsigned() })
        })
    }

    /// Forgets commands that ended before `time`, a few thousand at most; scheduled ones stay, but
    /// for the lists of batches and transitions from before it. Returns how many commands went.
    pub(crate) fn forget_before(&self, time: DateTime<Utc>) -> Result<usize, StoreError> {
        /// Most commands of one transaction: others wait for it.
        const AT_ONCE: i64 = 2_000;
        let time = milliseconds(time);
        self.write("forget old commands", |transaction| {
            let gone = transaction
                .prepare_cached(
                    "DELETE FROM commands WHERE number IN (SELECT number FROM commands \
                     WHERE scheduled = 0 AND finished < ?1 AND status IN ('FINISHED', 'FAILED') \
                     LIMIT ?2)",
                )?
                .execute(params![time, AT_ONCE])?;
            if gone > 0 {
                transaction
                    .prepare_cached(
                        "DELETE FROM models WHERE NOT EXISTS \
                         (SELECT 1 FROM commands WHERE commands.model = models.number)",
                    )?
                    .execute([])?;
            }
            // What is before the current run has done its service.
            transaction
                .prepare_cached(
                    "DELETE FROM batches WHERE command IN \
                     (SELECT number FROM commands WHERE scheduled = 1) AND time < ?1 \
                     AND batch < (SELECT first_batch FROM commands WHERE number = command)",
                )?
                .execute([time])?;
            transaction
                .prepare_cached(
                    "DELETE FROM transitions WHERE time < ?1 AND command IN \
                     (SELECT number FROM commands WHERE scheduled = 1 AND started > ?1)",
                )?
                .execute([time])?;
            Ok(gone)
        })
    }

    /// The time of the latest step of any command.
    pub(crate) fn latest_step(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read("read transitions", |connection| {
            connection
                .prepare_cached("SELECT time FROM transitions ORDER BY number DESC LIMIT 1")?
                .query_row([], |row| time(row, 0))
                .optional()
        })
    }

    /// Notes that the process ends as it should: what is under way then was not brought down by a command.
    pub(crate) fn note_clean_stop(&self) -> Result<(), StoreError> {
        self.write("note the end", |transaction| {
            transaction
                .execute("INSERT OR REPLACE INTO notes (name) VALUES ('clean stop')", [])
                .map(drop)
        })
    }

    /// Whether the process before this one noted that it ended as it should; the note is gone then.
    pub(crate) fn take_clean_stop(&self) -> Result<bool, StoreError> {
        self.write("read the last end", |transaction| {
            transaction
                .execute("DELETE FROM notes WHERE name = 'clean stop'", [])
                .map(|gone| gone > 0)
        })
    }
}

/// A time that a wrong clock told must not make all that ended look old: old is what is older than the time
/// `retention` before the last thing that happened here, a day more at most.
pub(crate) fn forget_from(
    now: DateTime<Utc>,
    latest_step: Option<DateTime<Utc>>,
    retention: TimeDelta,
) -> Option<DateTime<Utc>> {
    let known = latest_step.and_then(|time| time.checked_add_signed(TimeDelta::days(1)));
    known.map_or(now, |known| known.min(now)).checked_sub_signed(retention)
}

/// A column of a command and its value.
type Cell = (&'static str, Value);

/// What stays as it is in a command.
fn lasting(command: &Command) -> [Cell; 6] {
    let folder = command.model_folder.as_ref().map(|folder| folder.to_string_lossy().into_owned());
    [
        ("id", command.id.as_bytes().to_vec().into()),
        ("owner", command.owner.clone().into()),
        ("model_name", command.model_name.clone().into()),
        ("model_label", command.model_label.clone().into()),
        ("model_folder", folder.into()),
        ("accepted", milliseconds(command.accepted).into()),
    ]
}

/// What may change in a command.
fn changing(command: &Command) -> Result<Vec<Cell>, StoreError> {
    Ok(vec![
        ("order_json", json(&command.order)?.into()),
        ("destinations", json(&command.destinations)?.into()),
        ("scheduled", command.order.schedule.is_some().into()),
        ("paused", command.paused.into()),
        ("started", command.started.map(milliseconds).into()),
        ("finished", command.finished.map(milliseconds).into()),
        ("status", command.status.name().to_owned().into()),
        ("comment", command.comment.clone().into()),
        ("runs", command.runs.cast_signed().into()),
        ("next_run", command.next_run.map(milliseconds).into()),
        ("first_batch", command.first_batch.cast_signed().into()),
        ("next_batch", command.next_batch.cast_signed().into()),
        ("failures", json(&command.failures)?.into()),
        ("interruptions", command.interruptions.cast_signed().into()),
        ("run_milliseconds", command.run_milliseconds.map(u64::cast_signed).into()),
    ])
}

fn insert_transition(
    transaction: &Transaction<'_>,
    number: i64,
    command: &Command,
    time: DateTime<Utc>,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO transitions (command, status, time, comment) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![number, command.status.name(), milliseconds(time), command.comment])?;
    transaction
        .prepare_cached("UPDATE commands SET steps = steps + 1 WHERE number = ?1")?
        .execute([number])?;
    transaction
        .prepare_cached(
            "DELETE FROM transitions WHERE command = ?1 AND number <= (SELECT number FROM transitions \
             WHERE command = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute([number, MAX_STEPS])
        .map(drop)
}

/// A schedule's files of long ago are no longer listed; they stay where they are.
fn forget_earlier_batches(
    transaction: &Transaction<'_>,
    number: i64,
    command: &Command,
) -> rusqlite::Result<()> {
    let Some(before) = command.first_batch.checked_sub(MAX_EARLIER_BATCHES) else { return Ok(()) };
    if command.status != Status::Queued {
        return Ok(());
    }
    transaction
        .prepare_cached("DELETE FROM batches WHERE command = ?1 AND batch < ?2")?
        .execute([number, before.cast_signed()])
        .map(drop)
}

fn read_many(
    connection: &Connection,
    statement: &str,
    values: Vec<Value>,
) -> rusqlite::Result<Vec<(Command, Vec<ConnectorTotal>)>> {
    let mut query = connection.prepare_cached(statement)?;
    let mut rows = query.query(params_from_iter(values))?;
    let mut commands: Vec<(i64, Command)> = Vec::new();
    while let Some(row) = rows.next()? {
        match read_command(row) {
            Ok(command) => commands.push((row.get("number")?, command)),
            Err(error) if is_unreadable(&error) => {
                let id = row.get(0).map(|id| Uuid::from_bytes(id).to_string());
                leave_out(connection, &id.unwrap_or_default(), &error);
            }
            Err(error) => return Err(error),
        }
    }
    let numbers: Vec<i64> = commands.iter().map(|(number, _)| *number).collect();
    let mut totals: HashMap<i64, _> = totals_of_many(connection, &numbers)?;
    let with_totals = |(number, command): (i64, Command)| {
        let totals = totals.remove(&number).unwrap_or_default();
        let named = super::batches::named(&command, totals);
        (command, named)
    };
    Ok(commands.into_iter().map(with_totals).collect())
}

/// The conditions of a list, all of fixed text, with their values.
pub(super) fn conditions(filter: &Filter) -> (String, Vec<Value>) {
    let mut conditions = vec!["1"];
    let mut values: Vec<Value> = Vec::new();
    if let Some(status) = filter.status {
        conditions.push("status = ?");
        values.push(status.name().to_owned().into());
    }
    if let Some(scheduled) = filter.scheduled {
        conditions.push(if scheduled { "scheduled = 1" } else { "scheduled = 0" });
    }
    if let Some(owner) = &filter.owner {
        conditions.push("owner = ?");
        values.push(owner.clone().into());
    }
    if let Some(since) = filter.since {
        // The first half stops the walk down the numbers early; the second one is exact, should the
        // clock have been set back.
        conditions.push(
            "number >= (SELECT min(number) FROM commands WHERE accepted >= ?) \
             AND accepted >= ?",
        );
        values.extend([milliseconds(since).into(), milliseconds(since).into()]);
    }
    (conditions.join(" AND "), values)
}

fn read_command(row: &Row<'_>) -> rusqlite::Result<Command> {
    let number = |name| row.get::<_, i64>(name).map(i64::cast_unsigned);
    Ok(Command {
        id: Uuid::from_bytes(row.get(0)?),
        owner: row.get(1)?,
        model_name: row.get(2)?,
        model_label: row.get(3)?,
        model_folder: row.get::<_, Option<String>>(4)?.map(PathBuf::from),
        order: from_json(row, 5)?,
        destinations: from_json(row, 6)?,
        accepted: time(row, 7)?,
        paused: row.get(8)?,
        started: optional_time(row, 9)?,
        finished: optional_time(row, 10)?,
        status: status(row, 11)?,
        comment: row.get(12)?,
        runs: number("runs")?,
        next_run: optional_time(row, 14)?,
        first_batch: number("first_batch")?,
        next_batch: number("next_batch")?,
        failures: from_json(row, 17)?,
        interruptions: number("interruptions")?,
        run_milliseconds: row.get::<_, Option<i64>>(19)?.map(i64::cast_unsigned),
    })
}
