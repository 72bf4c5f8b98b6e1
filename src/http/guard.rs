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
mod tests {
    use super::*;

    fn routed(url: &str, allow_private: bool) -> Result<Route, HttpError> {
        route(&url.parse().unwrap(), allow_private)
    }

    const PRIVATE: &[&str] = &[
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "1::1",
        "4000::1",
    ];
    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.0.0.1",
        "128.0.0.1",
        "169.253.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00::1",
        "3ffe::1",
        "64:ff9b::8.8.8.8",
    ];

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for address in PRIVATE {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in PUBLIC {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_private_address_in_the_url_is_refused_unless_allowed() {
        for address in PRIVATE {
            let url = match address.parse().unwrap() {
                IpAddr::V4(_) => format!("https://{address}/"),
                IpAddr::V6(_) => format!("https://[{address}]/"),
            };
            assert_eq!(
                routed(&url, false),
                Err(HttpError::ForbiddenAddress),
                "{url}"
            );
            assert!(routed(&url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_address_in_disguise_is_refused() {
        for host in [
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "127.0.0.1.",
            "0",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "%31%32%37.0.0.1",
            "①②⑦.0.0.1",
            "0xa9fea9fe",
        ] {
            let url = format!("https://{host}/");
            assert_eq!(
                routed(&url, false),
                Err(HttpError::ForbiddenAddress),
                "{url}"
            );
        }
    }

    #[test]
    fn only_https_is_spoken_and_http_on_this_machine_where_that_is_allowed() {
        for url in [
            "http://example.com/",
            "http://10.0.0.1/",
            "http://8.8.8.8/",
            "http://localhost.example.com/",
        ] {
            assert_eq!(routed(url, false), Err(HttpError::ForbiddenScheme), "{url}");
            assert_eq!(routed(url, true), Err(HttpError::ForbiddenScheme), "{url}");
        }
        for url in [
            "http://127.0.0.1:8080/",
            "http://localhost/",
            "http://[::1]/",
            "https://localhost/",
        ] {
            assert!(routed(url, false).is_err(), "{url}");
            assert_eq!(routed(url, true), Ok(Route::Loopback), "{url}");
        }
        for url in [
            "file:///etc/passwd",
            "gopher://example.com/",
            "ftp://example.com/",
            "unix:/run/x",
            "data:,x",
            "ws://example.com/",
        ] {
            assert_eq!(routed(url, true), Err(HttpError::ForbiddenScheme), "{url}");
        }
        assert_eq!(routed("https://example.com/", false), Ok(Route::Public));
        assert_eq!(routed("https://10.0.0.1/", true), Ok(Route::Private));
    }

    #[test]
    fn a_url_with_credentials_is_refused() {
        for url in [
            "https://user@example.com/",
            "https://user:pass@example.com/",
            "https://:pass@example.com/",
        ] {
            assert_eq!(
                routed(url, false),
                Err(HttpError::ForbiddenAddress),
                "{url}"
            );
            assert_eq!(routed(url, true), Err(HttpError::ForbiddenAddress), "{url}");
        }
    }

    async fn resolved(route: Route, proxy_host: Option<&str>) -> Result<Vec<IpAddr>, String> {
        let resolver = GuardedResolver::new(route, proxy_host.map(str::to_owned));
        let name = "localhost".parse().unwrap();
        match resolver.resolve(name).await {
            Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
            Err(fault) if fault.is::<Forbidden>() => Err("forbidden".to_owned()),
            Err(fault) => Err(fault.to_string()),
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_resolves_only_where_it_may() {
        assert_eq!(
            resolved(Route::Public, None).await,
            Err("forbidden".to_owned())
        );
        for addresses in [
            resolved(Route::Loopback, None).await,
            resolved(Route::Private, None).await,
            resolved(Route::Public, Some("localhost")).await,
        ] {
            let addresses = addresses.unwrap();
            assert!(!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback));
        }
    }

    #[test]
    fn of_a_names_addresses_only_those_of_the_route_are_used() {
        let (public, private, own) = ("8.8.8.8", "10.0.0.1", "127.0.0.1");
        for (route, allowed) in [
            (Route::Public, vec![public]),
            (Route::Private, vec![public, private, own]),
            (Route::Loopback, vec![own]),
        ] {
            let mut addresses = vec![public, private, own];
            addresses.retain(|address| may_connect(route, address.parse().unwrap()));
            assert_eq!(addresses, allowed);
        }
    }
}
