//! The same people as python-social-auth makes: its exchanges, uid, details
//! and extra data, and a reason for each difference.

mod vector;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::providers::fixture::{self, Fixture};
use crate::providers::world::{World, seen, signer};
use crate::support::server::{Store, on_both};
use vector::{Vector, Vectors};

on_both!(every_vector_gives_the_same_person_but_for_the_differences_listed);

/// Everything in which we differ on purpose: provider, where, why.
const DIFFERENCES: [(&str, &str, &str); 14] = [
    (
        "bitbucket-oauth2",
        "requests.GET https://api.bitbucket.org/2.0/user.query.access_token",
        "a token in a URL is logged on the way: it goes in a header",
    ),
    (
        "bitbucket-oauth2",
        "requests.GET https://api.bitbucket.org/2.0/user.headers.authorization",
        "the same token as Bearer",
    ),
    (
        "bitbucket-oauth2",
        "requests.GET https://api.bitbucket.org/2.0/user/emails.query.access_token",
        "a token in a URL is logged on the way: it goes in a header",
    ),
    (
        "bitbucket-oauth2",
        "requests.GET https://api.bitbucket.org/2.0/user/emails.headers.authorization",
        "the same token as Bearer",
    ),
    (
        "discord",
        "requests.GET https://discord.com/api/oauth2/@me",
        "asks which app the token was issued to",
    ),
    (
        "facebook",
        "requests.GET https://graph.facebook.com/v24.0/me.query.fields",
        "Graph gives the id and the name alone unless it is asked for more",
    ),
    (
        "facebook",
        "requests.GET https://graph.facebook.com/v24.0/debug_token",
        "asks which app the token was issued to",
    ),
    (
        "github",
        "requests.POST https://api.github.com/applications/a-key/token",
        "asks which app the token was issued to",
    ),
    (
        "gitlab",
        "requests.GET https://gitlab.com/api/v4/user.query.access_token",
        "a token in a URL is logged on the way: it goes in a header",
    ),
    (
        "gitlab",
        "requests.GET https://gitlab.com/api/v4/user.headers.authorization",
        "the same token as Bearer",
    ),
    (
        "gitlab",
        "requests.GET https://gitlab.com/oauth/token/info",
        "asks which app the token was issued to",
    ),
    (
        "google-oauth2",
        "uid",
        "an address changes hands: the uid is `sub`, as in 7.0",
    ),
    (
        "google-oauth2",
        "extra_data.sub",
        "kept beside the rest, as in 7.0",
    ),
    (
        "google-oauth2",
        "requests.GET https://oauth2.googleapis.com/tokeninfo",
        "asks which app the token was issued to",
    ),
];

/// In every extra data, and so in no vector.
const ALWAYS: [&str; 3] = ["auth_time", "access_token", "token_type"];

/// What came of a vector, in the form that is compared.
async fn actual(vector: &Vector, world: &World) -> Value {
    let at = format!("{}, {}", vector.name, vector.case);
    let body = vector.body();
    let signed_up = world.server.sign_up(body.clone()).await;
    assert_eq!(signed_up.status, 201, "{at}: {}", signed_up.text);
    let user = signed_up.json();
    let accounts = world
        .server
        .get("/me/social_auth", Some(&signed_up.bearer()))
        .await;
    let mut account = accounts.json()[0].clone();
    let extra_data = account["extra_data"].as_object_mut().unwrap();
    for always in ALWAYS {
        let kept = extra_data.remove(always);
        // Unless the vector speaks of it.
        if let Some(kept) = kept.filter(|_| vector.expect.extra_data.contains_key(always)) {
            extra_data.insert(always.to_owned(), kept);
        }
    }
    let details: BTreeMap<&String, &Value> = vector
        .expect
        .details
        .keys()
        .map(|name| (name, &user[name]))
        .collect();
    let signer = signer(&vector.settings, &body);
    let received = world.internet.received();
    let requests: BTreeMap<String, Value> = received
        .iter()
        .map(|received| {
            let request = seen(received, signer.as_ref());
            let name = format!("{} {}", request.method, request.url);
            let rest = json!({"query": request.query, "headers": request.headers});
            (name, rest)
        })
        .collect();
    assert_eq!(requests.len(), received.len(), "{at}: asked twice");
    json!({
        "uid": account["uid"],
        "details": details,
        "extra_data": account["extra_data"],
        "requests": requests,
    })
}

/// Where two values differ; null and "" are the same.
fn differences(at: &str, expected: &Value, actual: &Value, found: &mut BTreeSet<String>) {
    let none = |value: &Value| value.is_null() || value == "";
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let keys: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
            for key in keys {
                let below = match at {
                    "" => key.clone(),
                    at => format!("{at}.{key}"),
                };
                match (expected.get(key), actual.get(key)) {
                    (Some(expected), Some(actual)) => differences(&below, expected, actual, found),
                    _ => drop(found.insert(below)),
                }
            }
        }
        (expected, actual) if expected == actual || none(expected) && none(actual) => {}
        _ => drop(found.insert(at.to_owned())),
    }
}

async fn every_vector_gives_the_same_person_but_for_the_differences_listed(store: Store) {
    let vectors: Vectors = serde_json::from_str(&fixture::vectors()).unwrap();
    let tried: BTreeSet<_> = vectors.cases.iter().map(|case| case.name.clone()).collect();
    assert_eq!(tried, fixture::shipped().into_iter().collect());
    let named: BTreeSet<_> = DIFFERENCES.map(|(name, ..)| name.to_owned()).into();
    assert!(named.is_subset(&tried), "{named:?}");
    for vector in &vectors.cases {
        let fixture = Fixture::read(&vector.name);
        let mut settings = vector.settings.clone();
        if fixture.binding.kind == "none" {
            settings.insert(
                "ACCEPT_UNBOUND_ACCESS_TOKENS".to_owned(),
                "unbindable".to_owned(),
            );
        }
        let world = World::start(store.another(), &[(&vector.name, settings)]).await;
        let uid = match vector.name.as_str() {
            "google-oauth2" => "v9-sub",
            _ => &vector.expect.uid,
        };
        vector.play(&world, &fixture, uid);
        let actual = actual(vector, &world).await;
        assert_eq!(actual["uid"], uid, "{}", vector.name);
        let mut found = BTreeSet::new();
        differences("", &vector.expected(), &actual, &mut found);
        let listed = DIFFERENCES.iter().filter(|(name, ..)| *name == vector.name);
        let listed: BTreeSet<_> = listed.map(|(_, at, _why)| (*at).to_owned()).collect();
        assert_eq!(found, listed, "{}, {}", vector.name, vector.case);
    }
}
