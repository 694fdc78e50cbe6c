//! Connectors: where rows go.
//!
//! A [`Connector`] checks its settings against the schema once and gives a [`Target`]; an opened
//! target is a [`Sink`], which takes encoded segments in row order and commits batches. A batch is
//! the unit of commit: what a sink has committed is complete and acknowledged, what it has not
//! committed leaves no trace.
//!
//! Sinks know formats and stores; they know nothing of models, threads or commands.
//!
//! To add a service: write `sinks/<name>.rs`, then its `mod` line below and its entry in [`connectors`]; its
//! name goes from [`TO_COME`]. A service that takes no files still has no contract of its own here.

mod declared;
mod file;
mod names;
mod stdout;

use std::collections::BTreeSet;
use std::fmt::{self, Debug};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::attributes::{Attribute, Reader, Settings};
use crate::columns::Schema;
use crate::formats::{EncodeError, Encoder, Segment};
use crate::problems::{Problem, Problems, did_you_mean, excerpt};
use crate::stores::StoreError;

pub use self::declared::is_secret;
pub use crate::stores::Holder;
pub use file::exclusive_key;
pub use stdout::Stdout;

/// Every connector that works, in the order that listings show them.
pub fn connectors() -> impl Iterator<Item = &'static dyn Connector> {
    file::CONNECTORS.iter().map(|connector| connector as &dyn Connector)
}

/// Connectors of the reference that are still to come: they are known, and refused by name.
pub const TO_COME: &[&str] = &[
    "hdfs_csv",
    "hdfs_json",
    "hdfs_avro",
    "hdfs_parquet",
    "hdfs_orc",
    "ozone_csv",
    "ozone_json",
    "ozone_avro",
    "ozone_parquet",
    "ozone_orc",
    "s3_csv",
    "s3_json",
    "s3_avro",
    "s3_parquet",
    "s3_orc",
    "adls_csv",
    "adls_json",
    "adls_avro",
    "adls_parquet",
    "adls_orc",
    "gcs_csv",
    "gcs_json",
    "gcs_avro",
    "gcs_parquet",
    "gcs_orc",
    "hive",
    "hbase",
    "kafka",
    "kudu",
    "solr",
    "ozone",
    "api",
];

/// Settings of connectors to come: a model may hold them, and they have no effect yet.
const SETTINGS_TO_COME: &[&str] =
    &["HDFS_", "HIVE_", "HBASE_", "KAFKA_", "KUDU_", "SOLR_", "OZONE_", "S3_", "ADLS_", "GCS_"];

/// What a connector's name stands for.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// It works.
    Known(&'static dyn Connector),
    /// It is the name of one that does not exist yet.
    ToCome(&'static str),
}

/// The connector that a user calls `name`: letter case and `-` or `_` do not matter.
///
/// # Errors
///
/// [`UnknownConnector`], when there is none of that name.
pub fn find(name: &str) -> Result<Named, UnknownConnector> {
    let folded = name.trim().to_ascii_lowercase().replace('-', "_");
    if let Some(connector) = connectors().find(|connector| connector.name() == folded) {
        return Ok(Named::Known(connector));
    }
    if let Some(name) = TO_COME.iter().find(|name| **name == folded) {
        return Ok(Named::ToCome(name));
    }
    let closest = did_you_mean(&folded, connectors().map(Connector::name)).map(str::to_owned);
    Err(UnknownConnector { name: excerpt(name), closest })
}

/// The names of all connectors that work.
pub fn names() -> Vec<&'static str> {
    connectors().map(Connector::name).collect()
}

/// A name that is no connector's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown connector `{name}`, expected one of {}", names().join(", "))]
pub struct UnknownConnector {
    /// The name as given.
    pub name: String,
    /// The name that was probably meant.
    pub closest: Option<String>,
}

/// What the API and the CLI call by name.
pub trait Connector: Sync + Debug {
    /// The name: `csv`, `s3_parquet`, `kafka`.
    fn name(&self) -> &'static str;

    /// One sentence for listings.
    fn summary(&self) -> String;

    /// The settings that this connector reads.
    fn attributes(&self) -> Vec<Attribute>;

    /// Checks settings and schema; `None` after adding errors to `settings`.
    fn compile(
        &self,
        schema: &Arc<Schema>,
        settings: &mut Reader<'_>,
        base: &OutputBase,
    ) -> Option<Arc<dyn Target>>;
}

/// Where a command may write, and what its outputs are called when the model does not say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputBase {
    /// The folder that all local outputs stay below.
    pub output_root: PathBuf,
    /// The folder below `output_root` for models that name none.
    pub default_folder: String,
    /// The file name for models that name none.
    pub default_name: String,
}

