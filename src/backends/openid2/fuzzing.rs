//! What fuzzing reaches of OpenID 2.0; built for nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::association;
use super::attributes;
use super::key_value::KeyValues;
use super::message::Message;
use super::party::{Identifiers, Provider, RelyingParty};
use crate::backends::BackendError;
use crate::backends::definition::whole;
use crate::backends::redirect_uris::RedirectUris;
use crate::http::Url;
use crate::model::{JsonMap, Nonce, OpenIdAssociation};

/// A relying party of two providers.
pub struct Party(RelyingParty);

/// An assertion that is right in all but its signature.
pub struct Taken {
    /// The endpoint of the provider whose it is.
    pub endpoint: String,
    /// Whom it names.
    pub identity: String,
    /// What is used up by it.
    pub nonce: Nonce,
    /// What it says of the person.
    pub said: JsonMap,
    /// What its provider would be asked.
    pub question: Vec<(String, String)>,
}

impl Party {
    /// One provider with a pattern, another with a URL to be below; `None`
    /// where one of these, or an address of ours, would be refused.
    pub fn new(
        (endpoint, pattern): (&str, &str),
        (other, below): (&str, &str),
        redirect_uris: Vec<String>,
    ) -> Option<Self> {
        let provider = |endpoint: &str, identifiers| {
            Some(Provider {
                endpoint: Url::parse(endpoint).ok()?,
                identifiers,
                asked: tokio::sync::Mutex::default(),
            })
        };
        Some(Self(RelyingParty {
            providers: vec![
                provider(endpoint, Identifiers::Matching(whole(pattern)?))?,
                provider(other, Identifiers::Below(vec![below.to_owned()]))?,
            ],
            redirect_uris: RedirectUris::new(redirect_uris).ok()?,
            realm: None,
            associations: true,
        }))
    }

    /// What is taken of the parameters that a person came back with.
    ///
    /// # Errors
    /// As in production.
    pub fn judge(&self, parameters: &JsonMap, now: DateTime<Utc>) -> Result<Taken, BackendError> {
        let message = Message::of(parameters)?;
        let assertion = self.0.judge(&message, now)?;
        Ok(Taken {
            endpoint: assertion.provider.endpoint.to_string(),
            identity: assertion.identity,
            nonce: assertion.nonce,
            said: attributes::said(&message),
            question: message.as_question(),
        })
    }
}

/// Whether parameters bear the signature of a shared secret.
pub fn is_signed_with(parameters: &JsonMap, secret: &[u8]) -> bool {
    let shared = OpenIdAssociation {
        server_url: String::new(),
        handle: String::new(),
        secret: STANDARD.encode(secret),
        issued: 0,
        lifetime: 0,
        assoc_type: String::new(),
    };
    Message::of(parameters).is_ok_and(|message| association::check(&shared, &message).is_ok())
}

/// A provider's direct answer.
pub struct ReadKeyValues(KeyValues);

impl ReadKeyValues {
    /// Reads a body; `None` unless it is of the form.
    pub fn read(body: &[u8]) -> Option<Self> {
        KeyValues::read(body).map(Self)
    }

    /// A value; `None` when it is not there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }
}
