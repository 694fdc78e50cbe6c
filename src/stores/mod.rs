//! Stores: where files go.
//!
//! A [`StoreKind`] reads its settings and gives a [`Store`], which keeps files that appear under their final name
//! only when they are complete: an [`Upload`] is *sealed* (every byte is there, nothing is visible), then
//! *published*, which is idempotent. Every store takes files of every format: the connectors are made of both
//! lists. A store knows nothing of formats, batches or models.
//!
//! To add a store: write `stores/<name>.rs`, then its two lines below.

mod local;
mod names;
mod s3;

use std::fmt::{self, Debug};
use std::io;
use std::path::PathBuf;

use serde_json::Value;

use crate::attributes::{Attribute, Reader};
use crate::remote::{Failure, Io, Kind};

#[cfg(test)]
pub(crate) use self::local::Local;
pub(crate) use self::local::real;

/// Every store, in the order that listings show them.
pub(crate) static STORES: &[&dyn StoreKind] = &[&local::LocalFiles, &s3::S3Files];

/// A kind of store: what the first part of connectors' names stands for.
pub(crate) trait StoreKind: Sync + Debug {
    /// What stands before the format in the connectors' names: `s3_`; nothing for the local store.
    fn prefix(&self) -> &'static str;

    /// One sentence for listings.
    fn summary(&self) -> &'static str;

    /// The settings that it reads.
    fn attributes(&self) -> &'static [Attribute];

    /// Checks the settings, without any input or output; `None` after adding errors to `settings`.
    fn compile(&self, settings: &mut Reader<'_>, base: &OutputBase) -> Option<Located>;
}

/// A store with its settings, and what the names of files begin with.
#[derive(Debug)]
pub(crate) struct Located {
    /// Takes the files.
    pub(crate) store: Box<dyn Store>,
    /// The beginning of the files' names.
    pub(crate) name: String,
}

/// Where a command may write, and what its outputs are called when the model does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OutputBase {
    /// The folder that all local outputs stay below.
    pub(crate) output_root: PathBuf,
    /// The folder below `output_root` for models that name none.
    pub(crate) default_folder: String,
    /// The file name for models that name none.
    pub(crate) default_name: String,
}

/// A folder of files.
pub(crate) trait Store: Debug + Send + Sync {
    /// What tells it from all others: equal exactly for stores whose files of one name are the same file.
    fn key(&self) -> String;

    /// Batches that may be on their way from the end of writing to being published at a time, at least 1.
    fn commits(&self) -> usize;

    /// Bytes that uploads under way hold in memory at most, all together.
    fn buffer_bytes(&self) -> u64 {
        0
    }

    /// Looks whether files can be written there; leaves nothing behind.
    ///
    /// # Errors
    ///
    /// Why not.
    fn probe(&self, io: &Io) -> Result<(), Failure>;

    /// Makes the folder ready to take files.
    ///
    /// # Errors
    ///
    /// When it cannot be made or is not below the allowed root.
    fn prepare(&self, io: &Io) -> Result<(), Failure>;

    /// Keeps `names`, a key for all names that a run may use, for `holder` alone until the claim is
    /// dropped or the process ends. Two runs that may use one name must claim the same key.
    ///
    /// # Errors
    ///
    /// When another run has them ([`Kind::Held`]), or when the store refuses.
    fn claim(&self, names: &str, holder: &Holder, io: &Io) -> Result<Claim, Failure>;

    /// Starts the file that will be called `name`; nothing is visible under that name before it is
    /// [published](Self::publish).
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn create(&self, name: &str, holder: &Holder, io: &Io) -> Result<Box<dyn Upload>, Failure>;

    /// Makes a sealed file visible under its name, in place of an older one, and durable. Idempotent; `false`
    /// where what was sealed is gone and the file of that name is another one.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn publish(&self, sealed: &Sealed, io: &Io) -> Result<bool, Failure>;

    /// Removes a sealed file that will not be published. Idempotent.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn discard(&self, sealed: &Sealed, io: &Io) -> Result<(), Failure>;

    /// The names of the files in the folder that begin with `beginning`, in order. Unfinished files are not
    /// among them.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn list(&self, beginning: &str, io: &Io) -> Result<Vec<String>, Failure>;

    /// Removes the files `names`; it is no error when there is none of a name.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn remove(&self, names: &[String], io: &Io) -> Result<(), Failure>;

    /// Removes what interrupted uploads left behind, but for what is `sealed`: where `is_left` says so of the
    /// file's name and the [id](Holder::id) of who wrote it.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn remove_unfinished(
        &self,
        is_left: &dyn Fn(&str, &str) -> bool,
        sealed: &[Sealed],
        io: &Io,
    ) -> Result<(), Failure>;

    /// The full path of the file `name`, as a user would open it.
    fn path_of(&self, name: &str) -> String;
}

/// A file that is whole and not yet visible.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sealed {
    /// Its final name.
    pub(crate) name: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// CRC-32 (IEEE) of its bytes, eight hexadecimal digits.
    pub(crate) crc32: String,
    /// What the store needs to publish it: what its [`Upload`] said.
    pub(crate) detail: Value,
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
pub(crate) struct Claim {
    /// Whether nobody else can hold them. Only a store without locks cannot tell.
    pub(crate) sole: bool,
    _held: Box<dyn Send>,
}

impl Debug for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Claim").field("sole", &self.sole).finish_non_exhaustive()
    }
}

/// What is still to be waited for until a file is sealed: then it answers the [`Sealed::detail`]. It is called
/// once, perhaps on another thread; dropped, the file is given up.
pub(crate) type Seal = Box<dyn FnOnce(&Io) -> Result<Value, Failure> + Send>;

/// A file under way, written by one thread.
pub(crate) trait Upload: Send {
    /// Appends `bytes`, and leaves an empty buffer: perhaps another one, for it may keep this one.
    ///
    /// # Errors
    ///
    /// When the store refuses these bytes, or earlier ones.
    fn write(&mut self, bytes: &mut Vec<u8>) -> Result<(), Failure>;

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// When the store refuses.
    fn seal(self: Box<Self>) -> Result<Seal, Failure>;

    /// Gives the file up: what is there of it is removed, as well as it goes in a moment.
    fn abandon(self: Box<Self>);
}

/// Why a local store refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StoreError {
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

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Io { source, .. } => Kind::from(source),
            StoreError::Claimed { .. } => Kind::Held,
            StoreError::Replaced { .. } => Kind::Missing,
            StoreError::Outside { .. } => Kind::NotAllowed,
        };
        Self::new(kind, error)
    }
}
