//! OAuth 1.0a as oauthlib does it: no request counts without a good signature.

use std::num::NonZeroU64;
use std::sync::OnceLock;

use oauth1_request::{Builder, Credentials, HMAC_SHA1, ParameterList};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::Value;
use sociable::model::{Clock as _, SystemClock};
use url::Url;

use super::browser::follow;
use super::oidc::random;
use super::part::Part;
use crate::support::http;
use crate::support::server::Reply;

/// Our consumer key.
pub(crate) const CONSUMER: &str = "sociable";
/// Our consumer secret, of characters that are easily encoded wrongly.
pub(crate) const SECRET: &str = "secret of sociable +~%&=/ü🚀";
/// Somebody else's consumer key.
pub(crate) const OTHER_CONSUMER: &str = "other-app";

/// A running server on oauthlib.
pub(crate) struct OAuth1(Part);

/// A token with its secret.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) token: String,
    pub(crate) secret: String,
}

impl Pair {
    /// Reads it from an answer; the test fails when it is none.
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.text);
        Self {
            token: member(reply, "oauth_token").unwrap(),
            secret: member(reply, "oauth_token_secret").unwrap(),
        }
    }
}

/// A member of a form answer, if it has it.
pub(crate) fn member(reply: &Reply, name: &str) -> Option<String> {
    url::form_urlencoded::parse(reply.text.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

impl OAuth1 {
    /// The one of this test's process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<OAuth1> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// One with tokens and a journal of its own.
    pub(crate) fn start() -> Self {
        Self(Part::python("oauth1.py", &[]))
    }

    /// Where it can be reached, no slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// A token pair of a person for a consumer, without the legs before it.
    pub(crate) async fn grant(&self, consumer: &str, person: &str) -> Pair {
        let mut url = Url::parse(&format!("{}/grant", self.url())).unwrap();
        url.query_pairs_mut()
            .extend_pairs([("consumer", consumer), ("person", person)]);
        Pair::of(&http::get(url.as_str(), None).await)
    }

    /// Asks for a request token as our consumer.
    pub(crate) async fn request_token(&self, callback: &str) -> Reply {
        self.signed("request_token", None, (Some(callback), None))
            .await
    }

    /// Sends a person to the provider: the token and its verifier come back.
    pub(crate) async fn authorize(
        &self,
        oauth_token: &str,
        person: &str,
        callback: &str,
    ) -> (String, String) {
        let mut url = Url::parse(&format!("{}/authorize", self.url())).unwrap();
        url.query_pairs_mut()
            .extend_pairs([("oauth_token", oauth_token), ("person", person)]);
        let back = follow(url.as_str(), callback).await;
        let value = |name| super::browser::parameter(&back, name);
        (value("oauth_token"), value("oauth_verifier"))
    }

    /// Asks for an access token as our consumer.
    pub(crate) async fn access_token(&self, request_token: &Pair, verifier: &str) -> Reply {
        self.signed("access_token", Some(request_token), (None, Some(verifier)))
            .await
    }

    /// What came to `/verify_credentials` with a good signature for a person.
    pub(crate) async fn verified(&self, person: &str) -> Vec<Value> {
        let all = http::get(&format!("{}/verified", self.url()), None).await;
        let Value::Array(all) = all.json() else {
            panic!("{}", all.text);
        };
        all.into_iter()
            .filter(|request| request["person"] == person)
            .collect()
    }

    /// Posts to a leg, signed as our consumer with its callback or verifier.
    async fn signed(
        &self,
        path: &str,
        token: Option<&Pair>,
        (callback, verifier): (Option<&str>, Option<&str>),
    ) -> Reply {
        let url = format!("{}/{path}", self.url());
        let now = u64::try_from(SystemClock.now().timestamp()).unwrap();
        let nonce = random();
        let mut builder = Builder::new(Credentials::new(CONSUMER, SECRET), HMAC_SHA1);
        builder
            .token(token.map(|pair| Credentials::new(pair.token.as_str(), pair.secret.as_str())))
            .nonce(nonce.as_str())
            .timestamp(NonZeroU64::new(now))
            .callback(callback)
            .verifier(verifier);
        let nothing: [(&str, &str); 0] = [];
        let header = builder.authorize("POST", url.as_str(), &ParameterList::new(nothing));
        http::send(http::request(Method::POST, &url).header(AUTHORIZATION, header)).await
    }
}

mod tests {
    use super::*;
    use crate::real_parts::CALLBACK;

    #[tokio::test]
    async fn three_legs_give_a_token_of_the_person_and_a_verifier_counts_once() {
        let server = OAuth1::shared();
        let callback = format!("{CALLBACK}?state=a%20b%2B~%F0%9F%9A%80");
        let answer = server.request_token(&callback).await;
        assert_eq!(
            member(&answer, "oauth_callback_confirmed").as_deref(),
            Some("true")
        );
        let asked = Pair::of(&answer);
        let (token, verifier) = server.authorize(&asked.token, "ada", CALLBACK).await;
        assert_eq!(token, asked.token);
        let answer = server.access_token(&asked, "another verifier").await;
        assert_eq!(answer.status, 401, "{}", answer.text);
        let granted = Pair::of(&server.access_token(&asked, &verifier).await);
        assert_ne!(granted.token, asked.token);
        let again = server.access_token(&asked, &verifier).await;
        assert_eq!(again.status, 401, "{}", again.text);
    }

    #[tokio::test]
    async fn nothing_without_a_signature_counts() {
        let server = OAuth1::start();
        let url = format!("{}/verify_credentials", server.url());
        assert_eq!(http::get(&url, None).await.status, 401);
        assert_eq!(server.verified("ada").await, Vec::<Value>::new());
    }
}
