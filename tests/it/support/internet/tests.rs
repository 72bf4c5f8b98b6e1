//! The fake internet, tried with a client of its own.

use std::time::Duration;

use serde_json::json;

use super::wire::read_request;
use super::{Answer, FakeInternet};

fn client(internet: &FakeInternet) -> reqwest::Client {
    patient(internet, Duration::from_mins(1))
}

fn patient(internet: &FakeInternet, timeout: Duration) -> reqwest::Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = std::fs::read(internet.ca_bundle()).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the fake internet is tried with a client that is not ours"
    )]
    let builder = reqwest::Client::builder();
    builder
        .proxy(reqwest::Proxy::all(internet.proxy_url()).unwrap())
        .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
        .timeout(timeout)
        .build()
        .unwrap()
}

async fn send(request: reqwest::RequestBuilder) -> reqwest::Result<(u16, String)> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the fake internet is tried with a client that is not ours"
    )]
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

async fn get(client: &reqwest::Client, url: &str) -> reqwest::Result<(u16, String)> {
    send(client.get(url)).await
}

#[tokio::test]
async fn each_host_and_path_answers_for_itself_over_tls() {
    let internet = FakeInternet::start().await;
    internet.on(
        "GET",
        "api.github.com",
        "/user",
        Answer::json(200, &json!({"id": 1})),
    );
    internet.on(
        "get",
        "api.github.com",
        "/user/emails",
        Answer::text(404, "no"),
    );
    internet.on(
        "GET",
        "Graph.Facebook.com",
        "/user",
        Answer::form(200, &[("a", "b c")]),
    );
    internet.on("GET", "127.0.0.9:8443", "/user", Answer::html(502));
    let client = client(&internet);

    let got = get(&client, "https://api.github.com/user").await.unwrap();
    assert_eq!(got, (200, "{\"id\":1}".to_owned()));
    let got = get(&client, "https://api.github.com/user/emails?page=2")
        .await
        .unwrap();
    assert_eq!(got, (404, "no".to_owned()));
    let got = get(&client, "https://graph.facebook.com/user")
        .await
        .unwrap();
    assert_eq!(got, (200, "a=b+c".to_owned()));
    let (status, page) = get(&client, "https://127.0.0.9:8443/user").await.unwrap();
    assert_eq!(status, 502);
    assert!(page.contains("<h1>"));
}

#[tokio::test]
async fn the_last_registration_wins_and_a_function_sees_the_request() {
    let internet = FakeInternet::start().await;
    internet.on("POST", "x.test", "/token", Answer::text(500, "old"));
    internet.on_fn("POST", "x.test", "/token", |received| {
        let code = received
            .form()
            .into_iter()
            .find(|(name, _)| name == "code")
            .map(|(_, value)| value);
        Answer::text(201, &code.unwrap_or_default()).header("X-Seen", "yes")
    });
    let request = client(&internet)
        .post("https://x.test/token")
        .form(&[("code", "a+b")]);
    assert_eq!(send(request).await.unwrap(), (201, "a+b".to_owned()));
}

