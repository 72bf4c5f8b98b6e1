//! ID tokens that are not taken: one of each kind, over HTTP.

use serde_json::{Value, json};

use super::{ISSUER, Town, good, with};
use crate::support::id_tokens::{Key, chrono_now, secret_token};
use crate::support::server::{Reply, Store, on_both};

on_both!(
    jwt_1_to_24_a_token_of_each_fault_is_refused_by_its_code_and_nothing_is_written,
    jwt_19_a_nonce_is_in_both_or_in_neither,
    an_operator_may_say_how_old_a_token_may_be_and_that_nonces_are_not_compared,
    what_came_in_the_wrong_field_is_told_where_it_belongs,
);

/// A row, a token of it, and how it is refused.
type Fault = (&'static str, String, (u16, &'static str));

/// Tokens with one fault each.
pub(super) fn faults() -> Vec<Fault> {
    let mut all = of_signatures();
    all.extend(of_claims());
    all
}

fn of_signatures() -> Vec<Fault> {
    let header = |header: Value| Key::Rs256.forge(&header, &good("ada"));
    let signature = (401, "invalid_signature");
    let rejected = (401, "credential_rejected");
    let jku = json!({"alg": "RS256", "kid": "x", "jku": "https://evil.example/keys"});
    let at_jwt = json!({"alg": "RS256", "kid": "RS256", "typ": "at+jwt"});
    vec![
        ("JWT-1", "no.jwt".to_owned(), rejected),
        ("JWT-1", header(json!({"alg": "none"})), signature),
        ("JWT-2", secret_token("a-secret", &good("ada")), signature),
        ("JWT-3", Key::Es256.token(&good("ada")), signature),
        ("JWT-13", header(jku), signature),
        ("JWT-14", header(at_jwt), (401, "invalid_claim")),
        ("JWT-17", Key::Rs256.token(&good("ada")) + "=", rejected),
    ]
}

fn of_claims() -> Vec<Fault> {
    let now = chrono_now();
    let slashed = json!(format!("{ISSUER}/"));
    let invalid = [
        ("JWT-4", "aud", json!("our-app-2")),
        ("JWT-4", "aud", json!([])),
        ("JWT-5", "azp", json!("another")),
        ("JWT-6", "iss", slashed),
        ("JWT-7", "exp", json!(now - 61)),
        ("JWT-7", "exp", Value::Null),
        ("JWT-9", "sub", json!(7)),
        ("JWT-9", "sub", json!("")),
        ("JWT-14", "typ", json!("Bearer")),
    ];
    let signed = |claims: &Value| Key::Rs256.token(claims);
    let invalid = invalid.map(|(id, claim, value)| {
        (
            id,
            signed(&with("ada", claim, value)),
            (401, "invalid_claim"),
        )
    });
    let old = with("ada", "iat", json!(now - 601));
    let late = (502, "response_not_yet_valid");
    let mut all = vec![
        ("JWT-7", signed(&expired(now)), (401, "response_expired")),
        ("JWT-8", signed(&old), (401, "response_expired")),
        ("JWT-8", signed(&from_the_future(now)), late),
    ];
    all.extend(invalid);
    all
}

fn expired(now: i64) -> Value {
    let mut claims = with("ada", "exp", json!(now - 61));
    claims["iat"] = json!(now - 300);
    claims
}

fn from_the_future(now: i64) -> Value {
    let mut claims = with("ada", "iat", json!(now + 120));
    claims["exp"] = json!(now + 600);
    claims
}

async fn jwt_1_to_24_a_token_of_each_fault_is_refused_by_its_code_and_nothing_is_written(
    store: Store,
) {
    let town = Town::start(store, &[]).await;
    assert_eq!(town.post(&good("somebody")).await.status, 201);
    for (id, token, expected) in faults() {
        let given = town
            .refuses(json!({"provider": "oidc", "id_token": token}), expected)
            .await;
        let told = without_request_id(&given);
        assert!(!told.contains("ada"), "{id}: {told}");
    }
    let asked = town.internet.received();
    assert!(asked.iter().all(|asked| asked.host != "evil.example"));
    let long = json!({"provider": "oidc", "id_token": "a.".repeat(9000)});
    assert_eq!(town.server.sign_up(long).await.status, 400, "JWT-15");
    let upper = town.post(&good("Ada")).await;
    let lower = town.post(&good("ada")).await;
    assert_eq!((upper.status, lower.status), (201, 201));
    assert_ne!(upper.json()["id"], lower.json()["id"], "JWT-9");
}

