//! What a commit writes.

use serde_json::json;

use super::fixtures::*;
use super::on_both;
use crate::model::{
    AssociationChanges, Changes, Committed, Event, EventKind, PasswordHash, UserChanges,
};
use crate::storage::diesel::DieselStorage;
use crate::storage::{Associations as _, Partials as _, Sessions as _, Storage as _, Users as _};

on_both!(
    sessions_that_end_are_the_users_own_and_not_the_new_one,
    a_commit_writes_every_field_of_its_changes,
    a_commit_of_nothing_writes_nothing,
    a_user_changes_only_where_the_changes_say_so,
    a_field_that_is_cleared_is_empty_afterwards,
    an_address_is_proven_for_one_user_and_kept_for_the_other,
    extra_data_is_merged_and_the_rest_of_it_stays,
    a_removed_association_is_gone_and_its_uid_is_free,
    a_partial_is_consumed_and_the_next_one_stored_in_one_commit,
    a_user_that_is_erased_takes_associations_and_sessions_along,
    null_payloads_are_kept_as_json_null,
);

async fn a_commit_writes_every_field_of_its_changes(storage: DieselStorage) {
    let mut changes = sign_up("octocat", "github", "583231");
    let mut user = changes.new_user.take().unwrap();
    user.email = Some("Octo@Example.com".to_owned());
    user.email_verified = true;
    user.first_name = Some("The".to_owned());
    user.last_name = Some("Octocat".to_owned());
    user.fullname = Some("The Octocat".to_owned());
    user.picture = Some("https://example.com/o.png".to_owned());
    user.password = Some(PasswordHash::new("argon2$x"));
    user.extra = map(json!({"locale": "en"}));
    let extra_data = map(json!({"access_token": "t", "expires": 3600}));
    let association = changes.new_association.as_mut().unwrap();
    *association.extra_data_mut() = extra_data;
    let association = association.as_association();
    changes.new_user = Some(user.clone());
    changes.new_partial = Some(new_partial());
    changes.used_marks = vec![new_mark(b"b"), new_mark(b"a")];

    let committed = storage.commit(changes.clone()).await.unwrap();

    let expected = Committed {
        is_new: true,
        new_association: true,
    };
    assert_eq!(committed, expected);
    assert_eq!(
        storage.get_social_auth("github", "583231").await.unwrap(),
        Some((association, user.as_user()))
    );
    let partial = changes.new_partial.unwrap();
    let stored = storage.load_partial(&partial.token_hash, now()).await;
    assert_eq!(stored.unwrap(), Some(partial));
    for digest in [b"a", b"b"] {
        assert!(storage.is_marked("id_token", digest, now()).await.unwrap());
    }
    let session = changes.session.unwrap();
    let (stored, _) = storage.get_session(session.id).await.unwrap().unwrap();
    assert_eq!(
        (stored.user_id, stored.refresh_hash, stored.turn_hash),
        (user.id, session.refresh_hash, session.turn_hash)
    );
    assert_eq!(stored.created, session.created);
    assert_eq!((stored.expires, stored.revoked), (session.expires, None));
    assert_eq!(storage.open_events().await, changes.events);
}

async fn a_commit_of_nothing_writes_nothing(storage: DieselStorage) {
    let before = storage.row_counts().await;
    let committed = storage.commit(Changes::default()).await.unwrap();
    assert!(!committed.is_new && !committed.new_association);
    assert_eq!(storage.row_counts().await, before);
}

async fn a_user_changes_only_where_the_changes_say_so(storage: DieselStorage) {
    let mut user = new_user("octocat");
    user.email = Some("o@example.com".to_owned());
    user.email_verified = true;
    user.first_name = Some("The".to_owned());
    user.password = Some(PasswordHash::new("x"));
    user.extra = map(json!({"a": 1, "b": 2}));
    let mut expected = user.as_user();
    let create = Changes {
        new_user: Some(user),
        ..Changes::default()
    };
    storage.commit(create).await.unwrap();

    let login = UserChanges {
        last_login: Some(after(10)),
        ..UserChanges::default()
    };
    let all = UserChanges {
        username: Some("Octocat2".to_owned()),
        email: Some(Some("new@example.com".to_owned())),
        email_verified: false,
        first_name: Some(Some("First".to_owned())),
        last_name: Some(Some("Last".to_owned())),
        fullname: Some(Some("First Last".to_owned())),
        picture: Some(Some("https://example.com/p".to_owned())),
        is_active: Some(false),
        password: Some(Some(PasswordHash::new("y"))),
        extra: map(json!({"b": {"c": null}, "d": "x"})),
        last_login: None,
    };
    for changes in [login, UserChanges::default(), all] {
        changes.apply_to(&mut expected);
        let commit = Changes {
            user: Some((expected.id, changes)),
            ..Changes::default()
        };
        storage.commit(commit).await.unwrap();
        let stored = storage.get_user(expected.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&expected));
    }
    assert!(storage.user_exists("octocat2").await.unwrap());
    assert!(!storage.user_exists("octocat").await.unwrap());
}

async fn a_field_that_is_cleared_is_empty_afterwards(storage: DieselStorage) {
    let mut user = new_user("octocat");
    user.email = Some("o@example.com".to_owned());
    user.email_verified = true;
    user.first_name = Some("The".to_owned());
    user.picture = Some("https://example.com/p".to_owned());
    let id = user.id;
    let changes = UserChanges {
        email: Some(None),
        email_verified: true,
        first_name: Some(None),
        picture: Some(None),
        ..UserChanges::default()
    };
    let create = Changes {
        new_user: Some(user),
        ..Changes::default()
    };
    let clear = Changes {
        user: Some((id, changes)),
        ..Changes::default()
    };
    storage.commit(create).await.unwrap();
    storage.commit(clear).await.unwrap();
    let stored = storage.get_user(id).await.unwrap().unwrap();
    assert_eq!((stored.email, stored.email_verified), (None, false));
    assert_eq!((stored.first_name, stored.picture), (None, None));
    let found = storage.get_users_by_email("o@example.com").await.unwrap();
    assert!(found.is_empty());
}

