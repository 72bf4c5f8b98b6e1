//! Each way for a commit to meet somebody else, and nothing half-written.

use serde_json::json;

use super::fixtures::*;
use super::on_both;
use crate::model::{AssociationChanges, Changes, Conflict, Guard, UserChanges};
use crate::storage::diesel::DieselStorage;
use crate::storage::{IdempotentAnswers as _, Partials as _, Storage as _, Users as _};

on_both!(
    an_identity_that_is_associated_is_a_conflict,
    a_username_that_is_taken_is_a_conflict,
    an_address_that_another_user_has_proven_is_a_conflict,
    a_mark_that_is_used_is_a_conflict_even_when_it_has_expired,
    a_mark_named_twice_in_one_commit_is_a_conflict,
    a_key_that_was_answered_is_a_conflict_until_its_time_is_over,
    a_partial_that_is_gone_is_a_conflict,
    a_partial_token_that_exists_is_a_conflict,
    a_user_that_is_gone_is_a_conflict,
    an_association_that_is_gone_or_of_another_user_is_a_conflict,
    a_removed_association_that_is_gone_is_a_conflict,
    an_association_or_session_of_no_user_is_a_conflict,
    an_inactive_user_is_a_conflict,
    a_commit_that_fails_late_takes_back_what_came_early,
    an_id_that_exists_is_no_conflict_but_a_failure,
);

/// A sign-up with everything that could be left behind.
fn full(username: &str, uid: &str) -> Changes {
    Changes {
        new_partial: Some(new_partial()),
        used_marks: vec![new_mark(username.as_bytes())],
        ..sign_up(username, "github", uid)
    }
}

async fn an_identity_that_is_associated_is_a_conflict(storage: DieselStorage) {
    storage.commit(full("first", "1")).await.unwrap();
    refused(&storage, full("second", "1"), Conflict::Identity).await;
}

async fn a_username_that_is_taken_is_a_conflict(storage: DieselStorage) {
    storage.commit(full("octocat", "1")).await.unwrap();
    let mut same = full("OctoCat", "2");
    same.used_marks.clear();
    refused(&storage, same, Conflict::Username).await;

    let (id, _) = signed_up(&storage, "other", "github", "3").await;
    let rename = UserChanges {
        username: Some("OCTOCAT".to_owned()),
        ..UserChanges::default()
    };
    let rename = Changes {
        user: Some((id, rename)),
        ..Changes::default()
    };
    refused(&storage, rename, Conflict::Username).await;
}

async fn an_address_that_another_user_has_proven_is_a_conflict(storage: DieselStorage) {
    let proven = |username: &str, uid: &str, email: &str| {
        let mut changes = full(username, uid);
        let user = changes.new_user.as_mut().unwrap();
        user.email = Some(email.to_owned());
        user.email_verified = true;
        changes
    };
    let first = proven("first", "1", "o@example.com");
    storage.commit(first).await.unwrap();
    let second = proven("second", "2", "O@Example.com ");
    refused(&storage, second, Conflict::VerifiedEmail).await;

    let (id, _) = signed_up(&storage, "other", "github", "3").await;
    let claim = UserChanges {
        email: Some(Some("O@EXAMPLE.COM".to_owned())),
        email_verified: true,
        ..UserChanges::default()
    };
    let claim = Changes {
        user: Some((id, claim)),
        ..Changes::default()
    };
    refused(&storage, claim, Conflict::VerifiedEmail).await;
}

async fn a_mark_that_is_used_is_a_conflict_even_when_it_has_expired(storage: DieselStorage) {
    let mut first = full("first", "1");
    let mut mark = new_mark(b"x");
    mark.expires = after(-600);
    first.used_marks = vec![mark];
    storage.commit(first).await.unwrap();
    let mut second = full("second", "2");
    second.used_marks = vec![new_mark(b"w"), new_mark(b"x")];
    refused(&storage, second, Conflict::UsedMark).await;
    let mut other_kind = full("third", "3");
    other_kind.used_marks = vec![new_mark(b"x")];
    other_kind.used_marks[0].kind = "nonce".to_owned();
    storage.commit(other_kind).await.unwrap();
}

async fn a_mark_named_twice_in_one_commit_is_a_conflict(storage: DieselStorage) {
    let mut changes = full("first", "1");
    changes.used_marks = vec![new_mark(b"x"), new_mark(b"x")];
    refused(&storage, changes, Conflict::UsedMark).await;
}

async fn a_key_that_was_answered_is_a_conflict_until_its_time_is_over(storage: DieselStorage) {
    let with_key = |username: &str, created: i64| {
        let mut changes = full(username, username);
        let mut answer = new_answer(b"key");
        answer.answer = username.to_owned();
        (answer.created, answer.expires) = (after(created), after(created + 120));
        changes.idempotent_answer = Some(answer);
        changes
    };
    storage.commit(with_key("first", 0)).await.unwrap();
    refused(&storage, with_key("second", 119), Conflict::IdempotencyKey).await;
    // It is told before what else is in the way.
    refused(&storage, with_key("first", 1), Conflict::IdempotencyKey).await;
    let kept = |seconds: i64| storage.get_idempotent_answer(b"key", after(seconds));
    let first = kept(119).await.unwrap().unwrap();
    assert_eq!(first, with_key("first", 0).idempotent_answer.unwrap());
    assert_eq!(kept(120).await.unwrap(), None);
    storage.commit(with_key("third", 120)).await.unwrap();
    assert_eq!(kept(120).await.unwrap().unwrap().answer, "third");
    let other = storage.get_idempotent_answer(b"other", now());
    assert_eq!(other.await.unwrap(), None);
}

