//! A provider's keys: what is fetched, how often, and what when it is down.

use std::sync::Arc;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sociable::model::Clock;

use super::{ISSUER, SETTINGS};
use crate::support::id_tokens::{Key, key_set, serve_keys};
use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Server, Store, on_both};

on_both!(
    jwt_11_while_the_provider_is_down_known_keys_are_good_and_unknown_ones_unavailable,
    jwt_10_ten_thousand_unknown_keys_in_three_minutes_are_a_fetch_a_minute,
);

/// A clock that the test sets.
struct Watch(Mutex<DateTime<Utc>>);

impl Clock for Watch {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

impl Watch {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(
            DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        )))
    }

    fn go_on(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }

    fn claims(&self, jti: usize) -> Value {
        let now = self.now().timestamp();
        json!({
            "iss": ISSUER, "aud": "our-app", "sub": "ada", "jti": jti.to_string(),
            "iat": now, "exp": now + 300,
        })
    }
}

fn start(store: Store, internet: &FakeInternet, watch: &Arc<Watch>) -> Server {
    let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
    let mut environment = vec![
        ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
        ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
    ];
    environment.extend(SETTINGS);
    let clock: Arc<dyn Clock> = Arc::<Watch>::clone(watch);
    Server::start_with(store, &environment, |builder| builder.clock(clock))
}

fn body(token: &str) -> Value {
    json!({"provider": "oidc", "id_token": token})
}

fn strangers(watch: &Watch, number: usize) -> String {
    let header = json!({"alg": "RS256", "kid": format!("unknown-{number}")});
    Key::Rs256.forge(&header, &watch.claims(number))
}

async fn jwt_11_while_the_provider_is_down_known_keys_are_good_and_unknown_ones_unavailable(
    store: Store,
) {
    let (internet, watch) = (FakeInternet::start().await, Watch::new());
    serve_keys(&internet, ISSUER);
    let server = start(store, &internet, &watch);
    let first = server
        .sign_up(body(&Key::Rs256.token(&watch.claims(1))))
        .await;
    assert_eq!(first.status, 201, "{}", first.text);
    internet.otherwise(|_| Answer::text(500, "down"));
    watch.go_on(TimeDelta::hours(2));
    let known = server
        .sign_up(body(&Key::Rs256.token(&watch.claims(2))))
        .await;
    assert_eq!(known.status, 201, "{}", known.text);
    watch.go_on(TimeDelta::minutes(2));
    let unknown = server.sign_up(body(&strangers(&watch, 3))).await;
    assert_eq!(unknown.status_and_code(), (503, "unavailable".to_owned()));
}

async fn jwt_10_ten_thousand_unknown_keys_in_three_minutes_are_a_fetch_a_minute(store: Store) {
    let (internet, watch) = (FakeInternet::start().await, Watch::new());
    serve_keys(&internet, ISSUER);
    let fetches = note_fetches(&internet, &watch);
    let server = start(store, &internet, &watch);
    let first = server
        .sign_up(body(&Key::Rs256.token(&watch.claims(0))))
        .await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(fetches.lock().unwrap().len(), 1);
    let before = internet.received().len();
    // One is signed, the others are copies of it under other names of keys.
    let signed = strangers(&watch, 0);
    let signature = signed.rsplit_once('.').unwrap().1.to_owned();
    for number in 1..=10_000 {
        watch.go_on(TimeDelta::milliseconds(18));
        let token = renamed(&watch, number, &signature);
        let refused = server.sign_up(body(&token)).await;
        assert_eq!(
            refused.status_and_code(),
            (401, "invalid_signature".to_owned())
        );
        if number % 250 == 0 {
            let token = Key::Rs256.token(&watch.claims(number));
            let known = server.sign_up(body(&token)).await;
            assert_eq!(known.status, 201, "{}", known.text);
        }
    }
    let fetches = fetches.lock().unwrap();
    // The first, and one of each minute that was begun.
    assert!((2..=4).contains(&fetches.len()), "{fetches:?}");
    for pair in fetches.windows(2) {
        assert!(pair[1] - pair[0] >= TimeDelta::minutes(1), "{fetches:?}");
    }
    // Nothing else is asked for either.
    let asked = internet.received().len() - before;
    assert_eq!(asked, fetches.len() - 1);
}

/// Notes from now on when the key set is fetched.
fn note_fetches(internet: &FakeInternet, watch: &Arc<Watch>) -> Arc<Mutex<Vec<DateTime<Utc>>>> {
    let fetches = Arc::<Mutex<Vec<DateTime<Utc>>>>::default();
    let (noted, watch) = (Arc::clone(&fetches), Arc::clone(watch));
    internet.on_fn("GET", "id.example", "/test-keys", move |_| {
        noted.lock().unwrap().push(watch.now());
        Answer::json(200, &key_set())
    });
    fetches
}

fn renamed(watch: &Watch, number: usize, signature: &str) -> String {
    use base64::Engine as _;
    let encode =
        |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let header = encode(json!({"alg": "RS256", "kid": format!("unknown-{number}")}));
    format!("{header}.{}.{signature}", encode(watch.claims(number)))
}
