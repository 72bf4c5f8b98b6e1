//! One verification: who is the person, and whose is the token?

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde_json::Value as Json;

use super::answer::{self, Purpose};
use super::clients::Registration;
use super::code::Asked;
use super::defined::DefinedBackend;
use super::definition::{BindingKind, Bound, Call, Scope, Signer};
use super::held::{Held, Issued};
use super::oauth1::HmacSha1Signer;
use super::verified::StoredToken;
use super::{BackendError, VerifiedIdentity};
use crate::http::header::USER_AGENT;
use crate::model::{ClientInput, JsonMap};

/// A credential that one app of ours asks about.
pub(super) struct Verification<'a> {
    pub(super) backend: &'a DefinedBackend,
    /// The app of ours that asks.
    pub(super) client: &'a Registration,
    /// The client ids that the credential may have been issued to.
    pub(super) ids: &'a [String],
    pub(super) held: &'a Held,
    signer: Option<HmacSha1Signer<'a>>,
    pub(super) input: &'a ClientInput,
    pub(super) now: DateTime<Utc>,
}

/// Who the person is, by the provider's word.
pub(super) struct Profile {
    /// All calls' answers, merged, and what is proven already.
    pub(super) answer: JsonMap,
    /// The calls' answers alone, to be held against an ID token's claims;
    /// `None` without claims, or when no call was made.
    pub(super) told: Option<JsonMap>,
}

/// What became of asking whose a token is.
enum Answered {
    /// It was answered, or needed no question.
    Bound(Bound),
    /// The profile will tell.
    InProfile,
}

impl<'a> Verification<'a> {
    /// Prepares the calls of one app of ours: `ids` are those that the
    /// credential may have been issued to.
    pub(super) fn new(
        backend: &'a DefinedBackend,
        (client, ids): (&'a Registration, &'a [String]),
        (held, input): (&'a Held, &'a ClientInput),
        now: DateTime<Utc>,
    ) -> Result<Self, BackendError> {
        let signer = match &held.token {
            StoredToken::None | StoredToken::OAuth2(_) => None,
            StoredToken::OAuth1 { token, secret } => {
                let consumer = (client.id.as_str(), &client.secret);
                let ids = backend.ids.as_ref();
                Some(HmacSha1Signer::new(consumer, (token, secret), now, ids)?)
            }
        };
        Ok(Self {
            backend,
            client,
            ids,
            held,
            signer,
            input,
            now,
        })
    }

    /// Asks the provider.
    ///
    /// # Errors
    /// Whenever something is not certain; `CredentialRejected` also when the
    /// credential is of another app.
    pub(super) async fn run(&self) -> Result<VerifiedIdentity, BackendError> {
        if self.backend.signed.token_signers.is_some() {
            // What the token says itself costs no call, and may spare all.
            let bound = self.bound().await?;
            let profile = self.profile().await?;
            return match bound {
                Some(Answered::Bound(bound)) => self.identify(profile, Some(bound)),
                Some(Answered::InProfile) | None => self.identify(profile, None),
            };
        }
        // Side by side: asking whose the token is must not cost a wait of its own.
        let (answer, bound) = tokio::join!(self.profile(), self.bound());
        let (answer, bound) = match (answer, bound) {
            (Err(BackendError::CredentialRejected), _)
            | (_, Err(BackendError::CredentialRejected)) => {
                return Err(BackendError::CredentialRejected);
            }
            (answer, bound) => (answer?, bound?),
        };
        let bound = match bound {
            Some(Answered::InProfile) => Some(self.named_by(&answer.answer)?),
            Some(Answered::Bound(bound)) => Some(bound),
            None => None,
        };
        self.identify(answer, bound)
    }

    /// Asks who the person is.
    async fn profile(&self) -> Result<Profile, BackendError> {
        let mut answer = Json::Object(self.held.said.clone());
        // Calls are made with a token; claims speak for themselves.
        if self.held.claims.is_some() && matches!(self.held.token, StoredToken::None) {
            return Ok(Profile {
                answer: self.held.said.clone(),
                told: None,
            });
        }
        if let Some(code) = &self.backend.definition.own_code {
            return self.asked_by(code).await;
        }
        let mut told = None;
        for call in &self.backend.definition.calls {
            if !call.is_wanted(&self.scope(&answer)) {
                continue;
            }
            let asked = self.ask(call, &answer, Purpose::Profile);
            let (given, saved) = match asked.await {
                Err(_unanswered) if call.optional => continue,
                // Nothing, in so many words, is no answer.
                Ok((Json::Null, _)) if call.optional => continue,
                Ok((Json::Null, _)) if call.expect.is_none() => {
                    return Err(BackendError::MalformedResponse);
                }
                asked => asked?,
            };
            let Json::Object(merged) = &mut answer else {
                return Err(BackendError::MalformedResponse);
            };
            if call.expect.is_none() {
                if self.held.claims.is_some() {
                    let told = told.get_or_insert_with(JsonMap::new);
                    answer::merge(told, call.into.as_deref(), given.clone())?;
                }
                answer::merge(merged, call.into.as_deref(), given)?;
            }
            merged.extend(saved);
        }
        match answer {
            Json::Object(mut answer) => {
                // What proves itself stands, whatever a call says of it.
                answer.extend(self.held.said.clone());
                Ok(Profile { answer, told })
            }
            _ => Err(BackendError::MalformedResponse),
        }
    }

