//! Answers that last: event streams and downloads. How many there are, and that they end with the server.

use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::permits::{Permit, Permits};

/// Most lasting answers of one client, and of all.
const MOST_PER_CLIENT: usize = 16;
const MOST: usize = 512;

/// The lasting answers of a server.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    permits: Permits,
    stop: CancellationToken,
}

impl Default for Streams {
    fn default() -> Self {
        Self { permits: Permits::new(MOST_PER_CLIENT, MOST), stop: CancellationToken::new() }
    }
}

impl Streams {
    /// A place for one more answer to `client`.
    pub(super) fn enter(&self, client: String) -> Result<Permit, ApiError> {
        self.permits.enter(client).map_err(|most| ApiError::TooManyStreams { most })
    }

    /// Ends every lasting answer: the server stops.
    pub(super) fn end(&self) {
        self.stop.cancel();
    }

    /// Comes when the server stops.
    pub(super) async fn ended(&self) {
        self.stop.cancelled().await;
    }
}
