//! What a client got from a provider's SDK and hands to us.

use secrecy::SecretString;

use super::JsonMap;

/// Exactly one credential a request.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An OAuth 2 access token.
    AccessToken(SecretString),
    /// An OAuth 1 token with its secret.
    OAuth1 {
        /// `access_token` of the request.
        token: SecretString,
        /// `access_token_secret` of the request.
        secret: SecretString,
    },
}

/// The kinds of [`Credential`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CredentialKind {
    /// An OAuth 2 access token.
    AccessToken,
    /// An OAuth 1 token with its secret.
    OAuth1,
}

impl Credential {
    /// Which kind it is.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::AccessToken(_) => CredentialKind::AccessToken,
            Self::OAuth1 { .. } => CredentialKind::OAuth1,
        }
    }
}

impl CredentialKind {
    /// The request's field that carries it.
    pub fn field(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::OAuth1 => "access_token_secret",
        }
    }
}

/// What came beside the credential: never identity, only values to keep.
#[derive(Clone, Default)]
pub struct ClientInput {
    /// The client id that the credential was issued to, as the client tells
    /// it; `None` when it does not. The provider must confirm it.
    pub client_id: Option<String>,
    /// Further fields of the request.
    pub fields: JsonMap,
    /// What the provider's token endpoint told the client's SDK
    /// (`expires_in`, `refresh_token`, …), as the client tells it.
    pub token_response: JsonMap,
}

impl std::fmt::Debug for ClientInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientInput").finish_non_exhaustive()
    }
}
