//! Sign-ups with OAuth 1 tokens of a server that verifies our signatures.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::oauth1::{CONSUMER, OAuth1, OTHER_CONSUMER, Pair, SECRET};
use crate::support::server::{Server, Store, on_both};

on_both!(
    a_token_pair_signs_its_person_up_with_a_signature_that_oauthlib_verifies,
    oa1_2_hard_characters_are_signed_as_they_are_sent,
    a_pair_of_another_consumer_or_a_wrong_secret_signs_nobody_in,
    oa1_3_no_nonce_comes_twice,
);

/// What the query of the definition carries, decoded and in its order.
const HARD: [(&str, &str); 8] = [
    ("a", "2 q"),
    ("a", "1+1"),
    ("empty", ""),
    ("c@", "~-._"),
    ("sp ace", "per%25cent & =equals"),
    ("ünïcode", "naïve ß"),
    ("🚀", "emoji 🚀"),
    ("quote", "'!*()"),
];

/// The definition; names and values of the query are part of its URL, where a
/// name may come twice and a value may be empty, or a table.
fn definition(url: &str) -> String {
    let (mut in_url, mut in_table) = (String::new(), String::new());
    for (at, (name, value)) in HARD.iter().enumerate() {
        if at < 4 {
            let pair = url::form_urlencoded::Serializer::new(String::new())
                .append_pair(name, value)
                .finish();
            in_url = format!("{in_url}&{pair}");
        } else {
            in_table = format!("{in_table}\"{name}\" = \"{value}\"\n");
        }
    }
    let in_url = in_url.trim_start_matches('&');
    format!(
        r#"
name     = "oauthlib"
title    = "oauthlib"
protocol = "oauth1"

[[call]]
url   = "{url}/verify_credentials?{in_url}"
token = "oauth1"

[call.query]
{in_table}
[user]
id       = "id"
username = "screen_name"
email    = "email"
fullname = "name"

[audience]
kind = "secret_proof"
"#
    )
}

struct World {
    provider: OAuth1,
    server: Server,
    _definitions: tempfile::TempDir,
}

impl World {
    fn of(store: Store) -> Self {
        let provider = OAuth1::start();
        let definitions = tempfile::tempdir().unwrap();
        let file = definitions.path().join("oauthlib.toml");
        std::fs::write(file, definition(provider.url())).unwrap();
        let environment = [
            (
                "SOCIABLE_PROVIDERS_DIR",
                definitions.path().to_str().unwrap(),
            ),
            ("SOCIAL_AUTH_OAUTHLIB_KEY", CONSUMER),
            ("SOCIAL_AUTH_OAUTHLIB_SECRET", SECRET),
            ("SOCIAL_AUTH_OAUTHLIB_ALLOW_PRIVATE", "true"),
        ];
        let server = Server::start_with(store, &environment, |builder| builder);
        Self {
            provider,
            server,
            _definitions: definitions,
        }
    }
}

fn body(pair: &Pair) -> Value {
    json!({
        "provider": "oauthlib",
        "access_token": pair.token,
        "access_token_secret": pair.secret,
    })
}

async fn a_token_pair_signs_its_person_up_with_a_signature_that_oauthlib_verifies(store: Store) {
    let World {
        provider, server, ..
    } = &World::of(store);
    let pair = provider.grant(CONSUMER, "zoe").await;
    let reply = server.sign_up(body(&pair)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let user = reply.json();
    assert_eq!(user["username"], "zoe");
    assert_eq!(user["email"], "zoe@people.example");
    assert_eq!(user["is_new"], true);
    let uids = "SELECT provider, uid FROM social_auth_usersocialauth";
    assert_eq!(server.store.query(uids), [["oauthlib", "zoe-1"]]);
}

async fn oa1_2_hard_characters_are_signed_as_they_are_sent(store: Store) {
    let World {
        provider, server, ..
    } = &World::of(store);
    let pair = provider.grant(CONSUMER, "ada").await;
    let reply = server.sign_up(body(&pair)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let verified = provider.verified("ada").await;
    let mut arrived: Vec<(String, String)> =
        serde_json::from_value(verified[0]["params"].clone()).unwrap();
    arrived.sort();
    let mut sent = HARD.map(|(name, value)| (name.to_owned(), value.to_owned()));
    sent.sort();
    assert_eq!(arrived, sent);
}

async fn a_pair_of_another_consumer_or_a_wrong_secret_signs_nobody_in(store: Store) {
    let World {
        provider, server, ..
    } = &World::of(store);
    let of_others = provider.grant(OTHER_CONSUMER, "ada").await;
    let ours = provider.grant(CONSUMER, "ada").await;
    let wrong = Pair {
        secret: format!("{}x", ours.secret),
        ..ours.clone()
    };
    for pair in [&of_others, &wrong] {
        let reply = server.sign_up(body(pair)).await;
        let expected = (401, "credential_rejected".to_owned());
        assert_eq!(reply.status_and_code(), expected);
    }
    assert_eq!(server.store.rows(), [0; 5]);
    assert_eq!(provider.verified("ada").await, Vec::<Value>::new());
    assert_eq!(server.sign_up(body(&ours)).await.status, 201);
}

async fn oa1_3_no_nonce_comes_twice(store: Store) {
    let World {
        provider, server, ..
    } = &World::of(store);
    let pair = provider.grant(CONSUMER, "grace").await;
    for _ in 0..20 {
        let reply = server.sign_up(body(&pair)).await;
        assert!(reply.status < 300, "{} {}", reply.status, reply.text);
    }
    let nonces: BTreeSet<String> = provider
        .verified("grace")
        .await
        .iter()
        .map(|request| request["nonce"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(nonces.len(), 20);
    assert_eq!(server.store.count("users"), 1);
}
