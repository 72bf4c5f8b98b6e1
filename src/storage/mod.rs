//! Where users, associations and sessions are kept: one trait a store.
//!
//! A database is anything that implements [`Storage`]. Reads are separate
//! ([`Reads`]), so that a pipeline step can look and never write. What a
//! sign-up writes goes through [`Storage::commit`], whole or not at all.
//! "Not found" is `None`, never an error.
//!
//! # Where python-social-auth's storage went
//!
//! | there | here |
//! |---|---|
//! | `UserMixin.provider`, `uid`, `extra_data` | [`Association`]'s fields |
//! | `UserMixin.save` | [`Storage::commit`] with `changes.association` |
//! | `UserMixin.get_backend`, `get_backend_instance` | `exchange`, which knows the registry |
//! | `UserMixin.access_token`, `set_extra_data`, `expiration_timedelta`, `expiration_datetime`, `access_token_expired` | [`Association`]'s methods of those names |
//! | `UserMixin.refresh_token`, `get_access_token` | `exchange`: they ask the provider |
//! | `UserMixin.clean_username` | `pipeline::username::clean` |
//! | `UserMixin.changed` | an event `user.updated` in the commit |
//! | `UserMixin.get_username` | [`User::username`](crate::model::User::username) |
//! | `UserMixin.user_model` | [`User`] |
//! | `UserMixin.username_max_length` | [`USERNAME_MAX_LENGTH`](crate::model::USERNAME_MAX_LENGTH) |
//! | `UserMixin.allowed_to_disconnect` | [`Associations::allowed_to_disconnect`], and again as [`Guard::KeepsALogin`](crate::model::Guard) under the commit's lock |
//! | `UserMixin.disconnect` | `changes.removed_associations` |
//! | `UserMixin.user_exists`, `get_user`, `get_users_by_email` | [`Users`] |
//! | `UserMixin.create_user` | `changes.new_user` |
//! | `UserMixin.get_social_auth`, `get_social_auth_for_user` | [`Associations`] |
//! | `UserMixin.create_social_auth` | `changes.new_association` |
//! | `UserMixin.migrate_social_auth` | [`Associations::get_social_auths`], and `changes.association` with `moved` |
//! | `NonceMixin.use`, `get`, `delete` | [`Nonces::use_nonce`], [`Nonces::get_nonce`], [`Nonces::delete_nonce`] |
//! | `AssociationMixin.oids`, `store`, `get`, `remove` | [`OpenIdAssociations`] |
//! | `AssociationMixin.openid_association` | [`OpenIdAssociation`](crate::model::OpenIdAssociation) itself |
//! | `CodeMixin.generate_code` | `crypto::one_use`: the caller makes the code, the store sees its hash |
//! | `CodeMixin.make_code`, `save` | [`Codes::make_code`], or `changes.new_code` in a commit |
//! | `CodeMixin.verify`, `get_code` | [`Codes::verify_code`], [`Codes::get_code`] |
//! | `PartialMixin.generate_token` | `crypto::one_use` |
//! | `PartialMixin.prepare`, `store` | [`Partials::store_partial`], or `changes.new_partial` in a commit |
//! | `PartialMixin.load`, `destroy` | [`Partials::load_partial`], [`Partials::destroy_partial`], or `changes.consumed_partial` |
//! | `PartialMixin.args`, `kwargs`, `extend_kwargs` | [`Partial::data`](crate::model::Partial::data), [`Partial::extend_kwargs`](crate::model::Partial::extend_kwargs) |
//! | `BaseStorage.is_integrity_error` | [`CommitError::Conflict`] says which |
//! | `BaseStorage.create_*`, `get_*`, `remove_association` | the members above |
//! | `BaseUserSocialAuthManager` | [`Users`] and [`Associations`] |

mod associations;
mod codes;
#[cfg(test)]
mod contract;
pub mod diesel;
mod error;
mod events;
mod idempotent_answers;
mod marks;
mod nonces;
mod openid;
mod own_tables;
mod partials;
pub mod sealed;
mod sessions;
mod users;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use associations::Associations;
pub use codes::{CodeCheck, CodeTry, Codes, CodesSent, VOID};
pub use error::{CommitError, StorageError};
pub use events::{ClaimedEvent, Events};
pub use idempotent_answers::IdempotentAnswers;
pub use marks::Marks;
pub use nonces::Nonces;
pub use openid::OpenIdAssociations;
pub use own_tables::OwnTables;
pub use partials::Partials;
pub use sessions::{SessionUser, Sessions};
pub use users::Users;

use crate::model::{Association, Changes, Committed, User};

/// What may be looked at while a pipeline runs.
pub trait Reads: Users + Associations {}

impl<T: Users + Associations + ?Sized> Reads for T {}

/// A database.
#[async_trait]
pub trait Storage:
    Reads
    + Marks
    + Nonces
    + OpenIdAssociations
    + Codes
    + Partials
    + Sessions
    + Events
    + IdempotentAnswers
    + Send
    + Sync
{
    /// Applies all of `changes`, or nothing.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when somebody else was there first,
    /// [`CommitError::Unknown`] when the connection was lost on the way, so
    /// that nobody can tell whether it was applied.
    async fn commit(&self, changes: Changes) -> Result<Committed, CommitError>;

    /// Whether a mark is there and has not expired.
    async fn is_marked(
        &self,
        kind: &str,
        digest: &[u8],
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError>;

    /// Deletes at most `limit` expired rows of each kind; tells how many.
    async fn sweep(&self, now: DateTime<Utc>, limit: i64) -> Result<usize, StorageError>;

    /// Brings the tables up to date; harmless when they are.
    async fn migrate(&self) -> Result<(), StorageError>;

    /// Whether the tables are up to date.
    async fn is_migrated(&self) -> Result<bool, StorageError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StorageError>;

    /// Remembers the fingerprint of a key by its purpose (`signing`, `sealing`).
    ///
    /// Tells since when it is known, and all others of that purpose.
    async fn remember_key(
        &self,
        purpose: &str,
        fingerprint: &str,
        now: DateTime<Utc>,
    ) -> Result<RememberedKey, StorageError>;

    /// Forgets a fingerprint.
    async fn forget_key(&self, purpose: &str, fingerprint: &str) -> Result<(), StorageError>;
}

/// A key whose fingerprint is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedKey {
    /// When it was remembered first.
    pub since: DateTime<Utc>,
    /// All fingerprints of its purpose that were known before, oldest first.
    pub before: Vec<String>,
}

/// An association together with its user.
pub type SocialUser = (Association, User);
