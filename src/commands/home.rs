//! The home folder: one process owns it.
//!
//! An operating-system lock on `<home>/lock` ends with the process, however it ends, so there is
//! nothing to clean up after a crash.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// The lock on a home folder; free again when dropped.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    /// Holds the lock as long as it is open.
    _lock: File,
}

/// Why a home folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    /// Another process has it.
    #[error("home `{}` is in use by process {process}; stop it, or choose another home", home.display())]
    InUse {
        /// The folder.
        home: PathBuf,
        /// The process, as the lock file tells it.
        process: String,
    },
    /// The operating system refused.
    #[error("{action} `{}`", path.display())]
    Io {
        /// What was done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Home {
    /// Makes the folder, where there is none, and takes it.
    pub(super) fn take(path: &Path) -> Result<Self, HomeError> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| HomeError::Io { action, path, source }
        };
        fs::create_dir_all(path).map_err(failed("create home", path))?;
        let lock_path = path.join("lock");
        // Not truncated: until the lock is ours, the text in it is the owner's.
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(failed("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                // Who it is is told as well as possible; that it is taken is certain.
                let _ = lock.take(20).read_to_string(&mut process);
                let process = process.trim();
                let process = if process.is_empty() { "unknown" } else { process };
                return Err(HomeError::InUse {
                    home: path.to_owned(),
                    process: process.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(failed("lock", &lock_path)(source));
            }
        }
        let write = |lock: &mut File| -> io::Result<()> {
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", std::process::id())
        };
        write(&mut lock).map_err(failed("write", &lock_path))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The user code that commands were accepted with.
    pub(super) fn extensions(&self) -> PathBuf {
        self.path.join("extensions")
    }

    /// The database of this home.
    pub(super) fn database(&self) -> PathBuf {
        Self::database_of(&self.path)
    }

    /// The database of the home `path`, whoever owns it.
    pub(super) fn database_of(path: &Path) -> PathBuf {
        path.join("datagen.db")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_one_owner_and_is_free_again_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::take(folder.path()).unwrap();
        let refused = Home::take(folder.path()).unwrap_err().to_string();
        let expected = format!(
            "home `{}` is in use by process {}; stop it, or choose another home",
            folder.path().display(),
            std::process::id()
        );
        assert_eq!(refused, expected);
        drop(home);
        Home::take(folder.path()).unwrap();
    }
}
