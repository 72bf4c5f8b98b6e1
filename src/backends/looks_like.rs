//! What a credential looks like that came in the wrong field.

use secrecy::ExposeSecret as _;
use serde_json::Value as Json;

use super::BackendError;
use super::defined::DefinedBackend;
use crate::crypto::jose::Jws;
use crate::model::{ClientInput, Credential, CredentialKind, IdTokenCredential, JsonMap};

const ID_TOKEN: &str = "an ID token";
const JWT: &str = "a signed token (JWT)";
const CODE: &str = "an authorization code";
const ACCESS_TOKEN: &str = "an access token";

/// Claims that access tokens have, and ID tokens have not.
const OF_ACCESS: [&str; 4] = ["scope", "scp", "client_id", "cid"];

impl DefinedBackend {
    /// Refuses what is not what its field says, by what it shows of itself.
    ///
    /// # Errors
    /// `WrongField` says what it looks like and where it belongs;
    /// `OtherProvider` whose it is.
    pub(super) fn check_form(&self, credential: &Credential) -> Result<(), BackendError> {
        match credential {
            Credential::AccessToken(token) => self.check_access_token(token.expose_secret()),
            Credential::IdToken(given) => {
                let text = given.id_token.expose_secret();
                if begins(text, &self.definition.code_begins) {
                    return Err(wrong(CODE, "code"));
                }
                if text.matches('.').count() != 2 && begins(text, &self.definition.token_begins) {
                    return Err(wrong(ACCESS_TOKEN, "access_token"));
                }
                Ok(())
            }
            Credential::Code(given) => {
                let text = given.code.expose_secret();
                if begins(text, &self.definition.token_begins) {
                    return Err(wrong(ACCESS_TOKEN, "access_token"));
                }
                match Jws::parse(text) {
                    Ok(token) => Err(self.wrong_jwt(token.unverified_claims())),
                    Err(_no_jwt) => Ok(()),
                }
            }
            Credential::OAuth1 { .. }
            | Credential::OAuth1Verifier { .. }
            | Credential::OpenId(_)
            | Credential::Payload(_) => Ok(()),
        }
    }

    /// An ID token that this provider's SDK hands over as an access token.
    pub(super) fn as_id_token(
        &self,
        credential: &Credential,
        input: &ClientInput,
    ) -> Option<IdTokenCredential> {
        let Credential::AccessToken(token) = credential else {
            return None;
        };
        let id_token = self.definition.id_token.as_ref()?;
        let is_jwt = || Jws::parse(token.expose_secret()).is_ok();
        (id_token.as_access_token && is_jwt()).then(|| IdTokenCredential {
            id_token: token.clone(),
            nonce: input
                .fields
                .get("nonce")
                .and_then(Json::as_str)
                .map(Into::into),
            access_token: None,
        })
    }

    /// A JWT may be an access token, where the provider's are; an ID token,
    /// or another provider's, is never one.
    fn check_access_token(&self, text: &str) -> Result<(), BackendError> {
        if begins(text, &self.definition.code_begins) {
            return Err(wrong(CODE, "code"));
        }
        let Ok(token) = Jws::parse(text) else {
            return Ok(());
        };
        let claims = token.unverified_claims();
        if let Some(other) = self.other_provider(claims) {
            return Err(other);
        }
        let opaque = !self.definition.token_begins.is_empty();
        if opaque || self.is_own_id_token(claims) {
            return Err(self.wrong_jwt(claims));
        }
        Ok(())
    }

    /// What a JWT should have been sent as.
    fn wrong_jwt(&self, claims: &JsonMap) -> BackendError {
        if let Some(other) = self.other_provider(claims) {
            return other;
        }
        match &self.signed.id_token {
            Some(_) if self.is_own_id_token(claims) => wrong(ID_TOKEN, "id_token"),
            Some(_) => wrong(JWT, "id_token"),
            None => BackendError::CredentialNotSupported {
                provider: self.info.name.clone(),
                given: CredentialKind::IdToken,
                expected: CredentialKind::AccessToken,
            },
        }
    }

    /// Whether it says that it is an ID token of this provider for us.
    fn is_own_id_token(&self, claims: &JsonMap) -> bool {
        let Some(rules) = &self.signed.id_token else {
            return false;
        };
        let ours = |one: &Json| {
            let one = one.as_str();
            one.is_some_and(|one| rules.policy.audiences.iter().any(|ours| ours == one))
        };
        let for_us = match claims.get("aud") {
            Some(Json::Array(several)) => several.iter().any(ours),
            Some(one) => ours(one),
            None => false,
        };
        for_us && !OF_ACCESS.iter().any(|claim| claims.contains_key(*claim))
    }

    /// The refusal of a token that names another provider's issuer.
    fn other_provider(&self, claims: &JsonMap) -> Option<BackendError> {
        let text = |claim: &str| claims.get(claim).and_then(Json::as_str);
        let issuer = text("iss")?;
        let provider = self.signed.known_issuers.provider(issuer, text("tid"))?;
        let own = [self.info.name.as_str(), self.definition.name.as_str()];
        if own.contains(&provider) || self.takes_issuer(issuer) {
            return None;
        }
        Some(BackendError::OtherProvider(provider.to_owned()))
    }

    fn takes_issuer(&self, issuer: &str) -> bool {
        let issuers = self
            .signed
            .id_token
            .as_ref()
            .and_then(|rules| rules.signers.issuers.as_ref());
        issuers.is_some_and(|issuers| issuers.iter().any(|one| one == issuer))
    }

    /// Says whose token it is that names another issuer than ours.
    pub(super) fn named_stranger(&self, error: BackendError, id_token: &str) -> BackendError {
        match &error {
            BackendError::InvalidClaim { claim } if claim == "iss" => {}
            _ => return error,
        }
        let Ok(token) = Jws::parse(id_token) else {
            return error;
        };
        self.other_provider(token.unverified_claims())
            .unwrap_or(error)
    }
}

fn begins(text: &str, with: &[String]) -> bool {
    with.iter().any(|start| text.starts_with(start))
}

fn wrong(looks_like: &'static str, field: &'static str) -> BackendError {
    BackendError::WrongField { looks_like, field }
}

#[cfg(test)]
mod tests;
