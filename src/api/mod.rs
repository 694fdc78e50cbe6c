//! The HTTP API: the reference's endpoints, their modern forms, and the pages that document them.
//!
//! [`router`] merges one `routes()` per resource; each handler extracts, calls one method of the
//! tracker or the planner, and answers. Status codes are in `error` only. Handlers that reach the disk
//! do it on a thread for blocking work.
//!
//! Older clients spell paths with a `/api/v1` prefix, a trailing slash or `-` for `_`; `older_paths`
//! brings them to one form before routing.
//!
//! Whoever asks has to pass `access`, but for health, metrics and the pages of the documentation.
//!
//! To add an endpoint: `api/<resource>.rs` with `routes()`, and its two lines below.

mod access;
pub(crate) mod answers;
mod bodies;
mod command;
mod connectors;
mod credentials;
mod data;
mod datagen;
mod error;
mod events;
mod forms;
mod generators;
mod health;
mod listen;
mod metrics;
mod model;
mod model_store;
mod older_paths;
mod openapi;
mod origin;
mod parameters;
mod permits;
mod previews;
mod streams;
mod tls;
mod write_timeout;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use tower::ServiceExt as _;
use tower::util::MapRequest;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::access::Door;
use self::bodies::Bodies;
pub use self::datagen::read_request;
use self::forms::Forms;
use self::listen::Crowded;
pub(crate) use self::listen::serve;
pub(crate) use self::previews::Previews;
pub(crate) use self::streams::Streams;
pub(crate) use self::tls::Tls;
use crate::access::network;
use crate::commands::Tracker;
use crate::config::Config;

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    /// The one door to commands.
    pub(crate) tracker: Tracker,
    /// The operator's settings.
    pub(crate) config: Arc<Config>,
    /// Who comes in.
    pub(crate) door: Door,
    /// The answers that last.
    pub(crate) streams: Streams,
    /// The answers whose rows are made for them.
    pub(crate) previews: Previews,
}

/// The API as a service that needs no socket.
pub(crate) fn router(state: AppState) -> Router {
    let config = Arc::clone(&state.config);
    let mut closed = OpenApiRouter::new()
        .merge(datagen::routes())
        .merge(command::routes())
        .merge(connectors::routes())
        .merge(credentials::routes())
        .merge(events::routes())
        .merge(data::routes())
        .merge(generators::routes())
        .merge(model::routes())
        .merge(model_store::routes());
    let mut open = OpenApiRouter::new().merge(health::routes());
    if config.metrics_login {
        closed = closed.merge(metrics::routes());
    } else {
        let by_name = middleware::from_fn_with_state(state.clone(), access::refuse_foreign_names);
        open = open.merge(metrics::routes().route_layer(by_name));
    }
    openapi::tell_login(closed.get_openapi_mut());
    let closed = closed
        .route_layer(middleware::from_fn_with_state(state.clone(), access::admit))
        .layer(header_layer(header::CACHE_CONTROL, "no-store"));
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::Document::openapi())
        .merge(closed)
        .merge(open)
        .split_for_parts();
    openapi::tell_limits(&mut document);
    let forms = Forms::of(&document);
    let request_id = HeaderName::from_static("x-request-id");
    let timeout = Duration::from_secs(config.request_timeout_seconds.max(1));
    let router = router
        .merge(openapi::routes(&document))
        .fallback(error::no_such_endpoint)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(Extension(forms))
        .layer(DefaultBodyLimit::max(config.max_upload_bytes))
        .layer(TimeoutLayer::with_status_code(error::TIMED_OUT, timeout))
        .layer(middleware::from_fn_with_state(
            Frame { most: config.max_upload_bytes, bodies: Bodies::new(config.max_upload_bytes) },
            framed,
        ))
        .layer(middleware::map_response(error::in_our_shape));
    let router = match origin::cors(&config) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    SECURITY_HEADERS
        .iter()
        .filter(|(name, _)| *name != "strict-transport-security" || config.is_encrypted())
        .fold(router, |router, (name, value)| {
            router.layer(header_layer(HeaderName::from_static(name), value))
        })
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(TraceLayer::new_for_http().make_span_with(request_span))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
        .with_state(state)
}

/// What every answer tells browsers: pages run our own scripts only (Swagger UI sets styles by itself),
/// stand in nobody's frame, tell nobody where they are, and come encrypted where they once did.
const SECURITY_HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age=31536000"),
];

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// What bounds every request.
#[derive(Debug, Clone)]
struct Frame {
    /// Most bytes of a body.
    most: usize,
    bodies: Bodies,
}

/// Refuses at once what no handler needs to see: an unclear host, a body that is announced as too large, what is
/// asked over a connection that there was no place for.
async fn framed(State(frame): State<Frame>, request: Request, next: Next) -> Response {
    let is_crowded = request.extensions().get::<Crowded>().is_some();
    if is_crowded && !request.uri().path().starts_with("/health/") {
        return error::ApiError::BusyConnections.into_response();
    }
    if let Err(error) = origin::refuse_unclear_hosts(&request) {
        return error.into_response();
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let (most, length) = (frame.most, length.unwrap_or_default());
    if length > most as u64 {
        return error::ApiError::TooLarge { most }.into_response();
    }
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address =
        address.map_or_else(String::new, |ConnectInfo(peer)| network(peer.ip()).to_string());
    frame.bodies.answer(address, length as usize, request, next).await
}

/// The span of a request. Without the query: settings in it may be secrets.
fn request_span(request: &Request) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let path = request.uri().path();
    tracing::info_span!("request", method = %request.method(), path, id)
}

/// [`router`] behind the older spellings of its paths.
pub(crate) fn service(state: AppState) -> MapRequest<Router, fn(Request) -> Request> {
    router(state).map_request(older_paths::normalize as fn(Request) -> Request)
}
