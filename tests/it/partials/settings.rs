//! What settings change of halted sign-ups.

use serde_json::json;

use super::{ASKING, dave};
use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(the_token_goes_by_the_name_that_is_set);

async fn the_token_goes_by_the_name_that_is_set(store: Store) {
    let name = ("SOCIAL_AUTH_PARTIAL_PIPELINE_TOKEN_NAME", "resume_with");
    let server = Server::start_with(store, &[ASKING, name], |builder| builder);
    let answer = server.sign_up(dave()).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!(answer.json().get("partial_token"), None);
    let token = answer.json()["resume_with"].clone();
    let url = format!("{}/complete/sandbox", server.url);
    let old = json!({"partial_token": token, "email": "dave@example.com"});
    let refused = http::post(&url, None, &old).await;
    assert_eq!(
        refused.json(),
        json!({"resume_with": ["This field is required."]})
    );
    let path = format!("/complete/sandbox?resume_with={}", token.as_str().unwrap());
    assert_eq!(server.get(&path, None).await.status, 200);
    let body = json!({"resume_with": token, "email": "dave@example.com"});
    assert_eq!(http::post(&url, None, &body).await.status, 201);
}
