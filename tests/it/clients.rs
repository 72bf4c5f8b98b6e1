//! Several apps of ours at one provider: whose token it is, and what is asked.

mod registered;

use std::collections::BTreeMap;

use ring::hmac;
use serde_json::{Value, json};

use crate::providers::fixture::{Case, Fixture};
use crate::providers::signature::Signer;
use crate::providers::world::World;
use crate::support::internet::{Answer, Received};
use crate::support::server::{Reply, Store, on_both};

on_both!(
    the_app_whose_secret_fits_signs_in_and_is_named,
    a_named_app_alone_is_asked_for,
    only_a_refusal_leads_to_the_next_app,
    eight_apps_are_tried_and_the_ninth_must_be_named,
    an_app_that_the_provider_names_costs_no_further_call,
    a_named_app_must_be_the_one_that_the_provider_names,
    each_consumer_signs_with_its_own_secret,
    what_nothing_binds_names_no_app,
);

/// The main app is the fixture's own: `a-key` with `a-secret`.
const IOS: (&str, &str) = ("ios-key", "ios-secret");

fn entry(name: &str, (key, secret): (&str, &str)) -> Value {
    json!({"name": name, "key": key, "secret": secret})
}

/// A server with these further apps of ours.
async fn world(store: Store, fixture: &Fixture, clients: &[Value]) -> World {
    let clients = Value::from(clients).to_string();
    let more = [("CLIENTS", clients.as_str())];
    World::with(store, fixture, fixture.full(), &more).await
}

/// Facebook, where this app got the token: whoever else asks is refused.
fn play_facebook(world: &World, case: &Case, (key, secret): (&str, &str)) {
    for exchange in &case.exchanges {
        let (host, path) = exchange.request.host_and_path();
        let mut good = exchange.answer.json.clone();
        if good["data"].is_object() {
            good["data"]["app_id"] = json!(key);
        }
        let (key, secret) = (key.to_owned(), secret.to_owned());
        world.internet.on_fn("GET", host, &path, move |received| {
            if is_of_app(received, (&key, &secret)) {
                Answer::json(200, &good)
            } else {
                Answer::json(400, &json!({"error": {"code": 100}}))
            }
        });
    }
}

fn is_of_app(received: &Received, (key, secret): (&str, &str)) -> bool {
    let token = received.param("access_token").unwrap();
    match received.param("appsecret_proof") {
        Some(proof) => {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            let expected = hmac::sign(&secret, token.as_bytes());
            let proof = proof.as_bytes().chunks(2);
            let proof = proof.map(|byte| {
                let byte = std::str::from_utf8(byte).unwrap();
                u8::from_str_radix(byte, 16).unwrap()
            });
            proof.eq(expected.as_ref().iter().copied())
        }
        None => token == format!("{key}|{secret}"),
    }
}

async fn post(world: &World, fixture: &Fixture, client_id: Option<&str>) -> Reply {
    world.internet.clear_received();
    let mut body = fixture.full().body(&fixture.name);
    if let Some(client_id) = client_id {
        body["client_id"] = json!(client_id);
    }
    world.server.sign_up(body).await
}

fn asked(world: &World) -> usize {
    world.internet.received().len()
}

fn client_id(reply: &Reply) -> Value {
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["social_auth"]["client_id"].clone()
}

fn assert_rejected(reply: &Reply) {
    let rejected = (401, "credential_rejected".to_owned());
    assert_eq!(reply.status_and_code(), rejected, "{}", reply.text);
}

async fn the_app_whose_secret_fits_signs_in_and_is_named(store: Store) {
    let facebook = Fixture::read("facebook");
    let clients = [entry("ios", IOS), entry("web", ("web-key", "web-secret"))];
    let world = world(store, &facebook, &clients).await;
    for (app, calls) in [
        (("another-app", "another-secret"), 6),
        // An id of ours with a secret of another app's is another app.
        (("ios-key", "a-secret"), 6),
        (("ios-key", ""), 6),
    ] {
        play_facebook(&world, facebook.full(), app);
        assert_rejected(&post(&world, &facebook, None).await);
        assert_eq!(asked(&world), calls, "{app:?}");
        assert_eq!(world.server.store.rows(), [0; 5], "{app:?}");
    }
    for (app, calls) in [
        (("a-key", "a-secret"), 2),
        (IOS, 4),
        (("web-key", "web-secret"), 6),
    ] {
        play_facebook(&world, facebook.full(), app);
        let signed_in = post(&world, &facebook, None).await;
        assert_eq!(client_id(&signed_in), app.0);
        assert_eq!(asked(&world), calls, "{app:?}");
    }
    assert_eq!(
        world.server.store.count("users"),
        1,
        "one person, three apps"
    );
}

