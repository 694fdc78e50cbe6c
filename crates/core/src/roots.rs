//! Where files named in a model are read from: beside the model, then below the read roots.
//!
//! A model may come from a stranger, so a path that it names never leads out of those folders, by `..`
//! or by a symbolic link. A file is opened through a handle of its folder, which refuses what leads out
//! also when it is swapped in between check and use; whoever asks gets the open file, never only a path.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

/// The folders that models may read from.
#[derive(Debug, Clone, Default)]
pub struct ReadRoots {
    /// The folder of the model, where it has one.
    beside: Option<PathBuf>,
    folders: Vec<PathBuf>,
    /// What the folders are called in messages, where their paths are nobody's business.
    called: Option<&'static str>,
}

/// A file that may be read.
#[derive(Debug)]
pub struct ReadFile {
    /// The regular file, at its beginning.
    pub file: File,
    /// Its path without symbolic links.
    pub path: PathBuf,
}

impl ReadRoots {
    /// The folder of the model, where it has one, and the configured roots, in order of search. An
    /// absolute folder of a model must be without symbolic links, as [`ReadFile::path`] is.
    pub fn new(beside: Option<&Path>, roots: &[PathBuf]) -> Self {
        // An empty parent is how a bare file name says "here".
        let here = |folder: &Path| {
            if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
        };
        let mut folders: Vec<PathBuf> = Vec::new();
        for root in roots {
            if !folders.contains(root) {
                folders.push(root.clone());
            }
        }
        Self { beside: beside.map(here), folders, called: None }
    }

    /// The same folders, of which messages do not tell the paths.
    #[must_use]
    pub fn called(self, name: &'static str) -> Self {
        Self { called: Some(name), ..self }
    }

    /// Opens the file `name`.
    ///
    /// # Errors
    ///
    /// A sentence for the user: where it was looked for, or why it may not be read.
    pub fn open(&self, name: &Path) -> Result<ReadFile, String> {
        let shown = crate::problems::excerpt(&name.to_string_lossy());
        if name.components().any(|part| part == Component::ParentDir) {
            return Err(format!("`{shown}` holds `..`, which may not be read"));
        }
        let beside = self.beside.iter().map(|folder| (folder, open_beside(folder)));
        let roots = self.folders.iter().map(|folder| (folder, open_folder(folder)));
        for (folder, handle) in beside.chain(roots) {
            let (Ok(handle), Ok(root)) = (handle, folder.canonicalize()) else { continue };
            let below: PathBuf =
                name.components().filter(|part| matches!(part, Component::Normal(_))).collect();
            let candidates = [name.is_absolute().then(|| name.to_owned()), Some(root.join(below))];
            for candidate in candidates.into_iter().flatten() {
                if let Some(found) = open_below(&handle, &root, &candidate) {
                    return Ok(found);
                }
            }
        }
        let mut folders = self.beside.iter().chain(&self.folders).peekable();
        if folders.peek().is_none() {
            return Err(format!("`{shown}` may not be read: no read root is configured"));
        }
        let folders: Vec<_> = folders.map(|folder| format!("`{}`", folder.display())).collect();
        let folders = self.called.map_or_else(|| folders.join(", "), str::to_owned);
        if name.is_absolute() && !self.hold(name) {
            return Err(format!(
                "`{shown}` is outside of {folders}; a model reads files of its own folder and of the read \
                 roots (`--read-root`, the setting `read_roots`)"
            ));
        }
        Err(format!("no file `{shown}` in {folders}"))
    }

    /// Whether the absolute path `name` lies in a folder, by its words alone: whether there is a file
    /// outside is nobody's business.
    fn hold(&self, name: &Path) -> bool {
        self.beside.iter().chain(&self.folders).any(|folder| {
            let real = folder.canonicalize().is_ok_and(|folder| name.starts_with(folder));
            real || std::path::absolute(folder).is_ok_and(|folder| name.starts_with(folder))
        })
    }
}

/// Opens what `candidate` means at present, if it is a regular file below the folder.
fn open_below(handle: &Dir, root: &Path, candidate: &Path) -> Option<ReadFile> {
    // Only a hint of what the links in it mean: the handle decides.
    let path = candidate.canonicalize().ok()?;
    let below = path.strip_prefix(root).ok()?;
    let mut options = OpenOptions::new();
    // A pipe would keep us waiting for somebody to write.
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let file = handle.open_with(below, &options).ok()?.into_std();
    file.metadata().ok()?.is_file().then(|| ReadFile { file, path: path.clone() })
}

