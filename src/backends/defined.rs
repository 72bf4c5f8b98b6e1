//! A backend that a definition describes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::accepted;
use super::clients::{Candidates, Clients};
use super::code_flow::CodeFlow;
use super::definition::{Call, Definition, Extra, ExtraSettings, Names, Protocol, Reading, Scope};
use super::discovery::Discovery;
use super::held::Held;
use super::openid2::{OpenIdUrl, RelyingParty};
use super::overrides::Overrides;
use super::policy::AcceptUnbound;
use super::redirect_uris::RedirectUris;
use super::signed_tokens::SignedTokens;
use super::verification::Verification;
use super::verified::StoredToken;
use super::{
    Backend, BackendError, BackendInfo, Mapping, Means, RequestToken, VerifiedIdentity, sealed,
};
use crate::http::HttpClient;
use crate::model::{ClientInput, Credential, CredentialKind, Details, ExtraData, Ids, JsonMap};

/// A definition together with an operator's settings.
pub(super) struct DefinedBackend {
    pub(super) definition: Arc<Definition>,
    /// `[user]` and `[extra]`, as the settings have them.
    pub(super) reading: Arc<Reading>,
    pub(super) info: BackendInfo,
    pub(super) clients: Clients,
    /// `None` where the definition exchanges no code.
    pub(super) code_flow: Option<CodeFlow>,
    /// What the provider says of itself; `None` where its file says it all.
    pub(super) discovery: Option<Discovery>,
    pub(super) signed: SignedTokens,
    pub(super) extra: ExtraSettings,
    pub(super) accept_unbound: AcceptUnbound,
    pub(super) redirect_uris: RedirectUris,
    pub(super) overrides: Overrides,
    /// How long a payload is good for; `None`: as its definition says.
    pub(super) payload_max_age: Option<chrono::Duration>,
    /// `None` but for OpenID 2.0.
    pub(super) openid: Option<RelyingParty>,
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

    fn authorize_url(&self) -> Option<String> {
        let written = self.info.authorize_url.clone();
        written.or_else(|| {
            let document = self.discovery.as_ref()?.known()?;
            let url = document.get("authorization_endpoint")?.as_str()?;
            self.overrides.authorize_url(Some(url.to_owned()))
        })
    }

    async fn prefetch(&self, now: DateTime<Utc>) -> Result<(), BackendError> {
        self.published(now).await
    }

    async fn verify(
        &self,
        credential: &Credential,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError> {
        if let Some(id_token) = self.as_id_token(credential, input) {
            return self.with_id_token(&id_token, input, means).await;
        }
        self.check_form(credential)?;
        self.check_accepted(credential.kind())?;
        match credential {
            Credential::AccessToken(token) => {
                let held = Held::of_client(StoredToken::OAuth2(token.clone()));
                self.try_each(&held, input, means).await
            }
            Credential::OAuth1 { token, secret } => {
                let held = Held::of_client(StoredToken::OAuth1 {
                    token: token.clone(),
                    secret: secret.clone(),
                });
                self.try_each(&held, input, means).await
            }
            Credential::OAuth1Verifier {
                oauth_token,
                oauth_verifier,
                request_token,
            } => {
                let callback = (oauth_token, oauth_verifier);
                self.with_verifier(callback, request_token, input, means)
                    .await
            }
            Credential::Code(code) => self.with_code(code, input, means).await,
            Credential::Payload(payload) => self.with_payload(payload, input, means).await,
            Credential::OpenId(parameters) => self.with_assertion(parameters, input, means).await,
            Credential::IdToken(given) => self.with_id_token(given, input, means).await,
        }
    }

    async fn request_token(
        &self,
        redirect_uri: &str,
        client_id: Option<&str>,
        means: &Means<'_>,
    ) -> Result<RequestToken, BackendError> {
        self.first_leg(redirect_uri, client_id, means).await
    }

    fn map_claims(
        &self,
        claims: (&JsonMap, Option<&str>),
        input: &ClientInput,
        now: DateTime<Utc>,
    ) -> Result<Mapping, BackendError> {
        self.mapping(claims, input, now)
    }

    async fn openid_urls(&self, means: &Means<'_>) -> Vec<OpenIdUrl> {
        self.start_urls(means).await
    }

    fn extra_data(
        &self,
        identity: &VerifiedIdentity,
        details: &Details,
        now: DateTime<Utc>,
    ) -> ExtraData {
        let proof = identity.proof();
        let beside = (&proof.token_response, &proof.input);
        let fixed = &self.clients.of(identity.client_id()).fixed;
        let mut scope = Scope::new(fixed, proof.token.expose(), &proof.answer, beside);
        scope.claims = proof.claims.as_ref();
        scope.uid = proof.identity.as_deref();
        let mut kept = Extra::collect(&self.reading.extra, &self.extra, &scope, details);
        kept.insert("auth_time".to_owned(), now.timestamp().into());
        if matches!(
            self.definition.protocol,
            Protocol::OpenId2 | Protocol::Payload
        ) {
            return kept;
        }
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

    fn can_revoke(&self) -> bool {
        self.definition.revoke.is_some()
    }

    async fn revoke(
        &self,
        uid: &str,
        tokens: &ExtraData,
        now: DateTime<Utc>,
    ) -> Result<(), BackendError> {
        self.give_back((uid, tokens), now).await
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
    /// Verifies what the client holds, with one app of ours after the other.
    async fn try_each(
        &self,
        held: &Held,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let named = input.client_id.as_deref();
        let answered = self.is_answered();
        let candidates = self
            .clients
            .candidates(named, self.shows_client(), answered)?;
        let Candidates { registrations, ids } = candidates;
        let mut verified = Err(BackendError::CredentialRejected);
        for client in registrations {
            let verification = Verification::new(self, (client, ids), (held, input), means.now)?;
            verified = verification.run().await;
            if !matches!(verified, Err(BackendError::CredentialRejected)) {
                break;
            }
        }
        verified
    }

    pub(super) fn check_accepted(&self, given: CredentialKind) -> Result<(), BackendError> {
        if given == CredentialKind::Code && self.code_flow.is_some() {
            // While its list of addresses is empty, the address is refused.
            return Ok(());
        }
        let definition = &self.definition;
        let raw = accepted::raw_token(definition);
        let policy = self.accept_unbound;
        let bound = accepted::is_bound(definition, policy, self.signed.token_signers.is_some());
        if raw == Some(given) && !bound {
            return Err(BackendError::UnboundCredential(self.info.name.clone()));
        }
        if self.info.accepts.contains(&given) {
            return Ok(());
        }
        match raw.or_else(|| self.info.accepts.first().copied()) {
            Some(expected) => Err(BackendError::CredentialNotSupported {
                provider: self.info.name.clone(),
                given,
                expected,
            }),
            None => Err(BackendError::NoCredentialTaken(self.info.name.clone())),
        }
    }

    /// Whether the provider's answer must say whose a token is.
    fn is_answered(&self) -> bool {
        let kind = self.definition.binding.kind;
        self.accept_unbound.asks_binding(kind)
    }

    /// Whether a call shows which app of ours asks, so that each is one try.
    fn shows_client(&self) -> bool {
        let binding = self.definition.binding.call.iter();
        let asked = binding.filter(|_| self.is_answered());
        self.definition.protocol == Protocol::OAuth1
            || self.definition.own_code.is_some()
            || asked.chain(&self.definition.calls).any(Call::shows_client)
    }
}
