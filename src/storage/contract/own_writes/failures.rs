//! A statement that fails takes all back, and its failure repeats no value.

use super::{count, sign_up_with_profile, with_profiles, write};
use crate::model::{OwnWrite, Parameter};
use crate::storage::OwnTables;
use crate::storage::Storage as _;
use crate::storage::contract::fixtures::*;
use crate::storage::contract::on_both;
use crate::storage::diesel::DieselStorage;

on_both!(
    a_statement_that_fails_takes_all_back_and_is_told_without_a_value,
    what_a_trigger_says_is_not_repeated,
    a_failure_is_nobody_elses,
);

/// What must not be in the text of any error.
const VALUE: &str = "s3cret";

async fn a_statement_that_fails_takes_all_back_and_is_told_without_a_value(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let set = |sql: &str, value: Parameter| write(sql, [value]);
    let value = || Parameter::from(VALUE);
    let cases: [(OwnWrite, &[&str]); 7] = [
        (
            set("UPDATE profiles SET handle = $1", Parameter::Null),
            &["may not be null", "handle"],
        ),
        (
            set("UPDATE profiles SET points = $1", Parameter::from(-41_017)),
            &["a check", "profiles_points"],
        ),
        (
            set("UPDATE profiles SET plan = $1", value()),
            &["a row that is not there"],
        ),
        (
            set("UPDATE missing SET a = $1", value()),
            &["no such table"],
        ),
        (
            set("UPDATE profiles SET absent = $1", value()),
            &["no such column"],
        ),
        (
            set("UPDATE profiles SET SET handle = $1", value()),
            &["syntax error"],
        ),
        (
            write("UPDATE profiles SET handle = 's3cret' SELECT 's3cret'", []),
            &["syntax error"],
        ),
    ];
    for (failing, words) in cases {
        let mut changes = sign_up_with_profile("octocat", VALUE);
        let sql = failing.sql().to_owned();
        changes.own_writes.push(failing);
        let text = fails(&storage, changes).await;
        assert!(text.contains("own write, number 2"), "{sql}: {text}");
        assert!(
            words.iter().any(|word| text.contains(word)),
            "{sql}: {text}"
        );
        assert!(!text.contains(VALUE) && !text.contains("41017"), "{text}");
        assert_eq!(count(&storage, "true").await, 0, "{sql}");
    }
    // The connection is as good as before.
    let good = sign_up_with_profile("octocat", VALUE);
    storage.commit(good).await.unwrap();
}

async fn what_a_trigger_says_is_not_repeated(storage: DieselStorage) {
    let trigger = OwnTables {
        sqlite: "CREATE TRIGGER IF NOT EXISTS says BEFORE UPDATE ON profiles \
                 BEGIN SELECT RAISE(ABORT, 'no such s3cret'); END"
            .into(),
        postgres: "CREATE OR REPLACE FUNCTION says() RETURNS trigger LANGUAGE plpgsql AS \
                   $$ BEGIN RAISE EXCEPTION 'not this: %', NEW.handle; END $$; \
                   CREATE OR REPLACE TRIGGER says BEFORE UPDATE ON profiles \
                   FOR EACH ROW EXECUTE FUNCTION says()"
            .into(),
    };
    let storage = storage.with_own_tables(vec![super::profiles(), trigger]);
    storage.migrate().await.unwrap();
    let mut changes = sign_up_with_profile("octocat", VALUE);
    let touch = "UPDATE profiles SET points = 1";
    changes.own_writes.push(write(touch, []));
    let text = fails(&storage, changes).await;
    assert!(text.contains("own write, number 2"), "{text}");
    assert!(!text.contains(VALUE), "{text}");
}

/// On SQLite many are committed together.
async fn a_failure_is_nobody_elses(storage: DieselStorage) {
    let storage = with_profiles(storage).await;
    let sign_ups = (0..40).map(|number| {
        let (storage, name) = (storage.clone(), format!("user{number}"));
        tokio::spawn(async move {
            let mut changes = sign_up_with_profile(&name, &name);
            if number % 2 == 1 {
                changes
                    .own_writes
                    .push(write("UPDATE missing SET a = 1", []));
            }
            (number, storage.commit(changes).await.is_ok())
        })
    });
    for signed_up in sign_ups.collect::<Vec<_>>() {
        let (number, written) = signed_up.await.unwrap();
        assert_eq!(written, number % 2 == 0, "{number}");
    }
    assert_eq!(count(&storage, "true").await, 20);
    assert_eq!(storage.row_counts().await["users"], 20);
}
