//! `mounted`: somebody's own app around our endpoints.

use serde_json::json;

use super::running::{Example, is_new};
use crate::support::http;
use crate::support::instance::STARTED;

#[tokio::test]
async fn the_host_greets_who_signed_in_and_hears_who_is_new() {
    let example = Example::start("mounted", &[]);
    let nobody = http::get(&example.url, None).await;
    assert_eq!(nobody.status, 401);
    let body = json!({"provider": "sandbox", "access_token": "alice"});
    let alice = example.post("/auth/social_sign_up", body.clone()).await;
    assert!(is_new(&alice));
    let greeted = http::get(&example.url, Some(&alice.bearer())).await;
    assert_eq!(greeted.text, "Hello alice\n");
    let wanted = format!("welcome {}", alice.json()["id"].as_str().unwrap());
    example
        .process
        .wait_for_line(|line| line == wanted, STARTED);
    let known = example.post("/auth/social_sign_up", body).await;
    assert!(!is_new(&known));
    let forged = http::get(&example.url, Some("eyJ.eyJ.forged")).await;
    assert_eq!(forged.status, 401);
}
