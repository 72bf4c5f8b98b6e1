//! The sandbox over real HTTP, asked by a client that knows only sockets.

mod client;
mod id_tokens;
mod jws;
mod language;
mod oauth1;
mod oauth1_legs;
mod oauth2;
mod oidc;
mod openid;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use super::Sandbox;
use super::routes::PATHS;
use client::{get, send};

async fn sandbox() -> Sandbox {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Sandbox::start(listen).await.unwrap()
}

#[tokio::test]
async fn it_is_healthy_and_says_where_it_is() {
    let sandbox = sandbox().await;
    assert!(sandbox.url().starts_with("http://127.0.0.1:"));
    assert!(!sandbox.url().ends_with('/') && !sandbox.url().ends_with(":0"));
    let answer = get(&sandbox, "/healthz", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["status"], "ok");
}

#[actix_web::test]
async fn it_runs_inside_an_actix_system_too() {
    let sandbox = sandbox().await;
    assert_eq!(get(&sandbox, "/healthz", &[]).await.status, 200);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_unspecified_address_is_reached_through_loopback() {
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let sandbox = Sandbox::start(listen).await.unwrap();
    assert!(sandbox.url().starts_with("http://127.0.0.1:"));
    assert_eq!(get(&sandbox, "/healthz", &[]).await.status, 200);
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let first = sandbox().await;
    assert!(Sandbox::start(first.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_counted_by_path_whatever_the_answer() {
    let sandbox = sandbox().await;
    get(&sandbox, "/oauth2/userinfo", &[]).await;
    let alice = [("Authorization", "Bearer alice")];
    get(&sandbox, "/oauth2/userinfo?query=ignored", &alice).await;
    get(&sandbox, "/oauth2/tokeninfo?access_token=mallory", &[]).await;
    get(&sandbox, "/nowhere", &[]).await;
    assert_eq!(sandbox.calls("/oauth2/userinfo"), 2);
    assert_eq!(sandbox.calls("/oauth2/tokeninfo"), 1);
    assert_eq!(sandbox.calls("/oauth2/revoke"), 0);
    assert_eq!(sandbox.calls("/nowhere"), 0);
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let sandbox = sandbox().await;
    assert_eq!(get(&sandbox, "/", &[]).await.status, 404);
    for path in PATHS {
        let answer = send(&sandbox, "DELETE", path, &[], "").await;
        assert_eq!(answer.status, 405, "{path}");
    }
}

#[tokio::test]
async fn stopping_ends_it_even_while_a_request_hangs() {
    let sandbox = sandbox().await;
    let address = sandbox.address;
    let mut hanging = client::open(&sandbox).await;
    client::write(
        &mut hanging,
        "GET",
        "/oauth2/userinfo",
        &[("Authorization", "Bearer fail:timeout")],
        "",
    )
    .await;
    while sandbox.calls("/oauth2/userinfo") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let start = Instant::now();
    sandbox.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
    assert!(client::read(&mut hanging).await.is_empty());
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_stops_it() {
    let sandbox = sandbox().await;
    let address = sandbox.address;
    assert_eq!(get(&sandbox, "/healthz", &[]).await.status, 200);
    drop(sandbox);
    let start = Instant::now();
    while TcpStream::connect(address).await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn it_survives_what_is_no_http() {
    let sandbox = sandbox().await;
    for rubbish in [
        &b"\0\xff\xfe\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /oauth2/introspect HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /oauth1/verify_credentials?oauth_token=% HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /oauth2/userinfo HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n",
    ] {
        let mut stream = client::open(&sandbox).await;
        client::write_raw(&mut stream, rubbish).await;
    }
    let long = format!("Bearer {}", "x".repeat(20_000));
    let answer = get(&sandbox, "/oauth2/userinfo", &[("Authorization", &long)]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(get(&sandbox, "/healthz", &[]).await.status, 200);
}