async fn a_named_app_alone_is_asked_for(store: Store) {
    let facebook = Fixture::read("facebook");
    let world = world(store, &facebook, &[entry("ios", IOS)]).await;
    play_facebook(&world, facebook.full(), IOS);
    let unknown = ["another-app", "IOS-KEY", "ios", "ios-key ", "a-key,ios-key"];
    for named in unknown {
        let refused = post(&world, &facebook, Some(named)).await;
        assert_eq!(refused.status, 400, "{named}: {}", refused.text);
        let message = "This is none of our client ids at this provider.";
        assert_eq!(refused.json(), json!({"client_id": [message]}), "{named}");
        assert_eq!(asked(&world), 0, "{named}");
    }
    for (value, message) in [
        (json!(""), "This field may not be blank."),
        (json!(null), "This field may not be null."),
        (json!(["ios-key"]), "Not a valid string."),
    ] {
        let mut body = facebook.full().body("facebook");
        body["client_id"] = value;
        let refused = world.server.sign_up(body).await;
        assert_eq!(refused.status, 400, "{message}");
        assert_eq!(refused.json(), json!({"client_id": [message]}));
        assert_eq!(asked(&world), 0, "{message}");
    }
    assert_rejected(&post(&world, &facebook, Some("a-key")).await);
    assert_eq!(asked(&world), 2, "the other app is not tried");
    assert_eq!(world.server.store.rows(), [0; 5]);
    let signed_in = post(&world, &facebook, Some("ios-key")).await;
    assert_eq!(client_id(&signed_in), "ios-key");
    assert_eq!(asked(&world), 2);
}

async fn only_a_refusal_leads_to_the_next_app(store: Store) {
    let facebook = Fixture::read("facebook");
    let world = world(store, &facebook, &[entry("ios", IOS)]).await;
    let profile = &facebook.full().exchanges[0];
    for (status, expected) in [
        (503, (503, "unavailable")),
        (429, (503, "rate_limited")),
        (302, (502, "http_error")),
    ] {
        play_facebook(&world, facebook.full(), ("a-key", "a-secret"));
        world.answer(profile, Answer::json(status, &json!({})));
        let refused = post(&world, &facebook, None).await;
        let (code, text) = expected;
        assert_eq!(refused.status_and_code(), (code, text.to_owned()));
        assert_eq!(asked(&world), 2, "{status}");
    }
    assert_eq!(world.server.store.rows(), [0; 5]);
}

async fn eight_apps_are_tried_and_the_ninth_must_be_named(store: Store) {
    let facebook = Fixture::read("facebook");
    let app = |number: usize| (format!("key-{number}"), format!("secret-{number}"));
    let clients: Vec<Value> = (2..=9)
        .map(|number| {
            let (key, secret) = app(number);
            entry(&format!("app-{number}"), (&key, &secret))
        })
        .collect();
    let world = world(store, &facebook, &clients).await;
    let (key, secret) = app(9);
    play_facebook(&world, facebook.full(), (&key, &secret));
    assert_rejected(&post(&world, &facebook, None).await);
    assert_eq!(asked(&world), 16);
    let signed_in = post(&world, &facebook, Some(&key)).await;
    assert_eq!(client_id(&signed_in), key);
    assert_eq!(asked(&world), 2);
    let (key, secret) = app(8);
    play_facebook(&world, facebook.full(), (&key, &secret));
    assert_eq!(client_id(&post(&world, &facebook, None).await), key);
    assert_eq!(asked(&world), 16);
}

/// Google, where this client got the token.
fn play_google(world: &World, case: &Case, client_id: &str) {
    world.play(case);
    let binding = case.binding().unwrap();
    let mut answer = binding.answer.json.clone();
    answer["aud"] = json!(client_id);
    world.answer(binding, Answer::json(200, &answer));
}

