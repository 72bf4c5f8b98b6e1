//! Settings that change who a person is and what is asked of the provider.
//!
//! What is expected is what social-auth-core 7.0.0 came to with the same
//! settings and answers, unless a comment says otherwise.

use serde_json::{Value, json};

use super::people::People;
use crate::support::server::{Store, on_both};

on_both!(
    a_uid_may_stand_under_another_key,
    a_token_is_held_to_its_owner_whatever_is_the_uid,
    details_may_stand_under_other_keys,
    parameters_are_added_to_the_profile_call,
    parameters_are_added_to_the_authorize_url,
    groups_that_are_cut_short_let_nobody_in,
);

const ID_KEY: &str = "SOCIAL_AUTH_PEOPLE_ID_KEY";

fn profile() -> Value {
    json!({
        "id": 1, "username": "ann", "email": "a@x.example", "staff_no": "S-7", "none": null, "empty": "",
        "zero": 0, "big": 18_446_744_073_709_551_615_u64, "a.b": "flat", "a": {"b": "deep"}, "flag": true,
        "name": "", "team": "red", "word": "None",
    })
}

async fn a_uid_may_stand_under_another_key(store: Store) {
    for (key, uid) in [
        ("", Ok("1")),
        ("staff_no", Ok("S-7")),
        ("email", Ok("a@x.example")),
        ("username", Ok("ann")),
        ("team", Ok("red")),
        ("zero", Ok("0")),
        ("big", Ok("18446744073709551615")),
        // One key, not a path.
        ("a.b", Ok("flat")),
        ("none", Err((502, "missing_claim"))),
        ("empty", Err((502, "missing_claim"))),
        ("fullname", Err((502, "missing_claim"))),
        ("gone", Err((502, "missing_claim"))),
        // 7.0.0 would make them "True", "{'b': 'deep'}" and "None".
        ("flag", Err((401, "invalid_claim"))),
        ("a", Err((401, "invalid_claim"))),
        ("word", Err((401, "invalid_claim"))),
    ] {
        let people = People::start(&store, &[(ID_KEY, key)]).await;
        let reply = people.sign_up(profile()).await;
        match uid {
            Ok(uid) => {
                assert_eq!(reply.status, 201, "{key}: {}", reply.text);
                assert_eq!(reply.json()["social_auth"]["uid"], uid, "{key}");
            }
            Err((status, code)) => {
                let expected = (status, code.to_owned());
                assert_eq!(reply.status_and_code(), expected, "{key}");
            }
        }
    }
    let for_all = ("SOCIAL_AUTH_ID_KEY", "staff_no");
    let own = (ID_KEY, "username");
    let people = People::start(&store, &[for_all, own]).await;
    let user = people.user(profile()).await;
    assert_eq!(user["social_auth"]["uid"], "ann", "its own setting wins");
}

