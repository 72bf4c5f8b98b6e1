//! An identity that a verifier has proven.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::definition::{LegacyUid, is_empty};
use crate::model::{
    Association, AssociationChanges, Details, ExtraData, JsonMap, MovedUid, NewAssociation, Nonce,
    UsedMark,
};

/// Who a provider says the person is, proven to be said to *our* app.
///
/// Only a backend's verification makes one, so that a login which skips the
/// check does not compile:
///
/// ```compile_fail
/// let forged = sociable::backends::VerifiedIdentity {
///     provider: "github".to_owned(),
///     uid: "1".to_owned(),
/// };
/// ```
///
/// and nothing deserialises into one:
///
/// ```compile_fail
/// let forged: sociable::backends::VerifiedIdentity = serde_json::from_str("{}").unwrap();
/// ```
pub struct VerifiedIdentity {
    provider: String,
    uid: String,
    details: Details,
    proof: Proof,
}

/// What a verification leaves behind beside the identity itself.
pub(in crate::backends) struct Proof {
    /// All calls' answers, merged; an object.
    pub(in crate::backends) answer: Value,
    /// The claims of the ID token that was proven; `None` without one.
    pub(in crate::backends) claims: Option<JsonMap>,
    /// The identity URL that was asserted; `None` but for `OpenID` 2.0.
    pub(in crate::backends) identity: Option<String>,
    /// The credential that was proven.
    pub(in crate::backends) token: StoredToken,
    /// What the client said the token endpoint had said.
    pub(in crate::backends) token_response: JsonMap,
    /// Further fields of the request.
    pub(in crate::backends) input: JsonMap,
    /// Which of our client ids the token was issued to; `None` when unbound.
    pub(in crate::backends) client_id: Option<String>,
    /// Older uids of the same person; none when unbound.
    pub(in crate::backends) legacy_uids: Vec<LegacyUid>,
    /// Marks of what works only once.
    pub(in crate::backends) used_marks: Vec<UsedMark>,
    /// The response nonce of an `OpenID` 2.0 assertion.
    pub(in crate::backends) nonce: Option<Nonce>,
}

/// The credential as it is kept in extra data.
#[derive(Clone)]
pub(in crate::backends) enum StoredToken {
    /// There is none: something else proved the identity.
    None,
    /// An OAuth 2 access token.
    OAuth2(SecretString),
    /// An OAuth 1 token and its secret.
    OAuth1 {
        /// The token.
        token: SecretString,
        /// Its secret.
        secret: SecretString,
    },
}

impl fmt::Debug for VerifiedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedIdentity")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl VerifiedIdentity {
    /// The one constructor; for verifiers alone.
    pub(in crate::backends) fn new(
        provider: String,
        uid: String,
        details: Details,
        proof: Proof,
    ) -> Self {
        Self {
            provider,
            uid,
            details,
            proof,
        }
    }

    /// The backend's name.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The provider's id of the person: opaque, compared by bytes.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The person as the provider describes them.
    pub fn details(&self) -> &Details {
        &self.details
    }

    /// The provider's answers, merged; an object. May hold tokens: not to log.
    pub fn response(&self) -> &Value {
        &self.proof.answer
    }

    /// The person's OAuth 2 access token, to ask the provider for more.
    ///
    /// `None` when there is none: an ID token, a payload or an assertion proved
    /// the identity, or OAuth 1 did, whose calls want to be signed.
    pub fn access_token(&self) -> Option<SecretString> {
        let given = self.proof.answer.get("access_token");
        match (given.and_then(Value::as_str), &self.proof.token) {
            (Some(given), _) if !given.is_empty() => Some(given.into()),
            (_, StoredToken::OAuth2(token)) => Some(token.clone()),
            (_, StoredToken::None | StoredToken::OAuth1 { .. }) => None,
        }
    }

    /// Which of our client ids the credential was issued to.
    ///
    /// `None` when nothing binds it: such an identity must not be trusted for
    /// anything but its own uid.
    pub fn client_id(&self) -> Option<&str> {
        self.proof.client_id.as_deref()
    }

    /// The same for people to read: `None` too where the provider gives out no
    /// client ids.
    pub fn named_client(&self) -> Option<&str> {
        self.client_id().filter(|id| !id.is_empty())
    }

    /// The association of this identity with a user: the only way to one.
    pub fn association(&self, id: Uuid, user_id: Uuid, now: DateTime<Utc>) -> NewAssociation {
        let identity = (self.provider.clone(), self.uid.clone());
        NewAssociation::of_verified(id, user_id, identity, now)
    }

    /// Older uids of the same person, none of them [`Self::uid`]; none when
    /// nothing binds the credential.
    pub fn legacy_uids(&self) -> impl Iterator<Item = &str> {
        self.proof
            .legacy_uids
            .iter()
            .map(|legacy| legacy.uid.as_str())
    }

    /// Whether an older uid is an address that the provider calls verified.
    pub fn is_verified_address(&self, legacy_uid: &str) -> bool {
        let mut addresses = self.proof.legacy_uids.iter().filter(|one| one.is_address);
        self.details.email_verified && addresses.any(|address| address.uid == legacy_uid)
    }

    /// The move of an association that stands under an older uid to
    /// [`Self::uid`]: the only way to one. All that it keeps is written anew,
    /// because what is sealed is bound to the uid.
    ///
    /// `None` when it is another provider's, or its uid is no older one.
    pub fn moved(
        &self,
        association: &Association,
        now: DateTime<Utc>,
    ) -> Option<AssociationChanges> {
        let is_older = self.legacy_uids().any(|older| older == association.uid);
        if association.provider != self.provider || !is_older {
            return None;
        }
        let kept: ExtraData = association.extra_data.clone();
        let mut changes = AssociationChanges::of(association, kept, now);
        changes.moved = Some(MovedUid::of_verified(
            self.uid.clone(),
            association.modified,
        ));
        Some(changes)
    }

    /// Marks to be committed with the sign-up: what proved this identity
    /// works only once.
    pub fn used_marks(&self) -> &[UsedMark] {
        &self.proof.used_marks
    }

    /// The response nonce to be used up; `None` but for `OpenID` 2.0.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.proof.nonce.as_ref()
    }

    /// Further fields of the request that proved it. The client's word.
    pub fn request_data(&self) -> &JsonMap {
        &self.proof.input
    }

    pub(in crate::backends) fn proof(&self) -> &Proof {
        &self.proof
    }
}

impl StoredToken {
    /// The token itself; empty when there is none.
    pub(in crate::backends) fn expose(&self) -> &str {
        match self {
            Self::None => "",
            Self::OAuth2(token) | Self::OAuth1 { token, .. } => token.expose_secret(),
        }
    }
}

impl Proof {
    /// The token to keep: the answer's if it gives one, else the posted one.
    pub(in crate::backends) fn kept_access_token(&self) -> Value {
        match self.answer.get("access_token") {
            Some(given) if !is_empty(given) => given.clone(),
            _ => match &self.token {
                StoredToken::None => Value::Null,
                StoredToken::OAuth2(token) => token.expose_secret().into(),
                StoredToken::OAuth1 { token, secret } => json!({
                    "oauth_token": token.expose_secret(),
                    "oauth_token_secret": secret.expose_secret(),
                }),
            },
        }
    }
}
