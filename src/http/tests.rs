//! Tests of the client against servers that mean harm: SSRF, RED, BOM, SLOW, TLS.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

use super::client::exchange;
use super::test_servers::{
    Authority, OK, Server, read_request, start, start_http_proxy, start_http2, start_socks_proxy,
    start_tls, start_with,
};
use super::*;

const FOREVER: Duration = Duration::from_secs(20);

fn options() -> HttpOptions {
    HttpOptions {
        proxy: None,
        resolve: std::collections::BTreeMap::new(),
        ca_bundle: None,
        connect_timeout: Duration::from_secs(5),
        user_agent: "sociable-test".to_owned(),
    }
}

fn client() -> HttpClient {
    HttpClient::new(&options()).unwrap()
}

fn trusting(authority: &Authority, proxy: Option<String>) -> HttpClient {
    let mut bundle = NamedTempFile::new().unwrap();
    bundle.write_all(authority.pem().as_bytes()).unwrap();
    HttpClient::new(&HttpOptions {
        ca_bundle: Some(bundle.path().to_owned()),
        proxy: proxy.map(SecretString::from),
        ..options()
    })
    .unwrap()
}

fn get(url: &str, allow_private: bool) -> Request {
    Request {
        allow_private,
        ..Request::new(Method::GET, url.parse().unwrap(), FOREVER)
    }
}

async fn ask(server: &Server) -> Result<Answer, HttpError> {
    client()
        .send(get(&server.url("http", "127.0.0.1"), true))
        .await
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let server = start_with(
        "HTTP/1.1 404 Not Found\r\nx-kind: a\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
    )
    .await;
    let answer = ask(&server).await.unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(answer.headers["x-kind"], "a");
    assert_eq!(answer.body, b"hello");
    let head = server.head();
    assert!(
        head.starts_with("GET /path?secret=1 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("user-agent: sociable-test\r\n"), "{head}");
    assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
}

#[tokio::test]
async fn bodies_and_headers_are_sent_as_given() {
    let server = start_with(OK).await;
    let url = server.url("http", "127.0.0.1");
    let form = Request {
        method: Method::POST,
        headers: vec![(header::AUTHORIZATION, HeaderValue::from_static("Basic abc"))],
        body: Body::Form(vec![
            ("a b".to_owned(), "ü&=".to_owned()),
            ("code".to_owned(), "x".to_owned()),
        ]),
        ..get(&url, true)
    };
    client().send(form).await.unwrap();
    let json = Request {
        method: Method::POST,
        headers: vec![(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x+json"),
        )],
        body: Body::Json(json!({"a": 1})),
        ..get(&url, true)
    };
    client().send(json).await.unwrap();

    let heads = server.heads.lock().unwrap();
    assert!(heads[0].contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(heads[0].contains("authorization: Basic abc\r\n"));
    assert!(heads[0].ends_with("\r\n\r\na+b=%C3%BC%26%3D&code=x"));
    assert_eq!(heads[1].matches("content-type: ").count(), 1);
    assert!(heads[1].contains("content-type: application/x+json\r\n"));
    assert!(heads[1].ends_with("\r\n\r\n{\"a\":1}"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = start_with(OK).await;
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = other.url("http", "127.0.0.1");
        let answer = format!(
            "HTTP/1.1 {status}\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let server = start_with(answer).await;
        let answer = ask(&server).await.unwrap();
        assert_eq!(answer.status.to_string(), status[..3]);
    }
    assert_eq!(other.asked(), 0);
}

#[tokio::test]
async fn no_cookie_is_kept() {
    let server = start_with(
        "HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )
    .await;
    let client = client();
    for _ in 0..2 {
        let request = get(&server.url("http", "127.0.0.1"), true);
        client.send(request).await.unwrap();
    }
    let heads = server.heads.lock().unwrap();
    assert_eq!(heads.len(), 2);
    assert!(heads.iter().all(|head| !head.contains("cookie")));
}

/// Sends `piece` for ever and counts the bytes that the client took.
async fn start_endless(
    head: &'static str,
    first: Vec<u8>,
    piece: Vec<u8>,
) -> (Server, Arc<AtomicU64>) {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let pieces = Arc::new((first, piece));
    let server = start(move |mut stream, heads| {
        let (pieces, counter) = (Arc::clone(&pieces), Arc::clone(&counter));
        async move {
            read_request(&mut stream, &heads).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&pieces.0).await.unwrap();
            while stream.write_all(&pieces.1).await.is_ok() {
                let length = u64::try_from(pieces.1.len()).unwrap();
                counter.fetch_add(length, Ordering::Relaxed);
            }
        }
    })
    .await;
    (server, sent)
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let (server, sent) = start_endless(head, Vec::new(), vec![b'x'; 64 * 1024]).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::TooLarge);
    let sent = sent.load(Ordering::Relaxed);
    // What the sockets' buffers hold comes on top of the limit.
    assert!(sent < 16 * 1024 * 1024, "{sent} bytes were taken");
}

/// Most memory that this process ever held, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_with_flat_memory() {
    // One mebibyte of zeros, flushed so that it can be repeated without end.
    let mut piece = Vec::with_capacity(64 * 1024);
    let mut compress = flate2::Compress::new(flate2::Compression::best(), false);
    compress
        .compress_vec(
            &vec![0; 1024 * 1024],
            &mut piece,
            flate2::FlushCompress::Full,
        )
        .unwrap();
    assert!(piece.len() < 4096, "{} bytes", piece.len());
    let gzip_header = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";

    let before = peak_memory();
    let (server, _) = start_endless(head, gzip_header, piece).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::TooLarge);
    let grown = peak_memory() - before;
    assert!(grown < 128 * 1024, "memory grew by {grown} KiB");
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
    for (length, passes) in [(MAX_BODY_LENGTH, true), (MAX_BODY_LENGTH + 1, false)] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&vec![b'a'; length]).unwrap();
        let zipped = gzip.finish().unwrap();
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            zipped.len()
        )
        .into_bytes();
        answer.extend(zipped);
        let answer = ask(&start_with(answer).await).await;
        match answer {
            Ok(answer) => assert!(passes && answer.body.len() == length),
            Err(fault) => assert!(!passes && fault == HttpError::TooLarge),
        }
    }
}

