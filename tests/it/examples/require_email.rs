//! `require_email`: a step of one's own waits for an address.

use serde_json::json;

use super::running::{Example, is_new};
use crate::partials::token_of;

#[tokio::test]
async fn who_has_no_address_is_asked_for_one_and_who_has_comes_in() {
    let example = Example::start("require_email", &[]);
    assert!(is_new(&example.sign_up("alice").await));
    let before = example.store.rows();
    let halted = example.sign_up("dave").await;
    let token = token_of(&halted);
    assert_eq!(halted.json()["step"], "myapp.pipeline.require_email");
    assert_eq!(example.store.rows(), before);
    let complete = |email: &'static str| {
        let body = json!({"partial_token": token, "email": email});
        example.post("/complete/sandbox", body)
    };
    let wrong = complete("nobody").await;
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    assert!(wrong.json()["email"].is_array());
    let dave = complete("dave@example.com").await;
    assert!(is_new(&dave));
    assert_eq!(dave.json()["email"], "dave@example.com");
    assert_eq!(dave.json()["email_verified"], false);
    let used = complete("dave@example.com").await;
    assert_eq!(used.status_and_code(), (400, "partial_invalid".to_owned()));
    assert!(!is_new(&example.sign_up("dave").await), "he is known");
}
