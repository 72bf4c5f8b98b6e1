//! A backend that a definition describes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;

use super::answer;
use super::ask::{Asked, Verification};
use super::definition::{
    Bound, Definition, Extra, ExtraSettings, Fixed, Names, Protocol, Reading, Scope,
};
use super::oauth1::HmacSha1Signer;
use super::overrides::Overrides;
use super::policy::AcceptUnbound;
use super::verified::{Proof, StoredToken};
use super::{Backend, BackendError, BackendInfo, Mapping, VerifiedIdentity, sealed};
use crate::http::HttpClient;
use crate::model::{ClientInput, Credential, CredentialKind, Details, ExtraData, Ids, JsonMap};

/// A definition together with an operator's settings.
pub(super) struct DefinedBackend {
    pub(super) definition: Arc<Definition>,
    /// `[user]` and `[extra]`, as the settings have them.
    pub(super) reading: Arc<Reading>,
    pub(super) info: BackendInfo,
    pub(super) secret: SecretString,
    /// All client ids whose tokens are ours, `info.client_id` first.
    pub(super) client_ids: Vec<String>,
    pub(super) fixed: Fixed,
    pub(super) extra: ExtraSettings,
    pub(super) accept_unbound: AcceptUnbound,
    pub(super) overrides: Overrides,
    pub(super) timeout: Duration,
    pub(super) allow_private: bool,
    pub(super) http: HttpClient,
    pub(super) ids: Arc<dyn Ids>,
}

impl sealed::Sealed for DefinedBackend {}

#[async_trait]
impl Backend for DefinedBackend {
    fn name(&self) -> &str {
        &self.info.name
    }

    fn info(&self) -> &BackendInfo {
        &self.info
    }

    async fn verify(
        &self,
        credential: &Credential,
        input: &ClientInput,
        now: DateTime<Utc>,
    ) -> Result<VerifiedIdentity, BackendError> {
        self.check_accepted(credential.kind())?;
        let (token, signer) = match credential {
            Credential::AccessToken(token) => (token, None),
            Credential::OAuth1 { token, secret } => {
                let consumer = (self.info.client_id.as_str(), &self.secret);
                let signer =
                    HmacSha1Signer::new(consumer, (token, secret), now, self.ids.as_ref())?;
                (token, Some(signer))
            }
        };
        let verification = Verification {
            token,
            signer,
            input,
        };
        // Side by side: asking whose the token is must not cost a wait of its own.
        let (answer, bound) =
            tokio::join!(self.profile(&verification), self.bound(&verification, now));
        let (answer, bound) = match (answer, bound) {
            (Err(BackendError::CredentialRejected), _)
            | (_, Err(BackendError::CredentialRejected)) => {
                return Err(BackendError::CredentialRejected);
            }
            (answer, bound) => (answer?, bound?),
        };
        let bound = match bound {
            Some(Asked::InProfile) => Some(self.named_by(&answer, now)?),
            Some(Asked::Bound(bound)) => Some(bound),
            None => None,
        };
        self.identify(credential, input, answer, bound)
    }

    fn map_claims(
        &self,
        claims: (&JsonMap, Option<&str>),
        input: &ClientInput,
        now: DateTime<Utc>,
    ) -> Result<Mapping, BackendError> {
        self.mapping(claims, input, now)
    }

    fn extra_data(
        &self,
        identity: &VerifiedIdentity,
        details: &Details,
        now: DateTime<Utc>,
    ) -> ExtraData {
        let proof = identity.proof();
        let token = match &proof.token {
            StoredToken::OAuth2(token) | StoredToken::OAuth1 { token, .. } => token,
        };
        let beside = (&proof.token_response, &proof.input);
        let scope = Scope::new(&self.fixed, token.expose_secret(), &proof.answer, beside);
        let mut kept = Extra::collect(&self.reading.extra, &self.extra, &scope, details);
        kept.insert("auth_time".to_owned(), now.timestamp().into());
        kept.insert("access_token".to_owned(), proof.kept_access_token());
        if self.definition.protocol != Protocol::OAuth1 {
            let token_type = proof
                .answer
                .get("token_type")
                .or_else(|| proof.token_response.get("token_type"));
            kept.insert(
                "token_type".to_owned(),
                token_type.cloned().unwrap_or(Json::Null),
            );
        }
        kept
    }

    fn stored_uid_keys(&self) -> &[String] {
        self.reading.legacy.uid_keys()
    }

    fn sealed_extra_data(&self) -> &[String] {
        &self.definition.sealed
    }

    fn completes_names(&self) -> bool {
        self.reading.user.names == Names::Complete
    }
}

impl DefinedBackend {
    fn check_accepted(&self, given: CredentialKind) -> Result<(), BackendError> {
        let none = || BackendError::NoCredentialTaken(self.info.name.clone());
        if self.definition.calls.is_empty() {
            return Err(none());
        }
        let expected = match self.definition.protocol {
            Protocol::OAuth1 => CredentialKind::OAuth1,
            Protocol::OAuth2 | Protocol::Oidc => CredentialKind::AccessToken,
            Protocol::OpenId2 => return Err(none()),
        };
        if given != expected {
            return Err(BackendError::CredentialNotSupported {
                provider: self.info.name.clone(),
                given,
                expected,
            });
        }
        let binding = &self.definition.binding;
        if !binding.binds() && !self.accept_unbound.takes_unbound(binding.kind) {
            return Err(BackendError::UnboundCredential(self.info.name.clone()));
        }
        Ok(())
    }

    /// Joins the two answers: they must speak of the same person.
    fn identify(
        &self,
        credential: &Credential,
        input: &ClientInput,
        answer: JsonMap,
        bound: Option<Bound>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let mut answer = Json::Object(answer);
        let subject = bound.as_ref().and_then(|bound| bound.subject.as_ref());
        let ((owner, uid), legacy_uids) = {
            let nothing = JsonMap::new();
            // Not even a template of the uid sees what the client says.
            let scope = Scope::new(&self.fixed, "", &answer, (&nothing, &nothing));
            let user = &self.reading.user;
            user.check_required(&scope)?;
            let uids = self.overrides.uids(user, &scope, subject.is_some())?;
            // What nothing binds to this app must not reach another row.
            let legacy_uids = match &bound {
                Some(_) if !self.overrides.changes_uid() => {
                    self.reading.legacy.uids(&scope, &uids.1)
                }
                _ => Vec::new(),
            };
            (uids, legacy_uids)
        };
        if subject.is_some_and(|subject| *subject != owner) {
            return Err(BackendError::CredentialRejected);
        }
        answer::strip_nul(&mut answer);
        let token = match credential {
            Credential::AccessToken(token) => StoredToken::OAuth2(token.clone()),
            Credential::OAuth1 { token, secret } => StoredToken::OAuth1 {
                token: token.clone(),
                secret: secret.clone(),
            },
        };
        let details = {
            let beside = (&input.token_response, &input.fields);
            let scope = Scope::new(&self.fixed, "", &answer, beside);
            self.overrides.details(&self.reading.user, &scope)
        };
        let proof = Proof {
            answer,
            token,
            token_response: input.token_response.clone(),
            input: input.fields.clone(),
            client_id: bound.map(|bound| bound.client_id),
            legacy_uids,
        };
        let provider = self.info.name.clone();
        Ok(VerifiedIdentity::new(provider, uid, details, proof))
    }
}
