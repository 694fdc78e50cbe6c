//! The store: what must survive the process, in one SQLite file.
//!
//! The only room that names the database. It stores what it is told and decides nothing: which way a
//! command may go is [`Status`](super::Status)'s affair, what happens next the tracker's.
//!
//! **Durability.** Every change is a transaction in the write-ahead log, so it survives the end of the
//! process, however it ends, as soon as the call returns. Against power loss, [`Store::sync`] flushes
//! the log; callers that wait at the same time share one flush. Only what cannot be done again waits
//! for it (an accepted command); a transition or a batch that is lost is made again, identically, and
//! a batch is stored after its files are durable, never before. Measured: a transaction without
//! flush costs 30 to 60 µs, a flush 0.3 to 5 ms, whatever it flushes.
//!
//! `schema` has the tables, `commands` and `batches` the queries on commands, `users` those on users and
//! tokens, `models` those on stored models, `sealing` those on what is sealed.

mod batches;
mod commands;
mod credentials;
mod error;
mod models;
mod schema;
mod sealing;
#[cfg(test)]
mod tests;
mod users;
mod values;
mod warnings;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction};

pub(crate) use self::batches::{Remembered, SealedBatch, StoredBatch};
pub(crate) use self::commands::forget_from;
pub(crate) use self::credentials::purpose as purpose_of_credential;
pub(crate) use self::error::StoreError;
use self::error::{failed, refused, unusable};
pub(crate) use self::models::ModelText;
use self::schema::{KNOWN, migrate, version};

/// How long the database is believed to take changes, once it has: whoever asks for its health makes few writes.
const PROBE_HOLDS: Duration = Duration::from_secs(1);

/// How long a call waits for somebody else's lock: an operator may look into the file.
const LOCK_WAIT: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 5_000 });

/// What is known of every command.
#[derive(Debug)]
pub(crate) struct Store {
    writer: Mutex<Connection>,
    /// Reads beside the writer; `None` in memory, where there is one connection.
    reader: Option<Mutex<Connection>>,
    log: Option<Log>,
    /// The database's file.
    path: PathBuf,
    /// The file beside it that says that there are users; `None` in memory.
    has_users: Option<PathBuf>,
    /// When it last took a change that was made to see whether it does.
    probed: Mutex<Option<Instant>>,
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

impl Store {
    /// Opens the file, makes it where there is none, brings an older one up to date.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        keep_private(path).map_err(unusable("open", path))?;
        let mut writer = connect(path)?;
        migrate(&mut writer, path)?;
        Self::with(path, writer)
    }

    /// Opens the file beside the process that owns the home, and leaves its schema alone.
    pub(crate) fn open_beside(path: &Path) -> Result<Self, StoreError> {
        let mut writer = connect(path)?;
        let (found, known) = (version(&writer, path)?, KNOWN);
        if found < known {
            return Err(StoreError::Older { path: path.to_owned(), found, known });
        }
        migrate(&mut writer, path)?;
        Self::with(path, writer)
    }

    fn with(path: &Path, writer: Connection) -> Result<Self, StoreError> {
        let reader = connect(path)?;
        let log = Log {
            written: AtomicU64::new(1),
            flushed: Mutex::new(0),
            path: log_of(path),
            file: Mutex::new(None),
        };
        // The files' names themselves must survive.
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync home"))?;
        }
        let store = Self {
            writer: Mutex::new(writer),
            reader: Some(Mutex::new(reader)),
            log: Some(log),
            path: path.to_owned(),
            has_users: Some(path.with_file_name("has-users")),
            probed: Mutex::default(),
        };
        store.mark_users()?;
        Ok(store)
    }

    /// A store that ends with the process.
    #[cfg(test)]
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        let path = PathBuf::from(":memory:");
        let mut writer = Connection::open_in_memory().map_err(failed("open"))?;
        writer.pragma_update(None, "foreign_keys", true).map_err(failed("open"))?;
        migrate(&mut writer, &path)?;
        let (writer, probed) = (Mutex::new(writer), Mutex::default());
        Ok(Self { writer, reader: None, log: None, path, has_users: None, probed })
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A transaction that panics is rolled back by its drop: the connection stays usable.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.as_ref().unwrap_or(&self.writer).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `read` on one state of the database.
    fn read<T>(
        &self,
        action: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let reader = self.reader();
        let run = || {
            let snapshot = reader.unchecked_transaction()?;
            read(&snapshot)
        };
        run().map_err(refused(action, &self.path))
    }

    /// Runs `change` as one transaction.
    fn write<T>(
        &self,
        action: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer();
        let run = |writer: &mut Connection| {
            let transaction =
                writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let result = change(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        let result = run(&mut writer).map_err(refused(action, &self.path))?;
        if let Some(log) = &self.log {
            log.written.fetch_add(1, Ordering::SeqCst);
        }
        Ok(result)
    }

    /// Whether the database takes a change of some pages: one that leaves nothing behind.
    pub(crate) fn probe(&self) -> Result<(), StoreError> {
        let mut probed = super::lock(&self.probed);
        if probed.is_some_and(|at| at.elapsed() < PROBE_HOLDS) {
            return Ok(());
        }
        self.write("see whether it takes changes", |transaction| {
            transaction.execute_batch(
                "INSERT INTO models (digest, json) VALUES (x'', hex(zeroblob(8192)));
                 DELETE FROM models WHERE digest = x'';",
            )
        })?;
        *probed = Some(Instant::now());
        Ok(())
    }

    /// Returns when everything written before the call is on the disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        let Some(log) = &self.log else { return Ok(()) };
        let wanted = log.written.load(Ordering::SeqCst);
        let mut flushed = log.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        if *flushed >= wanted {
            return Ok(());
        }
        // Whatever was written while we waited for the lock is flushed with it.
        let covered = log.written.load(Ordering::SeqCst);
        log.flush().map_err(unusable("flush", &log.path))?;
        *flushed = covered;
        Ok(())
    }
}

impl Log {
    fn flush(&self) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            *file = Some(File::open(&self.path)?);
        }
        // The database keeps its locks on other files than this one, so that closing it is harmless.
        file.as_ref().map_or(Ok(()), File::sync_data)
    }
}

/// The write-ahead log of the database at `path`.
pub(super) fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
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
    open().map_err(refused("open", path))
}

/// Hashes of passwords and settings of commands are the owner's alone. The database gives its other
/// files the mode of this one.
fn keep_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

    const OWNER_ONLY: u32 = 0o600;
    // Opened, a pipe would wait for somebody at its other end.
    if fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        return Err(io::Error::other("it is no file"));
    }
    let file =
        File::options().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(OWNER_ONLY))?;
    }
    Ok(())
}

/// Holds the database at `path` as somebody else would, until the answer is dropped.
#[cfg(test)]
pub(crate) fn hold(path: &Path) -> impl Drop + use<> {
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
