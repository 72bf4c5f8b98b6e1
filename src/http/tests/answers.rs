//! What is sent, and what comes back: no more and no less.

use serde_json::json;

use super::*;

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
