//! What becomes of modules kept on disk, so that a module is compiled once and tells once what it offers.
//!
//! Compiled code is trusted when it is loaded, so an entry is only taken back when it carries the seal of
//! the key that lies beside it, in a folder that nobody else may enter: what this user's own process wrote.
//! Anything else is as good as absent.

use std::fs;
use std::hash::Hasher;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

/// Most bytes of all entries together; the oldest go first.
const MOST_BYTES: u64 = 1 << 30;

const SEAL: usize = 32;

/// A private folder of compiled code and of descriptions.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    key: [u8; SEAL],
}

impl Cache {
    /// The cache below `folder`, made where there is none. `None` where it cannot be made or is not private:
    /// then nothing is kept.
    pub(super) fn open(folder: &Path) -> Option<Self> {
        let folder = folder.join("modules");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
        let metadata = fs::symlink_metadata(&folder).ok()?;
        let private = metadata.is_dir() && metadata.mode() & 0o777 == 0o700;
        let key = private.then(|| key(&folder.join("key"), metadata.uid())).flatten()?;
        Some(Self { folder, key })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.bin"))
    }

    /// What is kept as `name`, where it is there and whole.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.path(name)).ok()?;
        let seal = bytes.split_off(bytes.len().checked_sub(SEAL)?);
        (self.seal(name, &bytes) == *seal).then_some(bytes)
    }

    /// Keeps `code` as `name`. Where that fails it is made anew next time.
    pub(super) fn write(&self, name: &str, code: &[u8]) {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let temporary = self.folder.join(format!("{name}.{}.{number}.new", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .and_then(|mut file| {
                file.write_all(code)?;
                file.write_all(&self.seal(name, code))
            })
            .and_then(|()| fs::rename(&temporary, self.path(name)));
        if written.is_err() {
            // A leftover would only take room.
            let _ = fs::remove_file(&temporary);
        }
        self.prune();
    }

    /// A hash over key, name and code, nested as in HMAC (RFC 2104) so that nothing can be appended.
    fn seal(&self, name: &str, code: &[u8]) -> [u8; SEAL] {
        let padded = |pad: u8| -> [u8; 64] {
            std::array::from_fn(|index| self.key.get(index).copied().unwrap_or(0) ^ pad)
        };
        let name_bytes = (name.len() as u64).to_le_bytes();
        let inner = Sha256::new_with_prefix(padded(0x36))
            .chain_update(name_bytes)
            .chain_update(name)
            .chain_update(code)
            .finalize();
        Sha256::new_with_prefix(padded(0x5c)).chain_update(inner).finalize().into()
    }

    /// Removes the oldest entries beyond [`MOST_BYTES`].
    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut found: Vec<_> = entries
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "bin"))
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, entry.path(), metadata.len()))
            })
            .collect();
        found.sort();
        let mut bytes: u64 = found.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, size) in found {
            if bytes <= MOST_BYTES {
                break;
            }
            if fs::remove_file(path).is_ok() {
                bytes -= size;
            }
        }
    }
}

/// FNV-1a over what an entry depends on: a named hash, so that it is the same in every process.
pub(super) struct Fnv(u64);

impl Fnv {
    /// A hash that differs between versions of this program.
    pub(super) fn new() -> Self {
        Self::of(env!("CARGO_PKG_VERSION"))
    }

    fn of(version: &str) -> Self {
        let mut hash = Self(0xcbf2_9ce4_8422_2325);
        hash.write(version.as_bytes());
        hash
    }

    /// The name of `what`, made of the file of this digest.
    pub(super) fn name(&self, digest: &str, what: &str) -> String {
        format!("{digest}-{what}-{:016x}", self.0)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The key of a cache, made where there is none. `owner` is who owns the folder: a key of another user's
/// seals nothing.
fn key(path: &Path, owner: u32) -> Option<[u8; SEAL]> {
    let mut options = fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
            let key: Vec<u8> = halves.iter().flat_map(|half| *half.as_bytes()).collect();
            file.write_all(&key).ok()?;
            // The file is this process's own: so must the folder be.
            (file.metadata().ok()?.uid() == owner).then(|| key.try_into().ok())?
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let metadata = fs::symlink_metadata(path).ok()?;
            let private =
                metadata.is_file() && metadata.mode() & 0o777 == 0o600 && metadata.uid() == owner;
            private.then(|| fs::read(path).ok()?.try_into().ok())?
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn code_comes_back_only_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        assert_eq!(cache.read("a"), None);
        cache.write("a", b"code");
        let again = Cache::open(folder.path()).unwrap();
        assert_eq!(again.read("a").as_deref(), Some(&b"code"[..]));
        // Not under another name, not changed, not cut, not sealed by another key.
        fs::copy(cache.path("a"), cache.path("b")).unwrap();
        assert_eq!(again.read("b"), None);
        for change in [&|bytes: &mut Vec<u8>| bytes[0] ^= 1, &|bytes: &mut Vec<u8>| {
            bytes.truncate(10);
        }] as [&dyn Fn(&mut Vec<u8>); 2]
        {
            cache.write("a", b"code");
            let mut bytes = fs::read(cache.path("a")).unwrap();
            change(&mut bytes);
            fs::write(cache.path("a"), bytes).unwrap();
            assert_eq!(again.read("a"), None);
        }
        cache.write("a", b"code");
        fs::remove_file(folder.path().join("modules/key")).unwrap();
        assert_eq!(Cache::open(folder.path()).unwrap().read("a"), None);
    }

    #[test]
    fn another_version_finds_nothing_of_this_one() {
        let name = |version| Fnv::of(version).name("00ff", "description");
        assert_eq!(name("1.0.0"), name("1.0.0"));
        assert_ne!(name("1.0.0"), name("1.0.1"));
        assert_ne!(name("1.0.0"), Fnv::of("1.0.0").name("00ff", "code"));
    }

    #[test]
    fn a_folder_that_others_may_enter_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let modules = folder.path().join("modules");
        fs::create_dir(&modules).unwrap();
        fs::set_permissions(&modules, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Cache::open(folder.path()).is_none());
    }
}
