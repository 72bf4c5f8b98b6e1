//! The fixtures' cases of claims, as tokens that their providers sign.

use serde_json::Value;

use super::known::{Known, NONCE, world};
use crate::providers::fixture::Case;
use crate::providers::rounds::Round;
use crate::providers::world::World;
use crate::support::id_tokens::{at_hash, serve_keys};
use crate::support::server::{Store, on_both};

on_both!(every_case_of_claims_signs_in_the_person_that_its_fixture_says);

/// Whose fixtures have such cases, among those who hand out ID tokens.
const PROVIDERS: [&str; 13] = [
    "apple-id",
    "auth0",
    "azuread-b2c-oauth2",
    "azuread-oauth2",
    "azuread-oauth2-v2",
    "azuread-tenant-oauth2",
    "azuread-v2-tenant-oauth2",
    "cognito",
    "facebook-limited-login",
    "firebase",
    "google-onetap",
    "supabase",
    "telegram-oidc",
];

/// Keycloak has both kinds of cases.
const BOTH: &str = "keycloak";

async fn every_case_of_claims_signs_in_the_person_that_its_fixture_says(store: Store) {
    let mut known = Known::all();
    known.retain(|known| !of_claims(known).is_empty());
    let names: Vec<&str> = known
        .iter()
        .map(|known| known.fixture.name.as_str())
        .filter(|name| *name != BOTH)
        .collect();
    assert_eq!(names, PROVIDERS);
    assert_eq!(known.len(), PROVIDERS.len() + 1);
    let rounds = known.iter().map(|known| of_claims(known).len()).max();
    let mut played = 0;
    for number in 0..rounds.unwrap() {
        let world = world(store.another(), &known).await;
        let mut round = Round::new(&world);
        for known in &known {
            if let Some(case) = of_claims(known).get(number) {
                play(&world, &mut round, known, case).await;
                played += 1;
            }
        }
    }
    assert_eq!(
        played,
        3 * 13 + 1 + 4,
        "three cases each, one more of Firebase's and four of Telegram's"
    );
}

fn of_claims(known: &Known) -> Vec<&Case> {
    let cases = known.fixture.cases.iter();
    cases.filter(|case| case.claims.is_some()).collect()
}

async fn play(world: &World, round: &mut Round<'_>, known: &Known, case: &Case) {
    let at = format!("{}, {}", known.fixture.name, case.name);
    let claims = signed_claims(known, case);
    let issuer = match known.words("endpoints", "issuer") {
        Some(issuer) => issuer,
        None => claims["iss"].as_str().unwrap().to_owned(),
    };
    serve_keys(&world.internet, &issuer);
    world.play(case);
    let mut body = case.body(&known.fixture.name);
    body["id_token"] = known.key().token(&claims).into();
    body["nonce"] = NONCE.into();
    if let Some(access_token) = access_token(case) {
        body["access_token"] = access_token.clone();
        body["token_response"]
            .as_object_mut()
            .unwrap()
            .remove("access_token");
    }
    let before = world.server.store.rows();
    let given = world.server.sign_up(body.clone()).await;
    if let Some(refused) = &case.expect.refused {
        let expected = (refused.status, refused.code.clone());
        assert_eq!(given.status_and_code(), expected, "{at}");
        assert_eq!(world.server.store.rows(), before, "{at}");
        return;
    }
    let case = with_the_token(case, &body["id_token"], &claims);
    round.assert_known(&known.fixture.name, &case, &given).await;
    let again = world.server.sign_up(body).await;
    let expected = (401, "token_replayed".to_owned());
    assert_eq!(again.status_and_code(), expected, "{at}");
}

/// The access token that the case has beside the claims.
fn access_token(case: &Case) -> Option<&Value> {
    case.post.get("token_response")?.get("access_token")
}

/// The case's claims, and those which make a token of them now.
fn signed_claims(known: &Known, case: &Case) -> Value {
    let mut claims = known.claims();
    for name in ["email", "email_verified", "id"] {
        claims.as_object_mut().unwrap().remove(name);
    }
    for (name, value) in case.claims.as_ref().unwrap().as_object().unwrap() {
        if name != "iat" && name != "exp" {
            claims[name] = value.clone();
        }
    }
    if let Some(access_token) = access_token(case) {
        claims["at_hash"] = at_hash(access_token.as_str().unwrap()).into();
    }
    claims
}

/// What the fixture cannot know of a token that is signed now.
fn with_the_token(case: &Case, id_token: &Value, claims: &Value) -> Case {
    let mut case = case.clone();
    let kept = case.expect.extra_data.as_mut().unwrap();
    for (name, value) in [("id_token", id_token), ("expires_on", &claims["exp"])] {
        let is_kept = match kept.get(name) {
            Some(Value::Null) => name == "id_token",
            Some(_) => true,
            None => false,
        };
        if is_kept {
            kept[name] = value.clone();
        }
    }
    case
}
