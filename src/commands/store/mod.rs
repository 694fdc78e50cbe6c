//! The command store: what must survive the process, in one SQLite file.
//!
//! The only file that names the database. It keeps what it is told and decides nothing: which way a
//! command may go is [`Status`]'s affair, what happens next the tracker's.
//!
//! **Durability.** Every change is a transaction in the write-ahead log, so it survives the end of the
//! process, however it ends, as soon as the call returns. Against power loss, [`Store::sync`] flushes
//! the log; callers that wait at the same time share one flush. Only what cannot be done again waits
//! for it (an accepted command); a transition or a batch that is lost is made again, identically, and
//! a batch is recorded after its files are durable, never before. Measured: a transaction without
//! flush costs 30 to 60 µs, a flush 0.3 to 5 ms, whatever it flushes.
//!
//! To change the schema: add a step to [`MIGRATIONS`]; never edit an old one. `users` has the queries on
//! users and tokens, `models` those on stored models.

mod models;
mod users;
mod warnings;

use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params, params_from_iter};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Command, ConnectorTotal, Filter, MadeFile, Schedule, Status, Transition};
#[cfg(test)]
use crate::sandbox::Failures;
use crate::sinks::{Committed, CommittedFile};

/// Steps from an empty file to the present schema; `user_version` counts those taken.
const MIGRATIONS: &[&str] = &[
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
    "
ALTER TABLE commands ADD COLUMN failures TEXT NOT NULL DEFAULT '{}';
",
];

/// The columns of a command, in the order of [`read_command`].
const COLUMNS: &str = "id, owner, model_name, model_label, model_folder, connectors, destinations, \
    rows, batches, threads, seed, now, overrides, accepted, delay_seconds, cron, paused, started, \
    finished, status, comment, runs, next_run, first_batch, next_batch, failures";

/// How long a call waits for somebody else's lock: an operator may look into the file.
const LOCK_WAIT: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 5 });

/// What is known of every command.
#[derive(Debug)]
pub(super) struct Store {
    writer: Mutex<Connection>,
    /// Reads beside the writer; `None` in memory, where there is one connection.
    reader: Option<Mutex<Connection>>,
    log: Option<Log>,
}

/// The write-ahead log, flushed on demand.
#[derive(Debug)]
struct Log {
    /// Changes written so far.
    written: AtomicU64,
    /// Changes known to be on the disk; whoever holds it flushes for everybody.
    flushed: Mutex<u64>,
    path: PathBuf,
    file: Mutex<Option<File>>,
}

/// Why the store refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The database refused.
    #[error("command store: {action}")]
    Database {
        /// What was done.
        action: &'static str,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file is of a later version of this program.
    #[error("command store `{}` is of schema {found}, this program knows up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The latest known one.
        known: i64,
    },
    /// The process that owns the home is of an earlier version of this program.
    #[error(
        "command store `{}` is of schema {found}, this program needs {known}: the server that runs there is \
         of another version",
        path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The needed one.
        known: i64,
    },
    /// The command is not, or no longer, there.
    #[error("command store: no command {id}")]
    Gone {
        /// Its key.
        id: Uuid,
    },
}

/// Wraps what the database says: as text, for its errors tell everything twice.
fn failed<E: Display>(action: &'static str) -> impl Fn(E) -> RecordError {
    move |source| RecordError::Database { action, source: source.to_string().into() }
}

/// One connector's share of a batch.
#[derive(Debug, Clone)]
pub(super) struct BatchRecord {
    pub(super) batch: u64,
    /// The connector's place in the command.
    pub(super) position: usize,
    pub(super) committed: Committed,
}

impl Store {
    /// Opens the file, makes it where there is none, brings an older one up to date.
    pub(super) fn open(path: &Path) -> Result<Self, RecordError> {
        keep_private(path).map_err(failed("open"))?;
        let writer = connect(path)?;
        migrate(&writer, path)?;
        Self::with(path, writer)
    }

