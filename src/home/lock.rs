//! The home folder: one process owns it.
//!
//! An operating-system lock on `<home>/lock` ends with the process, however it ends, so there is
//! nothing to clean up after a crash.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::error::OpenError;
use super::failures;
use super::store::{Store, StoreError};

/// The lock on a home folder; free again when dropped.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
    /// Holds the lock as long as it is open.
    lock: File,
    /// The database's files, as they were opened, by their names.
    database: OnceLock<Vec<(&'static str, Inode)>>,
}

/// What tells one file from another, whatever they are called: device and number.
type Inode = (u64, u64);

/// The files of an open database: the log holds what the first one does not yet.
const DATABASE: [&str; 2] = ["datagen.db", "datagen.db-wal"];

/// Why a home folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum HomeError {
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
    pub(crate) fn take(path: &Path) -> Result<Self, HomeError> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| HomeError::Io { action, path, source }
        };
        make_private(path).map_err(failed("create home", path))?;
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
        Ok(Self { path: path.to_owned(), lock, database: OnceLock::new() })
    }

    /// The store of the home `path` for who needs no server: beside the one that runs there, or else with the
    /// home, so that none begins meanwhile.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; among others when the server that runs there is of another version.
    pub(crate) fn take_or_join(path: &Path) -> Result<(Arc<Store>, Option<Self>), OpenError> {
        match Self::take(path) {
            Ok(home) => Ok((Arc::new(home.open_store()?), Some(home))),
            Err(HomeError::InUse { home, .. }) => {
                Ok((Arc::new(Store::open_beside(&Self::database_of(&home))?), None))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the database, makes it where there is none.
    pub(crate) fn open_store(&self) -> Result<Store, StoreError> {
        let store = Store::open(&self.database())?;
        let opened = |name| {
            let about = fs::metadata(self.path.join(name)).ok()?;
            Some((name, inode(&about)))
        };
        self.database.get_or_init(|| DATABASE.into_iter().filter_map(opened).collect());
        Ok(store)
    }

    /// Whether lock and database still are the files that this process opened. A home that was removed,
    /// replaced or emptied would take what is stored there with it, and another process could own it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Moved`].
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let moved = |what| StoreError::Moved { home: self.path.clone(), what };
        if let Ok(ours) = self.lock.metadata() {
            self.is_still("lock", inode(&ours)).map_err(moved)?;
        }
        for (name, opened) in self.database.get().into_iter().flatten() {
            self.is_still(name, *opened).map_err(moved)?;
        }
        match fs::metadata(self.database()) {
            Ok(about) if self.database.get().is_some() && about.len() == 0 => {
                Err(moved("`datagen.db` was emptied".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Whether the file `name` is the one that was opened; else, what it is.
    fn is_still(&self, name: &str, opened: Inode) -> Result<(), String> {
        match fs::metadata(self.path.join(name)) {
            Err(_) => Err(format!("`{name}` is gone")),
            Ok(about) if inode(&about) != opened => Err(format!("`{name}` is another file")),
            Ok(_) => Ok(()),
        }
    }

    /// Notes that the command `id` failed, which the database could not take.
    pub(crate) fn note_failure(&self, id: Uuid, comment: &str) {
        failures::note(&self.path, id, comment);
    }

    /// What was noted of the failure of `id`; the database did not take it.
    pub(crate) fn noted_failure(&self, id: Uuid) -> Option<String> {
        failures::read(&self.path, id)
    }

    /// The database has taken what there is to tell of `id`.
    pub(crate) fn forget_failure(&self, id: Uuid) {
        failures::remove(&self.path, id);
    }

    /// The user code that commands were accepted with.
    pub(crate) fn extensions(&self) -> PathBuf {
        self.path.join("extensions")
    }

    /// The database of this home.
    pub(crate) fn database(&self) -> PathBuf {
        Self::database_of(&self.path)
    }

    /// The database of the home `path`, whoever owns it.
    fn database_of(path: &Path) -> PathBuf {
        path.join(DATABASE[0])
    }
}

/// Makes the folder, where there is none, for its owner alone; one that is there keeps its mode.
fn make_private(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        // Another process was first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

fn inode(about: &fs::Metadata) -> Inode {
    (about.dev(), about.ino())
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

    // Issue 9, D12
    #[test]
    fn a_home_is_made_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some/home");
        let mode = || fs::metadata(&path).unwrap().mode() & 0o777;
        drop(Home::take(&path).unwrap());
        assert_eq!(mode(), 0o700);
        // What somebody has opened on purpose stays so.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&path, open).unwrap();
        drop(Home::take(&path).unwrap());
        assert_eq!(mode(), 0o755);
    }

    // Issue 9, C8
    #[test]
    fn a_home_that_is_no_longer_the_one_that_was_opened_is_noticed() {
        type Damage = fn(&Path);
        let damages: [(Damage, &str); 6] = [
            (|home| fs::remove_dir_all(home).unwrap(), "(`lock` is gone)"),
            (|home| fs::remove_file(home.join("lock")).unwrap(), "(`lock` is gone)"),
            (
                |home| {
                    fs::rename(home, home.with_extension("old")).unwrap();
                    fs::create_dir(home).unwrap();
                    fs::write(home.join("lock"), "").unwrap();
                },
                "(`lock` is another file)",
            ),
            (|home| fs::remove_file(home.join("datagen.db")).unwrap(), "(`datagen.db` is gone)"),
            (
                |home| fs::remove_file(home.join("datagen.db-wal")).unwrap(),
                "(`datagen.db-wal` is gone)",
            ),
            (
                |home| {
                    let copy = home.join("copy");
                    fs::copy(home.join("datagen.db"), &copy).unwrap();
                    fs::rename(copy, home.join("datagen.db")).unwrap();
                },
                "(`datagen.db` is another file)",
            ),
        ];
        for (damage, told) in damages {
            let folder = tempfile::tempdir().unwrap();
            let home = Home::take(&folder.path().join("home")).unwrap();
            let _store = home.open_store().unwrap();
            home.check().unwrap();
            damage(&folder.path().join("home"));
            let noticed = home.check().unwrap_err().to_string();
            assert!(noticed.contains(told), "{noticed}");
        }
    }
}
