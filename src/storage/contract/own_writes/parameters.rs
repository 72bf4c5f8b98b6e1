//! Values arrive as what they are, wherever their placeholders stand.

use serde_json::json;

use super::{count, sign_up_with_profile, with_profiles, write};
use crate::model::{Changes, OwnWrite, Parameter};
use crate::storage::Storage as _;
use crate::storage::contract::fixtures::*;
use crate::storage::contract::on_both;
use crate::storage::diesel::DieselStorage;

on_both!(
    every_kind_of_parameter_arrives_as_what_it_is,
    a_null_is_of_whatever_type_is_wanted,
    placeholders_may_come_in_any_order_and_more_than_once,
    a_quote_that_looks_like_a_placeholder_is_none,
);

async fn run(storage: &DieselStorage, write: OwnWrite) {
    let changes = Changes {
        own_writes: vec![write],
        ..Changes::default()
    };
    storage.commit(changes).await.unwrap();
}

async fn every_kind_of_parameter_arrives_as_what_it_is(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let (user_id, _) = signed_up(&storage, "octocat", "github", "1").await;
    let values: [Parameter; 8] = [
        user_id.into(),
        "naïve 'quoted'\"; --".into(),
        i64::MAX.into(),
        0.1.into(),
        true.into(),
        vec![0_u8, 255, 39].into(),
        now().into(),
        json!({"a": [1, null, "ü"]}).into(),
    ];
    let insert = "INSERT INTO profiles (user_id, handle, points, share, listed, seal, seen, claims) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    run(&storage, write(insert, values.clone())).await;
    let find = "UPDATE profiles SET plan = NULL, handle = 'found' WHERE user_id = $1 AND handle = $2 \
                AND points = $3 AND share = $4 AND listed = $5 AND seal = $6 AND seen = $7 \
                AND claims = $8";
    run(&storage, write(find, values)).await;
    // Ids and moments are written as ours are.
    let as_ours = "handle = 'found' AND points = 9223372036854775807 AND share = 0.1 AND EXISTS \
                   (SELECT 1 FROM users WHERE id = user_id AND date_joined = seen)";
    assert_eq!(count(&storage, as_ours).await, 1);
}

async fn a_null_is_of_whatever_type_is_wanted(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let mut changes = sign_up_with_profile("octocat", "octo");
    let sql = "UPDATE profiles SET points = $1, share = $2, listed = $3, seal = $4, seen = $5, \
               claims = $6, plan = $7";
    let nulls = [
        None::<i64>.into(),
        None::<f64>.into(),
        None::<bool>.into(),
        None::<Vec<u8>>.into(),
        None::<chrono::DateTime<chrono::Utc>>.into(),
        None::<serde_json::Value>.into(),
        Parameter::Null,
    ];
    changes.own_writes.push(write(sql, nulls));
    storage.commit(changes).await.unwrap();
    let empty = "points IS NULL AND share IS NULL AND listed IS NULL AND seal IS NULL \
                 AND seen IS NULL AND claims IS NULL AND plan IS NULL";
    assert_eq!(count(&storage, empty).await, 1);
}

async fn placeholders_may_come_in_any_order_and_more_than_once(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let mut changes = sign_up_with_profile("octocat", "octo");
    let sql =
        "UPDATE profiles SET points = $3, handle = $2 || $1 || $2 WHERE handle = $4 AND $3 = $3";
    let values = ["b".into(), "a".into(), 7_i64.into(), "octo".into()];
    changes.own_writes.push(write(sql, values));
    // What is grouped by has to be the same parameter as what is selected.
    let grouped = "INSERT INTO plans (name) SELECT $2 || username || $1 FROM users \
                   GROUP BY $2 || username || $1";
    changes
        .own_writes
        .push(write(grouped, [">".into(), "<".into()]));
    storage.commit(changes).await.unwrap();
    assert_eq!(count(&storage, "handle = 'aba' AND points = 7").await, 1);
    let planned = "EXISTS (SELECT 1 FROM plans WHERE name = '<octocat>')";
    assert_eq!(count(&storage, planned).await, 1);
}

async fn a_quote_that_looks_like_a_placeholder_is_none(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let mut changes = sign_up_with_profile("octocat", "octo");
    let sql = "UPDATE profiles /* $2 */ SET \"handle\" = '$1 is ''$1'' ' || $1 -- $3";
    changes.own_writes.push(write(sql, ["x".into()]));
    storage.commit(changes).await.unwrap();
    let expected = "handle = '$1 is ''$1'' x'";
    assert_eq!(count(&storage, expected).await, 1);
}
