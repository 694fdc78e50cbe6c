//! Answers that last: event streams and downloads. How many there are, and that they end with the server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use crate::access::Caller;

/// Most lasting answers of one client, and of all.
const MOST_PER_CLIENT: usize = 16;
const MOST: usize = 512;

/// The lasting answers of a server.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    /// How many each client has.
    clients: Arc<Mutex<BTreeMap<String, usize>>>,
    stop: CancellationToken,
}

/// The place of one lasting answer; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    streams: Streams,
    client: String,
}

impl Streams {
    /// A place for one more answer to `client`.
    pub(super) fn enter(&self, client: String) -> Result<Place, ApiError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = clients.values().sum();
        let own = clients.entry(client.clone()).or_default();
        if *own >= MOST_PER_CLIENT || all >= MOST {
            let most = if *own >= MOST_PER_CLIENT { MOST_PER_CLIENT } else { MOST };
            return Err(ApiError::TooManyStreams { most });
        }
        *own += 1;
        drop(clients);
        Ok(Place { streams: self.clone(), client })
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

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.streams.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = clients.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

/// Who asks: a user, or an address where nobody has to log in.
pub(super) fn client(caller: &Caller, extensions: &Extensions) -> String {
    if !caller.name().is_empty() {
        return caller.name().to_owned();
    }
    let address = extensions.get::<ConnectInfo<SocketAddr>>();
    address.map_or_else(String::new, |ConnectInfo(address)| address.ip().to_string())
}
