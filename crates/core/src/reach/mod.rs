//! Reach: which hosts may be connected to.
//!
//! A server runs models and settings of people who may not see everything that the server's machine sees. A
//! [`Reach`] holds the places that its operator has named; whoever connects asks it for
//! [addresses](Reach::addresses) and connects to these and to no others, so that a name whose addresses change
//! between the check and the connection leads nowhere. Clients with a resolver of their own hand what that
//! found to [`Reach::admit`]; a client must neither ask a proxy nor follow a redirect past it.
//!
//! Addresses of the machine itself, of its link and of the services that tell clouds' machines their secrets
//! are reached only where the address is named, or `localhost` is. The command line is its user's own: there
//! everything is within [reach](Reach::free).
//!
//! Knows nothing of settings; which of them name hosts, attributes say.

mod addresses;
mod place;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use addresses::{guarded, plain};
pub use place::{Host, Place, PlaceError, hosts_in};

/// The hosts that may be connected to.
#[derive(Clone)]
pub struct Reach(Option<Arc<Vec<Place>>>);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReachError {
    /// Nobody has named it.
    #[error("`{host}` is not among the hosts that this server may reach")]
    NotNamed {
        /// The host, with its port where there is one.
        host: String,
    },
    /// All its addresses are of a kind that has to be named.
    #[error("`{host}` is {address}, {kind}: a server reaches it only where its operator names it")]
    Guarded {
        /// The host.
        host: String,
        /// Its first address.
        address: IpAddr,
        /// What kind of address that is.
        kind: &'static str,
    },
    /// The name has no address.
    #[error("`{host}` has no address")]
    Unknown {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
}

impl ReachError {
    /// What to do about it: for what is out of reach what its operator writes.
    pub fn cure(&self) -> String {
        let place = match self {
            Self::NotNamed { host } => host.clone(),
            // A name that leads there is no reason to go: the address itself is to be named.
            Self::Guarded { host, address, .. } => {
                let port = host.parse::<Host>().ok().and_then(|host| host.port());
                Host::of_address(*address, port).to_string()
            }
            Self::Unknown { .. } => return "give a name that the system knows".to_owned(),
        };
        format!(
            "the server's operator allows it by `allowed_hosts = [\"{place}\"]` in `[connectors]` of datagen.toml, \
             or by DATAGEN_CONNECTORS_ALLOWED_HOSTS={place}"
        )
    }
}

/// Everything is within the reach of a command line.
impl Default for Reach {
    fn default() -> Self {
        Self::free()
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => formatter.write_str("Reach(free)"),
            Some(places) => formatter.debug_tuple("Reach").field(places).finish(),
        }
    }
}

impl PartialEq for Reach {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Reach {
    /// Everything.
    pub fn free() -> Self {
        Self(None)
    }

    /// `places` and nothing else.
    pub fn only(places: Vec<Place>) -> Self {
        Self(Some(Arc::new(places)))
    }

    /// Refuses what is out of reach already by its name: what can be known without asking anybody.
    ///
    /// # Errors
    ///
    /// [`ReachError::NotNamed`], or [`ReachError::Guarded`] for an address.
    pub fn check(&self, host: &Host) -> Result<(), ReachError> {
        let Some(places) = &self.0 else { return Ok(()) };
        match host.address() {
            Some(address) => self.admit(host, [address]).map(drop),
            // A name may yet turn out to be an address of a network that is named.
            None if places.iter().any(|place| place.names(host) || place.is_network()) => Ok(()),
            None => Err(ReachError::NotNamed { host: host.to_string() }),
        }
    }

