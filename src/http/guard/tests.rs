//! Which addresses are private, in all their spellings.

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
