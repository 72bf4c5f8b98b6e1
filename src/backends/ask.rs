//! What a backend asks its provider: who the person is, and whose the token.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;

use super::BackendError;
use super::answer::{self, Purpose};
use super::defined::DefinedBackend;
use super::definition::{BindingKind, Bound, Call, Scope, Signer};
use super::oauth1::HmacSha1Signer;
use crate::http::header::USER_AGENT;
use crate::model::{ClientInput, JsonMap};

/// What the calls of one verification share.
pub(super) struct Verification<'a> {
    pub(super) token: &'a SecretString,
    pub(super) signer: Option<HmacSha1Signer<'a>>,
    pub(super) input: &'a ClientInput,
}

impl Verification<'_> {
    fn signer(&self) -> Option<&dyn Signer> {
        let signer: &dyn Signer = self.signer.as_ref()?;
        Some(signer)
    }
}

/// What became of asking whose a token is.
pub(super) enum Asked {
    /// It was answered, or needed no question.
    Bound(Bound),
    /// The profile will tell.
    InProfile,
}

impl DefinedBackend {
    /// Asks who the person is.
    pub(super) async fn profile(
        &self,
        verification: &Verification<'_>,
    ) -> Result<JsonMap, BackendError> {
        let mut answer = Json::Object(JsonMap::new());
        for call in &self.definition.calls {
            if !call.is_wanted(&self.scope(verification, &answer)) {
                continue;
            }
            let asked = self.ask(call, (verification, &answer), Purpose::Profile);
            let (given, saved) = match asked.await {
                Err(_unanswered) if call.optional => continue,
                asked => asked?,
            };
            let Json::Object(merged) = &mut answer else {
                return Err(BackendError::MalformedResponse);
            };
            if call.expect.is_none() {
                answer::merge(merged, call.into.as_deref(), given)?;
            }
            merged.extend(saved);
        }
        match answer {
            Json::Object(answer) => Ok(answer),
            _ => Err(BackendError::MalformedResponse),
        }
    }

    /// Asks whose the token is; `None` when the operator accepts not to know.
    pub(super) async fn bound(
        &self,
        verification: &Verification<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Asked>, BackendError> {
        let binding = &self.definition.binding;
        if !self.accept_unbound.asks_binding(binding.kind) {
            if self.accept_unbound.takes_unbound(binding.kind) {
                return Ok(None);
            }
            // The signature, or the proof in the profile's own call, binds.
            return Ok(Some(Asked::Bound(Bound {
                client_id: self.info.client_id.clone(),
                subject: None,
            })));
        }
        let call = match &binding.call {
            Some(call) => call,
            None if binding.kind == BindingKind::Profile => return Ok(Some(Asked::InProfile)),
            None => return Err(BackendError::Misconfigured("nothing binds a token")),
        };
        let purpose = Purpose::Binding {
            with_our_credentials: call.shows_our_credentials(),
        };
        let nothing = Json::Null;
        let (mut given, saved) = self.ask(call, (verification, &nothing), purpose).await?;
        match &mut given {
            Json::Object(given) => given.extend(saved),
            _ => return Err(BackendError::CredentialRejected),
        }
        let ours = (self.client_ids.as_slice(), &self.fixed.settings);
        let bound = binding.check(&given, ours, now)?;
        Ok(Some(Asked::Bound(bound)))
    }

    /// Looks for our app in the profile itself.
    pub(super) fn named_by(
        &self,
        profile: &JsonMap,
        now: DateTime<Utc>,
    ) -> Result<Bound, BackendError> {
        let ours = (self.client_ids.as_slice(), &self.fixed.settings);
        let profile = Json::Object(profile.clone());
        self.definition.binding.check(&profile, ours, now)
    }

    /// Makes a call; what it is told, and the headers that it keeps.
    async fn ask(
        &self,
        call: &Call,
        (verification, answer): (&Verification<'_>, &Json),
        purpose: Purpose,
    ) -> Result<(Json, JsonMap), BackendError> {
        let more = match purpose {
            Purpose::Profile => self.overrides.query_of(call, &self.definition.calls),
            Purpose::Binding { .. } => &[],
        };
        let scope = self.scope(verification, answer).with_query(more);
        let request = self.request(call, &scope, verification)?;
        let sent = self.http.send(request).await;
        let (given, saved) = answer::read(sent, purpose, call)?;
        if call.expect.is_some() {
            return Ok((given, saved));
        }
        if let Some(trouble) = &self.definition.trouble {
            trouble.check(&self.scope(verification, &given))?;
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

    fn scope<'a>(&'a self, verification: &'a Verification<'_>, answer: &'a Json) -> Scope<'a> {
        let input = verification.input;
        let beside = (&input.token_response, &input.fields);
        Scope::new(
            &self.fixed,
            verification.token.expose_secret(),
            answer,
            beside,
        )
    }

    fn request(
        &self,
        call: &Call,
        scope: &Scope<'_>,
        verification: &Verification<'_>,
    ) -> Result<crate::http::Request, BackendError> {
        let client = (self.info.client_id.as_str(), self.secret.expose_secret());
        let mut request = call.request(scope, verification.signer(), client)?;
        if let Some(user_agent) = &self.overrides.user_agent {
            request.headers.push((USER_AGENT, user_agent.clone()));
        }
        request.timeout = self.timeout;
        request.allow_private = self.allow_private;
        Ok(request)
    }
}
