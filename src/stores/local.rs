//! `local`: a folder of this machine, below the output root.
//!
//! All access goes through a directory handle of `cap-std`, which refuses `..` and symbolic links that
//! lead out, also when they are swapped in between check and use. A file is written under a temporary
//! name in the same folder, synced, and renamed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};

use super::{Store, StoreError, Upload};

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
    /// already begins with the root.
    ///
    /// # Errors
    ///
    /// [`StoreError::Outside`], when `path` holds `..`.
    pub fn new(root: &Path, path: &str) -> Result<Self, StoreError> {
        let given = Path::new(path);
        let below = given.strip_prefix(root).unwrap_or(given);
        let mut folder = PathBuf::new();
        for component in below.components() {
            match component {
                Component::Normal(part) => folder.push(part),
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
                Component::ParentDir => {
                    return Err(StoreError::Outside {
                        path: path.to_owned(),
                        root: root.to_owned(),
                    });
                }
            }
        }
        Ok(Self { root: root.to_owned(), folder, handle: OnceLock::new() })
    }

    fn failed<'a>(
        &'a self,
        action: &'static str,
        name: &'a str,
    ) -> impl Fn(io::Error) -> StoreError + 'a {
        move |source| StoreError::Io { action, path: self.path_of(name), source }
    }

    fn open_folder(&self) -> io::Result<Dir> {
        fs::create_dir_all(&self.root)?;
        let root = Dir::open_ambient_dir(&self.root, ambient_authority())?;
        if self.folder.as_os_str().is_empty() {
            return Ok(root);
        }
        root.create_dir_all(&self.folder)?;
        root.open_dir(&self.folder)
    }

    fn folder(&self) -> Result<&Dir, StoreError> {
        if let Some(folder) = self.handle.get() {
            return Ok(folder);
        }
        let folder = self.open_folder().map_err(self.failed("open folder", ""))?;
        Ok(self.handle.get_or_init(|| folder))
    }
}

impl Store for Local {
    fn prepare(&self) -> Result<(), StoreError> {
        self.folder().map(drop)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        let folder = self.folder()?.try_clone().map_err(self.failed("open folder", ""))?;
        let unfinished = format!(".{name}{UNFINISHED}");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let file = folder.open_with(&unfinished, &options).map_err(self.failed("create", name))?;
        let upload = LocalUpload {
            folder,
            file: Some(file),
            unfinished,
            name: name.to_owned(),
            path: self.path_of(name),
        };
        Ok(Box::new(upload))
    }

    fn list(&self) -> Result<Vec<String>, StoreError> {
        let failed = self.failed("list", "");
        let mut names = Vec::new();
        for entry in self.folder()?.entries().map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            let is_file = entry.file_type().map_err(&failed)?.is_file();
            if let Ok(name) = entry.file_name().into_string()
                && is_file
                && !name.ends_with(UNFINISHED)
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self.folder()?.remove_file(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(self.failed("remove", name)),
        }
    }

    fn remove_unfinished(&self, name: &str) -> Result<(), StoreError> {
        self.remove(&format!(".{name}{UNFINISHED}"))
    }

    fn path_of(&self, name: &str) -> String {
        self.root.join(&self.folder).join(name).to_string_lossy().into_owned()
    }
}

struct LocalUpload {
    folder: Dir,
    /// `None` once complete.
    file: Option<File>,
    unfinished: String,
    name: String,
    path: String,
}

impl LocalUpload {
    fn failed(&self, action: &'static str) -> impl Fn(io::Error) -> StoreError + '_ {
        move |source| StoreError::Io { action, path: self.path.clone(), source }
    }
}

impl Upload for LocalUpload {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).map_err(|source| StoreError::Io {
            action: "write",
            path: self.path.clone(),
            source,
        })
    }

    fn complete(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Some(file) = &self.file {
            file.sync_all().map_err(self.failed("sync"))?;
            self.folder
                .rename(&self.unfinished, &self.folder, &self.name)
                .map_err(self.failed("rename"))?;
            self.file = None;
            // The new name itself is durable only once the folder is. The handle is a mere path to the
            // system, hence the folder is opened once more.
            let folder = self.folder.open(".").map_err(self.failed("open folder of"))?;
            folder.sync_all().map_err(self.failed("sync folder of"))?;
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
    use super::*;

    #[test]
    fn a_file_is_visible_only_when_complete() {
        let root = tempfile::tempdir().unwrap();
        let store = Local::new(root.path(), "/data/x/").unwrap();
        store.prepare().unwrap();
        let mut upload = store.create("a.csv").unwrap();
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
        store.create("a.csv").unwrap().write(b"1").unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        assert!(matches!(Local::new(root.path(), "a/../../b"), Err(StoreError::Outside { .. })));
        std::os::unix::fs::symlink(outside.path(), root.path().join("link")).unwrap();
        let store = Local::new(root.path(), "link").unwrap();
        assert!(store.prepare().is_err());
        assert!(store.create("x").is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_absolute_path_below_the_root_is_taken_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("deep");
        let store = Local::new(root.path(), inside.to_str().unwrap()).unwrap();
        assert_eq!(store.path_of("f"), inside.join("f").to_str().unwrap());
    }
}
