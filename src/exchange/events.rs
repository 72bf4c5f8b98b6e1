//! What a commit raises: told to hooks, done by the outbox, or only recorded.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::failure::Failure;
use super::{Exchange, ExchangeError};
use crate::model::{Association, Changes, Event, EventKind, Session, User};
use crate::outbox::{self, CommittedEvent};

/// Something that happened to somebody.
struct Happened<'a> {
    user_id: Uuid,
    social: Option<&'a Association>,
    now: DateTime<Utc>,
}

impl Exchange {
    /// Raises what the changes of a run mean, removals aside; what listeners
    /// are to be told of it once it is committed.
    #[must_use]
    pub(super) fn raise_events(
        &self,
        changes: &mut Changes,
        user: &User,
        social: Option<&Association>,
    ) -> Vec<CommittedEvent> {
        let changes_profile =
            (changes.user.as_ref()).is_some_and(|(_, changes)| changes.touches_profile());
        let moved = (changes.association.as_ref()).is_some_and(|one| one.moved.is_some());
        let kinds = [
            (changes.new_user.is_some(), EventKind::UserCreated),
            (changes_profile, EventKind::UserUpdated),
            (
                changes.new_association.is_some(),
                EventKind::AssociationCreated,
            ),
            (moved, EventKind::AssociationMoved),
        ];
        let happened = Happened {
            user_id: user.id,
            social,
            now: self.clock.now(),
        };
        let kinds = kinds.into_iter().filter(|(happened, _)| *happened);
        let kinds: Vec<EventKind> = kinds.map(|(_, kind)| kind).collect();
        for kind in &kinds {
            self.raise(changes, *kind, &happened);
        }
        // Each sign-in is one: nobody keeps a record of what nobody hears.
        let signs_in = changes.session.is_some();
        let mut hooks = self.hooks.listening(EventKind::UserSignedIn);
        if signs_in && hooks.next().is_some() {
            self.raise(changes, EventKind::UserSignedIn, &happened);
        }
        let signed_in = signs_in.then_some(EventKind::UserSignedIn);
        let kinds = kinds.into_iter().chain(signed_in);
        self.to_tell(kinds, &happened).collect()
    }

    /// Raises that associations were disconnected; what listeners are to be
    /// told of it once it is committed.
    #[must_use]
    pub(super) fn raise_removed(
        &self,
        changes: &mut Changes,
        removed: &[Association],
    ) -> Vec<CommittedEvent> {
        let mut told = Vec::new();
        for association in removed {
            let happened = Happened {
                user_id: association.user_id,
                social: Some(association),
                now: self.clock.now(),
            };
            self.raise(changes, EventKind::AssociationRemoved, &happened);
            told.extend(self.to_tell([EventKind::AssociationRemoved], &happened));
        }
        told
    }

    /// What somebody in this process hears.
    fn to_tell<'a>(
        &'a self,
        kinds: impl IntoIterator<Item = EventKind> + 'a,
        happened: &'a Happened<'_>,
    ) -> impl Iterator<Item = CommittedEvent> + 'a {
        let heard = kinds.into_iter().filter(|kind| self.listeners.hear(*kind));
        heard.map(|kind| CommittedEvent {
            kind,
            user_id: happened.user_id,
            payload: happened.payload(),
            created: happened.now,
        })
    }

    /// Raises that tokens are to be given back, where their provider takes
    /// them.
    pub(super) fn raise_revocations(
        &self,
        changes: &mut Changes,
        revoked: &[Association],
    ) -> Result<(), ExchangeError> {
        for association in revoked {
            let backend = self.registry.get(&association.provider);
            if !backend.is_some_and(|backend| backend.can_revoke()) {
                let provider = association.provider.as_str();
                tracing::warn!(
                    provider,
                    "its tokens cannot be given back: nothing is revoked"
                );
                continue;
            }
            let means = (self.sealer.as_ref(), self.ids.as_ref());
            let event = outbox::revocation(association, means, self.clock.now());
            changes
                .events
                .extend(event.map_err(|_unsealed| ExchangeError::Sealing)?);
        }
        Ok(())
    }

    /// Raises what happened to a session; what listeners are to be told of it
    /// once it is committed.
    #[must_use]
    pub(super) fn raise_of_session(
        &self,
        changes: &mut Changes,
        kind: EventKind,
        session: &Session,
    ) -> Vec<CommittedEvent> {
        let happened = Happened {
            user_id: session.user_id,
            social: None,
            now: self.clock.now(),
        };
        self.raise(changes, kind, &happened);
        self.to_tell([kind], &happened).collect()
    }

    /// Commits what no other can be faster with, and has it told.
    pub(super) async fn commit_all(
        &self,
        changes: Changes,
        told: &[CommittedEvent],
    ) -> Result<(), ExchangeError> {
        let rings = are_due(&changes);
        match self.storage.commit(changes).await.map_err(Failure::from) {
            Ok(_committed) => {}
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Conflict(_)) => return Err(ExchangeError::TooManyConflicts),
        }
        if rings {
            self.bell.ring();
        }
        self.listeners.tell(told);
        Ok(())
    }

    /// One event for each hook that listens; a record when none does.
    fn raise(&self, changes: &mut Changes, kind: EventKind, happened: &Happened<'_>) {
        let event = |hook: Option<&str>| Event {
            id: self.ids.new_id(),
            kind,
            user_id: Some(happened.user_id),
            payload: happened.payload(),
            created: happened.now,
            hook: hook.map(str::to_owned),
            due: hook.map(|_hook| happened.now),
        };
        let before = changes.events.len();
        let listening = self.hooks.listening(kind);
        changes
            .events
            .extend(listening.map(|name| event(Some(name))));
        if changes.events.len() == before {
            changes.events.push(event(None));
        }
    }
}

impl Happened<'_> {
    fn payload(&self) -> Value {
        json!({
            "user_id": self.user_id,
            "provider": self.social.map(|social| social.provider.as_str()),
            "association_id": self.social.map(|social| social.id),
        })
    }
}

/// Whether the outbox is to look after this commit.
pub(super) fn are_due(changes: &Changes) -> bool {
    changes.events.iter().any(|event| event.due.is_some())
}
