//! Hosts as settings name them, and places as an operator allows them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::addresses::plain;

/// A host as a setting names it: a name or an address, and a port where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Lower case, without brackets and without the dot at its end.
    name: String,
    port: Option<u16>,
}

/// What an operator allows: `kafka.example`, `kafka.example:9092`, `*.example`, `10.1.2.3`, `10.0.0.0/8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    /// All names.
    All,
    /// One name.
    Name(String),
    /// All names that end so; the dot included.
    Below(String),
    /// Addresses that have the first so many bits in common.
    Network(IpAddr, u32),
}

/// A text that names no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names no host, expected one such as kafka.example:9092, *.example, 10.1.2.3 or 10.0.0.0/8"
)]
pub struct PlaceError {
    /// The text, shortened.
    pub(crate) text: String,
}

impl PlaceError {
    fn of(text: &str) -> Self {
        // Nothing but names is quoted: what stands before an `@` is a secret.
        let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
        Self { text: text.chars().filter(|c| !c.is_control()).take(100).collect() }
    }
}

impl Host {
    /// The name, or the address as a text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host at `address`.
    pub(super) fn of_address(address: IpAddr, port: Option<u16>) -> Self {
        Self { name: plain(address).to_string(), port }
    }

    /// The port, where one is named.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// The same host with its port, or `port` where it names none.
    #[must_use]
    pub fn at(&self, port: u16) -> Self {
        Self { name: self.name.clone(), port: self.port.or(Some(port)) }
    }

    /// The address, where it is one and no name.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.name.parse().ok()
    }

    pub(super) fn is_localhost(&self) -> bool {
        self.name == "localhost"
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, port } = self;
        match (name.contains(':'), port) {
            (true, Some(port)) => write!(formatter, "[{name}]:{port}"),
            (false, Some(port)) => write!(formatter, "{name}:{port}"),
            (_, None) => formatter.write_str(name),
        }
    }
}

/// A name or address with or without a port, or the URL of one.
impl FromStr for Host {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let wrong = || PlaceError::of(text);
        let scheme = text.split_once("://");
        let authority = scheme.map_or(text, |(_, rest)| rest).trim();
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (name, port) = split_port(authority).ok_or_else(wrong)?;
        let known =
            scheme.and_then(|(scheme, _)| match scheme.trim().to_ascii_lowercase().as_str() {
                "http" => Some(80),
                "https" => Some(443),
                _ => None,
            });
        let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
        let odd = |c: char| c.is_whitespace() || c.is_control() || "*/\\,;@[]<>\"'".contains(c);
        if name.is_empty() || name.len() > 253 || name.contains(odd) {
            return Err(wrong());
        }
        Ok(Self { name, port: port.or(known) })
    }
}

/// The hosts that the value of a setting names: one, or several with commas between them.
///
/// # Errors
///
/// [`PlaceError`] for the first that is none.
pub fn hosts_in(text: &str) -> Result<Vec<Host>, PlaceError> {
    text.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::parse).collect()
}

impl Place {
    /// Whether it names `host` by its name.
    pub(super) fn names(&self, host: &Host) -> bool {
        let name = host.name();
        let is_name = host.address().is_none();
        let named = match &self.hosts {
            Hosts::All => true,
            Hosts::Name(known) => known == name,
            Hosts::Below(end) => is_name && name.ends_with(end) && name.len() > end.len(),
            Hosts::Network(..) => false,
        };
        named && self.takes(host.port())
    }

    /// Whether it names `host` and no other one.
    pub(super) fn is(&self, host: &Host) -> bool {
        matches!(&self.hosts, Hosts::Name(known) if known == host.name()) && self.takes(host.port())
    }

    /// Whether it names `address` as such.
    pub(super) fn covers(&self, address: IpAddr, port: Option<u16>) -> bool {
        let Hosts::Network(network, length) = &self.hosts else { return false };
        let common = match (network, address) {
            (IpAddr::V4(one), IpAddr::V4(two)) => (one.to_bits() ^ two.to_bits()).leading_zeros(),
            (IpAddr::V6(one), IpAddr::V6(two)) => (one.to_bits() ^ two.to_bits()).leading_zeros(),
            _ => return false,
        };
        common >= *length && self.takes(port)
    }

