//! Tokens are given back to the provider that issued them.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;

use super::BackendError;
use super::answer::{Purpose, judge, parse, transport};
use super::clients::Registration;
use super::defined::DefinedBackend;
use super::definition::{Revoke, Scope, Signer, is_empty};
use super::oauth1::HmacSha1Signer;
use crate::http::header::USER_AGENT;
use crate::http::{Answer, Request};
use crate::model::{ExtraData, JsonMap};

/// A token as it was kept; its secret with it for OAuth 1.
struct Token {
    token: SecretString,
    secret: Option<SecretString>,
}

impl Token {
    /// The access token, else what it can be renewed with; `None` without.
    fn of(tokens: &ExtraData) -> Option<Self> {
        let text = |value: &Json| Some(SecretString::from(value.as_str()?)).filter(is_given);
        let plain = |name| {
            Some(Self {
                token: tokens.get(name).and_then(text)?,
                secret: None,
            })
        };
        let pair = || {
            let pair = tokens.get("access_token")?;
            Some(Self {
                token: pair.get("oauth_token").and_then(text)?,
                secret: pair.get("oauth_token_secret").and_then(text),
            })
        };
        plain("access_token")
            .or_else(pair)
            .or_else(|| plain("refresh_token"))
    }
}

fn is_given(token: &SecretString) -> bool {
    !token.expose_secret().is_empty()
}

impl DefinedBackend {
    /// Gives the tokens of a person back, as each app of ours that may have
    /// got them. What the provider does not know is given back already.
    pub(super) async fn give_back(
        &self,
        (uid, tokens): (&str, &ExtraData),
        now: DateTime<Utc>,
    ) -> Result<(), BackendError> {
        let (Some(revoke), Some(token)) = (&self.definition.revoke, Token::of(tokens)) else {
            return Ok(());
        };
        let apps = self
            .clients
            .candidates(None, revoke.call.shows_client(), false)?;
        let mut failed = Ok(());
        for client in apps.registrations {
            match self.give_back_as(client, (revoke, &token, uid), now).await {
                Ok(()) => {}
                Err(BackendError::CredentialRejected | BackendError::TokenRevoked) => {
                    let provider = self.info.name.as_str();
                    tracing::info!(
                        provider,
                        "the provider knows nothing of a token that is revoked"
                    );
                }
                Err(error) => failed = Err(error),
            }
        }
        failed
    }

    async fn give_back_as(
        &self,
        client: &Registration,
        (revoke, token, uid): (&Revoke, &Token, &str),
        now: DateTime<Utc>,
    ) -> Result<(), BackendError> {
        let signer = match &token.secret {
            Some(secret) => {
                let consumer = (client.id.as_str(), &client.secret);
                let pair = (&token.token, secret);
                Some(HmacSha1Signer::new(consumer, pair, now, self.ids.as_ref())?)
            }
            None => None,
        };
        let document = match &self.discovery {
            Some(discovery) if revoke.call.discovers() => Some(discovery.document(now).await?),
            _ => None,
        };
        let (nothing, no_answer) = (JsonMap::new(), Json::Null);
        let scope = |answer| {
            let plain = token.token.expose_secret();
            let mut scope = Scope::new(&client.fixed, plain, answer, (&nothing, &nothing));
            scope.uid = Some(uid);
            scope.oidc = document.as_deref();
            scope
        };
        let signer = signer.as_ref().map(|signer| -> &dyn Signer { signer });
        let pair = (client.id.as_str(), client.secret.expose_secret());
        let request = revoke.call.request(&scope(&no_answer), signer, pair)?;
        let answer = self.sent(request).await?;
        judge(
            answer.status,
            &answer.headers,
            Purpose::Binding {
                with_our_credentials: revoke.call.shows_our_credentials(),
            },
        )?;
        let told = parse(&answer.body, revoke.call.format()).unwrap_or_default();
        if let Some(trouble) = &self.definition.trouble {
            trouble.check(&scope(&told))?;
        }
        match &revoke.ok {
            Some(ok) if is_empty(&ok.eval(&scope(&told))) => Err(BackendError::MalformedResponse),
            _ => Ok(()),
        }
    }

    async fn sent(&self, mut request: Request) -> Result<Answer, BackendError> {
        if let Some(user_agent) = &self.overrides.user_agent {
            request.headers.push((USER_AGENT, user_agent.clone()));
        }
        request.timeout = self.timeout;
        request.allow_private = self.allow_private;
        self.http.send(request).await.map_err(transport)
    }
}
