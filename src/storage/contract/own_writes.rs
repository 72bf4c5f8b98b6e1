//! Writes of a team's own steps: part of the commit, or not there at all.

mod failures;
mod parameters;
mod postgres_only;
mod tables;

use uuid::Uuid;

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, Conflict, Guard, OwnWrite, Parameter};
use crate::storage::diesel::DieselStorage;
use crate::storage::{OwnTables, Storage as _};

on_both!(
    a_row_of_ones_own_comes_with_its_user_and_goes_with_them,
    statements_run_in_their_order_after_ours,
    a_key_of_ones_own_that_is_taken_is_a_conflict_of_its_own,
    what_keeps_the_commit_back_keeps_own_writes_back,
);

/// A table as a team has it.
fn profiles() -> OwnTables {
    OwnTables {
        sqlite: "CREATE TABLE IF NOT EXISTS profiles (
            user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
            handle TEXT NOT NULL UNIQUE,
            points INTEGER CONSTRAINT profiles_points CHECK (points >= 0),
            share REAL,
            listed INTEGER,
            seal BLOB,
            seen INTEGER,
            claims TEXT,
            plan TEXT REFERENCES plans (name)
        );
        CREATE TABLE IF NOT EXISTS plans (name TEXT PRIMARY KEY)"
            .into(),
        postgres: "CREATE TABLE IF NOT EXISTS plans (name text PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS profiles (
            user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
            handle text NOT NULL UNIQUE,
            points bigint CONSTRAINT profiles_points CHECK (points >= 0),
            share double precision,
            listed boolean,
            seal bytea,
            seen timestamptz,
            claims jsonb,
            plan text REFERENCES plans (name)
        )"
        .into(),
    }
}

/// The store with that table.
async fn with_profiles(storage: DieselStorage) -> DieselStorage {
    let storage = storage.with_own_tables(vec![profiles()]);
    storage.migrate().await.unwrap();
    storage
}

fn write(sql: &str, parameters: impl IntoIterator<Item = Parameter>) -> OwnWrite {
    OwnWrite::new(sql, parameters).unwrap()
}

fn profile(user_id: Uuid, handle: &str) -> OwnWrite {
    let sql = "INSERT INTO profiles (user_id, handle) VALUES ($1, $2)";
    write(sql, [user_id.into(), handle.into()])
}

/// All that a sign-up writes, and a profile.
fn sign_up_with_profile(name: &str, handle: &str) -> Changes {
    let mut changes = sign_up(name, "github", name);
    let user_id = changes.new_user.as_ref().unwrap().id;
    changes.own_writes = vec![profile(user_id, handle)];
    changes
}

async fn count(storage: &DieselStorage, condition: &str) -> i64 {
    let sql = format!("SELECT count(*) AS count FROM profiles WHERE {condition}");
    storage.number(sql).await
}

async fn a_row_of_ones_own_comes_with_its_user_and_goes_with_them(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let changes = sign_up_with_profile("octocat", "octo");
    let committed = storage.commit(changes).await.unwrap();
    assert!(committed.is_new && committed.new_association);
    let theirs = "handle = 'octo' AND user_id = (SELECT id FROM users)";
    assert_eq!(count(&storage, theirs).await, 1);
    storage.execute("DELETE FROM users").await.unwrap();
    assert_eq!(count(&storage, "true").await, 0);
}

async fn statements_run_in_their_order_after_ours(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let mut changes = sign_up_with_profile("octocat", "octo");
    changes.own_writes.extend([
        write(
            "UPDATE profiles SET handle = handle || $1",
            ["-first".into()],
        ),
        write(
            "UPDATE profiles SET handle = handle || $1",
            ["-second".into()],
        ),
        write(
            "UPDATE profiles SET points = (SELECT count(*) FROM sessions)",
            [],
        ),
    ]);
    storage.commit(changes).await.unwrap();
    let expected = "handle = 'octo-first-second' AND points = 1";
    assert_eq!(count(&storage, expected).await, 1);
}

async fn a_key_of_ones_own_that_is_taken_is_a_conflict_of_its_own(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let first = sign_up_with_profile("first", "octo");
    let user_id = first.new_user.as_ref().unwrap().id;
    storage.commit(first).await.unwrap();
    let second = sign_up_with_profile("second", "octo");
    refused(&storage, second.clone(), Conflict::OwnWrite).await;
    assert_eq!(count(&storage, "true").await, 1);
    assert!(Conflict::OwnWrite.may_run_again());

    let again = Changes {
        own_writes: vec![profile(user_id, "other")],
        ..Changes::default()
    };
    refused(&storage, again, Conflict::OwnWrite).await;
    let mut other = second;
    let user_id = other.new_user.as_ref().unwrap().id;
    other.own_writes = vec![profile(user_id, "octo-2")];
    storage.commit(other).await.unwrap();
    assert_eq!(count(&storage, "true").await, 2);
}

async fn what_keeps_the_commit_back_keeps_own_writes_back(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    storage
        .commit(sign_up_with_profile("first", "first"))
        .await
        .unwrap();
    let mut identity = sign_up_with_profile("second", "second");
    let user_id = identity.new_user.as_ref().unwrap().id;
    identity.new_association = Some(new_association(user_id, "github", "first"));
    let mut guard = sign_up_with_profile("third", "third");
    guard.guards = vec![Guard::UserActive(new_id())];
    let cases = [
        (sign_up_with_profile("First", "name"), Conflict::Username),
        (identity, Conflict::Identity),
        (guard, Conflict::Guard),
    ];
    for (changes, expected) in cases {
        refused(&storage, changes, expected).await;
        assert_eq!(count(&storage, "true").await, 1);
    }
}