    /// Asks whose the token is; `None` when the operator accepts not to know.
    async fn bound(&self) -> Result<Option<Answered>, BackendError> {
        if self.held.issued == Issued::ToUs {
            // Where one id is left, it was proven to be the one.
            let client_id = match self.ids {
                [one] => one,
                _ => &self.client.id,
            };
            return Ok(Some(Answered::Bound(Bound {
                client_id: client_id.clone(),
                subject: None,
            })));
        }
        let binding = &self.backend.definition.binding;
        let policy = self.backend.accept_unbound;
        if binding.kind == BindingKind::SelfContained && !policy.takes_unbound(binding.kind) {
            return self.self_contained().await.map(Answered::Bound).map(Some);
        }
        if !policy.asks_binding(binding.kind) {
            if policy.takes_unbound(binding.kind) {
                return Ok(None);
            }
            // The signature, or the proof in the profile's own call, binds.
            return Ok(Some(Answered::Bound(Bound {
                client_id: self.client.id.clone(),
                subject: None,
            })));
        }
        let call = match &binding.call {
            Some(call) => call,
            None if binding.kind == BindingKind::Profile => return Ok(Some(Answered::InProfile)),
            None => return Err(BackendError::Misconfigured("nothing binds a token")),
        };
        let purpose = Purpose::Binding {
            with_our_credentials: call.shows_our_credentials(),
        };
        let (mut given, saved) = self.ask(call, &Json::Null, purpose).await?;
        match &mut given {
            Json::Object(given) => given.extend(saved),
            _ => return Err(BackendError::CredentialRejected),
        }
        let ours = (self.ids, &self.client.fixed.settings);
        let bound = binding.check(&given, ours, self.now)?;
        Ok(Some(Answered::Bound(bound)))
    }

    /// Looks for our app in the profile itself.
    fn named_by(&self, profile: &JsonMap) -> Result<Bound, BackendError> {
        let ours = (self.ids, &self.client.fixed.settings);
        let profile = Json::Object(profile.clone());
        let binding = &self.backend.definition.binding;
        binding.check(&profile, ours, self.now)
    }

    /// Makes a call; what it is told, and the headers that it keeps.
    ///
    /// The discovery document is fetched only for a call that is made of it.
    async fn ask(
        &self,
        call: &Call,
        answer: &Json,
        purpose: Purpose,
    ) -> Result<(Json, JsonMap), BackendError> {
        let more = match purpose {
            Purpose::Profile => {
                let calls = &self.backend.definition.calls;
                self.backend.overrides.query_of(call, calls)
            }
            Purpose::Binding { .. } => &[],
        };
        let request = match &self.backend.discovery {
            Some(discovery) if call.discovers() => {
                let document = discovery.document(self.now).await?;
                let mut scope = self.scope(answer).with_query(more);
                scope.oidc = Some(&document);
                let request = self.request(call, &scope);
                request.map_err(|error| discovery.lacking(error))?
            }
            _ => self.request(call, &self.scope(answer).with_query(more))?,
        };
        let asked = call.code().map(|_code| self.asked(&request));
        let sent = self.backend.http.send(request).await;
        let (given, saved) = answer::read(sent, purpose, call, asked.as_ref())?;
        if call.expect.is_some() {
            return Ok((given, saved));
        }
        if let Some(trouble) = &self.backend.definition.trouble {
            trouble.check(&self.scope(&given))?;
        }
        if purpose != Purpose::Profile && !given.is_object() {
            return Err(BackendError::MalformedResponse);
        }
        let missing = match purpose {
            Purpose::Profile => BackendError::MalformedResponse,
            Purpose::Binding { .. } => BackendError::CredentialRejected,
        };
        Ok((call.picked(given).ok_or(missing)?, saved))
    }

    pub(super) fn scope<'b>(&'b self, answer: &'b Json) -> Scope<'b> {
        let told = &self.held.token_response;
        let token_response = told.as_ref().unwrap_or(&self.input.token_response);
        let beside = (token_response, &self.input.fields);
        let token = self.held.token.expose();
        let mut scope = Scope::new(&self.client.fixed, token, answer, beside);
        scope.claims = self.held.claims.as_ref();
        scope.uid = self.held.identity.as_deref();
        scope
    }

    /// What a hook may hold the answer to.
    fn asked(&self, request: &crate::http::Request) -> Asked<'_> {
        let Registration { id, secret, .. } = self.client;
        Asked {
            url: request.url.clone(),
            client: (id.as_str(), secret.expose_secret()),
            nonce: self.signer().map(Signer::nonce),
            now: self.now,
        }
    }

    fn signer(&self) -> Option<&dyn Signer> {
        let signer: &dyn Signer = self.signer.as_ref()?;
        Some(signer)
    }

    fn request(
        &self,
        call: &Call,
        scope: &Scope<'_>,
    ) -> Result<crate::http::Request, BackendError> {
        let Registration { id, secret, .. } = self.client;
        let client = (id.as_str(), secret.expose_secret());
        let mut request = call.request(scope, self.signer(), client)?;
        if let Some(user_agent) = &self.backend.overrides.user_agent {
            request.headers.push((USER_AGENT, user_agent.clone()));
        }
        request.timeout = self.backend.timeout;
        request.allow_private = self.backend.allow_private;
        Ok(request)
    }
}
