//! The token by which whoever waits hears that nobody wants the result any more.

use tokio_util::sync::CancellationToken;

use super::Failure;

/// Whether somebody asked to stop. Clones are the same token.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel(CancellationToken);

impl Cancel {
    /// Asks to stop, for good.
    pub(crate) fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether somebody asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// A token that is cancelled with this one, and by itself without this one.
    #[must_use]
    pub(crate) fn child(&self) -> Self {
        Self(self.0.child_token())
    }

    /// Refuses to go on where somebody asked to stop.
    ///
    /// # Errors
    ///
    /// [`Kind::Cancelled`](super::Kind::Cancelled).
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.is_cancelled() { Err(Failure::cancelled()) } else { Ok(()) }
    }

    /// What `future` comes to, unless somebody asks to stop before.
    ///
    /// # Errors
    ///
    /// Its own, or [`Kind::Cancelled`](super::Kind::Cancelled).
    pub(crate) async fn until<T>(
        &self,
        future: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.0.run_until_cancelled(future).await.unwrap_or_else(|| Err(Failure::cancelled()))
    }
}
