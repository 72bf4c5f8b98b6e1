//! SLOW-1: servers that take their time, or are not there.

use std::time::Instant;

use tokio::io::AsyncWriteExt as _;

use super::*;

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
