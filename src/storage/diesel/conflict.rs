//! What a database's refusal means: the one table of conflicts, and texts
//! that tell what went wrong without a value of any row.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use crate::model::Conflict;
use crate::storage::{CommitError, StorageError};

/// A rule of the database: its name on PostgreSQL, its columns on SQLite.
struct Rule {
    constraint: &'static str,
    columns: Option<&'static str>,
    conflict: Conflict,
}

const RULES: &[Rule] = &[
    Rule {
        constraint: "social_auth_usersocialauth_provider_uid_unique",
        columns: Some("social_auth_usersocialauth.provider, social_auth_usersocialauth.uid"),
        conflict: Conflict::Identity,
    },
    Rule {
        constraint: "users_username_key_unique",
        columns: Some("users.username_key"),
        conflict: Conflict::Username,
    },
    Rule {
        constraint: "users_verified_email_key_unique",
        columns: Some("users.verified_email_key"),
        conflict: Conflict::VerifiedEmail,
    },
    Rule {
        constraint: "used_marks_pkey",
        columns: Some("used_marks.kind, used_marks.digest"),
        conflict: Conflict::UsedMark,
    },
    Rule {
        constraint: "social_auth_partial_token_hash_unique",
        columns: Some("social_auth_partial.token_hash"),
        conflict: Conflict::Partial,
    },
    Rule {
        constraint: "idempotent_answers_pkey",
        columns: Some("idempotent_answers.key_hash"),
        conflict: Conflict::IdempotencyKey,
    },
    // The rest is found by our own code on SQLite.
    Rule {
        constraint: "social_auth_verdict_partial",
        columns: None,
        conflict: Conflict::Partial,
    },
    Rule {
        constraint: "social_auth_verdict_idempotency_key",
        columns: None,
        conflict: Conflict::IdempotencyKey,
    },
    Rule {
        constraint: "social_auth_verdict_guard",
        columns: None,
        conflict: Conflict::Guard,
    },
    Rule {
        constraint: "social_auth_verdict_row_gone",
        columns: None,
        conflict: Conflict::RowGone,
    },
];

const SQLITE_UNIQUE: &str = "UNIQUE constraint failed: ";
const SQLITE_CHECK: &str = "CHECK constraint failed: ";
const SQLITE_NOT_NULL: &str = "NOT NULL constraint failed: ";

/// The conflict that an error tells of; `None` when it is none.
fn conflict_of(error: &Error) -> Option<Conflict> {
    let Error::DatabaseError(kind, information) = error else {
        return None;
    };
    match kind {
        DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::CheckViolation => {
            broken_rule(information.as_ref())
        }
        // Ours are all to a user; a step's own write is judged elsewhere.
        DatabaseErrorKind::ForeignKeyViolation => Some(Conflict::RowGone),
        DatabaseErrorKind::SerializationFailure => Some(Conflict::Serialization),
        // The driver passes no SQLSTATE for 40P01.
        DatabaseErrorKind::Unknown if information.message() == "deadlock detected" => {
            Some(Conflict::Serialization)
        }
        _ => None,
    }
}

fn broken_rule(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> Option<Conflict> {
    let columns = information.message().strip_prefix(SQLITE_UNIQUE);
    let found = RULES
        .iter()
        .find(|rule| match (information.constraint_name(), columns) {
            (Some(constraint), _) => rule.constraint == constraint,
            (None, Some(columns)) => rule.columns == Some(columns),
            (None, None) => false,
        });
    found.map(|rule| rule.conflict)
}

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(kind, information) => database_error(*kind, information.as_ref()),
            Error::DeserializationError(_) => {
                Self::Other("a row could not be read as what it must be".to_owned())
            }
            Error::SerializationError(_) => {
                Self::Other("a value could not be written as what it must be".to_owned())
            }
            Error::NotFound => Self::Other("a row that must be there is not".to_owned()),
            Error::BrokenTransactionManager => {
                Self::Unavailable("the connection is in a broken transaction".to_owned())
            }
            _ => Self::Other("the query could not be run".to_owned()),
        }
    }
}

fn database_error(
    kind: DatabaseErrorKind,
    information: &(dyn DatabaseErrorInformation + Send + Sync),
) -> StorageError {
    let text = without_values(information.message());
    match kind {
        DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => {
            StorageError::Unavailable(CONNECTION_LOST.to_owned())
        }
        DatabaseErrorKind::ReadOnlyTransaction => {
            StorageError::Unavailable("the database takes no writes".to_owned())
        }
        DatabaseErrorKind::Unknown if is_passing(information.message()) => {
            StorageError::Unavailable(text)
        }
        _ => StorageError::Other(match rule_name(information) {
            Some(name) => format!("{text} ({name})"),
            None => text,
        }),
    }
}

/// The name of the broken constraint, or the columns of it.
fn rule_name(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> Option<&str> {
    information
        .constraint_name()
        .or_else(|| names_in_message(information.message()))
}

/// The columns or the rule that SQLite names in its message; `None` for others.
pub(super) fn names_in_message(message: &str) -> Option<&str> {
    [SQLITE_UNIQUE, SQLITE_CHECK, SQLITE_NOT_NULL]
        .into_iter()
        .find_map(|start| message.strip_prefix(start))
}

/// Whether the database gave up on concurrent writes.
pub(super) fn is_serialization(error: &Error) -> bool {
    conflict_of(error) == Some(Conflict::Serialization)
}

/// Troubles of SQLite and PostgreSQL that pass without our doing.
pub(super) fn is_passing(message: &str) -> bool {
    const PASSING: &[&str] = &[
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        "terminating connection",
        "the database system is",
        "deadlock detected",
    ];
    PASSING.iter().any(|start| message.starts_with(start))
}

/// The fixed words of a message: what is quoted or follows a colon may be a
/// value of a row.
fn without_values(message: &str) -> String {
    let fixed = message.split(": ").next().unwrap_or_default();
    let words = fixed.split('"').step_by(2).collect::<Vec<_>>();
    words.join("…")
}

impl From<Error> for CommitError {
    fn from(error: Error) -> Self {
        if let Some(conflict) = conflict_of(&error) {
            return Self::Conflict(conflict);
        }
        if is_lost(&error) {
            return Self::Unknown(CONNECTION_LOST.to_owned());
        }
        Self::Storage(StorageError::from(error))
    }
}

const CONNECTION_LOST: &str = "the connection was lost";

/// Whether the answer to a statement never came.
pub(super) fn is_lost(error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(
        error,
        Error::DatabaseError(UnableToSendCommand | ClosedConnection, _)
    )
}

/// Whether an error says so little that the connection may be gone with it.
pub(super) fn is_unclear(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, _))
        && conflict_of(error).is_none()
}
