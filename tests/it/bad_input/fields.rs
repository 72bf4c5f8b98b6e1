//! Fields of other types, empty, too long, or of odd characters.

use serde_json::{Value, json};

use super::{FORM, Unmoved, messages};
use crate::support::server::{Server, Store, on_both};

on_both!(
    a_field_of_another_type_is_named,
    a_missing_field_is_named,
    control_characters_are_refused_in_every_field,
    a_provider_by_any_other_name_is_not_there,
    fields_that_would_make_somebody_of_the_client_change_nothing,
);

async fn a_field_of_another_type_is_named(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let not_text = "Not a valid string.";
    for field in ["provider", "access_token", "access_token_secret"] {
        for (value, message) in [
            (json!(7), not_text),
            (json!(-1.5), not_text),
            (json!(true), not_text),
            (json!(["alice"]), not_text),
            (json!({"alice": 1}), not_text),
            (json!({"$serde_json::private::Number": "7"}), not_text),
            (Value::Null, "This field may not be null."),
            (json!(""), "This field may not be blank."),
        ] {
            let mut body = json!({
                "provider": "sandbox-oauth1",
                "access_token": "alice",
                "access_token_secret": "alice-secret",
            });
            body[field] = value;
            let refused = unmoved.json(&body).await;
            let mut named = refused.json();
            let named = named.as_object_mut().unwrap();
            assert_eq!(refused.status, 400, "{body}");
            assert_eq!(named[field], json!([message]), "{body}: {}", refused.text);
            named.remove(field);
            assert!(named.is_empty(), "{body}: {}", refused.text);
        }
    }
    for value in [json!("x"), json!(7), json!(true), json!([]), Value::Null] {
        let body = json!({"provider": "sandbox", "access_token": "alice", "token_response": value});
        let refused = unmoved.json(&body).await;
        let expected = ["Expected a dictionary of items."];
        assert_eq!(messages(&refused, "token_response"), expected, "{body}");
    }
    unmoved.check().await;
}

async fn a_missing_field_is_named(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let required = ["This field is required."];
    let nothing = unmoved.json(&json!({})).await;
    assert_eq!(messages(&nothing, "provider"), required);
    let empty_form = unmoved.post(FORM, "").await;
    assert_eq!(messages(&empty_form, "provider"), required);
    let no_provider = unmoved.json(&json!({"access_token": "alice"})).await;
    assert_eq!(messages(&no_provider, "provider"), required);
    let blank = unmoved.post(FORM, "provider=&access_token=alice").await;
    let expected = ["This field may not be blank."];
    assert_eq!(messages(&blank, "provider"), expected);
    let no_token = unmoved.json(&json!({"provider": "sandbox"})).await;
    let expected = (400, "missing_parameter".to_owned());
    assert_eq!(no_token.status_and_code(), expected);
    let two = unmoved
        .json(&json!({"provider": 7, "access_token": null}))
        .await;
    assert_eq!(
        two.json(),
        json!({"provider": ["Not a valid string."], "access_token": ["This field may not be null."]})
    );
    unmoved.check().await;
}

/// OA1-4, SQL-1, MIX-6.
async fn control_characters_are_refused_in_every_field(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let control = ["Control characters are not allowed."];
    let ascii = ["A token is printable ASCII."];
    for odd in ["\0", "\r\n", "\n", "\t", "\u{1b}[31m", "\u{7f}"] {
        let body = json!({"provider": format!("sandbox{odd}"), "access_token": "alice"});
        let refused = unmoved.json(&body).await;
        assert_eq!(messages(&refused, "provider"), control, "{body}");
    }
    for odd in [
        "\0",
        "\r\nX-Admin: yes",
        "\n",
        "\t",
        "\u{7f}",
        "é",
        "李",
        "\u{200b}",
    ] {
        let token = format!("alice{odd}");
        for (field, body) in [
            (
                "access_token",
                json!({"provider": "sandbox", "access_token": token}),
            ),
            (
                "access_token",
                json!({"provider": "sandbox-oauth1", "access_token": token, "access_token_secret": "s"}),
            ),
            (
                "access_token_secret",
                json!({"provider": "sandbox-oauth1", "access_token": "alice", "access_token_secret": token}),
            ),
        ] {
            let refused = unmoved.json(&body).await;
            assert_eq!(messages(&refused, field), ascii, "{body}");
        }
    }
    let not_utf_8 = unmoved
        .post(FORM, "provider=sandbox&access_token=%ff")
        .await;
    assert_eq!(messages(&not_utf_8, "access_token"), ascii);
    unmoved.check().await;
}

/// MIX-6: never trimmed, folded, decoded or guessed.
async fn a_provider_by_any_other_name_is_not_there(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    for name in [
        "Sandbox",
        "SANDBOX",
        "sandbox ",
        " sandbox",
        "sand%62ox",
        "%73andbox",
        "sandbox\u{200b}",
        "s\u{430}ndbox",
        "sandbo\u{445}",
        "ｓａｎｄｂｏｘ",
        "sandbox/",
        "../sandbox",
        "sandbox.toml",
        "sandbox_oauth1",
        "github",
        "nobody",
        "'; DROP TABLE users; --",
        "%",
    ] {
        let refused = unmoved
            .json(&json!({"provider": name, "access_token": "alice"}))
            .await;
        let expected = (404, "backend_missing".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{name}");
        assert!(!refused.text.contains(name), "{}", refused.text);
    }
    let long = "sandbox".repeat(1500);
    for name in [long.as_str(), &"s".repeat(33)] {
        let refused = unmoved
            .json(&json!({"provider": name, "access_token": "alice"}))
            .await;
        let expected = ["Ensure this field has no more than 32 characters."];
        assert_eq!(messages(&refused, "provider"), expected);
    }
    unmoved.check().await;
}

/// SUB-7, USR-4: read by nobody, and never identity.
async fn fields_that_would_make_somebody_of_the_client_change_nothing(store: Store) {
    let server = Server::start(store);
    let body = json!({
        "provider": "sandbox", "access_token": "alice",
        "id": "01900000-0000-7000-8000-000000000000", "pk": 1, "user": "bob", "user_id": 1,
        "uid": "1002", "sub": "1002", "email": "root@example.com", "email_verified": true,
        "username": "root", "is_staff": true, "is_superuser": true, "is_active": false,
        "password": "x", "roles": ["admin"], "is_new": false, "details": {"username": "root"},
        "response": {"sub": "1002"}, "first_name": "Mallory",
        "token_response": {"sub": "1002", "id": "1002", "user_id": "1002", "email": "root@example.com"},
    });
    for is_new in [true, false] {
        let reply = server.sign_up(body.clone()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let user = reply.json();
        assert_eq!(user["is_new"], is_new);
        assert_eq!(user["social_auth"]["uid"], "1001");
        assert_eq!(user["username"], "alice");
        assert_eq!(user["email"], "alice@example.com");
        assert_eq!(user["first_name"], "Alice");
        assert_ne!(user["id"], body["id"]);
    }
    let rows = server
        .store
        .query("SELECT username, email, password, is_active, extra FROM users");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][..3], ["alice", "alice@example.com", "NULL"]);
    assert!(["1", "t"].contains(&rows[0][3].as_str()), "{rows:?}");
    assert_eq!(rows[0][4], "{}");
}
