//! Retries that lose nothing: the same request with the same key is answered
//! as it was the first time.
//!
//! The answer is written by the commit of the sign-up itself, so a client that
//! lost it, or a server that was lost before it was sent, changes nothing. It
//! is sealed, because it holds the tokens of a session, and it is given only to
//! who shows the key and the credential again.

use std::net::IpAddr;
use std::time::Duration;

use chrono::TimeDelta;

use super::kept::{Kept, KeptSignUp};
use super::request_digest::request_digest;
use super::{CurrentUser, Exchange, ExchangeError, SignUp, SignUpOutcome, SignedUp};
use crate::backends::BackendError;
use crate::crypto::one_use;
use crate::model::IdempotentAnswer;
use crate::pipeline::AuthError;
use crate::session::Tokens;

/// Seconds for which an answer is given again.
const LIFETIME: i64 = 120;
/// Longest key, in characters.
const KEY_MAX_LENGTH: usize = 255;
/// What a sealed answer is bound to, beside its key and request.
const ANSWER: &str = "idempotent_answer";

/// Milliseconds to wait for the answer of a request that is under way: what
/// works once at the provider is refused there before the first one is done.
const WAITS: [u64; 6] = [50, 100, 200, 400, 800, 1600];

/// What a client names a request by, so that it may send it again.
pub struct IdempotencyKey([u8; 32]);

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

impl IdempotencyKey {
    /// The key of a header's text; `None` unless it is 1 to 255 visible ASCII
    /// characters.
    pub fn of(text: &str) -> Option<Self> {
        let fits = (1..=KEY_MAX_LENGTH).contains(&text.len());
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (fits && visible).then(|| Self(one_use::digest(text)))
    }
}

/// What a request is known by that has an idempotency key.
pub(super) struct Asked {
    /// SHA-256 of the key.
    key_hash: [u8; 32],
    /// Digest of provider, caller and credential.
    request_digest: [u8; 32],
}

/// An answer, given just now or before.
#[derive(Debug)]
pub struct Answered {
    /// What became of it.
    pub outcome: SignUpOutcome,
    /// Whether this is the first answer again.
    pub replayed: bool,
}

impl Exchange {
    /// As [`Exchange::sign_up`]; what was answered to the same request with
    /// the same key in the last two minutes is answered again.
    ///
    /// Only successes are kept: a refusal is judged anew.
    ///
    /// # Errors
    /// As [`Exchange::sign_up`], and [`ExchangeError::KeyOfAnother`] when the
    /// key was used for another credential.
    pub async fn sign_up_once(
        &self,
        request: SignUp,
        key: &IdempotencyKey,
    ) -> Result<Answered, ExchangeError> {
        let backend = self.registry.get(&request.provider);
        let provider = backend.ok_or(ExchangeError::BackendMissing)?.name();
        let asked = Asked::new(key, request_digest(provider, &request));
        let who = (request.caller, request.sender);
        let signed_up = Box::pin(self.sign_up_asked(request, Some(&asked)));
        self.once(&asked, who, signed_up).await
    }

    /// Answers as before, or else does the work.
    pub(super) async fn once(
        &self,
        asked: &Asked,
        who: (Option<CurrentUser>, Option<IpAddr>),
        work: impl Future<Output = Result<SignUpOutcome, ExchangeError>>,
    ) -> Result<Answered, ExchangeError> {
        if let Some(first) = self.first_answer(asked, who).await? {
            return Ok(first);
        }
        let error = match work.await {
            Ok(outcome) => {
                return Ok(Answered {
                    outcome,
                    replayed: false,
                });
            }
            Err(error) => error,
        };
        // What was kept says that it waits, and not that no mail went out.
        if matches!(error, ExchangeError::MailNotSent { .. }) {
            return Err(error);
        }
        // Somebody may have been faster with the same request: then this
        // failure is of that success's making.
        let waits: &[u64] = if is_of_use(&error) { &WAITS } else { &[] };
        let mut waits = waits.iter();
        loop {
            match self.first_answer(asked, who).await {
                Ok(Some(first)) => return Ok(first),
                Err(of_key @ ExchangeError::KeyOfAnother) => return Err(of_key),
                Ok(None) | Err(_) => {}
            }
            let Some(wait) = waits.next() else {
                return Err(error);
            };
            tokio::time::sleep(Duration::from_millis(*wait)).await;
        }
    }

