//! A token counts for the app that it was issued to, and for nobody's doubt.

mod answers;
mod faults;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// SUB-1, SUB-2, SUB-3, SUB-6: all providers at one server.
async fn a_token_of_another_app_or_of_somebody_else_signs_nobody_in(store: Store) {
    let providers = Introspection::all();
    let world = World::of_all(store, &fixtures(&providers)).await;
    for provider in &providers {
        let Introspection { fixture, .. } = provider;
        let (case, exchange) = (fixture.full(), provider.exchange());
        world.play(case);
        let before = world.server.store.rows();
        for (difference, answer) in provider.wrong() {
            world.internet.clear_received();
            world.answer(exchange, answer);
            let refused = world.server.sign_up(case.body(&fixture.name)).await;
            let at = format!("{}: {difference}", fixture.name);
            assert_eq!(refused.status, 401, "{at}: {}", refused.text);
            assert_eq!(refused.status_and_code(), rejected(), "{at}");
            if exchange.purpose == Purpose::Binding {
                world.assert_asked(fixture, case);
            }
        }
        assert_eq!(world.server.store.rows(), before, "{}", fixture.name);

        // The same exchange is good in all else, and a person who is known
        // comes in no easier.
        world.play(case);
        let known = world.server.sign_up(case.body(&fixture.name)).await;
        assert_eq!(known.status, 201, "{}: {}", fixture.name, known.text);
        let before = world.server.store.contents();
        world.answer(exchange, provider.issued_to(json!("another-app")));
        for bearer in [None, Some(known.bearer())] {
            let refused = post(&world, fixture, bearer.as_deref()).await;
            assert_eq!(refused.status_and_code(), rejected(), "{}", fixture.name);
        }
        assert_eq!(world.server.store.contents(), before, "{}", fixture.name);
    }
}

fn fixtures(providers: &[Introspection]) -> Vec<&Fixture> {
    providers.iter().map(|provider| &provider.fixture).collect()
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
    let mut providers = Introspection::all();
    providers.retain(Introspection::names_client);
    for provider in &mut providers {
        let ours = r#"["the-ios-app", "4711"]"#.to_owned();
        let settings = &mut provider.fixture.settings;
        settings.insert("AUDIENCES".to_owned(), ours);
    }
    let world = World::of_all(store, &fixtures(&providers)).await;
    for provider in &providers {
        let Introspection { fixture, .. } = provider;
        world.play(fixture.full());
        let before = world.server.store.count("users");
        for (client_id, passes) in [
            (json!("the-ios-app"), true),
            (json!("4711"), true),
            (json!(4711), true),
            (json!(fixture.settings["KEY"]), true),
            (json!("the-ios"), false),
            (json!("471"), false),
            (json!(["the-ios-app", "4711"]), false),
            (json!("the-ios-app,4711"), false),
        ] {
            world.answer(provider.exchange(), provider.issued_to(client_id.clone()));
            let given = post(&world, fixture, None).await;
            let expected = if passes { 201 } else { 401 };
            let at = format!("{}: {client_id}", fixture.name);
            assert_eq!(given.status, expected, "{at}: {}", given.text);
        }
        let users = world.server.store.count("users");
        assert_eq!(users, before + 1, "{}", fixture.name);
    }
}

/// Those that are tried with every fault there is; the others with one of a
/// kind.
const EVERY_FAULT: [&str; 6] = [
    "discord",
    "facebook",
    "github",
    "gitlab",
    "google-oauth2",
    "twitter",
];

/// The calls whose failure must keep everybody out, of every provider that
/// binds: the one that names the person, and the one that names the app.
fn bound() -> Vec<(Fixture, bool)> {
    let asked: Vec<_> = Introspection::all()
        .into_iter()
        .map(|provider| (provider.fixture, provider.shows_our_secret))
        .collect();
    let proven = Fixture::all_posted()
        .into_iter()
        .filter(|fixture| fixture.binding.kind == "secret_proof")
        .map(|fixture| (fixture, false));
    asked.into_iter().chain(proven).collect()
}

/// The call that binds, and the first of those that hold the uid.
fn decisive(case: &Case) -> Vec<&Exchange> {
    let uid = case.expect.uid.as_deref().unwrap();
    let of = |purpose: Purpose| {
        let exchanges = case.exchanges.iter();
        exchanges.filter(move |exchange| exchange.purpose == purpose)
    };
    let names = |exchange: &&Exchange| exchange.answer.body().contains(uid);
    let profile = of(Purpose::Profile).find(names);
    let profile = profile.or_else(|| of(Purpose::Profile).next());
    of(Purpose::Binding).chain(profile).collect()
}

