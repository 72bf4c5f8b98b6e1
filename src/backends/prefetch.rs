//! What a provider publishes of itself, fetched before anybody signs in.

use chrono::{DateTime, Utc};

use super::BackendError;
use super::defined::DefinedBackend;
use super::definition::Call;
use super::signers::Signers;

impl DefinedBackend {
    /// Fetches the discovery document and the keys, where they are needed.
    ///
    /// # Errors
    /// The first that is not to be had; the others are fetched all the same.
    pub(super) async fn published(&self, now: DateTime<Utc>) -> Result<(), BackendError> {
        let document = match &self.discovery {
            Some(discovery) if self.needs_document() => discovery.prefetch(now).await,
            _ => Ok(()),
        };
        let mut outcome = document.clone();
        for signers in self.signers() {
            // Looked for once more, a document that is down would be asked for
            // in the name of nobody.
            if document.is_err() && signers.are_discovered() {
                continue;
            }
            outcome = outcome.and(self.keys_of(signers, now).await);
        }
        outcome
    }

    async fn keys_of(&self, signers: &Signers, now: DateTime<Utc>) -> Result<(), BackendError> {
        let found = signers.look(self.discovery.as_ref(), now).await?;
        let keys = signers.keys(&found)?;
        self.signed.verifier.prefetch(&keys, now).await
    }

    /// Who signs ID tokens, and access tokens that bind themselves.
    fn signers(&self) -> impl Iterator<Item = &Signers> {
        let of_id_tokens = self.signed.id_token.as_ref().map(|rules| &rules.signers);
        of_id_tokens.into_iter().chain(&self.signed.token_signers)
    }

    /// Whether the document says what the file leaves out: where people are
    /// sent, where codes and calls go, or who signs.
    fn needs_document(&self) -> bool {
        let mut calls = self.definition.calls.iter();
        self.info.authorize_url.is_none()
            || self.discovers_token_endpoint()
            || calls.any(Call::discovers)
            || self.signers().any(Signers::are_discovered)
    }
}
