//! Codes of an OpenID Connect provider: the ID token that comes along is
//! validated as one that a client brings.

use serde_json::{Value, json};
use url::Url;

use super::world::VERIFIER;
use crate::real_parts::browser::{follow, parameter};
use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(
    a_code_of_openid_connect_signs_its_person_up,
    code_7_a_bad_id_token_or_answer_signs_nobody_in,
    jwt_19_the_nonce_of_the_request_must_be_the_id_tokens,
);

const CALLBACK: &str = "http://127.0.0.1:51004/callback";
/// RFC 7636, appendix B: of [`VERIFIER`].
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A code of a person of the sandbox, and what belongs to it.
async fn code(server: &Server, person: &str) -> Value {
    let providers = server.get("/providers", None).await.json();
    let mut providers = providers.as_array().unwrap().iter();
    let told = providers.find(|one| one["name"] == "sandbox-oidc").unwrap();
    let url = format!("{}/oidc/authorize", server.playground.sandbox().url());
    let query = [
        ("response_type", "code"),
        ("client_id", told["client_id"].as_str().unwrap()),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("nonce", "n-1"),
        ("person", person),
    ];
    let url = Url::parse_with_params(&url, query).unwrap();
    let back = follow(url.as_str(), CALLBACK).await;
    json!({
        "provider": "sandbox-oidc",
        "code": parameter(&back, "code"),
        "iss": parameter(&back, "iss"),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "nonce": "n-1",
    })
}

/// Sets a fault of the sandbox, and ends it.
async fn fault(server: &Server, place: &str, fault: Value) {
    let url = format!("{}/oidc/faults", server.playground.sandbox().url());
    let reply = http::post(&url, None, &json!({place: fault})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn a_code_of_openid_connect_signs_its_person_up(store: Store) {
    let server = Server::start(store);
    let reply = server.sign_up(code(&server, "alice").await).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let account = server
        .get("/me/social_auth", Some(&reply.bearer()))
        .await
        .json();
    assert_eq!(account[0]["provider"], "sandbox-oidc");
    let again = server.sign_up(code(&server, "alice").await).await.json();
    assert_eq!(again["id"], reply.json()["id"]);
    assert_eq!(again["is_new"], false);
    let other = server.sign_up(code(&server, "bob").await).await.json();
    assert_ne!(other["id"], again["id"]);
}

async fn code_7_a_bad_id_token_or_answer_signs_nobody_in(store: Store) {
    let server = Server::start(store);
    for (place, name, status) in [
        ("id_token", "wrong-aud", 401),
        ("id_token", "no-aud", 401),
        ("id_token", "wrong-iss", 401),
        ("id_token", "wrong-signature", 401),
        ("id_token", "alg-none", 401),
        ("id_token", "no-sub", 401),
        ("token", "error-200", 401),
        ("token", "mac", 502),
        ("token", "no-access-token", 502),
        ("token", "500", 503),
        ("token", "garbage", 502),
    ] {
        let posted = code(&server, "alice").await;
        fault(&server, place, name.into()).await;
        let reply = server.sign_up(posted).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.text);
        assert_eq!(server.store.count("users"), 0, "{name}");
        fault(&server, place, Value::Null).await;
    }
    for name in ["form", "expires-in-text"] {
        let posted = code(&server, "alice").await;
        fault(&server, "token", name.into()).await;
        let reply = server.sign_up(posted).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text);
        fault(&server, "token", Value::Null).await;
    }
}

async fn jwt_19_the_nonce_of_the_request_must_be_the_id_tokens(store: Store) {
    let server = Server::start(store);
    let mut posted = code(&server, "alice").await;
    posted["nonce"] = "another".into();
    let reply = server.sign_up(posted).await;
    assert_eq!(reply.status_and_code(), (401, "nonce_mismatch".to_owned()));
    assert_eq!(server.store.count("users"), 0);
}
