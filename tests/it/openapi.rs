//! `openapi.yaml` is what the code says, and what the server gives.

use crate::support::server::{Server, Store};

fn kept() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.yaml");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_kept_document_is_not_stale() {
    let written = sociable::api::yaml().unwrap();
    assert!(
        kept() == written,
        "openapi.yaml is stale: `cargo run -- openapi > openapi.yaml`"
    );
}

#[tokio::test]
async fn the_server_gives_the_document() {
    let server = Server::start(Store::sqlite());
    let given = server.get("/openapi.yaml", None).await;
    assert_eq!(given.status, 200);
    assert_eq!(given.headers["content-type"], "application/yaml");
    assert_eq!(given.text, kept());
}

#[test]
fn every_operation_has_an_example_of_what_it_answers() {
    let document = serde_json::to_value(sociable::api::document()).unwrap();
    let schemas = &document["components"]["schemas"];
    for name in [
        "SignUpRequest",
        "SignUpAnswer",
        "ChallengeRequest",
        "ChallengeAnswer",
        "RequestTokenRequest",
        "RequestTokenAnswer",
        "SocialAuthAnswer",
        "Provider",
        "Health",
        "CodedError",
        "FieldMessages",
        "UserAnswer",
    ] {
        assert!(!schemas[name]["example"].is_null(), "{name}");
    }
}
