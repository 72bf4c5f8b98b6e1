//! PARITY 2, 3, 5–7, 13, 15: what becomes of a profile.

use serde_json::{Value, json};

use super::people::People;
use crate::support::server::{Store, on_both};

on_both!(
    an_address_keeps_its_case_unless_told_otherwise,
    names_are_split_and_joined_unless_told_otherwise,
    user_fields_say_what_a_user_is_created_with,
    extra_data_holds_what_is_asked_for,
    a_later_answer_updates_what_is_not_protected,
);

/// PARITY 2 and 13: a backend's own setting beats the one for all.
async fn an_address_keeps_its_case_unless_told_otherwise(store: Store) {
    let all = ("SOCIAL_AUTH_FORCE_EMAIL_LOWERCASE", "true");
    let own = |value| ("SOCIAL_AUTH_PEOPLE_FORCE_EMAIL_LOWERCASE", value);
    for (settings, kept) in [
        (&[][..], "Ann@X.Example"),
        (&[all], "ann@x.example"),
        (&[own("true")], "ann@x.example"),
        (&[all, own("false")], "Ann@X.Example"),
    ] {
        let people = People::start(&store, settings).await;
        let user = people
            .user(json!({"id": 1, "email": "Ann@X.Example", "verified": true}))
            .await;
        assert_eq!(user["email"], kept, "{settings:?}");
        assert_eq!(user["email_verified"], true);
        for (id, none) in [(2, Value::Null), (3, json!(""))] {
            let user = people
                .user(json!({"id": id, "email": none, "verified": true}))
                .await;
            assert_eq!(user["email"], Value::Null);
            assert_eq!(user["email_verified"], false);
        }
    }
}

async fn names_are_split_and_joined_unless_told_otherwise(store: Store) {
    let whole = json!({"id": 1, "name": " Ann  Mid Lee "});
    let parts = json!({"id": 2, "first": "Bo", "last": "Ray"});
    for (settings, names) in [
        (
            &[][..],
            [["Ann  Mid Lee", "Ann", "Mid Lee"], ["Bo Ray", "Bo", "Ray"]],
        ),
        (
            &[("SOCIAL_AUTH_FIRSTLAST_FROM_FULL", "false")],
            [["Ann  Mid Lee", "", ""], ["Bo Ray", "Bo", "Ray"]],
        ),
        (
            &[("SOCIAL_AUTH_PEOPLE_FULL_FROM_FIRSTLAST", "false")],
            [["Ann  Mid Lee", "Ann", "Mid Lee"], ["", "Bo", "Ray"]],
        ),
    ] {
        let people = People::start(&store, settings).await;
        for (profile, expected) in [&whole, &parts].into_iter().zip(names) {
            let user = people.user(profile.clone()).await;
            let made = ["fullname", "first_name", "last_name"]
                .map(|name| user[name].as_str().unwrap_or_default().to_owned());
            assert_eq!(made, expected, "{settings:?}");
        }
    }
}

