//! What a sign-up wants written: all of it, or nothing.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    AssociationChanges, EmailCode, EndedSessions, IdempotentAnswer, NewAssociation, NewPartial,
    NewSession, NewUser, OwnWrite, UserChanges,
};

/// The one write of a run. `Storage::commit` applies it whole or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// A user to create.
    pub new_user: Option<NewUser>,
    /// Changes of a user that exists.
    pub user: Option<(Uuid, UserChanges)>,
    /// An association to create.
    pub new_association: Option<NewAssociation>,
    /// Changes of an association that exists.
    pub association: Option<AssociationChanges>,
    /// Associations to remove, by id.
    pub removed_associations: Vec<Uuid>,
    /// The partial that this commit uses up, by the hash of its token.
    pub consumed_partial: Option<Vec<u8>>,
    /// A partial to store.
    pub new_partial: Option<NewPartial>,
    /// The code that proves an address for the partial that is stored.
    pub new_code: Option<EmailCode>,
    /// Marks of credentials that work once.
    pub used_marks: Vec<UsedMark>,
    /// The answer to keep for a client that may lose it.
    pub idempotent_answer: Option<IdempotentAnswer>,
    /// Sessions that end; never the one that this commit opens. When all of a
    /// user end, so do the user's halted runs.
    pub ended_sessions: Option<EndedSessions>,
    /// A session to open.
    pub session: Option<NewSession>,
    /// Statements of a team's own steps, run last, in this order.
    pub own_writes: Vec<OwnWrite>,
    /// What is to be done once this is committed.
    pub events: Vec<Event>,
    /// What must be true at the moment of the commit.
    pub guards: Vec<Guard>,
}

impl Changes {
    /// The address that this commit proves to be a user's; codes that were sent
    /// to it before prove nothing any more. `None` when it proves none.
    pub fn proven_email(&self) -> Option<&str> {
        let new = self.new_user.as_ref().filter(|user| user.email_verified);
        let changed = self.user.as_ref().map(|(_, user)| user);
        let changed = changed.filter(|user| user.email_verified);
        let of_new = new.and_then(|user| user.email.as_deref());
        of_new.or_else(|| changed.and_then(|user| user.email.as_ref()?.as_deref()))
    }
}

/// Remembers that a credential was used, so that it works once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsedMark {
    /// What kind of credential: `id_token`, `nonce`, …
    pub kind: String,
    /// Digest of the credential.
    pub digest: Vec<u8>,
    /// Until when the mark must be remembered.
    pub expires: DateTime<Utc>,
}

/// A condition that holds under the commit's own locks, or nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// The user exists and is active.
    UserActive(Uuid),
    /// The session exists and has not been ended.
    SessionLives(Uuid),
    /// After the removals the user still has an association of one of
    /// `providers`, or a [usable](crate::model::PasswordHash::is_usable)
    /// password: the one that this commit sets.
    KeepsALogin {
        /// The user.
        user_id: Uuid,
        /// The providers that can be signed in with.
        providers: Vec<String>,
    },
}

/// Something that happened, for those who want to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Our id of the event; sorts by time.
    pub id: Uuid,
    /// What happened.
    pub kind: EventKind,
    /// Whom it happened to; `None` when it concerns no user.
    pub user_id: Option<Uuid>,
    /// What there is to know of it. Holds no token but a sealed one.
    pub payload: Value,
    /// When it happened.
    pub created: DateTime<Utc>,
    /// The hook that it goes to; `None` for none.
    pub hook: Option<String>,
    /// When it is to be done; `None` when it is a record and no more.
    pub due: Option<DateTime<Utc>>,
}

/// The kinds of [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A user was created.
    UserCreated,
    /// A user's profile changed: python-social-auth's `changed`.
    UserUpdated,
    /// A social account was associated.
    AssociationCreated,
    /// A social account moved from an older uid to the person's stable one.
    AssociationMoved,
    /// A social account was disconnected.
    AssociationRemoved,
    /// Somebody signed in.
    UserSignedIn,
    /// A refresh token was used that was used up: somebody had a copy, and the
    /// session ended.
    SessionReused,
    /// A provider's tokens are to be given back; goes to no hook.
    TokensRevoked,
}

impl EventKind {
    /// The kinds that a hook may listen to.
    pub const HEARD: [Self; 7] = [
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserSignedIn,
        Self::AssociationCreated,
        Self::AssociationMoved,
        Self::AssociationRemoved,
        Self::SessionReused,
    ];

    /// The name by which it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::AssociationCreated => "association.created",
            Self::AssociationMoved => "association.moved",
            Self::AssociationRemoved => "association.removed",
            Self::UserSignedIn => "user.signed_in",
            Self::SessionReused => "session.reused",
            Self::TokensRevoked => "tokens.revoked",
        }
    }

    /// The kind of that name; `None` when there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::HEARD
            .into_iter()
            .chain([Self::TokensRevoked])
            .find(|kind| kind.name() == name)
    }
}

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Whether a user was created.
    pub is_new: bool,
    /// Whether an association was created.
    pub new_association: bool,
}

/// Why nothing was committed: somebody else was there first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// `(provider, uid)` is associated already.
    Identity,
    /// The username is taken.
    Username,
    /// Another user has proven the address.
    VerifiedEmail,
    /// A row that was to be changed is gone, or belongs to someone else.
    RowGone,
    /// A guard did not hold.
    Guard,
    /// A credential that works once was used before.
    UsedMark,
    /// The partial is gone: used up, or expired.
    Partial,
    /// A request with the same key was answered already.
    IdempotencyKey,
    /// A unique key of a team's own table was broken by its own statement.
    OwnWrite,
    /// The database gave up on concurrent writes.
    Serialization,
}

impl Conflict {
    /// Whether the same run may be tried again with fresh reads.
    pub fn may_run_again(self) -> bool {
        match self {
            Self::Identity
            | Self::Username
            | Self::VerifiedEmail
            | Self::RowGone
            | Self::Guard
            | Self::OwnWrite
            | Self::Serialization => true,
            Self::UsedMark | Self::Partial | Self::IdempotencyKey => false,
        }
    }
}
