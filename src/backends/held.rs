//! What is held of a person before the provider is asked who that is.

use crate::model::{JsonMap, Nonce, UsedMark};

use super::verified::StoredToken;

/// Tokens and words of a provider, and what is proven of them so far.
pub(super) struct Held {
    /// What calls are made with.
    pub(super) token: StoredToken,
    /// Whom it was issued to.
    pub(super) issued: Issued,
    /// What the provider said already in a way that proves itself: claims of
    /// an ID token, signed fields. No call's answer replaces any of it.
    pub(super) said: JsonMap,
    /// The claims of a validated ID token; `None` without one.
    pub(super) claims: Option<JsonMap>,
    /// The identity URL of a verified `OpenID` 2.0 assertion.
    pub(super) identity: Option<String>,
    /// What the token endpoint told *us*; `None` when the client was told.
    pub(super) token_response: Option<JsonMap>,
    /// Marks of what works only once.
    pub(super) used_marks: Vec<UsedMark>,
    /// The response nonce of an `OpenID` 2.0 assertion.
    pub(super) nonce: Option<Nonce>,
}

/// Whom a token was issued to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Issued {
    /// The provider must be asked.
    Unknown,
    /// To the app of ours that verifies: that is proven.
    ToUs,
}

impl Held {
    /// A token that a client hands over: nothing is proven.
    pub(super) fn of_client(token: StoredToken) -> Self {
        Self {
            token,
            issued: Issued::Unknown,
            said: JsonMap::new(),
            claims: None,
            identity: None,
            token_response: None,
            used_marks: Vec::new(),
            nonce: None,
        }
    }
}
