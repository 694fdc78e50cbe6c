//! Who asks: every request but those to open pages has a [`Caller`] before it reaches its handler.
//!
//! A handler takes a [`Caller`] as an argument where it reads, and a [`Changer`] where it starts or
//! changes something: that one refuses viewers. What a caller may not see is answered as if it did not
//! exist. Who somebody is decides the [`Gate`]; here its questions are taken from headers, and its slow
//! work is kept off the threads that serve, a few checks at a time.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Semaphore;

use super::AppState;
use super::error::{ApiError, blocking};
use super::origin;
use crate::access::{
    Admission, Caller, Credentials, Denied, Directory, Gate, PasswordError, Role, TokenDigest,
};

/// Passwords that are checked at the same time: each takes a core and 19 MiB for some 20 ms.
const CHECKS: usize = 2;

/// Requests that wait for such a check at most; more are told to come again.
const WAITING: usize = 64;

/// The gate with what bounds its work.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    gate: Arc<Gate>,
    checks: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Whether the server can only be reached from its own machine.
    local: bool,
}

impl Door {
    /// A door to the accounts of `directory`. Where `always` is set, login is asked even without any;
    /// `local` says that the server can only be reached from its own machine.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub(crate) fn new(
        directory: Arc<dyn Directory>,
        always: bool,
        local: bool,
    ) -> Result<Self, PasswordError> {
        Ok(Self {
            gate: Arc::new(Gate::new(directory, always)?),
            checks: Arc::new(Semaphore::new(CHECKS)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            local,
        })
    }

    async fn ask(
        &self,
        credentials: Option<Credentials>,
        address: IpAddr,
    ) -> Result<Caller, ApiError> {
        let gate = Arc::clone(&self.gate);
        let verification = match blocking(move || gate.begin(credentials, address)).await? {
            Admission::Granted(caller) => return Ok(caller),
            Admission::Open(verification) => verification,
        };
        let place = Arc::clone(&self.waiting).try_acquire_owned();
        let place = place.map_err(|_| ApiError::BusyDoor)?;
        let permit = Arc::clone(&self.checks).acquire_owned().await;
        let gate = Arc::clone(&self.gate);
        blocking(move || {
            // Held to the end of the work, even when the client has gone.
            let _held = (place, permit);
            gate.finish(&verification)
        })
        .await
    }
}

/// Finds out who asks, and lets them on.
pub(super) async fn admit(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let foreign_site = origin::refuse_foreign_sites(&request, &state.config);
    let foreign_name = origin::refuse_foreign_names(&request, &state.config);
    let (credentials, address) = (credentials(request.headers()), address(&request));
    let caller = match foreign_site {
        Ok(()) => state.door.ask(credentials, address).await,
        Err(error) => Err(error),
    };
    let is_anonymous = caller.as_ref().is_ok_and(|caller| caller.name().is_empty());
    let caller = match foreign_name {
        Err(error) if state.door.local && is_anonymous => Err(error),
        _ => caller,
    };
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

/// Lets on whoever calls a server of this machine by one of its names: what asks nobody for a login is no page's of
/// another site, either.
pub(super) async fn refuse_foreign_names(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match origin::refuse_foreign_names(&request, &state.config) {
        Err(error) if state.door.local => error.into_response(),
        _ => next.run(request).await,
    }
}

fn address(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    // A request without a connection is a test's.
    peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip())
}

/// What the `Authorization` header shows.
fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let value = headers.get(header::AUTHORIZATION)?;
    Some(value.to_str().ok().and_then(read_authorization).unwrap_or(Credentials::Unreadable))
}

fn read_authorization(text: &str) -> Option<Credentials> {
    let (scheme, rest) = text.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Token(TokenDigest::of(rest)));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some(Credentials::Password { name: name.to_owned(), password: password.to_owned() })
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self::Login(denied)
    }
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

/// A caller who may do what concerns the whole server.
#[derive(Debug, Clone)]
pub(super) struct Admin;

impl FromRequestParts<AppState> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        match Caller::from_request_parts(parts, state).await?.role() {
            Role::Admin => Ok(Self),
            Role::User | Role::Viewer => Err(ApiError::OnlyAdmin.into_response()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_as_they_are_sent() {
        let ann = |password: &str| {
            Some(Credentials::Password { name: "ann".into(), password: password.into() })
        };
        assert_eq!(read_authorization("Basic YW5uOmE6Yg=="), ann("a:b"));
        assert_eq!(read_authorization("basic  YW5uOg=="), ann(""));
        let token = Some(Credentials::Token(TokenDigest::of("datagen_x")));
        assert_eq!(read_authorization("bearer datagen_x"), token);
        for wrong in ["", "Basic", "Basic ***", "Basic YW5u", "Basic //86", "Digest YW5uOmE6Yg=="] {
            assert_eq!(read_authorization(wrong), None, "{wrong}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(credentials(&headers), None);
        headers.insert(header::AUTHORIZATION, "Digest x".parse().unwrap());
        assert_eq!(credentials(&headers), Some(Credentials::Unreadable));
    }
}
