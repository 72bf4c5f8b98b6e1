//! What a browser does for a flow: redirects and cookies, no page.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use reqwest::Client;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use url::Url;

use crate::support::http::{client, send};

/// More than any of the flows has.
const MOST: usize = 20;

/// A redirect is followed here, with the cookies that came along.
static CLIENT: LazyLock<Client> = LazyLock::new(|| client(Policy::none()));

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