/// A connector with its settings, checked, not yet open.
pub trait Target: Debug + Send + Sync {
    /// The connector's name.
    fn connector(&self) -> &'static str;

    /// How rows are encoded for it.
    fn encoder(&self) -> &Arc<dyn Encoder>;

    /// Where the rows go, in words, for progress and answers: a path pattern, a topic.
    fn destination(&self) -> String;

    /// Whether each batch is durable by itself. When not (one file for all batches), rows are
    /// acknowledged by [`Sink::finish`] only, and an interrupted run begins again at its first batch.
    fn commits_batches(&self) -> bool;

    /// Opens it for one run alone. Leftovers of interrupted runs are removed; where the run goes on,
    /// what is committed stays.
    ///
    /// # Errors
    ///
    /// When the destination cannot be made ready, or another run writes there.
    fn open(&self, start: &Start) -> Result<Opened, SinkError>;

    /// Removes what an interrupted run of `holder` left behind uncommitted; that run does not go on.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn discard(&self, holder: &Holder) -> Result<(), SinkError>;
}

/// Who opens a target, and for which batches.
#[derive(Debug, Clone)]
pub struct Start {
    /// Who writes.
    pub holder: Holder,
    /// Numbers of the batches to come. Above 0 at first where earlier ones of the same command stay.
    pub batches: Range<u64>,
}

/// A target that is ready for rows.
#[expect(missing_debug_implementations, reason = "a sink holds clients and encoders")]
pub struct Opened {
    /// Takes the rows.
    pub sink: Box<dyn Sink>,
    /// What earlier commands of the same names left there, and this one does not replace.
    pub beside: Option<Beside>,
}

/// Files of earlier commands that stay beside those of a run: a reader of the folder takes them for
/// rows of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// How many.
    pub files: u64,
    /// The path of the first one.
    pub first: String,
}

impl fmt::Display for Beside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = excerpt(&self.first);
        match self.files {
            1 => write!(
                formatter,
                "a file of an earlier run stays beside those of this one: `{first}`"
            ),
            files => write!(
                formatter,
                "{files} files of earlier runs stay beside those of this one, the first is `{first}`"
            ),
        }
    }
}

/// What removes the files of [`Beside`].
pub const BESIDE_HINT: &str = "`DELETE_PREVIOUS=true` removes them before the first batch";

/// An open connector, used by one writer.
///
/// `begin_batch`, any number of `write`s, `commit_batch`, and so on; then `finish`. After an error
/// nothing more is called. A sink that is dropped before `finish` removes what is not committed.
pub trait Sink: Send {
    /// Starts batch number `batch`.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn begin_batch(&mut self, batch: u64) -> Result<(), SinkError>;

    /// Takes the next rows of the batch.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn write(&mut self, segment: Segment) -> Result<(), SinkError>;

    /// Makes the batch durable: on return every row of it is acknowledged.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn commit_batch(&mut self) -> Result<Committed, SinkError>;

    /// Ends the command: what spans batches (one file for all) becomes visible.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn finish(&mut self) -> Result<Committed, SinkError>;
}

/// What a sink has made durable since the last time it was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// Rows acknowledged.
    pub rows: u64,
    /// Bytes acknowledged.
    pub bytes: u64,
    /// Files that became visible.
    pub files: Vec<CommittedFile>,
}

/// A file that is complete under its final name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedFile {
    /// Its path, as a user would open it.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// CRC-32 (IEEE) of its bytes, eight hexadecimal digits.
    pub crc32: String,
}

/// Why a sink could not take or commit rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rows could not be laid out as a file.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Warns of settings that no connector of the call reads, each once.
pub fn warn_unused(settings: &Settings, used: &[&'static dyn Connector], problems: &mut Problems) {
    let names =
        |connectors: &mut dyn Iterator<Item = &'static dyn Connector>| -> BTreeSet<&'static str> {
            connectors.flat_map(Connector::attributes).map(|attribute| attribute.name).collect()
        };
    let read = names(&mut used.iter().copied());
    let known = names(&mut connectors());
    for key in settings.keys() {
        if read.contains(key) || known.contains(key) {
            continue;
        }
        if !problems.has_room_for_warnings() {
            break;
        }
        let pointer = settings.pointer(key);
        if SETTINGS_TO_COME.iter().any(|prefix| key.starts_with(prefix)) {
            continue;
        }
        let mut problem = Problem::warning(
            "unknown_option",
            pointer,
            format!("unknown option `{}` has no effect", excerpt(key)),
        );
        if let Some(name) = did_you_mean(key, known.iter().copied()) {
            problem = problem.hint(format!("did you mean `{name}`?"));
        }
        problems.push(problem);
    }
}