/// The body but for the request's id, whose digits may spell anything.
fn without_request_id(given: &Reply) -> String {
    let mut told = given.json();
    assert!(told["request_id"].is_string(), "{told}");
    told.as_object_mut().unwrap().remove("request_id");
    told.to_string()
}

async fn jwt_19_a_nonce_is_in_both_or_in_neither(store: Store) {
    let town = Town::start(store, &[]).await;
    let with_nonce = || Key::Rs256.token(&with("ada", "nonce", json!("raw")));
    let without = || Key::Rs256.token(&good("ada"));
    for (token, nonce) in [
        (with_nonce(), None),
        (with_nonce(), Some("other")),
        (without(), Some("raw")),
    ] {
        let mut body = json!({"provider": "oidc", "id_token": token});
        if let Some(nonce) = nonce {
            body["nonce"] = nonce.into();
        }
        town.refuses(body, (401, "nonce_mismatch")).await;
    }
    let body = json!({"id_token": with_nonce(), "nonce": "raw"});
    assert_eq!(town.send(body).await.status, 201);
}

async fn an_operator_may_say_how_old_a_token_may_be_and_that_nonces_are_not_compared(store: Store) {
    let settings = [
        ("SOCIAL_AUTH_OIDC_ID_TOKEN_MAX_AGE", "3600"),
        ("SOCIAL_AUTH_OIDC_SKIP_NONCE_CHECK", "true"),
        ("SOCIAL_AUTH_OIDC_AUDIENCES", "[\"our-ios-app\"]"),
        ("SOCIAL_AUTH_OIDC_JWT_ALGORITHMS", "[\"ES256\"]"),
        ("SOCIAL_AUTH_OIDC_JWKS_URI", "https://keys.example/set"),
    ];
    let town = Town::start(store, &settings).await;
    let mut claims = with("ada", "aud", json!("our-ios-app"));
    claims["iat"] = json!(chrono_now() - 3500);
    claims["nonce"] = "the-sdks-own".into();
    let token = Key::Es256.token(&claims);
    let given = town.send(json!({"id_token": token})).await;
    assert_eq!(given.status, 201, "{}", given.text);
    let hosts: Vec<String> = town
        .internet
        .received()
        .iter()
        .map(|r| r.host.clone())
        .collect();
    assert_eq!(hosts, ["id.example", "keys.example"]);
    let rsa = json!({"provider": "oidc", "id_token": Key::Rs256.token(&claims)});
    town.refuses(rsa, (401, "invalid_signature")).await;
}

async fn what_came_in_the_wrong_field_is_told_where_it_belongs(store: Store) {
    let github = [
        ("SOCIAL_AUTH_GITHUB_KEY", "our-app"),
        ("SOCIAL_AUTH_GITHUB_SECRET", "a-secret"),
    ];
    let town = Town::start(store, &github).await;
    let google = |claim: &str| {
        let claims =
            json!({"iss": "https://accounts.google.com", "aud": "our-google-app", "sub": claim});
        Key::Rs256.token(&claims)
    };
    let unsupported = (400, "credential_not_supported");
    for (body, expected, said) in [
        (
            json!({"provider": "oidc", "access_token": Key::Rs256.token(&good("ada"))}),
            unsupported,
            "this looks like an ID token: send it as `id_token`",
        ),
        (
            json!({"provider": "google-oauth2", "access_token": google("ada")}),
            unsupported,
            "this looks like an ID token: send it as `id_token`",
        ),
        (
            json!({"provider": "google-oauth2", "access_token": "4/0AbCdEf"}),
            unsupported,
            "this looks like an authorization code: send it as `code`",
        ),
        (
            json!({"provider": "google-oauth2", "id_token": "ya29.a0Ab"}),
            unsupported,
            "this looks like an access token: send it as `access_token`",
        ),
        (
            json!({"provider": "oidc", "id_token": google("ada")}),
            (401, "invalid_claim"),
            "this looks like a token of `google-oauth2`",
        ),
        (
            json!({"provider": "github", "access_token": google("ada")}),
            (401, "invalid_claim"),
            "this looks like a token of `google-oauth2`",
        ),
        (
            json!({"provider": "github", "access_token": Key::Rs256.token(&good("ada"))}),
            unsupported,
            "id_token, but access_token",
        ),
    ] {
        let given = town.refuses(body, expected).await;
        let text = given.json()["errors"].as_str().unwrap().to_owned();
        assert!(text.contains(said), "{text}");
    }
    let asked = town.internet.received();
    assert!(
        asked.iter().all(|asked| asked.method == "GET"),
        "no token went anywhere"
    );
}
