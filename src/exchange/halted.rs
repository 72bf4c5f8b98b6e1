//! Halted runs: stored as what they are a function of, and read again.
//!
//! Nothing of a run itself is kept. What it was given is: the identity and the
//! inputs, both sealed for this partial alone, so that a run is begun anew on
//! any instance and decides on fresh reads.

use std::net::IpAddr;

use chrono::TimeDelta;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::failure::Failure;
use super::halted_run::{HaltedRun, RunKind, ToConfirm, seconds_until};
use super::idempotency::Asked;
use super::kept::Kept;
use super::proof::ToProve;
use super::stored::{FIELD, Snapshot, Stored, TABLE, VERSION};
use super::{CurrentUser, Exchange, ExchangeError};
use crate::backends::{VerifiedIdentity, sealed_identity};
use crate::crypto::one_use;
use crate::model::{Changes, Guard, NewPartial, UsedMark};
use crate::pipeline::{CurrentPartial, Halted, Inputs, Pipeline};
use crate::session::Terms;

/// Seconds for which a halted run can be resumed.
const LIFETIME: i64 = 900;

/// What a halted run is a function of.
pub(super) struct Waiting<'a> {
    pub(super) backend: &'a str,
    pub(super) pipeline: &'a Pipeline,
    pub(super) current: &'a CurrentPartial<'a>,
    /// Who was proven; `None` in a disconnection.
    pub(super) identity: Option<&'a VerifiedIdentity>,
    /// The association that is to be disconnected; `None` for all.
    pub(super) association_id: Option<Uuid>,
    pub(super) caller: Option<CurrentUser>,
    /// Where the request came from; `None` when that is not known.
    pub(super) sender: Option<IpAddr>,
    /// On which terms a session is opened; `None` for those of no client.
    pub(super) terms: Option<&'a Terms>,
    pub(super) inputs: &'a Inputs,
    /// Marks of what works once.
    pub(super) marks: &'a [UsedMark],
    /// The hash of the token that resumed it.
    pub(super) consumed: Option<&'a Vec<u8>>,
}

impl Exchange {
    /// Stores a run that halted, in one commit with what it used up. What it has
    /// to mail goes out afterwards.
    pub(super) async fn store_halted(
        &self,
        halted: Halted,
        waiting: &Waiting<'_>,
        asked: Option<&Asked>,
    ) -> Result<HaltedRun, Failure> {
        let ids = self.ids.as_ref();
        let token = one_use::new_token(ids).map_err(|_none| ExchangeError::Sealing)?;
        if halted.halt.mail.is_some() {
            let made = waiting.current.link_token();
            made.map_err(ExchangeError::from)?;
        }
        let partial = self.partial_of(&halted, waiting, &token);
        let partial = partial.ok_or(ExchangeError::Sealing)?;
        let expires = partial.expires;
        let run = self.halted_now(halted, waiting, (token, &partial));
        let mailing = match (&run.mail, waiting.current.given_link_token()) {
            (Some(mail), Some(link_token)) => {
                let to_prove = ToProve {
                    partial: &partial,
                    email: &mail.email,
                    partial_token: &run.partial_token,
                    link_token,
                    sender: waiting.sender,
                };
                let codes = self.new_codes(&to_prove)?;
                let mail = self.mail_of(&to_prove, &codes);
                Some((codes.row, mail))
            }
            _ => None,
        };
        let mut changes = Changes {
            consumed_partial: waiting.consumed.cloned(),
            used_marks: waiting.marks.to_vec(),
            new_code: mailing.as_ref().map(|(code, _)| code.clone()),
            new_partial: Some(partial),
            ..Changes::default()
        };
        if let Some(caller) = waiting.caller {
            changes.guards.push(Guard::UserActive(caller.id));
            changes.guards.push(Guard::SessionLives(caller.session_id));
        }
        if let Some(asked) = asked {
            let kept = self.kept_answer(asked, &Kept::of_halted(&run, expires))?;
            changes.idempotent_answer = Some(kept);
        }
        let (Some(mailing), stored) = (mailing, changes.new_partial.clone()) else {
            self.storage.commit(changes).await?;
            return Ok(run);
        };
        self.storage.commit(changes).await?;
        let run = self.send(mailing, run).await?;
        if let (Some(_), Some(partial)) = (asked, stored) {
            self.note_mailed(&partial).await;
        }
        Ok(run)
    }

