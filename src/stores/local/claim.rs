//! Who may write names of a folder: one run at a time, whatever process it is in.
//!
//! A claim is an exclusive lock of the operating system on the hidden file `.NAMES.datagen-lock` in the
//! folder itself. So it holds between processes, servers and containers that share the folder, whatever
//! path leads there, and the system frees it when its process ends, however it ends. The file tells who
//! holds it, and goes with the claim; the one that a killed process leaves is taken over by the next run.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::thread;
use std::time::Duration;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, MetadataExt as _, OpenOptions};

use super::super::Holder;

/// What the name of a lock ends in.
pub(super) const LOCK: &str = ".datagen-lock";

/// How often the lock may vanish or change before it is ours: each time somebody else had it.
const MOST_ATTEMPTS: usize = 100;

/// Bytes of a lock that are told.
const MOST_TOLD: u64 = 200;

/// A claim that holds until it is dropped.
#[derive(Debug)]
pub(super) struct LocalClaim {
    folder: Dir,
    name: String,
    /// Holds the lock as long as it is open.
    file: File,
    /// Whether the file system has locks at all.
    pub(super) sole: bool,
}

/// Why names could not be claimed.
#[derive(Debug)]
pub(super) enum Refused {
    /// Somebody else has them: who, in words.
    Held(String),
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl LocalClaim {
    /// Takes `names` in `folder` for `holder`.
    pub(super) fn take(folder: &Dir, names: &str, holder: &Holder) -> Result<Self, Refused> {
        let name = lock_name(names);
        for _ in 0..MOST_ATTEMPTS {
            let Some(mut file) = open(folder, &name)? else { continue };
            let sole = match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => return Err(Refused::Held(told(&mut file)?)),
                Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                    tracing::warn!(%error, name, "the file system has no locks: nothing keeps others away");
                    false
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            };
            // Until it was locked, its former holder may have taken the name away.
            if !is_at(folder, &name, &file)? {
                continue;
            }
            let mut claim = Self { folder: folder.try_clone()?, name, file, sole };
            claim.file.set_len(0)?;
            claim.file.rewind()?;
            // At once, for whoever is refused reads meanwhile.
            let line = format!("{}, process {}\n", holder.shown, std::process::id());
            claim.file.write_all(line.as_bytes())?;
            return Ok(claim);
        }
        Err(Refused::Held("runs that follow each other".to_owned()))
    }
}

impl Drop for LocalClaim {
    fn drop(&mut self) {
        // While it is locked: whoever has opened it meanwhile sees that it is not the one at the name.
        let removed = match is_at(&self.folder, &self.name, &self.file) {
            Ok(true) => self.folder.remove_file(&self.name),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, file = self.name, "the lock of a run stays behind");
        }
    }
}

/// The name of the lock on `names`.
pub(super) fn lock_name(names: &str) -> String {
    format!(".{names}{LOCK}")
}

/// Opens the lock, or makes it. `None`: what was there was none, or is gone; it is to be tried again.
fn open(folder: &Dir, name: &str) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).follow(FollowSymlinks::No).nonblock(true);
    match folder.open_with(name, options.clone().create_new(true)) {
        Ok(file) => return Ok(Some(file.into_std())),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let about = match folder.symlink_metadata(name) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // A link or a pipe is no lock of ours: its name goes, what it leads to stays untouched.
    if !about.is_file() || about.nlink() > 1 {
        folder.remove_file(name)?;
        return Ok(None);
    }
    let file = match folder.open_with(name, &options) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // It may have been replaced since it was looked at.
    let about = file.metadata()?;
    Ok((about.is_file() && about.nlink() <= 1).then(|| file.into_std()))
}

/// Whether the file at `name` is the open `file`.
fn is_at(folder: &Dir, name: &str, file: &File) -> io::Result<bool> {
    let open = cap_std::fs::Metadata::from_file(file)?;
    match folder.symlink_metadata(name) {
        Ok(about) => Ok((about.dev(), about.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the file system, a network's or a user's own, does not know locks.
fn has_no_locks(error: &io::Error) -> bool {
    /// ENOLCK: no record locks available (Linux and others).
    const NO_LOCKS: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS)
}

/// Who holds the lock, as its file tells. It writes that just after it has taken the lock.
fn told(file: &mut File) -> io::Result<String> {
    for _ in 0..20 {
        let mut text = String::new();
        file.rewind()?;
        // Somebody else's file: what it holds is not trusted.
        file.take(MOST_TOLD).read_to_string(&mut text).or_else(|error| match error.kind() {
            io::ErrorKind::InvalidData => Ok(0),
            _ => Err(error),
        })?;
        // Without its end it is still being written.
        if text.ends_with('\n') || text.len() as u64 == MOST_TOLD {
            return Ok(text.trim().chars().filter(|c| !c.is_control()).collect());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok("another run".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::process::Command;

    use cap_std::ambient_authority;

    use super::*;

    fn take(folder: &Path) -> Result<LocalClaim, Refused> {
        let folder = Dir::open_ambient_dir(folder, ambient_authority()).unwrap();
        let holder = Holder { id: "1".to_owned(), shown: "command `1`".to_owned() };
        LocalClaim::take(&folder, "x.csv", &holder)
    }

    #[test]
    fn names_are_one_runs_until_it_ends_by_whatever_path() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("d");
        fs::create_dir(&folder).unwrap();
        symlink("d", root.path().join("alias")).unwrap();
        let claim = take(&folder).unwrap();
        let refused = take(&root.path().join("alias")).unwrap_err();
        let expected = format!("command `1`, process {}", std::process::id());
        assert!(matches!(&refused, Refused::Held(holder) if *holder == expected), "{refused:?}");
        drop(claim);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        // What a killed process left, and what never was a lock.
        fs::write(folder.join(".x.csv.datagen-lock"), "command `0`, process 1\n").unwrap();
        take(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    /// Issue 9, C7: no special file under the name of a lock does harm or comes to harm.
    #[test]
    fn what_is_no_lock_under_its_name_is_neither_opened_nor_written() {
        let root = tempfile::tempdir().unwrap();
        let (lock, victim) = (root.path().join(".x.csv.datagen-lock"), root.path().join("victim"));
        fs::write(&victim, "precious").unwrap();
        let make: [&dyn Fn(); 3] = [
            &|| symlink(&victim, &lock).unwrap(),
            &|| fs::hard_link(&victim, &lock).unwrap(),
            &|| assert!(Command::new("mkfifo").arg(&lock).status().unwrap().success()),
        ];
        for make in make {
            make();
            let claim = take(root.path()).unwrap();
            assert!(fs::symlink_metadata(&lock).unwrap().is_file());
            drop(claim);
            assert!(fs::symlink_metadata(&lock).is_err());
            assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        }
        fs::create_dir(&lock).unwrap();
        assert!(matches!(take(root.path()), Err(Refused::Io(_))));
    }
}
