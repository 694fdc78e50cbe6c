//! Where files named in a model are read from: beside the model, then below the read roots.
//!
//! A model may come from a stranger, so a path that it names never leads out of those folders, by `..`
//! or by a symbolic link.

use std::path::{Component, Path, PathBuf};

use crate::fields::Files;

/// The folders that models may read from.
#[derive(Debug, Clone, Default)]
pub struct ReadRoots {
    folders: Vec<PathBuf>,
}

impl ReadRoots {
    /// The folder of the model, where it has one, and the configured roots, in order of search.
    pub fn new(beside: Option<&Path>, roots: &[PathBuf]) -> Self {
        // An empty parent is how a bare file name says "here".
        let here = |folder: &Path| {
            if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
        };
        let mut folders: Vec<PathBuf> = beside.map(here).into_iter().collect();
        for root in roots {
            if !folders.contains(root) {
                folders.push(root.clone());
            }
        }
        Self { folders }
    }

    /// The real path of the file `name`.
    ///
    /// # Errors
    ///
    /// A sentence for the user: where it was looked for, or why it may not be read.
    pub fn find(&self, name: &Path) -> Result<PathBuf, String> {
        let shown = crate::problems::excerpt(&name.to_string_lossy());
        if name.components().any(|part| part == Component::ParentDir) {
            return Err(format!("`{shown}` holds `..`, which may not be read"));
        }
        for folder in &self.folders {
            let Ok(root) = folder.canonicalize() else { continue };
            let below: PathBuf =
                name.components().filter(|part| matches!(part, Component::Normal(_))).collect();
            let candidates = [name.is_absolute().then(|| name.to_owned()), Some(root.join(below))];
            for candidate in candidates.into_iter().flatten() {
                let Ok(real) = candidate.canonicalize() else { continue };
                if real.starts_with(&root) && real.is_file() {
                    return Ok(real);
                }
            }
        }
        if self.folders.is_empty() {
            return Err(format!("`{shown}` may not be read: no read root is configured"));
        }
        let folders: Vec<_> =
            self.folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
        let folders = folders.join(", ");
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
        self.folders.iter().any(|folder| {
            let real = folder.canonicalize().is_ok_and(|folder| name.starts_with(folder));
            real || std::path::absolute(folder).is_ok_and(|folder| name.starts_with(folder))
        })
    }
}

impl Files for ReadRoots {
    fn find(&self, name: &Path) -> Result<PathBuf, String> {
        Self::find(self, name)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_found_beside_the_model_then_below_the_roots() {
        let (beside, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(root.path().join("a.csv"), "root").unwrap();
        fs::write(root.path().join("b.csv"), "root").unwrap();
        fs::write(beside.path().join("a.csv"), "beside").unwrap();
        let roots = ReadRoots::new(Some(beside.path()), &[root.path().to_owned()]);
        let read = |name: &Path| roots.find(name).map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(read(Path::new("a.csv")).unwrap(), "beside");
        assert_eq!(read(Path::new("b.csv")).unwrap(), "root");
        assert_eq!(read(&root.path().join("b.csv")).unwrap(), "root");
    }

    #[test]
    fn nothing_outside_is_read() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = outside.path().join("secret");
        fs::write(&secret, "").unwrap();
        std::os::unix::fs::symlink(&secret, root.path().join("link")).unwrap();
        let roots = ReadRoots::new(None, &[root.path().to_owned()]);
        for name in [secret.as_path(), Path::new("link"), Path::new("../secret"), Path::new("x")] {
            assert!(roots.find(name).is_err(), "{}", name.display());
        }
        assert!(ReadRoots::default().find(Path::new("x")).is_err());
        // Issue 9, F16b: a path outside is told so, whether there is a file or not.
        for name in ["/elsewhere/secret", secret.to_str().unwrap()] {
            let told = roots.find(Path::new(name)).unwrap_err();
            assert!(told.starts_with(&format!("`{name}` is outside of `")), "{told}");
            assert!(told.contains("--read-root"), "{told}");
        }
        let told = roots.find(&root.path().join("x")).unwrap_err();
        assert!(told.starts_with("no file `"), "{told}");
    }
}
