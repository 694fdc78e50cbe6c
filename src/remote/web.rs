//! HTTP to places that settings name: within reach only, with authorities of the caller's.

use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client};

use super::{Failure, Io, Kind};
use crate::reach::{Host, Reach};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A client that connects to nothing yet; clones share their connections. It trusts `authorities` beside those
/// of the system, follows no redirect, and asks hosts without a port on `port`.
///
/// # Errors
///
/// When the system's authorities cannot be read.
pub fn web_client(
    authorities: Vec<Certificate>,
    reach: &Reach,
    port: u16,
    io: &Io,
) -> Result<Client, Failure> {
    // The first one that asks decides; whichever does, it is this one.
    drop(rustls::crypto::ring::default_provider().install_default());
    let resolver = Resolver { reach: reach.clone(), port, io: io.clone() };
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(authorities)
        .http1_only()
        .tcp_nodelay(true)
        .dns_resolver(Arc::new(resolver));
    if *reach != Reach::free() {
        // A proxy would reach further.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Failure::new(Kind::Fault, error))
}

/// Asks for addresses that are within reach.
#[derive(Debug)]
struct Resolver {
    reach: Reach,
    port: u16,
    io: Io,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, port, handle) = (self.reach.clone(), self.port, self.io.handle());
        Box::pin(async move {
            let host: Host = format!("{}:{port}", name.as_str()).parse()?;
            // The system's resolver blocks.
            let found = handle?.spawn_blocking(move || reach.addresses(&host, port)).await??;
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}