/// SUB-4, SUB-11, RED-1, GARB-1, GARB-2, BOM-1.
async fn a_provider_in_trouble_signs_nobody_in(store: Store) {
    let bound = bound();
    let all: Vec<&Fixture> = bound.iter().map(|(fixture, _)| fixture).collect();
    let world = World::of_all(store, &all).await;
    for (fixture, shows_our_secret) in &bound {
        let case = fixture.full();
        world.play(case);
        let before = world.server.store.rows();
        for exchange in decisive(case) {
            let faults = if EVERY_FAULT.contains(&fixture.name.as_str()) {
                faults::all(exchange.purpose, *shows_our_secret)
            } else {
                faults::common(exchange.purpose, *shows_our_secret)
            };
            for fault in faults {
                let at = format!("{} {:?}: {}", fixture.name, exchange.purpose, fault.name);
                world.answer(exchange, fault.answer.clone());
                let refused = post(&world, fixture, None).await;
                assert_told(&refused, &fault, &at);
            }
            // The type that a body is said to have does not matter.
            let mut good = Answer::text(200, &exchange.answer.body());
            good.headers
                .extend(exchange.answer.answer().headers.split_off(1));
            world.answer(exchange, good);
        }
        assert_eq!(world.server.store.rows(), before, "{}", fixture.name);
        let known = post(&world, fixture, None).await;
        assert_eq!(known.status, 201, "{}: {}", fixture.name, known.text);
    }
    let received = world.internet.received();
    assert!(received.iter().all(|request| request.host != ELSEWHERE));
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

/// SUB-4: the one test with a short time; all providers are waited for at
/// once, first for whose the token is, then for who the person is.
async fn a_provider_that_never_answers_signs_nobody_in(store: Store) {
    let bound = bound();
    let enabled: Vec<_> = bound
        .iter()
        .map(|(fixture, _)| {
            let mut settings = fixture.settings_of(fixture.full());
            settings.insert("REQUESTS_TIMEOUT".to_owned(), "0.5".to_owned());
            (fixture.name.as_str(), settings)
        })
        .collect();
    let world = World::start(store, &enabled).await;
    for purpose in [Purpose::Binding, Purpose::Profile] {
        let silent: Vec<&Fixture> = bound
            .iter()
            .map(|(fixture, _)| fixture)
            .filter(|fixture| {
                decisive(fixture.full())
                    .iter()
                    .any(|one| one.purpose == purpose)
            })
            .collect();
        assert!(!silent.is_empty());
        for wave in apart(&silent) {
            all_wait(&world, &wave, purpose).await;
        }
        assert_eq!(world.server.store.rows(), [0; 5]);
    }
}

/// The providers in waves in which none answers for another's host.
fn apart<'f>(fixtures: &[&'f Fixture]) -> Vec<Vec<&'f Fixture>> {
    let hosts = |fixture: &Fixture| -> BTreeSet<String> {
        let exchanges = fixture.full().exchanges.iter();
        exchanges
            .map(|exchange| exchange.request.host_and_path().0.to_owned())
            .collect()
    };
    let mut waves: Vec<(BTreeSet<String>, Vec<&'f Fixture>)> = Vec::new();
    for fixture in fixtures {
        let own = hosts(fixture);
        match waves.iter_mut().find(|(taken, _)| taken.is_disjoint(&own)) {
            Some((taken, wave)) => {
                taken.extend(own);
                wave.push(fixture);
            }
            None => waves.push((own, vec![fixture])),
        }
    }
    waves.into_iter().map(|(_, wave)| wave).collect()
}

