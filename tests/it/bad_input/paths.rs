//! Paths that are not there, and methods that a path does not know.

use reqwest::Method;
use serde_json::json;

use crate::support::http;
use crate::support::server::{Server, Store};

const PATHS: [(&str, &str); 9] = [
    ("/social_sign_up", "POST"),
    ("/social_sign_up/challenge", "POST"),
    ("/social_sign_up/request_token", "POST"),
    ("/me", "GET"),
    ("/me/social_auth", "GET"),
    ("/providers", "GET"),
    ("/healthz", "GET"),
    ("/readyz", "GET"),
    ("/openapi.yaml", "GET"),
];

/// HDR-1: with all headers that answers have.
#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_told_which_it_does() {
    let server = Server::start(Store::sqlite());
    for (path, allowed) in PATHS {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "NONSENSE"] {
            if method == allowed {
                continue;
            }
            for slash in ["", "/", "?x=y"] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let url = format!("{}{path}{slash}", server.url);
                let reply = http::send(http::request(method.clone(), &url)).await;
                let expected = (405, "method_not_allowed".to_owned());
                assert_eq!(reply.status_and_code(), expected, "{method} {url}");
                assert_eq!(reply.headers["allow"], allowed, "{method} {url}");
                assert_eq!(reply.headers["cache-control"], "no-store");
                assert_eq!(reply.headers["x-content-type-options"], "nosniff");
                assert_eq!(reply.headers["referrer-policy"], "no-referrer");
                assert!(!reply.headers.contains_key("server"));
            }
        }
    }
    assert_eq!(server.store.rows(), [0; 5]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_whatever_the_method() {
    let server = Server::start(Store::sqlite());
    for path in [
        "/",
        "/social_sign_up//",
        "/social_sign_up/x",
        "/SOCIAL_SIGN_UP",
        "/social_sign_up%2f",
        "/me/social_auth/x",
        "//me",
        "/complete",
        "/complete/sandbox/x",
        "/disconnect",
        "/disconnect/sandbox/1/x",
        "/.env",
        "/%00",
        "/%ff%fe",
        "/..%2f..%2fetc%2fpasswd",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let url = format!("{}{path}", server.url);
            let reply = http::send(http::request(method.clone(), &url)).await;
            let expected = (404, "not_found".to_owned());
            assert_eq!(reply.status_and_code(), expected, "{method} {path}");
            assert_eq!(reply.headers["cache-control"], "no-store");
        }
    }
}

#[tokio::test]
async fn every_path_answers_with_a_trailing_slash_as_without() {
    let server = Server::start(Store::sqlite());
    let body = json!({"provider": "sandbox", "access_token": "alice"});
    let bearer = server.sign_up(body.clone()).await.bearer();
    let begun = json!({
        "provider": "sandbox-oauth1", "redirect_uri": "http://127.0.0.1/callback",
    });
    for (path, method) in PATHS {
        for slash in ["", "/"] {
            let url = format!("{}{path}{slash}", server.url);
            let reply = if method == "POST" {
                let begins = path.ends_with("request_token");
                let body = if begins { &begun } else { &body };
                http::post(&url, None, body).await
            } else {
                http::get(&url, Some(&bearer)).await
            };
            assert!([200, 201].contains(&reply.status), "{url}: {}", reply.text);
        }
    }
}
