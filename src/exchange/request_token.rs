//! Sends a person off to sign in by OAuth 1 in a browser.

use super::{Exchange, ExchangeError};
use crate::backends::RequestToken;

impl Exchange {
    /// Asks a provider for a request token; writes nothing.
    ///
    /// `client_id` names the app of ours that asks; `None` for the first.
    ///
    /// # Errors
    /// [`ExchangeError::BackendMissing`], or a [`BackendError`] when the
    /// provider has no such leg, the address is not in the operator's list, or
    /// the provider gives no token.
    ///
    /// [`BackendError`]: crate::backends::BackendError
    pub async fn request_token(
        &self,
        provider: &str,
        redirect_uri: &str,
        client_id: Option<&str>,
    ) -> Result<RequestToken, ExchangeError> {
        let backend = self.registry.get(provider);
        let backend = backend.ok_or(ExchangeError::BackendMissing)?;
        let means = self.means();
        let asked = backend.request_token(redirect_uri, client_id, &means);
        Ok(asked.await?)
    }
}
