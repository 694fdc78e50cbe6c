//! What a command is: the accepted request, and how far it has come.
//!
//! Plain data. The model's text is not part of it: a list of commands must not drag megabytes along;
//! the store keeps it, see [`Tracker::model`](super::Tracker::model).

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Schedule, Status};
use crate::sandbox::Failures;

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The model's JSON, kept verbatim.
    pub model: String,
    /// The folder that the model stands in, where it stands in one.
    pub model_folder: Option<PathBuf>,
    /// What the user called the model: a path, a stored name, the name of an uploaded file.
    pub model_label: String,
    /// Connector names as the user gave them.
    pub connectors: Vec<String>,
    /// Rows of a batch.
    pub rows: u64,
    /// Batches of a run.
    pub batches: u64,
    /// Worker threads.
    pub threads: u64,
    /// Seed of all random numbers; drawn when there is none.
    pub seed: Option<u64>,
    /// Microseconds since 1970-01-01T00:00:00Z; the time of acceptance when there is none.
    pub now: Option<i64>,
    /// Settings of this call: they win over the model's.
    pub overrides: Vec<(String, String)>,
    /// When it runs again.
    pub schedule: Option<Schedule>,
    /// Who asks; empty where nobody has to say.
    pub owner: String,
}

impl Submission {
    /// A request for one run of one row by one thread: everything else is set by name.
    pub fn new(model: impl Into<String>, connectors: Vec<String>) -> Self {
        Self {
            model: model.into(),
            model_folder: None,
            model_label: String::new(),
            connectors,
            rows: 1,
            batches: 1,
            threads: 1,
            seed: None,
            now: None,
            overrides: Vec::new(),
            schedule: None,
            owner: String::new(),
        }
    }
}

/// An accepted request and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its key.
    pub id: Uuid,
    /// Who asked; empty where nobody had to say.
    pub owner: String,
    /// The model's name.
    pub model_name: String,
    /// What the user called the model.
    pub model_label: String,
    /// The folder that the model stood in, where it stood in one.
    pub model_folder: Option<PathBuf>,
    /// Names of the connectors, each once.
    pub connectors: Vec<String>,
    /// Where each connector's rows go, in words: two commands with the same destination run one after
    /// the other.
    pub destinations: Vec<String>,
    /// Rows of a batch.
    pub rows: u64,
    /// Batches of a run.
    pub batches: u64,
    /// Worker threads.
    pub threads: usize,
    /// Seed of all random numbers.
    pub seed: u64,
    /// The point in time that the model takes for now: microseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Settings of this call.
    pub overrides: Vec<(String, String)>,
    /// When it runs again.
    pub schedule: Option<Schedule>,
    /// Whether its schedule is held.
    pub paused: bool,
    /// When it was accepted.
    pub accepted: DateTime<Utc>,
    /// When its current or last run began; a run that goes on after a restart keeps its time.
    pub started: Option<DateTime<Utc>>,
    /// When its last run ended.
    pub finished: Option<DateTime<Utc>>,
    /// Where it stands.
    pub status: Status,
    /// Why it failed; empty otherwise.
    pub comment: String,
    /// Runs that were finished.
    pub runs: u64,
    /// When it runs next; `None`: as soon as it is its turn, or never.
    pub next_run: Option<DateTime<Utc>>,
    /// Number of the current or last run's first batch: batches count on from run to run.
    pub first_batch: u64,
    /// The first batch that not every connector has committed: where an interrupted run goes on.
    pub next_batch: u64,
    /// Rows of committed batches, over all runs, that are null because user code failed on them.
    pub failures: Failures,
}

impl Command {
    /// The number after the last batch of the current or last run.
    pub fn end_batch(&self) -> u64 {
        self.first_batch.saturating_add(self.batches)
    }

    /// Rows of a run.
    pub fn total_rows(&self) -> u64 {
        self.rows.saturating_mul(self.batches)
    }

    /// Whether a timer starts its next run.
    pub(super) fn waits_for_time(&self) -> bool {
        self.next_run.is_some()
            && !self.paused
            && matches!(self.status, Status::Queued | Status::Finished)
    }

    /// Whether something may still happen to it by itself.
    pub(super) fn is_live(&self) -> bool {
        !self.status.is_over() || (self.status == Status::Finished && self.schedule.is_some())
    }
}

/// A step of a command's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Where it went.
    pub status: Status,
    /// When.
    pub time: DateTime<Utc>,
    /// Why, for `FAILED`.
    pub comment: String,
}

/// What one connector has acknowledged over all runs of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectorTotal {
    /// The connector's name.
    pub connector: String,
    /// Where its rows go, in words.
    pub destination: String,
    /// Rows acknowledged.
    pub rows: u64,
    /// Bytes acknowledged.
    pub bytes: u64,
    /// Files that became visible.
    pub files: u64,
}

/// A file that a command made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFile {
    /// The connector's name.
    pub connector: String,
    /// The batch it holds; the last one where it holds all.
    pub batch: u64,
    /// Its path, as a user would open it.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// CRC-32 (IEEE) of its bytes, eight hexadecimal digits.
    pub crc32: String,
}

/// Which commands a list holds; the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that stand here.
    pub status: Option<Status>,
    /// Only those with a schedule, or only those without.
    pub scheduled: Option<bool>,
    /// Only this user's.
    pub owner: Option<String>,
    /// Only those accepted then or later.
    pub since: Option<DateTime<Utc>>,
    /// At most so many; `None`: all.
    pub limit: Option<u64>,
    /// Leave out so many first.
    pub offset: u64,
}
