//! What no provider signed, or not so.

use serde_json::{Value, json};

use super::sign::{BOT_TOKEN, person, widget};
use super::{answers, outcome, telegram};
use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(what_is_changed_removed_or_added_is_refused_and_writes_nothing);

async fn what_is_changed_removed_or_added_is_refused_and_writes_nothing(store: Store) {
    let server = telegram(store, &[]);
    let before = server.store.rows();
    let good = widget(person(7, 5), BOT_TOKEN);
    for (payload, expected) in altered(&good) {
        let given = outcome(&server, "telegram", payload.clone()).await;
        assert_eq!(given, answers(expected.0, expected.1), "{payload}");
    }
    for (payload, expected) in of_another_time_or_bot() {
        let given = outcome(&server, "telegram", payload.clone()).await;
        assert_eq!(given, answers(expected.0, expected.1), "{payload}");
    }
    for field in ["\"id\":8,", "\"i\\u0064\":7,"] {
        let text = good.to_string().replacen('{', &format!("{{{field}"), 1);
        let body = format!("{{\"provider\":\"telegram\",\"payload\":{text}}}");
        let url = format!("{}/social_sign_up", server.url);
        let given = http::post_text(&url, None, "application/json", body).await;
        assert_eq!(given.status, 400, "{}", given.text);
    }
    assert_eq!(server.store.rows(), before);
    assert_eq!(
        outcome(&server, "telegram", good).await.0,
        201,
        "nothing used it up"
    );
}

type Expected = (u16, &'static str);

/// Each field changed, taken away, of another type; fields added.
fn altered(good: &Value) -> Vec<(Value, Expected)> {
    let mut payloads = Vec::new();
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    for (field, value) in good.as_object().unwrap() {
        let text = value.as_str().map_or(value.to_string(), str::to_owned);
        payloads.push((
            with(field, format!("{text}1").into()),
            (401, "invalid_signature"),
        ));
        payloads.push((
            with(field, "".into()),
            match field.as_str() {
                "hash" => (400, "payload"),
                _ => (401, "invalid_signature"),
            },
        ));
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(field);
        payloads.push((
            without,
            match field.as_str() {
                "hash" => (400, "payload"),
                _ => (401, "invalid_signature"),
            },
        ));
        for wrong in [
            json!(null),
            json!(true),
            json!([value]),
            json!({"a": value}),
        ] {
            payloads.push((with(field, wrong), (400, "payload")));
        }
        payloads.push((
            with(field, format!("{text}\nid=8").into()),
            match field.as_str() {
                "hash" => (401, "invalid_signature"),
                _ => (400, "payload"),
            },
        ));
    }
    for added in ["admin", "email", "uid", "init_data"] {
        payloads.push((with(added, "x".into()), (400, "payload")));
    }
    payloads.push((with("query_id", "x".into()), (401, "invalid_signature")));
    payloads.push((json!({}), (400, "payload")));
    payloads
}

fn of_another_time_or_bot() -> Vec<(Value, Expected)> {
    let mut timeless = person(7, 5);
    timeless.as_object_mut().unwrap().remove("auth_date");
    let mut no_time = person(7, 5);
    no_time["auth_date"] = "soon".into();
    let mut smuggled = person(7, 5);
    smuggled["first_name"] = "Ada\nid=8".into();
    let mut nobody = person(7, 5);
    nobody.as_object_mut().unwrap().remove("id");
    vec![
        (
            widget(person(7, 5), "42:another"),
            (401, "invalid_signature"),
        ),
        (widget(person(7, 5), ""), (401, "invalid_signature")),
        (widget(person(7, 700), BOT_TOKEN), (401, "response_expired")),
        (
            widget(person(7, 90_000), BOT_TOKEN),
            (401, "response_expired"),
        ),
        (
            widget(person(7, -90), BOT_TOKEN),
            (502, "response_not_yet_valid"),
        ),
        (widget(timeless, BOT_TOKEN), (400, "payload")),
        (widget(no_time, BOT_TOKEN), (400, "payload")),
        (widget(smuggled, BOT_TOKEN), (400, "payload")),
        (widget(nobody, BOT_TOKEN), (502, "missing_claim")),
    ]
}

#[tokio::test]
async fn other_credentials_are_none_here_and_a_payload_is_none_elsewhere() {
    let server = telegram(Store::sqlite(), &[]);
    for body in [
        json!({"provider": "telegram", "access_token": "x"}),
        json!({"provider": "telegram", "code": "x", "redirect_uri": "https://a.example/"}),
        json!({"provider": "sandbox", "payload": widget(person(7, 5), BOT_TOKEN)}),
    ] {
        let given = server.sign_up(body).await;
        assert_eq!(
            given.status_and_code(),
            answers(400, "credential_not_supported")
        );
    }
    let number = json!({"$serde_json::private::Number": "7"});
    for payload in [
        json!("x"),
        json!([7]),
        json!(7),
        json!(true),
        json!(null),
        number,
    ] {
        let body = json!({"provider": "telegram", "payload": payload});
        assert_eq!(server.sign_up(body).await.status, 400);
    }
    let form = "provider=telegram&payload=%7B%7D";
    let url = format!("{}/social_sign_up", server.url);
    let given = http::post_text(&url, None, "application/x-www-form-urlencoded", form).await;
    assert_eq!(given.status, 400, "{}", given.text);
}

#[tokio::test]
async fn a_bot_is_set_by_its_token_and_by_nothing_less() {
    let without = Server::start_with(Store::sqlite(), &[], |builder| builder);
    let given = without
        .sign_up(json!({"provider": "telegram", "payload": widget(person(7, 5), BOT_TOKEN)}))
        .await;
    assert_eq!(given.status_and_code(), answers(404, "backend_missing"));
    let off = telegram(
        Store::sqlite(),
        &[("SOCIAL_AUTH_TELEGRAM_ENABLED", "false")],
    );
    let given = outcome(&off, "telegram", widget(person(7, 5), BOT_TOKEN)).await;
    assert_eq!(given, answers(404, "backend_missing"));
}
