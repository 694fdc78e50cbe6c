//! `local`: a folder of this machine, below the output root.
//!
//! All access goes through a directory handle of `cap-std`, which refuses `..` and symbolic links that
//! lead out, also when they are swapped in between check and use. A file is written under a temporary
//! name of its own run in the same folder, `.NAME.RUN.datagen-part`, which must not exist yet; it is
//! sealed by syncing it and published by renaming it. Before it counts, the folder at the told path must still
//! be the one that was written to.

mod claim;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, MetadataExt as _, OpenOptions};
use rustix::fs::{Access, AtFlags, accessat};
use serde_json::{Value, json};

use super::names::{Keys, check_name, check_path};
use super::{
    Claim, Holder, Located, OutputBase, Seal, Sealed, Store, StoreError, StoreKind, Upload,
};
use crate::attributes::{Attribute, Reader};
use crate::remote::{Failure, Io, Kind};
use claim::{LOCK, LocalClaim, Refused};

const KEYS: Keys = Keys { folder: "LOCAL_FILE_PATH", name: "LOCAL_FILE_NAME" };

/// The kind.
#[derive(Debug)]
pub(super) struct LocalFiles;

impl StoreKind for LocalFiles {
    fn prefix(&self) -> &'static str {
        ""
    }

    fn summary(&self) -> &'static str {
        "Files in a local folder."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const {
            &[
                Attribute::new(
                    KEYS.folder,
                    "text",
                    "a folder named after the command; for `datagen generate` the output root itself",
                    "Folder of the files, below the output root.",
                ),
                Attribute::new(
                    KEYS.name,
                    "text",
                    "the model's name",
                    "Beginning of the files' names.",
                ),
            ]
        }
    }

    fn compile(&self, settings: &mut Reader<'_>, base: &OutputBase) -> Option<Located> {
        let folder = settings.text(KEYS.folder).unwrap_or_else(|| base.default_folder.clone());
        let name = settings.text(KEYS.name).unwrap_or_else(|| base.default_name.clone());
        let names_are_good = check_name(&name, KEYS, settings)
            & check_path(&folder, &base.output_root, KEYS, settings);
        let store = match Local::new(&base.output_root, &folder) {
            Ok(store) => store,
            Err(error) => {
                settings.error_with_hint(
                    KEYS.folder,
                    "path_outside",
                    error.to_string(),
                    "give a path below the output root, without `..`",
                );
                return None;
            }
        };
        names_are_good.then(|| Located { store: Box::new(store), name })
    }
}

/// What the name of an unfinished file ends in.
const UNFINISHED: &str = ".datagen-part";

/// A folder below a root.
#[derive(Debug)]
pub(crate) struct Local {
    root: PathBuf,
    /// Below the root, made of normal components only.
    folder: PathBuf,
    handle: OnceLock<Dir>,
}

impl Local {
    /// The folder that `path` means below `root`: an absolute path counts from the root, unless it
    /// already begins with the root. A symbolic link may stand in it if it stays below the root.
    ///
    /// # Errors
    ///
    /// [`StoreError::Outside`], when `path` holds `..` or leads out by a symbolic link.
    pub(crate) fn new(root: &Path, path: &str) -> Result<Self, StoreError> {
        let given = Path::new(path);
        let below = given.strip_prefix(root).unwrap_or(given);
        let outside = || StoreError::Outside { path: path.to_owned(), root: root.to_owned() };
        let mut folder = PathBuf::new();
        for component in below.components() {
            match component {
                Component::Normal(part) => folder.push(part),
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
                Component::ParentDir => return Err(outside()),
            }
        }
        let local = Self { root: root.to_owned(), folder, handle: OnceLock::new() };
        if local.real_folder().is_none() { Err(outside()) } else { Ok(local) }
    }

    fn failed<'a>(
        &'a self,
        action: &'static str,
        name: &'a str,
    ) -> impl Fn(io::Error) -> StoreError + 'a {
        move |source| StoreError::Io { action, path: self.path_of(name), source }
    }

    /// The folder from the root on, with what its symbolic links mean at present. `None`: it leads out.
    fn real_folder(&self) -> Option<PathBuf> {
        let Ok(root) = self.root.canonicalize() else { return Some(self.folder.clone()) };
        real(&root.join(&self.folder)).strip_prefix(&root).ok().map(Path::to_owned)
    }

    fn open_folder(&self) -> io::Result<Dir> {
        fs::create_dir_all(&self.root)?;
        let root = Dir::open_ambient_dir(&self.root, ambient_authority())?;
        // Only a hint: the handle of the root refuses what leads out, whenever it was put there.
        let folder = self.real_folder().unwrap_or_else(|| self.folder.clone());
        if folder.as_os_str().is_empty() {
            return Ok(root);
        }
        root.create_dir_all(&folder)?;
        root.open_dir(&folder)
    }

    fn folder(&self) -> Result<&Dir, StoreError> {
        if let Some(folder) = self.handle.get() {
            return Ok(folder);
        }
        let folder = self.open_folder().map_err(self.failed("open folder", ""))?;
        Ok(self.handle.get_or_init(|| folder))
    }
}

