//! Access tokens that are signed JWTs and name our app themselves.

use serde_json::Value as Json;

use super::BackendError;
use super::definition::Bound;
use super::verification::Verification;

impl Verification<'_> {
    /// Reads whom a token is for off the token itself, once its signature and
    /// its issuer are good. No call is made but for keys that are not known.
    ///
    /// # Errors
    /// `CredentialRejected` when it is not for us or past its time, whatever
    /// is wrong with its form and signature; `Unavailable` without keys.
    pub(super) async fn self_contained(&self) -> Result<Bound, BackendError> {
        let backend = self.backend;
        let signers = backend.signed.token_signers.as_ref();
        let signers = signers.ok_or(BackendError::Misconfigured("nothing signs a token"))?;
        let found = signers.look(backend.discovery.as_ref(), self.now).await?;
        let (keys, issuers) = (signers.keys(&found)?, signers.issuers(&found)?);
        let by = (&issuers, signers.algorithms.as_slice());
        let token = self.held.token.expose();
        let verified = backend
            .signed
            .verifier
            .signed(token, &keys, by, self.now)
            .await?;
        let claims = Json::Object(verified.into_claims());
        let ours = (self.ids, &self.client.fixed.settings);
        backend.definition.binding.check(&claims, ours, self.now)
    }
}