    /// Opens the file beside the process that owns the home, and leaves its schema alone.
    pub(super) fn open_beside(path: &Path) -> Result<Self, RecordError> {
        let writer = connect(path)?;
        let (found, known) = (version(&writer)?, MIGRATIONS.len() as i64);
        if found < known {
            return Err(RecordError::Older { path: path.to_owned(), found, known });
        }
        migrate(&writer, path)?;
        Self::with(path, writer)
    }

    fn with(path: &Path, writer: Connection) -> Result<Self, RecordError> {
        let reader = connect(path)?;
        let log = Log {
            written: AtomicU64::new(1),
            flushed: Mutex::new(0),
            path: PathBuf::from(format!("{}-wal", path.display())),
            file: Mutex::new(None),
        };
        // The files' names themselves must survive.
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync home"))?;
        }
        Ok(Self { writer: Mutex::new(writer), reader: Some(Mutex::new(reader)), log: Some(log) })
    }

    /// A store that ends with the process.
    pub(super) fn in_memory() -> Result<Self, RecordError> {
        let writer = Connection::open_in_memory().map_err(failed("open"))?;
        writer.pragma_update(None, "foreign_keys", true).map_err(failed("open"))?;
        migrate(&writer, Path::new(":memory:"))?;
        Ok(Self { writer: Mutex::new(writer), reader: None, log: None })
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A transaction that panics is rolled back by its drop: the connection stays usable.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.as_ref().unwrap_or(&self.writer).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `change` as one transaction.
    fn write<T>(
        &self,
        action: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, RecordError> {
        let mut writer = self.writer();
        let run = |writer: &mut Connection| {
            let transaction =
                writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let result = change(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        let result = run(&mut writer).map_err(failed::<rusqlite::Error>(action))?;
        if let Some(log) = &self.log {
            log.written.fetch_add(1, Ordering::SeqCst);
        }
        Ok(result)
    }

    /// Returns when everything written before the call is on the disk.
    pub(super) fn sync(&self) -> Result<(), RecordError> {
        let Some(log) = &self.log else { return Ok(()) };
        let wanted = log.written.load(Ordering::SeqCst);
        let mut flushed = log.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        if *flushed >= wanted {
            return Ok(());
        }
        // Whatever was written while we waited for the lock is flushed with it.
        let covered = log.written.load(Ordering::SeqCst);
        log.flush().map_err(failed("flush"))?;
        *flushed = covered;
        Ok(())
    }

    /// Keeps a new command with its model and what was noticed about it (a JSON array).
    pub(super) fn insert(
        &self,
        command: &Command,
        model: &str,
        warnings: Option<&str>,
    ) -> Result<(), RecordError> {
        let digest = Sha256::digest(model.as_bytes());
        let (delay, cron) = schedule_columns(command);
        let connectors = json(&command.connectors)?;
        let destinations = json(&command.destinations)?;
        let overrides = json(&command.overrides)?;
        let folder = command.model_folder.as_ref().map(|folder| folder.to_string_lossy());
        self.write("keep a command", |transaction| {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO models (digest, json) VALUES (?1, ?2)")?
                .execute(params![digest.as_slice(), model])?;
            let number = transaction
                .prepare_cached(
                    "INSERT INTO commands (id, owner, model, model_name, model_label, \
                     model_folder, connectors, destinations, rows, batches, threads, seed, now, \
                     overrides, accepted, scheduled, delay_seconds, cron, paused, started, \
                     finished, status, comment, runs, next_run, first_batch, next_batch) \
                     VALUES (?1, ?2, (SELECT number FROM models WHERE digest = ?3), ?4, ?5, ?6, \
                     ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
                     ?23, ?24, ?25, ?26, ?27)",
                )?
                .insert(params![
                    command.id.as_bytes(),
                    command.owner,
                    digest.as_slice(),
                    command.model_name,
                    command.model_label,
                    folder,
                    connectors,
                    destinations,
                    command.rows.cast_signed(),
                    command.batches.cast_signed(),
                    command.threads as i64,
                    command.seed.cast_signed(),
                    command.now,
                    overrides,
                    milliseconds(command.accepted),
                    command.schedule.is_some(),
                    delay,
                    cron,
                    command.paused,
                    command.started.map(milliseconds),
                    command.finished.map(milliseconds),
                    command.status.name(),
                    command.comment,
                    command.runs.cast_signed(),
                    command.next_run.map(milliseconds),
                    command.first_batch.cast_signed(),
                    command.next_batch.cast_signed(),
                ])?;
            for position in 0..command.connectors.len() {
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

    /// Keeps what may change in a command, as one transaction: its state, the step that it took
    /// (where `time` is given), and the batches that came with it. Returns the connectors' totals.
    pub(super) fn update(
        &self,
        command: &Command,
        time: Option<DateTime<Utc>>,
        records: &[BatchRecord],
    ) -> Result<Vec<ConnectorTotal>, RecordError> {
        let (delay, cron) = schedule_columns(command);
        let destinations = json(&command.destinations)?;
        let failures = json(&command.failures)?;
        let number = self.number(command.id)?;
        self.write("keep a change", |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE commands SET scheduled = ?2, delay_seconds = ?3, cron = ?4, \
                     paused = ?5, started = ?6, finished = ?7, status = ?8, comment = ?9, \
                     runs = ?10, next_run = ?11, first_batch = ?12, next_batch = ?13, \
                     destinations = ?14, failures = ?15 \
                     WHERE number = ?1",
                )?
                .execute(params![
                    number,
                    command.schedule.is_some(),
                    delay,
                    cron,
                    command.paused,
                    command.started.map(milliseconds),
                    command.finished.map(milliseconds),
                    command.status.name(),
                    command.comment,
                    command.runs.cast_signed(),
                    command.next_run.map(milliseconds),
                    command.first_batch.cast_signed(),
                    command.next_batch.cast_signed(),
                    destinations,
                    failures,
                ])?;
            if let Some(time) = time {
                insert_transition(transaction, number, command, time)?;
            }
            insert_records(transaction, number, records)?;
            read_totals(transaction, number, command)
        })
    }

    /// Keeps the batches that were committed, and where the command goes on.
    pub(super) fn record(
        &self,
        command: &Command,
        records: &[BatchRecord],
    ) -> Result<Vec<ConnectorTotal>, RecordError> {
        let number = self.number(command.id)?;
        let failures = json(&command.failures)?;
        self.write("keep a batch", |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE commands SET next_batch = ?2, failures = ?3 WHERE number = ?1",
                )?
                .execute(params![number, command.next_batch.cast_signed(), failures])?;
            insert_records(transaction, number, records)?;
            read_totals(transaction, number, command)
        })
    }

    fn number(&self, id: Uuid) -> Result<i64, RecordError> {
        self.reader()
            .prepare_cached("SELECT number FROM commands WHERE id = ?1")
            .and_then(|mut query| query.query_row([id.as_bytes()], |row| row.get(0)).optional())
            .map_err(failed("find a command"))?
            .ok_or(RecordError::Gone { id })
    }

    /// The command `id`.
    pub(super) fn get(&self, id: Uuid) -> Result<Option<Command>, RecordError> {
        self.reader()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM commands WHERE id = ?1"))
            .and_then(|mut query| query.query_row([id.as_bytes()], read_command).optional())
            .map_err(failed("read a command"))
    }

    /// The commands that pass `filter`, the newest first.
    pub(super) fn list(&self, filter: &Filter) -> Result<Vec<Command>, RecordError> {
        let (condition, mut values) = conditions(filter);
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        values.push(limit.into());
        values.push(i64::try_from(filter.offset).unwrap_or(i64::MAX).into());
        let statement = format!(
            "SELECT {COLUMNS} FROM commands WHERE {condition} ORDER BY number DESC LIMIT ? OFFSET ?"
        );
        self.query(&statement, values)
    }

    /// The commands to which something may still happen: those under way first, in order of acceptance.
    pub(super) fn unfinished(&self) -> Result<Vec<Command>, RecordError> {
        let statement = format!(
            "SELECT {COLUMNS} FROM commands WHERE status IN ('QUEUED', 'STARTING', 'RUNNING') \
             OR (scheduled = 1 AND status = 'FINISHED') ORDER BY status = 'QUEUED', number"
        );
        self.query(&statement, Vec::new())
    }

    fn query(&self, statement: &str, values: Vec<Value>) -> Result<Vec<Command>, RecordError> {
        let reader = self.reader();
        let mut query = reader.prepare_cached(statement).map_err(failed("list commands"))?;
        query
            .query_map(params_from_iter(values), read_command)
            .and_then(Iterator::collect)
            .map_err(failed("list commands"))
    }

    /// How many commands stand where.
    pub(super) fn count(&self) -> Result<Vec<(Status, u64)>, RecordError> {
        let reader = self.reader();
        Status::ALL
            .into_iter()
            .map(|status| {
                reader
                    .prepare_cached("SELECT count(*) FROM commands WHERE status = ?1")
                    .and_then(|mut query| query.query_row([status.name()], |row| row.get(0)))
                    .map(|count: i64| (status, count.cast_unsigned()))
                    .map_err(failed("count commands"))
            })
            .collect()
    }

    /// The JSON of the command's model, as it was given.
    pub(super) fn model(&self, id: Uuid) -> Result<Option<String>, RecordError> {
        self.text(
            "SELECT json FROM models WHERE number = (SELECT model FROM commands WHERE id = ?1)",
            id,
        )
    }

    /// What was noticed when the command was accepted: a JSON array.
    pub(super) fn warnings(&self, id: Uuid) -> Result<Option<String>, RecordError> {
        self.text(
            "SELECT json FROM warnings \
             WHERE command = (SELECT number FROM commands WHERE id = ?1)",
            id,
        )
    }

    fn text(&self, statement: &str, id: Uuid) -> Result<Option<String>, RecordError> {
        self.reader()
            .prepare_cached(statement)
            .and_then(|mut query| query.query_row([id.as_bytes()], |row| row.get(0)).optional())
            .map_err(failed("read a command"))
    }

    /// The steps of a command's life, the oldest first.
    pub(super) fn transitions(&self, id: Uuid) -> Result<Vec<Transition>, RecordError> {
        let number = self.number(id)?;
        let reader = self.reader();
        let read = |row: &Row<'_>| {
            Ok(Transition { status: status(row, 0)?, time: time(row, 1)?, comment: row.get(2)? })
        };
        let mut query = reader
            .prepare_cached(
                "SELECT status, time, comment FROM transitions WHERE command = ?1 ORDER BY number",
            )
            .map_err(failed("read transitions"))?;
        query
            .query_map([number], read)
            .and_then(Iterator::collect)
            .map_err(failed("read transitions"))
    }

    /// What each connector of `command` has acknowledged.
    pub(super) fn totals(&self, command: &Command) -> Result<Vec<ConnectorTotal>, RecordError> {
        let number = self.number(command.id)?;
        read_totals(&self.reader(), number, command).map_err(failed("read totals"))
    }

    /// The files of `command` in order of batch and connector, leaving out those of the first `offset`
    /// records, of at most `limit` records; a record is a connector's share of a batch. With them, how
    /// many records there were.
    pub(super) fn files(
        &self,
        command: &Command,
        limit: u64,
        offset: u64,
    ) -> Result<(Vec<MadeFile>, u64), RecordError> {
        let number = self.number(command.id)?;
        let reader = self.reader();
        let mut query = reader
            .prepare_cached(
                "SELECT batch, position, files FROM batches WHERE command = ?1 \
                 ORDER BY batch, position LIMIT ?2 OFFSET ?3",
            )
            .map_err(failed("read files"))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let read = |row: &Row<'_>| -> rusqlite::Result<(i64, usize, String)> {
            Ok((row.get(0)?, row.get::<_, i64>(1)? as usize, row.get(2)?))
        };
        let records = query.query_map(params![number, limit, offset], read);
        let (mut files, mut count) = (Vec::new(), 0);
        for record in records.map_err(failed("read files"))? {
            count += 1;
            let (batch, position, text) = record.map_err(failed("read files"))?;
            let made: Vec<CommittedFile> =
                serde_json::from_str(&text).map_err(failed("read files"))?;
            files.extend(made.into_iter().map(|file| MadeFile {
                connector: command.connectors.get(position).cloned().unwrap_or_default(),
                batch: batch.cast_unsigned(),
                path: file.path,
                bytes: file.bytes,
                crc32: file.crc32,
            }));
        }
        Ok((files, count))
    }

    /// Forgets commands that ended before `time`, a few thousand at most; scheduled ones are kept, but
    /// for the lists of batches and transitions from before it. Returns how many commands went.
    pub(super) fn forget_before(&self, time: DateTime<Utc>) -> Result<usize, RecordError> {
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
}

impl Log {
    fn flush(&self) -> std::io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            *file = Some(File::open(&self.path)?);
        }
        // The database keeps its locks on other files than this one, so that closing it is harmless.
        file.as_ref().map_or(Ok(()), File::sync_data)
    }
}

