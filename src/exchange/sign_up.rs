//! Sign up, sign in, or associate: a posted credential becomes a user.

use std::sync::Arc;

use serde_json::json;

use super::idempotency::Asked;
use super::{CurrentUser, Exchange, ExchangeError};
use crate::backends::{Backend, BackendError, VerifiedIdentity};
use crate::model::{
    Association, Changes, ClientInput, Conflict, Credential, Event, EventKind, UsedMark, User,
    UserChanges,
};
use crate::pipeline::{Attempt, AuthError, Pipeline, Run, Strategy};
use crate::session::Tokens;
use crate::storage::{CommitError, StorageError};

/// How often a run is tried while others are faster.
const ATTEMPTS: usize = 3;

/// What a client asks for.
#[derive(Debug)]
pub struct SignUp {
    /// The backend's name.
    pub provider: String,
    /// What the provider's SDK gave.
    pub credential: Credential,
    /// What came beside it.
    pub input: ClientInput,
    /// The signed-in user to associate with; `None` to sign up or in.
    pub caller: Option<CurrentUser>,
}

/// What became of it; all of it is committed.
#[derive(Debug)]
pub struct SignedUp {
    /// The user.
    pub user: User,
    /// The association; `None` when the pipeline makes none.
    pub social: Option<Association>,
    /// Which of our client ids the credential was issued to; `None` when
    /// nothing binds it.
    pub client_id: Option<String>,
    /// Whether the user was created just now.
    pub is_new: bool,
    /// Whether the association was created just now.
    pub new_association: bool,
    /// A new session; `None` for an association, whose caller has one.
    pub tokens: Option<Tokens>,
}

impl Exchange {
    /// Checks the credential at its provider, runs the pipeline, and commits
    /// what it came to.
    ///
    /// # Errors
    /// Any [`ExchangeError`]: then nothing is written, but for
    /// [`ExchangeError::CommitUnknown`], where nobody can tell.
    pub async fn sign_up(&self, request: SignUp) -> Result<SignedUp, ExchangeError> {
        self.sign_up_asked(request, None).await
    }

    /// Signs up, and keeps the answer for who asked with a key.
    pub(super) async fn sign_up_asked(
        &self,
        request: SignUp,
        asked: Option<&Asked>,
    ) -> Result<SignedUp, ExchangeError> {
        let Proven {
            backend,
            identity,
            mut current,
            challenge,
        } = self.prove(&request).await?;
        self.use_nonce(&identity).await?;
        let mut conflicts = Vec::new();
        while conflicts.len() < ATTEMPTS {
            if let (Some(caller), false) = (request.caller, conflicts.is_empty()) {
                current = Some(self.me(caller).await?);
            }
            let (pipeline, strategy) = self.strategy(backend, &request, &conflicts)?;
            let mut run = pipeline
                .run(&strategy, Arc::clone(&identity), current.clone())
                .await?;
            let marks = &mut run.changes.used_marks;
            marks.extend_from_slice(identity.used_marks());
            marks.extend_from_slice(&challenge);
            let who = (request.caller, identity.named_client());
            match self.commit(run, who, asked).await {
                Err(Failure::Conflict(conflict)) => conflicts.push(conflict),
                Err(Failure::Final(error)) => return Err(error),
                Ok(signed_up) => return Ok(signed_up),
            }
        }
        tracing::warn!(?conflicts, "a sign-up met conflicts in every try");
        Err(ExchangeError::TooManyConflicts)
    }

