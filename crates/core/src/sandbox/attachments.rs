//! Files that user code names and that are read with it: from its own folder or below it, or as they were kept.
//!
//! They are part of the code: its digest covers them, and whoever keeps the code keeps them.

use std::fmt::Debug;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::files::digest;
use crate::problems::excerpt;
use crate::roots::ReadRoots;

/// Most files that one file of user code may name.
pub(super) const MOST_ATTACHMENTS: usize = 16;

/// A file that user code names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name as the code writes it.
    pub name: String,
    /// What it holds, or why it cannot be read.
    pub bytes: Result<Arc<Vec<u8>>, String>,
    /// SHA-256 of it, 64 hexadecimal digits.
    pub digest: String,
}

impl Attachment {
    /// A file of this name with these bytes.
    pub fn new(name: &str, bytes: Result<Vec<u8>, String>) -> Self {
        let digest = match &bytes {
            Ok(bytes) => digest(bytes),
            Err(reason) => digest(reason.as_bytes()),
        };
        Self { name: name.to_owned(), bytes: bytes.map(Arc::new), digest }
    }
}

/// Where the files are that code names.
pub trait Beside: Debug + Sync {
    /// The bytes of a file, at most so many.
    ///
    /// # Errors
    ///
    /// Why it cannot or may not be read, in words.
    fn read(&self, name: &str, most_bytes: u64) -> Result<Vec<u8>, String>;
}

/// The folder of the code, and what is below it.
#[derive(Debug)]
pub(super) struct Folder<'a>(pub(super) &'a Path);

impl Folder<'_> {
    /// The path of the file that code calls so, where it may be read.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        let is_below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        Path::new(name).components().all(is_below).then(|| self.0.join(name))
    }
}

impl Beside for Folder<'_> {
    fn read(&self, name: &str, most_bytes: u64) -> Result<Vec<u8>, String> {
        if Path::new(name).is_absolute() {
            let name = excerpt(name);
            return Err(format!("`{name}` is an absolute path, expected a name beside the script"));
        }
        let roots = ReadRoots::new(None, &[self.0.to_owned()]).called("the folder of the script");
        let found = roots.open(Path::new(name))?;
        let mut bytes = Vec::new();
        // Not the size that was told before: the file may grow meanwhile.
        let read = found.file.take(most_bytes + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("`{}` cannot be read: {error}", excerpt(name)))?;
        if bytes.len() as u64 > most_bytes {
            return Err(format!("`{}` has more than {most_bytes} bytes", excerpt(name)));
        }
        Ok(bytes)
    }
}

/// Code that stands in a model or a request has no folder.
#[derive(Debug)]
pub struct Nothing;

impl Beside for Nothing {
    fn read(&self, name: &str, _: u64) -> Result<Vec<u8>, String> {
        Err(format!(
            "`{}` cannot be read: a script has files beside it only where it is a file of a folder of `extensions`",
            excerpt(name)
        ))
    }
}

/// The digest of code whose own is `digest`, with the files that it names: its own where it names none.
pub fn identity<'a>(
    own: &str,
    attachments: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut text = String::new();
    for (name, digest) in attachments {
        text.push_str(&format!("{digest}  {name}\n"));
    }
    if text.is_empty() { own.to_owned() } else { digest(format!("{own}\n{text}").as_bytes()) }
}