/// `path` with what the symbolic links of its existing part mean; what does not exist yet is plain.
pub(crate) fn real(path: &Path) -> PathBuf {
    for existing in path.ancestors() {
        if let Ok(real) = existing.canonicalize() {
            let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
            // Joined with nothing, a path would end in a separator.
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}

/// Files that are synced while the next one is written: one is enough to keep a disk busy.
const COMMITS: usize = 2;

impl Store for Local {
    fn key(&self) -> String {
        real(&self.root.join(&self.folder)).to_string_lossy().into_owned()
    }

    fn commits(&self) -> usize {
        COMMITS
    }

    fn probe(&self, _: &Io) -> Result<(), Failure> {
        self.look().map_err(|error| {
            let folder = self.root.join(&self.folder);
            let told = format!("write to `{}`: {error}", folder.display());
            Failure::new(Kind::from(&error), told)
                .cured_by("set LOCAL_FILE_PATH to a folder that can be written to")
        })
    }

    fn prepare(&self, _: &Io) -> Result<(), Failure> {
        Ok(self.folder().map(drop)?)
    }

    fn claim(&self, names: &str, holder: &Holder, _: &Io) -> Result<Claim, Failure> {
        match LocalClaim::take(self.folder()?, names, holder) {
            Ok(claim) => Ok(Claim { sole: claim.sole, _held: Box::new(claim) }),
            Err(Refused::Held(by)) => {
                let folder = self.path_of("").trim_end_matches('/').to_owned();
                Err(StoreError::Claimed { names: names.to_owned(), folder, by }.into())
            }
            Err(Refused::Io(source)) => {
                Err(self.failed("lock", &claim::lock_name(names))(source).into())
            }
        }
    }

    fn create(&self, name: &str, holder: &Holder, _: &Io) -> Result<Box<dyn Upload>, Failure> {
        let folder = self.folder()?.try_clone().map_err(self.failed("open folder", ""))?;
        let unfinished = format!(".{name}.{}{UNFINISHED}", holder.id);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).follow(FollowSymlinks::No);
        let create = || folder.open_with(&unfinished, &options);
        let file = match create() {
            // Nobody else writes under the name of this run: whatever it is, it is no file of a run
            // that lives. The name goes; what a link leads to stays untouched.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                folder.remove_file(&unfinished).and_then(|()| create())
            }
            created => created,
        };
        let file = file.map_err(self.failed("create", name))?;
        let upload = LocalUpload { folder, file: Some(file), unfinished, path: self.path_of(name) };
        Ok(Box::new(upload))
    }

    fn publish(&self, sealed: &Sealed, _: &Io) -> Result<bool, Failure> {
        let folder = self.folder()?;
        self.check_folder()?;
        match folder.rename(part_of(sealed), folder, &sealed.name) {
            Ok(()) => {}
            // Published before, or lost.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !self.holds(sealed)? {
                    return Ok(false);
                }
            }
            Err(error) => return Err(self.failed("rename", &sealed.name)(error).into()),
        }
        // The new name itself is durable only once the folder is. The handle is a mere path to the
        // system, hence the folder is opened once more.
        let opened = folder.open(".").map_err(self.failed("open folder of", &sealed.name))?;
        opened.sync_all().map_err(self.failed("sync folder of", &sealed.name))?;
        // It may have been moved since the last look.
        self.check_folder()?;
        Ok(true)
    }

    fn discard(&self, sealed: &Sealed, _: &Io) -> Result<(), Failure> {
        Ok(self.remove_one(part_of(sealed))?)
    }

    fn list(&self, beginning: &str, _: &Io) -> Result<Vec<String>, Failure> {
        let mut names = self.entries()?;
        names.retain(|name| {
            name.starts_with(beginning) && !name.ends_with(UNFINISHED) && !name.ends_with(LOCK)
        });
        names.sort_unstable();
        Ok(names)
    }

    fn remove(&self, names: &[String], _: &Io) -> Result<(), Failure> {
        for name in names {
            self.remove_one(name)?;
        }
        Ok(())
    }

    fn remove_unfinished(
        &self,
        is_left: &dyn Fn(&str, &str) -> bool,
        sealed: &[Sealed],
        _: &Io,
    ) -> Result<(), Failure> {
        for entry in self.entries()? {
            let parts = entry.strip_prefix('.').and_then(|name| name.strip_suffix(UNFINISHED));
            if let Some((name, holder)) = parts.and_then(|parts| parts.rsplit_once('.'))
                && is_left(name, holder)
                && !sealed.iter().any(|sealed| part_of(sealed) == entry)
            {
                self.remove_one(&entry)?;
            }
        }
        Ok(())
    }

    fn path_of(&self, name: &str) -> String {
        self.root.join(&self.folder).join(name).to_string_lossy().into_owned()
    }
}