    /// Whether it names several addresses.
    pub(super) fn is_network(&self) -> bool {
        match self.hosts {
            Hosts::Network(IpAddr::V4(_), length) => length < 32,
            Hosts::Network(IpAddr::V6(_), length) => length < 128,
            _ => false,
        }
    }

    fn takes(&self, port: Option<u16>) -> bool {
        // Of a host without a port it is not known yet; whoever connects knows it.
        self.port.is_none() || port.is_none() || self.port == port
    }
}

/// The place of a host that an operator's setting names.
impl From<Host> for Place {
    fn from(host: Host) -> Self {
        let hosts = match host.address() {
            Some(address) => whole(plain(address)),
            None => Hosts::Name(host.name),
        };
        Self { hosts, port: host.port }
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let text = text.trim();
        let wrong = || PlaceError::of(text);
        if let Some((address, length)) = text.split_once('/').filter(|_| !text.contains("://")) {
            let address: IpAddr = address.trim_matches(['[', ']']).parse().map_err(|_| wrong())?;
            let length: u32 = length.parse().map_err(|_| wrong())?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let hosts = Hosts::Network(address, length);
            return if length <= most { Ok(Self { hosts, port: None }) } else { Err(wrong()) };
        }
        let Some((name, port)) = split_port(text).filter(|(name, _)| name.starts_with('*')) else {
            return Ok(text.parse::<Host>()?.into());
        };
        match name.strip_prefix('*') {
            Some("") => Ok(Self { hosts: Hosts::All, port }),
            Some(end) if end.starts_with('.') && end.len() > 1 && !end.contains('*') => {
                Ok(Self { hosts: Hosts::Below(end.to_lowercase()), port })
            }
            _ => Err(wrong()),
        }
    }
}

fn whole(address: IpAddr) -> Hosts {
    Hosts::Network(address, if address.is_ipv4() { 32 } else { 128 })
}

/// Name and port of `host`, `host:port`, `[address]:port` or an address; `None`: it is none of them.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if text.parse::<IpAddr>().is_ok() {
        return Some((text, None));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        address.parse::<IpAddr>().ok()?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((address, Some(port.parse().ok()?))),
            None => rest.is_empty().then_some((address, None)),
        };
    }
    match text.rsplit_once(':') {
        None => Some((text, None)),
        Some((name, port)) if !name.contains(':') => Some((name, Some(port.parse().ok()?))),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_settings_write_them() {
        let shown = |text: &str| {
            let hosts = hosts_in(text).unwrap();
            hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown("one:9092, TWO.example.:9093,"), "one:9092 two.example:9093");
        assert_eq!(shown("https://user:pass@s3.example/bucket?x=1"), "s3.example:443");
        assert_eq!(shown("http://[::1]:9000/"), "[::1]:9000");
        assert_eq!(shown("SASL_SSL://kafka:9092"), "kafka:9092");
        assert_eq!(shown("::1"), "::1");
        for text in
            ["a b", "kafka:port", "kafka:99999", "[::1", "a:b:c", "*.example", "http://", "[x]:1"]
        {
            assert!(hosts_in(text).is_err(), "{text}");
        }
        let told = hosts_in("https://user:hunter2@").unwrap_err().to_string();
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn places_are_names_wildcards_and_networks() {
        for text in [
            "kafka.example",
            "kafka.example:9092",
            "*",
            "*:443",
            "*.example:443",
            "10.0.0.0/8",
            "fd00::/8",
            "[::1]:9000",
            "::1",
            "https://s3.example",
        ] {
            text.parse::<Place>().unwrap_or_else(|error| panic!("{error}"));
        }
        for text in ["", "*example", "*.*.example", "10.0.0.0/33", "example/8", "a,b", "*."] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        insta::assert_snapshot!("a b".parse::<Place>().unwrap_err(), @"`a b` names no host, expected one such as kafka.example:9092, *.example, 10.1.2.3 or 10.0.0.0/8");
    }
}
