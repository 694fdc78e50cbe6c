//! Who asks: every request but those to open pages has a [`Caller`] before it reaches its handler.
//!
//! A handler takes a [`Caller`] as an argument where it reads, and a [`Changer`] where it starts or
//! changes something: that one refuses viewers. What a caller may not see is answered as if it did not
//! exist.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::AppState;
use super::error::ApiError;
use crate::access::Caller;

/// Finds out who asks, and lets them on.
pub(super) async fn admit(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Caller::anonymous());
    next.run(request).await
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Response> {
        let missing = || ApiError::Internal { reason: "a request without a caller".to_owned() };
        parts.extensions.get().cloned().ok_or_else(|| missing().into_response())
    }
}

/// A caller who may start commands, keep models and steer what they see.
#[derive(Debug, Clone)]
pub(super) struct Changer(pub(super) Caller);

impl FromRequestParts<AppState> for Changer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if caller.may_change() {
            Ok(Self(caller))
        } else {
            Err(ApiError::MayOnlyRead.into_response())
        }
    }
}
