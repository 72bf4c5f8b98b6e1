//! Cases of OpenID 2.0, played as real assertions: their claims are signed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fixture::{Case, Fixture};
use super::rounds::Round;
use super::world::{World, patient};
use crate::openid2::assertion::Assertion;
use crate::openid2::valid;
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(every_assertion_of_every_provider_is_kept_as_its_fixture_says);

/// The fields of Simple Registration; all others are exchanged.
const SREG: [&str; 3] = ["email", "fullname", "nickname"];
/// The types of those that are exchanged.
const AX: [(&str, &str); 2] = [
    ("first_name", "http://axschema.org/namePerson/first"),
    ("last_name", "http://axschema.org/namePerson/last"),
];

async fn every_assertion_of_every_provider_is_kept_as_its_fixture_says(store: Store) {
    let mut fixtures = Fixture::all();
    fixtures.retain(|fixture| fixture.full().identity.is_some());
    assert_eq!(fixtures.len(), 11);
    for number in 0..3 {
        let enabled: Vec<_> = fixtures
            .iter()
            .map(|fixture| {
                let settings = fixture.settings_of(&fixture.cases[number]);
                (fixture.name.as_str(), patient(settings))
            })
            .collect();
        let world = World::start(store.another(), &enabled).await;
        let mut round = Round::new(&world);
        for fixture in &fixtures {
            play(&world, &mut round, fixture, &fixture.cases[number]).await;
        }
    }
}

async fn play(world: &World, round: &mut Round<'_>, fixture: &Fixture, case: &Case) {
    let endpoint = endpoint(fixture, &fixture.settings_of(case));
    let url = url::Url::parse(&endpoint).unwrap();
    let host = url.host_str().unwrap();
    let answer = Answer::text(200, &valid());
    world.internet.on("POST", host, url.path(), answer);
    world.internet.clear_received();
    world.play(case);
    let assertion = assertion(&endpoint, case);
    let reply = world.server.sign_up(assertion.body(&fixture.name)).await;
    round.assert_known(&fixture.name, case, &reply).await;
    // The provider was asked whether, and then who.
    let asked: Vec<String> = world
        .internet
        .received()
        .iter()
        .map(|asked| format!("{} https://{}{}", asked.method, asked.host, asked.path))
        .collect();
    let calls = case.exchanges.iter().map(|exchange| &exchange.request);
    let mut expected = vec![format!("POST {endpoint}")];
    expected.extend(calls.map(|call| format!("{} {}", call.method, call.url)));
    assert_eq!(asked, expected, "{}, {}", fixture.name, case.name);
}

/// What the definition pins, or the operator.
fn endpoint(fixture: &Fixture, settings: &BTreeMap<String, String>) -> String {
    if let Some(own) = settings.get("OP_ENDPOINTS") {
        let own: BTreeMap<String, Value> = serde_json::from_str(own).unwrap();
        return own.into_keys().next().unwrap();
    }
    let file = format!(
        "{}/providers/{}.toml",
        env!("CARGO_MANIFEST_DIR"),
        fixture.name
    );
    let file: toml::Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    file["openid"]["op_endpoint"].as_str().unwrap().to_owned()
}

fn assertion(endpoint: &str, case: &Case) -> Assertion {
    let mut assertion = Assertion::at(endpoint, case.identity.as_ref().unwrap());
    let claims = case.claims.as_ref().unwrap();
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    assertion.sign("ns.sreg", "http://openid.net/extensions/sreg/1.1");
    for name in SREG {
        if let Some(value) = text(name) {
            assertion.sign(&format!("sreg.{name}"), value);
        }
    }
    assertion.sign("ns.ax", "http://openid.net/srv/ax/1.0");
    for (name, uri) in AX {
        if let Some(value) = text(name) {
            assertion.sign(&format!("ax.type.{name}"), uri);
            assertion.sign(&format!("ax.value.{name}"), value);
        }
    }
    assertion
}