async fn a_partial_that_is_gone_is_a_conflict(storage: DieselStorage) {
    let mut changes = full("first", "1");
    changes.consumed_partial = Some(b"unknown".to_vec());
    refused(&storage, changes, Conflict::Partial).await;
}

async fn a_partial_token_that_exists_is_a_conflict(storage: DieselStorage) {
    let partial = new_partial();
    storage.store_partial(&partial).await.unwrap();
    let mut changes = full("first", "1");
    let new = changes.new_partial.as_mut().unwrap();
    new.token_hash = partial.token_hash;
    refused(&storage, changes, Conflict::Partial).await;
}

async fn a_user_that_is_gone_is_a_conflict(storage: DieselStorage) {
    let changes = Changes {
        user: Some((new_id(), UserChanges::default())),
        ..full("first", "1")
    };
    refused(&storage, changes, Conflict::RowGone).await;
}

async fn an_association_that_is_gone_or_of_another_user_is_a_conflict(storage: DieselStorage) {
    let (owner, id) = signed_up(&storage, "owner", "github", "1").await;
    let (other, _) = signed_up(&storage, "other", "github", "2").await;
    for (id, user_id) in [(new_id(), owner), (id, other)] {
        let association = AssociationChanges {
            id,
            user_id,
            provider: "github".to_owned(),
            uid: "1".to_owned(),
            moved: None,
            proven_email_key: None,
            extra_data: map(json!({"a": 1})),
            modified: now(),
        };
        let changes = Changes {
            association: Some(association),
            ..full("first", "3")
        };
        refused(&storage, changes, Conflict::RowGone).await;
    }
}

async fn a_removed_association_that_is_gone_is_a_conflict(storage: DieselStorage) {
    let (_, id) = signed_up(&storage, "owner", "github", "1").await;
    let changes = Changes {
        removed_associations: vec![id, new_id()],
        ..full("first", "3")
    };
    refused(&storage, changes, Conflict::RowGone).await;
}

async fn an_association_or_session_of_no_user_is_a_conflict(storage: DieselStorage) {
    let association = Changes {
        new_association: Some(new_association(new_id(), "github", "1")),
        events: vec![new_event(new_id())],
        ..Changes::default()
    };
    refused(&storage, association, Conflict::RowGone).await;
    let session = Changes {
        session: Some(new_session(new_id())),
        events: vec![new_event(new_id())],
        ..Changes::default()
    };
    refused(&storage, session, Conflict::RowGone).await;
}

async fn an_inactive_user_is_a_conflict(storage: DieselStorage) {
    let (id, _) = signed_up(&storage, "octocat", "github", "1").await;
    let sign_in = |id| Changes {
        session: Some(new_session(id)),
        guards: vec![Guard::UserActive(id), Guard::UserActive(id)],
        ..Changes::default()
    };
    storage.commit(sign_in(id)).await.unwrap();
    refused(&storage, sign_in(new_id()), Conflict::Guard).await;
    let deactivate = UserChanges {
        is_active: Some(false),
        ..UserChanges::default()
    };
    let deactivate = Changes {
        user: Some((id, deactivate)),
        guards: vec![Guard::UserActive(id)],
        ..Changes::default()
    };
    storage.commit(deactivate).await.unwrap();
    refused(&storage, sign_in(id), Conflict::Guard).await;
    let mut new = sign_up("new", "github", "2");
    new.guards = vec![Guard::UserActive(new.new_user.as_ref().unwrap().id)];
    storage.commit(new).await.unwrap();
}

async fn a_commit_that_fails_late_takes_back_what_came_early(storage: DieselStorage) {
    let (id, association_id) = signed_up(&storage, "octocat", "github", "1").await;
    let partial = new_partial();
    storage.store_partial(&partial).await.unwrap();
    let before = storage.get_user(id).await.unwrap();
    let rename = UserChanges {
        username: Some("renamed".to_owned()),
        ..UserChanges::default()
    };
    let changes = Changes {
        consumed_partial: Some(partial.token_hash.clone()),
        user: Some((id, rename)),
        removed_associations: vec![association_id],
        // The session's user does not exist: this is found last.
        session: Some(new_session(new_id())),
        new_user: Some(new_user("new")),
        ..Changes::default()
    };
    refused(&storage, changes, Conflict::RowGone).await;
    assert_eq!(storage.get_user(id).await.unwrap(), before);
    let left = storage.load_partial(&partial.token_hash, now()).await;
    assert_eq!(left.unwrap(), Some(partial));
}

async fn an_id_that_exists_is_no_conflict_but_a_failure(storage: DieselStorage) {
    let (id, _) = signed_up(&storage, "octocat", "github", "1").await;
    let mut changes = full("other", "2");
    changes.new_user.as_mut().unwrap().id = id;
    let text = fails(&storage, changes).await;
    assert!(!text.contains(&id.to_string()), "{text}");
}
