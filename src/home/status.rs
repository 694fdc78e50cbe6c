//! Status: where a command stands, and which way it may go.
//!
//! The one place that knows the legal transitions; everything that changes a status asks here first.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Accepted, waits for its turn or for its time.
    Queued,
    /// A runner has taken it: its model is compiled, its connectors are opened.
    Starting,
    /// Rows are made.
    Running,
    /// Every row of every batch was acknowledged by every connector.
    Finished,
    /// It ended early; the comment says why. What was committed stays.
    Failed,
}

impl Status {
    /// Every status, in the order of a command's life.
    pub(crate) const ALL: [Self; 5] =
        [Self::Queued, Self::Starting, Self::Running, Self::Finished, Self::Failed];

    /// The name that clients and the store know.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
        }
    }

    /// Whether a runner has the command.
    pub(crate) fn is_under_way(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }

    /// Whether nothing more happens by itself, schedules apart.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Failed)
    }

    /// `next`, when a command may go there from here.
    ///
    /// # Errors
    ///
    /// [`IllegalTransition`].
    pub(crate) fn to(self, next: Self) -> Result<Self, IllegalTransition> {
        use Status::{Failed, Finished, Queued, Running, Starting};
        let legal = match (self, next) {
            (Queued, Starting) | (Starting, Running) | (Running, Finished) => true,
            (Queued | Starting | Running, Failed) => true,
            // The process ended while the command was under way: it goes on after the next start.
            (Starting | Running, Queued) => true,
            // The next run of a schedule; another try of what failed.
            (Finished | Failed, Queued) => true,
            _ => false,
        };
        if legal { Ok(next) } else { Err(IllegalTransition { from: self, to: next }) }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    /// Letter case does not matter; `STARTED` is the older name of `STARTING`.
    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let name = text.trim().to_ascii_uppercase();
        let name = if name == "STARTED" { "STARTING" } else { &name };
        Self::ALL
            .into_iter()
            .find(|status| status.name() == name)
            .ok_or_else(|| UnknownStatus { name: crate::problems::excerpt(text) })
    }
}

/// A text that is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown status `{name}`, expected QUEUED, STARTING, RUNNING, FINISHED or FAILED")]
pub(crate) struct UnknownStatus {
    /// The text.
    pub(crate) name: String,
}

/// A way that no command goes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a command that is {from} cannot become {to}")]
pub(crate) struct IllegalTransition {
    /// Where it stands.
    pub(crate) from: Status,
    /// Where it should have gone.
    pub(crate) to: Status,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_of_a_command_are_these_and_no_others() {
        let mut table = String::new();
        for from in Status::ALL {
            let next = Status::ALL.into_iter().filter(|next| from.to(*next).is_ok());
            let next: Vec<_> = next.map(Status::name).collect();
            table.push_str(&format!("{from} -> {}\n", next.join(", ")));
        }
        insta::assert_snapshot!(table, @r"
        QUEUED -> STARTING, FAILED
        STARTING -> QUEUED, RUNNING, FAILED
        RUNNING -> QUEUED, FINISHED, FAILED
        FINISHED -> QUEUED
        FAILED -> QUEUED
        ");
    }

    #[test]
    fn a_status_is_read_as_clients_write_it() {
        assert_eq!("finished".parse(), Ok(Status::Finished));
        assert_eq!(" STARTED ".parse(), Ok(Status::Starting));
        insta::assert_snapshot!("DONE".parse::<Status>().unwrap_err(), @"unknown status `DONE`, expected QUEUED, STARTING, RUNNING, FINISHED or FAILED");
    }
}
