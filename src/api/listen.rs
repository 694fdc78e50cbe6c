//! Connections: accepted up to a number, encrypted where there is a certificate, and none for ever.
//!
//! A client has a time to shake hands, to send the head of a request (and the next one, on a connection
//! that is kept), and to read what it asked for; the time for a request itself stands in `router`.
//!
//! One address has half of the connections at most. A connection without a place is [`Crowded`]: it is asked for its
//! health and told everything else to come again, within a short time. Beyond the places of those, connections are
//! closed at once, so that the next one of somebody else is always seen.

use std::io;
use std::net::{IpAddr, SocketAddr};
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
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;
use tower::util::MapRequest;

use super::permits::{Permit, Permits};
use super::tls::Tls;
use super::write_timeout::WriteTimeout;
use super::{AppState, service};
use crate::access::network;
use crate::config::Config;

/// How long the requests under way may take when the server stops.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// How long nothing is accepted when the system has no more files to give.
const BREATH: Duration = Duration::from_millis(100);

/// Most bytes of the head of a request; there are 100 headers in it at most.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Most crowded connections of one address, and of all.
const CROWDED_PER_ADDRESS: usize = 16;
const CROWDED: usize = 64;

/// How long a crowded connection may take for the head of its request, and as a whole.
const CROWDED_HEAD: Duration = Duration::from_secs(2);
const CROWDED_END: Duration = Duration::from_secs(10);

/// Marks the request of a connection that there was no place for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crowded;

type Api = MapRequest<Router, fn(Request) -> Request>;

/// What every connection is served with.
#[derive(Debug, Clone)]
struct Serving {
    api: Api,
    http: http1::Builder,
    tls: Option<Arc<Tls>>,
    /// For the handshake.
    header_timeout: Duration,
    /// For the reader of an answer.
    write_timeout: Duration,
    is_crowded: bool,
}

impl Serving {
    /// What a connection is served with that there is no place for.
    fn crowded(&self) -> Self {
        let mut crowded = self.clone();
        crowded.http.keep_alive(false).header_read_timeout(CROWDED_HEAD);
        crowded.header_timeout = self.header_timeout.min(CROWDED_HEAD);
        crowded.is_crowded = true;
        crowded
    }
}

/// Who has which connections.
#[derive(Debug)]
struct Crowd {
    permits: Permits,
    crowded: Permits,
}

impl Crowd {
    fn new(most: usize) -> Self {
        Self {
            permits: Permits::new(most.div_ceil(2), most),
            crowded: Permits::new(CROWDED_PER_ADDRESS, CROWDED),
        }
    }

    /// A place for a connection from `address`, and whether it is a crowded one; `None`: there is none at all.
    fn enter(&self, address: IpAddr) -> Option<(Permit, bool)> {
        let group = network(address).to_string();
        if let Ok(permit) = self.permits.enter(group.clone()) {
            return Some((permit, false));
        }
        self.crowded.enter(group).ok().map(|permit| (permit, true))
    }
}

/// Serves the API on `listener` until `stop` comes, encrypted where there is `tls`.
pub(crate) async fn serve(
    listener: TcpListener,
    state: AppState,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()> + Send,
) {
    let Config { max_connections, header_timeout_seconds, request_timeout_seconds, .. } =
        *state.config;
    let header_timeout = Duration::from_secs(header_timeout_seconds.max(1));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_header_size(MAX_HEAD_BYTES);
    let follower = tls.clone().map(|tls| tokio::spawn(tls.follow()));
    let streams = state.streams.clone();
    let write_timeout = Duration::from_secs(request_timeout_seconds.max(1));
    let serving = Serving {
        api: service(state),
        http,
        tls,
        header_timeout,
        write_timeout,
        is_crowded: false,
    };
    let crowd = Crowd::new(max_connections.max(1));
    let open = GracefulShutdown::new();
    tokio::select! {
        () = accept(&listener, &serving, &crowd, &open) => {}
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
async fn accept(listener: &TcpListener, serving: &Serving, crowd: &Crowd, open: &GracefulShutdown) {
    let crowded = serving.crowded();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Some((permit, is_crowded)) = crowd.enter(peer.ip()) else { continue };
                let serving = if is_crowded { crowded.clone() } else { serving.clone() };
                let watcher = open.watcher();
                tokio::spawn(async move {
                    let _held = permit;
                    let conversation = connection(serving, stream, peer, watcher);
                    let ended = if is_crowded {
                        let ended = timeout(CROWDED_END, conversation).await;
                        ended.unwrap_or_else(|_| Err("no place, and no end in time".to_owned()))
                    } else {
                        conversation.await
                    };
                    if let Err(error) = ended {
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
    match timeout(serving.header_timeout, tls.acceptor().accept(stream)).await {
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
    let is_crowded = serving.is_crowded;
    let api = serving.api.clone().map_request(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if is_crowded {
            request.extensions_mut().insert(Crowded);
        }
        request
    });
    let stream = TokioIo::new(WriteTimeout::new(stream, serving.write_timeout));
    let conversation = serving.http.serve_connection(stream, TowerToHyperService::new(api));
    watcher.watch(conversation).await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_half_and_a_network_of_version_6_is_one_address() {
        let crowd = Crowd::new(4);
        let enter = |address: &str| crowd.enter(address.parse().unwrap());
        let (_first, _second) = (enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap());
        let (third, is_crowded) = enter("2001:db8::3:4").unwrap();
        assert!(is_crowded);
        let other = enter("2001:db8:0:1::1").unwrap();
        let mapped = enter("::ffff:192.0.2.1").unwrap();
        assert!(!other.1 && !mapped.1);
        assert!(enter("192.0.2.2").unwrap().1, "all places are taken");
        let full: Vec<_> = (1..CROWDED_PER_ADDRESS).map(|_| enter("2001:db8::9")).collect();
        assert!(full.iter().all(Option::is_some) && enter("2001:db8::9").is_none());
        drop(third);
        assert!(enter("2001:db8::9").is_some());
    }
}
