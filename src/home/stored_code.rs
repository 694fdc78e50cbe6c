//! The user code that commands were accepted with, stored so that a command runs those very bytes whatever
//! happens to the files, also after a restart.
//!
//! Bytes lie in `<home>/extensions/<sha256>`, once however many commands use them; beside them one list
//! for each command, `<id>.json`. A tracker without home keeps both in memory.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::lock;
use crate::fields;
use crate::problems::excerpt;
use crate::sandbox::{Beside, ExtensionFile, Extensions, KINDS, Settings, digest, identity};

/// The list of what is in use now: no command has this number.
const PRESENT: Uuid = Uuid::nil();

/// Stores user code for commands.
#[derive(Debug)]
pub(crate) struct StoredCode {
    /// `None`: in memory.
    folder: Option<PathBuf>,
    memory: Mutex<HashMap<Uuid, Arc<Extensions>>>,
    /// Files stored by this process that are in use, by path and digest: not brought up anew for a command.
    live: Mutex<HashMap<(PathBuf, String), Weak<ExtensionFile>>>,
    settings: Settings,
}

/// A file of user code that a command was accepted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserCode {
    /// What models call its kind: `RHAI`, `WASM`.
    pub(crate) kind: String,
    /// Its name without folder.
    pub(crate) file: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub(crate) sha256: String,
    /// The version that it says it is.
    pub(crate) version: Option<String>,
}

/// A file of user code in a command's list.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    kind: String,
    path: PathBuf,
    /// Of the file alone.
    digest: String,
    /// The files that it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attached>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

/// A file that user code names, in the list of its command.
#[derive(Debug, Serialize, Deserialize)]
struct Attached {
    name: String,
    digest: String,
}

impl Entry {
    /// The digest of the file with those that it names.
    fn identity(&self) -> String {
        let named = self.attachments.iter().map(|one| (one.name.as_str(), one.digest.as_str()));
        identity(&self.digest, named)
    }
}

/// The files that code names, as they were kept.
#[derive(Debug)]
struct Kept<'a> {
    folder: &'a Path,
    attachments: &'a [Attached],
}

impl Beside for Kept<'_> {
    fn read(&self, name: &str, _: u64) -> Result<Vec<u8>, String> {
        let Some(attached) = self.attachments.iter().find(|one| one.name == name) else {
            return Err(format!("`{}` was not kept with the command", excerpt(name)));
        };
        stored(self.folder, &attached.digest).map_err(|error| error.to_string())
    }
}

impl StoredCode {
    pub(crate) fn new(folder: Option<PathBuf>, settings: Settings) -> Self {
        Self { folder, memory: Mutex::default(), live: Mutex::default(), settings }
    }

