//! Why a commit did not happen, and whether the run may be tried again.

use super::ExchangeError;
use crate::backends::BackendError;
use crate::model::Conflict;
use crate::storage::CommitError;

/// Why a commit did not happen.
pub(super) enum Failure {
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
            CommitError::Conflict(_) => Self::Final(ExchangeError::PartialInvalid),
            CommitError::Unknown(cause) => Self::Final(ExchangeError::CommitUnknown(cause)),
            CommitError::Storage(error) => Self::Final(error.into()),
        }
    }
}

impl From<ExchangeError> for Failure {
    fn from(error: ExchangeError) -> Self {
        Self::Final(error)
    }
}

impl From<crate::session::SessionError> for Failure {
    fn from(error: crate::session::SessionError) -> Self {
        Self::Final(error.into())
    }
}
