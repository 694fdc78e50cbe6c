//! Why the store refused.

use std::error::Error;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use uuid::Uuid;

/// Why the store refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StoreError {
    /// The database refused.
    #[error("command store: {action}")]
    Database {
        /// What was done.
        action: &'static str,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Another program holds the database for longer than a call waits.
    #[error("command store: {action}: another program holds the database")]
    Busy {
        /// What was to be done.
        action: &'static str,
    },
    /// There is no room on the disk of the home.
    #[error("command store: {action}: no room on the disk of `{}`", path.display())]
    Full {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The file is no database, or a broken one.
    #[error(
        "command store `{}` is damaged ({action}: {reason}); stop the server, then put a copy of the file \
         back, or move it away to begin with an empty one",
        path.display()
    )]
    Damaged {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the database said.
        reason: String,
    },
    /// The file cannot be used as it lies there.
    #[error(
        "command store `{}` cannot be used ({action}: {reason}); see to it that it is a file that this user may \
         read and write, in a folder of the same kind, on a disk that works",
        path.display()
    )]
    Unusable {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system or the database said.
        reason: String,
    },
    /// The home is no longer the folder that was opened.
    #[error(
        "the home `{}` is no longer the one that this server opened ({what}); stop the server, bring the \
         folder back, and start it again",
        home.display()
    )]
    Moved {
        /// The folder.
        home: PathBuf,
        /// What is different.
        what: String,
    },
    /// There were users in this home, and there is none now.
    #[error(
        "the home `{}` had users, and its database has none: put the database back, or let somebody in by \
         `datagen user add NAME`; to serve without users, remove `{}`",
        home.display(),
        marker.display()
    )]
    NoUsers {
        /// The folder.
        home: PathBuf,
        /// The file that says that there were users.
        marker: PathBuf,
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

impl StoreError {
    /// Whether the same call may go well as soon as another program is done.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}

/// Wraps what is said to something beside the database: as text.
pub(super) fn failed<E: Display>(action: &'static str) -> impl Fn(E) -> StoreError {
    move |source| StoreError::Database { action, source: source.to_string().into() }
}

/// Wraps what the system says to the file at `path`.
pub(super) fn unusable<E: Display>(action: &'static str, path: &Path) -> impl Fn(E) -> StoreError {
    move |source| StoreError::Unusable { action, path: path.to_owned(), reason: source.to_string() }
}

/// Wraps what the database at `path` says: as text, for its errors tell everything twice.
pub(super) fn refused(action: &'static str, path: &Path) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| {
        let (code, reason) = match &error {
            // Its text repeats the whole statement.
            rusqlite::Error::SqlInputError { error, msg, .. } => (Some(error.code), msg.clone()),
            error => (error.sqlite_error_code(), error.to_string()),
        };
        let damaged = || StoreError::Damaged { action, path: path.to_owned(), reason };
        match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Busy { action }
            }
            Some(ErrorCode::DiskFull) => StoreError::Full { action, path: path.to_owned() },
            // The statements are ours: where the database does not understand one, or contradicts it, its tables
            // are not.
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation
                | ErrorCode::Unknown,
            ) => damaged(),
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure
                | ErrorCode::FileLockingProtocolFailed,
            ) => unusable(action, path)(error),
            None if is_unreadable(&error) => damaged(),
            _ => failed(action)(error),
        }
    }
}

/// Whether a value is not of the kind that is stored there.
pub(super) fn is_unreadable(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::InvalidColumnName(_)
            | rusqlite::Error::Utf8Error(..)
    )
}
