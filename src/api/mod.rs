//! The HTTP API: the reference's endpoints, their modern forms, and the pages that document them.
//!
//! [`router`] merges one `routes()` per resource; each handler extracts, calls one method of the
//! tracker or the planner, and answers. Status codes are in `error` only. Handlers that reach the disk
//! do it on a thread for blocking work.
//!
//! Older clients spell paths with a `/api/v1` prefix, a trailing slash or `-` for `_`; `spelling`
//! brings them to one form before routing.
//!
//! To add an endpoint: `api/<resource>.rs` with `routes()`, and its two lines below.

mod access;
mod command;
mod data;
mod datagen;
mod error;
mod events;
mod health;
mod metrics;
mod model;
mod openapi;
mod parameters;
mod spelling;
mod streams;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use tower::util::MapRequest;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

pub use self::streams::Streams;
use crate::commands::Tracker;
use crate::config::Config;

/// What handlers share.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The one door to commands.
    pub tracker: Tracker,
    /// The operator's settings.
    pub config: Arc<Config>,
    /// The answers that last.
    pub streams: Streams,
}

/// Longest time that a request may take, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the requests under way may take when the server stops.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// The API as a service that needs no socket.
pub fn router(state: AppState) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(openapi::Document::openapi())
        .merge(datagen::routes())
        .merge(command::routes())
        .merge(events::routes())
        .merge(data::routes())
        .merge(model::routes())
        .merge(metrics::routes())
        .merge(health::routes())
        .split_for_parts();
    let request_id = HeaderName::from_static("x-request-id");
    router
        .merge(openapi::routes(&document))
        .fallback(error::no_such_endpoint)
        .layer(middleware::from_fn(access::admit))
        .layer(DefaultBodyLimit::max(state.config.max_upload_bytes))
        .layer(TimeoutLayer::with_status_code(error::TIMED_OUT, REQUEST_TIMEOUT))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
        .with_state(state)
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// [`router`] behind the older spellings of its paths.
pub fn service(state: AppState) -> MapRequest<Router, fn(Request) -> Request> {
    router(state).map_request(spelling::normalize as fn(Request) -> Request)
}

/// Serves the API on `listener` until `stop` comes.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    use axum::ServiceExt as _;

    let streams = state.streams.clone();
    let stop = async move {
        stop.await;
        // Otherwise the server would wait for them.
        streams.end();
    };
    let streams = state.streams.clone();
    let service = service(state).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop).into_future();
    let late = async {
        streams.ended().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        served = served => served,
        () = late => Ok(()),
    }
}