/// Of `key`, of `audiences`, of `clients`.
async fn google(store: Store) -> (Fixture, World) {
    let google = Fixture::read("google-oauth2");
    let clients = json!([{"name": "android", "key": "android-key"}]).to_string();
    let more = [
        ("AUDIENCES", r#"["audience-key"]"#),
        ("CLIENTS", clients.as_str()),
    ];
    let world = World::with(store, &google, google.full(), &more).await;
    (google, world)
}

async fn an_app_that_the_provider_names_costs_no_further_call(store: Store) {
    let (google, world) = google(store).await;
    play_google(&world, google.full(), "another-app");
    assert_rejected(&post(&world, &google, None).await);
    assert_eq!(asked(&world), 2);
    assert_eq!(world.server.store.rows(), [0; 5]);
    for ours in ["a-key", "audience-key", "android-key"] {
        play_google(&world, google.full(), ours);
        assert_eq!(client_id(&post(&world, &google, None).await), ours);
        assert_eq!(asked(&world), 2, "{ours}");
    }
    let listed = world.server.get("/providers", None).await.json();
    let listed = listed.as_array().unwrap().iter();
    let clients: BTreeMap<_, _> = listed
        .map(|provider| (provider["name"].as_str().unwrap(), &provider["clients"]))
        .collect();
    let android = json!([{"name": "android", "client_id": "android-key"}]);
    assert_eq!(*clients["google-oauth2"], android);
    assert_eq!(*clients["sandbox"], json!([]));
}

async fn a_named_app_must_be_the_one_that_the_provider_names(store: Store) {
    let (google, world) = google(store).await;
    let ours = ["a-key", "audience-key", "android-key"];
    for named in ours {
        for of in ours {
            play_google(&world, google.full(), of);
            let reply = post(&world, &google, Some(named)).await;
            assert_eq!(asked(&world), 2, "{named}, {of}");
            if named == of {
                assert_eq!(client_id(&reply), of);
            } else {
                assert_rejected(&reply);
            }
        }
    }
}

/// X, where this consumer got the token.
fn play_x(world: &World, fixture: &Fixture, consumer: (&str, &str)) {
    let case = fixture.full();
    let good = Answer::json(200, &case.exchanges[0].answer.json);
    let consumer = (consumer.0.to_owned(), consumer.1.to_owned());
    let post = case.post.clone();
    let (host, path) = case.exchanges[0].request.host_and_path();
    world.internet.on_fn("GET", host, &path, move |received| {
        let signer = Signer {
            consumer: (&consumer.0, &consumer.1),
            token: (
                post["access_token"].as_str().unwrap(),
                post["access_token_secret"].as_str().unwrap(),
            ),
        };
        match signer.refuse(received) {
            None => good.clone(),
            Some(_) => Answer::json(401, &json!({"errors": [{"code": 89}]})),
        }
    });
}

async fn each_consumer_signs_with_its_own_secret(store: Store) {
    let x = Fixture::read("twitter");
    let main = (x.settings["KEY"].as_str(), x.settings["SECRET"].as_str());
    let clients = json!([entry("ios", IOS)]).to_string();
    let more = [
        ("CLIENTS", clients.as_str()),
        ("AUDIENCES", r#"["audience-key"]"#),
    ];
    let world = World::with(store, &x, x.full(), &more).await;
    for consumer in [("another-app", "another-secret"), (main.0, IOS.1)] {
        play_x(&world, &x, consumer);
        assert_rejected(&post(&world, &x, None).await);
        assert_eq!(asked(&world), 2);
    }
    assert_eq!(world.server.store.rows(), [0; 5]);
    for (consumer, calls) in [(main, 1), (IOS, 2)] {
        play_x(&world, &x, consumer);
        assert_eq!(client_id(&post(&world, &x, None).await), consumer.0);
        assert_eq!(asked(&world), calls);
        let named = post(&world, &x, Some(consumer.0)).await;
        assert_eq!(client_id(&named), consumer.0);
        assert_eq!(asked(&world), 1);
    }
    // X names no app: what we have no secret of cannot be proven.
    let refused = post(&world, &x, Some("audience-key")).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert_eq!(asked(&world), 0);
}

async fn what_nothing_binds_names_no_app(store: Store) {
    let bitbucket = Fixture::read("bitbucket-oauth2");
    let clients = [json!({"name": "ios", "key": "ios-key"})];
    let world = world(store, &bitbucket, &clients).await;
    let answer = post(&world, &bitbucket, None).await;
    assert_eq!(client_id(&answer), Value::Null);
}
