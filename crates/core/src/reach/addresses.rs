//! Kinds of addresses: which of them lead to the machine itself, its link, or what only it may ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that is meant by one of version 6 that holds one of version 4.
pub(super) fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or(address.into(), Into::into),
        IpAddr::V4(_) => address,
    }
}

/// What kind of address that has to be named `address` is; `None`: an ordinary one.
pub(super) fn guarded(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => guarded_v4(address),
        IpAddr::V6(address) => guarded_v6(address),
    }
}

/// What tells machines of clouds their secrets, outside of the links.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn guarded_v4(address: Ipv4Addr) -> Option<&'static str> {
    if address.is_loopback() {
        Some("a loopback address")
    } else if address.is_link_local() {
        Some("a link-local address")
    } else if METADATA_V4.contains(&address) {
        Some("an address of a metadata service")
    } else if address.octets()[0] == 0 {
        // Connecting to it connects to the machine itself.
        Some("an address of this machine")
    } else if address.is_multicast() || address.is_broadcast() {
        Some("no address of one host")
    } else {
        None
    }
}

fn guarded_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = embedded(address) {
        return guarded_v4(inner);
    }
    if address.is_loopback() {
        Some("a loopback address")
    } else if address.is_unicast_link_local() {
        Some("a link-local address")
    } else if address == METADATA_V6 {
        Some("an address of a metadata service")
    } else if address.is_unspecified() {
        Some("an address of this machine")
    } else if address.is_multicast() {
        Some("no address of one host")
    } else {
        None
    }
}

/// The address of version 4 that a packet to `address` may reach: mapped (RFC 4291), compatible, translated
/// (RFC 6052), or by a relay (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match parts[..6] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(of(parts[6], parts[7])),
        // `::` and `::1` are no addresses of version 4.
        [0, 0, 0, 0, 0, 0] if parts[6] != 0 => Some(of(parts[6], parts[7])),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}
