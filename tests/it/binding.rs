//! A token counts for the app that it was issued to, and for nobody's doubt.

mod answers;
mod faults;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::providers::fixture::{Case, Exchange, Fixture, Purpose};
use crate::providers::world::{World, signer};
use crate::support::internet::{Answer, Received};
use crate::support::server::{Reply, Store, on_both};
use answers::Introspection;
use faults::{ELSEWHERE, Fault};

on_both!(
    a_token_of_another_app_or_of_somebody_else_signs_nobody_in,
    a_token_of_any_of_our_clients_signs_in,
    a_provider_in_trouble_signs_nobody_in,
    a_provider_that_never_answers_signs_nobody_in,
    x_refuses_the_token_of_another_consumer,
    a_token_sent_to_another_provider_reaches_that_one_alone,
);

fn rejected() -> (u16, String) {
    (401, "credential_rejected".to_owned())
}

/// SUB-1, SUB-2, SUB-3, SUB-6.
async fn a_token_of_another_app_or_of_somebody_else_signs_nobody_in(store: Store) {
    for provider in Introspection::all() {
        let Introspection { fixture, .. } = &provider;
        let (case, exchange) = (fixture.full(), provider.exchange());
        let world = World::of(store.another(), fixture, case).await;
        for (difference, answer) in provider.wrong() {
            world.internet.clear_received();
            world.answer(exchange, Answer::json(200, &answer));
            let refused = world.server.sign_up(case.body(&fixture.name)).await;
            let at = format!("{}: {difference}", fixture.name);
            assert_eq!(refused.status, 401, "{at}: {}", refused.text);
            assert_eq!(refused.status_and_code(), rejected(), "{at}");
            world.assert_asked(fixture, case);
        }
        assert_eq!(world.server.store.rows(), [0; 5], "{}", fixture.name);

        // The same exchange is good in all else, and a person who is known
        // comes in no easier.
        world.play(case);
        let known = world.server.sign_up(case.body(&fixture.name)).await;
        assert_eq!(known.status, 201, "{}: {}", fixture.name, known.text);
        let before = world.server.store.contents();
        let other = provider.issued_to(json!("another-app"));
        world.answer(exchange, Answer::json(200, &other));
        for bearer in [None, Some(known.bearer())] {
            let refused = post(&world, fixture, bearer.as_deref()).await;
            assert_eq!(refused.status_and_code(), rejected(), "{}", fixture.name);
        }
        assert_eq!(world.server.store.contents(), before, "{}", fixture.name);
    }
}

async fn post(world: &World, fixture: &Fixture, bearer: Option<&str>) -> Reply {
    let body = fixture.full().body(&fixture.name);
    match bearer {
        Some(bearer) => world.server.associate(bearer, body).await,
        None => world.server.sign_up(body).await,
    }
}

