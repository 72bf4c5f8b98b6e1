//! Keeps outgoing calls off private networks, and off anything but https.
//!
//! The resolved address decides, not the name: the resolver hands over only
//! addresses that may be connected to, and the connection uses those. A name
//! that resolves to something else a moment later gains nothing.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::HttpError;

/// Which of the clients a request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// To public addresses.
    Public,
    /// To any address.
    Private,
    /// To this machine, past any proxy.
    Loopback,
    /// To the address that the operator gave the host, past any proxy.
    Pinned,
}

/// Looks at what the URL alone tells, and picks the client.
pub(super) fn route(url: &Url, allow_private: bool) -> Result<Route, HttpError> {
    let host = match url.scheme() {
        "https" | "http" => url.host().ok_or(HttpError::ForbiddenScheme)?,
        _ => return Err(HttpError::ForbiddenScheme),
    };
    let loopback = is_loopback(&host);
    if url.scheme() == "http" && !(loopback && allow_private) {
        return Err(HttpError::ForbiddenScheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HttpError::ForbiddenAddress);
    }
    let literal_is_public = match host {
        Host::Domain(_) => true,
        Host::Ipv4(address) => is_public(address.into()),
        Host::Ipv6(address) => is_public(address.into()),
    };
    match (allow_private, loopback) {
        (true, true) => Ok(Route::Loopback),
        (true, false) => Ok(Route::Private),
        (false, false) if literal_is_public => Ok(Route::Public),
        (false, _) => Err(HttpError::ForbiddenAddress),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.strip_suffix('.').unwrap_or(name) == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Special-purpose networks, with the length of their prefix in bits.
const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),           // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carrier-grade NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, metadata of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved
    (Ipv4Addr::BROADCAST, 32),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|(network, prefix)| {
        let difference = address.to_bits() ^ network.to_bits();
        difference.leading_zeros() >= *prefix
    })
}

/// Global unicast only; of what embeds an IPv4 address, NAT64 to a public one:
/// networks without IPv4 reach every IPv4 host that way.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        [0x2001, 0..=0x1ff | 0xdb8, ..]         // Teredo, ORCHID; documentation
        | [0x2002, ..]                          // 6to4
        | [0x3fff, 0..=0xfff, ..] => false,     // documentation
        // Outside are ::, ::1, ::ffff:0:0/96, fc00::/7, fe80::/10, ff00::/8, …
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

/// All addresses of a name are ones that may not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address that may be asked")]
pub(super) struct Forbidden;

/// Resolves names by the system and keeps the addresses of a route.
#[derive(Debug)]
pub(super) struct GuardedResolver {
    route: Route,
    /// The proxy's own name: the operator's choice, wherever it is.
    proxy_host: Option<String>,
}

impl GuardedResolver {
    pub(super) fn new(route: Route, proxy_host: Option<String>) -> Self {
        Self { route, proxy_host }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let route = if self.proxy_host.as_ref() == Some(&host) {
            Route::Private
        } else {
            self.route
        };
        Box::pin(async move {
            let mut addresses: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
            addresses.retain(|address| may_connect(route, address.ip()));
            if addresses.is_empty() {
                return Err(Forbidden.into());
            }
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// Knows the operator's addresses, and no others.
#[derive(Debug)]
pub(super) struct PinnedResolver(pub(super) Arc<BTreeMap<String, SocketAddr>>);

impl Resolve for PinnedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let address = self.0.get(name.as_str()).copied();
        Box::pin(async move {
            let addresses: Addrs = Box::new(address.into_iter());
            Ok(addresses)
        })
    }
}

fn may_connect(route: Route, address: IpAddr) -> bool {
    match route {
        Route::Public => is_public(address),
        Route::Private | Route::Pinned => true,
        Route::Loopback => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests;
