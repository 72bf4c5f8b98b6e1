//! An association that moves to another uid: alone, whole, and only as it was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretBox;
use serde_json::json;

use super::fixtures::*;
use super::on_both;
use crate::crypto::seal::Sealer;
use crate::model::{Association, AssociationChanges, Changes, Conflict, MovedUid, SystemIds};
use crate::storage::diesel::DieselStorage;
use crate::storage::sealed::SealedStorage;
use crate::storage::{Associations as _, Storage};

on_both!(
    a_moved_row_keeps_its_id_and_all_else_and_leaves_the_old_uid_free,
    a_move_to_a_uid_that_is_taken_is_a_conflict,
    a_row_that_moved_or_was_written_meanwhile_is_a_conflict,
    of_many_moves_at_once_one_is_done,
    what_is_sealed_opens_after_the_move_and_not_under_the_old_uid,
);

async fn read(storage: &dyn Storage, uid: &str) -> Association {
    let found = storage.get_social_auth("github", uid).await.unwrap();
    found.unwrap().0
}

fn moving(association: &Association, to: &str, seconds: i64) -> AssociationChanges {
    let kept = association.extra_data.clone();
    let mut changes = AssociationChanges::of(association, kept, after(seconds));
    changes.moved = Some(MovedUid::of_verified(to.to_owned(), association.modified));
    changes
}

fn with(association: AssociationChanges) -> Changes {
    Changes {
        session: Some(new_session(association.user_id)),
        association: Some(association),
        ..Changes::default()
    }
}

async fn a_moved_row_keeps_its_id_and_all_else_and_leaves_the_old_uid_free(storage: DieselStorage) {
    let (user_id, id) = signed_up(&storage, "octocat", "github", "octocat").await;
    let before = read(&storage, "octocat").await;
    let mut changes = moving(&before, "583231", 60);
    changes.extra_data = map(json!({"a": 1}));
    storage.commit(with(changes)).await.unwrap();
    let moved = read(&storage, "583231").await;
    let expected = Association {
        uid: "583231".to_owned(),
        extra_data: map(json!({"a": 1})),
        modified: after(60),
        ..before
    };
    assert_eq!((moved.id, moved.user_id), (id, user_id));
    assert_eq!(moved, expected);
    let gone = storage.get_social_auth("github", "octocat").await.unwrap();
    assert_eq!(gone, None);
    signed_up(&storage, "another", "github", "octocat").await;
}

async fn a_move_to_a_uid_that_is_taken_is_a_conflict(storage: DieselStorage) {
    signed_up(&storage, "octocat", "github", "octocat").await;
    signed_up(&storage, "other", "github", "583231").await;
    let row = read(&storage, "octocat").await;
    refused(
        &storage,
        with(moving(&row, "583231", 1)),
        Conflict::Identity,
    )
    .await;
    assert_eq!(read(&storage, "octocat").await, row);
}

async fn a_row_that_moved_or_was_written_meanwhile_is_a_conflict(storage: DieselStorage) {
    signed_up(&storage, "octocat", "github", "octocat").await;
    let read_first = read(&storage, "octocat").await;
    let written = AssociationChanges::of(&read_first, map(json!({"a": 1})), after(1));
    storage.commit(with(written)).await.unwrap();
    let stale = with(moving(&read_first, "583231", 2));
    refused(&storage, stale, Conflict::RowGone).await;

    let fresh = read(&storage, "octocat").await;
    storage
        .commit(with(moving(&fresh, "583231", 3)))
        .await
        .unwrap();
    let late = AssociationChanges::of(&fresh, map(json!({"a": 2})), after(4));
    refused(&storage, with(late), Conflict::RowGone).await;
    let again = with(moving(&fresh, "583231", 5));
    refused(&storage, again, Conflict::RowGone).await;
    assert_eq!(read(&storage, "583231").await.extra_data["a"], 1);
}

async fn of_many_moves_at_once_one_is_done(storage: DieselStorage) {
    signed_up(&storage, "octocat", "github", "octocat").await;
    let row = read(&storage, "octocat").await;
    let commits = (1..=20).map(|seconds| {
        let (storage, changes) = (storage.clone(), with(moving(&row, "583231", seconds)));
        tokio::spawn(async move { storage.commit(changes).await })
    });
    let mut done = 0;
    for commit in commits.collect::<Vec<_>>() {
        match commit.await.unwrap() {
            Ok(_) => done += 1,
            refused => assert_eq!(conflict(refused), Conflict::RowGone),
        }
    }
    assert_eq!(done, 1);
}

async fn what_is_sealed_opens_after_the_move_and_not_under_the_old_uid(storage: DieselStorage) {
    let sealer = Sealer::new(&[SecretBox::new(Box::new([1; 32]))]).unwrap();
    let inner: Arc<dyn Storage> = Arc::new(storage.clone());
    let over = SealedStorage::new(
        inner,
        Arc::new(sealer),
        Arc::new(SystemIds::default()),
        BTreeMap::new(),
    );
    let mut changes = sign_up("octocat", "github", "octocat");
    let tokens = json!({
        "access_token": "canary-1", "refresh_token": "canary-2", "login": "octocat",
        "odd": {"$sealed": "of the provider"},
    });
    let association = changes.new_association.as_mut().unwrap();
    association.extra_data_mut().extend(map(tokens.clone()));
    over.commit(changes).await.unwrap();

    let uids = ["octocat".to_owned()];
    let found = over.get_social_auths("github", &uids).await;
    let (row, _) = found.unwrap().pop().unwrap();
    assert_eq!(row.extra_data, map(tokens.clone()), "opened by the read");
    over.commit(with(moving(&row, "583231", 1))).await.unwrap();
    assert_eq!(read(&over, "583231").await.extra_data, map(tokens));
    let stored = read(&storage, "583231").await.extra_data;
    let text = serde_json::Value::Object(stored).to_string();
    assert!(!text.contains("canary"), "{text}");

    storage
        .execute("UPDATE social_auth_usersocialauth SET uid = 'octocat'")
        .await
        .unwrap();
    let back = read(&over, "octocat").await.extra_data;
    assert!(back["refresh_token"].is_null(), "bound to the new uid");
}