    /// Stores `files` for the command `id`. On return they survive whatever happens.
    pub(crate) fn store(&self, id: Uuid, files: &[Arc<ExtensionFile>]) -> io::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let Some(folder) = &self.folder else {
            let mut extensions = Extensions::with(&self.settings);
            for file in files {
                extensions.register(Arc::clone(file), &fields::reserved);
            }
            lock(&self.memory).insert(id, Arc::new(extensions));
            return Ok(());
        };
        fs::create_dir_all(folder)?;
        let mut entries = Vec::with_capacity(files.len());
        for file in files {
            let mut attachments = Vec::with_capacity(file.attachments.len());
            for attachment in &file.attachments {
                let Ok(bytes) = &attachment.bytes else { continue };
                let (name, digest) = (attachment.name.clone(), attachment.digest.clone());
                put(folder, &digest, bytes)?;
                attachments.push(Attached { name, digest });
            }
            let digest = digest(&file.bytes);
            put(folder, &digest, &file.bytes)?;
            entries.push(Entry {
                kind: file.kind.type_name().to_owned(),
                path: file.path.clone(),
                digest,
                attachments,
                version: version_of(file),
            });
        }
        write_whole(&list_of(folder, id), &serde_json::to_vec(&entries)?)?;
        let mut live = lock(&self.live);
        live.retain(|_, file| file.strong_count() > 0);
        live.extend(
            files
                .iter()
                .map(|file| ((file.path.clone(), file.digest.clone()), Arc::downgrade(file))),
        );
        Ok(())
    }

    /// Stores the code that is in use now, so that another start has it, too, where a file is broken then.
    pub(crate) fn store_present(&self, files: &[Arc<ExtensionFile>]) -> io::Result<()> {
        match &self.folder {
            Some(_) => self.store(PRESENT, files),
            None => Ok(()),
        }
    }

    /// The code that was in use last; `None` where none was stored.
    pub(crate) fn last_present(&self) -> io::Result<Option<Arc<Extensions>>> {
        self.of(PRESENT)
    }

    /// What is stored for `id`; `None` where nothing is.
    ///
    /// # Errors
    ///
    /// When something is, but cannot be read.
    pub(crate) fn of(&self, id: Uuid) -> io::Result<Option<Arc<Extensions>>> {
        let Some(folder) = &self.folder else { return Ok(lock(&self.memory).get(&id).cloned()) };
        let Some(entries) = entries(folder, id)? else { return Ok(None) };
        let mut extensions = Extensions::with(&self.settings);
        for entry in entries {
            let live = lock(&self.live).get(&(entry.path.clone(), entry.identity())).cloned();
            if let Some(file) = live.and_then(|file| file.upgrade()) {
                extensions.register(file, &fields::reserved);
                continue;
            }
            let bytes = stored(folder, &entry.digest)?;
            // Damage is told before the code is looked at.
            for attached in &entry.attachments {
                stored(folder, &attached.digest)?;
            }
            let kind = KINDS.iter().find(|kind| kind.type_name() == entry.kind);
            let Some(kind) = kind else {
                let list = list_of(folder, id);
                return Err(damaged(&list, &format!("unknown kind `{}`", excerpt(&entry.kind))));
            };
            let kept = Kept { folder, attachments: &entry.attachments };
            extensions.add(*kind, &entry.path, bytes, &kept, &fields::reserved);
        }
        Ok(Some(Arc::new(extensions)))
    }

    /// Whether something is stored for `id`.
    pub(crate) fn is_stored(&self, id: Uuid) -> bool {
        match &self.folder {
            Some(folder) => list_of(folder, id).exists(),
            None => lock(&self.memory).contains_key(&id),
        }
    }

    /// Which files are stored for `id`.
    ///
    /// # Errors
    ///
    /// When the list cannot be read.
    pub(crate) fn files(&self, id: Uuid) -> io::Result<Vec<UserCode>> {
        let Some(folder) = &self.folder else {
            let memory = lock(&self.memory);
            let files = memory.get(&id).into_iter().flat_map(|extensions| extensions.files());
            let told = |file: &Arc<ExtensionFile>| UserCode {
                kind: file.kind.type_name().to_owned(),
                file: file.name.clone(),
                sha256: file.digest.clone(),
                version: version_of(file),
            };
            return Ok(files.map(told).collect());
        };
        let told = |entry: Entry| UserCode {
            sha256: entry.identity(),
            version: entry.version,
            kind: entry.kind,
            file: entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        Ok(entries(folder, id)?.unwrap_or_default().into_iter().map(told).collect())
    }

    /// Removes what no command that `is_known` uses any more.
    pub(crate) fn prune(&self, is_known: impl Fn(Uuid) -> bool) {
        let Some(folder) = &self.folder else { return };
        let mut used = BTreeSet::new();
        let mut bytes = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let id =
                path.file_stem().and_then(|stem| Uuid::parse_str(&stem.to_string_lossy()).ok());
            match id.filter(|_| path.extension().is_some_and(|extension| extension == "json")) {
                None => bytes.push(path),
                Some(id) if id == PRESENT || is_known(id) => {
                    match entries(folder, id) {
                        Ok(list) => {
                            for entry in list.into_iter().flatten() {
                                used.extend(entry.attachments.into_iter().map(|one| one.digest));
                                used.insert(entry.digest);
                            }
                        }
                        Err(error) => {
                            // Any of the files may be the command's.
                            tracing::error!(%error, "the list of a command's user code is damaged");
                            return;
                        }
                    }
                }
                Some(_) => remove(&path),
            }
        }
        for path in bytes {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !used.contains(&name) {
                remove(&path);
            }
        }
    }
}

