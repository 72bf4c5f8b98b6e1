//! Why a use case could not be done.

use super::{HaltedRun, MailTrouble};
use crate::backends::BackendError;
use crate::pipeline::{AuthError, FieldMessages};
use crate::session::SessionError;
use crate::storage::StorageError;

/// Everything that can go wrong in a use case.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExchangeError {
    /// No backend of that name is enabled.
    #[error("no backend of that name is enabled")]
    BackendMissing,
    /// The provider did not vouch for the credential.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The operator wants a challenge of ours for this kind of credential.
    #[error("this provider's credentials need a `{field}` of a challenge of ours")]
    ChallengeRequired {
        /// The field that must hold it.
        field: &'static str,
    },
    /// The idempotency key was used with another credential.
    #[error("the idempotency key was used for another request")]
    KeyOfAnother,
    /// What a client should carry for us could not be sealed.
    #[error("nothing could be sealed")]
    Sealing,
    /// No halted run waits for this token: it is unknown, expired, used, of
    /// another backend, or of a pipeline that is no longer.
    #[error("no halted run waits for this token")]
    PartialInvalid,
    /// Fields of the request are not what a halted step wants.
    #[error("fields are not what the halted step wants")]
    Fields(FieldMessages),
    /// A credential that is used up by being looked at is not explained.
    #[error("a credential that is used up by being looked at is not explained")]
    NotExplained,
    /// The code of a mail is wrong, used, or no longer good.
    #[error("the code of the mail is wrong, used, or no longer good")]
    EmailVerificationRejected,
    /// The run waits for a proof by mail, and the mail is not on its way.
    #[error("a mail is not on its way: {why}")]
    MailNotSent {
        /// The run, which still waits.
        run: Box<HaltedRun>,
        /// Why.
        why: MailTrouble,
    },
    /// The pipeline did not let the person in.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The bearer is not, or no longer, good.
    #[error("the bearer token is not valid")]
    InvalidToken,
    /// The sign-in of the bearer's session is too long ago for what is asked.
    #[error("the sign-in is too long ago for this")]
    ReauthenticationRequired,
    /// A token of ours could not be made.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Others were faster, again and again.
    #[error("the sign-up met conflicts in every try")]
    TooManyConflicts,
    /// The connection was lost during the commit: it may be done or not.
    #[error("the database was lost during a commit: {0}")]
    CommitUnknown(String),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
