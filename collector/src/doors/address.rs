//! Whom a request is from: the socket's other end, or what proxies that the operator trusts say.
//! Addresses serve rate limits alone: they are neither logged nor stored.

use crate::settings::{ForwardedHeader, Networks, Settings};
use axum::http::{HeaderMap, HeaderName, header};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Once;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Hops that are looked at; proxies that are chained deeper are nobody's.
const HOPS_MAX: usize = 32;

/// The socket's other end. A request without it comes from the command line in this process.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

pub struct Proxies {
    trusted: Networks,
    header: ForwardedHeader,
    warned: Once,
}

impl Proxies {
    pub fn new(settings: &Settings) -> Self {
        let (trusted, header) = (settings.trusted_proxies.clone(), settings.forwarded_header);
        Self { trusted, header, warned: Once::new() }
    }

    /// Whether everyone behind this address is someone else.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.contains(address.to_canonical())
    }

    /// The last address that someone trusted vouches for, read from the nearest proxy outwards:
    /// what a stranger wrote in front of it is never reached.
    pub fn client(&self, peer: Peer, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.0.ip().to_canonical();
        self.warn_of_a_forgotten_proxy(client, headers);
        for hop in self.hops(headers).into_iter().take(HOPS_MAX) {
            if !self.trusted.contains(client) {
                break;
            }
            let Some(next) = hop else { break };
            client = next.to_canonical();
        }
        client
    }

    /// A proxy near by that is not trusted makes one address of all its visitors, who then share
    /// one rate: an operator would see it only on a busy day.
    fn warn_of_a_forgotten_proxy(&self, peer: IpAddr, headers: &HeaderMap) {
        let forwards = headers.contains_key(X_FORWARDED_FOR);
        if forwards && is_near(peer) && !self.trusted.contains(peer) {
            self.warned.call_once(|| {
                tracing::warn!(
                    "a proxy near by says whom requests are from, but trusted_proxies does not \
                     name it: all of its visitors share the rate of one address"
                );
            });
        }
    }

    /// The hops that the headers name, the nearest first; `None` for what is no address.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self.header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        let parts = lines.iter().rev().flat_map(|line| {
            let line = line.to_str().unwrap_or("unreadable");
            line.rsplit(',').map(str::trim)
        });
        parts
            .map(|part| match self.header {
                ForwardedHeader::XForwardedFor => address(part),
                ForwardedHeader::Forwarded => forwarded_for(part).and_then(address),
            })
            .collect()
    }
}

/// Of this machine or a private network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// What a bucket is for: an IPv4 address, or the /64 that one IPv6 subscriber has.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// The `for` of one element of `Forwarded` (RFC 7239).
fn forwarded_for(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    Some(value.trim_matches('"'))
}

/// An address with or without port and brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Value;

    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let trusted = Networks::read("10.0.0.0/8,::1").unwrap();
        let name = match header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&name, line.parse().unwrap());
        }
        let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 1));
        Proxies { trusted, header, warned: Once::new() }.client(peer, &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let forwarded_for =
            |peer, lines: &[&str]| client(ForwardedHeader::XForwardedFor, peer, lines);
        for (peer, lines, expected) in [
            ("192.0.2.1", &["203.0.113.9"][..], "192.0.2.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("::ffff:10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            assert_eq!(forwarded_for(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_says() {
        for (line, expected) in [
            ("for=203.0.113.9;proto=https", "203.0.113.9"),
            ("For=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=1.1.1.1, for=203.0.113.9", "203.0.113.9"),
            ("for=unknown", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn ipv6_subscribers_are_networks() {
        let of = |text: &str| subscriber(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
    }
}
