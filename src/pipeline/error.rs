//! Why a pipeline did not let somebody in.

use super::InvalidSchema;
use crate::backends::BackendError;
use crate::model::InvalidOwnWrite;
use crate::storage::StorageError;

/// A step's refusal, or a failure that it met.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    /// The social account belongs to another user.
    #[error("the social account belongs to another user")]
    IdentityInUse,
    /// An association stands under an older uid of the person, and whose it is
    /// cannot be told.
    #[error("an association under an older uid cannot be told to be this person's")]
    IdentifierMigrationConflict,
    /// A rule of the operator's keeps this person out.
    #[error("this person may not sign in here")]
    Disallowed,
    /// The pipeline ended and nobody is there: no user, and none was made.
    #[error("the pipeline ended without a user")]
    NoUser,
    /// The user is not active.
    #[error("the user is not active")]
    UserInactive,
    /// The address belongs to another user, who is not to be guessed to be the
    /// same person.
    #[error("the address belongs to another user")]
    EmailInUse {
        /// The backends that user signs in with; empty unless this sign-in
        /// proves the address.
        sign_in_with: Vec<String>,
    },
    /// The last way to sign in would be gone.
    #[error("the last way to sign in would be gone")]
    DisconnectDisallowed,
    /// The user has no such association.
    #[error("the user has no such association")]
    NotAssociated,
    /// A value that a step needs is missing from the provider's answer.
    #[error("the provider's answer lacks `{claim}`")]
    MissingClaim {
        /// The value's name.
        claim: String,
    },
    /// A value of the provider's answer is not acceptable.
    #[error("the provider's answer holds an unacceptable `{claim}`")]
    InvalidClaim {
        /// The value's name.
        claim: String,
    },
    /// The step is for sign-ups alone, and this is none.
    #[error("the step needs a verified identity, and there is none")]
    NoIdentity,
    /// A hook refuses; what it says is for the client.
    #[error("a hook refuses")]
    HookRefused {
        /// Its words.
        text: String,
    },
    /// A hook that decides does not answer.
    #[error("a hook that decides does not answer")]
    HookUnavailable,
    /// A step asked over HTTP, and cannot go on without the answer.
    #[error("a step cannot go on: {0}")]
    Call(#[from] BackendError),
    /// A step asks for fields that cannot be checked.
    #[error(transparent)]
    InvalidSchema(#[from] InvalidSchema),
    /// A step's own write is not one.
    #[error("a step's own write: {0}")]
    InvalidOwnWrite(#[from] InvalidOwnWrite),
    /// A step of a team's own could not do its work; told in the log alone.
    #[error("a step failed: {0}")]
    StepFailed(&'static str),
    /// No randomness could be had for a username.
    #[error("the operating system gave no randomness")]
    NoRandomness,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
