//! Halted runs, read again; only those that today's pipeline would have halted.

use std::sync::Arc;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::halted_run::RunKind;
use super::{Exchange, ExchangeError};
use crate::backends::{VerifiedIdentity, sealed_identity};
use crate::crypto::one_use;
use crate::model::{JsonMap, Partial};
use crate::pipeline::{Fields, Inputs};
use crate::session::Terms;

/// The version of what is stored.
pub(super) const VERSION: u64 = 1;
/// What sealed inputs are bound to, beside their partial and provider.
pub(super) const TABLE: &str = "social_auth_partial";
pub(super) const FIELD: &str = "run.v1";

/// What is sealed of a run beside its identity.
#[derive(Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub(super) fingerprint: String,
    pub(super) association_id: Option<Uuid>,
    pub(super) required: Option<Fields>,
    pub(super) open: Option<String>,
    pub(super) mail: Option<String>,
    pub(super) link_token: Option<String>,
    pub(super) answer: JsonMap,
    #[serde(default)]
    pub(super) client: Option<String>,
    #[serde(default)]
    pub(super) audience: Option<String>,
    pub(super) inputs: Inputs,
}

/// A stored run that may be resumed in today's pipeline.
pub(super) struct Stored {
    pub(super) partial: Partial,
    /// Who was proven; `None` in a disconnection.
    pub(super) identity: Option<Arc<VerifiedIdentity>>,
    /// The association that is to be disconnected; `None` for all.
    pub(super) association_id: Option<Uuid>,
    /// The fields that its step wants; `None` when it wants none.
    pub(super) required: Option<Fields>,
    pub(super) inputs: Inputs,
    /// On which terms a session is opened; `None` for those of no client.
    pub(super) terms: Option<Terms>,
    /// The address that a mail is to prove; `None` when none is.
    pub(super) mail: Option<String>,
    /// The token of the mail's link; `None` without a mail.
    pub(super) link_token: Option<SecretString>,
    pub(super) open: Option<String>,
    pub(super) answer: JsonMap,
}

impl Exchange {
    /// The run that a token resumes.
    ///
    /// # Errors
    /// [`ExchangeError::PartialInvalid`] for a token that is unknown, expired,
    /// used, or of another backend, and for a run of another pipeline or kind.
    pub(super) async fn stored_run(
        &self,
        (backend, kind): (&str, RunKind),
        token: &str,
    ) -> Result<Stored, ExchangeError> {
        if !one_use::is_token(token) {
            return Err(ExchangeError::PartialInvalid);
        }
        let (hash, now) = (one_use::digest(token), self.clock.now());
        let partial = self.storage.load_partial(&hash, now).await?;
        partial
            .and_then(|partial| self.opened(backend, kind, partial))
            .ok_or(ExchangeError::PartialInvalid)
    }

    /// `None` when it is not of this backend, or of a pipeline of before.
    fn opened(&self, backend: &str, kind: RunKind, partial: Partial) -> Option<Stored> {
        let version = partial.data.get("version").and_then(Value::as_u64);
        if partial.backend != backend || version != Some(VERSION) {
            return None;
        }
        let sealed = |field| partial.data.get(field).and_then(Value::as_str);
        let id = partial.id.to_string();
        let bound_to = [TABLE, &id, backend, FIELD];
        let plain = Zeroizing::new(self.sealer.open(sealed("run")?, &bound_to).ok()?);
        let snapshot: Snapshot = serde_json::from_slice(&plain).ok()?;
        let (pipeline, identity) = match (kind, sealed("identity")) {
            (RunKind::SignUp, Some(identity)) => {
                let opened =
                    sealed_identity::open(identity, &self.sealer, partial.id, backend).ok()?;
                (&self.pipelines.get(backend)?.0, Some(Arc::new(opened)))
            }
            (RunKind::Disconnect, None) => (self.pipelines.disconnect(backend)?.0, None),
            _ => return None,
        };
        let same_pipeline = snapshot.fingerprint == pipeline.fingerprint();
        same_pipeline.then_some(Stored {
            identity,
            association_id: snapshot.association_id,
            required: snapshot.required,
            inputs: snapshot.inputs,
            terms: self.terms_again(snapshot.client.as_deref(), snapshot.audience.as_deref()),
            mail: snapshot.mail,
            link_token: snapshot.link_token.map(Into::into),
            open: snapshot.open,
            answer: snapshot.answer,
            partial,
        })
    }
}

impl Stored {
    /// Takes what a client sent for the step that halted.
    ///
    /// # Errors
    /// [`ExchangeError::Fields`] when it is not what the step wants.
    pub(super) fn give(&mut self, sent: &JsonMap) -> Result<(), ExchangeError> {
        let Some(required) = &self.required else {
            return Ok(());
        };
        let taken = required.take(sent).map_err(ExchangeError::Fields)?;
        self.inputs.give(&self.partial.next_step, taken);
        Ok(())
    }
}