    /// What is there before a pipeline runs: the identity, and who is calling.
    ///
    /// # Errors
    /// Whatever keeps the credential from being taken.
    pub(super) async fn prove(&self, request: &SignUp) -> Result<Proven<'_>, ExchangeError> {
        let backend = self
            .registry
            .get(&request.provider)
            .ok_or(ExchangeError::BackendMissing)?
            .as_ref();
        if backend.info().association_only && request.caller.is_none() {
            return Err(AuthError::Disallowed.into());
        }
        let current = match request.caller {
            Some(caller) => Some(self.me(caller).await?),
            None => None,
        };
        let challenge = self.check_challenge(backend, &request.credential).await?;
        // No database connection is held while the provider is asked.
        let identity = backend
            .verify(&request.credential, &request.input, &self.means())
            .await?;
        Ok(Proven {
            backend,
            identity: Arc::new(identity),
            current,
            challenge,
        })
    }

    /// Uses up the response nonce of an `OpenID` 2.0 assertion, before anything
    /// else: the provider has forgotten the assertion as well.
    async fn use_nonce(&self, identity: &VerifiedIdentity) -> Result<(), ExchangeError> {
        match identity.nonce() {
            Some(nonce) if !self.storage.use_nonce(nonce).await? => {
                Err(BackendError::Replayed.into())
            }
            _ => Ok(()),
        }
    }

    /// A backend's pipeline, and what its steps may touch in this try.
    pub(super) fn strategy<'a>(
        &'a self,
        backend: &'a dyn Backend,
        request: &'a SignUp,
        conflicts: &'a [Conflict],
    ) -> Result<(&'a Pipeline, Strategy<'a>), ExchangeError> {
        let (pipeline, settings) = self
            .pipelines
            .get(backend.name())
            .ok_or(ExchangeError::BackendMissing)?;
        let strategy = Strategy {
            storage: self.storage.as_ref(),
            settings,
            backend,
            now: self.clock.now(),
            associating: request.caller.is_some(),
            request_data: &request.input.fields,
            attempt: Attempt { conflicts },
            ids: self.ids.as_ref(),
        };
        Ok((pipeline, strategy))
    }

    async fn commit(
        &self,
        run: Run,
        (caller, client_id): (Option<CurrentUser>, Option<&str>),
        asked: Option<&Asked>,
    ) -> Result<SignedUp, Failure> {
        let now = self.clock.now();
        let Run {
            user,
            social,
            mut changes,
        } = run;
        let mut tokens = None;
        if caller.is_none() {
            let prepared = self.sessions.prepare(user.id, now, self.ids.as_ref())?;
            changes.session = Some(prepared.row);
            tokens = Some(prepared.tokens);
            if changes.new_user.is_none() {
                note_login(&mut changes, &user, now);
            }
        }
        self.raise_events(&mut changes, &user, social.as_ref());
        let moves = is_move(&changes);
        let mut signed_up = SignedUp {
            user,
            social,
            client_id: client_id.map(str::to_owned),
            is_new: changes.new_user.is_some(),
            new_association: changes.new_association.is_some(),
            tokens,
        };
        if let Some(asked) = asked {
            let answer = self.kept_answer(asked, &signed_up);
            changes.idempotent_answer = Some(answer.map_err(Failure::Final)?);
        }
        let committed = self.storage.commit(changes).await?;
        if let (true, Some(social)) = (moves, &signed_up.social) {
            let (association, provider) = (social.id, social.provider.as_str());
            tracing::info!(%association, provider, "an association moved to the stable uid");
        }
        signed_up.is_new = committed.is_new;
        signed_up.new_association = committed.new_association;
        Ok(signed_up)
    }

    fn raise_events(&self, changes: &mut Changes, user: &User, social: Option<&Association>) {
        let mut kinds = Vec::new();
        if changes.new_user.is_some() {
            kinds.push(EventKind::UserCreated);
        }
        if changes
            .user
            .as_ref()
            .is_some_and(|(_, changes)| changes.touches_profile())
        {
            kinds.push(EventKind::UserUpdated);
        }
        if changes.new_association.is_some() {
            kinds.push(EventKind::AssociationCreated);
        }
        if is_move(changes) {
            kinds.push(EventKind::AssociationMoved);
        }
        for kind in kinds {
            changes.events.push(Event {
                id: self.ids.new_id(),
                kind,
                user_id: Some(user.id),
                payload: json!({
                    "user_id": user.id,
                    "provider": social.map(|social| social.provider.as_str()),
                    "association_id": social.map(|social| social.id),
                }),
                created: self.clock.now(),
            });
        }
    }
}

/// A credential that was taken.
pub(super) struct Proven<'a> {
    pub(super) backend: &'a dyn Backend,
    pub(super) identity: Arc<VerifiedIdentity>,
    /// The signed-in user; `None` to sign up or in.
    pub(super) current: Option<User>,
    /// Marks of the challenge that it was begun with.
    pub(super) challenge: Vec<UsedMark>,
}

/// Why a commit did not happen.
enum Failure {
    /// The run may be tried again.
    Conflict(Conflict),
    /// It may not.
    Final(ExchangeError),
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(conflict) if conflict.may_run_again() => Self::Conflict(conflict),
            CommitError::Conflict(Conflict::UsedMark) => Self::Final(BackendError::Replayed.into()),
            CommitError::Conflict(Conflict::IdempotencyKey) => {
                Self::Final(ExchangeError::TooManyConflicts)
            }
            CommitError::Conflict(_) => Self::Final(
                StorageError::Other("a partial met a conflict that nothing here makes".to_owned())
                    .into(),
            ),
            CommitError::Unknown(cause) => Self::Final(ExchangeError::CommitUnknown(cause)),
            CommitError::Storage(error) => Self::Final(error.into()),
        }
    }
}

impl From<crate::session::SessionError> for Failure {
    fn from(error: crate::session::SessionError) -> Self {
        Self::Final(error.into())
    }
}

fn is_move(changes: &Changes) -> bool {
    matches!(&changes.association, Some(changes) if changes.moved.is_some())
}

fn note_login(changes: &mut Changes, user: &User, now: chrono::DateTime<chrono::Utc>) {
    let (_, user_changes) = changes
        .user
        .get_or_insert_with(|| (user.id, UserChanges::default()));
    user_changes.last_login = Some(now);
}
