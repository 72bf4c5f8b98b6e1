//! What is known so far in a run.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::proven::Proven;
use crate::backends::VerifiedIdentity;
use crate::model::{
    Association, AssociationChanges, Changes, Details, EndedSessions, ExtraData, Guard, JsonMap,
    NewAssociation, NewUser, OwnWrite, User, UserChanges,
};

/// What is known so far in a run. Only the runner writes it.
pub struct Context {
    pub(super) proven: Proven,
    /// The backend's name.
    pub provider: String,
    /// The provider's id of the person.
    pub uid: String,
    /// The person as the provider describes them, and as steps refined it.
    pub details: Details,
    /// The user: signed in, found, or proposed; `None` while there is none.
    pub user: Option<User>,
    /// The association: found or proposed; `None` while there is none.
    pub social: Option<Association>,
    /// The username for a new user; `None` until a step proposed one.
    pub username: Option<String>,
    /// Whether [`Context::user`] will be created by this run.
    pub is_new: bool,
    /// Whether [`Context::social`] will be created by this run.
    pub new_association: bool,
    /// The associations to be disconnected; in a sign-up those of a user who was
    /// found by an address that they do not vouch for.
    pub entries: Vec<Association>,
    /// The associations whose tokens are to be given back.
    pub revoked: Vec<Association>,
    /// The one association that is to be disconnected; `None` for all of the
    /// provider's, and in a sign-up.
    pub association_id: Option<Uuid>,
    /// What will be written if the run succeeds.
    pub changes: Changes,
    /// What the client sent for the step that runs now; empty until it halted.
    pub input: JsonMap,
    /// Values of a team's own steps.
    pub extra: JsonMap,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("provider", &self.provider)
            .field("is_new", &self.is_new)
            .field("new_association", &self.new_association)
            .finish_non_exhaustive()
    }
}

/// What a step adds. A field left out stays as it is.
#[derive(Default)]
pub struct Update {
    /// Replaces the details.
    pub details: Option<Details>,
    /// The person is this user, who exists.
    pub user: Option<User>,
    /// The identity is associated already, by this.
    pub social: Option<Association>,
    /// The association that stands under an older uid moves; made by
    /// [`VerifiedIdentity::moved`].
    pub moved: Option<AssociationChanges>,
    /// Proposes a username.
    pub username: Option<String>,
    /// Creates a user.
    pub new_user: Option<NewUser>,
    /// Changes the user.
    pub user_changes: Option<UserChanges>,
    /// Creates an association; made by
    /// [`VerifiedIdentity::association`](crate::backends::VerifiedIdentity::association).
    pub new_association: Option<NewAssociation>,
    /// Sets keys of the association's extra data.
    pub extra_data: Option<ExtraData>,
    /// Ends all earlier sessions of the user.
    pub ends_sessions: bool,
    /// The associations to be disconnected.
    pub entries: Option<Vec<Association>>,
    /// Removes the entries.
    pub disconnects: bool,
    /// Gives the entries' tokens back, once all is committed.
    pub revokes: bool,
    /// What must hold at the moment of the commit.
    pub guard: Option<Guard>,
    /// Writes into tables of one's own, in the transaction of the commit.
    pub own_writes: Vec<OwnWrite>,
    /// Values for other steps.
    pub extra: JsonMap,
}

impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update").finish_non_exhaustive()
    }
}

impl Context {
    /// The start of a run: the identity is there from the beginning, so that
    /// a pipeline may leave out the steps that only repeat it.
    pub(super) fn new(identity: Arc<VerifiedIdentity>, current_user: Option<User>) -> Self {
        Self {
            uid: identity.uid().to_owned(),
            details: identity.details().clone(),
            user: current_user,
            ..Self::empty(identity.provider().to_owned(), Proven::By(identity))
        }
    }

    /// The start of a disconnection: who is signed in, and what is to go.
    pub(super) fn of_disconnection(provider: &str, what: Option<Uuid>, user: User) -> Self {
        Self {
            user: Some(user),
            association_id: what,
            ..Self::empty(provider.to_owned(), Proven::Nobody)
        }
    }

    pub(super) fn empty(provider: String, proven: Proven) -> Self {
        Self {
            provider,
            uid: String::new(),
            details: Details::default(),
            user: None,
            social: None,
            username: None,
            is_new: false,
            new_association: false,
            entries: Vec::new(),
            revoked: Vec::new(),
            association_id: None,
            changes: Changes::default(),
            input: JsonMap::new(),
            extra: JsonMap::new(),
            proven,
        }
    }

    /// Merges what a step returned.
    pub(super) fn merge(&mut self, update: Update, now: DateTime<Utc>) {
        if let Some(details) = update.details {
            self.details = details;
        }
        if let Some(user) = update.user {
            self.user = Some(user);
        }
        if let Some(social) = update.social {
            self.social = Some(social);
        }
        if let Some(moved) = update.moved {
            self.move_association(moved);
        }
        if let Some(username) = update.username {
            self.username = Some(username);
        }
        if let Some(new_user) = update.new_user {
            self.user = Some(new_user.as_user());
            self.is_new = true;
            self.changes.new_user = Some(new_user);
        }
        if let Some(changes) = update.user_changes {
            self.change_user(changes);
        }
        if let Some(association) = update.new_association {
            self.social = Some(association.as_association());
            self.new_association = true;
            self.changes.new_association = Some(association);
        }
        if let Some(extra_data) = update.extra_data {
            self.change_extra_data(extra_data, now);
        }
        if let (true, Some(user)) = (update.ends_sessions, &self.user) {
            self.changes.ended_sessions = Some(EndedSessions {
                user_id: user.id,
                only: None,
                at: now,
            });
        }
        if let Some(entries) = update.entries {
            self.entries = entries;
        }
        if update.revokes {
            self.revoked.clone_from(&self.entries);
        }
        if update.disconnects {
            let gone = self.entries.iter().map(|entry| entry.id);
            self.changes.removed_associations.extend(gone);
        }
        self.changes.guards.extend(update.guard);
        self.changes.own_writes.extend(update.own_writes);
        self.extra.extend(update.extra);
    }

    fn change_user(&mut self, changes: UserChanges) {
        let Some(user) = &mut self.user else { return };
        changes.apply_to(user);
        if let Some(new_user) = &mut self.changes.new_user {
            new_user.follow(user);
            return;
        }
        match &mut self.changes.user {
            Some((_, earlier)) => earlier.merge(changes),
            none => *none = Some((user.id, changes)),
        }
    }

    fn move_association(&mut self, moved: AssociationChanges) {
        let Some(social) = &mut self.social else {
            return;
        };
        moved.uid_afterwards().clone_into(&mut social.uid);
        self.changes.association = Some(moved);
    }

    fn change_extra_data(&mut self, extra_data: ExtraData, now: DateTime<Utc>) {
        let Some(social) = &mut self.social else {
            return;
        };
        social.set_extra_data(extra_data.clone());
        if let Some(new_association) = &mut self.changes.new_association {
            new_association.extra_data_mut().extend(extra_data);
            return;
        }
        match &mut self.changes.association {
            Some(earlier) => earlier.extra_data.extend(extra_data),
            none => *none = Some(AssociationChanges::of(social, extra_data, now)),
        }
    }
}
