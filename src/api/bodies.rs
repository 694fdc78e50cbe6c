//! Bodies: how many bytes of requests the server holds at a time, for one address and for all of them.
//!
//! They are counted as they come, so that a client holds what it has sent and not what it has announced, and are
//! given back when the request is answered.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;

use super::error::ApiError;
use super::permits::{Permit, Permits};

/// How many of the largest bodies one address may have under way, and how many all of them.
const MOST_PER_ADDRESS: usize = 4;
const MOST: usize = 8;

/// The bodies of a server.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    permits: Permits,
}

/// What a request has sent so far.
#[derive(Debug)]
struct Count {
    permit: Mutex<Permit>,
    /// The number of bytes that was exhausted.
    exhausted: OnceLock<usize>,
}

impl Bodies {
    /// Room for bodies of which each has at most `largest` bytes.
    pub(super) fn new(largest: usize) -> Self {
        let most = |bodies: usize| bodies.saturating_mul(largest);
        Self { permits: Permits::new(most(MOST_PER_ADDRESS), most(MOST)) }
    }

    /// Answers `request`, which comes from `address` and announces `length` bytes, within the room there is.
    pub(super) async fn answer(
        &self,
        address: String,
        length: usize,
        request: Request,
        next: Next,
    ) -> Response {
        if request.body().is_end_stream() {
            return next.run(request).await;
        }
        let mut permit = self.permits.begin(address);
        // Refused before it is sent, as a client can see best.
        if let Err(most) = permit.grow(length) {
            return ApiError::BusyBodies { most }.into_response();
        }
        permit.clear();
        let count = Arc::new(Count { permit: Mutex::new(permit), exhausted: OnceLock::new() });
        let response = next.run(counted(request, &count)).await;
        match count.exhausted.get() {
            Some(&most) => ApiError::BusyBodies { most }.into_response(),
            None => response,
        }
    }
}

/// `request` with a body that counts itself, and ends where there is no more room.
fn counted(request: Request, count: &Arc<Count>) -> Request {
    let count = Arc::clone(count);
    request.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |piece| {
            let piece = piece?;
            let mut permit = count.permit.lock().unwrap_or_else(PoisonError::into_inner);
            permit.grow(piece.len()).map_err(|most| {
                let most = *count.exhausted.get_or_init(|| most);
                axum::Error::new(ApiError::BusyBodies { most })
            })?;
            Ok::<_, axum::Error>(piece)
        }))
    })
}
