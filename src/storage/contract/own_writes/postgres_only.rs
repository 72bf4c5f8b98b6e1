//! What the transaction of own writes costs, and how it can end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{count, profile, sign_up_with_profile, with_profiles, write};
use crate::model::{Changes, Conflict};
use crate::storage::contract::fixtures::*;
use crate::storage::contract::harness::{on_postgres, with_database};
use crate::storage::contract::proxy::Proxy;
use crate::storage::diesel::{ConnectOptions, DieselStorage};
use crate::storage::{Associations as _, CommitError, OwnTables, Storage as _};

/// A store of one connection, behind a proxy.
async fn behind_proxy(url: String) -> (DieselStorage, Proxy) {
    let proxy = Proxy::before(&url, None).await;
    let options = ConnectOptions {
        url: proxy.url(&url).into(),
        pool_size: 1,
        readers: 1,
    };
    let storage = DieselStorage::connect(&options).await.unwrap();
    (with_profiles(storage).await, proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn own_writes_cost_a_round_trip_each_and_commits_without_them_nothing_more() {
    with_database(behind_proxy)
        .await
        .run(|(storage, proxy)| async move {
            let cost = async |changes| {
                let before = proxy.round_trips();
                storage.commit(changes).await.unwrap();
                proxy.round_trips() - before
            };
            storage.ping().await.unwrap();
            for number in 0..3 {
                let name = format!("user{number}");
                cost(sign_up_with_profile(&name, &name)).await;
            }
            // BEGIN, ours, theirs, COMMIT.
            assert_eq!(cost(sign_up_with_profile("warm", "warm")).await, 4);
            let mut two = sign_up_with_profile("two", "two");
            let sql = "UPDATE profiles SET points = $1";
            two.own_writes.push(write(sql, [1_i64.into()]));
            cost(two.clone()).await;
            let mut two = sign_up_with_profile("two-2", "two-2");
            two.own_writes.push(write(sql, [2_i64.into()]));
            assert_eq!(cost(two).await, 5);
            assert_eq!(cost(sign_up("plain", "github", "plain")).await, 1);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_lost_during_it_leaves_it_unknown_and_nothing_by_halves() {
    with_database(behind_proxy)
        .await
        .run(|(storage, proxy)| async move {
            storage
                .commit(sign_up_with_profile("first", "first"))
                .await
                .unwrap();
            let mut slow = sign_up_with_profile("second", "second");
            slow.own_writes.push(write("SELECT pg_sleep(0.5)", []));
            let committing = storage.clone();
            let commit = tokio::spawn(async move { committing.commit(slow).await });
            tokio::time::sleep(Duration::from_millis(250)).await;
            proxy.line.cut.store(true, Ordering::SeqCst);
            let lost = commit.await.unwrap();
            assert!(matches!(lost, Err(CommitError::Unknown(_))), "{lost:?}");
            proxy.line.cut.store(false, Ordering::SeqCst);
            let found = storage.get_social_auth("github", "second").await.unwrap();
            assert!(found.is_none());
            assert_eq!(count(&storage, "true").await, 1);
            let again = sign_up_with_profile("second", "second");
            storage.commit(again).await.unwrap();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_no_transaction_open() {
    with_database(behind_proxy)
        .await
        .run(|(storage, _proxy)| async move {
            let mut slow = sign_up_with_profile("first", "first");
            slow.own_writes.push(write("SELECT pg_sleep(0.5)", []));
            let waited = tokio::time::timeout(Duration::from_millis(250), storage.commit(slow));
            waited.await.unwrap_err();
            // The only connection of the pool is another one now.
            let next = sign_up_with_profile("first", "first");
            storage.commit(next).await.unwrap();
            assert_eq!(storage.row_counts().await["users"], 1);
            assert_eq!(count(&storage, "true").await, 1);
        })
        .await;
}

/// A team may have its rules checked at the end.
#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_checked_with_the_commit_take_all_back_too() {
    let deferred = OwnTables {
        sqlite: "".into(),
        postgres: "ALTER TABLE profiles ADD CONSTRAINT one_share UNIQUE (share) \
                   DEFERRABLE INITIALLY DEFERRED; \
                   ALTER TABLE profiles ALTER CONSTRAINT profiles_plan_fkey \
                   DEFERRABLE INITIALLY DEFERRED"
            .into(),
    };
    on_postgres(|storage| async move {
        let storage = with_profiles(storage).await;
        storage
            .clone()
            .with_own_tables(vec![deferred])
            .migrate()
            .await
            .unwrap();
        let share = || write("UPDATE profiles SET share = 0.5", []);
        let first = sign_up_with_profile("first", "first");
        storage.commit(first).await.unwrap();
        let mut second = sign_up_with_profile("second", "second");
        second.own_writes.push(share());
        refused(&storage, second, Conflict::OwnWrite).await;
        let mut third = sign_up_with_profile("third", "third");
        let plan = "UPDATE profiles SET plan = $1";
        third.own_writes.push(write(plan, ["s3cret".into()]));
        let text = fails(&storage, third).await;
        assert!(text.contains("profiles_plan_fkey"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
        assert_eq!(count(&storage, "true").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_of_own_writes_is_a_serialization_conflict() {
    on_postgres(|storage| async move {
        let storage = with_profiles(storage).await;
        for name in ["first", "second"] {
            let changes = sign_up_with_profile(name, name);
            storage.commit(changes).await.unwrap();
        }
        let touch = |handle: &str| {
            let sql = "UPDATE profiles SET points = 1 WHERE handle = $1";
            write(sql, [handle.into()])
        };
        let both = [["first", "second"], ["second", "first"]].map(|[one, other]| {
            let wait = write("SELECT pg_sleep(0.3)", []);
            let changes = Changes {
                own_writes: vec![touch(one), wait, touch(other)],
                ..Changes::default()
            };
            let storage = storage.clone();
            tokio::spawn(async move { storage.commit(changes).await })
        });
        let mut lost = 0;
        for one in both {
            match one.await.unwrap() {
                Ok(_) => {}
                Err(CommitError::Conflict(Conflict::Serialization)) => lost += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(lost, 1);
        let (user_id, _) = signed_up(&storage, "third", "github", "3").await;
        let after = Changes {
            own_writes: vec![profile(user_id, "third")],
            ..Changes::default()
        };
        storage.commit(after).await.unwrap();
    })
    .await;
}
