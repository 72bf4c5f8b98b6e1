//! SSRF-1: private addresses, and who is asked through a proxy.

use super::*;
use crate::http::client::exchange;

#[tokio::test]
async fn a_private_address_is_refused_before_anything_connects() {
    let authority = Authority::new();
    let server = start_tls(authority.acceptor("localhost", 2100)).await;
    let client = trusting(&authority, None);
    for host in ["localhost", "127.0.0.1", "2130706433", "[::ffff:127.0.0.1]"] {
        let answer = client.send(get(&server.url("https", host), false)).await;
        assert_eq!(answer.unwrap_err(), HttpError::ForbiddenAddress, "{host}");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused_at_connect() {
    let authority = Authority::new();
    let server = start_tls(authority.acceptor("localhost", 2100)).await;
    let client = trusting(&authority, None);
    // Past the look at the URL, so that the resolver alone decides.
    let request = get(&server.url("https", "localhost"), false);
    let answer = exchange(client.public(), request.clone()).await;
    assert_eq!(answer.unwrap_err(), HttpError::ForbiddenAddress);
    assert_eq!(server.asked(), 0);

    // Nor does it find the open connection of a request that might.
    assert!(exchange(client.private(), request.clone()).await.is_ok());
    let answer = exchange(client.public(), request).await;
    assert_eq!(answer.unwrap_err(), HttpError::ForbiddenAddress);
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn a_proxy_is_asked_to_connect_by_name() {
    let authority = Authority::new();
    let server = start_tls(authority.acceptor("provider.example", 2100)).await;
    let proxy = start_http_proxy(server.address).await;
    // By a name of this machine: the operator's proxy may be in a private network.
    let url = format!("http://us%65r:pa%73s@localhost:{}", proxy.address.port());
    let client = trusting(&authority, Some(url));
    let answer = client.send(get("https://provider.example/", false)).await;
    assert_eq!(answer.unwrap().body, b"ok");
    let head = proxy.head();
    assert!(
        head.starts_with("CONNECT provider.example:443 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.to_lowercase()
            .contains("proxy-authorization: basic dxnlcjpwyxnz\r\n"),
        "{head}"
    );
    assert!(!server.head().to_lowercase().contains("proxy-authorization"));
}

#[tokio::test]
async fn a_socks_proxy_is_asked_to_connect_by_name() {
    let authority = Authority::new();
    let server = start_tls(authority.acceptor("provider.example", 2100)).await;
    let proxy = start_socks_proxy(server.address).await;
    let client = trusting(&authority, Some(format!("socks5://{}", proxy.address)));
    let answer = client.send(get("https://provider.example/", false)).await;
    assert_eq!(answer.unwrap().body, b"ok");
    assert_eq!(proxy.head(), "provider.example");
}

#[tokio::test]
async fn this_machine_and_private_addresses_are_not_asked_through_the_proxy() {
    let authority = Authority::new();
    let server = start_with(OK).await;
    let proxy = start_http_proxy(server.address).await;
    let client = trusting(&authority, Some(format!("http://{}", proxy.address)));
    let direct = client
        .send(get(&server.url("http", "localhost"), true))
        .await;
    assert_eq!(direct.unwrap().body, b"ok");
    for url in [
        "https://10.0.0.1/",
        "https://localhost/",
        "https://169.254.169.254/",
    ] {
        let answer = client.send(get(url, false)).await;
        assert_eq!(answer.unwrap_err(), HttpError::ForbiddenAddress, "{url}");
    }
    assert_eq!(proxy.asked(), 0);
}

/// A private address that the operator gave a host is reached by that host
/// alone, without leave and past the proxy.
#[tokio::test]
async fn a_host_is_where_the_operator_says_and_its_certificate_must_be_good() {
    let authority = Authority::new();
    let server = start_tls(authority.acceptor("id.example.com", 2100)).await;
    let mut bundle = NamedTempFile::new().unwrap();
    bundle.write_all(authority.pem().as_bytes()).unwrap();
    let address = server.address;
    let hosts = ["id.example.com", "wrong.example.com"].map(|host| (host.to_owned(), address));
    let client = HttpClient::new(&HttpOptions {
        ca_bundle: Some(bundle.path().to_owned()),
        proxy: Some(SecretString::from("http://127.0.0.1:9")),
        resolve: hosts.into(),
        ..options()
    })
    .unwrap();
    let send = |url: &'static str| client.send(get(url, false));
    assert_eq!(send("https://id.example.com/").await.unwrap().status, 200);
    let wrong = send("https://wrong.example.com/").await;
    assert_eq!(wrong.err(), Some(HttpError::Tls));
    assert_eq!(
        send("http://id.example.com/").await.err(),
        Some(HttpError::ForbiddenScheme)
    );
    assert_eq!(
        send("https://127.0.0.1/").await.err(),
        Some(HttpError::ForbiddenAddress)
    );
    assert_eq!(
        send("https://x.id.example.com/").await.err(),
        Some(HttpError::Connection)
    );
}
