//! Why a place did not take something.
//!
//! The kinds are closed: what is tried again, what ends a command and what its user can do follow from them,
//! and a new one has to be thought of everywhere.

use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Range;
use std::time::Duration;

/// What a failure means for whoever has to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It may go well the next time: an unreachable host, an overloaded service, a broken connection.
    Transient {
        /// How long the place wants to be left alone, where it says so.
        after: Option<Duration>,
    },
    /// The place understood and does not take it, now or later: a schema that does not fit, a value too large.
    Refused,
    /// The credentials are missing or wrong, or do not suffice.
    NotAllowed,
    /// What is written to is not there: a bucket, a topic, a folder.
    Missing,
    /// Somebody else writes there.
    Held,
    /// There is no room: a disk, a quota.
    Full,
    /// Somebody asked to stop.
    Cancelled,
    /// A fault in this program, or an answer that nobody understands.
    Fault,
}

impl Kind {
    /// Whether the same request may go well later.
    pub(crate) fn is_transient(self) -> bool {
        matches!(self, Self::Transient { .. })
    }
}

/// Why a place did not take something: what it said, where, and for which rows.
///
/// It reads as `rows 7 to 9: host: cause (cure)`; what has no rows, host or cure goes without.
#[derive(Debug)]
pub struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    /// The host or endpoint that said it, without secrets.
    place: Option<String>,
    /// The rows that are lost by it, by their numbers in the command.
    rows: Option<Range<u64>>,
    /// What the user can do.
    cure: Option<String>,
    cause: Box<dyn Error + Send + Sync>,
    /// Whether the batch under way is lost by it, and may be made again at once.
    again: bool,
}

impl Failure {
    /// A failure whose cause speaks for itself: an error, or a text.
    pub fn new(kind: Kind, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let cause = cause.into();
        Self(Box::new(Parts { kind, place: None, rows: None, cure: None, cause, again: false }))
    }

    /// One that may go well the next time.
    pub(crate) fn transient(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Transient { after: None }, cause)
    }

    /// A fault in this program, or an answer that nobody understands.
    pub(crate) fn fault(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Fault, cause)
    }

    /// Somebody asked to stop.
    pub(crate) fn cancelled() -> Self {
        Self::new(Kind::Cancelled, "cancelled")
    }

    /// With the host or endpoint that said it, unless an inner one is named already.
    #[must_use]
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place.get_or_insert_with(|| place.into());
        self
    }

    /// With the rows that are lost by it, unless they are known already.
    #[must_use]
    pub(crate) fn of_rows(mut self, rows: Range<u64>) -> Self {
        self.0.rows.get_or_insert(rows);
        self
    }

    /// With what the user can do, unless that is said already: a setting to change, a right to ask for.
    #[must_use]
    pub(crate) fn cured_by(mut self, cure: impl Into<String>) -> Self {
        self.0.cure.get_or_insert_with(|| cure.into());
        self
    }

    /// The same, of a place that has lost the batch under way and may take it once more: nobody has waited for it yet.
    #[must_use]
    pub fn made_again(mut self) -> Self {
        self.0.again = true;
        self
    }

    /// Whether the batch under way is lost by it, and may be [made again](Self::made_again).
    pub(crate) fn is_made_again(&self) -> bool {
        self.0.again
    }

    /// The same failure of another kind.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What it means.
    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What went wrong, as the type that said it.
    pub(crate) fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0.cause
    }

    /// Whether somebody asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.kind == Kind::Cancelled
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.rows {
            Some(rows) if rows.end == rows.start + 1 => write!(formatter, "row {}: ", rows.start)?,
            Some(rows) if rows.end > rows.start => {
                write!(formatter, "rows {} to {}: ", rows.start, rows.end - 1)?;
            }
            _ => {}
        }
        if let Some(place) = &self.0.place {
            write!(formatter, "`{place}`: ")?;
        }
        write!(formatter, "{}", self.0.cause)?;
        match &self.0.cure {
            Some(cure) => write!(formatter, " ({cure})"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The cause's own words stand in ours.
        self.0.cause.source()
    }
}

/// What an error of the operating system means.
impl From<&io::Error> for Kind {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotAllowed,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::NotConnected
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::TimedOut
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Interrupted => Self::Transient { after: None },
            _ => Self::Fault,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(Kind::from(&error), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::chain;

    #[derive(Debug, thiserror::Error)]
    #[error("write `a.csv`")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_failure_tells_rows_host_cause_and_cure_once() {
        let plain = Failure::new(Kind::Full, Outer(io::Error::other("no room")));
        let placed = Failure::transient("connection refused").at("broker:9092").of_rows(7..9);
        let one =
            Failure::new(Kind::Refused, "too large").of_rows(7..8).at("a").at("b").cured_by("c");
        let told = [chain(&plain), chain(&placed), chain(&one)].join("\n");
        insta::assert_snapshot!(told, @r"
        write `a.csv`: no room
        rows 7 to 8: `broker:9092`: connection refused
        row 7: `a`: too large (c)
        ");
        assert!(placed.kind().is_transient());
        assert!(plain.cause().is::<Outer>());
    }
}