/// USR-4.
async fn user_fields_say_what_a_user_is_created_with(store: Store) {
    let profile = json!({
        "id": 1, "username": "ann", "email": "a@x.example", "team": "red",
        "is_staff": true, "is_superuser": true, "password": "x", "is_active": false,
    });
    for (settings, email, extra) in [
        (&[][..], json!("a@x.example"), json!({})),
        (
            &[("SOCIAL_AUTH_USER_FIELDS", r#"["username"]"#)],
            Value::Null,
            json!({}),
        ),
        (
            &[(
                "SOCIAL_AUTH_USER_FIELDS",
                r#"["username", "email", "team", "is_staff", "password"]"#,
            )],
            json!("a@x.example"),
            json!({"team": "red"}),
        ),
        (
            &[("SOCIAL_AUTH_USER_FIELD_MAPPING", r#"{"team": "squad"}"#)],
            json!("a@x.example"),
            json!({"squad": "red"}),
        ),
    ] {
        let people = People::start(&store, settings).await;
        let user = people.user(profile.clone()).await;
        assert_eq!(user["username"], "ann");
        assert_eq!(user["email"], email, "{settings:?}");
        let rows = people
            .server
            .store
            .query("SELECT extra, password FROM users");
        let kept: Value = serde_json::from_str(&rows[0][0]).unwrap();
        assert_eq!(kept, extra, "{settings:?}");
        assert_eq!(rows[0][1], "NULL");
    }
}

/// PARITY 5 and 6.
async fn extra_data_holds_what_is_asked_for(store: Store) {
    let profile = json!({
        "id": 1, "username": "ann", "plan": "gold", "city": "Ulm", "none": null, "expires_in": "3600",
        "token_type": "bearer",
    });
    let more =
        r#"["none", ["city", "town"], ["gone", "gone", true], ["lost", "lost"], "username"]"#;
    let people = People::start(&store, &[("SOCIAL_AUTH_EXTRA_DATA", more)]).await;
    let mut kept = people.extra_data(profile.clone()).await;
    assert!(kept["auth_time"].as_u64().unwrap() > 1_700_000_000);
    kept.as_object_mut().unwrap().remove("auth_time");
    assert_eq!(
        kept,
        json!({
            "plan": "gold", "expires_in": "3600", "none": null, "town": "Ulm", "lost": null,
            "username": "ann", "access_token": "token", "token_type": "bearer",
        })
    );
    let later = people
        .extra_data(json!({"id": 1, "username": "ann", "plan": "tin"}))
        .await;
    assert_eq!(later["plan"], "tin");
    assert_eq!(later["token_type"], Value::Null);

    let people = People::start(&store, &[("SOCIAL_AUTH_PEOPLE_GET_ALL_EXTRA_DATA", "true")]).await;
    let kept = people.extra_data(profile.clone()).await;
    for (name, value) in profile.as_object().unwrap() {
        assert_eq!(&kept[name], value, "{name}");
    }
    assert_eq!(kept["access_token"], "token");
    let later = people.extra_data(json!({"id": 1, "plan": "tin"})).await;
    assert_eq!(later["city"], "Ulm", "old keys stay");
}

/// PARITY 7 and 15: absent is not empty.
async fn a_later_answer_updates_what_is_not_protected(store: Store) {
    let first = json!({"id": 1, "username": "ann", "email": "a@x.example", "name": "Ann Lee"});
    let second = json!({"id": 1, "username": "eve", "email": "e@x.example", "name": "Eve Ray"});
    let protect = (
        "SOCIAL_AUTH_PROTECTED_USER_FIELDS",
        r#"["fullname", "first_name"]"#,
    );
    let freeze = ("SOCIAL_AUTH_IMMUTABLE_USER_FIELDS", r#"["fullname"]"#);
    let free = ("SOCIAL_AUTH_NO_DEFAULT_PROTECTED_USER_FIELDS", "true");
    for (settings, username, email, fullname, first_name) in [
        (&[][..], "ann", "a@x.example", json!("Eve Ray"), "Eve"),
        (&[protect], "ann", "a@x.example", Value::Null, ""),
        (&[freeze], "ann", "a@x.example", json!("Ann Lee"), "Eve"),
        (&[free], "eve", "e@x.example", json!("Eve Ray"), "Eve"),
    ] {
        let people = People::start(&store, settings).await;
        people.user(first.clone()).await;
        let user = people.user(second.clone()).await;
        assert_eq!(user["is_new"], false);
        assert_eq!(user["username"], username, "{settings:?}");
        assert_eq!(user["email"], email, "{settings:?}");
        assert_eq!(user["fullname"], fullname, "{settings:?}");
        assert_eq!(user["first_name"].as_str().unwrap_or_default(), first_name);
        assert_eq!(people.server.get("/me", None).await.status, 401);
    }
    let people = People::start(&store, &[]).await;
    people.user(first).await;
    for silent in [
        json!({"id": 1}),
        json!({"id": 1, "name": null, "first": null}),
    ] {
        let user = people.user(silent).await;
        assert_eq!(user["fullname"], "Ann Lee", "absent is not empty");
        assert_eq!(user["last_name"], "Lee");
    }
    let cleared = people
        .user(json!({"id": 1, "name": "", "first": "", "last": ""}))
        .await;
    assert_eq!(cleared["fullname"].as_str().unwrap_or_default(), "");
    assert_eq!(cleared["first_name"].as_str().unwrap_or_default(), "");
}
