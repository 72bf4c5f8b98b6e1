//! Every shipped definition is held to its fixture, over HTTP: what it asks,
//! and whom it makes of the answers.

mod assertions;
pub(crate) mod fixture;
pub(crate) mod rounds;
pub(crate) mod signature;
pub(crate) mod world;

use serde_json::Value;

use crate::support::server::{Store, on_both};
use fixture::{Case, Fixture};
use rounds::Round;
use world::{World, patient};

on_both!(every_case_of_every_provider_is_asked_and_kept_as_its_fixture_says);

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
        let kind = match (text("kind"), audience.is_empty()) {
            (Some(kind), _) => kind,
            (None, false) => "introspect",
            (None, true) => "none",
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
        for case in fixture.cases.iter().filter(|case| case.claims.is_none()) {
            let asks = kind == "introspect";
            assert_eq!(case.binding().is_some(), asks, "{name}, {}", case.name);
        }
    }
}

/// OA1-1, OA1-2 and SUB-10 among others, by way of the fixtures: in the first
/// round the first case of each provider is played, and so on. A case of
/// claims is played by `id_tokens`, and its mapping alone by `sociable providers
/// check`.
async fn every_case_of_every_provider_is_asked_and_kept_as_its_fixture_says(store: Store) {
    let fixtures = Fixture::all();
    let posted: Vec<(&Fixture, Vec<&Case>)> = fixtures
        .iter()
        .map(|fixture| {
            let cases = fixture.cases.iter();
            (
                fixture,
                cases.filter(|case| case.claims.is_none()).collect(),
            )
        })
        .collect();
    let rounds = posted.iter().map(|(_, cases)| cases.len()).max().unwrap();
    for round in 0..rounds {
        let played: Vec<(&Fixture, &Case)> = posted
            .iter()
            .filter_map(|(fixture, cases)| Some((*fixture, *cases.get(round)?)))
            .collect();
        let enabled: Vec<_> = played
            .iter()
            .map(|(fixture, case)| (fixture.name.as_str(), patient(fixture.settings_of(case))))
            .collect();
        let world = World::start(store.another(), &enabled).await;
        let mut round = Round::new(&world);
        for (fixture, case) in played {
            round.play(fixture, case).await;
        }
    }
}

/// What is left of extra data when its times are taken away.
fn without_times(extra_data: &Value, at: &str) -> Value {
    let mut kept = extra_data.as_object().unwrap().clone();
    let auth_time = kept.remove("auth_time");
    assert!(auth_time.as_ref().is_some_and(Value::is_u64), "{at}");
    Value::Object(kept)
}
