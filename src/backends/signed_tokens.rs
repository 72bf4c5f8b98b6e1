//! What one backend checks of tokens that are signed.

use std::time::Duration;

use super::RegistryError;
use super::build::Builder;
use super::clients::Clients;
use super::definition::Definition;
use super::id_token::IdTokenVerifier;
use super::id_token_rules::IdTokenRules;
use super::known_issuers::KnownIssuers;
use super::signers::{Signers, token_signers};

/// What is expected of signed tokens, and what they are verified with.
pub(super) struct SignedTokens {
    /// What is expected of ID tokens; `None` where there are none.
    pub(super) id_token: Option<IdTokenRules>,
    /// Who signs access tokens, where those bind themselves.
    pub(super) token_signers: Option<Signers>,
    pub(super) verifier: IdTokenVerifier,
    pub(super) known_issuers: KnownIssuers,
}

impl SignedTokens {
    /// Whether it is known who signs ID tokens, and access tokens.
    pub(super) fn known(&self) -> (bool, bool) {
        (self.id_token.is_some(), self.token_signers.is_some())
    }
}

impl Builder<'_> {
    /// What a backend checks; `limits` are those of its calls.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub(super) fn signed_tokens(
        &self,
        name: &str,
        definition: &Definition,
        clients: &Clients,
        limits: (Duration, bool),
    ) -> Result<SignedTokens, RegistryError> {
        Ok(SignedTokens {
            id_token: self.id_token_rules(name, definition, clients, limits)?,
            token_signers: token_signers(name, definition, (&clients.main().fixed, limits))?,
            verifier: self.verifier.clone(),
            known_issuers: self.known_issuers.clone(),
        })
    }
}
