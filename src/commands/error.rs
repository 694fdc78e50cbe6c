//! Why the tracker refused.

use std::time::Duration;

use uuid::Uuid;

use super::queue_places::NoPlace;
use crate::draft::{OperatorError, Refusal};
use crate::home::{self, IllegalTransition, ScheduleError, SealError, Status, StoreError};

/// Why the tracker could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OpenError {
    /// The home cannot be used.
    #[error(transparent)]
    Home(#[from] home::OpenError),
    /// What the operator sets of connectors cannot be.
    #[error("settings")]
    Operator(#[from] OperatorError),
    /// The system gives no thread.
    #[error("start a thread")]
    Thread {
        /// What it said.
        source: std::io::Error,
    },
}

/// Why a command was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SubmitError {
    /// The model, an option or a number is wrong.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// As many commands wait as may wait.
    #[error("{waiting} commands{whose} wait already, come again in {} s", retry_after.as_secs())]
    QueueFull {
        /// How many.
        waiting: usize,
        /// Whose, where they are all of one user: one of several may have half of all places.
        whose: &'static str,
        /// When there is probably room again: whole seconds.
        retry_after: Duration,
    },
    /// As many schedules are stored as may be stored.
    #[error("{schedules} schedules are stored already, remove one first")]
    TooManySchedules {
        /// How many.
        schedules: usize,
    },
    /// The secrets cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The process is about to end.
    #[error("the server is stopping")]
    Stopping,
    /// The command store refused.
    #[error(transparent)]
    Record(#[from] StoreError),
    /// The user code of the model could not be stored.
    #[error("store the user code of the model")]
    UserCode {
        /// What the system said.
        source: std::io::Error,
    },
}

/// Why something could not be done with a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CommandError {
    /// There is none of that key.
    #[error("no command {id}")]
    Unknown {
        /// The key.
        id: Uuid,
    },
    /// It does not stand where it would have to.
    #[error("command {id} is {status}, expected {expected}")]
    WrongStatus {
        /// The command.
        id: Uuid,
        /// Where it stands.
        status: Status,
        /// Where it would have to stand, in words.
        expected: &'static str,
    },
    /// It has no schedule.
    #[error("command {id} has no schedule")]
    NotScheduled {
        /// The command.
        id: Uuid,
    },
    /// As many commands wait as may wait.
    #[error("{waiting} commands{whose} wait already, come again in {} s", retry_after.as_secs())]
    QueueFull {
        /// How many.
        waiting: usize,
        /// Whose, where they are all of one user: one of several may have half of all places.
        whose: &'static str,
        /// When there is probably room again: whole seconds.
        retry_after: Duration,
    },
    /// No command goes that way.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// The user code that it was accepted with cannot be read.
    #[error("read the user code of the command")]
    UserCode {
        /// What the system said.
        source: std::io::Error,
    },
    /// The command store refused.
    #[error(transparent)]
    Record(#[from] StoreError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Home(error.into())
    }
}

impl From<NoPlace> for SubmitError {
    fn from(place: NoPlace) -> Self {
        let NoPlace { waiting, retry_after, .. } = place;
        Self::QueueFull { waiting, whose: place.whose(), retry_after }
    }
}

impl From<NoPlace> for CommandError {
    fn from(place: NoPlace) -> Self {
        let NoPlace { waiting, retry_after, .. } = place;
        Self::QueueFull { waiting, whose: place.whose(), retry_after }
    }
}