fn connect(path: &Path) -> Result<Connection, RecordError> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(LOCK_WAIT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode: safe against the end of the process; `sync` is for the end of the power.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(failed::<rusqlite::Error>("open"))
}

/// Hashes of passwords and settings of commands are the owner's alone. The database gives its other
/// files the mode of this one.
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

    const OWNER_ONLY: u32 = 0o600;
    let file =
        File::options().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(OWNER_ONLY))?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, RecordError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed("read the schema's version"))
}

fn migrate(connection: &Connection, path: &Path) -> Result<(), RecordError> {
    let known = MIGRATIONS.len() as i64;
    let found = version(connection)?;
    if found > known {
        return Err(RecordError::Newer { path: path.to_owned(), found, known });
    }
    for (number, step) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        // The version moves with its step: a crash between them cannot happen.
        let script = format!("BEGIN; {step} PRAGMA user_version = {}; COMMIT;", number + 1);
        connection.execute_batch(&script).map_err(failed("bring the schema up to date"))?;
    }
    Ok(())
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
        .execute(params![number, command.status.name(), milliseconds(time), command.comment])
        .map(drop)
}

/// Keeps `records`; one that is there already was made again and counts once.
fn insert_records(
    transaction: &Transaction<'_>,
    number: i64,
    records: &[BatchRecord],
) -> rusqlite::Result<()> {
    let time = milliseconds(Utc::now());
    for record in records {
        let key = params![number, record.batch.cast_signed(), record.position as i64];
        let (rows, bytes, files): (i64, i64, i64) = transaction
            .prepare_cached(
                "SELECT rows, bytes, file_count FROM batches \
                 WHERE command = ?1 AND batch = ?2 AND position = ?3",
            )?
            .query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .unwrap_or_default();
        let Committed { rows: new_rows, bytes: new_bytes, files: new_files } = &record.committed;
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
                number,
                record.batch.cast_signed(),
                record.position as i64,
                new_rows,
                new_bytes,
                new_count,
                text,
                time
            ])?;
        transaction
            .prepare_cached(
                "UPDATE connectors SET rows = rows + ?3, bytes = bytes + ?4, files = files + ?5 \
                 WHERE command = ?1 AND position = ?2",
            )?
            .execute(params![
                number,
                record.position as i64,
                new_rows - rows,
                new_bytes - bytes,
                new_count - files
            ])?;
    }
    Ok(())
}

