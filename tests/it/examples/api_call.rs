//! `api_call`: a step of one's own asks the provider for more.

use super::running::{Example, is_new};

#[tokio::test]
async fn what_the_provider_tells_beside_is_kept_with_a_new_user() {
    let example = Example::start("api_call", &[]);
    assert!(is_new(&example.sign_up("alice").await));
    let kept = example.store.query("SELECT username, extra FROM users");
    assert_eq!(kept, [["alice", r#"{"granted":"profile email"}"#]]);
    assert!(!is_new(&example.sign_up("alice").await));
    let refused = example.sign_up("wrong-app:bob").await;
    let expected = (401, "credential_rejected".to_owned());
    assert_eq!(refused.status_and_code(), expected);
    assert_eq!(example.store.count("users"), 1);
}

#[tokio::test]
async fn nobody_signs_up_while_it_is_not_told() {
    // Nobody listens there.
    let nowhere = [("SOCIAL_AUTH_CUSTOM_API", "http://127.0.0.1:1")];
    let example = Example::start("api_call", &nowhere);
    let refused = example.sign_up("alice").await;
    let expected = (502, "connection_failed".to_owned());
    assert_eq!(refused.status_and_code(), expected);
    assert_eq!(example.store.rows(), [0; 5]);
}
