//! Access tokens that are signed and name their app: Cognito's, EVE Online's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::providers::fixture::{Case, Fixture};
use crate::providers::rounds::Round;
use crate::providers::world::{World, patient};
use crate::support::id_tokens::{Key, chrono_now, claims, key_set, secret_token};
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(
    every_case_of_claims_signs_in_with_a_signed_access_token_of_our_app,
    aud_1_a_signed_access_token_of_another_app_or_of_another_make_signs_nobody_in,
);

/// A provider, its issuer, and where its keys stand.
const SIGNERS: [(&str, &str, (&str, &str)); 2] = [
    (
        "cognito",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example",
        (
            "cognito-idp.us-east-1.amazonaws.com",
            "/us-east-1_Example/.well-known/jwks.json",
        ),
    ),
    (
        "eveonline",
        "https://login.eveonline.com",
        ("login.eveonline.com", "/oauth/jwks"),
    ),
];

const PERSON: &str = "ac5631bd-24cb-4d32-a796-083a3ff93718";

fn settings(fixture: &Fixture) -> BTreeMap<String, String> {
    let mut settings = patient(fixture.settings_of(fixture.full()));
    if fixture.name == "cognito" {
        settings.insert("USER_POOL_ID".to_owned(), "us-east-1_Example".to_owned());
    }
    settings
}

/// Both providers, with their keys.
async fn town(store: Store) -> World {
    let fixtures = SIGNERS.map(|(name, ..)| Fixture::read(name));
    let enabled = fixtures
        .each_ref()
        .map(|fixture| (fixture.name.as_str(), settings(fixture)));
    let world = World::start(store, &enabled).await;
    for (_, _, (host, path)) in SIGNERS {
        world
            .internet
            .on("GET", host, path, Answer::json(200, &key_set()));
    }
    world
}

/// What an access token of theirs says; a fixture's app of ours is `a-key`.
fn good(provider: &str, issuer: &str) -> Value {
    let mut claims = claims(issuer, "an-api", PERSON);
    if provider == "cognito" {
        claims["client_id"] = "a-key".into();
        claims["token_use"] = "access".into();
        claims.as_object_mut().unwrap().remove("aud");
    } else {
        claims["azp"] = "a-key".into();
        claims["sub"] = "CHARACTER:EVE:798207211".into();
    }
    claims
}

fn body(provider: &str, case: &Case, token: &str) -> Value {
    let mut body = case.body(provider);
    body["token_response"]
        .as_object_mut()
        .unwrap()
        .remove("access_token");
    body["access_token"] = token.into();
    body
}

async fn every_case_of_claims_signs_in_with_a_signed_access_token_of_our_app(store: Store) {
    for number in 0..3 {
        let world = town(store.another()).await;
        let mut round = Round::new(&world);
        for (provider, issuer, (host, _)) in SIGNERS {
            let case = &Fixture::read(provider).cases[number];
            let at = format!("{provider}, {}", case.name);
            assert!(case.claims.is_some(), "{at}");
            world.play(case);
            world.internet.clear_received();
            let token = Key::Rs256.token(&good(provider, issuer));
            let before = world.server.store.rows();
            let given = world.server.sign_up(body(provider, case, &token)).await;
            if let Some(refused) = &case.expect.refused {
                let expected = (refused.status, refused.code.clone());
                assert_eq!(given.status_and_code(), expected, "{at}");
                assert_eq!(world.server.store.rows(), before, "{at}");
            } else {
                let mut case = case.clone();
                case.expect.extra_data.as_mut().unwrap()["access_token"] = token.as_str().into();
                round.assert_known(provider, &case, &given).await;
            }
            let asked = world.internet.received();
            assert_eq!(asked.len(), 2, "the keys, the profile: {asked:?}");
            assert_eq!(asked[0].host, host, "{at}");
            assert_eq!(asked[0].header("authorization"), None, "{at}");
            let bearer = format!("Bearer {token}");
            assert_eq!(
                asked[1].header("authorization"),
                Some(bearer.as_str()),
                "{at}"
            );
        }
    }
}

/// Tokens that are not for us, or not theirs, and how each is refused.
fn faults(provider: &str, issuer: &str) -> Vec<(&'static str, String, &'static str)> {
    let rejected = "credential_rejected";
    let changed = |claim: &str, value: Value| {
        let mut claims = good(provider, issuer);
        claims[claim] = value;
        Key::Rs256.token(&claims)
    };
    let app = if provider == "cognito" {
        "client_id"
    } else {
        "azp"
    };
    let whole = Key::Rs256.token(&good(provider, issuer));
    let (head, signature) = whole.rsplit_once('.').unwrap();
    let other = changed("jti", json!("another"));
    let (other_head, _) = other.rsplit_once('.').unwrap();
    let none = Key::Rs256.forge(&json!({"alg": "none"}), &good(provider, issuer));
    let mut all = vec![
        ("app", changed(app, json!("another-app")), rejected),
        ("list", changed(app, json!(["a-key"])), rejected),
        ("end", changed("exp", json!(chrono_now() - 120)), rejected),
        (
            "issuer",
            changed("iss", json!("https://evil.example")),
            "invalid_claim",
        ),
        (
            "body",
            format!("{other_head}.{signature}"),
            "invalid_signature",
        ),
        ("bare", format!("{head}."), "invalid_signature"),
        ("none", none, "invalid_signature"),
        (
            "secret",
            secret_token("a-secret", &good(provider, issuer)),
            "invalid_signature",
        ),
        (
            "key",
            Key::Es256.token(&good(provider, issuer)),
            "invalid_signature",
        ),
        ("opaque", "an-opaque-token".to_owned(), rejected),
    ];
    if provider == "cognito" {
        all.push(("kind", changed("token_use", json!("id")), rejected));
        all.push(("subject", changed("sub", json!("somebody-else")), rejected));
    }
    all
}

async fn aud_1_a_signed_access_token_of_another_app_or_of_another_make_signs_nobody_in(
    store: Store,
) {
    let world = town(store).await;
    for (provider, issuer, _) in SIGNERS {
        let case = &Fixture::read(provider).cases[0];
        world.play(case);
        for (fault, token, code) in faults(provider, issuer) {
            let given = world.server.sign_up(body(provider, case, &token)).await;
            let expected = (401, code.to_owned());
            assert_eq!(given.status_and_code(), expected, "{provider}, {fault}");
            assert_eq!(world.server.store.rows(), [0; 5], "{provider}, {fault}");
        }
    }
    for (provider, issuer, _) in SIGNERS {
        let case = &Fixture::read(provider).cases[0];
        let token = Key::Rs256.token(&good(provider, issuer));
        let given = world.server.sign_up(body(provider, case, &token)).await;
        assert_eq!(given.status, 201, "{provider}: {}", given.text);
    }
}