fn read_totals(
    connection: &Connection,
    number: i64,
    command: &Command,
) -> rusqlite::Result<Vec<ConnectorTotal>> {
    let mut query = connection.prepare_cached(
        "SELECT position, rows, bytes, files FROM connectors WHERE command = ?1 ORDER BY position",
    )?;
    query
        .query_map([number], |row| {
            let position = row.get::<_, i64>(0)? as usize;
            Ok(ConnectorTotal {
                connector: command.connectors.get(position).cloned().unwrap_or_default(),
                destination: command.destinations.get(position).cloned().unwrap_or_default(),
                rows: row.get::<_, i64>(1)?.cast_unsigned(),
                bytes: row.get::<_, i64>(2)?.cast_unsigned(),
                files: row.get::<_, i64>(3)?.cast_unsigned(),
            })
        })?
        .collect()
}

/// The conditions of a list, all of fixed text, with their values.
fn conditions(filter: &Filter) -> (String, Vec<Value>) {
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
    let number = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let delay: Option<i64> = row.get(14)?;
    let cron: Option<String> = row.get(15)?;
    let schedule = match (delay, cron) {
        (Some(seconds), _) => Some(Schedule::Delay { seconds: seconds.cast_unsigned() }),
        (None, Some(expression)) => Some(Schedule::Cron { expression }),
        (None, None) => None,
    };
    Ok(Command {
        id: Uuid::from_bytes(row.get(0)?),
        owner: row.get(1)?,
        model_name: row.get(2)?,
        model_label: row.get(3)?,
        model_folder: row.get::<_, Option<String>>(4)?.map(PathBuf::from),
        connectors: from_json(row, 5)?,
        destinations: from_json(row, 6)?,
        rows: number(7)?,
        batches: number(8)?,
        threads: number(9)? as usize,
        seed: number(10)?,
        now: row.get(11)?,
        overrides: from_json(row, 12)?,
        accepted: time(row, 13)?,
        schedule,
        paused: row.get(16)?,
        started: optional_time(row, 17)?,
        finished: optional_time(row, 18)?,
        status: status(row, 19)?,
        comment: row.get(20)?,
        runs: number(21)?,
        next_run: optional_time(row, 22)?,
        first_batch: number(23)?,
        next_batch: number(24)?,
        failures: from_json(row, 25)?,
    })
}

