//! `http.resolve`: hosts, and where the operator says that they are.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::SettingError;
use super::found::Found;

/// Hosts with an address each, a port where it is another than the URL's.
pub(super) fn addresses(found: &Found) -> Result<BTreeMap<String, SocketAddr>, SettingError> {
    let address = |text: &str| {
        let with_port = text.parse::<SocketAddr>();
        with_port.or_else(|_none| Ok(SocketAddr::new(text.parse::<IpAddr>()?, 0)))
    };
    let pair = |(host, value): (&String, &serde_json::Value)| {
        let is_host = matches!(url::Host::parse(host), Ok(url::Host::Domain(name)) if name == *host)
            && host != "localhost";
        let address: Result<SocketAddr, std::net::AddrParseError> =
            address(value.as_str().unwrap_or_default());
        address
            .ok()
            .filter(|_| is_host)
            .map(|address| (host.clone(), address))
    };
    let pairs = found.map()?.iter().map(pair).collect::<Option<_>>();
    pairs.ok_or_else(|| {
        found.wrong(
            "host names in lower case, each with an IP address and, where it is not the URL's own, \
             a port: { \"id.example.com\" = \"10.0.0.7:8443\" }",
        )
    })
}
