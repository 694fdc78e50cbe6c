//! Where a cluster is, and how to enter it.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use datagen_gssapi::Identity;

use crate::error::Error;
use crate::wait::Cancel;

/// Where a cluster is and how to enter it.
#[derive(Debug, Clone)]
pub struct Config {
    /// `host:port` of some brokers; the others are learnt from them.
    pub brokers: Vec<String>,
    /// The name under which brokers log this client and count its quota.
    pub client_id: String,
    /// TLS, where the port wants it.
    pub tls: Option<Tls>,
    /// A login, where the port wants it.
    pub sasl: Option<Sasl>,
    /// How long making one connection may take, with TLS and login.
    pub connect_timeout: Duration,
    /// How long a broker may take for one answer before the connection is given up.
    pub request_timeout: Duration,
    /// How long something is tried again before it counts as failed: an outage up to this long is survived.
    pub delivery_timeout: Duration,
    /// Finds the addresses of hosts, and refuses those that may not be connected to.
    pub resolve: Resolve,
    /// Ends every wait.
    pub cancel: Cancel,
    /// Counts what had to be sent again because something was in the way; clones of the configuration share it.
    pub repeated: Arc<AtomicU64>,
}

/// Finds the addresses of a host, also of those that the cluster names.
#[derive(Clone)]
pub struct Resolve(Arc<Find>);

type Find = dyn Fn(&str, u16) -> Result<Vec<SocketAddr>, NoAddress> + Send + Sync;

/// Why there is no address to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAddress {
    /// The name has none, in words; it may have one later.
    Unknown(String),
    /// It may not be connected to, in words; trying again is of no use.
    Forbidden(String),
}

impl Resolve {
    /// By `find(host, port)`, which may take its time: it is called on a thread of its own.
    pub fn new(
        find: impl Fn(&str, u16) -> Result<Vec<SocketAddr>, NoAddress> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(find))
    }

    /// By the system's resolver.
    pub fn system() -> Self {
        Self::new(|host, port| {
            let found = (host, port).to_socket_addrs();
            found
                .map(Iterator::collect)
                .map_err(|error| NoAddress::Unknown(format!("no such host ({error})")))
        })
    }

    pub(crate) fn find(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
        (self.0)(host, port)
    }
}

impl fmt::Debug for Resolve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolve")
    }
}

impl Config {
    /// Plain connections to `brokers`, with time-outs of 10 s, 30 s and 5 minutes.
    pub fn new(brokers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            brokers: brokers.into_iter().map(Into::into).collect(),
            client_id: "datagen".to_owned(),
            tls: None,
            sasl: None,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            delivery_timeout: Duration::from_secs(300),
            resolve: Resolve::system(),
            cancel: Cancel::never(),
            repeated: Arc::default(),
        }
    }

    /// The brokers as host and port.
    ///
    /// # Errors
    /// One of them is not `host:port`, or there is none.
    pub(crate) fn addresses(&self) -> Result<Vec<(String, u16)>, Error> {
        if self.brokers.is_empty() {
            return Err(Error::Unusable("no brokers are named, expected `host:port`".to_owned()));
        }
        self.brokers.iter().map(|broker| address(broker.trim())).collect()
    }
}

fn address(text: &str) -> Result<(String, u16), Error> {
    let unusable = || Error::Unusable(format!("`{text}` is no broker, expected `host:port`"));
    let (host, port) = text.rsplit_once(':').ok_or_else(unusable)?;
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(unusable)?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        return Err(unusable());
    }
    Ok((host.to_owned(), port))
}

/// Whom to trust, and who we are.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates of authorities, as PEM; those of the system where there are none. The server's certificate must
    /// lead to one of them, and must name the host that is connected to.
    pub authorities: Option<Vec<u8>>,
    /// Our own certificate with its chain, and its key, both as PEM.
    pub identity: Option<(Vec<u8>, Secret)>,
}

/// A login.
#[derive(Debug, Clone)]
pub enum Sasl {
    /// By something that only the user and the cluster know.
    Secret {
        /// How it is proved.
        mechanism: Mechanism,
        /// The user's name; not used by [`Mechanism::OAuthBearer`].
        user: String,
        /// Password or token.
        secret: Secret,
    },
    /// By a ticket of Kerberos: the mechanism GSSAPI.
    Kerberos {
        /// The name of the brokers' service; `kafka`, unless the cluster says otherwise.
        service: String,
        /// Who logs in.
        identity: Identity,
    },
}

impl Sasl {
    /// The mechanism's name in the protocol.
    pub fn mechanism(&self) -> &'static str {
        match self {
            Self::Secret { mechanism, .. } => mechanism.name(),
            Self::Kerberos { .. } => "GSSAPI",
        }
    }
}

/// How a login by a secret is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// The password as it is: only inside of TLS.
    Plain,
    /// RFC 5802 with SHA-256.
    ScramSha256,
    /// RFC 5802 with SHA-512.
    ScramSha512,
    /// RFC 7628: a token that the caller got elsewhere.
    OAuthBearer,
}

impl Mechanism {
    /// The name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Holds `secret`.
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_host_and_port() {
        assert_eq!(address("kafka.example:9092").unwrap(), ("kafka.example".to_owned(), 9092));
        assert_eq!(address("[::1]:9092").unwrap(), ("::1".to_owned(), 9092));
        for text in ["kafka", "kafka:", "kafka:0", ":9092", "http://kafka:9092", "kafka:99999"] {
            assert_eq!(
                address(text).unwrap_err().to_string(),
                format!("`{text}` is no broker, expected `host:port`")
            );
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let sasl = Sasl::Secret {
            mechanism: Mechanism::Plain,
            user: "u".to_owned(),
            secret: Secret::new("canary"),
        };
        assert!(!format!("{sasl:?}").contains("canary"));
    }
}