    fn halted_now(
        &self,
        halted: Halted,
        waiting: &Waiting<'_>,
        (token, partial): (SecretString, &NewPartial),
    ) -> HaltedRun {
        let unproven = |email| ToConfirm {
            email,
            confirmed: false,
        };
        HaltedRun {
            partial_token: token,
            token_name: self.partial_token_name(waiting.backend).to_owned(),
            backend: waiting.backend.to_owned(),
            step: halted.step,
            expires_in: seconds_until(partial.expires, partial.created),
            required: halted.halt.required.map(|fields| fields.schema().clone()),
            open: halted.halt.open,
            mail: halted.halt.mail.map(unproven),
            answer: halted.halt.answer,
            kind: waiting.kind(),
        }
    }

    /// `None` when it cannot be sealed.
    fn partial_of(
        &self,
        halted: &Halted,
        waiting: &Waiting<'_>,
        token: &SecretString,
    ) -> Option<NewPartial> {
        let (now, ids) = (self.clock.now(), self.ids.as_ref());
        let id = self.ids.new_id();
        let snapshot = Snapshot {
            fingerprint: waiting.pipeline.fingerprint(),
            association_id: waiting.association_id,
            required: halted.halt.required.clone(),
            open: halted.halt.open.clone(),
            link_token: kept_link_token(halted, waiting),
            mail: halted.halt.mail.clone(),
            answer: halted.halt.answer.clone(),
            client: waiting.terms.and_then(|terms| terms.client.clone()),
            audience: waiting.terms.and_then(|terms| terms.audience.clone()),
            inputs: waiting.inputs.clone(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&snapshot).ok()?);
        let text = id.to_string();
        let bound_to = [TABLE, &text, waiting.backend, FIELD];
        let sealed = self.sealer.seal(&plain, &bound_to, ids).ok()?;
        let mut data = json!({"version": VERSION, "run": sealed});
        if let Some(identity) = waiting.identity {
            let sealed = sealed_identity::seal(identity, &self.sealer, id, ids).ok()?;
            data.as_object_mut()?
                .insert("identity".to_owned(), sealed.into());
        }
        let hash = |token: &SecretString| one_use::digest(token.expose_secret()).to_vec();
        Some(NewPartial {
            id,
            token_hash: hash(token),
            link_hash: waiting.current.given_link_token().map(hash),
            backend: waiting.backend.to_owned(),
            next_step: halted.step.clone(),
            data,
            user_id: waiting.caller.map(|caller| caller.id),
            created: now,
            expires: now.checked_add_signed(TimeDelta::seconds(LIFETIME))?,
        })
    }

    /// A halted sign-up as it was answered; it is not resumed by being looked
    /// at.
    ///
    /// # Errors
    /// [`ExchangeError::BackendMissing`], [`ExchangeError::PartialInvalid`].
    pub async fn halted_run(
        &self,
        backend: &str,
        token: &SecretString,
    ) -> Result<HaltedRun, ExchangeError> {
        let backend = self.registry.get(backend);
        let backend = backend.ok_or(ExchangeError::BackendMissing)?.name();
        let kind = RunKind::SignUp;
        let stored = self.stored_run((backend, kind), token.expose_secret());
        self.still_halted(&stored.await?, token, kind).await
    }

    /// A stored run as it is answered.
    pub(super) async fn still_halted(
        &self,
        stored: &Stored,
        token: &SecretString,
        kind: RunKind,
    ) -> Result<HaltedRun, ExchangeError> {
        let partial = &stored.partial;
        let mail = match &stored.mail {
            None => None,
            Some(email) => Some(ToConfirm {
                email: email.clone(),
                confirmed: self.is_proven(partial.id, email).await?,
            }),
        };
        let required = stored.required.as_ref();
        Ok(HaltedRun {
            partial_token: token.clone(),
            token_name: self.partial_token_name(&partial.backend).to_owned(),
            backend: partial.backend.clone(),
            step: partial.next_step.clone(),
            expires_in: seconds_until(partial.expires, self.clock.now()),
            required: required.map(|fields| fields.schema().clone()),
            open: stored.open.clone(),
            mail,
            answer: stored.answer.clone(),
            kind,
        })
    }

    /// The name under which a backend's clients send a partial's token.
    pub fn partial_token_name(&self, backend: &str) -> &str {
        let settings = self.pipelines.disconnect(backend);
        settings.map_or("partial_token", |(_, settings)| {
            settings.partial_token_name.as_str()
        })
    }
}

impl Waiting<'_> {
    fn kind(&self) -> RunKind {
        match self.identity {
            Some(_) => RunKind::SignUp,
            None => RunKind::Disconnect,
        }
    }
}

/// Another mail of the same run has the same link, of which only a hash stands
/// beside; it is sealed.
fn kept_link_token(halted: &Halted, waiting: &Waiting<'_>) -> Option<String> {
    halted.halt.mail.as_ref()?;
    let token = waiting.current.given_link_token()?;
    Some(token.expose_secret().to_owned())
}
