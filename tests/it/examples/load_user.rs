//! `load_user`: a directory elsewhere says who somebody is here.

use serde_json::json;

use super::running::{Example, is_new};

#[tokio::test]
async fn who_is_in_the_directory_and_here_is_found_and_nobody_else_comes_in() {
    let example = Example::start("load_user", &[]);
    let nobody = example.sign_up("alice").await;
    let expected = (400, "authentication_disallowed".to_owned());
    assert_eq!(nobody.status_and_code(), expected, "she is not here yet");
    let stranger = example.sign_up("carol").await;
    let disallowed = (403, "authentication_disallowed".to_owned());
    assert_eq!(stranger.status_and_code(), disallowed);
    assert_eq!(example.store.rows(), [0; 5]);

    // Somebody of her address who has not proven it is not her.
    let body = json!({
        "provider": "sandbox-oauth1", "access_token": "alice",
        "access_token_secret": "alice-secret",
    });
    assert!(is_new(&example.post("/social_sign_up", body).await));
    let unproven = example.sign_up("alice").await;
    assert_eq!(unproven.status_and_code(), expected);
    let alice = example.sign_up_at("sandbox-oidc", "alice").await;
    assert!(is_new(&alice));
    let found = example.sign_up("alice").await;
    assert!(!is_new(&found));
    assert_eq!(found.json()["new_association"], true);
    assert_eq!(found.json()["id"], alice.json()["id"]);
    let known = example.sign_up("alice").await;
    assert_eq!(known.json()["new_association"], false);
    assert_eq!(example.store.count("users"), 2);
    let stranger = example.sign_up("carol").await;
    assert_eq!(stranger.status_and_code(), disallowed);
}