/// The version that a file says it is.
fn version_of(file: &ExtensionFile) -> Option<String> {
    Some(file.program.version().to_owned()).filter(|version| !version.is_empty())
}

/// The bytes of this digest.
fn stored(folder: &Path, wanted: &str) -> io::Result<Vec<u8>> {
    let path = folder.join(wanted);
    let bytes = fs::read(&path).map_err(|error| named(&path, &error))?;
    if digest(&bytes) != wanted {
        return Err(damaged(&path, "its bytes are others than those that its name tells"));
    }
    Ok(bytes)
}

/// Puts bytes of this digest into the folder.
fn put(folder: &Path, digest: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(digest);
    // One that is there and damaged would be taken for this one.
    if fs::read(&path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    write_whole(&path, bytes)
}

/// The list of the command `id`; `None` where there is none.
fn entries(folder: &Path, id: Uuid) -> io::Result<Option<Vec<Entry>>> {
    let path = list_of(folder, id);
    match fs::read(&path) {
        Ok(list) => {
            let list = serde_json::from_slice(&list);
            list.map(Some).map_err(|error| damaged(&path, &error.to_string()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(named(&path, &error)),
    }
}

fn list_of(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.json"))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

fn damaged(path: &Path, reason: &str) -> io::Error {
    let message = format!("`{}` is damaged ({reason})", path.display());
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// What cannot be removed now is removed at the next start.
fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "stored user code stays behind");
    }
}

/// Writes a file that is whole or not there, also after a loss of power.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.part", Uuid::new_v4()));
    let write = || -> io::Result<()> {
        fs::write(&temporary, bytes)?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, path)
    };
    let written = write();
    if written.is_err() {
        // The failure itself is told; what is left over goes at the next start.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For both homes: a command's code is what it was, whatever becomes of the file.
    #[test]
    fn a_command_keeps_the_bytes_it_was_accepted_with() {
        let (scripts, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = scripts.path().join("one.rhai");
        let settings = Settings { folders: vec![scripts.path().to_owned()], ..Settings::default() };
        for folder in [None, Some(home.path().join("extensions"))] {
            let text = "const version = \"1.2\"; fn generate(row, params) { 1 }";
            fs::write(&path, text).unwrap();
            let first = fields::library(settings.clone()).current();
            let digest = first.files()[0].digest.clone();
            let stored = StoredCode::new(folder.clone(), settings.clone());
            let id = Uuid::new_v4();
            stored.store(id, first.files()).unwrap();
            fs::write(&path, "fn generate(row, params) { 2 }").unwrap();
            let extensions = stored.of(id).unwrap().unwrap();
            let same = Arc::ptr_eq(&extensions.find("ONE").unwrap().file, &first.files()[0]);
            assert!(same, "what is in use is not compiled again");
            drop(first);
            // Another process, where there is a home.
            let stored = if folder.is_some() {
                StoredCode::new(folder.clone(), settings.clone())
            } else {
                stored
            };
            let extensions = stored.of(id).unwrap().unwrap();
            assert_eq!(extensions.find("ONE").unwrap().file.digest, digest);
            let told = UserCode {
                kind: "RHAI".to_owned(),
                file: "one.rhai".to_owned(),
                sha256: digest.clone(),
                version: Some("1.2".to_owned()),
            };
            assert_eq!(stored.files(id).unwrap(), [told]);
            assert_eq!(stored.files(Uuid::new_v4()).unwrap(), []);
            assert!(stored.of(Uuid::new_v4()).unwrap().is_none());
            stored.prune(|known| known == id);
            assert!(stored.of(id).unwrap().is_some());
        }
        let stored = StoredCode::new(Some(home.path().join("extensions")), settings);
        stored.prune(|_| false);
        assert_eq!(fs::read_dir(home.path().join("extensions")).unwrap().count(), 0);
        // What is in use now belongs to no command.
        let files = fields::library(stored.settings.clone()).current();
        stored.store_present(files.files()).unwrap();
        stored.prune(|_| false);
        let last = stored.last_present().unwrap().unwrap();
        assert_eq!(last.files()[0].digest, files.files()[0].digest);
    }

    /// The tables that a script names are kept with it.
    #[test]
    fn a_command_keeps_the_tables_of_its_scripts() {
        let (scripts, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let script = "const R = table(\"r.csv\", \"k\");\nfn generate(row, params) { R[\"x\"].v }";
        fs::write(scripts.path().join("one.rhai"), script).unwrap();
        fs::write(scripts.path().join("r.csv"), "k,v\nx,1\n").unwrap();
        let settings = Settings { folders: vec![scripts.path().to_owned()], ..Settings::default() };
        let first = fields::library(settings.clone()).current();
        let identity = first.files()[0].digest.clone();
        assert_ne!(identity, digest(script.as_bytes()));
        let folder = home.path().join("extensions");
        let id = Uuid::from_u128(1);
        StoredCode::new(Some(folder.clone()), settings.clone()).store(id, first.files()).unwrap();
        drop(first);
        fs::write(scripts.path().join("r.csv"), "k,v\nx,2\n").unwrap();
        // Another process.
        let stored = StoredCode::new(Some(folder.clone()), settings);
        stored.prune(|known| known == id);
        let extensions = stored.of(id).unwrap().unwrap();
        assert_eq!(extensions.faults(), []);
        let file = &extensions.files()[0];
        assert_eq!((&file.digest, &stored.files(id).unwrap()[0].sha256), (&identity, &identity));
        assert_eq!(file.attachments[0].bytes.as_deref().unwrap(), b"k,v\nx,1\n");
        drop(extensions);
        let table = folder.join(digest(b"k,v\nx,1\n"));
        fs::write(&table, "k,v\nx,3\n").unwrap();
        let told = stored.of(id).unwrap_err().to_string();
        assert!(told.starts_with(&format!("`{}` is damaged", table.display())), "{told}");
    }

    // Issue 9, section E: damage of a home. No other code runs in place of what was stored.
    #[test]
    fn damaged_user_code_is_told_and_never_run() {
        let (scripts, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(scripts.path().join("one.rhai"), "fn generate(row, params) { 1 }").unwrap();
        let settings = Settings { folders: vec![scripts.path().to_owned()], ..Settings::default() };
        let library = fields::library(settings.clone()).current();
        let folder = home.path().join("extensions");
        let id = Uuid::from_u128(1);
        let code = folder.join(&library.files()[0].digest);
        let list = list_of(&folder, id);
        let store = || {
            let stored = StoredCode::new(Some(folder.clone()), settings.clone());
            stored.store(id, library.files()).unwrap();
        };
        let told = || {
            // Another process.
            let stored = StoredCode::new(Some(folder.clone()), settings.clone());
            stored.of(id).unwrap_err().to_string()
        };
        let damages: [(&Path, Option<&str>, &str); 5] = [
            (&code, Some("fn generate(row, params) { 2 }"), "its bytes are others than"),
            (&code, Some(""), "its bytes are others than"),
            (&code, None, "No such file"),
            (&list, Some("[{\"kind\": \"RHAI\""), "EOF while parsing"),
            (&list, Some("{\"kind\": 1}"), "invalid type"),
        ];
        for (path, text, reason) in damages {
            store();
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
            let told = told();
            assert!(told.starts_with(&format!("`{}`", path.display())), "{told}");
            assert!(told.contains(reason), "{told}");
        }
        // What a damaged list may name stays until the list is put back.
        store();
        fs::write(&list, "[").unwrap();
        StoredCode::new(Some(folder.clone()), settings.clone()).prune(|_| true);
        assert!(code.exists());
        // Who stores it again has it whole.
        fs::write(&code, "").unwrap();
        store();
        assert_eq!(fs::read(&code).unwrap(), library.files()[0].bytes[..]);
    }
}
