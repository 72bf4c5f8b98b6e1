//! OpenID 2.0: an assertion that the person brought back, proven.
//!
//! All that can be judged here is judged before the provider is asked: a
//! forged assertion costs it no call. Only pinned endpoints are ever asked.

mod association;
mod attributes;
mod diffie_hellman;
mod direct;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod key_value;
mod message;
mod nonce;
mod party;
mod return_to;
mod settings;

use chrono::{DateTime, Utc};

pub use party::OpenIdUrl;
pub(super) use party::RelyingParty;
pub(super) use settings::SETTINGS;

use super::defined::DefinedBackend;
use super::held::{Held, Issued};
use super::verification::Verification;
use super::verified::StoredToken;
use super::{BackendError, Means, VerifiedIdentity};
use crate::model::{ClientInput, JsonMap, Nonce};
use message::{Message, NS, invalid};
use party::Provider;

/// What the signature must cover, whatever else it does (§10.1).
const SIGNED: [&str; 6] = [
    "op_endpoint",
    "return_to",
    "response_nonce",
    "assoc_handle",
    "claimed_id",
    "identity",
];

/// An assertion that is right in all but its signature, which is not proven.
struct Assertion<'p> {
    provider: &'p Provider,
    identity: String,
    nonce: Nonce,
}

impl DefinedBackend {
    /// Verifies the parameters that a person came back with.
    pub(super) async fn with_assertion(
        &self,
        parameters: &JsonMap,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let party = self.relying_party()?;
        let message = Message::of(parameters)?;
        let assertion = party.judge(&message, means.now)?;
        let shared = if party.associations {
            association::of(assertion.provider, &message, means).await?
        } else {
            None
        };
        match shared {
            Some(shared) => association::check(&shared, &message)?,
            None => {
                self.ask_whether_valid(assertion.provider, &message, means)
                    .await?;
            }
        }
        let mut said = attributes::said(&message);
        said.insert("uid".to_owned(), assertion.identity.as_str().into());
        let held = Held {
            issued: Issued::ToUs,
            said,
            identity: Some(assertion.identity),
            nonce: Some(assertion.nonce),
            ..Held::of_client(StoredToken::None)
        };
        let client = (self.clients.main(), [].as_slice());
        Verification::new(self, client, (&held, input), means.now)?
            .run()
            .await
    }

    /// Where people are sent to, with a shared secret where there is one.
    pub(super) async fn start_urls(&self, means: &Means<'_>) -> Vec<OpenIdUrl> {
        let Ok(party) = self.relying_party() else {
            return Vec::new();
        };
        let mut urls = Vec::new();
        for provider in &party.providers {
            let handle = if party.associations {
                self.shared_handle(provider, means).await
            } else {
                None
            };
            urls.extend(party.start_urls(provider, handle.as_deref()));
        }
        urls
    }

    fn relying_party(&self) -> Result<&RelyingParty, BackendError> {
        let party = self.openid.as_ref();
        party.ok_or_else(|| BackendError::NoCredentialTaken(self.info.name.clone()))
    }
}

impl RelyingParty {
    /// All that an assertion itself tells.
    fn judge(&self, message: &Message, now: DateTime<Utc>) -> Result<Assertion<'_>, BackendError> {
        if message.required("ns")? != NS {
            return Err(invalid("ns"));
        }
        match message.required("mode")? {
            "id_res" => {}
            "cancel" | "setup_needed" => return Err(BackendError::Declined),
            _ => return Err(invalid("mode")),
        }
        let provider = self.provider(message)?;
        if SIGNED.iter().any(|name| !message.is_signed(name)) {
            return Err(invalid("signed"));
        }
        return_to::check(message, &self.redirect_uris)?;
        let identity = message.required("claimed_id")?;
        if message.required("identity")? != identity || !provider.identifiers.allow(identity) {
            return Err(invalid("claimed_id"));
        }
        let nonce = message.required("response_nonce")?;
        let nonce = nonce::fresh(provider.endpoint.as_str(), nonce, now)?;
        message.required("assoc_handle")?;
        message.required("sig")?;
        Ok(Assertion {
            provider,
            identity: identity.to_owned(),
            nonce,
        })
    }
}
