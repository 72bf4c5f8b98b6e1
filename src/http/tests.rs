//! Tests of the client against servers that mean harm: SSRF, RED, BOM, SLOW, TLS.

mod addresses;
mod answers;
mod deadlines;
mod limits;
mod options;
mod tls;

use std::io::Write as _;
use std::time::Duration;

use secrecy::SecretString;
use tempfile::NamedTempFile;

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
