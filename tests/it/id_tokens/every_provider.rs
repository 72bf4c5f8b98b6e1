//! Every shipped definition that knows ID tokens takes one, of its issuer
//! alone, for our app alone, signed by its algorithm.

use serde_json::json;

use super::known::{Known, world};
use crate::support::id_tokens::serve_keys;
use crate::support::internet::Received;
use crate::support::server::{Store, on_both};

on_both!(every_provider_with_id_tokens_takes_its_own_and_no_other);

async fn every_provider_with_id_tokens_takes_its_own_and_no_other(store: Store) {
    let known = Known::all();
    assert!(known.len() > 80, "{}", known.len());
    let world = world(store, &known).await;
    for known in &known {
        let name = &known.fixture.name;
        serve_keys(&world.internet, &known.discovered());
        world.internet.clear_received();
        let mut wrong = vec![
            ("aud", json!("another-app")),
            ("iss", json!("https://evil.example")),
        ];
        if name.starts_with("azuread") {
            wrong.push((
                "iss",
                json!("https://login.microsoftonline.com/another/v2.0"),
            ));
        }
        for (claim, value) in wrong {
            let mut claims = known.claims();
            claims[claim] = value;
            let given = world.server.sign_up(known.body(&claims)).await;
            let expected = (401, "invalid_claim".to_owned());
            assert_eq!(given.status_and_code(), expected, "{name}, {claim}");
        }
        let given = world.server.sign_up(known.body(&known.claims())).await;
        assert_eq!(given.status, 201, "{name}: {}", given.text);
        let uid = match name.as_str() {
            "slack-openid" => "T1-U1",
            "telegram-oidc" => "7",
            _ => "a-subject",
        };
        assert_eq!(given.json()["social_auth"]["uid"], uid, "{name}");
        let asked = world.internet.received();
        assert!(asked.len() <= 2, "{name}: {asked:?}");
        let silent =
            |asked: &Received| asked.method == "GET" && asked.header("authorization").is_none();
        assert!(asked.iter().all(silent), "{name}: {asked:?}");
    }
}
