//! Tokens that went to another provider than theirs.

use serde_json::json;

use super::{ISSUER, Town, good};
use crate::support::id_tokens::{Key, claims};
use crate::support::server::{Store, on_both};

on_both!(
    mix_1_a_token_reaches_the_named_providers_host_alone,
    mix_2_an_id_token_of_one_provider_is_refused_by_another_of_the_same_audience,
    mix_3_one_subject_of_two_providers_is_two_people,
);

/// Providers that all have the same client id.
const OTHERS: [(&str, &str); 10] = [
    ("SOCIAL_AUTH_GOOGLE_ONETAP_KEY", "our-app"),
    ("SOCIAL_AUTH_OKTA_OPENIDCONNECT_KEY", "our-app"),
    ("SOCIAL_AUTH_OKTA_OPENIDCONNECT_SECRET", "a-secret"),
    (
        "SOCIAL_AUTH_OKTA_OPENIDCONNECT_API_URL",
        "https://okta.example/oauth2/default",
    ),
    ("SOCIAL_AUTH_LINE_KEY", "our-app"),
    ("SOCIAL_AUTH_LINE_SECRET", "a-secret"),
    ("SOCIAL_AUTH_GITHUB_KEY", "our-app"),
    ("SOCIAL_AUTH_GITHUB_SECRET", "a-secret"),
    ("SOCIAL_AUTH_FACEBOOK_KEY", "our-app"),
    ("SOCIAL_AUTH_FACEBOOK_SECRET", "a-secret"),
];

/// Access tokens: each provider's is sent to each.
async fn mix_1_a_token_reaches_the_named_providers_host_alone(store: Store) {
    let town = Town::start(store, &OTHERS).await;
    town.internet
        .otherwise(|_| crate::support::internet::Answer::text(401, "no"));
    let hosts = [
        ("google-oauth2", "googleapis.com"),
        ("github", "api.github.com"),
        ("facebook", "graph.facebook.com"),
        ("line", "api.line.me"),
    ];
    for (provider, host) in hosts {
        for (other, _) in hosts {
            town.internet.clear_received();
            let token = format!("a-token-of-{other}");
            let body = json!({"provider": provider, "access_token": token});
            let given = town.server.sign_up(body).await;
            assert!(given.status >= 400, "{provider}: {}", given.text);
            let asked = town.internet.received();
            assert!(!asked.is_empty(), "{provider}");
            assert!(
                asked.iter().all(|asked| asked.host.ends_with(host)),
                "{provider}"
            );
        }
    }
}

async fn mix_2_an_id_token_of_one_provider_is_refused_by_another_of_the_same_audience(
    store: Store,
) {
    let town = Town::start(store, &OTHERS).await;
    let issuers = [
        ("oidc", ISSUER),
        ("google-onetap", "https://accounts.google.com"),
        ("line", "https://access.line.me"),
        ("facebook", "https://www.facebook.com"),
    ];
    for (provider, own) in issuers {
        for (_, issuer) in issuers.iter().filter(|(_, issuer)| *issuer != own) {
            let key = if provider == "line" {
                Key::Es256
            } else {
                Key::Rs256
            };
            let token = key.token(&claims(issuer, "our-app", "ada"));
            let body = json!({"provider": provider, "id_token": token});
            let expected = if provider == "google-onetap" {
                503
            } else {
                401
            };
            let given = town.server.sign_up(body).await;
            // Google's own document is none here: nothing can be checked.
            assert_eq!(given.status, expected, "{provider}: {}", given.text);
        }
    }
    assert_eq!(town.server.store.count("users"), 0);
}

async fn mix_3_one_subject_of_two_providers_is_two_people(store: Store) {
    let town = Town::start(store, &OTHERS).await;
    let ours = town.post(&good("ada")).await;
    let line = Key::Es256.token(&claims("https://access.line.me", "our-app", "ada"));
    let theirs = json!({"provider": "line", "id_token": line});
    let theirs = town.server.sign_up(theirs).await;
    assert_eq!((ours.status, theirs.status), (201, 201), "{}", theirs.text);
    assert_ne!(ours.json()["id"], theirs.json()["id"]);
    assert_eq!(town.server.store.count("users"), 2);
}