    /// The addresses of `host` that may be connected to, on `port` where it names none. Asks the system's
    /// resolver, and waits for it.
    ///
    /// # Errors
    ///
    /// [`ReachError`].
    pub fn addresses(&self, host: &Host, port: u16) -> Result<Vec<SocketAddr>, ReachError> {
        self.check(host)?;
        let port = host.port().unwrap_or(port);
        let unknown = |source| ReachError::Unknown { host: host.name().to_owned(), source };
        let found: Vec<IpAddr> = match host.address() {
            Some(address) => vec![address],
            None => {
                let found = (host.name(), port).to_socket_addrs().map_err(unknown)?;
                found.map(|address| address.ip()).collect()
            }
        };
        if found.is_empty() {
            return Err(unknown(io::Error::from(io::ErrorKind::NotFound)));
        }
        let admitted = self.admit(&host.at(port), found)?;
        Ok(admitted.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// Those of the addresses `found` of `host` that may be connected to.
    ///
    /// # Errors
    ///
    /// [`ReachError::NotNamed`] and [`ReachError::Guarded`], where it is none.
    pub(crate) fn admit(
        &self,
        host: &Host,
        found: impl IntoIterator<Item = IpAddr>,
    ) -> Result<Vec<IpAddr>, ReachError> {
        let Some(places) = &self.0 else { return Ok(found.into_iter().collect()) };
        let is_named = places.iter().any(|place| place.names(host));
        // A wildcard names nobody in particular.
        let is_local = host.is_localhost() && places.iter().any(|place| place.is(host));
        let (mut admitted, mut refused) = (Vec::new(), None);
        for address in found {
            let kind = guarded(address);
            let covered = places.iter().any(|place| place.covers(plain(address), host.port()));
            let loopback = is_local && plain(address).is_loopback();
            if covered || loopback || (is_named && kind.is_none()) {
                admitted.push(address);
            } else {
                refused.get_or_insert((address, kind));
            }
        }
        match refused {
            Some((address, Some(kind))) if admitted.is_empty() => {
                Err(ReachError::Guarded { host: host.to_string(), address, kind })
            }
            _ if admitted.is_empty() => Err(ReachError::NotNamed { host: host.to_string() }),
            _ => Ok(admitted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(places: &[&str]) -> Reach {
        Reach::only(places.iter().map(|place| place.parse().unwrap()).collect())
    }

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    fn admits(reach: &Reach, name: &str, address: &str) -> bool {
        reach.admit(&host(name), [address.parse().unwrap()]).is_ok()
    }

    #[test]
    fn only_what_is_named_is_within_reach() {
        let reach = reach(&["kafka.example:9092", "*.s3.example", "10.1.0.0/16", "[fd00::5]:9000"]);
        for (name, address) in [
            ("kafka.example:9092", "192.0.2.1"),
            ("KAFKA.example.:9092", "192.0.2.1"),
            ("a.s3.example", "192.0.2.1"),
            ("a.b.s3.example:443", "192.0.2.1"),
            ("10.1.2.3:80", "10.1.2.3"),
            // Whoever calls it by a name reaches no more than by its address.
            ("elsewhere.example", "10.1.2.3"),
            ("[fd00::5]:9000", "fd00::5"),
        ] {
            assert!(admits(&reach, name, address), "{name} {address}");
        }
        for (name, address) in [
            ("kafka.example:9093", "192.0.2.1"),
            ("kafka.example.evil.example:9092", "192.0.2.1"),
            ("evilkafka.example:9092", "192.0.2.1"),
            ("s3.example", "192.0.2.1"),
            ("evils3.example", "192.0.2.1"),
            ("10.2.0.1", "10.2.0.1"),
            ("[fd00::5]:9001", "fd00::5"),
            ("[fd00::6]:9000", "fd00::6"),
        ] {
            assert!(!admits(&reach, name, address), "{name} {address}");
        }
        assert!(admits(&Reach::free(), "anything", "127.0.0.1"));
        assert!(!admits(&Reach::only(Vec::new()), "kafka.example", "192.0.2.1"));
    }

    /// For all spellings of guarded addresses: a name that is allowed does not lead there.
    #[test]
    fn a_name_does_not_lead_to_addresses_that_have_to_be_named() {
        let all = reach(&["*", "metadata.example", "localhost.example"]);
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
        ] {
            for name in ["anything.example", "metadata.example", "localhost.example"] {
                assert!(!admits(&all, name, address), "{name} {address}");
            }
            let literal =
                if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
            assert!(all.check(&host(&literal)).is_err(), "{address}");
        }
        for address in ["192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1"] {
            assert!(admits(&all, "anything.example", address), "{address}");
        }
    }

    #[test]
    fn guarded_addresses_are_reached_where_they_are_named() {
        assert!(admits(&reach(&["127.0.0.1:9000"]), "127.0.0.1:9000", "127.0.0.1"));
        assert!(admits(&reach(&["127.0.0.0/8"]), "[::ffff:127.0.0.1]", "::ffff:127.0.0.1"));
        assert!(!admits(&reach(&["127.0.0.1:9000"]), "127.0.0.1:9001", "127.0.0.1"));
        assert!(!admits(&reach(&["*", "*:9000"]), "localhost:9000", "127.0.0.1"));
        let local = reach(&["localhost:9000"]);
        assert!(
            admits(&local, "localhost:9000", "127.0.0.1")
                && admits(&local, "localhost:9000", "::1")
        );
        assert!(!admits(&local, "localhost:9000", "169.254.169.254"));
        assert!(!admits(&local, "localhost:9001", "127.0.0.1"));
        let found = local.addresses(&host("localhost:9000"), 1).unwrap();
        assert!(!found.is_empty());
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 9000));
    }

    /// Of several addresses those remain that are within reach: whoever connects uses no other.
    #[test]
    fn addresses_out_of_reach_are_left_out() {
        let reach = reach(&["kafka.example"]);
        let found = ["192.0.2.1", "127.0.0.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let admitted = reach.admit(&host("kafka.example"), found).unwrap();
        assert_eq!(admitted, [found[0], found[2]]);
    }

    #[test]
    fn a_refusal_says_what_is_refused() {
        let reach = reach(&["*.example"]);
        let told = |name: &str| reach.addresses(&host(name), 80).unwrap_err().to_string();
        insta::assert_snapshot!(told("kafka.internal:9092"), @"`kafka.internal:9092` is not among the hosts that this server may reach");
        insta::assert_snapshot!(told("127.0.0.1"), @"`127.0.0.1` is 127.0.0.1, a loopback address: a server reaches it only where its operator names it");
        // Other spellings of addresses are names to us, and addresses to the system.
        insta::assert_snapshot!(told("2130706433"), @"`2130706433` is not among the hosts that this server may reach");
        insta::assert_snapshot!(told("x.example:1"), @"`x.example` has no address");
    }
}
