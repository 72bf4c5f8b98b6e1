//! PARITY 1: how a username is made.

use serde_json::{Value, json};

use super::people::People;
use crate::support::server::{Store, on_both};

on_both!(
    a_username_is_cut_cleaned_and_made_unique,
    settings_change_how_usernames_are_made,
);

fn person(id: u32, username: impl Into<Value>) -> Value {
    json!({"id": id, "username": username.into(), "email": format!("Ann{id}@X.Example")})
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// USR-2.
async fn a_username_is_cut_cleaned_and_made_unique(store: Store) {
    let people = People::start(&store, &[]).await;
    let long = "x".repeat(200);
    for (id, given, made) in [
        (1, json!("N2 Mid Last2"), "N2MidLast2"),
        (2, json!("l\u{ed}a.o+b@c-d_e!"), "la.o+b@c-d_e"),
        (3, json!(42), "42"),
        (4, json!(&long), &long[..150]),
        (5, json!("../<b>root</b>"), "..brootb"),
    ] {
        let user = people.user(person(id, given)).await;
        assert_eq!(user["username"], made);
        let again = people.user(person(id, "other")).await;
        assert_eq!(again["username"], made, "USR-3: protected");
    }
    for (id, given, kept) in [
        (11, json!("N2MidLast2"), "N2MidLast2"),
        (12, json!(long), &long[..134]),
    ] {
        let user = people.user(person(id, given)).await;
        let name = user["username"].as_str().unwrap();
        assert!(is_hex(name.strip_prefix(kept).unwrap(), 16), "{name}");
    }
    let folded = people.user(person(13, "n2midlast2")).await;
    assert_ne!(
        folded["username"], "n2midlast2",
        "names differ by more than case"
    );
    for (id, given) in [(21, Value::Null), (22, json!(""))] {
        let user = people.user(person(id, given)).await;
        assert!(is_hex(user["username"].as_str().unwrap(), 32), "{user}");
    }
    let nothing_left = people.user(person(23, "李")).await;
    assert!(is_hex(nothing_left["username"].as_str().unwrap(), 16));
}

async fn settings_change_how_usernames_are_made(store: Store) {
    for (settings, given, made) in [
        (
            &[("SOCIAL_AUTH_USERNAME_IS_FULL_EMAIL", "true")][..],
            "ann",
            "Ann1@X.Example",
        ),
        (
            &[("SOCIAL_AUTH_PEOPLE_USERNAME_IS_FULL_EMAIL", "1")],
            "ann",
            "Ann1@X.Example",
        ),
        (
            &[("SOCIAL_AUTH_SLUGIFY_USERNAMES", "true")],
            "Zoë  Q. Weaver",
            "zoqweaver",
        ),
        (
            &[
                ("SOCIAL_AUTH_SLUGIFY_USERNAMES", "true"),
                ("SOCIAL_AUTH_CLEAN_USERNAMES", "false"),
            ],
            "Zoë  Q. Weaver",
            "zoe-q-weaver",
        ),
        (
            &[("SOCIAL_AUTH_CLEAN_USERNAMES", "false")],
            "Zoë Q.",
            "Zoë Q.",
        ),
        (
            &[
                ("SOCIAL_AUTH_CLEAN_USERNAMES", "false"),
                ("SOCIAL_AUTH_PEOPLE_CLEAN_USERNAMES", "true"),
            ],
            "Zoë Q.",
            "ZoQ.",
        ),
    ] {
        let people = People::start(&store, settings).await;
        let user = people.user(person(1, given)).await;
        assert_eq!(user["username"], made, "{settings:?}");
    }
    let people = People::start(&store, &[("SOCIAL_AUTH_UUID_LENGTH", "8")]).await;
    people.user(person(1, "ann")).await;
    let second = people.user(person(2, "ann")).await;
    let name = second["username"].as_str().unwrap();
    assert!(is_hex(name.strip_prefix("ann").unwrap(), 8), "{name}");
    let full_email = [("SOCIAL_AUTH_USERNAME_IS_FULL_EMAIL", "true")];
    let people = People::start(&store, &full_email).await;
    let user = people
        .user(json!({"id": 1, "username": "ann", "email": ""}))
        .await;
    assert_eq!(user["username"], "ann", "there is no address");
}
