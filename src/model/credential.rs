//! What a client got from a provider's SDK and hands to us.

use secrecy::SecretString;

use super::JsonMap;

/// Exactly one credential a request.
#[derive(Clone)]
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
    /// An `OpenID` Connect ID token.
    IdToken(IdTokenCredential),
    /// An authorization code, to be exchanged by us.
    Code(CodeCredential),
    /// What an OAuth 1 provider sent the person back with.
    OAuth1Verifier {
        /// `oauth_token` of the callback.
        oauth_token: SecretString,
        /// `oauth_verifier` of the callback.
        oauth_verifier: SecretString,
        /// The handle that we gave out when the person was sent off.
        request_token: SecretString,
    },
    /// An `OpenID` 2.0 assertion: its `openid.*` parameters, by full name.
    OpenId(JsonMap),
    /// Launch parameters that the provider signed.
    Payload(JsonMap),
}

/// An ID token, and what belongs to it.
#[derive(Clone)]
pub struct IdTokenCredential {
    /// `id_token` of the request.
    pub id_token: SecretString,
    /// The nonce that the client had put into it; `None` when it had none.
    pub nonce: Option<SecretString>,
    /// The access token issued beside it; `None` when the client has none.
    pub access_token: Option<SecretString>,
}

/// An authorization code, and what it was asked for with.
#[derive(Clone)]
pub struct CodeCredential {
    /// `code` of the callback.
    pub code: SecretString,
    /// Where the provider sent the person; `None` when the SDK used none.
    pub redirect_uri: Option<String>,
    /// The PKCE verifier (RFC 7636); `None` when the client used none.
    pub code_verifier: Option<SecretString>,
    /// The nonce that the client had put into the request; `None` without.
    pub nonce: Option<SecretString>,
    /// `state` of the callback; `None` when the client used none.
    pub state: Option<SecretString>,
    /// `iss` of the callback (RFC 9207); `None` when there was none.
    pub iss: Option<String>,
}

/// The kinds of [`Credential`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CredentialKind {
    /// An OAuth 2 access token.
    AccessToken,
    /// An OAuth 1 token with its secret.
    OAuth1,
    /// An `OpenID` Connect ID token.
    IdToken,
    /// An authorization code.
    Code,
    /// What an OAuth 1 provider sent the person back with.
    OAuth1Verifier,
    /// An `OpenID` 2.0 assertion.
    OpenId,
    /// Launch parameters that the provider signed.
    Payload,
}

impl Credential {
    /// Which kind it is.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::AccessToken(_) => CredentialKind::AccessToken,
            Self::OAuth1 { .. } => CredentialKind::OAuth1,
            Self::IdToken(_) => CredentialKind::IdToken,
            Self::Code(_) => CredentialKind::Code,
            Self::OAuth1Verifier { .. } => CredentialKind::OAuth1Verifier,
            Self::OpenId(_) => CredentialKind::OpenId,
            Self::Payload(_) => CredentialKind::Payload,
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Credential").field(&self.kind()).finish()
    }
}

impl CredentialKind {
    /// The request's field that tells this kind from the others.
    pub fn field(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::OAuth1 => "access_token_secret",
            Self::IdToken => "id_token",
            Self::Code => "code",
            Self::OAuth1Verifier => "oauth_verifier",
            Self::OpenId => "openid",
            Self::Payload => "payload",
        }
    }

    /// The request's fields without which it cannot be taken.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::AccessToken => &["access_token"],
            Self::OAuth1 => &["access_token", "access_token_secret"],
            Self::IdToken => &["id_token"],
            Self::Code => &["code", "redirect_uri"],
            Self::OAuth1Verifier => &["oauth_token", "oauth_verifier", "request_token"],
            Self::OpenId => &["openid"],
            Self::Payload => &["payload"],
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
