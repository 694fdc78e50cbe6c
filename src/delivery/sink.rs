//! Sinks: an open target, used by one thread.

use std::fmt::{self, Debug};

use super::Receipt;
use crate::formats::Segment;
use crate::remote::{Failure, Io};

/// An open target, used by one thread.
///
/// `begin`, any number of `write`s, `seal`, and so on; then `end` or `abandon`. After an error only
/// [`abandon`](Self::abandon) is called. Whoever waits inside hears of the end of the run by the [`Io`] that the
/// target was opened with.
pub trait Sink: Send {
    /// Starts batch number `batch`. Of a target with [one commit at a time](super::About::commits) all batches
    /// before are published.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn begin(&mut self, batch: u64) -> Result<(), Failure>;

    /// Takes the next rows of the batch. It may return before they are acknowledged, and waits while as much
    /// is under way as may be.
    ///
    /// # Errors
    ///
    /// When the destination refuses these rows, or earlier ones.
    fn write(&mut self, segment: Segment) -> Result<(), Failure>;

    /// Ends the batch. What is still to be waited for until every row of it is at the destination is handed
    /// out, so that the next batch can begin meanwhile; nothing of the batch is visible before it is
    /// [published](super::Target::publish). `None` where the target seals all batches together, by
    /// [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn seal(&mut self) -> Result<Option<Sealing>, Failure>;

    /// Ends the run: what spans batches (one file for all) is sealed, and published then.
    ///
    /// # Errors
    ///
    /// When the destination refuses.
    fn end(self: Box<Self>) -> Result<Option<Sealing>, Failure>;

    /// The run ends early: what is not sealed is removed, as well as it goes in a moment. What stays behind is
    /// removed when the same run goes on.
    fn abandon(self: Box<Self>);
}

/// What is still to be waited for until a batch is sealed. Dropped, the batch is given up, and what is local of
/// it is removed.
pub struct Sealing(Box<Wait>);

type Wait = dyn FnOnce(&Io) -> Result<Receipt, Failure> + Send;

impl Sealing {
    /// A batch that is sealed when `wait` returns. It is called once, perhaps on another thread.
    pub fn later(wait: impl FnOnce(&Io) -> Result<Receipt, Failure> + Send + 'static) -> Self {
        Self(Box::new(wait))
    }

    /// A batch that is sealed already.
    pub(crate) fn done(receipt: Receipt) -> Self {
        Self::later(|_| Ok(receipt))
    }

    /// Waits until every row of the batch is at the destination.
    ///
    /// # Errors
    ///
    /// When the destination refuses; the batch is lost then.
    pub(crate) fn wait(self, io: &Io) -> Result<Receipt, Failure> {
        (self.0)(io)
    }
}

impl Debug for Sealing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sealing").finish_non_exhaustive()
    }
}
