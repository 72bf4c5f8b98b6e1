//! `KeepsALogin`: nobody locks themselves out, not even twice at once.

use uuid::Uuid;

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, Conflict, Guard, PasswordHash, UserChanges};
use crate::storage::diesel::DieselStorage;
use crate::storage::{Associations as _, CommitError, Sessions as _, Storage as _, Users as _};

on_both!(
    the_last_login_cannot_be_disconnected,
    an_association_that_cannot_sign_in_does_not_count,
    a_password_counts_as_a_login_and_one_that_nobody_has_does_not,
    the_password_of_the_same_commit_is_the_one_that_counts,
    a_password_that_another_user_is_given_does_not_count,
    another_users_association_does_not_count,
    a_session_that_ended_commits_nothing,
    of_two_disconnects_of_the_last_two_one_fails_in_each_of_fifty_races,
);

fn disconnect(user_id: Uuid, association_id: Uuid, providers: &[&str]) -> Changes {
    let providers = providers.iter().map(|&name| name.to_owned()).collect();
    Changes {
        removed_associations: vec![association_id],
        events: vec![new_event(user_id)],
        guards: vec![Guard::KeepsALogin { user_id, providers }],
        ..Changes::default()
    }
}

async fn a_session_that_ended_commits_nothing(storage: DieselStorage) {
    let changes = sign_up("octocat", "github", "1");
    let session = changes.session.clone().unwrap();
    storage.commit(changes).await.unwrap();
    let said = |id| Changes {
        events: vec![new_event(session.user_id)],
        guards: vec![Guard::SessionLives(id)],
        ..Changes::default()
    };
    storage.commit(said(session.id)).await.unwrap();
    refused(&storage, said(new_id()), Conflict::Guard).await;
    assert!(storage.revoke_session(session.id, now()).await.unwrap());
    refused(&storage, said(session.id), Conflict::Guard).await;
}

async fn the_last_login_cannot_be_disconnected(storage: DieselStorage) {
    let (user, first) = signed_up(&storage, "octocat", "github", "1").await;
    let both = ["github", "google"];
    refused(&storage, disconnect(user, first, &both), Conflict::Guard).await;
    let second = associated(&storage, user, "google", "2").await;
    storage
        .commit(disconnect(user, first, &both))
        .await
        .unwrap();
    refused(&storage, disconnect(user, second, &both), Conflict::Guard).await;
    let twice = disconnect(user, first, &both);
    refused(&storage, twice, Conflict::RowGone).await;
}

async fn an_association_that_cannot_sign_in_does_not_count(storage: DieselStorage) {
    let (user, first) = signed_up(&storage, "octocat", "github", "1").await;
    associated(&storage, user, "switched-off", "2").await;
    let changes = disconnect(user, first, &["github"]);
    refused(&storage, changes, Conflict::Guard).await;
    refused(&storage, disconnect(user, first, &[]), Conflict::Guard).await;
}

/// As a user may have them, and whether somebody can sign in with it.
const PASSWORDS: [(Option<&str>, bool); 5] = [
    (None, false),
    (Some(""), false),
    (Some("!"), false),
    (Some("!rMsT3Ze"), false),
    (Some("argon2!"), true),
];

async fn a_password_counts_as_a_login_and_one_that_nobody_has_does_not(storage: DieselStorage) {
    let (user, first) = signed_up(&storage, "octocat", "github", "1").await;
    let changes = disconnect(user, first, &["github"]);
    for (password, counts) in PASSWORDS {
        let text = password.map_or("NULL".to_owned(), |text| format!("'{text}'"));
        let set = format!("UPDATE users SET password = {text}");
        storage.execute(&set).await.unwrap();
        let usable = ["github".to_owned()];
        let may = storage.allowed_to_disconnect(user, "github", None, &usable);
        assert_eq!(may.await.unwrap(), counts, "{password:?}");
        let stored = storage.get_user(user).await.unwrap().unwrap();
        assert_eq!(stored.has_usable_password(), counts, "{password:?}");
        if counts {
            storage.commit(changes.clone()).await.unwrap();
        } else {
            refused(&storage, changes.clone(), Conflict::Guard).await;
        }
    }
}

async fn the_password_of_the_same_commit_is_the_one_that_counts(storage: DieselStorage) {
    for (before, _) in PASSWORDS {
        for (after, counts) in PASSWORDS {
            let name = new_id().to_string();
            let (user, first) = signed_up(&storage, &name, "github", &name).await;
            let set = Changes {
                user: Some((user, password(before))),
                ..Changes::default()
            };
            storage.commit(set).await.unwrap();
            let mut changes = disconnect(user, first, &["github"]);
            changes.user = Some((user, password(after)));
            if counts {
                storage.commit(changes).await.unwrap();
            } else {
                refused(&storage, changes, Conflict::Guard).await;
            }
        }
    }
}

async fn a_password_that_another_user_is_given_does_not_count(storage: DieselStorage) {
    let (user, first) = signed_up(&storage, "octocat", "github", "1").await;
    let (other, _) = signed_up(&storage, "other", "github", "2").await;
    let mut changes = disconnect(user, first, &["github"]);
    changes.user = Some((other, password(Some("argon2"))));
    refused(&storage, changes, Conflict::Guard).await;
}

fn password(hash: Option<&str>) -> UserChanges {
    UserChanges {
        password: Some(hash.map(PasswordHash::new)),
        ..UserChanges::default()
    }
}

async fn another_users_association_does_not_count(storage: DieselStorage) {
    let (user, first) = signed_up(&storage, "octocat", "github", "1").await;
    signed_up(&storage, "other", "github", "2").await;
    let changes = disconnect(user, first, &["github"]);
    refused(&storage, changes, Conflict::Guard).await;
    let nobody = disconnect(new_id(), first, &["github"]);
    refused(&storage, nobody, Conflict::Guard).await;
}

async fn of_two_disconnects_of_the_last_two_one_fails_in_each_of_fifty_races(
    storage: DieselStorage,
) {
    for round in 0..50 {
        let name = format!("user{round}");
        let (user, first) = signed_up(&storage, &name, "github", &name).await;
        let second = associated(&storage, user, "google", &name).await;
        let both = ["github", "google"];
        let race = [first, second].map(|id| {
            let (storage, changes) = (storage.clone(), disconnect(user, id, &both));
            tokio::spawn(async move { storage.commit(changes).await })
        });
        let mut wins = 0;
        for racer in race {
            match racer.await.unwrap() {
                Ok(_) => wins += 1,
                Err(CommitError::Conflict(Conflict::Guard)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(wins, 1, "round {round}: one, not both and not none");
        let left = storage.get_social_auth_for_user(user, None, None).await;
        assert_eq!(left.unwrap().len(), 1, "round {round}");
    }
}
