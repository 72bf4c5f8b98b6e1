//! MIX-1: a token of each provider, sent to each other one.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use super::known::{Known, world};
use crate::support::id_tokens::serve_keys;
use crate::support::server::{Store, on_both};

on_both!(mix_1_an_id_token_of_each_provider_is_refused_by_each_other_one);

/// The client id that we have at every provider: nothing but the issuer tells
/// their tokens apart, as all sign with the same keys here.
const APP: &str = "our-app";

/// How many requests are under way at once.
const AT_ONCE: usize = 8;

/// Definitions of one issuer, to which a token of either is its own.
const FAMILIES: [&[&str]; 8] = [
    &["google-oauth2", "google-onetap", "google-openidconnect"],
    &["mardi", "objects"],
    &["textplus", "xcs"],
    &["daphne", "fairmat", "helmholtz", "immuno"],
    &["okta-oauth2", "okta-openidconnect"],
    &["cat", "chem", "datascience", "energy", "ing", "matWerk"],
    &["auth0", "auth0_openidconnect"],
    &["facebook", "facebook-limited-login"],
];

async fn mix_1_an_id_token_of_each_provider_is_refused_by_each_other_one(store: Store) {
    let known: Vec<Known> = Known::all()
        .into_iter()
        .map(|known| known.with_app(APP))
        .collect();
    assert!(known.len() > 80, "{}", known.len());
    assert_eq!(families(&known), FAMILIES);
    let world = world(store, &known).await;
    let mut tokens = Vec::new();
    for known in &known {
        serve_keys(&world.internet, &known.discovered());
        let given = world.server.sign_up(known.body(&known.claims())).await;
        assert_eq!(given.status, 201, "{}: {}", known.fixture.name, given.text);
        let mut second = known.claims();
        second["jti"] = json!(format!("a second one of {}", known.fixture.name));
        tokens.push((known, known.body(&second)));
    }
    let before = world.server.store.contents();
    world.internet.clear_received();
    let mut pairs = 0;
    for (target, _) in &tokens {
        let others: Vec<_> = tokens
            .iter()
            .filter(|(of, _)| of.issuer() != target.issuer())
            .collect();
        for some in others.chunks(AT_ONCE) {
            let sent = some.iter().map(|(of, body)| {
                let mut body = body.clone();
                body["provider"] = target.fixture.name.as_str().into();
                let reply = world.server.sign_up(body);
                async move { (&of.fixture.name, reply.await) }
            });
            for (of, reply) in join_all(sent).await {
                let expected = (401, "invalid_claim".to_owned());
                let pair = format!("a token of {of} to {}", target.fixture.name);
                assert_eq!(reply.status_and_code(), expected, "{pair}: {}", reply.text);
                pairs += 1;
            }
        }
    }
    assert!(pairs > 80 * 70, "{pairs}");
    assert_eq!(world.server.store.contents(), before);
    assert!(
        world.internet.received().is_empty(),
        "not even a key is fetched"
    );
    // None of the tokens was bad, or is used up.
    for (known, body) in &tokens {
        let given = world.server.sign_up(body.clone()).await;
        assert_eq!(given.status, 201, "{}: {}", known.fixture.name, given.text);
    }
}

/// Definitions of one issuer, where there are several.
fn families(known: &[Known]) -> Vec<Vec<&str>> {
    let issuers: BTreeSet<String> = known.iter().map(Known::issuer).collect();
    let of = |issuer: &String| -> Vec<&str> {
        let own = known.iter().filter(|known| known.issuer() == *issuer);
        own.map(|known| known.fixture.name.as_str()).collect()
    };
    issuers
        .iter()
        .map(of)
        .filter(|names| names.len() > 1)
        .collect()
}