    /// The answer that was given before; `None` when there was none.
    async fn first_answer(
        &self,
        asked: &Asked,
        (caller, sender): (Option<CurrentUser>, Option<IpAddr>),
    ) -> Result<Option<Answered>, ExchangeError> {
        let now = self.clock.now();
        let kept = self.storage.get_idempotent_answer(&asked.key_hash, now);
        let Some(kept) = kept.await? else {
            return Ok(None);
        };
        if !one_use::same(&kept.request_digest, &asked.request_digest) {
            return Err(ExchangeError::KeyOfAnother);
        }
        if let Some(caller) = caller {
            self.me(caller).await?;
        }
        let plain = self.sealer.open(&kept.answer, &bound_to(&asked.texts()));
        let kept = plain
            .ok()
            .and_then(|plain| serde_json::from_slice(&plain).ok());
        // It was, and it can be told no more: what works once was used.
        let kept: Kept = kept.ok_or(BackendError::Replayed)?;
        let outcome = match kept {
            Kept::SignedUp(kept) => SignUpOutcome::SignedUp(Box::new(self.again(*kept).await?)),
            Kept::Halted(kept) => {
                let run = self.with_its_mail(kept.again(now), sender).await?;
                SignUpOutcome::Halted(Box::new(run))
            }
        };
        Ok(Some(Answered {
            outcome,
            replayed: true,
        }))
    }

    /// The answer as it was, of a user who may still have it.
    async fn again(&self, kept: KeptSignUp) -> Result<SignedUp, ExchangeError> {
        let user = self.storage.get_user(kept.user_id).await?;
        let user = user.ok_or(BackendError::Replayed)?;
        if !user.is_active {
            return Err(AuthError::UserInactive.into());
        }
        let social = match kept.association {
            None => None,
            Some(id) => {
                let found = self
                    .storage
                    .get_social_auth_for_user(user.id, None, Some(id));
                let found = found.await?.into_iter().next();
                Some(found.ok_or(BackendError::Replayed)?)
            }
        };
        Ok(SignedUp {
            user,
            social,
            client_id: kept.client_id,
            is_new: kept.is_new,
            new_association: kept.new_association,
            removed: kept.removed,
            tokens: kept.tokens.map(Tokens::from),
        })
    }

    /// What is committed with a sign-up, so that it can be answered again.
    pub(super) fn kept_answer(
        &self,
        asked: &Asked,
        kept: &Kept,
    ) -> Result<IdempotentAnswer, ExchangeError> {
        let ids = self.ids.as_ref();
        let sealed = serde_json::to_vec(kept).ok().and_then(|plain| {
            let texts = asked.texts();
            self.sealer.seal(&plain, &bound_to(&texts), ids).ok()
        });
        let now = self.clock.now();
        let expires = now.checked_add_signed(TimeDelta::seconds(LIFETIME));
        Ok(IdempotentAnswer {
            key_hash: asked.key_hash.into(),
            request_digest: asked.request_digest.into(),
            answer: sealed.ok_or(ExchangeError::Sealing)?,
            created: now,
            expires: expires.ok_or(ExchangeError::Sealing)?,
        })
    }
}

impl Asked {
    /// A request of that digest, with a key.
    pub(super) fn new(key: &IdempotencyKey, request_digest: [u8; 32]) -> Self {
        Self {
            key_hash: key.0,
            request_digest,
        }
    }

    fn texts(&self) -> [String; 2] {
        [self.key_hash, self.request_digest].map(|digest| one_use::hex(&digest))
    }
}

fn bound_to(texts: &[String; 2]) -> [&str; 3] {
    let [key, request] = texts;
    [ANSWER, key, request]
}

/// Whether a refusal may only mean that the credential is being used.
fn is_of_use(error: &ExchangeError) -> bool {
    use BackendError::{CodeRejected, Replayed, StateMismatch};
    matches!(
        error,
        ExchangeError::Backend(CodeRejected | Replayed | StateMismatch)
            | ExchangeError::PartialInvalid
            // Somebody's commit was met before it could be read.
            | ExchangeError::TooManyConflicts
    )
}
