//! Plain data that every floor shares: no I/O, no settings, no HTTP.

mod association;
mod association_changes;
mod changes;
mod clock;
mod code;
mod credential;
mod details;
mod idempotency;
mod openid;
mod own_sql;
mod own_write;
mod partial;
mod password;
mod session;
mod user;

pub use association::{Association, ExtraData, InvalidExpiry, NewAssociation};
pub use association_changes::{AssociationChanges, MovedUid};
pub use changes::{Changes, Committed, Conflict, Event, EventKind, Guard, UsedMark};
pub use clock::{Clock, Ids, NoRandomness, SystemClock, SystemIds};
pub use code::{EmailCode, email_domain};
pub use credential::{ClientInput, CodeCredential, Credential, CredentialKind, IdTokenCredential};
pub use details::Details;
pub use idempotency::IdempotentAnswer;
pub use openid::{Nonce, OpenIdAssociation};
pub(crate) use own_sql::Piece;
pub use own_write::{InvalidOwnWrite, OwnWrite, Parameter};
pub use partial::{NewPartial, Partial};
pub use password::PasswordHash;
pub use session::{EndedSessions, NewAccessToken, NewSession, Session, Turn};
pub use user::{
    EMAIL_MAX_LENGTH, NewUser, PROVIDER_MAX_LENGTH, UID_MAX_LENGTH, USERNAME_MAX_LENGTH, User,
    UserChanges, email_key, username_key,
};

/// A JSON object.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;
