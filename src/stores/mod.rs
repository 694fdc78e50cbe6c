//! Stores: where files go.
//!
//! A [`Store`] keeps files that appear under their final name only when they are complete. It knows
//! nothing of formats, batches or models.
//!
//! To add a store: write `stores/<name>.rs`, then its `mod` line below and its connectors in
//! `sinks/file.rs`.

pub mod local;

use std::fmt::Debug;
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

    /// Starts the file that will be called `name`; nothing is visible under that name before
    /// [`Upload::complete`].
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError>;

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

    /// Removes what an interrupted upload of `name` left behind.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn remove_unfinished(&self, name: &str) -> Result<(), StoreError>;

    /// The full path of the file `name`, as a user would open it.
    fn path_of(&self, name: &str) -> String;
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
    /// When the store refuses; the file is then not visible.
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
    /// A path that leads out of the allowed root.
    #[error("`{path}` leads out of the output root `{root}`")]
    Outside {
        /// The path as given.
        path: String,
        /// The root.
        root: PathBuf,
    },
}
