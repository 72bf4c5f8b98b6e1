//! The sealed handle of a request token: a client carries it, none can read it.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::granted::Granted;
use crate::backends::clients::Registration;
use crate::backends::defined::DefinedBackend;
use crate::backends::{BackendError, Means};

/// Seconds for which a request token can be used.
pub(super) const LIFETIME: i64 = 600;
/// Seconds for which a used one is remembered longer: clocks differ.
const CLOCK_SKEW: i64 = 60;
/// What a handle is bound to, beside its provider.
const HANDLE: &str = "oauth1_request_token";

/// A handle that is none, or of another provider or app.
pub(super) const NOT_OURS: BackendError = BackendError::InvalidField {
    field: "request_token",
    problem: "It is none of ours for this provider.",
};

/// What a handle holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Handle {
    pub(super) oauth_token: String,
    pub(super) oauth_token_secret: String,
    pub(super) redirect_uri: String,
    pub(super) client_id: String,
    /// Unix seconds.
    pub(super) expires: i64,
}

impl Handle {
    /// When nobody takes it any more, so that its mark may go.
    pub(super) fn forgotten(&self) -> Result<DateTime<Utc>, BackendError> {
        let expires = DateTime::from_timestamp(self.expires, 0);
        expires
            .and_then(|expires| expires.checked_add_signed(TimeDelta::seconds(CLOCK_SKEW)))
            .ok_or(NOT_OURS)
    }
}

impl DefinedBackend {
    pub(super) fn handle(
        &self,
        granted: &Granted,
        client: &Registration,
        redirect_uri: &str,
        means: &Means<'_>,
    ) -> Result<SecretString, BackendError> {
        let handle = Handle {
            oauth_token: granted.token.expose_secret().to_owned(),
            oauth_token_secret: granted.secret.expose_secret().to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            client_id: client.id.clone(),
            expires: means.now.timestamp().saturating_add(LIFETIME),
        };
        let plain = serde_json::to_vec(&handle).ok();
        let bound_to = [HANDLE, self.info.name.as_str()];
        let ids = self.ids.as_ref();
        plain
            .and_then(|plain| means.sealer.seal(&plain, &bound_to, ids).ok())
            .map(SecretString::from)
            .ok_or(BackendError::Misconfigured("a handle cannot be sealed"))
    }

    pub(super) fn open(
        &self,
        handle: &SecretString,
        means: &Means<'_>,
    ) -> Result<Handle, BackendError> {
        let bound_to = [HANDLE, self.info.name.as_str()];
        let plain = means.sealer.open(handle.expose_secret(), &bound_to);
        let plain = plain.map_err(|_of_others| NOT_OURS)?;
        let handle: Handle = serde_json::from_slice(&plain).map_err(|_of_others| NOT_OURS)?;
        if handle.expires <= means.now.timestamp() {
            return Err(BackendError::InvalidField {
                field: "request_token",
                problem: "Its time is over: begin again.",
            });
        }
        // The operator may have taken it off the list meanwhile.
        if !self.redirect_uris.allows(&handle.redirect_uri) {
            let name = self.info.name.clone();
            return Err(BackendError::RedirectUriNotAllowed(name));
        }
        Ok(handle)
    }
}