/// A client id is compared as text, a number by its decimal form.
async fn a_token_of_any_of_our_clients_signs_in(store: Store) {
    for provider in Introspection::all() {
        let Introspection { fixture, .. } = &provider;
        let case = fixture.full();
        let ours = [("AUDIENCES", r#"["the-ios-app", "4711"]"#)];
        let world = World::with(store.another(), fixture, case, &ours).await;
        for (client_id, passes) in [
            (json!("the-ios-app"), true),
            (json!("4711"), true),
            (json!(4711), true),
            (json!("a-key"), true),
            (json!("the-ios"), false),
            (json!("471"), false),
            (json!(["the-ios-app", "4711"]), false),
            (json!("the-ios-app,4711"), false),
        ] {
            let answer = provider.issued_to(client_id.clone());
            world.answer(provider.exchange(), Answer::json(200, &answer));
            let given = post(&world, fixture, None).await;
            let expected = if passes { 201 } else { 401 };
            let at = format!("{}: {client_id}", fixture.name);
            assert_eq!(given.status, expected, "{at}: {}", given.text);
        }
        assert_eq!(world.server.store.count("users"), 1, "{}", fixture.name);
    }
}

/// The calls whose failure must keep everybody out, of every provider that
/// binds: the one that names the person, and the one that names the app.
fn bound() -> Vec<(Fixture, bool)> {
    let asked: Vec<_> = Introspection::all()
        .into_iter()
        .map(|provider| (provider.fixture, provider.shows_our_secret))
        .collect();
    let proven = Fixture::all()
        .into_iter()
        .filter(|fixture| fixture.binding.kind == "secret_proof")
        .map(|fixture| (fixture, false));
    asked.into_iter().chain(proven).collect()
}

fn decisive(case: &Case) -> impl Iterator<Item = &Exchange> {
    let uid = case.expect.uid.as_deref().unwrap();
    case.exchanges.iter().filter(move |exchange| {
        exchange.purpose == Purpose::Binding || exchange.answer.json.to_string().contains(uid)
    })
}

/// SUB-4, SUB-11, RED-1, GARB-1, GARB-2, BOM-1.
async fn a_provider_in_trouble_signs_nobody_in(store: Store) {
    for (fixture, shows_our_secret) in bound() {
        let case = fixture.full();
        let world = World::of(store.another(), &fixture, case).await;
        for exchange in decisive(case) {
            for fault in faults::all(exchange.purpose, shows_our_secret) {
                let at = format!("{} {:?}: {}", fixture.name, exchange.purpose, fault.name);
                world.answer(exchange, fault.answer.clone());
                let refused = post(&world, &fixture, None).await;
                assert_told(&refused, &fault, &at);
            }
            // The type that a body is said to have does not matter.
            let good = exchange.answer.json.to_string();
            world.answer(exchange, Answer::text(200, &good));
        }
        let received = world.internet.received();
        assert!(received.iter().all(|request| request.host != ELSEWHERE));
        assert_eq!(world.server.store.rows(), [0; 5], "{}", fixture.name);
        let known = post(&world, &fixture, None).await;
        assert_eq!(known.status, 201, "{}: {}", fixture.name, known.text);
    }
}

fn assert_told(refused: &Reply, fault: &Fault, at: &str) {
    let expected = (fault.status, fault.code.to_owned());
    assert_ne!(refused.status, 201, "{at}");
    assert_eq!(refused.status_and_code(), expected, "{at}");
    let retry_after = refused.headers.get("retry-after");
    assert_eq!(retry_after.is_some(), fault.status == 503, "{at}");
    let asked_for = fault.answer.headers.iter();
    for (_, seconds) in asked_for.filter(|(name, _)| name == "Retry-After") {
        assert_eq!(retry_after.unwrap(), seconds.as_str(), "{at}");
    }
}

/// SUB-4: the one test with a short time, for nothing else happens in it.
async fn a_provider_that_never_answers_signs_nobody_in(store: Store) {
    for (fixture, _) in bound() {
        let case = fixture.full();
        let soon = [("REQUESTS_TIMEOUT", "0.5")];
        let world = World::with(store.another(), &fixture, case, &soon).await;
        for exchange in decisive(case) {
            world.play(case);
            world.answer(exchange, Answer::hang());
            let refused = post(&world, &fixture, None).await;
            let at = format!("{} {:?}", fixture.name, exchange.purpose);
            assert_eq!(
                refused.status_and_code(),
                (504, "timeout".to_owned()),
                "{at}"
            );
        }
        assert_eq!(world.server.store.rows(), [0; 5], "{}", fixture.name);
    }
}

/// SUB-12, OA1-6: X looks at the signature, here as well as there.
async fn x_refuses_the_token_of_another_consumer(store: Store) {
    let fixture = Fixture::read("twitter");
    let case = fixture.full();
    for (settings, status) in [
        (&[][..], 201),
        (&[("KEY", "another-app")][..], 401),
        (&[("SECRET", "another-secret")][..], 401),
    ] {
        let world = World::with(store.another(), &fixture, case, settings).await;
        play_x(&world, &fixture);
        let given = post(&world, &fixture, None).await;
        assert_eq!(given.status, status, "{settings:?}: {}", given.text);
        let mut wrong_secret = case.body(&fixture.name);
        wrong_secret["access_token_secret"] = json!("another-secret");
        let refused = world.server.sign_up(wrong_secret).await;
        assert_eq!(refused.status_and_code(), rejected(), "{settings:?}");
        let users = world.server.store.count("users");
        assert_eq!(users, u64::from(status == 201), "{settings:?}");
    }
    for (code, message) in [
        (89, "Invalid or expired token."),
        (32, "Could not authenticate you."),
    ] {
        let world = World::of(store.another(), &fixture, case).await;
        let body = json!({"errors": [{"code": code, "message": message}]});
        world.answer(&case.exchanges[0], Answer::json(401, &body));
        let refused = post(&world, &fixture, None).await;
        assert_eq!(refused.status_and_code(), rejected(), "{code}");
        assert!(!refused.text.contains(message), "{}", refused.text);
        assert_eq!(world.server.store.rows(), [0; 5]);
    }
}

/// X answers to those alone who sign with the secrets of the fixture.
fn play_x(world: &World, fixture: &Fixture) {
    let case = fixture.full();
    let settings = fixture.settings.clone();
    let post = case.post.clone();
    let good = Answer::json(200, &case.exchanges[0].answer.json);
    let (host, path) = case.exchanges[0].request.host_and_path();
    world.internet.on_fn("GET", host, &path, move |received| {
        match signer(&settings, &post).unwrap().refuse(received) {
            None => good.clone(),
            Some(_) => Answer::json(401, &json!({"errors": [{"code": 32}]})),
        }
    });
}

/// MIX-1, all pairs.
async fn a_token_sent_to_another_provider_reaches_that_one_alone(store: Store) {
    let fixtures = Fixture::all();
    let enabled: Vec<_> = fixtures
        .iter()
        .map(|fixture| (fixture.name.as_str(), fixture.settings_of(fixture.full())))
        .collect();
    let world = World::start(store, &enabled).await;
    for fixture in &fixtures {
        for exchange in &fixture.full().exchanges {
            answer_own_token(&world, fixture, exchange);
        }
    }
    for of in &fixtures {
        for to in &fixtures {
            world.internet.clear_received();
            let mut body = to.full().body(&to.name);
            body["access_token"] = of.full().post["access_token"].clone();
            let given = world.server.sign_up(body).await;
            let at = format!("a token of {} sent to {}", of.name, to.name);
            if of.name == to.name {
                assert_eq!(given.status, 201, "{at}: {}", given.text);
            } else {
                assert_eq!(given.status_and_code(), rejected(), "{at}");
            }
            let asked = world.internet.received();
            assert!(!asked.is_empty(), "{at}");
            let asked: BTreeSet<_> = asked.iter().map(|asked| asked.host.as_str()).collect();
            let exchanges = to.full().exchanges.iter();
            let own: BTreeSet<_> = exchanges
                .map(|exchange| exchange.request.host_and_path().0)
                .collect();
            assert!(asked.is_subset(&own), "{at}: {asked:?}");
        }
    }
    let count = u64::try_from(fixtures.len()).unwrap();
    assert_eq!(world.server.store.count("users"), count);
}

/// The provider knows its own token, and no other.
fn answer_own_token(world: &World, fixture: &Fixture, exchange: &Exchange) {
    let post = &fixture.full().post;
    let token = post["access_token"].as_str().unwrap().to_owned();
    let good = Answer::json(exchange.answer.status, &exchange.answer.json);
    let refusal = match exchange.purpose {
        Purpose::Profile => Answer::json(401, &Value::Null),
        Purpose::Binding => Answer::json(404, &Value::Null),
    };
    let (host, path) = exchange.request.host_and_path();
    let method = &exchange.request.method;
    world.internet.on_fn(method, host, &path, move |received| {
        if carries(received, &token) {
            good.clone()
        } else {
            refusal.clone()
        }
    });
}

fn carries(received: &Received, token: &str) -> bool {
    let header = received.header("authorization").unwrap_or_default();
    let header = percent_encoding::percent_decode_str(header).decode_utf8_lossy();
    let body = String::from_utf8_lossy(&received.body);
    header.contains(token)
        || body.contains(token)
        || received.query.iter().any(|(_, value)| value == token)
}