#[tokio::test]
async fn what_nobody_registered_is_599_and_recorded() {
    let internet = FakeInternet::start().await;
    let request = client(&internet)
        .post("https://x.test/a%20b?q=1%2B1&q=2")
        .header("X-Trace", "t")
        .json(&json!({"k": "v"}));
    let (status, body) = send(request).await.unwrap();
    assert_eq!(status, 599);
    assert_eq!(
        body,
        "the fake internet has no answer for POST https://x.test/a%20b"
    );

    let received = internet.received();
    assert_eq!(received.len(), 1);
    let only = &received[0];
    assert_eq!(
        (only.method.as_str(), only.host.as_str(), only.path.as_str()),
        ("POST", "x.test", "/a%20b")
    );
    let expected = [("q", "1+1"), ("q", "2")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(only.query, expected);
    assert_eq!(only.param("q"), Some("1+1"));
    assert_eq!(only.header("x-trace"), Some("t"));
    assert_eq!(only.json(), json!({"k": "v"}));

    internet.clear_received();
    assert!(internet.received().is_empty());
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let internet = FakeInternet::start().await;
    internet.on("PUT", "x.test", "/", Answer::text(200, "ok"));
    let client = client(&internet);
    for _ in 0..3 {
        let request = client.put("https://x.test/").body("one two");
        assert_eq!(send(request).await.unwrap().0, 200);
    }
    assert_eq!(internet.received().len(), 3);
    assert_eq!(internet.received()[2].body, b"one two");
    assert_eq!(internet.tunnels(), 1);
}

#[tokio::test]
async fn a_chunked_body_is_joined_and_the_next_request_found() {
    let mut wire: &[u8] = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
        4\r\none \r\n3\r\ntwo\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
    let first = read_request(&mut wire, "x.test").await.unwrap().unwrap();
    assert_eq!(first.body, b"one two");
    let second = read_request(&mut wire, "x.test").await.unwrap().unwrap();
    assert_eq!(second.path, "/b");
    assert!(read_request(&mut wire, "x.test").await.unwrap().is_none());
}

#[tokio::test]
async fn faults_reach_the_client_as_what_they_are() {
    let internet = FakeInternet::start().await;
    internet.on("GET", "x.test", "/hang", Answer::hang());
    internet.on("GET", "x.test", "/close", Answer::close());
    internet.on("GET", "x.test", "/garbage", Answer::garbage());
    internet.on("GET", "x.test", "/endless", Answer::endless());
    internet.on(
        "GET",
        "x.test",
        "/half",
        Answer::text(200, "abcd").truncated(),
    );
    internet.on("GET", "x.test", "/huge", Answer::huge(3_000_000));
    internet.on("GET", "x.test", "/gzip", Answer::text(200, "small").gzip());
    let late = Answer::text(200, "late").after(Duration::from_millis(300));
    internet.on("GET", "x.test", "/late", late);
    let client = client(&internet);
    let url = |path: &str| format!("https://x.test/{path}");

    let hasty = patient(&internet, Duration::from_secs(1));
    for endless in ["hang", "endless"] {
        let error = get(&hasty, &url(endless)).await.unwrap_err();
        assert!(error.is_timeout(), "{endless}: {error}");
    }
    for broken in ["close", "garbage", "half"] {
        let error = get(&client, &url(broken)).await.unwrap_err();
        assert!(!error.is_timeout(), "{broken}: {error}");
    }
    let (_, body) = get(&client, &url("huge")).await.unwrap();
    assert!(body.len() > 3_000_000);
    let (_, body) = get(&client, &url("gzip")).await.unwrap();
    assert_eq!(body, "small");
    let started = std::time::Instant::now();
    get(&client, &url("late")).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_host_can_be_out_of_reach_or_untrusted() {
    let internet = FakeInternet::start().await;
    for host in ["gone.test", "forged.test", "fine.test"] {
        internet.on("GET", host, "/", Answer::text(200, "ok"));
    }
    internet.unreachable("gone.test");
    internet.untrusted("forged.test");
    let client = client(&internet);
    assert!(
        get(&client, "https://gone.test/")
            .await
            .unwrap_err()
            .is_connect()
    );
    assert!(
        get(&client, "https://forged.test/")
            .await
            .unwrap_err()
            .is_connect()
    );
    assert_eq!(get(&client, "https://fine.test/").await.unwrap().0, 200);
    assert_eq!(internet.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_at_once_are_all_served() {
    let internet = FakeInternet::start().await;
    internet.on_fn("GET", "x.test", "/echo", |received| {
        Answer::text(200, received.param("n").unwrap_or_default())
    });
    let client = client(&internet);
    let calls = (0..100).map(|n| {
        let client = client.clone();
        tokio::spawn(async move {
            let got = get(&client, &format!("https://x.test/echo?n={n}")).await;
            assert_eq!(got.unwrap().1, n.to_string());
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(internet.received().len(), 100);
}
