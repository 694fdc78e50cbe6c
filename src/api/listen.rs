//! Connections: accepted up to a number, encrypted where there is a certificate, and none for ever.
//!
//! A client has a time to shake hands, to send the head of a request (and the next one, on a connection
//! that is kept), and to read what it asked for; the time for a request itself stands in `router`. Where
//! all connections are taken, others wait in the system's queue.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;
use tower::util::MapRequest;

use super::patience::Patient;
use super::tls::Tls;
use super::{AppState, service};
use crate::config::Config;

/// How long the requests under way may take when the server stops.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// How long nothing is accepted when the system has no more files to give.
const BREATH: Duration = Duration::from_millis(100);

/// Most bytes of the head of a request; there are 100 headers in it at most.
const MAX_HEAD_BYTES: usize = 64 << 10;

type Api = MapRequest<Router, fn(Request) -> Request>;

/// What every connection is served with.
#[derive(Debug, Clone)]
struct Serving {
    api: Api,
    http: http1::Builder,
    tls: Option<Arc<Tls>>,
    /// For the handshake.
    patience: Duration,
    /// For the reader of an answer.
    stall: Duration,
}

/// Serves the API on `listener` until `stop` comes, encrypted where there is `tls`.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()> + Send,
) {
    let Config { max_connections, header_timeout_seconds, request_timeout_seconds, .. } =
        *state.config;
    let patience = Duration::from_secs(header_timeout_seconds.max(1));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience).max_header_size(MAX_HEAD_BYTES);
    let follower = tls.clone().map(|tls| tokio::spawn(tls.follow()));
    let streams = state.streams.clone();
    let stall = Duration::from_secs(request_timeout_seconds.max(1));
    let serving = Serving { api: service(state), http, tls, patience, stall };
    let places = Arc::new(Semaphore::new(max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    let open = GracefulShutdown::new();
    tokio::select! {
        () = accept(&listener, &serving, &places, &open) => {}
        () = stop => {}
    }
    drop(listener);
    if let Some(follower) = follower {
        follower.abort();
    }
    // Otherwise the end would wait for them.
    streams.end();
    if timeout(LAST_ANSWERS, open.shutdown()).await.is_err() {
        tracing::debug!("connections were left open");
    }
}

/// Accepts connections, for ever.
async fn accept(
    listener: &TcpListener,
    serving: &Serving,
    places: &Arc<Semaphore>,
    open: &GracefulShutdown,
) {
    loop {
        // Closed by nobody; without a place there is no limit to keep.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (serving, watcher) = (serving.clone(), open.watcher());
                tokio::spawn(async move {
                    let _held = place;
                    if let Err(error) = connection(serving, stream, peer, watcher).await {
                        tracing::debug!(error, %peer, "connection ended");
                    }
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "connections cannot be accepted");
                sleep(BREATH).await;
            }
        }
    }
}

/// Whether an error of `accept` is about the connection that was to be accepted, not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn connection(
    serving: Serving,
    stream: TcpStream,
    peer: SocketAddr,
    watcher: Watcher,
) -> Result<(), String> {
    // Answers are written in one go; waiting for more only delays them.
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let Some(tls) = &serving.tls else { return converse(&serving, stream, peer, watcher).await };
    match timeout(serving.patience, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => converse(&serving, stream, peer, watcher).await,
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no handshake in time".to_owned()),
    }
}

async fn converse(
    serving: &Serving,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    watcher: Watcher,
) -> Result<(), String> {
    let api = serving.api.clone().map_request(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let stream = TokioIo::new(Patient::new(stream, serving.stall));
    let conversation = serving.http.serve_connection(stream, TowerToHyperService::new(api));
    watcher.watch(conversation).await.map_err(|error| error.to_string())
}