async fn an_address_is_proven_for_one_user_and_kept_for_the_other(storage: DieselStorage) {
    let mut first = new_user("first");
    first.email = Some("Same@Example.com".to_owned());
    first.email_verified = true;
    let mut second = new_user("second");
    second.email = Some("same@example.com".to_owned());
    for user in [first.clone(), second.clone()] {
        let create = Changes {
            new_user: Some(user),
            ..Changes::default()
        };
        storage.commit(create).await.unwrap();
    }
    let found = storage
        .get_users_by_email("SAME@example.com")
        .await
        .unwrap();
    assert_eq!(found, [first.as_user(), second.as_user()]);
}

async fn extra_data_is_merged_and_the_rest_of_it_stays(storage: DieselStorage) {
    let (user_id, id) = signed_up(&storage, "octocat", "github", "1").await;
    for extra_data in [
        json!({"a": 1, "b": {"x": 1}}),
        json!({"b": {"y": 2}, "c": null}),
    ] {
        let changes = AssociationChanges {
            id,
            user_id,
            provider: "github".to_owned(),
            uid: "1".to_owned(),
            moved: None,
            proven_email_key: None,
            extra_data: map(extra_data),
            modified: after(60),
        };
        let commit = Changes {
            association: Some(changes),
            ..Changes::default()
        };
        storage.commit(commit).await.unwrap();
    }
    let (association, _) = storage
        .get_social_auth("github", "1")
        .await
        .unwrap()
        .unwrap();
    let expected = json!({"a": 1, "b": {"y": 2}, "c": null});
    assert_eq!(association.extra_data, map(expected));
    assert_eq!(association.modified, after(60));
    assert_eq!(association.created, now());
}

async fn a_removed_association_is_gone_and_its_uid_is_free(storage: DieselStorage) {
    let (user_id, first) = signed_up(&storage, "octocat", "github", "1").await;
    let second = associated(&storage, user_id, "google", "2").await;
    let commit = Changes {
        // Named twice, it is still one.
        removed_associations: vec![second, first, second],
        ..Changes::default()
    };
    storage.commit(commit).await.unwrap();
    assert_eq!(storage.get_social_auth("github", "1").await.unwrap(), None);
    signed_up(&storage, "other", "github", "1").await;
}

async fn a_partial_is_consumed_and_the_next_one_stored_in_one_commit(storage: DieselStorage) {
    let (first, second) = (new_partial(), new_partial());
    let store = Changes {
        new_partial: Some(first.clone()),
        ..Changes::default()
    };
    storage.commit(store).await.unwrap();
    let exchange = Changes {
        consumed_partial: Some(first.token_hash.clone()),
        new_partial: Some(second.clone()),
        ..Changes::default()
    };
    storage.commit(exchange).await.unwrap();
    let gone = storage.load_partial(&first.token_hash, now()).await;
    assert_eq!(gone.unwrap(), None);
    let stored = storage.load_partial(&second.token_hash, now()).await;
    assert_eq!(stored.unwrap(), Some(second));
}

async fn a_user_that_is_erased_takes_associations_and_sessions_along(storage: DieselStorage) {
    signed_up(&storage, "octocat", "github", "1").await;
    storage.execute("DELETE FROM users").await.unwrap();
    let counts = storage.row_counts().await;
    assert_eq!(counts["social_auth_usersocialauth"], 0);
    assert_eq!(counts["sessions"], 0);
    assert_eq!(counts["events"], 1);
}

async fn null_payloads_are_kept_as_json_null(storage: DieselStorage) {
    let event = Event {
        kind: EventKind::AssociationRemoved,
        payload: json!(null),
        user_id: None,
        ..new_event(new_id())
    };
    let mut partial = new_partial();
    partial.data = json!(null);
    let commit = Changes {
        events: vec![event.clone()],
        new_partial: Some(partial.clone()),
        ..Changes::default()
    };
    storage.commit(commit).await.unwrap();
    assert_eq!(storage.open_events().await, [event]);
    let stored = storage.load_partial(&partial.token_hash, now()).await;
    assert_eq!(stored.unwrap(), Some(partial));
}

async fn sessions_that_end_are_the_users_own_and_not_the_new_one(storage: DieselStorage) {
    let (user, _) = signed_up(&storage, "octocat", "github", "1").await;
    let (other, _) = signed_up(&storage, "hubot", "github", "2").await;
    let open = async |user_id| {
        let session = new_session(user_id);
        let id = session.id;
        let changes = Changes {
            session: Some(session),
            ..Changes::default()
        };
        storage.commit(changes).await.unwrap();
        id
    };
    let (older, others) = (open(user).await, open(other).await);
    let newest = new_session(user);
    let id = newest.id;
    let changes = Changes {
        ended_sessions: Some(all_of(user, after(5))),
        session: Some(newest),
        ..Changes::default()
    };
    storage.commit(changes).await.unwrap();
    let revoked = async |id| storage.get_session(id).await.unwrap().unwrap().0.revoked;
    assert_eq!(revoked(older).await, Some(after(5)));
    assert_eq!(revoked(others).await, None);
    assert_eq!(revoked(id).await, None);
}