fn schedule_columns(command: &Command) -> (Option<i64>, Option<&str>) {
    match &command.schedule {
        Some(Schedule::Delay { seconds }) => (Some(seconds.cast_signed()), None),
        Some(Schedule::Cron { expression }) => (None, Some(expression)),
        None => (None, None),
    }
}

fn milliseconds(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<DateTime<Utc>> {
    let milliseconds: i64 = row.get(index)?;
    DateTime::from_timestamp_millis(milliseconds)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(index, milliseconds))
}

fn optional_time(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<DateTime<Utc>>> {
    Ok(row.get::<_, Option<i64>>(index)?.and_then(DateTime::from_timestamp_millis))
}

fn status(row: &Row<'_>, index: usize) -> rusqlite::Result<Status> {
    row.get::<_, String>(index)?.parse().map_err(|error| unreadable(index, error))
}

fn from_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>(index)?).map_err(|error| unreadable(index, error))
}

fn unreadable(index: usize, error: impl Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
}

fn json(value: &impl serde::Serialize) -> Result<String, RecordError> {
    serde_json::to_string(value).map_err(failed("write JSON"))
}

/// Holds the database at `path` as somebody else would, until the answer is dropped.
#[cfg(test)]
pub(super) fn hold(path: &Path) -> impl Drop + use<> {
    let somebody = Connection::open(path).unwrap();
    somebody.execute_batch("BEGIN IMMEDIATE").unwrap();
    Held(somebody)
}

