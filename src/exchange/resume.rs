//! A halted run goes on with what the client sent.

use std::fmt;
use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};

use super::halted_run::RunKind;
use super::idempotency::{Answered, Asked, IdempotencyKey};
use super::request_digest::digest_of;
use super::run::Running;
use super::{CurrentUser, Exchange, ExchangeError, SignUpOutcome};
use crate::crypto::one_use;
use crate::model::JsonMap;

/// What a client resumes a run with.
pub struct Resume {
    /// The backend's name.
    pub backend: String,
    /// The token that the halted run was answered with.
    pub partial_token: SecretString,
    /// All other fields of the request.
    pub input: JsonMap,
    /// The signed-in user; must be the one who began.
    pub caller: Option<CurrentUser>,
    /// Where the request came from, to count its mails; `None` when that is not
    /// known.
    pub sender: Option<IpAddr>,
}

impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resume")
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

impl Exchange {
    /// Resumes a halted run: from its first step, with what the client adds.
    ///
    /// # Errors
    /// [`ExchangeError::Fields`] when the input is not what the step wants: the
    /// run still waits. [`ExchangeError::PartialInvalid`] when there is no such
    /// run, or no longer. Else as [`Exchange::sign_up`], and the run waits.
    pub async fn resume(&self, request: Resume) -> Result<SignUpOutcome, ExchangeError> {
        self.resume_asked(request, None).await
    }

    /// As [`Exchange::resume`]; what was answered to the same request with the
    /// same key in the last two minutes is answered again.
    ///
    /// # Errors
    /// As [`Exchange::resume`], and [`ExchangeError::KeyOfAnother`].
    pub async fn resume_once(
        &self,
        request: Resume,
        key: &IdempotencyKey,
    ) -> Result<Answered, ExchangeError> {
        let (caller, sender) = (request.caller, request.sender);
        let parts = vec![
            Some("resume".to_owned()),
            Some(request.backend.clone()),
            caller.map(|caller| caller.id.to_string()),
            Some(request.partial_token.expose_secret().to_owned()),
            serde_json::to_string(&request.input).ok(),
        ];
        let asked = Asked::new(key, digest_of(parts));
        let resumed = self.resume_asked(request, Some(&asked));
        Box::pin(self.once(&asked, (caller, sender), resumed)).await
    }

    async fn resume_asked(
        &self,
        request: Resume,
        asked: Option<&Asked>,
    ) -> Result<SignUpOutcome, ExchangeError> {
        let backend = self.registry.get(&request.backend);
        let backend = backend.ok_or(ExchangeError::BackendMissing)?.as_ref();
        let token = request.partial_token.expose_secret();
        let kind = RunKind::SignUp;
        let mut stored = self.stored_run((backend.name(), kind), token).await?;
        if stored.partial.user_id != request.caller.map(|caller| caller.id) {
            return Err(ExchangeError::PartialInvalid);
        }
        let current = match request.caller {
            Some(caller) => {
                self.signed_in_lately(caller)?;
                Some(self.me(caller).await?)
            }
            None => None,
        };
        let shown = (&request.partial_token, request.sender);
        if let Some(waits) = self.take(&mut stored, &request.input, shown, kind).await? {
            return Ok(SignUpOutcome::Halted(Box::new(waits)));
        }
        let running = Running {
            backend,
            identity: stored.identity.ok_or(ExchangeError::PartialInvalid)?,
            caller: request.caller,
            sender: request.sender,
            current,
            inputs: stored.inputs,
            terms: stored.terms,
            marks: Vec::new(),
            consumed: Some(one_use::digest(token).to_vec()),
        };
        self.run(running, asked).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_client_sent_is_in_no_debug_text() {
        let sent = json!({"verification_code": "271828", "password": "hunter2"});
        let resume = Resume {
            backend: "github".to_owned(),
            partial_token: "a-token".into(),
            input: sent.as_object().cloned().unwrap(),
            caller: None,
            sender: None,
        };
        let text = format!("{resume:?}");
        for secret in ["271828", "hunter2", "a-token"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