/// Their calls for this purpose are never answered.
async fn all_wait(world: &World, wave: &[&Fixture], purpose: Purpose) {
    for fixture in wave {
        world.play(fixture.full());
        for exchange in decisive(fixture.full()) {
            if exchange.purpose == purpose {
                world.answer(exchange, Answer::hang());
            }
        }
    }
    let asked = wave.iter().map(|fixture| post(world, fixture, None));
    let refused = futures_util::future::join_all(asked).await;
    for (fixture, refused) in wave.iter().zip(refused) {
        let expected = (504, "timeout".to_owned());
        let at = format!("{} {purpose:?}", fixture.name);
        assert_eq!(refused.status_and_code(), expected, "{at}");
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

/// How many others a token is sent to, round the ring of all providers.
const OTHERS: usize = 7;

/// Each of these is also sent the tokens of all the others of them.
const EACH_TO_EACH: [&str; 8] = [
    "bitbucket-oauth2",
    "discord",
    "facebook",
    "github",
    "gitlab",
    "google-oauth2",
    "instagram",
    "twitter",
];

/// Whether an address of its calls holds the token, or how it begins.
fn asks_at_its_token(fixture: &Fixture) -> bool {
    let case = fixture.full();
    let token = case.post["access_token"].as_str().unwrap();
    let start = token.split('.').next().unwrap();
    let mut exchanges = case.exchanges.iter();
    exchanges.any(|exchange| exchange.request.url.contains(start))
}

/// MIX-1.
async fn a_token_sent_to_another_provider_reaches_that_one_alone(store: Store) {
    let mut fixtures = Fixture::all_posted();
    // Where the token is in the address no other token has a place to ask at.
    fixtures.retain(|fixture| !asks_at_its_token(fixture));
    for fixture in &mut fixtures {
        // The fixtures' invented tokens are not all different; with its end
        // marked none is the beginning of another.
        let token = format!("token-of-{}.", fixture.name);
        fixture.cases[0].post["access_token"] = json!(token);
    }
    let all: Vec<&Fixture> = fixtures.iter().collect();
    let world = World::of_all(store, &all).await;
    let known = Arc::new(Known::of(&fixtures));
    for (line, exchange) in &known.places {
        let (host, path) = exchange.request.host_and_path();
        let (known, line) = (Arc::clone(&known), line.clone());
        let method = &exchange.request.method;
        world.internet.on_fn(method, host, &path, move |received| {
            known.answer(&line, received)
        });
    }
    for (index, of) in fixtures.iter().enumerate() {
        let each = |name: &str| EACH_TO_EACH.contains(&name);
        for ahead in 0..fixtures.len() {
            let to = &fixtures[(index + ahead) % fixtures.len()];
            let chosen = ahead <= OTHERS || (each(&of.name) && each(&to.name));
            if !chosen || (ahead > 0 && is_one_service(of, to)) {
                continue;
            }
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

/// Definitions of one and the same service know each other's tokens.
fn is_one_service(of: &Fixture, to: &Fixture) -> bool {
    let lines = |fixture: &Fixture| -> BTreeSet<String> {
        fixture.full().exchanges.iter().map(line).collect()
    };
    !lines(of).is_disjoint(&lines(to))
}

fn line(exchange: &Exchange) -> String {
    format!("{} {}", exchange.request.method, exchange.request.url)
}

/// Every provider knows its own token, and no other.
struct Known {
    /// By method and URL.
    places: BTreeMap<String, Exchange>,
    /// By method and URL: a token, and the answer to whoever has it.
    tokens: BTreeMap<String, Vec<(String, Answer)>>,
}

impl Known {
    fn of(fixtures: &[Fixture]) -> Self {
        let mut known = Self {
            places: BTreeMap::new(),
            tokens: BTreeMap::new(),
        };
        for fixture in fixtures {
            let token = fixture.full().post["access_token"].as_str().unwrap();
            for exchange in &fixture.full().exchanges {
                let pair = (token.to_owned(), exchange.answer.answer());
                known.tokens.entry(line(exchange)).or_default().push(pair);
                known.places.insert(line(exchange), exchange.clone());
            }
        }
        known
    }

    fn answer(&self, line: &str, received: &Received) -> Answer {
        let purpose = self.places[line].purpose;
        let tokens = &self.tokens[line];
        // Whoever it is: the document is public.
        let public = purpose == Purpose::Discovery;
        match tokens
            .iter()
            .find(|(token, _)| public || carries(received, token))
        {
            Some((_, good)) => good.clone(),
            None if purpose == Purpose::Binding => Answer::json(404, &Value::Null),
            None => Answer::json(401, &Value::Null),
        }
    }
}

fn carries(received: &Received, token: &str) -> bool {
    let headers = received.headers.iter();
    let mut headers =
        headers.map(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8_lossy());
    let body = String::from_utf8_lossy(&received.body);
    headers.any(|header| header.contains(token))
        || body.contains(token)
        || received.path.contains(token)
        || received.query.iter().any(|(_, value)| value == token)
}
