//! Which model a name means.
//!
//! One order of search everywhere: a file of this machine (command line only), a stored model, a file of
//! the models folder, a shipped model. A name that is [`taken`] is refused for storing; where a file of
//! that name comes later, the stored model stays the one that is meant.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::model::MAX_MODEL_BYTES;
use crate::problems::{did_you_mean, excerpt};
use crate::roots::{ReadFile, ReadRoots};
use crate::samples;
use crate::secrets::Secrets;

/// A model's JSON and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FoundModel {
    /// The JSON.
    pub(crate) text: String,
    /// What to call it in messages.
    pub(crate) label: String,
    /// The folder of its file; `None`: it is no file.
    pub(crate) folder: Option<PathBuf>,
    /// Secrets that masks of the JSON stand for.
    pub(crate) secrets: Secrets,
}

/// Without the text: it may hold secrets.
impl fmt::Debug for FoundModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FoundModel")
            .field("label", &self.label)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Where models are looked for.
#[derive(Clone)]
pub(crate) struct Shelves<'a> {
    /// Whether a name may be the path of any file of this machine.
    pub(crate) any_file: bool,
    /// The stored model of the name that is looked for, where there is one, and its secrets.
    pub(crate) stored: Option<(String, Secrets)>,
    /// The models folder.
    pub(crate) folder: &'a Path,
}

/// Without the text of the stored model: it may hold secrets.
impl fmt::Debug for Shelves<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shelves")
            .field("any_file", &self.any_file)
            .field("has_stored", &self.stored.is_some())
            .field("folder", &self.folder)
            .finish()
    }
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FindModelError {
    /// Nothing is called so.
    #[error("there is no model `{name}`: {reason}")]
    Unknown {
        /// The name, shortened.
        name: String,
        /// Where it was looked for.
        reason: String,
        /// The name that was probably meant.
        closest: Option<String>,
    },
    /// It is too large to be a model.
    #[error("the model `{name}` has {bytes} bytes, expected at most {MAX_MODEL_BYTES}")]
    TooLarge {
        /// The name, shortened.
        name: String,
        /// Its size.
        bytes: u64,
    },
    /// The file cannot be read.
    #[error("`{name}` cannot be read")]
    Read {
        /// The name, shortened.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The model that `name` means.
///
/// # Errors
///
/// [`FindModelError`].
pub(crate) fn find_model(name: &str, shelves: Shelves<'_>) -> Result<FoundModel, FindModelError> {
    let named = |text, secrets| FoundModel { text, label: name.to_owned(), folder: None, secrets };
    if shelves.any_file && Path::new(name).is_file() {
        return own_file(name, Path::new(name));
    }
    if let Some((text, secrets)) = shelves.stored {
        return Ok(named(text, secrets));
    }
    match in_folder(name, shelves.folder) {
        Ok(found) => Ok(FoundModel { label: name.to_owned(), ..read(name, found)? }),
        Err(reason) => match samples::find(name) {
            Some(text) => Ok(named(text.to_owned(), Secrets::new())),
            None => Err(FindModelError::Unknown {
                name: excerpt(name),
                reason,
                closest: closest(name, shelves.folder),
            }),
        },
    }
}

/// Who has `name` already, so that no model can be stored under it.
pub(crate) fn taken(name: &str, folder: &Path) -> Option<&'static str> {
    if samples::find(name).is_some() {
        return Some("a shipped model has that name");
    }
    in_folder(name, folder).is_ok().then_some("a file of the models folder has that name")
}

/// The names that the files of the models folder give.
pub(crate) fn models_of_folder(folder: &Path) -> Vec<String> {
    // A folder that is not there holds no models.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.strip_suffix(".json").map(str::to_owned)
    };
    entries.filter_map(name).collect()
}

fn in_folder(name: &str, folder: &Path) -> Result<ReadFile, String> {
    let roots = ReadRoots::new(None, &[folder.to_owned()]).called("the models folder");
    let named = roots.open(Path::new(name));
    named.or_else(|reason| roots.open(Path::new(&format!("{name}.json"))).map_err(|_| reason))
}

/// A file of the user's own: its path may lead anywhere.
fn own_file(name: &str, path: &Path) -> Result<FoundModel, FindModelError> {
    let failed = |source| FindModelError::Read { name: excerpt(name), source };
    let file = File::open(path).map_err(failed)?;
    // What its folder means now: an absolute one is opened later without following links.
    let folder = match path.parent() {
        Some(folder) if folder.is_absolute() => Some(folder.canonicalize().map_err(failed)?),
        folder => folder.map(Path::to_owned),
    };
    Ok(FoundModel { folder, ..read(name, ReadFile { file, path: path.to_owned() })? })
}

fn read(name: &str, ReadFile { file, path }: ReadFile) -> Result<FoundModel, FindModelError> {
    let failed = |source| FindModelError::Read { name: excerpt(name), source };
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > MAX_MODEL_BYTES as u64 {
        return Err(FindModelError::TooLarge { name: excerpt(name), bytes });
    }
    let mut text = String::new();
    // It may grow meanwhile.
    file.take(MAX_MODEL_BYTES as u64).read_to_string(&mut text).map_err(failed)?;
    let label = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().map(Path::to_owned);
    Ok(FoundModel { text, label, folder, secrets: Secrets::new() })
}

fn closest(name: &str, folder: &Path) -> Option<String> {
    let known = models_of_folder(folder);
    let shipped = samples::MODELS.iter().map(|(name, _)| *name);
    did_you_mean(name, known.iter().map(String::as_str).chain(shipped)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(name: &str, shelves: Shelves<'_>) -> String {
        find_model(name, shelves).unwrap().text
    }

    // Issue 9, B4.
    #[test]
    fn a_name_means_the_stored_model_then_the_file_then_the_shipped_one() {
        let folder = tempfile::tempdir().unwrap();
        let shelves = |stored: Option<&str>| Shelves {
            stored: stored.map(|text| (text.to_owned(), Secrets::new())),
            folder: folder.path(),
            any_file: false,
        };
        assert!(text_of("sensor", shelves(None)).contains("Fields"));
        fs::write(folder.path().join("sensor.json"), "file").unwrap();
        assert_eq!(text_of("sensor", shelves(None)), "file");
        assert_eq!(text_of("sensor.json", shelves(None)), "file");
        assert_eq!(text_of("sensor", shelves(Some("stored"))), "stored");
        let elsewhere = tempfile::tempdir().unwrap();
        let own = elsewhere.path().join("own.json");
        fs::write(&own, "own").unwrap();
        let own = own.to_str().unwrap();
        assert_eq!(text_of(own, Shelves { any_file: true, ..shelves(None) }), "own");
        assert!(find_model(own, shelves(None)).is_err(), "only the command line reads any file");
    }

    #[test]
    fn a_name_that_others_have_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("orders.json"), "{}").unwrap();
        assert_eq!(
            taken("orders", folder.path()),
            Some("a file of the models folder has that name")
        );
        assert!(taken("orders.json", folder.path()).is_some());
        assert_eq!(taken("customer", folder.path()), Some("a shipped model has that name"));
        assert_eq!(taken("other", folder.path()), None);
        let unknown =
            find_model("order", Shelves { any_file: false, stored: None, folder: folder.path() });
        // Issue 9, D12: clients do not learn where the folder is.
        let told = unknown.as_ref().unwrap_err().to_string();
        assert_eq!(told, "there is no model `order`: no file `order` in the models folder");
        let Err(FindModelError::Unknown { closest, .. }) = unknown else { panic!("{unknown:?}") };
        assert_eq!(closest.as_deref(), Some("orders"));
    }
}
