//! Values at the edge of what a column takes.

use serde_json::{Value, json};

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, UserChanges};
use crate::storage::diesel::DieselStorage;
use crate::storage::{Associations as _, Storage as _, StorageError, Users as _};

on_both!(
    values_that_are_too_long_are_refused_and_never_cut,
    the_longest_values_are_kept_whole,
    numbers_of_json_keep_their_exact_text,
    moments_are_kept_to_the_microsecond,
    an_address_is_not_claimed_when_it_is_empty,
    a_nul_in_a_key_is_a_failure_and_not_repeated,
    a_row_that_is_no_object_is_said_to_be_corrupt,
    an_error_repeats_no_value,
);

async fn values_that_are_too_long_are_refused_and_never_cut(storage: DieselStorage) {
    let long = |length| "é".repeat(length);
    let mut email = sign_up("a", "github", "1");
    email.new_user.as_mut().unwrap().email = Some(long(255));
    let refusals = [
        (sign_up(&long(151), "github", "1"), "users_username_length"),
        (sign_up("", "github", "1"), "users_username_length"),
        (email, "users_email_length"),
        (
            sign_up("a", &long(33), "1"),
            "social_auth_usersocialauth_provider_length",
        ),
        (
            sign_up("a", "github", &long(256)),
            "social_auth_usersocialauth_uid_length",
        ),
        (
            sign_up("a", "github", ""),
            "social_auth_usersocialauth_uid_not_empty",
        ),
    ];
    for (changes, constraint) in refusals {
        let text = fails(&storage, changes).await;
        assert!(text.contains(constraint), "{constraint}: {text}");
    }
}

async fn the_longest_values_are_kept_whole(storage: DieselStorage) {
    let long = |length| "é".repeat(length);
    let mut changes = sign_up(&long(150), &long(32), &long(255));
    changes.new_user.as_mut().unwrap().email = Some(long(254));
    storage.commit(changes).await.unwrap();
    let found = storage.get_social_auth(&long(32), &long(255)).await;
    let (_, user) = found.unwrap().unwrap();
    assert_eq!(user.username, long(150));
    assert_eq!(user.email, Some(long(254)));
}

async fn numbers_of_json_keep_their_exact_text(storage: DieselStorage) {
    let text = r#"{"big":123456789012345678901234567890,"negative":-18446744073709551617,
        "fraction":0.10000000000000000000000001,"half":1.50}"#;
    let numbers: Value = serde_json::from_str(text).unwrap();
    let mut changes = sign_up("octocat", "github", "1");
    changes.new_user.as_mut().unwrap().extra = map(numbers.clone());
    let association = changes.new_association.as_mut().unwrap();
    *association.extra_data_mut() = map(numbers.clone());
    storage.commit(changes).await.unwrap();
    let found = storage.get_social_auth("github", "1").await.unwrap();
    let (association, user) = found.unwrap();
    assert_eq!(user.extra, map(numbers.clone()));
    assert_eq!(association.extra_data, map(numbers.clone()));
    let more = UserChanges {
        extra: map(json!({"again": numbers["big"]})),
        ..UserChanges::default()
    };
    let more = Changes {
        user: Some((user.id, more)),
        ..Changes::default()
    };
    storage.commit(more).await.unwrap();
    let user = storage.get_user(user.id).await.unwrap().unwrap();
    let text = user.extra["again"].to_string();
    assert_eq!(text, "123456789012345678901234567890");
}

async fn moments_are_kept_to_the_microsecond(storage: DieselStorage) {
    let fine = chrono::DateTime::from_timestamp(1_800_000_000, 123_456_789).unwrap();
    let mut user = new_user("octocat");
    user.date_joined = fine;
    let id = user.id;
    let create = Changes {
        new_user: Some(user),
        ..Changes::default()
    };
    storage.commit(create).await.unwrap();
    let stored = storage.get_user(id).await.unwrap().unwrap();
    assert_eq!(stored.date_joined, now(), "cut, not rounded");
}

async fn an_address_is_not_claimed_when_it_is_empty(storage: DieselStorage) {
    for name in ["first", "second"] {
        let mut user = new_user(name);
        user.email = Some(String::new());
        user.email_verified = true;
        let id = user.id;
        let create = Changes {
            new_user: Some(user),
            ..Changes::default()
        };
        storage.commit(create).await.unwrap();
        let stored = storage.get_user(id).await.unwrap().unwrap();
        assert!(!stored.email_verified);
    }
}

async fn a_nul_in_a_key_is_a_failure_and_not_repeated(storage: DieselStorage) {
    for (username, uid) in [("secret\0", "1"), ("octocat", "secret\0")] {
        let text = fails(&storage, sign_up(username, "github", uid)).await;
        assert!(!text.contains("secret"), "{text}");
    }
}

async fn a_row_that_is_no_object_is_said_to_be_corrupt(storage: DieselStorage) {
    let (id, _) = signed_up(&storage, "octocat", "github", "1").await;
    let spoil = "UPDATE users SET extra = '[]'";
    storage.execute(spoil).await.unwrap();
    let error = storage.get_user(id).await.unwrap_err();
    let corrupt = StorageError::Corrupt {
        table: "users",
        column: "extra",
    };
    assert_eq!(error.to_string(), corrupt.to_string());
}

async fn an_error_repeats_no_value(storage: DieselStorage) {
    let attempts = [
        "UPDATE users SET date_joined = 'secret'",
        "INSERT INTO used_marks (kind, digest, expires) VALUES ('secret', NULL, NULL)",
        "SELECT secret FROM secret",
    ];
    signed_up(&storage, "octocat", "github", "1").await;
    for attempt in attempts {
        let error = storage.execute(attempt).await.unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
