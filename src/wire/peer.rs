//! Addresses of peers.

use std::net::SocketAddr;

/// Formats address and port of a peer. A socket for IPv4 and IPv6 reports IPv4 peers as IPv4-mapped addresses
/// (`::ffff:127.0.0.1`, RFC 4291, section 2.5.5.2); they are formatted as IPv4 addresses.
#[must_use]
pub fn peer_text(peer: SocketAddr) -> String {
    match (peer, peer.ip().to_canonical()) {
        (SocketAddr::V6(_), ip) if ip.is_ipv4() => SocketAddr::new(ip, peer.port()).to_string(),
        _ => peer.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_are_ipv4() {
        for (peer, text) in [
            ("[::ffff:127.0.0.1]:80", "127.0.0.1:80"),
            ("[::ffff:7f00:1]:80", "127.0.0.1:80"),
            ("10.0.0.1:65535", "10.0.0.1:65535"),
            ("[::1]:80", "[::1]:80"),
            ("[::127.0.0.1]:80", "[::7f00:1]:80"),
            ("[fe80::1%2]:80", "[fe80::1%2]:80"),
            ("[64:ff9b::7f00:1]:80", "[64:ff9b::7f00:1]:80"),
        ] {
            assert_eq!(peer_text(peer.parse().unwrap()), text);
        }
    }
}