/// The provider names the token's owner by its own id: another uid does not
/// loosen that.
async fn a_token_is_held_to_its_owner_whatever_is_the_uid(store: Store) {
    let people = People::start(&store, &[(ID_KEY, "staff_no")]).await;
    let (told, owner) = (profile(), json!({"app": "key", "id": 2}));
    let reply = people.sign_up_of(&told, &owner).await;
    let expected = (401, "credential_rejected".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    let owner = json!({"app": "key", "id": "S-7"});
    let reply = people.sign_up_of(&told, &owner).await;
    assert_eq!(reply.status_and_code(), expected);
    assert_eq!(people.server.store.rows(), [0; 5]);
    // What the client says is nowhere looked at.
    let said = json!({"staff_no": "S-9", "token_response": {"staff_no": "S-9"}});
    let reply = people.sign_up_with(json!({"id": 1}), said).await;
    let expected = (502, "missing_claim".to_owned());
    assert_eq!(reply.status_and_code(), expected);
}

async fn details_may_stand_under_other_keys(store: Store) {
    let told = json!({
        "id": 1, "username": "ann", "email": "a@x.example", "verified": true, "name": "Ann Lee",
        "nick": "annie", "work": "w@x.example", "display": "Dr Lee", "given": "Anna", "family": "Leigh",
    });
    let own = [
        ("SOCIAL_AUTH_PEOPLE_USERNAME_KEY", "nick"),
        ("SOCIAL_AUTH_PEOPLE_EMAIL_KEY", "work"),
        ("SOCIAL_AUTH_PEOPLE_FULLNAME_KEY", "display"),
        ("SOCIAL_AUTH_PEOPLE_FIRST_NAME_KEY", "given"),
        ("SOCIAL_AUTH_PEOPLE_LAST_NAME_KEY", "family"),
    ];
    let people = People::start(&store, &own).await;
    let user = people.user(told.clone()).await;
    for (field, value) in [
        ("username", json!("annie")),
        ("email", json!("w@x.example")),
        // The provider vouched for the other address.
        ("email_verified", json!(false)),
        ("fullname", json!("Dr Lee")),
        ("first_name", json!("Anna")),
        ("last_name", json!("Leigh")),
    ] {
        assert_eq!(user[field], value, "{field}");
    }
    // For all providers they mean those of OpenID, as in 7.0.0.
    let for_all = [("SOCIAL_AUTH_USERNAME_KEY", "nick")];
    let people = People::start(&store, &for_all).await;
    assert_eq!(people.user(told).await["username"], "ann");
}

async fn parameters_are_added_to_the_profile_call(store: Store) {
    let settings = [
        (
            "SOCIAL_AUTH_PEOPLE_PROFILE_EXTRA_PARAMS",
            r#"{"fields": "id,email", "locale": "pt BR", "page": 2}"#,
        ),
        ("SOCIAL_AUTH_PEOPLE_USER_AGENT", "mine/1"),
    ];
    for (settings, query, agent) in [
        (&[][..], vec![("fields", "id,name"), ("lang", "en")], None),
        (
            &settings,
            vec![
                ("fields", "id,email"),
                ("lang", "en"),
                ("locale", "pt BR"),
                ("page", "2"),
            ],
            Some("mine/1"),
        ),
    ] {
        let people = People::start(&store, settings).await;
        people.user(profile()).await;
        let request = people.profile_request();
        let mut sent = request.query.clone();
        sent.sort();
        let query: Vec<(String, String)> = query
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(sent, query);
        assert_eq!(request.header("authorization"), Some("Bearer token"));
        let said = request.header("user-agent").unwrap();
        assert!(agent.is_none_or(|agent| agent == said), "{said}");
    }
}

async fn parameters_are_added_to_the_authorize_url(store: Store) {
    let own = (
        "SOCIAL_AUTH_PEOPLE_AUTH_EXTRA_ARGUMENTS",
        r#"{"prompt": "select account", "hd": "x.example"}"#,
    );
    for (settings, url) in [
        (&[][..], "https://people.example/authorize"),
        (
            &[own],
            "https://people.example/authorize?hd=x.example&prompt=select+account",
        ),
        (
            &[("SOCIAL_AUTH_AUTH_EXTRA_ARGUMENTS", r#"{"a": "b"}"#)],
            "https://people.example/authorize?a=b",
        ),
    ] {
        let people = People::start(&store, settings).await;
        let listed = people.server.get("/providers", None).await.json();
        let listed = listed.as_array().unwrap();
        let found = listed.iter().find(|provider| provider["name"] == "people");
        assert_eq!(found.unwrap()["authorize_url"], url);
    }
}

/// Of 7.0.0: Microsoft tells so that somebody is in too many groups to name.
async fn groups_that_are_cut_short_let_nobody_in(store: Store) {
    let settings = [
        ("SOCIAL_AUTH_ALLOW_GROUPS", r#"["staff"]"#),
        ("SOCIAL_AUTH_GROUPS_KEY", "groups"),
        ("SOCIAL_AUTH_GROUPS_MISSING_AS_EMPTY", "true"),
    ];
    let people = People::start(&store, &settings).await;
    for (told, status, code) in [
        (json!({"id": 1}), 403, "authentication_disallowed"),
        (
            json!({"id": 1, "groups": []}),
            403,
            "authentication_disallowed",
        ),
        (json!({"id": 1, "groups": null}), 401, "invalid_claim"),
        (
            json!({"id": 1, "groups": ["staff", ""]}),
            401,
            "invalid_claim",
        ),
        (
            json!({"id": 1, "groups": ["staff"], "hasgroups": true}),
            401,
            "invalid_claim",
        ),
        (
            json!({"id": 1, "_claim_names": {"groups": "src1"}}),
            401,
            "invalid_claim",
        ),
    ] {
        let refused = people.sign_up(told.clone()).await;
        assert_eq!(
            refused.status_and_code(),
            (status, code.to_owned()),
            "{told}"
        );
    }
    people.user(json!({"id": 1, "groups": ["staff"]})).await;
}
