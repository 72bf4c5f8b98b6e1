//! A team's own tables are made with ours.

use super::{count, profiles, sign_up_with_profile, with_profiles};
use crate::storage::contract::harness::{connect, with_database};
use crate::storage::contract::on_both;
use crate::storage::diesel::DieselStorage;
use crate::storage::{OwnTables, Storage as _, StorageError};

on_both!(
    own_tables_are_made_once_and_what_stands_in_them_stays,
    tables_that_cannot_be_made_stop_the_start_and_leave_nothing,
);

async fn own_tables_are_made_once_and_what_stands_in_them_stays(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let changes = sign_up_with_profile("octocat", "octo");
    storage.commit(changes).await.unwrap();
    storage.migrate().await.unwrap();
    assert!(storage.is_migrated().await.unwrap());
    assert_eq!(count(&storage, "handle = 'octo'").await, 1);
}

async fn tables_that_cannot_be_made_stop_the_start_and_leave_nothing(storage: DieselStorage) {
    let wrong = OwnTables {
        sqlite: "CREATE TABLE half (a TEXT); CREATE TABEL other (a TEXT)".into(),
        postgres: "CREATE TABLE half (a text); CREATE TABEL other (a text)".into(),
    };
    let storage = storage.with_own_tables(vec![profiles(), wrong]);
    let error = storage.migrate().await.unwrap_err();
    assert!(matches!(error, StorageError::Migration(_)), "{error:?}");
    assert!(error.to_string().contains("syntax error"), "{error}");
    for table in ["half", "profiles"] {
        let look = format!("SELECT 1 FROM {table}");
        storage.execute(&look).await.unwrap_err();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_make_them_at_once_both_succeed() {
    let open = |url: String| async move { (connect(&url).await, connect(&url).await) };
    with_database(open)
        .await
        .run(|(first, second)| async move {
            for _ in 0..5 {
                let racers = [first.clone(), second.clone()].map(|storage| {
                    let storage = storage.with_own_tables(vec![profiles()]);
                    tokio::spawn(async move { storage.migrate().await })
                });
                for racer in racers {
                    racer.await.unwrap().unwrap();
                }
                let drop = "DROP TABLE profiles, plans";
                first.execute(drop).await.unwrap();
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_checked_at_the_end_would_fail_others_on_sqlite_and_is_refused() {
    crate::storage::contract::harness::on_sqlite(|storage| async move {
        let deferred = OwnTables {
            sqlite: "CREATE TABLE IF NOT EXISTS notes (user_id BLOB REFERENCES users (id) \
                     deferrable initially deferred)"
                .into(),
            postgres: "".into(),
        };
        let storage = storage.with_own_tables(vec![deferred]);
        let error = storage.migrate().await.unwrap_err().to_string();
        assert!(error.contains("`notes`"), "{error}");
        storage.execute("SELECT 1 FROM notes").await.unwrap_err();
    })
    .await;
}
