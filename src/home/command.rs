//! What a command is: the accepted request, and how far it has come.
//!
//! Plain data. The model's text is not part of it: a list of commands must not drag megabytes along;
//! the store keeps it, see [`Store::model`](super::Store::model).

use std::fmt;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Order, Status};
use crate::delivery::Destination;
use crate::failures::Failures;
use crate::secrets::Secrets;

/// What somebody asks for: an order and the model that it is for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Submission {
    /// The model's JSON, stored verbatim, but for its secrets.
    pub(crate) model: String,
    /// The folder that the model stands in, where it stands in one.
    pub(crate) model_folder: Option<PathBuf>,
    /// What the user called the model: a path, a stored name, the name of an uploaded file.
    pub(crate) model_label: String,
    /// Everything else that is asked.
    pub(crate) order: Order,
    /// Who asks; empty where nobody has to say.
    pub(crate) owner: String,
    /// The secrets of a stored model, whose text has masks in their places.
    pub(crate) secrets: Secrets,
}

/// Without the model's text: it may hold secrets.
impl fmt::Debug for Submission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Submission")
            .field("model_folder", &self.model_folder)
            .field("model_label", &self.model_label)
            .field("order", &self.order)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// An accepted request and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// Its key.
    pub(crate) id: Uuid,
    /// Who asked; empty where nobody had to say.
    pub(crate) owner: String,
    /// The model's name.
    pub(crate) model_name: String,
    /// What the user called the model.
    pub(crate) model_label: String,
    /// The folder that the model stood in, where it stood in one.
    pub(crate) model_folder: Option<PathBuf>,
    /// What was asked for.
    pub(crate) order: Order,
    /// Where each connector's rows go: two commands with the same exclusive key run one after the
    /// other.
    pub(crate) destinations: Vec<Destination>,
    /// Whether its schedule is held.
    pub(crate) paused: bool,
    /// When it was accepted.
    pub(crate) accepted: DateTime<Utc>,
    /// When its current or last run began; a run that goes on after a restart keeps its time.
    pub(crate) started: Option<DateTime<Utc>>,
    /// When its last run ended.
    pub(crate) finished: Option<DateTime<Utc>>,
    /// Where it stands.
    pub(crate) status: Status,
    /// Why it failed; empty otherwise.
    pub(crate) comment: String,
    /// Runs that were finished.
    pub(crate) runs: u64,
    /// When it runs next; `None`: as soon as it is its turn, or never.
    pub(crate) next_run: Option<DateTime<Utc>>,
    /// Number of the current or last run's first batch: batches count on from run to run.
    pub(crate) first_batch: u64,
    /// The first batch that not every connector has committed: where an interrupted run goes on.
    pub(crate) next_batch: u64,
    /// Rows of committed batches, over all runs, that are null because user code failed on them.
    pub(crate) failures: Failures,
    /// How often the process ended while it ran, since it last committed a batch.
    pub(crate) interruptions: u64,
    /// Time of its last run that is over, by a clock that nobody sets: milliseconds.
    pub(crate) run_milliseconds: Option<u64>,
}

impl Command {
    /// The number after the last batch of the current or last run.
    pub(crate) fn end_batch(&self) -> u64 {
        self.first_batch.saturating_add(self.order.batches)
    }

    /// Whether a timer starts its next run.
    pub(crate) fn waits_for_time(&self) -> bool {
        self.next_run.is_some()
            && !self.paused
            && matches!(self.status, Status::Queued | Status::Finished)
    }

    /// Whether something may still happen to it by itself.
    pub(crate) fn is_live(&self) -> bool {
        !self.status.is_over() || (self.status == Status::Finished && self.order.schedule.is_some())
    }
}

/// A step of a command's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transition {
    /// Where it went.
    pub(crate) status: Status,
    /// When.
    pub(crate) time: DateTime<Utc>,
    /// Why, for `FAILED`.
    pub(crate) comment: String,
}

/// What one connector has acknowledged over all runs of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConnectorTotal {
    /// The connector's name.
    pub(crate) connector: String,
    /// Where its rows go, in words.
    pub(crate) destination: String,
    /// Rows acknowledged.
    pub(crate) rows: u64,
    /// Bytes acknowledged.
    pub(crate) bytes: u64,
    /// Files that became visible.
    pub(crate) files: u64,
    /// How often requests were repeated, over all runs.
    pub(crate) retries: u64,
}

/// A file that a command made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MadeFile {
    /// The connector's name.
    pub(crate) connector: String,
    /// The batch it holds; the last one where it holds all.
    pub(crate) batch: u64,
    /// Its path, as a user would open it.
    pub(crate) path: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// CRC-32 (IEEE) of its bytes, eight hexadecimal digits.
    pub(crate) crc32: String,
}

/// A part of a list, and how long the whole is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<T> {
    /// What is told.
    pub(crate) items: Vec<T>,
    /// How many there are.
    pub(crate) total: u64,
}

/// Which commands a list holds; the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only those that stand here.
    pub(crate) status: Option<Status>,
    /// Only those with a schedule, or only those without.
    pub(crate) scheduled: Option<bool>,
    /// Only this user's.
    pub(crate) owner: Option<String>,
    /// Only those accepted then or later.
    pub(crate) since: Option<DateTime<Utc>>,
    /// At most so many; `None`: all.
    pub(crate) limit: Option<u64>,
    /// Leave out so many first.
    pub(crate) offset: u64,
}