#[cfg(test)]
struct Held(Connection);

#[cfg(test)]
impl Drop for Held {
    fn drop(&mut self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(milliseconds).unwrap()
    }

    fn command(number: u128) -> Command {
        Command {
            id: Uuid::from_u128(number),
            owner: "ann".into(),
            model_name: "orders".into(),
            model_label: "orders.json".into(),
            model_folder: Some("/models".into()),
            connectors: vec!["csv".into(), "json".into()],
            destinations: vec!["/out/a.csv".into(), "/out/a.json".into()],
            rows: 10,
            batches: 3,
            threads: 2,
            seed: u64::MAX,
            now: -1,
            overrides: vec![("CSV_HEADER".into(), "false".into())],
            schedule: None,
            paused: false,
            accepted: time(number as i64 * 1_000),
            started: None,
            finished: None,
            status: Status::Queued,
            comment: String::new(),
            runs: 0,
            next_run: None,
            first_batch: 0,
            next_batch: 0,
            failures: Failures::default(),
        }
    }

    fn finished(number: u128) -> Command {
        let mut command = command(number);
        command.status = Status::Finished;
        command.finished = Some(command.accepted);
        command
    }

    fn committed(rows: u64, file: &str) -> Committed {
        let file = CommittedFile { path: file.into(), bytes: rows * 2, crc32: "00000000".into() };
        Committed { rows, bytes: rows * 2, files: vec![file] }
    }