/// A folder that the operator names: whatever its path means.
fn open_folder(folder: &Path) -> io::Result<Dir> {
    Dir::open_ambient_dir(folder, ambient_authority())
}

/// The folder of a model, step by step: a part that has become a symbolic link since the model was found
/// is not followed.
fn open_beside(folder: &Path) -> io::Result<Dir> {
    if !folder.is_absolute() {
        return open_folder(folder);
    }
    let mut handle = open_folder(Path::new("/"))?;
    for part in folder.components() {
        if let Component::Normal(part) = part {
            handle = handle.open_dir_nofollow(part)?;
        }
    }
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::read_to_string;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_is_found_beside_the_model_then_below_the_roots() {
        let ((_beside, beside), (_root, root)) = (folder(), folder());
        fs::write(root.join("a.csv"), "root").unwrap();
        fs::write(root.join("b.csv"), "root").unwrap();
        fs::write(beside.join("a.csv"), "beside").unwrap();
        symlink(root.join("b.csv"), root.join("absolute")).unwrap();
        symlink("b.csv", root.join("relative")).unwrap();
        let roots = ReadRoots::new(Some(&beside), std::slice::from_ref(&root));
        let read = |name: &Path| roots.open(name).map(|found| read_to_string(found.file).unwrap());
        assert_eq!(read(Path::new("a.csv")).unwrap(), "beside");
        assert_eq!(read(Path::new("b.csv")).unwrap(), "root");
        assert_eq!(read(&root.join("b.csv")).unwrap(), "root");
        for link in ["absolute", "relative"] {
            assert_eq!(read(Path::new(link)).unwrap(), "root");
            assert_eq!(roots.open(Path::new(link)).unwrap().path, root.join("b.csv"));
        }
    }

    #[test]
    fn nothing_outside_is_read() {
        let ((_root, root), (_outside, outside)) = (folder(), folder());
        let secret = outside.join("secret");
        fs::write(&secret, "").unwrap();
        symlink(&secret, root.join("link")).unwrap();
        assert!(Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
        let roots = ReadRoots::new(None, std::slice::from_ref(&root));
        for name in [
            secret.as_path(),
            Path::new("link"),
            Path::new("../secret"),
            Path::new("x"),
            Path::new("pipe"),
        ] {
            assert!(roots.open(name).is_err(), "{}", name.display());
        }
        assert!(ReadRoots::default().open(Path::new("x")).is_err());
        // Issue 9, F16b: a path outside is told so, whether there is a file or not.
        for name in ["/elsewhere/secret", secret.to_str().unwrap()] {
            let told = roots.open(Path::new(name)).unwrap_err();
            assert!(told.starts_with(&format!("`{name}` is outside of `")), "{told}");
            assert!(told.contains("--read-root"), "{told}");
        }
        let told = roots.open(&root.join("x")).unwrap_err();
        assert!(told.starts_with("no file `"), "{told}");
        // The folder of a model that was swapped for a link since the model was found.
        fs::create_dir(root.join("models")).unwrap();
        let beside = ReadRoots::new(Some(&root.join("models")), &[]);
        fs::remove_dir(root.join("models")).unwrap();
        symlink(&outside, root.join("models")).unwrap();
        assert!(beside.open(Path::new("secret")).is_err());
    }

    /// Issue 9, C2: a file and a link to a secret that change places all the time.
    #[test]
    fn what_is_swapped_in_while_a_file_is_opened_is_not_read() {
        let ((_root, root), (_outside, outside)) = (folder(), folder());
        let secret = outside.join("secret");
        fs::write(&secret, "secret").unwrap();
        fs::write(root.join("race.csv"), "plain").unwrap();
        symlink(&secret, root.join("link")).unwrap();
        let roots = ReadRoots::new(Some(&root), &[]);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let (mut read, mut refused) = (0, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let here = File::open(&root).unwrap();
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    exchange(&here, "race.csv", "link");
                }
            });
            for _ in 0..20_000 {
                match roots.open(Path::new("race.csv")) {
                    Ok(found) => {
                        assert_eq!(read_to_string(found.file).unwrap(), "plain");
                        read += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(read > 0 && refused > 0, "{read} {refused}");
    }

    /// Exchanges two names at once, as `renameat2` does.
    fn exchange(folder: &File, one: &str, other: &str) {
        let flags = rustix::fs::RenameFlags::EXCHANGE;
        rustix::fs::renameat_with(folder, one, folder, other, flags).unwrap();
    }
}
