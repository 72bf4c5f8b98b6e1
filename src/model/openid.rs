//! What OpenID 2.0 keeps: python-social-auth's `NonceMixin`, `AssociationMixin`.

use std::fmt;

/// A response nonce that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// The provider's endpoint.
    pub server_url: String,
    /// The nonce's own time, unix seconds.
    pub timestamp: i64,
    /// The nonce's text after its time.
    pub salt: String,
}

/// A shared secret with an OpenID 2.0 provider.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenIdAssociation {
    /// The provider's endpoint.
    pub server_url: String,
    /// The provider's name of the secret.
    pub handle: String,
    /// The secret, base64.
    pub secret: String,
    /// When it was issued, unix seconds.
    pub issued: i64,
    /// How long it lives, seconds.
    pub lifetime: i64,
    /// `HMAC-SHA256`, …
    pub assoc_type: String,
}

impl fmt::Debug for OpenIdAssociation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdAssociation")
            .field("server_url", &self.server_url)
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}
