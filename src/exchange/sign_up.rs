//! Sign up, sign in, or associate: a posted credential becomes a user.

use std::net::IpAddr;
use std::sync::Arc;

use super::idempotency::Asked;
use super::run::Running;
use super::{CurrentUser, Exchange, ExchangeError, HaltedRun, RemovedAssociation};
use crate::backends::{Backend, BackendError, VerifiedIdentity};
use crate::model::{Association, ClientInput, Credential, UsedMark, User};
use crate::pipeline::{AuthError, Inputs};
use crate::session::{Terms, Tokens};

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
    /// Where the request came from, to count its mails; `None` when that is not
    /// known.
    pub sender: Option<IpAddr>,
    /// On which terms a session is opened; `None` for those of no client.
    pub terms: Option<Terms>,
}

/// What became of it; all of it is committed.
#[derive(Debug)]
pub enum SignUpOutcome {
    /// The person is signed up, signed in, or has a further account.
    SignedUp(Box<SignedUp>),
    /// A step waits for the client.
    Halted(Box<HaltedRun>),
}

/// A person who is in.
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
    /// Accounts that the user has no more: a stranger may have added them.
    pub removed: Vec<RemovedAssociation>,
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
    pub async fn sign_up(&self, request: SignUp) -> Result<SignUpOutcome, ExchangeError> {
        self.sign_up_asked(request, None).await
    }

    /// Signs up, and keeps the answer for who asked with a key.
    pub(super) async fn sign_up_asked(
        &self,
        request: SignUp,
        asked: Option<&Asked>,
    ) -> Result<SignUpOutcome, ExchangeError> {
        let proven = self.prove(&request).await?;
        self.use_nonce(&proven.identity).await?;
        let mut running = proven.running((request.caller, request.sender));
        running.terms = request.terms;
        self.run(running, asked).await
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
            Some(caller) => {
                self.signed_in_lately(caller)?;
                Some(self.me(caller).await?)
            }
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

impl<'a> Proven<'a> {
    /// The first run of it.
    pub(super) fn running(
        self,
        (caller, sender): (Option<CurrentUser>, Option<IpAddr>),
    ) -> Running<'a> {
        let mut marks = self.challenge;
        marks.extend_from_slice(self.identity.used_marks());
        Running {
            backend: self.backend,
            identity: self.identity,
            caller,
            sender,
            terms: None,
            current: self.current,
            inputs: Inputs::default(),
            marks,
            consumed: None,
        }
    }
}