    fn scalar(store: &Store, query: &str) -> i64 {
        store.reader().query_row(query, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_command_comes_back_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("datagen.db");
        let kept = Command {
            schedule: Some(Schedule::Cron { expression: "@daily".into() }),
            paused: true,
            started: Some(time(5)),
            finished: Some(time(6)),
            status: Status::Failed,
            comment: "no space".into(),
            runs: 4,
            next_run: Some(time(9)),
            first_batch: 6,
            next_batch: 8,
            ..command(1)
        };
        let store = Store::open(&path).unwrap();
        store.insert(&kept, "{\"a\": 1}", Some("[1]")).unwrap();
        store.sync().unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.get(kept.id).unwrap(), Some(kept.clone()));
        assert_eq!(store.model(kept.id).unwrap().as_deref(), Some("{\"a\": 1}"));
        assert_eq!(store.warnings(kept.id).unwrap().as_deref(), Some("[1]"));
        assert_eq!(store.get(Uuid::from_u128(2)).unwrap(), None);
    }

    #[test]
    fn a_batch_that_is_made_again_counts_once() {
        let store = Store::in_memory().unwrap();
        let mut command = command(1);
        store.insert(&command, "{}", None).unwrap();
        let record = |position, rows| BatchRecord {
            batch: 0,
            position,
            committed: committed(rows, "/out/a"),
        };
        store.record(&command, &[record(0, 7)]).unwrap();
        command.next_batch = 1;
        let totals = store.record(&command, &[record(0, 10), record(1, 10)]).unwrap();
        assert_eq!(totals[0].rows, 10);
        assert_eq!(totals[0].bytes, 20);
        assert_eq!(totals[0].files, 1);
        assert_eq!(totals, store.totals(&command).unwrap());
        assert_eq!(store.get(command.id).unwrap().unwrap().next_batch, 1);
        let (files, records) = store.files(&command, 10, 0).unwrap();
        assert_eq!(records, 2);
        assert_eq!(files.iter().map(|file| &*file.connector).collect::<Vec<_>>(), ["csv", "json"]);
        assert_eq!(store.files(&command, 10, 1).unwrap().0.len(), 1);
    }

