//! What a browser does for a flow: redirects and cookies, no page.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use reqwest::Client;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use url::Url;

use crate::support::http::send;

/// More than any of the flows has.
const MOST: usize = 20;

/// Without a pool: each test has a runtime of its own, which ends with it.
static CLIENT: LazyLock<Client> = LazyLock::new(client);

#[expect(
    clippy::disallowed_methods,
    reason = "the client of the tests, not of the program"
)]
fn client() -> Client {
    sociable::http::install_crypto();
    Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(Policy::none())
        .tls_certs_only([])
        .build()
        .unwrap()
}

/// Follows from the URL until it would leave for the callback: that URL.
///
/// The test fails where a flow ends elsewhere.
pub(crate) async fn follow(start: &str, callback: &str) -> Url {
    let mut url = Url::parse(start).unwrap();
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..MOST {
        let jar: Vec<_> = cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = CLIENT.get(url.clone()).header(COOKIE, jar.join("; "));
        let reply = send(request).await;
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        let Some(location) = reply.headers.get(LOCATION) else {
            panic!("{url} leads nowhere: {} {}", reply.status, reply.text);
        };
        url = url.join(location.to_str().unwrap()).unwrap();
        if url.as_str().starts_with(callback) {
            return url;
        }
    }
    panic!("{start} does not come to an end");
}

/// A parameter of a URL's query; the test fails when it lacks.
pub(crate) fn parameter(url: &Url, name: &str) -> String {
    find(url, name).unwrap_or_else(|| panic!("no {name} in {url}"))
}

/// A parameter of a URL's query, if it has it.
pub(super) fn find(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}
