//! The link of a mail: it confirms an address, and gives nobody a session.

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::proof::{MAX_TRIES, link_hash};
use super::{Exchange, ExchangeError};
use crate::crypto::one_use;
use crate::model::{EmailCode, Partial};

/// The name that links of python-social-auth's documents have for any backend.
const ANY_BACKEND: &str = "email";

/// What the link of a mail shows.
#[derive(Debug)]
pub struct ShownLink {
    /// The backend of its path.
    pub backend: String,
    /// The token that confirms and resumes nothing.
    pub link_token: SecretString,
    /// The link's code.
    pub code: SecretString,
}

impl Exchange {
    /// The address that a link can confirm, masked. Changes nothing.
    ///
    /// # Errors
    /// [`ExchangeError::EmailVerificationRejected`] when the link does not work.
    pub async fn linked_email(&self, link: &ShownLink) -> Result<String, ExchangeError> {
        let (_, code, _) = self.linked(link).await?;
        Ok(masked(&code.email))
    }

    /// Confirms the address of a link. Nobody is signed in by it.
    ///
    /// # Errors
    /// [`ExchangeError::EmailVerificationRejected`] when the link does not work.
    pub async fn confirm_email(&self, link: &ShownLink) -> Result<(), ExchangeError> {
        let (partial, code, hash) = self.linked(link).await?;
        if code.verified {
            return Ok(());
        }
        self.check(&partial, &code.email, &hash).await
    }

    /// Whether a token is that of a mail's link, rather than of a client.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_link_token(&self, token: &SecretString) -> Result<bool, ExchangeError> {
        Ok(self.partial_of_link(token).await?.is_some())
    }

    async fn partial_of_link(
        &self,
        token: &SecretString,
    ) -> Result<Option<Partial>, ExchangeError> {
        let token = token.expose_secret();
        if !one_use::is_token(token) {
            return Ok(None);
        }
        let (hash, now) = (one_use::digest(token), self.clock.now());
        Ok(self.storage.load_partial_by_link(&hash, now).await?)
    }

    /// The run and the code of a link, whose own hash is right.
    async fn linked(
        &self,
        link: &ShownLink,
    ) -> Result<(Partial, EmailCode, Vec<u8>), ExchangeError> {
        let rejected = || ExchangeError::EmailVerificationRejected;
        let shown = Uuid::try_parse(link.code.expose_secret()).map_err(|_other| rejected())?;
        let hash = link_hash(shown);
        let partial = self.partial_of_link(&link.link_token).await?;
        let backend = self.registry.get(&link.backend);
        let backend = backend.map_or(link.backend.as_str(), |backend| backend.name());
        let partial = partial
            .filter(|partial| partial.backend == backend || backend == ANY_BACKEND)
            .ok_or_else(rejected)?;
        let code = self.storage.get_code(partial.id).await?;
        let code = code.filter(|code| {
            one_use::same(&code.code_hash, &hash) && (code.verified || code.tries < MAX_TRIES)
        });
        Ok((partial, code.ok_or_else(rejected)?, hash))
    }
}

/// Enough of an address for its owner to know it by.
fn masked(email: &str) -> String {
    let (user, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = user.chars().take(1).collect();
    format!("{first}…@{domain}")
}
