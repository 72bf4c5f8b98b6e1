//! What fuzzing reaches of this floor's private parts; built for nothing else.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::BackendError;
use super::definition::Signer as _;
use super::oauth1::{Beside, HmacSha1Signer};
use super::redirect_uris::RedirectUris;
use crate::http::{Method, Url};
use crate::model::Ids;

pub use super::openid2::fuzzing::{Party, ReadKeyValues, Taken, is_signed_with};

/// A request of OAuth 1 before it is signed.
pub struct OAuth1Request<'a> {
    /// How it is sent.
    pub method: Method,
    /// Where to, its query included.
    pub url: Url,
    /// What its body holds.
    pub form: Vec<(String, String)>,
    /// Our key and its secret.
    pub consumer: (&'a str, &'a str),
    /// The token and its secret; `None` before there is one.
    pub token: Option<(&'a str, &'a str)>,
    /// `oauth_callback`; wins over the verifier.
    pub callback: Option<&'a str>,
    /// `oauth_verifier`.
    pub verifier: Option<&'a str>,
}

impl OAuth1Request<'_> {
    /// The `Authorization` header.
    ///
    /// # Errors
    /// As in production: a clock before 1970, no randomness.
    pub fn authorization(&self, now: DateTime<Utc>, ids: &dyn Ids) -> Result<String, BackendError> {
        let secret = SecretString::from(self.consumer.1);
        let token = self
            .token
            .map(|(token, secret)| (SecretString::from(token), SecretString::from(secret)));
        let token = token.as_ref().map(|(token, secret)| (token, secret));
        let verifier = self.verifier.map(SecretString::from);
        let beside = match (self.callback, &verifier) {
            (Some(callback), _) => Beside::Callback(callback),
            (None, Some(verifier)) => Beside::Verifier(verifier),
            (None, None) => Beside::Nothing,
        };
        let consumer = (self.consumer.0, &secret);
        let signer = HmacSha1Signer::of_leg(consumer, token, beside, (now, ids))?;
        Ok(signer.authorization(&self.method, &self.url, &self.form))
    }
}

/// An operator's list of addresses to come back to.
pub struct RedirectList(RedirectUris);

impl RedirectList {
    /// The list; `None` when an entry is refused.
    pub fn new(entries: Vec<String>) -> Option<Self> {
        RedirectUris::new(entries).ok().map(Self)
    }

    /// Whether a client may be sent back there.
    pub fn allows(&self, redirect_uri: &str) -> bool {
        self.0.allows(redirect_uri)
    }
}
