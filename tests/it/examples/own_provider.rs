//! `own_provider`: code of one's own asks, and the engine decides.

use super::running::{Example, is_new};

#[tokio::test]
async fn a_token_of_ours_signs_in_and_none_of_anothers() {
    let example = Example::start("own_provider", &[]);
    for (token, status, code) in [
        ("wrong-app:alice", 401, "credential_rejected"),
        ("expired:alice", 401, "credential_rejected"),
        ("nobody", 401, "credential_rejected"),
        ("fail:500", 503, "unavailable"),
    ] {
        let refused = example.sign_up_at("intranet", token).await;
        assert_eq!(
            refused.status_and_code(),
            (status, code.to_owned()),
            "{token}"
        );
    }
    assert_eq!(example.store.rows(), [0; 5]);
    let alice = example.sign_up_at("intranet", "alice").await;
    assert!(is_new(&alice));
    assert_eq!(alice.json()["social_auth"]["uid"], "1001");
    let known = example.sign_up_at("intranet", "alice").await;
    assert!(!is_new(&known));
    assert_eq!(known.json()["id"], alice.json()["id"]);
    let elsewhere = example.sign_up("alice").await;
    assert_ne!(elsewhere.json()["id"], alice.json()["id"]);
}