#[tokio::test]
async fn endless_headers_are_cut() {
    let head = "HTTP/1.1 200 OK\r\n";
    let (server, sent) = start_endless(head, Vec::new(), b"x-more: and more\r\n".repeat(100)).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::Protocol);
    assert!(sent.load(Ordering::Relaxed) < 16 * 1024 * 1024);

    let (server, sent) = start_endless(head, b"x-long: ".to_vec(), vec![b'x'; 64 * 1024]).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::Protocol);
    assert!(sent.load(Ordering::Relaxed) < 16 * 1024 * 1024);
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_error() {
    let broken_gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\nconnection: close\r\n\r\nnope";
    for answer in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        broken_gzip,
    ] {
        let server = start_with(answer).await;
        assert_eq!(
            ask(&server).await.unwrap_err(),
            HttpError::Protocol,
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_server_that_sends_a_byte_a_second_meets_the_deadline() {
    let server = start(|mut stream, heads| async move {
        read_request(&mut stream, &heads).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
        stream.write_all(head).await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let request = Request {
        timeout: Duration::from_millis(2500),
        ..get(&server.url("http", "127.0.0.1"), true)
    };
    let start = Instant::now();
    assert_eq!(
        client().send(request).await.unwrap_err(),
        HttpError::Timeout
    );
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(2400) && took < Duration::from_secs(4),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_meets_the_deadline() {
    let server = start(|stream, _| async move {
        tokio::time::sleep(FOREVER).await;
        drop(stream);
    })
    .await;
    let start = Instant::now();
    for url in [
        server.url("http", "127.0.0.1"),
        server.url("https", "127.0.0.1"),
    ] {
        let request = Request {
            timeout: Duration::from_millis(300),
            ..get(&url, true)
        };
        assert_eq!(
            client().send(request).await.unwrap_err(),
            HttpError::Timeout
        );
    }
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_tls_handshake_that_hangs_meets_the_connect_timeout() {
    let server = start(|stream, _| async move {
        tokio::time::sleep(FOREVER).await;
        drop(stream);
    })
    .await;
    let client = HttpClient::new(&HttpOptions {
        connect_timeout: Duration::from_millis(300),
        ..options()
    })
    .unwrap();
    let start = Instant::now();
    let answer = client
        .send(get(&server.url("https", "127.0.0.1"), true))
        .await;
    assert_eq!(answer.unwrap_err(), HttpError::Timeout);
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_connection_that_is_refused_or_lost_is_a_connection_error() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let answer = client().send(get(&url, true)).await;
    assert_eq!(answer.unwrap_err(), HttpError::Connection);

    let answer = client().send(get("https://name.invalid/", false)).await;
    assert_eq!(answer.unwrap_err(), HttpError::Connection);

    let hangs_up = start_with("").await;
    assert_eq!(ask(&hangs_up).await.unwrap_err(), HttpError::Connection);
}

#[tokio::test]
async fn an_own_certificate_authority_is_accepted_and_only_where_it_is_configured() {
    let authority = Authority::new();
    let server = start_tls(authority.acceptor("localhost", 2100)).await;
    let url = server.url("https", "localhost");
    let answer = trusting(&authority, None)
        .send(get(&url, true))
        .await
        .unwrap();
    assert_eq!(answer.body, b"ok");

    let answer = client().send(get(&url, true)).await;
    assert_eq!(answer.unwrap_err(), HttpError::Tls);
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn a_certificate_of_another_host_or_an_expired_one_is_refused() {
    let authority = Authority::new();
    let client = trusting(&authority, None);
    for acceptor in [
        authority.acceptor("other.example", 2100),
        authority.acceptor("localhost", 2020),
    ] {
        let server = start_tls(acceptor).await;
        let answer = client
            .send(get(&server.url("https", "localhost"), true))
            .await;
        assert_eq!(answer.unwrap_err(), HttpError::Tls);
        assert_eq!(server.asked(), 0);
    }
}

#[tokio::test]
async fn a_server_without_tls_behind_https_is_a_tls_error() {
    let server = start(|mut stream, _| async move {
        stream.write_all(OK).await.unwrap();
    })
    .await;
    let answer = client()
        .send(get(&server.url("https", "localhost"), true))
        .await;
    assert_eq!(answer.unwrap_err(), HttpError::Tls);
}

#[tokio::test]
async fn http_2_is_spoken_with_a_server_that_offers_it() {
    let authority = Authority::new();
    let server = start_http2(authority.http2_acceptor("localhost")).await;
    let answer = trusting(&authority, None)
        .send(get(&server.url("https", "localhost"), true))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(server.head(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

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

/// Runs the test above again, as a process with proxy variables.
#[test]
fn proxy_variables_of_the_machine_are_ignored() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        child.env(name, "http://127.0.0.1:9");
    }
    let test =
        "http::tests::an_own_certificate_authority_is_accepted_and_only_where_it_is_configured";
    let output = child
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .args(["--exact", test])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && shown.contains("1 passed"),
        "{shown}"
    );
}

#[test]
fn an_option_at_fault_is_named_and_a_password_is_not_shown() {
    let build = |options: HttpOptions| HttpClient::new(&options).unwrap_err();
    for proxy in [
        "",
        "proxy:8080",
        "ftp://u:hunter2@proxy/",
        "http://u:hunter2@/",
        "socks4://u:hunter2@p:1",
    ] {
        let options = HttpOptions {
            proxy: Some(proxy.into()),
            ..options()
        };
        assert!(!format!("{options:?}").contains("hunter2"));
        let fault = build(options);
        assert!(matches!(fault, HttpSetupError::ProxyInvalid), "{proxy}");
        assert!(!format!("{fault} {fault:?}").contains("hunter2"));
    }
    let user_agent = "a\nb".to_owned();
    assert!(matches!(
        build(HttpOptions {
            user_agent,
            ..options()
        }),
        HttpSetupError::UserAgentInvalid
    ));
    let missing = Some("/nowhere/ca.pem".into());
    let fault = build(HttpOptions {
        ca_bundle: missing,
        ..options()
    });
    assert!(fault.to_string().contains("/nowhere/ca.pem"), "{fault}");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for content in ["", "no certificate", broken] {
        let mut bundle = NamedTempFile::new().unwrap();
        bundle.write_all(content.as_bytes()).unwrap();
        let ca_bundle = Some(bundle.path().to_owned());
        let fault = build(HttpOptions {
            ca_bundle,
            ..options()
        });
        assert!(
            matches!(fault, HttpSetupError::CaBundleInvalid { .. }),
            "{content}"
        );
    }
}

#[test]
fn debug_shows_no_path_header_or_body() {
    let request = Request {
        headers: vec![(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer hunter2"),
        )],
        body: Body::Form(vec![("client_secret".to_owned(), "hunter2".to_owned())]),
        ..get(
            "https://api.example.com/hunter2?access_token=hunter2",
            false,
        )
    };
    let shown = format!("{request:?} {:?}", request.body);
    assert_eq!(
        shown,
        "Request { method: GET, host: \"api.example.com\", .. } Form(..)"
    );
    let answer = Answer {
        status: 200,
        headers: HeaderMap::new(),
        body: b"hunter2".to_vec(),
    };
    assert_eq!(
        format!("{answer:?}"),
        "Answer { status: 200, length: 7, .. }"
    );
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
