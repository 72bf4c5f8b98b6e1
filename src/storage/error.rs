//! What can go wrong at a database.

use crate::model::Conflict;

/// A read or a simple write failed. Its text names no value of a row.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The database cannot be reached, is full, or has no room in its queue.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A row holds what cannot be: the table and column at fault.
    #[error("`{table}.{column}` holds what it cannot hold")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The tables could not be brought up to date.
    #[error("the migration failed: {0}")]
    Migration(String),
    /// Anything else; a defect of ours.
    #[error("the database refused: {0}")]
    Other(String),
}

/// A commit failed: nothing was written, but for [`CommitError::Unknown`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// Somebody else was there first.
    #[error("the commit met a conflict: {0:?}")]
    Conflict(Conflict),
    /// The connection was lost during the commit: it may be written or not.
    #[error("the connection was lost during a commit: {0}")]
    Unknown(String),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
