//! PARITY 8, 14, 16: who is let in.

use serde_json::{Value, json};

use super::people::People;
use crate::support::server::{Store, on_both};

on_both!(
    a_whitelist_lets_in_whom_it_names,
    groups_decide_who_comes_in,
    a_provider_may_be_for_association_alone,
);

type Settings<'a> = &'a [(&'a str, &'a str)];

async fn is_let_in(people: &People, profile: Value) -> bool {
    let before = people.server.store.rows();
    let reply = people.sign_up(profile).await;
    if reply.status == 201 {
        return true;
    }
    let expected = (403, "authentication_disallowed".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    assert_eq!(people.server.store.rows(), before);
    false
}

async fn a_whitelist_lets_in_whom_it_names(store: Store) {
    let emails = ("SOCIAL_AUTH_WHITELISTED_EMAILS", r#"["Ann@x.example"]"#);
    let domains = ("SOCIAL_AUTH_WHITELISTED_DOMAINS", r#"["Corp.example"]"#);
    let own = (
        "SOCIAL_AUTH_PEOPLE_WHITELISTED_DOMAINS",
        r#"["own.example"]"#,
    );
    let verified = ("SOCIAL_AUTH_WHITELIST_VERIFIED_ONLY", "true");
    let all = [
        "ANN@X.example",
        "bo@x.example",
        "bo@CORP.example",
        "bo@sub.corp.example",
        "bo@own.example",
    ];
    let table: [(Settings<'_>, [bool; 5]); 6] = [
        (&[], [true; 5]),
        (&[emails], [true, false, false, false, false]),
        (&[domains], [false, false, true, false, false]),
        (&[emails, domains], [true, false, true, false, false]),
        (&[domains, own], [false, false, false, false, true]),
        (&[emails, domains, verified], [false; 5]),
    ];
    for (settings, expected) in table {
        let people = People::start(&store, settings).await;
        for (id, (email, expected)) in all.into_iter().zip(expected).enumerate() {
            let let_in = is_let_in(&people, json!({"id": id + 1, "email": email})).await;
            assert_eq!(let_in, expected, "{settings:?} {email}");
        }
        for none in [
            json!({"id": 91}),
            json!({"id": 92, "email": ""}),
            json!({"id": 93, "email": null}),
        ] {
            assert_eq!(
                is_let_in(&people, none).await,
                settings.is_empty(),
                "{settings:?}"
            );
        }
    }
    let people = People::start(&store, &[emails, verified]).await;
    let ann = |verified: Value| json!({"id": 1, "email": "ann@x.example", "verified": verified});
    for unsure in [json!(false), json!("true"), json!(1), Value::Null] {
        assert!(!is_let_in(&people, ann(unsure)).await);
    }
    assert!(is_let_in(&people, ann(json!(true))).await);
}

async fn groups_decide_who_comes_in(store: Store) {
    let allowed = ("SOCIAL_AUTH_ALLOW_GROUPS", r#"["staff", "ops"]"#);
    let people = People::start(&store, &[allowed, ("SOCIAL_AUTH_GROUPS_KEY", "roles")]).await;
    for (roles, let_in) in [
        (json!(["staff"]), true),
        (json!(["guests", "ops"]), true),
        (json!(["guests"]), false),
        (json!(["Staff"]), false),
        (json!([]), false),
    ] {
        let profile = json!({"id": 1, "roles": roles});
        assert_eq!(is_let_in(&people, profile).await, let_in, "{roles}");
    }
    let before = people.server.store.rows();
    for (roles, status, code) in [
        (Value::Null, 401, "invalid_claim"),
        (json!("staff"), 401, "invalid_claim"),
        (json!([7]), 401, "invalid_claim"),
        (json!({"staff": true}), 401, "invalid_claim"),
    ] {
        let refused = people.sign_up(json!({"id": 1, "roles": roles})).await;
        assert_eq!(
            refused.status_and_code(),
            (status, code.to_owned()),
            "{roles}"
        );
    }
    assert_eq!(people.server.store.rows(), before);

    let of_one_provider = [
        ("SOCIAL_AUTH_PEOPLE_ALLOW_GROUPS", r#"["staff"]"#),
        ("SOCIAL_AUTH_PEOPLE_GROUPS_KEY", "roles"),
        ("SOCIAL_AUTH_GROUPS_MISSING_AS_EMPTY", "true"),
    ];
    let people = People::start(&store, &of_one_provider).await;
    assert!(!is_let_in(&people, json!({"id": 1})).await);
    assert!(is_let_in(&people, json!({"id": 1, "roles": ["staff"]})).await);
    let elsewhere = json!({"provider": "sandbox", "access_token": "alice"});
    assert_eq!(people.server.sign_up(elsewhere).await.status, 201);
}

async fn a_provider_may_be_for_association_alone(store: Store) {
    let setting = [("SOCIAL_AUTH_PEOPLE_ASSOCIATION_ONLY", "true")];
    let people = People::start(&store, &setting).await;
    let ann = || json!({"id": 1, "username": "ann", "name": "Ann Lee"});
    assert!(!is_let_in(&people, ann()).await);
    assert_eq!(people.asked(), 0, "nobody is asked in vain");
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let alice = people.server.sign_up(alice).await;
    let added = people.associate(&alice.bearer(), ann()).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(added.json()["id"], alice.json()["id"]);
    assert_eq!(added.json()["new_association"], true);
    assert_eq!(added.json()["fullname"], "Alice Liddell");
    assert!(
        !is_let_in(&people, ann()).await,
        "also once it is associated"
    );
}
