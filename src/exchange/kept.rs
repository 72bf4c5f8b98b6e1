//! What is kept of an answer, so that it can be given again.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::halted_run::{RunKind, ToConfirm, seconds_until};
use super::{HaltedRun, RemovedAssociation, SignedUp};
use crate::model::JsonMap;
use crate::session::Tokens;

/// What is kept of an answer.
#[derive(Serialize, Deserialize)]
pub(super) enum Kept {
    SignedUp(Box<KeptSignUp>),
    Halted(Box<KeptHalt>),
}

/// The person's profile is read anew.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptSignUp {
    pub(super) user_id: Uuid,
    pub(super) association: Option<Uuid>,
    pub(super) client_id: Option<String>,
    pub(super) is_new: bool,
    pub(super) new_association: bool,
    #[serde(default)]
    pub(super) removed: Vec<RemovedAssociation>,
    pub(super) tokens: Option<KeptTokens>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeptHalt {
    partial_token: String,
    token_name: String,
    backend: String,
    step: String,
    expires: DateTime<Utc>,
    required: Option<Value>,
    open: Option<String>,
    mail: Option<ToConfirm>,
    answer: JsonMap,
    kind: RunKind,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeptTokens {
    access_token: String,
    expires_in: u64,
    refresh_token: String,
}

impl Kept {
    pub(super) fn of_signed_up(answer: &SignedUp) -> Self {
        Self::SignedUp(Box::new(KeptSignUp {
            user_id: answer.user.id,
            association: answer.social.as_ref().map(|social| social.id),
            client_id: answer.client_id.clone(),
            is_new: answer.is_new,
            new_association: answer.new_association,
            removed: answer.removed.clone(),
            tokens: answer.tokens.as_ref().map(KeptTokens::from),
        }))
    }

    pub(super) fn of_halted(run: &HaltedRun, expires: DateTime<Utc>) -> Self {
        Self::Halted(Box::new(KeptHalt {
            partial_token: run.partial_token.expose_secret().to_owned(),
            token_name: run.token_name.clone(),
            backend: run.backend.clone(),
            step: run.step.clone(),
            expires,
            required: run.required.clone(),
            open: run.open.clone(),
            mail: run.mail.clone(),
            answer: run.answer.clone(),
            kind: run.kind,
        }))
    }
}

impl KeptHalt {
    /// The answer as it was, but for the time that is left.
    pub(super) fn again(self, now: DateTime<Utc>) -> HaltedRun {
        HaltedRun {
            partial_token: self.partial_token.into(),
            token_name: self.token_name,
            backend: self.backend,
            step: self.step,
            expires_in: seconds_until(self.expires, now),
            required: self.required,
            open: self.open,
            mail: self.mail,
            answer: self.answer,
            kind: self.kind,
        }
    }
}

impl From<&Tokens> for KeptTokens {
    fn from(tokens: &Tokens) -> Self {
        Self {
            access_token: tokens.access_token.expose_secret().to_owned(),
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token.expose_secret().to_owned(),
        }
    }
}

impl From<KeptTokens> for Tokens {
    fn from(kept: KeptTokens) -> Self {
        Self {
            access_token: kept.access_token.into(),
            expires_in: kept.expires_in,
            refresh_token: kept.refresh_token.into(),
        }
    }
}
