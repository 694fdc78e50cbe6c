//! Targets: a connector with its settings, checked, not yet open; and what it says of itself.

use std::fmt::{self, Debug};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::Sink;
use super::files::exclusive_key;
use crate::formats::{Encoder, RecordEncoder, SegmentEncoder};
use crate::problems::{Problem, excerpt};
use crate::remote::{Failure, Io};
use crate::stores::Holder;

/// A connector with its settings, checked, not yet open.
///
/// A batch is *sealed* by the target's [`Sink`]: every row of it is at the destination, nothing is visible. The
/// [`Receipt`] is recorded, then the batch is [published](Self::publish) and counted. Whatever breaks in
/// between, the batch is published later or made again, byte for byte.
pub trait Target: Debug + Send + Sync {
    /// What others may know of it.
    fn about(&self) -> &About;

    /// What it takes.
    fn payload(&self) -> &Payload;

    /// Looks whether the destination can be reached and written to, and fits the rows. It leaves nothing
    /// behind; called before the first row, and by whoever only wants to know.
    ///
    /// # Errors
    ///
    /// Why not, with the setting to change as its cure.
    fn probe(&self, io: &Io) -> Result<(), Failure>;

    /// Opens it for one run alone. What interrupted runs of the same holder left goes, but for what
    /// [`Start::sealed`] lists; where the run goes on, what is published stays. Called by one thread at a
    /// time, once in a run, and again where the run goes on after a place lost the batch under way.
    ///
    /// # Errors
    ///
    /// When the destination cannot be made ready, or another run writes there.
    fn open(&self, start: &Start, io: &Io) -> Result<Opened, Failure>;

    /// Makes a sealed batch visible, for good. It is **idempotent**: after a crash it is called again, after
    /// [`open`](Self::open). Several batches may be published at a time, from several threads, as many as
    /// [`About::commits`] says.
    ///
    /// # Errors
    ///
    /// When the destination refuses; whether it is visible is unknown then, and it is published again later.
    fn publish(&self, receipt: &Receipt, io: &Io) -> Result<Published, Failure>;

    /// Removes a sealed batch that will not be published. It is **idempotent**, and no error where there is
    /// nothing.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn discard(&self, receipt: &Receipt, io: &Io) -> Result<(), Failure>;

    /// Removes what an interrupted run of `holder` left behind unsealed; that run does not go on.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn clean(&self, holder: &Holder, io: &Io) -> Result<(), Failure>;

    /// Whether the destination keeps something by which an interrupted run goes on, that is of no use once the run
    /// is over for good.
    fn keeps_position(&self) -> bool {
        false
    }

    /// Removes what the destination [keeps](Self::keeps_position) for `holder`. Called when it is recorded, on the disk,
    /// that every batch is published.
    ///
    /// # Errors
    ///
    /// When the destination refuses; what stays behind disturbs nobody.
    fn retire(&self, _holder: &Holder, _io: &Io) -> Result<(), Failure> {
        Ok(())
    }
}

/// What others may know of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The connector's name.
    pub connector: &'static str,
    /// Where its rows go.
    pub destination: Destination,
    /// When rows are acknowledged.
    pub durability: Durability,
    /// Batches that may be on their way from the end of writing to being published at a time, at least 1. With 1
    /// a batch is published before the next one begins.
    pub commits: usize,
    /// Bytes that its open sink holds at most, beside the segment that it is given: buffers, requests in
    /// flight. They count in the memory of the command.
    pub buffer_bytes: u64,
}

/// Where rows go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// In words, for people; no secrets.
    pub(crate) shown: String,
    /// What no other command may write meanwhile: those with an equal key run one after the other. `None`: any
    /// number may write there.
    pub(crate) exclusive: Option<String>,
    /// What an interrupted run must find again to go on: two texts are equal exactly where the rows of both
    /// belong together.
    pub(crate) identity: String,
}

impl Destination {
    /// That of files whose first one is at `path`.
    pub(crate) fn of_path(path: String) -> Self {
        Self { exclusive: Some(exclusive_key(&path)), identity: path.clone(), shown: path }
    }
}

/// Homes of earlier versions hold the path of the first file alone.
impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            Path(String),
            Whole { shown: String, exclusive: Option<String>, identity: String },
        }
        Ok(match Stored::deserialize(deserializer)? {
            Stored::Path(path) => Self::of_path(path),
            Stored::Whole { shown, exclusive, identity } => Self { shown, exclusive, identity },
        })
    }
}

/// When the rows of a target are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Each batch by itself.
    Batches,
    /// All batches of a run together, at its end (one file for all): an interrupted run begins again at its
    /// first batch.
    Run,
}

/// What a target takes.
#[derive(Debug, Clone)]
pub struct Payload {
    /// How rows are laid out.
    pub(crate) encoding: Encoding,
    /// The columns in their order, as numbers into the [table](crate::columns::Table) that was compiled; `None`:
    /// the visible ones.
    pub(crate) columns: Option<Vec<usize>>,
}

/// How rows are laid out.
#[derive(Debug, Clone)]
pub(crate) enum Encoding {
    /// As files.
    Files(Arc<dyn Encoder>),
    /// As records of a service.
    Records(Arc<dyn RecordEncoder>),
}

impl Payload {
    /// The visible columns as files.
    pub fn files(encoder: Arc<dyn Encoder>) -> Self {
        Self { encoding: Encoding::Files(encoder), columns: None }
    }