/// The name of the hidden file that holds what is sealed; none has an empty name.
fn part_of(sealed: &Sealed) -> &str {
    sealed.detail.get(PART).and_then(Value::as_str).unwrap_or_default()
}

/// The key of that name in [`Sealed::detail`].
const PART: &str = "part";

impl Local {
    /// Refuses where no file can be made in the folder, or the folder cannot be made. It asks for the right alone:
    /// a file that is made to find out would be seen, and stay behind when the process is killed.
    fn look(&self) -> io::Result<()> {
        let existing = self.root.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
        let mut found = Dir::open_ambient_dir(existing, ambient_authority())?;
        if existing == self.root {
            let folder = self.real_folder().unwrap_or_else(|| self.folder.clone());
            for ancestor in folder.ancestors().filter(|path| !path.as_os_str().is_empty()) {
                match found.open_dir(ancestor) {
                    Ok(folder) => {
                        found = folder;
                        break;
                    }
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let rights = Access::WRITE_OK | Access::EXEC_OK;
        Ok(accessat(&found, ".", rights, AtFlags::EACCESS)?)
    }

    fn remove_one(&self, name: &str) -> Result<(), StoreError> {
        match self.folder()?.remove_file(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(self.failed("remove", name)),
        }
    }

    /// Whether the file under the final name is the one that was sealed.
    fn holds(&self, sealed: &Sealed) -> Result<bool, StoreError> {
        let failed = self.failed("read", &sealed.name);
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        let mut file = match self.folder()?.open_with(&sealed.name, &options) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        let about = file.metadata().map_err(&failed)?;
        if !about.is_file() || about.len() != sealed.bytes {
            return Ok(false);
        }
        let (mut crc32, mut buffer) = (crc32fast::Hasher::new(), vec![0; 1 << 16]);
        loop {
            match file.read(&mut buffer).map_err(&failed)? {
                0 => return Ok(format!("{:08x}", crc32.finalize()) == sealed.crc32),
                read => crc32.update(&buffer[..read]),
            }
        }
    }

    /// Refuses when the folder at the told path is another one than that which is written to.
    fn check_folder(&self) -> Result<(), StoreError> {
        let path = self.root.join(&self.folder);
        let told = path.to_string_lossy();
        let failed = |source| StoreError::Io {
            action: "find folder",
            path: told.clone().into_owned(),
            source,
        };
        let there = fs::metadata(&path).map_err(failed)?;
        let here = self.folder()?.dir_metadata().map_err(failed)?;
        if (there.dev(), there.ino()) == (here.dev(), here.ino()) {
            return Ok(());
        }
        Err(StoreError::Replaced { folder: told.into_owned() })
    }

    /// The names of everything in the folder that is no folder.
    fn entries(&self) -> Result<Vec<String>, StoreError> {
        let failed = self.failed("list", "");
        let mut names = Vec::new();
        for entry in self.folder()?.entries().map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            let is_folder = match entry.file_type() {
                Ok(kind) => kind.is_dir(),
                // It went while we looked: locks and unfinished files of others come and go.
                Err(error) if error.kind() == io::ErrorKind::NotFound => true,
                Err(error) => return Err(failed(error)),
            };
            if let Ok(name) = entry.file_name().into_string()
                && !is_folder
            {
                names.push(name);
            }
        }
        Ok(names)
    }
}

struct LocalUpload {
    folder: Dir,
    /// `None` once sealed.
    file: Option<File>,
    unfinished: String,
    /// The final path, for messages.
    path: String,
}

impl LocalUpload {
    fn failed(&self, action: &'static str) -> impl Fn(io::Error) -> StoreError + '_ {
        move |source| StoreError::Io { action, path: self.path.clone(), source }
    }

    fn sync(mut self) -> Result<Value, StoreError> {
        if let Some(file) = &self.file {
            file.sync_all().map_err(self.failed("sync"))?;
        }
        self.file = None;
        Ok(json!({ PART: self.unfinished }))
    }
}

impl Upload for LocalUpload {
    fn write(&mut self, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            let written = file.write_all(bytes);
            written.map_err(self.failed("write"))?;
        }
        bytes.clear();
        Ok(())
    }

    fn seal(self: Box<Self>) -> Result<Seal, Failure> {
        Ok(Box::new(|_| Ok(self.sync()?)))
    }

    fn abandon(self: Box<Self>) {}
}

impl Drop for LocalUpload {
    fn drop(&mut self) {
        if self.file.take().is_some()
            && let Err(error) = self.folder.remove_file(&self.unfinished)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, file = self.unfinished, "unfinished file stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    fn holder(id: &str) -> Holder {
        Holder { id: id.to_owned(), shown: format!("command `{id}`") }
    }

    fn create(store: &Local) -> Box<dyn Upload> {
        store.create("a.csv", &holder("1"), &Io::default()).unwrap()
    }

    /// The file `a.csv` of `bytes`, sealed.
    fn sealed(store: &Local, bytes: &str) -> Sealed {
        let mut upload = create(store);
        upload.write(&mut bytes.into()).unwrap();
        let detail = upload.seal().unwrap()(&Io::default()).unwrap();
        let crc32 = format!("{:08x}", crc32fast::hash(bytes.as_bytes()));
        Sealed { name: "a.csv".into(), bytes: bytes.len() as u64, crc32, detail }
    }

    #[test]
    fn a_file_is_visible_only_when_complete() {
        let root = tempfile::tempdir().unwrap();
        let store = Local::new(root.path(), "/data/x/").unwrap();
        let io = Io::default();
        store.prepare(&io).unwrap();
        let sealed = sealed(&store, "1\n");
        assert_eq!(store.list("", &io).unwrap(), Vec::<String>::new());
        assert!(store.publish(&sealed, &io).unwrap());
        assert_eq!(store.list("", &io).unwrap(), ["a.csv"]);
        assert_eq!(store.list("b", &io).unwrap(), Vec::<String>::new());
        assert_eq!(fs::read(root.path().join("data/x/a.csv")).unwrap(), b"1\n");
    }

    /// Issue 10: for all moments of a crash, what is sealed is published once, or known to be lost.
    #[test]
    fn publishing_again_changes_nothing_and_what_is_lost_is_told() {
        let root = tempfile::tempdir().unwrap();
        let (store, io) = (Local::new(root.path(), "").unwrap(), Io::default());
        let one = sealed(&store, "1\n");
        for _ in 0..2 {
            assert!(store.publish(&one, &io).unwrap());
        }
        // As another process that has only the receipt.
        assert!(Local::new(root.path(), "").unwrap().publish(&one, &io).unwrap());
        fs::write(root.path().join("a.csv"), "2\n").unwrap();
        assert!(!store.publish(&one, &io).unwrap());
        let two = sealed(&store, "3\n");
        store.remove_unfinished(&|_, _| true, std::slice::from_ref(&two), &io).unwrap();
        assert!(store.publish(&two, &io).unwrap());
        let three = sealed(&store, "4\n");
        for _ in 0..2 {
            store.discard(&three, &io).unwrap();
        }
        assert!(!store.publish(&three, &io).unwrap());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_look_leaves_nothing_behind_and_tells_why_not() {
        let root = tempfile::tempdir().unwrap();
        let io = Io::default();
        Local::new(root.path(), "deep/er").unwrap().probe(&io).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        fs::write(root.path().join("file"), "").unwrap();
        let failure = Local::new(root.path(), "file/deep").unwrap().probe(&io).unwrap_err();
        assert_eq!(failure.kind(), crate::remote::Kind::Missing);
    }

    #[test]
    fn a_dropped_upload_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let store = Local::new(root.path(), "").unwrap();
        let mut upload = create(&store);
        upload.write(&mut b"1".to_vec()).unwrap();
        let sealing = upload.seal().unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        drop(sealing);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        assert!(matches!(Local::new(root.path(), "a/../../b"), Err(StoreError::Outside { .. })));
        // Swapped in after the check.
        let store = Local::new(root.path(), "link").unwrap();
        symlink(outside.path(), root.path().join("link")).unwrap();
        let io = Io::default();
        assert!(store.prepare(&io).is_err());
        assert!(store.create("x", &holder("1"), &io).is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        for path in ["link", "link/deeper"] {
            assert!(matches!(Local::new(root.path(), path), Err(StoreError::Outside { .. })));
        }
    }

    /// Issue 9, D10.
    #[test]
    fn symbolic_links_that_stay_below_the_root_are_followed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("d")).unwrap();
        symlink("d", root.path().join("relative")).unwrap();
        symlink(root.path().join("d"), root.path().join("absolute")).unwrap();
        for (path, made) in [("relative", "d"), ("absolute", "d"), ("absolute/new", "d/new")] {
            let store = Local::new(root.path(), path).unwrap();
            assert!(store.publish(&sealed(&store, ""), &Io::default()).unwrap());
            fs::remove_file(root.path().join(made).join("a.csv")).unwrap();
            assert_eq!(store.path_of("x"), root.path().join(path).join("x").to_str().unwrap());
        }
    }

    /// Issue 9, C7: whatever stands under the temporary name of a run does no harm and comes to none.
    #[test]
    fn special_files_under_a_temporary_name_are_neither_opened_nor_written() {
        let root = tempfile::tempdir().unwrap();
        let victim = root.path().join("victim");
        let part = root.path().join(".a.csv.1.datagen-part");
        fs::write(&victim, "precious").unwrap();
        let make: [&dyn Fn(); 4] = [
            &|| symlink(&victim, &part).unwrap(),
            &|| fs::hard_link(&victim, &part).unwrap(),
            &|| assert!(Command::new("mkfifo").arg(&part).status().unwrap().success()),
            &|| fs::write(&part, "half a ro").unwrap(),
        ];
        let store = Local::new(root.path(), "").unwrap();
        for make in make {
            make();
            assert!(store.publish(&sealed(&store, "new"), &Io::default()).unwrap());
            assert_eq!(fs::read_to_string(root.path().join("a.csv")).unwrap(), "new");
            assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
    }

    #[test]
    fn unfinished_files_are_told_apart_by_name_and_run() {
        let root = tempfile::tempdir().unwrap();
        let store = Local::new(root.path(), "").unwrap();
        let parts = [".a.csv.1.datagen-part", ".a.csv.2.datagen-part", ".b.csv.1.datagen-part"];
        for name in parts.iter().chain(&[".datagen-part", "a.csv.1.datagen-part"]) {
            fs::write(root.path().join(name), "").unwrap();
        }
        let io = Io::default();
        let is_first = |name: &str, holder: &str| name == "a.csv" && holder == "1";
        store.remove_unfinished(&is_first, &[], &io).unwrap();
        let exists = |name: &&str| root.path().join(name).exists();
        assert_eq!(parts.iter().filter(|name| exists(name)).count(), 2);
        store.remove_unfinished(&|name, _| name == "a.csv", &[], &io).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3);
    }

    /// Issue 9, B5: no file counts that is not where its path leads.
    #[test]
    fn a_file_whose_folder_was_moved_or_replaced_is_not_complete() {
        let swap = |put: &str, here: &Path, away: &Path| {
            fs::rename(here, away).unwrap();
            let other = here.with_file_name("other");
            match put {
                "folder" => fs::create_dir(here).unwrap(),
                "link" => fs::create_dir(&other).and_then(|()| symlink(&other, here)).unwrap(),
                _ => {}
            }
        };
        let mut messages = Vec::new();
        for put in ["nothing", "folder", "link"] {
            let root = tempfile::tempdir().unwrap();
            let (here, away) = (root.path().join("here"), root.path().join("away"));
            let store = Local::new(root.path(), "here").unwrap();
            let (sealed, io) = (sealed(&store, "1"), Io::default());
            swap(put, &here, &away);
            let error = crate::problems::chain(&store.publish(&sealed, &io).unwrap_err());
            store.discard(&sealed, &io).unwrap();
            messages.push(error.replace(root.path().to_str().unwrap(), "/root"));
            assert_eq!(fs::read_dir(&away).unwrap().count(), 0);
        }
        insta::assert_snapshot!(messages.join("\n"), @r"
        find folder `/root/here`: No such file or directory (os error 2)
        the folder `/root/here` was replaced while it was written to: the files are in the one that was moved away
        the folder `/root/here` was replaced while it was written to: the files are in the one that was moved away
        ");
    }

    #[test]
    fn an_absolute_path_below_the_root_is_taken_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("deep");
        let store = Local::new(root.path(), inside.to_str().unwrap()).unwrap();
        assert_eq!(store.path_of("f"), inside.join("f").to_str().unwrap());
    }
}
