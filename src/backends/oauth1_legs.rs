//! OAuth 1.0a in a browser (RFC 5849 §2): the two legs that we make.
//!
//! The request token's secret leaves us only inside a sealed handle, which
//! ties what comes back to what was begun: the provider, our app, the address
//! and the request token itself. Nothing is stored before somebody signs in,
//! so any instance can go on where another began.

mod granted;
mod handle;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use url::Url;

use granted::Granted;
use handle::{Handle, LIFETIME, NOT_OURS};

use super::answer;
use super::build::authorize_url;
use super::clients::Registration;
use super::defined::DefinedBackend;
use super::definition::{Address, Definition, Protocol, Scope, Signer as _, as_text};
use super::held::{Held, Issued};
use super::oauth1::{Beside, HmacSha1Signer};
use super::verification::Verification;
use super::verified::StoredToken;
use super::{BackendError, Means, VerifiedIdentity};
use crate::crypto::one_use;
use crate::http::header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT};
use crate::http::{Body, Method, Request};
use crate::model::{ClientInput, CredentialKind, JsonMap, UsedMark};

/// The kind of the mark that a used request token leaves.
const MARK: &str = "oauth_token";

/// What a person is sent off with, and what must come back with them.
pub struct RequestToken {
    /// The provider's request token; comes back as `oauth_token`.
    pub oauth_token: String,
    /// Our sealed handle of it; the client keeps it.
    pub request_token: SecretString,
    /// Where the person signs in.
    pub authorize_url: String,
    /// Seconds until the handle no longer works.
    pub expires_in: i64,
}

impl std::fmt::Debug for RequestToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestToken").finish_non_exhaustive()
    }
}

/// What a refusal of a leg comes to.
struct Refusals {
    /// The provider refuses.
    refused: BackendError,
    /// It answers well, and gives no token.
    nothing: BackendError,
}

/// Whether all addresses of the legs are known.
pub(super) fn are_known(definition: &Definition) -> bool {
    let endpoints = &definition.endpoints;
    definition.protocol == Protocol::OAuth1
        && endpoints.request_token.is_some()
        && endpoints.authorize.is_some()
        && endpoints.token.is_some()
}

impl DefinedBackend {
    /// Asks for a request token.
    pub(super) async fn first_leg(
        &self,
        redirect_uri: &str,
        client_id: Option<&str>,
        means: &Means<'_>,
    ) -> Result<RequestToken, BackendError> {
        let endpoints = &self.definition.endpoints;
        let (true, Some(address)) = (are_known(&self.definition), &endpoints.request_token) else {
            return self
                .check_accepted(CredentialKind::OAuth1Verifier)
                .and(Err(BackendError::NoCredentialTaken(self.info.name.clone())));
        };
        if !self.redirect_uris.allows(redirect_uri) {
            let name = self.info.name.clone();
            return Err(BackendError::RedirectUriNotAllowed(name));
        }
        let client = match client_id {
            None => self.clients.main(),
            Some(id) => self.registration(id).ok_or(BackendError::ClientUnknown)?,
        };
        let leg = (address, &endpoints.request_token_method);
        let beside = Beside::Callback(redirect_uri);
        // Nobody's credential goes along: a refusal is about us.
        let refusals = Refusals {
            refused: BackendError::ClientRejected,
            nothing: BackendError::MalformedResponse,
        };
        let asked = self.leg(leg, client, (None, beside), (means.now, refusals));
        let granted = asked.await?;
        // OAuth 1.0 without the `a` would send whoever starts back to us.
        if granted
            .answer
            .get("oauth_callback_confirmed")
            .map(as_text)
            .as_deref()
            != Some("true")
        {
            return Err(BackendError::MissingClaim {
                claim: "oauth_callback_confirmed".to_owned(),
            });
        }
        let oauth_token = granted.token.expose_secret().to_owned();
        Ok(RequestToken {
            authorize_url: self.authorize_url(client, &oauth_token)?,
            request_token: self.handle(&granted, client, redirect_uri, means)?,
            oauth_token,
            expires_in: LIFETIME,
        })
    }