    #[test]
    fn a_locked_file_is_told_and_is_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("datagen.db");
        let store = Store::open(&path).unwrap();
        let somebody = Connection::open(&path).unwrap();
        somebody.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = store.insert(&command(1), "{}", None).unwrap_err();
        insta::assert_snapshot!(crate::problems::chain(&refused), @"command store: keep a command: database is locked");
        assert_eq!(store.list(&Filter::default()).unwrap(), []);
        somebody.execute_batch("ROLLBACK").unwrap();
        store.insert(&command(1), "{}", None).unwrap();
    }

    #[test]
    fn a_file_of_a_later_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("datagen.db");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let refused = Store::open(&path).unwrap_err();
        assert!(matches!(refused, RecordError::Newer { found: 99, .. }), "{refused}");
    }

    #[test]
    fn old_commands_are_forgotten_with_all_that_is_theirs_but_schedules_stay() {
        let store = Store::in_memory().unwrap();
        for number in 1..=3 {
            store.insert(&finished(number), &format!("{{\"n\": {number}}}"), Some("[]")).unwrap();
        }
        let scheduled = Command { schedule: Some(Schedule::Delay { seconds: 1 }), ..finished(4) };
        store.insert(&scheduled, "{\"n\": 1}", None).unwrap();
        store.insert(&command(5), "{}", None).unwrap();
        assert_eq!(store.forget_before(time(3_000)).unwrap(), 2);
        let left: Vec<_> = store.list(&Filter::default()).unwrap();
        let left: Vec<_> = left.iter().map(|command| command.id.as_u128()).collect();
        assert_eq!(left, [5, 4, 3]);
        assert_eq!(scalar(&store, "SELECT count(*) FROM models"), 3);
        assert_eq!(scalar(&store, "SELECT count(*) FROM warnings"), 1);
        assert_eq!(scalar(&store, "SELECT count(DISTINCT command) FROM transitions"), 3);
        assert_eq!(scalar(&store, "SELECT count(DISTINCT command) FROM connectors"), 3);
    }

    #[test]
    fn a_list_holds_what_the_filter_passes_newest_first() {
        let store = Store::in_memory().unwrap();
        for number in 1..=6 {
            let mut command = if number % 2 == 0 { finished(number) } else { command(number) };
            command.owner = if number > 3 { "bob".into() } else { "ann".into() };
            store.insert(&command, "{}", None).unwrap();
        }
        let list = |filter: Filter| -> Vec<u128> {
            let list = store.list(&filter).unwrap();
            list.iter().map(|command| command.id.as_u128()).collect()
        };
        let all = Filter::default();
        assert_eq!(list(all.clone()), [6, 5, 4, 3, 2, 1]);
        assert_eq!(list(Filter { limit: Some(2), offset: 1, ..all.clone() }), [5, 4]);
        assert_eq!(list(Filter { status: Some(Status::Finished), ..all.clone() }), [6, 4, 2]);
        assert_eq!(list(Filter { owner: Some("ann".into()), ..all.clone() }), [3, 2, 1]);
        assert_eq!(list(Filter { since: Some(time(5_000)), ..all.clone() }), [6, 5]);
        assert_eq!(list(Filter { since: Some(time(99_000)), ..all.clone() }), []);
        assert_eq!(list(Filter { scheduled: Some(true), ..all }), []);
        let counts = store.count().unwrap();
        assert_eq!(counts[0], (Status::Queued, 3));
        assert_eq!(counts[3], (Status::Finished, 3));
    }

    /// With 100,000 commands, no list may walk through them: every filter has its index.
    #[test]
    fn every_filter_is_answered_by_an_index() {
        let store = Store::in_memory().unwrap();
        let filters = [
            Filter { status: Some(Status::Running), ..Filter::default() },
            Filter { owner: Some("ann".into()), ..Filter::default() },
            Filter { scheduled: Some(true), ..Filter::default() },
            Filter { since: Some(time(0)), ..Filter::default() },
        ];
        for filter in filters {
            let (condition, values) = conditions(&filter);
            let statement = format!(
                "EXPLAIN QUERY PLAN SELECT {COLUMNS} FROM commands WHERE {condition} \
                 ORDER BY number DESC"
            );
            let reader = store.reader();
            let mut query = reader.prepare(&statement).unwrap();
            let steps: Vec<String> = query
                .query_map(params_from_iter(values), |row| row.get("detail"))
                .and_then(Iterator::collect)
                .unwrap();
            let plan = steps.join("; ");
            assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
            assert!(
                plan.starts_with("SEARCH commands") || plan.contains("commands_scheduled"),
                "{filter:?}: {plan}"
            );
        }
    }
}
