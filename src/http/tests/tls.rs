//! TLS-1: whose certificates are good.

use tokio::io::AsyncWriteExt as _;

use super::*;

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
    let test = "http::tests::tls::an_own_certificate_authority_is_accepted_and_only_where_it_is_configured";
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
