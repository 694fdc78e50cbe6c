//! HTTP to places that settings name: within reach only, with authorities of the caller's.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client};

use super::{Failure, Io, Kind};
use crate::reach::{Host, Reach, ReachError};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A client that connects to nothing yet; clones share their connections. It trusts `authorities` beside those
/// of the system, follows no redirect, and asks hosts without a port on `port`.
///
/// # Errors
///
/// When the system's authorities cannot be read.
pub(crate) fn web_client(
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

/// `error` and what is behind it, the outermost first.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// What it means that a host has no address (then `cure` helps), or one that is out of reach; `None`: `error` is
/// about something else.
pub(crate) fn out_of_reach(error: &(dyn Error + 'static), cure: &str) -> Option<Failure> {
    let error = cause::<ReachError>(error)?;
    let (kind, cure) = match error {
        ReachError::Unknown { .. } => (Kind::Transient { after: None }, cure.to_owned()),
        _ => (Kind::NotAllowed, error.cure()),
    };
    Some(Failure::new(kind, error.to_string()).cured_by(cure))
}

/// What it means that a server's certificate is not trusted; `None`: `error` is about something else.
pub(crate) fn untrusted(error: &(dyn Error + 'static), cure: &str) -> Option<Failure> {
    let error = cause::<rustls::Error>(error)?;
    Some(Failure::new(Kind::Refused, error.to_string()).cured_by(cure))
}

/// The first error of type `E` behind `error`, also within those of input and output.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|error| {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        error.downcast_ref().or_else(|| inner.and_then(|inner| cause::<E>(inner)))
    })
}
