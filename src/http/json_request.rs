//! A call that a team's own code makes: JSON out, within the client's limits.

use std::fmt;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::{Body, HttpError, Request};
use crate::crypto::one_use;

/// Time that a provider has for one answer, when no setting says otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// What all calls to one provider, and for its people, have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Time for everything: connecting, the answer and its body.
    pub timeout: Duration,
    /// Whether the host may be in a private network, or this machine.
    pub allow_private: bool,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            timeout: CALL_TIMEOUT,
            allow_private: false,
        }
    }
}

/// A GET or POST whose answer is JSON.
///
/// What is wrong with it (a URL that is none, a header that cannot be one)
/// shows when it is sent, as [`HttpError::Unwritable`].
#[derive(Clone)]
pub struct JsonRequest {
    method: Method,
    url: Option<Url>,
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    body: Body,
    allow_private: bool,
}

// URL, headers and body may hold tokens.
impl fmt::Debug for JsonRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonRequest")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl JsonRequest {
    /// A GET of this URL.
    pub fn get(url: &str) -> Self {
        Self::new(Method::GET, url, Body::Empty)
    }

    /// A POST of JSON to this URL.
    pub fn post(url: &str, body: Value) -> Self {
        Self::new(Method::POST, url, Body::Json(body))
    }

    /// A POST of a form to this URL.
    pub fn post_form(url: &str, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter();
        let owned = fields.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::new(Method::POST, url, Body::Form(owned.collect()))
    }

    fn new(method: Method, url: &str, body: Body) -> Self {
        let accept = (ACCEPT, Some(HeaderValue::from_static("application/json")));
        Self {
            method,
            url: url.parse().ok(),
            headers: vec![accept],
            body,
            allow_private: false,
        }
    }

    /// Adds a parameter to the URL's query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Some(url) = &mut self.url {
            url.query_pairs_mut().append_pair(name, value);
        }
        self
    }

    /// Shows a token, as `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &SecretString) -> Self {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        self.with(AUTHORIZATION, value.ok())
    }

    /// Adds a header.
    #[must_use]
    pub fn header(self, name: HeaderName, value: &str) -> Self {
        self.with(name, HeaderValue::from_str(value).ok())
    }

    fn with(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Lets it go to a private network, and to this machine.
    ///
    /// Only for a URL that nobody else has a hand in: one that is made of a
    /// provider's answer or a client's word could lead anywhere inside.
    #[must_use]
    pub fn in_private_network(mut self) -> Self {
        self.allow_private = true;
        self
    }

    /// The request within these limits.
    ///
    /// # Errors
    /// [`HttpError::Unwritable`].
    pub fn within(self, limits: CallLimits) -> Result<Request, HttpError> {
        let url = self.url.ok_or(HttpError::Unwritable)?;
        let mut request = Request::new(self.method, url, limits.timeout);
        let headers = self.headers.into_iter();
        request.headers = headers
            .map(|(name, value)| Some((name, value?)))
            .collect::<Option<_>>()
            .ok_or(HttpError::Unwritable)?;
        request.body = self.body;
        request.allow_private = limits.allow_private || self.allow_private;
        Ok(request)
    }

    /// A digest of all that is sent: the same for the same request.
    pub fn digest(&self) -> String {
        let url = self.url.as_ref().map_or("", Url::as_str);
        let mut sent = format!("{}\n{url}\n", self.method).into_bytes();
        for (name, value) in &self.headers {
            let value = value.as_ref().map_or(&[][..], HeaderValue::as_bytes);
            sent.extend_from_slice(name.as_str().as_bytes());
            sent.push(b':');
            sent.extend_from_slice(value);
            sent.push(b'\n');
        }
        match &self.body {
            Body::Empty => {}
            Body::Form(fields) => {
                for (name, value) in fields {
                    sent.extend(format!("{}={name}{}={value}", name.len(), value.len()).bytes());
                }
            }
            Body::Json(value) => sent.extend(value.to_string().bytes()),
            Body::Written(written) => sent.extend_from_slice(written),
        }
        one_use::hex(&one_use::digest_of_bytes(&sent))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URL: &str = "https://api.example/people?page=1";

    #[test]
    fn requests_have_the_same_digest_when_all_that_is_sent_is_the_same() {
        let token = |text: &str| SecretString::from(text.to_owned());
        let same = || JsonRequest::get(URL).bearer(&token("t")).digest();
        assert_eq!(same(), same());
        let others = [
            JsonRequest::get(URL),
            JsonRequest::get(URL).bearer(&token("u")),
            JsonRequest::get("https://api.example/people?page=2").bearer(&token("t")),
            JsonRequest::get(URL).query("page", "2").bearer(&token("t")),
            JsonRequest::post(URL, json!({})).bearer(&token("t")),
            JsonRequest::post(URL, json!({"a": 1})).bearer(&token("t")),
            JsonRequest::post_form(URL, &[("a", "1")]).bearer(&token("t")),
            JsonRequest::post_form(URL, &[("a", "11=b")]).bearer(&token("t")),
            JsonRequest::post_form(URL, &[("a", "1"), ("b", "")]).bearer(&token("t")),
        ];
        let digests: std::collections::BTreeSet<_> =
            others.iter().map(JsonRequest::digest).collect();
        assert_eq!(digests.len(), others.len());
        assert!(!digests.contains(&same()));
    }

    #[test]
    fn what_cannot_be_sent_is_told_when_it_is_sent() {
        let within = |request: JsonRequest| request.within(CallLimits::default()).err();
        assert_eq!(within(JsonRequest::get(URL)), None);
        let no_url = JsonRequest::get("people");
        assert_eq!(within(no_url), Some(HttpError::Unwritable));
        let no_header = JsonRequest::get(URL).bearer(&"a\nb".to_owned().into());
        assert_eq!(within(no_header), Some(HttpError::Unwritable));
    }

    #[test]
    fn a_private_address_is_allowed_by_the_call_or_by_the_provider_alone() {
        let asked = |request: JsonRequest, allow_private| {
            let limits = CallLimits {
                allow_private,
                ..CallLimits::default()
            };
            request.within(limits).unwrap().allow_private
        };
        assert!(!asked(JsonRequest::get(URL), false));
        assert!(asked(JsonRequest::get(URL), true));
        assert!(asked(JsonRequest::get(URL).in_private_network(), false));
    }

    #[test]
    fn a_parameter_is_one_whatever_stands_in_it() {
        let url = JsonRequest::get("https://a.example/b").query("q", "a b&c=d");
        let url = url.within(CallLimits::default()).unwrap().url;
        assert_eq!(url.as_str(), "https://a.example/b?q=a+b%26c%3Dd");
    }

    #[test]
    fn nothing_of_a_request_is_in_its_debug() {
        let request = JsonRequest::get("https://a.example/s3cret").bearer(&"s3cret".into());
        assert!(!format!("{request:?}").contains("s3cret"));
    }
}
