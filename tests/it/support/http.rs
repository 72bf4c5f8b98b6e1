//! A client for the server under test.

use std::sync::LazyLock;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::server::Reply;

/// Without a pool: each test has a runtime of its own, which ends with it.
static CLIENT: LazyLock<Client> = LazyLock::new(|| client(Policy::default()));

/// A client of its own, which does so where it is sent elsewhere.
#[expect(
    clippy::disallowed_methods,
    reason = "the client of the tests, not of the program"
)]
pub(crate) fn client(redirects: Policy) -> Client {
    sociable::http::install_crypto();
    Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(redirects)
        .tls_certs_only([])
        .build()
        .unwrap()
}

/// Posts JSON.
pub(crate) async fn post(url: &str, bearer: Option<&str>, body: &Value) -> Reply {
    post_text(url, bearer, "application/json", body.to_string()).await
}

/// Posts a text of some media type.
pub(crate) async fn post_text(
    url: &str,
    bearer: Option<&str>,
    media_type: &str,
    body: impl Into<reqwest::Body>,
) -> Reply {
    let request = CLIENT.post(url).header(CONTENT_TYPE, media_type).body(body);
    send(with(request, bearer)).await
}

/// Posts JSON with a key by which it may be sent again.
pub(crate) async fn post_once(url: &str, bearer: Option<&str>, key: &str, body: &Value) -> Reply {
    let request = CLIENT
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("Idempotency-Key", key)
        .body(body.to_string());
    send(with(request, bearer)).await
}

/// Gets.
pub(crate) async fn get(url: &str, bearer: Option<&str>) -> Reply {
    send(with(CLIENT.get(url), bearer)).await
}

/// Any request.
pub(crate) fn request(method: reqwest::Method, url: &str) -> RequestBuilder {
    CLIENT.request(method, url)
}

fn with(request: RequestBuilder, bearer: Option<&str>) -> RequestBuilder {
    match bearer {
        Some(bearer) => request.header(AUTHORIZATION, format!("Bearer {bearer}")),
        None => request,
    }
}

/// Sends it and reads the answer whole.
pub(crate) async fn send(request: RequestBuilder) -> Reply {
    attempt(request).await.unwrap()
}

/// Sends it to a server that may die meanwhile; `None` without a whole answer.
pub(crate) async fn send_if_alive(request: RequestBuilder) -> Option<Reply> {
    attempt(request).await.ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the client of the tests, not of the program"
)]
async fn attempt(request: RequestBuilder) -> reqwest::Result<Reply> {
    let answer = request.send().await?;
    Ok(Reply {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await?,
    })
}
