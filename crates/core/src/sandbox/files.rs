//! Files of user code in a folder: which there are, and the bytes of one.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Fault, FaultKind, Kind, Settings};
use crate::display::hexadecimal;

/// The name of the file, without its folder.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// SHA-256 in 64 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The kind of user code, of `kinds`, that a file called like this holds: its extension says it, in small or
/// capital letters.
pub fn kind_of(kinds: &[&'static dyn Kind], path: &Path) -> Option<&'static dyn Kind> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    // What editors read beside code: `datagen.d.rhai`.
    if path.file_stem().is_some_and(|stem| Path::new(stem).extension().is_some_and(|d| d == "d")) {
        return None;
    }
    kinds.iter().copied().find(|kind| kind.file_extensions().contains(&extension.as_str()))
}

/// The entries of `folder` in the order of their names: the order that clashes are told by.
pub(super) fn files_of(folder: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let message = format!("the folder cannot be read: {error}");
            faults.push(Fault::new(FaultKind::Unreadable, folder.to_string_lossy(), message));
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The bytes of a regular file that really lies in `folder`.
pub(super) fn read(
    kind: &dyn Kind,
    folder: &Path,
    path: &Path,
    settings: &Settings,
) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("the file cannot be read: {error}");
    let real = path.canonicalize().map_err(cannot)?;
    let root = folder.canonicalize().map_err(cannot)?;
    if real.parent() != Some(root.as_path()) {
        return Err("the link leads out of the folder, which may not be read".to_owned());
    }
    let metadata = fs::metadata(&real).map_err(cannot)?;
    if !metadata.is_file() {
        return Err("this is no file".to_owned());
    }
    let most = kind.most_bytes(&settings.limits);
    let mut bytes = Vec::new();
    // Not the size that was told before: the file may grow meanwhile.
    fs::File::open(&real)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(cannot)?;
    if bytes.len() as u64 > most {
        return Err(format!("the file has more than {most} bytes"));
    }
    Ok(bytes)
}
