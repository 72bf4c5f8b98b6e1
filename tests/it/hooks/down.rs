//! Hooks that do not answer as they must: refused, or passed by, as is set.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{asking, sign_up};
use crate::real_parts::hooks::{HookServer, SECRET};
use crate::support::server::{Server, Store, on_both};

on_both!(
    hook_3_a_hook_that_is_down_refuses_or_is_passed_by_as_is_set,
    hook_2_time_length_and_redirects_are_bounded,
);

async fn is_unavailable(server: &Server, person: &str) {
    let before = server.store.rows();
    let refused = sign_up(server, person).await;
    let expected = (503, "hook_unavailable".to_owned());
    assert_eq!(refused.status_and_code(), expected, "{person}");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(refused.json()["recovery"], "retry");
    assert_eq!(server.store.rows(), before, "nothing is half-written");
}

/// A hook that nobody serves.
fn nowhere(url: &str, more: Value) -> String {
    let mut section = json!({"url": url, "secret": SECRET});
    let Value::Object(more) = more else {
        panic!("a table")
    };
    section.as_object_mut().unwrap().extend(more);
    json!({ "crm": section }).to_string()
}

async fn hook_3_a_hook_that_is_down_refuses_or_is_passed_by_as_is_set(store: Store) {
    for url in ["http://127.0.0.1:9/decide", "https://10.0.0.1/decide"] {
        let store = store.another();
        let server = asking(store, &nowhere(url, json!({})));
        is_unavailable(&server, "alice").await;
        let passed_by = nowhere(url, json!({"on_error": "continue"}));
        let server = server.restart(&[super::PIPELINE, ("SOCIABLE_HOOKS", &passed_by)]);
        let alice = sign_up(&server, "alice").await;
        assert_eq!(alice.status, 201, "{}", alice.text);
        assert_eq!(alice.json()["fullname"], "Alice Liddell");
    }
}

async fn hook_2_time_length_and_redirects_are_bounded(store: Store) {
    let hooks = HookServer::start();
    let server = asking(store, &hooks.crm("decide", json!({"timeout": 0.5})));
    for person in ["uid:huge", "uid:nonsense"] {
        is_unavailable(&server, person).await;
    }
    let begun = Instant::now();
    is_unavailable(&server, "uid:slow").await;
    assert!(
        begun.elapsed() < Duration::from_millis(2900),
        "it has half a second"
    );
    for status in [302, 400, 403, 500] {
        hooks.fail(json!(status)).await;
        is_unavailable(&server, "carol").await;
    }
    hooks.fail(json!(null)).await;
    let seen = hooks.seen().await;
    assert_eq!(seen.len(), 7, "nothing is followed, nothing is sent twice");
    assert_eq!(sign_up(&server, "carol").await.status, 201);
}
