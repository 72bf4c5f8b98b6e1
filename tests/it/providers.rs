//! Every shipped definition is held to its fixture, over HTTP: what it asks,
//! and whom it makes of the answers.

pub(crate) mod fixture;
pub(crate) mod signature;
pub(crate) mod world;

use serde_json::{Value, json};

use crate::support::server::{Reply, Store, on_both};
use fixture::{Case, Expect, Fixture, Refusal};
use world::World;

on_both!(every_case_of_every_provider_is_asked_and_kept_as_its_fixture_says);

/// Stands for a name made up where the provider gave none.
const RANDOM: &str = "<32 hex digits>";

#[test]
fn every_shipped_definition_has_a_fixture_and_every_fixture_a_definition() {
    assert_eq!(fixture::shipped(), fixture::written());
    for fixture in Fixture::all() {
        let has = |part: &str| fixture.cases.iter().any(|case| case.name.contains(part));
        for part in ["full data", "missing e-mail", "nulls"] {
            assert!(has(part), "{} lacks a case of {part}", fixture.name);
        }
    }
}

/// A definition that loses its binding, or a part of it, is seen here.
#[test]
fn every_definition_binds_tokens_by_what_its_fixture_says() {
    for fixture in Fixture::all() {
        let name = &fixture.name;
        let audience = fixture::audience(name);
        let text = |key: &str| audience.get(key).and_then(|value| value.as_str());
        let kind = match text("url") {
            Some(_) => text("kind").unwrap_or("introspect"),
            None => text("kind").unwrap_or("no [audience] at all"),
        };
        assert_eq!(kind, fixture.binding.kind, "{name}");
        let equals = audience.get("equals").and_then(|value| value.as_table());
        let own = equals.into_iter().flat_map(|table| table.keys());
        let own = own.map(String::as_str);
        let pick = text("pick").map_or(String::new(), |pick| format!("{pick}."));
        let mut fields: Vec<String> = own
            .chain(text("subject"))
            .chain(text("expires"))
            .map(|field| format!("{pick}{field}"))
            .collect();
        let mut expected = fixture.binding.fields.clone();
        fields.sort();
        expected.sort();
        assert_eq!(fields, expected, "{name}");
        for case in &fixture.cases {
            let asks = kind == "introspect";
            assert_eq!(case.binding().is_some(), asks, "{name}, {}", case.name);
        }
    }
}

/// OA1-1, OA1-2 and SUB-10 among others, by way of the fixtures.
async fn every_case_of_every_provider_is_asked_and_kept_as_its_fixture_says(store: Store) {
    for fixture in Fixture::all() {
        for case in &fixture.cases {
            let at = format!("{}, {}", fixture.name, case.name);
            let world = World::of(store.another(), &fixture, case).await;
            let signed_up = world.server.sign_up(case.body(&fixture.name)).await;
            world.assert_asked(&fixture, case);
            match &case.expect {
                Expect {
                    refused: Some(Refusal { status, code }),
                    uid: None,
                    user: None,
                    extra_data: None,
                } => {
                    assert_eq!(signed_up.status_and_code(), (*status, code.clone()), "{at}");
                    assert_eq!(world.server.store.rows(), [0; 5], "{at}");
                }
                _ => assert_known(&world, &fixture.name, case, &signed_up).await,
            }
        }
    }
}

/// The person of the case has signed up, and is told so everywhere.
async fn assert_known(world: &World, provider: &str, case: &Case, signed_up: &Reply) {
    let at = format!("{provider}, {}", case.name);
    assert_eq!(signed_up.status, 201, "{at}: {}", signed_up.text);
    let answer = signed_up.json();
    assert_eq!(answer["is_new"], true, "{at}");
    assert_eq!(answer["social_auth"]["provider"], provider, "{at}");
    let bearer = signed_up.bearer();
    let me = world.server.get("/me", Some(&bearer)).await.json();
    let expected = case.expect.user.as_ref().unwrap();
    assert_eq!(expected.len(), 7, "{at}: a user has seven fields");
    for (field, expected) in expected {
        for given in [&me[field], &answer[field]] {
            if expected == RANDOM {
                let name = given.as_str().unwrap_or_default();
                let hex = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
                assert!(hex, "{at}: {field} is {given}");
            } else {
                assert_eq!(given, expected, "{at}: {field}");
            }
        }
    }
    let accounts = world.server.get("/me/social_auth", Some(&bearer)).await;
    let mut accounts = accounts.json();
    assert_eq!(accounts.as_array().unwrap().len(), 1, "{at}");
    let account = &mut accounts[0];
    assert_eq!(account["provider"], provider, "{at}");
    assert_eq!(
        account["uid"].as_str(),
        case.expect.uid.as_deref(),
        "{at}: uid"
    );
    assert_eq!(answer["social_auth"]["uid"], account["uid"], "{at}");
    let extra_data = account["extra_data"].as_object_mut().unwrap();
    let auth_time = extra_data.remove("auth_time");
    assert!(auth_time.as_ref().is_some_and(Value::is_u64), "{at}");
    assert_eq!(
        Some(&json!(extra_data)),
        case.expect.extra_data.as_ref(),
        "{at}: extra_data"
    );
}
