//! What a commit asks for, in the form the databases take it.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::codes::CodeRow;
use super::marks::UsedMarkRow;
use super::rows::{
    AssociationRow, EventRow, IdempotentAnswerRow, PartialRow, UserRow, address_keys,
};
use super::session_rows::{AccessTokenRow, SessionRow};
use super::types::{Bytes, Moment};
use crate::model::{
    AssociationChanges, Changes, Guard, JsonMap, MovedUid, PasswordHash, UserChanges, email_key,
    username_key,
};

/// The guards of a commit, sorted, each once.
#[derive(Default)]
pub(super) struct Conditions {
    /// Users that must be active.
    pub(super) active: BTreeSet<Uuid>,
    /// Sessions that must live.
    pub(super) living: BTreeSet<Uuid>,
    /// Users that must keep a login, and the providers that make one.
    pub(super) keeps_a_login: BTreeSet<(Uuid, Vec<String>)>,
}

impl Conditions {
    pub(super) fn of(changes: &Changes) -> Self {
        let new_user = changes.new_user.as_ref().map(|user| user.id);
        let mut conditions = Self::default();
        for guard in &changes.guards {
            match guard {
                // A user that this very commit creates is active.
                Guard::UserActive(id) if Some(*id) == new_user => {}
                Guard::UserActive(id) => {
                    conditions.active.insert(*id);
                }
                Guard::SessionLives(id) => {
                    conditions.living.insert(*id);
                }
                Guard::KeepsALogin { user_id, providers } => {
                    let condition = (*user_id, providers.clone());
                    conditions.keeps_a_login.insert(condition);
                }
            }
        }
        conditions
    }

    fn users(&self) -> BTreeSet<Uuid> {
        let keepers = self.keeps_a_login.iter().map(|(user_id, _)| *user_id);
        self.active.iter().copied().chain(keepers).collect()
    }
}

/// The ids, sorted, each once.
pub(super) fn distinct(ids: &[Uuid]) -> BTreeSet<Uuid> {
    ids.iter().copied().collect()
}

/// The one parameter of a commit on PostgreSQL. A key that is not there asks
/// for nothing.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_partial: Option<Bytes>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    locked: BTreeSet<Uuid>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    active: BTreeSet<Uuid>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    living: BTreeSet<Uuid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keeps_a_login: Vec<KeepsALogin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserPatch<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    association: Option<AssociationPatch<'a>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    removed_associations: BTreeSet<Uuid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    used_marks: Vec<UsedMarkRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_user: Option<UserRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_association: Option<AssociationRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_partial: Option<PartialRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_code: Option<CodeRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proven_email_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotent_answer: Option<IdempotentAnswerRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_sessions: Option<EndedSessions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<AccessTokenRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventRow>,
}

#[derive(Serialize)]
struct EndedSessions {
    user_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<Uuid>,
    at: Moment,
}

#[derive(Serialize)]
struct KeepsALogin {
    user_id: Uuid,
    providers: Vec<String>,
}

/// The columns of `users` that change: a key that is there and null clears.
#[derive(Serialize)]
struct UserPatch<'a> {
    id: Uuid,
    #[serde(flatten)]
    name: Option<NamePatch<'a>>,
    #[serde(flatten)]
    address: Option<AddressPatch<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fullname: Option<&'a Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<&'a Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
    extra: &'a JsonMap,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Moment>,
}

#[derive(Serialize)]
struct NamePatch<'a> {
    username: &'a str,
    username_key: String,
}

#[derive(Serialize)]
struct AddressPatch<'a> {
    email: Option<&'a str>,
    email_key: Option<String>,
    verified_email_key: Option<String>,
}

#[derive(Serialize)]
struct AssociationPatch<'a> {
    id: Uuid,
    user_id: Uuid,
    uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unchanged_since: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proven_email_key: Option<&'a str>,
    extra_data: &'a JsonMap,
    modified: Moment,
}

impl<'a> Document<'a> {
    pub(super) fn of(changes: &'a Changes) -> Self {
        let conditions = Conditions::of(changes);
        let locked = conditions.users();
        let keepers = conditions.keeps_a_login.into_iter();
        // Sorted: two commits that meet in several rows meet in the same order.
        let mut marks = changes.used_marks.iter().collect::<Vec<_>>();
        marks.sort();
        Self {
            consumed_partial: changes.consumed_partial.clone().map(Bytes),
            locked,
            active: conditions.active,
            living: conditions.living,
            keeps_a_login: keepers
                .map(|(user_id, providers)| KeepsALogin { user_id, providers })
                .collect(),
            user: changes
                .user
                .as_ref()
                .map(|(id, user)| UserPatch::of(*id, user)),
            association: changes.association.as_ref().map(AssociationPatch::of),
            removed_associations: distinct(&changes.removed_associations),
            used_marks: marks.into_iter().map(UsedMarkRow::of).collect(),
            new_user: changes.new_user.as_ref().map(UserRow::of_new),
            new_association: changes.new_association.as_ref().map(AssociationRow::of_new),
            new_partial: changes.new_partial.as_ref().map(PartialRow::of),
            new_code: changes.new_code.as_ref().map(CodeRow::of),
            proven_email_key: changes.proven_email().map(email_key),
            idempotent_answer: (changes.idempotent_answer.as_ref()).map(IdempotentAnswerRow::of),
            ended_sessions: changes.ended_sessions.map(|ended| EndedSessions {
                user_id: ended.user_id,
                only: ended.only,
                at: Moment(ended.at),
            }),
            session: changes.session.as_ref().map(SessionRow::of_new),
            access_token: (changes.session.as_ref())
                .and_then(|session| session.access_token.as_ref())
                .map(AccessTokenRow::of),
            events: changes.events.iter().map(EventRow::of).collect(),
        }
    }
}

impl<'a> UserPatch<'a> {
    fn of(id: Uuid, changes: &'a UserChanges) -> Self {
        Self {
            id,
            name: changes.username.as_deref().map(|username| NamePatch {
                username,
                username_key: username_key(username),
            }),
            address: changes.email.as_ref().map(|email| {
                let (email_key, verified_email_key) =
                    address_keys(email.as_deref(), changes.email_verified);
                AddressPatch {
                    email: email.as_deref(),
                    email_key,
                    verified_email_key,
                }
            }),
            first_name: changes.first_name.as_ref(),
            last_name: changes.last_name.as_ref(),
            fullname: changes.fullname.as_ref(),
            picture: changes.picture.as_ref(),
            password: (changes.password.as_ref())
                .map(|password| json!(password.as_ref().map(PasswordHash::as_str))),
            is_active: changes.is_active,
            extra: &changes.extra,
            last_login: changes.last_login.map(Moment),
        }
    }
}

impl<'a> AssociationPatch<'a> {
    fn of(changes: &'a AssociationChanges) -> Self {
        Self {
            id: changes.id,
            user_id: changes.user_id,
            uid: &changes.uid,
            moved_to: changes.moved.as_ref().map(MovedUid::to),
            unchanged_since: changes
                .moved
                .as_ref()
                .map(|moved| Moment(moved.unchanged_since())),
            proven_email_key: changes.proven_email_key.as_deref(),
            extra_data: &changes.extra_data,
            modified: Moment(changes.modified),
        }
    }
}