    /// The encoder of files, where it takes files.
    pub(crate) fn file_encoder(&self) -> Option<&Arc<dyn Encoder>> {
        match &self.encoding {
            Encoding::Files(encoder) => Some(encoder),
            Encoding::Records(_) => None,
        }
    }
}

impl Encoding {
    /// Rows of a segment: a power of two.
    pub(crate) fn segment_rows(&self) -> usize {
        match self {
            Self::Files(encoder) => encoder.segment_rows(),
            Self::Records(encoder) => encoder.segment_rows(),
        }
    }

    /// What makes segments smaller, in words.
    pub(crate) fn segment_option(&self) -> Option<&'static str> {
        match self {
            Self::Files(encoder) => encoder.segment_option(),
            Self::Records(encoder) => encoder.segment_option(),
        }
    }

    /// A worker's own encoder.
    pub(crate) fn segment_encoder(&self) -> Box<dyn SegmentEncoder> {
        match self {
            Self::Files(encoder) => encoder.segment_encoder(),
            Self::Records(encoder) => encoder.segment_encoder(),
        }
    }

    /// Whether both are the same encoder, so that what one made is right for the other.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Files(one), Self::Files(other)) => Arc::ptr_eq(one, other),
            (Self::Records(one), Self::Records(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// Who opens a target, and for which batches.
#[derive(Debug, Clone)]
pub struct Start {
    /// Who writes.
    pub(crate) holder: Holder,
    /// Numbers of the batches to come. Above 0 at first where earlier ones of the same command stay.
    pub(crate) batches: Range<u64>,
    /// What is sealed and will be published, or is perhaps already.
    pub(crate) sealed: Vec<Receipt>,
}

/// A target that is ready for rows.
#[expect(missing_debug_implementations, reason = "a sink holds clients and encoders")]
pub struct Opened {
    /// Takes the rows.
    pub(crate) sink: Box<dyn Sink>,
    /// Where it goes on: the first of [`Start::batches`], or a later one where the destination itself remembers
    /// that it has those before. They count as acknowledged.
    pub(crate) next_batch: u64,
    /// How rows are laid out, where only the open destination can say it (a topic's partitions, the id of a
    /// schema); `None`: as the payload says.
    pub(crate) encoding: Option<Encoding>,
    /// What earlier commands of the same names left there, and this one does not replace.
    pub(crate) beside: Option<Beside>,
    /// What keeps other runs away: it goes after the sink, when every batch of the run is published.
    pub(crate) hold: Box<dyn Send>,
}

impl Opened {
    /// A sink that begins where `start` says and knows no more than its target.
    pub fn new(sink: impl Sink + 'static, start: &Start) -> Self {
        Self {
            sink: Box::new(sink),
            next_batch: start.batches.start,
            encoding: None,
            beside: None,
            hold: Box::new(()),
        }
    }
}

/// Files of earlier commands that stay beside those of a run: a reader of the folder takes them for
/// rows of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// How many.
    pub(crate) files: u64,
    /// The path of the first one.
    pub(crate) first: String,
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

impl Beside {
    /// What the user of `connector` should know.
    pub(crate) fn warning(&self, connector: &str) -> Problem {
        let pointer = format!("connectors/{connector}");
        Problem::warning("files_beside", pointer, self.to_string())
            .hint("`DELETE_PREVIOUS=true` removes them before the first batch")
    }
}

/// What is known of a sealed batch: it is recorded before the batch is published, so it holds all that a later
/// process needs for that; some kilobytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// What will be acknowledged by publishing it.
    pub(crate) committed: Committed,
    /// What the connector needs for that: the name of a hidden file, the id of an upload.
    #[serde(default)]
    pub(crate) detail: Value,
}

/// Key of the batch's number in the detail of a receipt.
const BATCH: &str = "batch";

impl Receipt {
    /// The receipt of a batch whose number is all that its service needs: the service itself knows what it has.
    pub(crate) fn of_batch(batch: u64, committed: Committed) -> Self {
        Self { committed, detail: json!({ BATCH: batch }) }
    }

    /// The number of such a batch.
    pub(crate) fn batch(&self) -> Option<u64> {
        self.detail.get(BATCH)?.as_u64()
    }
}

/// What became of a sealed batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It is visible, now or already before.
    Done,
    /// What was sealed did not survive (an open transaction of a process that was killed): the batch is made
    /// again.
    Lost,
}

/// What a target has made durable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// Rows acknowledged.
    pub(crate) rows: u64,
    /// Bytes acknowledged.
    pub(crate) bytes: u64,
    /// Files that became visible.
    pub(crate) files: Vec<CommittedFile>,
}

/// A file that is complete under its final name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CommittedFile {
    /// Its path, as a user would open it.
    pub(crate) path: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// CRC-32 (IEEE) of its bytes, eight hexadecimal digits.
    pub(crate) crc32: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_comes_back_and_an_older_one_was_a_path() {
        let destination = Destination {
            shown: "topic `t` of broker:9092".into(),
            exclusive: None,
            identity: "kafka:xyz/t".into(),
        };
        let text = serde_json::to_string(&destination).unwrap();
        assert_eq!(serde_json::from_str::<Destination>(&text).unwrap(), destination);
        let older: Destination = serde_json::from_str(r#""/out/a-0000000000.csv""#).unwrap();
        assert_eq!(older, Destination::of_path("/out/a-0000000000.csv".into()));
        assert_eq!(older.exclusive.as_deref(), Some("/out/a.csv"));
    }
}