    /// Exchanges what a person came back with, and asks who they are.
    pub(super) async fn with_verifier(
        &self,
        (oauth_token, verifier): (&SecretString, &SecretString),
        handle: &SecretString,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let handle = self.open(handle, means)?;
        let same = one_use::same(
            handle.oauth_token.as_bytes(),
            oauth_token.expose_secret().as_bytes(),
        );
        if !same {
            return Err(BackendError::InvalidField {
                field: "oauth_token",
                problem: "It is not the one of this `request_token`.",
            });
        }
        if input
            .client_id
            .as_ref()
            .is_some_and(|id| *id != handle.client_id)
        {
            return Err(BackendError::ClientUnknown);
        }
        let client = self.registration(&handle.client_id).ok_or(NOT_OURS)?;
        let held = self.second_leg(&handle, (client, verifier), means).await?;
        let ids = std::slice::from_ref(&client.id);
        let verification = Verification::new(self, (client, ids), (&held, input), means.now)?;
        verification.run().await
    }

    /// Exchanges a request token for an access token: once, because a second
    /// try would find it used.
    async fn second_leg(
        &self,
        handle: &Handle,
        (client, verifier): (&Registration, &SecretString),
        means: &Means<'_>,
    ) -> Result<Held, BackendError> {
        let endpoints = &self.definition.endpoints;
        let address = endpoints.token.as_ref().ok_or(NOT_OURS)?;
        let leg = (address, &endpoints.token_method);
        let request_token = SecretString::from(handle.oauth_token.as_str());
        let secret = SecretString::from(handle.oauth_token_secret.as_str());
        let beside = (Some((&request_token, &secret)), Beside::Verifier(verifier));
        let refusals = Refusals {
            refused: BackendError::CodeRejected,
            nothing: BackendError::CodeRejected,
        };
        let granted = self.leg(leg, client, beside, (means.now, refusals)).await?;
        let mut held = Held::of_client(StoredToken::OAuth1 {
            token: granted.token,
            secret: granted.secret,
        });
        // Signed with our secret, answered to us.
        held.issued = Issued::ToUs;
        if !self.definition.asks() {
            held.said.clone_from(&granted.answer);
        }
        held.token_response = Some(granted.answer);
        held.used_marks.push(UsedMark {
            kind: MARK.to_owned(),
            digest: one_use::digest(&format!("{}\n{}", self.info.name, handle.oauth_token)).into(),
            expires: handle.forgotten()?,
        });
        Ok(held)
    }

    /// Makes a leg, signed as `client`.
    async fn leg(
        &self,
        (address, method): (&Address, &Method),
        client: &Registration,
        (token, beside): (Option<(&SecretString, &SecretString)>, Beside<'_>),
        (now, refusals): (DateTime<Utc>, Refusals),
    ) -> Result<Granted, BackendError> {
        let consumer = (client.id.as_str(), &client.secret);
        let ids = self.ids.as_ref();
        let signer = HmacSha1Signer::of_leg(consumer, token, beside, (now, ids))?;
        let nothing = JsonMap::new();
        let scope = Scope::new(&client.fixed, "", &Json::Null, (&nothing, &nothing));
        let url = address.render(&scope)?;
        let authorization = signer.authorization(method, &url, &[]);
        let mut authorization = HeaderValue::from_str(&authorization)
            .map_err(|_not_a_header| BackendError::CredentialRejected)?;
        authorization.set_sensitive(true);
        let mut request = Request::new(method.clone(), url, self.timeout);
        request.headers.push((AUTHORIZATION, authorization));
        request
            .headers
            .push((ACCEPT, HeaderValue::from_static("*/*")));
        if let Some(user_agent) = &self.overrides.user_agent {
            request.headers.push((USER_AGENT, user_agent.clone()));
        }
        if *method == Method::POST {
            request.body = Body::Form(Vec::new());
        }
        request.allow_private = self.allow_private;
        let body = match answer::body(self.http.send(request).await) {
            Err(BackendError::CredentialRejected) => return Err(refusals.refused),
            answered => answered?,
        };
        Granted::read(&body, refusals.nothing)
    }

    fn authorize_url(&self, client: &Registration, token: &str) -> Result<String, BackendError> {
        let url = authorize_url(&self.definition, &client.fixed);
        let url = self.overrides.authorize_url(url);
        let url = url.and_then(|url| Url::parse(&url).ok());
        let mut url = url.ok_or(BackendError::Misconfigured("no URL to sign in at"))?;
        if !self.info.scope.is_empty() {
            let scope = self.info.scope.join(&self.info.scope_separator);
            url.query_pairs_mut()
                .append_pair(&self.info.scope_param, &scope);
        }
        url.query_pairs_mut().append_pair("oauth_token", token);
        Ok(url.into())
    }

    /// Our registration of that client id.
    fn registration(&self, client_id: &str) -> Option<&Registration> {
        let client = self.clients.of(Some(client_id));
        (client.id == client_id).then_some(client)
    }
}
