//! Stores: where files go.
//!
//! A [`Store`] keeps files that appear under their final name only when they are complete. It knows
//! nothing of formats, batches or models.
//!
//! To add a store: write `stores/<name>.rs` and its `mod` line below. `FileConnector` in `sinks/file.rs`
//! names its connectors, reads its settings and opens it; so far it knows the local store only.

pub mod local;

use std::fmt::{self, Debug};
use std::io;
use std::path::PathBuf;

/// A folder of files.
pub trait Store: Debug + Send + Sync {
    /// Makes the folder ready to take files.
    ///
    /// # Errors
    ///
    /// When it cannot be made or is not below the allowed root.
    fn prepare(&self) -> Result<(), StoreError>;

    /// Keeps `names`, a key for all names that a run may use, for `holder` alone until the claim is
    /// dropped or the process ends. Two runs that may use one name must claim the same key.
    ///
    /// # Errors
    ///
    /// [`StoreError::Claimed`], when another run has them, or when the store refuses.
    fn claim(&self, names: &str, holder: &Holder) -> Result<Claim, StoreError>;

    /// Starts the file that will be called `name`; nothing is visible under that name before
    /// [`Upload::complete`].
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn create(&self, name: &str, holder: &Holder) -> Result<Box<dyn Upload>, StoreError>;

    /// The names of the files in the folder, in order. Unfinished files are not among them.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn list(&self) -> Result<Vec<String>, StoreError>;

    /// Removes the file `name`; it is no error when there is none.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn remove(&self, name: &str) -> Result<(), StoreError>;

    /// Removes what interrupted uploads left behind: where `is_left` says so of the file's name and the
    /// [id](Holder::id) of who wrote it.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn remove_unfinished(&self, is_left: &dyn Fn(&str, &str) -> bool) -> Result<(), StoreError>;

    /// The full path of the file `name`, as a user would open it.
    fn path_of(&self, name: &str) -> String;
}

/// Who writes: what tells the unfinished files and claims of a run from those of all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Unique to a run, and the same when it goes on after an interruption: letters and digits.
    pub id: String,
    /// In words, for those who are refused meanwhile.
    pub shown: String,
}

/// Names that are kept for one run. Dropped, they are free again.
pub struct Claim {
    /// Whether nobody else can hold them. Only a store without locks cannot tell.
    pub sole: bool,
    _held: Box<dyn Send>,
}

impl Debug for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Claim").field("sole", &self.sole).finish_non_exhaustive()
    }
}

/// A file under way. Dropped before [`complete`](Self::complete), it leaves nothing behind.
pub trait Upload: Send {
    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Makes the file durable and visible under its name, in place of an older one.
    ///
    /// # Errors
    ///
    /// When the store refuses, or the folder at the told path is no longer the one that was written to.
    fn complete(self: Box<Self>) -> Result<(), StoreError>;
}

/// Why a store refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused.
    #[error("{action} `{path}`")]
    Io {
        /// What was done: `create`, `write`, `rename`.
        action: &'static str,
        /// The path as the user knows it.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Another run writes files of these names.
    #[error(
        "files `{names}` of `{folder}` are being written by {by}; wait for its end, or write elsewhere"
    )]
    Claimed {
        /// The key of the names.
        names: String,
        /// The folder as the user knows it.
        folder: String,
        /// Who writes them, in words.
        by: String,
    },
    /// What was written is not where the user was told.
    #[error(
        "the folder `{folder}` was replaced while it was written to: the files are in the one that was moved away"
    )]
    Replaced {
        /// The folder as the user knows it.
        folder: String,
    },
    /// A path that leads out of the allowed root.
    #[error("`{path}` leads out of the output root `{root}`")]
    Outside {
        /// The path as given.
        path: String,
        /// The root.
        root: PathBuf,
    },
}
