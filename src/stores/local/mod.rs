//! `local`: a folder of this machine, below the output root.
//!
//! All access goes through a directory handle of `cap-std`, which refuses `..` and symbolic links that
//! lead out, also when they are swapped in between check and use. A file is written under a temporary
//! name of its own run in the same folder, `.NAME.RUN.datagen-part`, which must not exist yet; it is
//! synced and renamed. Before it counts, the folder at the told path must still be the one that was
//! written to.

mod claim;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, MetadataExt as _, OpenOptions};

use super::{Claim, Holder, Store, StoreError, Upload};
use claim::{LOCK, LocalClaim, Refused};

/// What the name of an unfinished file ends in.
const UNFINISHED: &str = ".datagen-part";

/// A folder below a root.
#[derive(Debug)]
pub struct Local {
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
    pub fn new(root: &Path, path: &str) -> Result<Self, StoreError> {
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
pub fn real(path: &Path) -> PathBuf {
    for existing in path.ancestors() {
        if let Ok(real) = existing.canonicalize() {
            let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
            // Joined with nothing, a path would end in a separator.
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}

impl Store for Local {
    fn prepare(&self) -> Result<(), StoreError> {
        self.folder().map(drop)
    }

    fn claim(&self, names: &str, holder: &Holder) -> Result<Claim, StoreError> {
        match LocalClaim::take(self.folder()?, names, holder) {
            Ok(claim) => Ok(Claim { sole: claim.sole, _held: Box::new(claim) }),
            Err(Refused::Held(by)) => {
                let folder = self.path_of("").trim_end_matches('/').to_owned();
                Err(StoreError::Claimed { names: names.to_owned(), folder, by })
            }
            Err(Refused::Io(source)) => Err(self.failed("lock", &claim::lock_name(names))(source)),
        }
    }

    fn create(&self, name: &str, holder: &Holder) -> Result<Box<dyn Upload>, StoreError> {
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
        let upload = LocalUpload {
            folder,
            file: Some(file),
            unfinished,
            name: name.to_owned(),
            told: self.root.join(&self.folder),
        };
        Ok(Box::new(upload))
    }

    fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.entries()?;
        names.retain(|name| !name.ends_with(UNFINISHED) && !name.ends_with(LOCK));
        names.sort_unstable();
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self.folder()?.remove_file(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(self.failed("remove", name)),
        }
    }

    fn remove_unfinished(&self, is_left: &dyn Fn(&str, &str) -> bool) -> Result<(), StoreError> {
        for entry in self.entries()? {
            let parts = entry.strip_prefix('.').and_then(|name| name.strip_suffix(UNFINISHED));
            if let Some((name, holder)) = parts.and_then(|parts| parts.rsplit_once('.'))
                && is_left(name, holder)
            {
                self.remove(&entry)?;
            }
        }
        Ok(())
    }

    fn path_of(&self, name: &str) -> String {
        self.root.join(&self.folder).join(name).to_string_lossy().into_owned()
    }
}

impl Local {
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
    /// `None` once complete.
    file: Option<File>,
    unfinished: String,
    name: String,
    /// The path of the folder, as a user would open it.
    told: PathBuf,
}

impl LocalUpload {
    fn failed(&self, action: &'static str) -> impl Fn(io::Error) -> StoreError + '_ {
        move |source| StoreError::Io { action, path: self.path(), source }
    }

    fn path(&self) -> String {
        self.told.join(&self.name).to_string_lossy().into_owned()
    }

    /// Refuses when the folder at the told path is another one than that which is written to.
    fn check_folder(&self) -> Result<(), StoreError> {
        let told = self.told.to_string_lossy();
        let failed = |source| StoreError::Io {
            action: "find folder",
            path: told.clone().into_owned(),
            source,
        };
        let there = fs::metadata(&self.told).map_err(failed)?;
        let here = self.folder.dir_metadata().map_err(failed)?;
        if (there.dev(), there.ino()) == (here.dev(), here.ino()) {
            return Ok(());
        }
        Err(StoreError::Replaced { folder: told.into_owned() })
    }
}

impl Upload for LocalUpload {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.write_all(bytes);
        written.map_err(self.failed("write"))
    }

    fn complete(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Some(file) = &self.file {
            file.sync_all().map_err(self.failed("sync"))?;
            self.check_folder()?;
            self.folder
                .rename(&self.unfinished, &self.folder, &self.name)
                .map_err(self.failed("rename"))?;
            self.file = None;
            // The new name itself is durable only once the folder is. The handle is a mere path to the
            // system, hence the folder is opened once more.
            let folder = self.folder.open(".").map_err(self.failed("open folder of"))?;
            folder.sync_all().map_err(self.failed("sync folder of"))?;
            // It may have been moved since the last look.
            self.check_folder()?;
        }
        Ok(())
    }
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

    #[test]
    fn a_file_is_visible_only_when_complete() {
        let root = tempfile::tempdir().unwrap();
        let store = Local::new(root.path(), "/data/x/").unwrap();
        store.prepare().unwrap();
        let mut upload = store.create("a.csv", &holder("1")).unwrap();
        upload.write(b"1\n").unwrap();
        assert_eq!(store.list().unwrap(), Vec::<String>::new());
        upload.complete().unwrap();
        assert_eq!(store.list().unwrap(), ["a.csv"]);
        assert_eq!(fs::read(root.path().join("data/x/a.csv")).unwrap(), b"1\n");
    }

    #[test]
    fn a_dropped_upload_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let store = Local::new(root.path(), "").unwrap();
        store.create("a.csv", &holder("1")).unwrap().write(b"1").unwrap();
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
        assert!(store.prepare().is_err());
        assert!(store.create("x", &holder("1")).is_err());
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
            store.create("x", &holder("1")).unwrap().complete().unwrap();
            fs::remove_file(root.path().join(made).join("x")).unwrap();
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
            let mut upload = store.create("a.csv", &holder("1")).unwrap();
            upload.write(b"new").unwrap();
            upload.complete().unwrap();
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
        store.remove_unfinished(&|name, holder| name == "a.csv" && holder == "1").unwrap();
        let exists = |name: &&str| root.path().join(name).exists();
        assert_eq!(parts.iter().filter(|name| exists(name)).count(), 2);
        store.remove_unfinished(&|name, _| name == "a.csv").unwrap();
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
            let mut upload = store.create("a.csv", &holder("1")).unwrap();
            upload.write(b"1").unwrap();
            swap(put, &here, &away);
            let error = crate::problems::chain(&upload.complete().unwrap_err());
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
