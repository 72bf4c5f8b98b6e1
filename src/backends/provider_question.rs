//! What a team's own code is asked in a verification, and what becomes of its
//! answer: a profile as calls give it, to be bound and read by the engine.

use secrecy::SecretString;
use serde_json::Value as Json;

use super::provider_code::{OwnCode, Question};
use super::verification::{Profile, Verification};
use super::verified::StoredToken;
use super::{BackendError, JsonCalls};
use crate::http::CallLimits;

impl Verification<'_> {
    /// Has a team's own code ask who the person is.
    pub(super) async fn asked_by(&self, code: &OwnCode) -> Result<Profile, BackendError> {
        let none = SecretString::default();
        let (token, token_secret) = match &self.held.token {
            StoredToken::None => (&none, None),
            StoredToken::OAuth2(token) => (token, None),
            StoredToken::OAuth1 { token, secret } => (token, Some(secret)),
        };
        let limits = CallLimits {
            timeout: self.backend.timeout,
            allow_private: self.backend.allow_private,
        };
        let given = code
            .ask(&Question {
                token,
                token_secret,
                client_id: &self.client.id,
                client_secret: &self.client.secret,
                settings: &self.client.fixed.settings,
                now: self.now,
                http: JsonCalls::to_provider(&self.backend.http, limits),
            })
            .await?;
        if let Some(trouble) = &self.backend.definition.trouble {
            trouble.check(&self.scope(&Json::Object(given.clone())))?;
        }
        let mut answer = given.clone();
        // What proves itself stands, whatever the code says of it.
        answer.extend(self.held.said.clone());
        Ok(Profile {
            answer,
            told: self.held.claims.is_some().then_some(given),
        })
    }
}
