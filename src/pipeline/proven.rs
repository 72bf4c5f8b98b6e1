//! Whom a run is about, and what the provider said of them.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;

use super::{AuthError, Context};
use crate::backends::VerifiedIdentity;

/// Where the run's person comes from.
pub(super) enum Proven {
    /// A credential proved it.
    By(Arc<VerifiedIdentity>),
    /// Nobody is proven: a disconnection.
    Nobody,
    /// A test made it up: good enough to try a step, and for nothing else.
    MadeUp {
        response: Value,
        access_token: Option<SecretString>,
    },
}

impl Context {
    /// The identity that was proven.
    ///
    /// # Errors
    /// [`AuthError::NoIdentity`] in a disconnect pipeline, which proves none,
    /// and in a test, which cannot.
    pub fn identity(&self) -> Result<&VerifiedIdentity, AuthError> {
        match &self.proven {
            Proven::By(identity) => Ok(identity),
            Proven::Nobody | Proven::MadeUp { .. } => Err(AuthError::NoIdentity),
        }
    }

    /// The provider's answers, merged; null in a disconnection. May hold
    /// tokens: not to log.
    pub fn response(&self) -> &Value {
        match &self.proven {
            Proven::By(identity) => identity.response(),
            Proven::MadeUp { response, .. } => response,
            Proven::Nobody => &Value::Null,
        }
    }

    /// The person's OAuth 2 access token, to ask the provider for more; `None`
    /// where [`VerifiedIdentity::access_token`] has none, and in a
    /// disconnection.
    pub fn access_token(&self) -> Option<SecretString> {
        match &self.proven {
            Proven::By(identity) => identity.access_token(),
            Proven::MadeUp { access_token, .. } => access_token.clone(),
            Proven::Nobody => None,
        }
    }
}
