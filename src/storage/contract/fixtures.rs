//! People, credentials and commits to test with.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::model::{
    Changes, Conflict, EmailCode, EndedSessions, Event, EventKind, IdempotentAnswer, Ids as _,
    JsonMap, NewAssociation, NewSession, NewUser, Partial, SystemIds, UsedMark,
};
use crate::storage::diesel::DieselStorage;
use crate::storage::{CommitError, Storage as _};

/// The moment at which tests happen.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 123_456_000).unwrap()
}

/// Some seconds later, or earlier.
pub(super) fn after(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

pub(super) fn new_id() -> Uuid {
    SystemIds::default().new_id()
}

pub(super) fn map(value: serde_json::Value) -> JsonMap {
    match value {
        serde_json::Value::Object(map) => map,
        other => panic!("no object but {other}"),
    }
}

pub(super) fn new_user(username: &str) -> NewUser {
    NewUser::new(new_id(), username.to_owned(), now())
}

pub(super) fn new_association(user_id: Uuid, provider: &str, uid: &str) -> NewAssociation {
    let identity = (provider.to_owned(), uid.to_owned());
    NewAssociation::of_verified(new_id(), user_id, identity, now())
}

pub(super) fn new_session(user_id: Uuid) -> NewSession {
    let id = new_id();
    NewSession {
        id,
        user_id,
        client: None,
        audience: None,
        refresh_hash: id.as_bytes().to_vec(),
        turn_hash: b"first".to_vec(),
        created: now(),
        expires: after(3600),
        ends: after(7200),
        access_token: None,
    }
}

pub(super) fn all_of(user_id: Uuid, at: DateTime<Utc>) -> EndedSessions {
    EndedSessions {
        user_id,
        only: None,
        at,
    }
}

pub(super) fn new_partial() -> Partial {
    let id = new_id();
    Partial {
        id,
        token_hash: id.as_bytes().to_vec(),
        link_hash: Some(new_id().as_bytes().to_vec()),
        backend: "github".to_owned(),
        next_step: "require_email".to_owned(),
        data: json!({"inputs": {"require_email": {}}}),
        user_id: None,
        created: now(),
        expires: after(900),
    }
}

/// A code whose digits' digest is the link's, backwards.
pub(super) fn new_code(partial_id: Uuid, email: &str, hash: &[u8]) -> EmailCode {
    EmailCode {
        id: new_id(),
        partial_id,
        email: email.to_owned(),
        sender: Some(b"sender".to_vec()),
        code_hash: hash.to_vec(),
        digits_hash: hash.iter().rev().copied().collect(),
        verified: false,
        tries: 0,
        sent: 1,
        created: now(),
        expires: after(900),
    }
}

pub(super) fn new_mark(digest: &[u8]) -> UsedMark {
    UsedMark {
        kind: "id_token".to_owned(),
        digest: digest.to_vec(),
        expires: after(600),
    }
}

pub(super) fn new_answer(key_hash: &[u8]) -> IdempotentAnswer {
    IdempotentAnswer {
        key_hash: key_hash.to_vec(),
        request_digest: b"digest".to_vec(),
        answer: "v1.sealed".to_owned(),
        created: now(),
        expires: after(120),
    }
}

pub(super) fn new_event(user_id: Uuid) -> Event {
    Event {
        id: new_id(),
        kind: EventKind::UserCreated,
        user_id: Some(user_id),
        payload: json!({"backend": "github"}),
        created: now(),
        hook: Some("crm".to_owned()),
        due: None,
    }
}

/// All that a sign-up of a new person writes.
pub(super) fn sign_up(username: &str, provider: &str, uid: &str) -> Changes {
    let user = new_user(username);
    let id = user.id;
    Changes {
        new_user: Some(user),
        new_association: Some(new_association(id, provider, uid)),
        session: Some(new_session(id)),
        events: vec![new_event(id)],
        ..Changes::default()
    }
}

/// Signs a new person up; their user's and their association's id.
pub(super) async fn signed_up(
    storage: &DieselStorage,
    username: &str,
    provider: &str,
    uid: &str,
) -> (Uuid, Uuid) {
    let changes = sign_up(username, provider, uid);
    let user_id = changes.new_user.as_ref().unwrap().id;
    let association_id = changes.new_association.as_ref().unwrap().id();
    storage.commit(changes).await.unwrap();
    (user_id, association_id)
}

/// Gives a user one more association; its id.
pub(super) async fn associated(
    storage: &DieselStorage,
    user_id: Uuid,
    provider: &str,
    uid: &str,
) -> Uuid {
    let association = new_association(user_id, provider, uid);
    let id = association.id();
    let changes = Changes {
        new_association: Some(association),
        ..Changes::default()
    };
    storage.commit(changes).await.unwrap();
    id
}

/// The conflict that a commit met, if it met one.
pub(super) fn conflict<T: std::fmt::Debug>(outcome: Result<T, CommitError>) -> Conflict {
    match outcome {
        Err(CommitError::Conflict(conflict)) => conflict,
        other => panic!("no conflict but {other:?}"),
    }
}

/// A commit that must meet `expected` and must leave nothing behind.
pub(super) async fn refused(storage: &DieselStorage, changes: Changes, expected: Conflict) {
    let before = storage.row_counts().await;
    assert_eq!(conflict(storage.commit(changes).await), expected);
    assert_eq!(storage.row_counts().await, before, "nothing half-written");
}

/// A commit that must fail, with no conflict, and must leave nothing behind.
pub(super) async fn fails(storage: &DieselStorage, changes: Changes) -> String {
    let before = storage.row_counts().await;
    let error = match storage.commit(changes).await {
        Err(CommitError::Storage(error)) => error,
        other => panic!("no failure but {other:?}"),
    };
    assert_eq!(storage.row_counts().await, before, "nothing half-written");
    error.to_string()
}
