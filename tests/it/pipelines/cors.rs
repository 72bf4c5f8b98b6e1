//! COR-1: which web pages may call.

use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::support::http;
use crate::support::server::{Reply, Server, Store};

const APP: &str = "https://app.example.com";
const STRANGERS: [&str; 9] = [
    "https://evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com.evil.example",
    "https://xapp.example.com",
    "https://APP.example.com",
    "null",
    "*",
    "file://",
];

async fn from(server: &Server, origin: &str, path: &str) -> Reply {
    let request = http::request(Method::GET, &format!("{}{path}", server.url));
    http::send(request.header(ORIGIN, origin)).await
}

async fn preflight(server: &Server, origin: &str, method: &str, headers: &str) -> Reply {
    let url = format!("{}/social_sign_up", server.url);
    let request = http::request(Method::OPTIONS, &url)
        .header(ORIGIN, origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    http::send(request).await
}

fn allowed(reply: &Reply) -> Option<&str> {
    assert!(
        !reply
            .headers
            .contains_key("access-control-allow-credentials")
    );
    let origin = reply.headers.get("access-control-allow-origin")?;
    Some(origin.to_str().unwrap())
}

fn varies(reply: &Reply) -> bool {
    let vary = reply.headers.get_all("vary").iter();
    vary.into_iter().any(|names| {
        names
            .to_str()
            .unwrap()
            .to_ascii_lowercase()
            .contains("origin")
    })
}

#[tokio::test]
async fn only_listed_origins_may_read_answers() {
    let origins = format!("{APP},https://other.example.com");
    let setting = [("SOCIABLE_SERVER__CORS_ORIGINS", origins.as_str())];
    let server = Server::start_with(Store::sqlite(), &setting, |builder| builder);
    for path in ["/providers", "/me", "/nowhere", "/social_sign_up"] {
        let reply = from(&server, APP, path).await;
        assert_eq!(allowed(&reply), Some(APP), "{path}");
        assert!(varies(&reply), "{path}");
    }
    for stranger in STRANGERS {
        for path in ["/providers", "/me"] {
            let reply = from(&server, stranger, path).await;
            assert_eq!(allowed(&reply), None, "{stranger}");
        }
        let reply = preflight(&server, stranger, "POST", "content-type").await;
        assert_eq!(allowed(&reply), None, "{stranger}");
        assert!(reply.status >= 400, "{stranger}: {}", reply.status);
    }
    let reply = preflight(&server, APP, "POST", "authorization,content-type").await;
    assert_eq!(reply.status, 200);
    assert_eq!(allowed(&reply), Some(APP));
    assert!(varies(&reply));
    assert_eq!(reply.headers["access-control-max-age"], "600");
    let headers = reply.headers["access-control-allow-headers"]
        .to_str()
        .unwrap();
    assert!(
        headers.to_ascii_lowercase().contains("authorization"),
        "{headers}"
    );
    for (method, headers) in [("PUT", "content-type"), ("POST", "x-admin")] {
        let reply = preflight(&server, APP, method, headers).await;
        assert!(reply.status >= 400, "{method} {headers}: {}", reply.status);
    }
}

#[tokio::test]
async fn without_a_list_no_page_may_and_a_demo_allows_this_machine() {
    let closed = Server::start(Store::sqlite());
    let demo = Server::start_with(Store::sqlite(), &[], |builder| {
        builder.allow_loopback_origins(true)
    });
    for origin in [
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "http://[::1]:8000",
        "http://localhost",
    ] {
        assert_eq!(allowed(&from(&closed, origin, "/providers").await), None);
        let reply = from(&demo, origin, "/providers").await;
        assert_eq!(allowed(&reply), Some(origin));
        assert!(varies(&reply));
        let reply = preflight(&demo, origin, "POST", "content-type").await;
        assert_eq!(reply.status, 200, "{origin}");
    }
    let near = [
        "http://localhost.evil.example",
        "https://evil.example/?localhost",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "http://0.0.0.0:3000",
    ];
    for stranger in STRANGERS.into_iter().chain(near).chain([APP]) {
        for server in [&closed, &demo] {
            assert_eq!(
                allowed(&from(server, stranger, "/me").await),
                None,
                "{stranger}"
            );
        }
    }
}
