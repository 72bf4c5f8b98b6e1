//! Many at once: one wins, the others are told why, nothing is half-written.

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, Conflict};
use crate::storage::diesel::DieselStorage;
use crate::storage::{
    Associations as _, CommitError, Marks as _, Nonces as _, Partials as _, Storage as _,
};

on_both!(
    of_a_hundred_equal_sign_ups_one_wins,
    of_a_hundred_users_of_one_name_one_wins,
    of_fifty_uses_of_one_mark_one_wins,
    of_fifty_uses_of_one_partial_one_wins,
    of_fifty_uses_of_one_nonce_one_wins,
    of_fifty_who_leave_one_mark_one_is_first,
    a_hundred_different_sign_ups_all_win,
    who_loses_finds_at_once_what_the_winner_wrote,
);

/// Commits all at once; how many won, and the conflicts of the others.
async fn race(storage: &DieselStorage, all: Vec<Changes>) -> (usize, Vec<Conflict>) {
    let commits = all.into_iter().map(|changes| {
        let storage = storage.clone();
        tokio::spawn(async move { storage.commit(changes).await })
    });
    let (mut wins, mut conflicts) = (0, Vec::new());
    for commit in commits.collect::<Vec<_>>() {
        match commit.await.unwrap() {
            Ok(_) => wins += 1,
            Err(CommitError::Conflict(conflict)) => conflicts.push(conflict),
            Err(other) => panic!("{other:?}"),
        }
    }
    (wins, conflicts)
}

async fn of_a_hundred_equal_sign_ups_one_wins(storage: DieselStorage) {
    let all = (0..100).map(|number| sign_up(&format!("octocat{number}"), "github", "1"));
    let (wins, conflicts) = race(&storage, all.collect()).await;
    assert_eq!(wins, 1);
    assert_eq!(conflicts, [Conflict::Identity; 99]);
    let counts = storage.row_counts().await;
    for table in ["users", "social_auth_usersocialauth", "sessions", "events"] {
        assert_eq!(counts[table], 1, "{table}");
    }
}

async fn of_a_hundred_users_of_one_name_one_wins(storage: DieselStorage) {
    let all = (0..100).map(|number| sign_up("octocat", "github", &number.to_string()));
    let (wins, conflicts) = race(&storage, all.collect()).await;
    assert_eq!(wins, 1);
    assert_eq!(conflicts, [Conflict::Username; 99]);
    assert_eq!(storage.row_counts().await["users"], 1);
}

async fn of_fifty_uses_of_one_mark_one_wins(storage: DieselStorage) {
    let all = (0..50).map(|number| Changes {
        used_marks: vec![new_mark(b"one"), new_mark(&[number])],
        ..sign_up(&format!("user{number}"), "github", &number.to_string())
    });
    let (wins, conflicts) = race(&storage, all.collect()).await;
    assert_eq!(wins, 1);
    assert_eq!(conflicts, [Conflict::UsedMark; 49]);
    let counts = storage.row_counts().await;
    assert_eq!((counts["users"], counts["used_marks"]), (1, 2));
}

async fn of_fifty_uses_of_one_partial_one_wins(storage: DieselStorage) {
    let partial = new_partial();
    storage.store_partial(&partial).await.unwrap();
    let all = (0..50).map(|number| Changes {
        consumed_partial: Some(partial.token_hash.clone()),
        ..sign_up(&format!("user{number}"), "github", &number.to_string())
    });
    let (wins, conflicts) = race(&storage, all.collect()).await;
    assert_eq!(wins, 1);
    assert_eq!(conflicts, [Conflict::Partial; 49]);
    let counts = storage.row_counts().await;
    assert_eq!((counts["users"], counts["social_auth_partial"]), (1, 0));
}

async fn of_fifty_uses_of_one_nonce_one_wins(storage: DieselStorage) {
    let uses = (0..50).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { storage.use_nonce(&super::stores::nonce("salt")).await })
    });
    let mut wins = 0;
    for one in uses.collect::<Vec<_>>() {
        wins += usize::from(one.await.unwrap().unwrap());
    }
    assert_eq!(wins, 1);
}

async fn of_fifty_who_leave_one_mark_one_is_first(storage: DieselStorage) {
    let uses = (0..50).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { storage.use_mark(&new_mark(b"code")).await })
    });
    let mut first = 0;
    for used in uses.collect::<Vec<_>>() {
        first += usize::from(used.await.unwrap().unwrap());
    }
    assert_eq!(first, 1);
}

async fn a_hundred_different_sign_ups_all_win(storage: DieselStorage) {
    let all = (0..100).map(|number| {
        let name = format!("user{number}");
        sign_up(&name, "github", &name)
    });
    let (wins, _) = race(&storage, all.collect()).await;
    assert_eq!(wins, 100);
    assert_eq!(storage.row_counts().await["users"], 100);
}

async fn who_loses_finds_at_once_what_the_winner_wrote(storage: DieselStorage) {
    let all = (0..100).map(|number| {
        let (storage, uid) = (storage.clone(), (number / 10).to_string());
        tokio::spawn(async move {
            let changes = sign_up(&format!("octocat{number}"), "github", &uid);
            match storage.commit(changes).await {
                Ok(_) => true,
                Err(CommitError::Conflict(Conflict::Identity)) => {
                    let winner = storage.get_social_auth("github", &uid).await.unwrap();
                    assert!(winner.is_some(), "octocat{number} reads what was before");
                    false
                }
                Err(other) => panic!("{other:?}"),
            }
        })
    });
    let mut wins = 0;
    for one in all.collect::<Vec<_>>() {
        wins += usize::from(one.await.unwrap());
    }
    assert_eq!(wins, 10);
}
