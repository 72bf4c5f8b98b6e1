//! Errors of the client, of the operator's rules, and of our own.

use serde_json::{Value, json};

use super::{Codes, meet};
use crate::payloads::sign;
use crate::support::clock::Ahead;
use crate::support::http;
use crate::support::server::{Server, Store};

fn sandbox(token: &str) -> Value {
    json!({"provider": "sandbox", "access_token": token})
}

/// Meets all of them; none leaves a trace.
pub(super) async fn all(store: &Store, met: &mut Codes) {
    requests(store, met).await;
    begun_elsewhere(store, met).await;
    rules(store, met).await;
    long_ago(store, met).await;
    older_uids(store, met).await;
    payloads(store, met).await;
    our_own(store, met).await;
    no_database(store, met).await;
}

async fn requests(store: &Store, met: &mut Codes) {
    let server = Server::start(store.another());
    let alice = server.sign_up(sandbox("alice")).await;
    let bob = server.sign_up(sandbox("bob")).await;
    server
        .store
        .query("UPDATE users SET is_active = false WHERE username = 'bob'");
    let before = server.store.rows();
    let url = format!("{}/social_sign_up", server.url);
    let id_token = json!({"provider": "sandbox", "id_token": "x"});
    let nobody = json!({"provider": "nobody", "access_token": "x"});
    for reply in [
        http::post_text(&url, None, "application/json", "{").await,
        http::post_text(&url, None, "text/plain", "{}").await,
        http::post_text(&url, None, "application/json", "x".repeat(65_537)).await,
        http::get(&url, None).await,
        server.get("/nowhere", None).await,
        server.get("/me", None).await,
        server.sign_up(json!({"provider": "sandbox"})).await,
        server.sign_up(id_token).await,
        server.sign_up(nobody).await,
        server.sign_up(sandbox("nobody")).await,
        server.sign_up(sandbox("bob")).await,
        server.associate(&bob.bearer(), sandbox("carol")).await,
        server.associate(&alice.bearer(), sandbox("bob")).await,
    ] {
        meet(met, &reply);
    }
    assert_eq!(server.store.rows(), before);
}

/// What comes back was not begun here, or would not come back to the app.
async fn begun_elsewhere(store: &Store, met: &mut Codes) {
    let required = [("SOCIAL_AUTH_REQUIRE_CHALLENGE", "true")];
    let server = Server::start_with(store.another(), &required, |builder| builder);
    let begin = format!("{}/social_sign_up/request_token", server.url);
    let asked = |to: &str| json!({"provider": "sandbox-oauth1", "redirect_uri": to});
    let leg = http::post(&begin, None, &asked("http://127.0.0.1/callback")).await;
    let leg = leg.json();
    let verifier = json!({
        "provider": "sandbox-oauth1", "oauth_token": leg["oauth_token"],
        "oauth_verifier": "x", "request_token": leg["request_token"],
    });
    for reply in [
        http::post(&begin, None, &asked("https://evil.example/")).await,
        server.sign_up(verifier).await,
        server
            .sign_up(json!({"provider": "sandbox-oidc", "id_token": "a.b.c"}))
            .await,
        server
            .sign_up(json!({
                "provider": "sandbox-oidc", "code": "x",
                "redirect_uri": "http://127.0.0.1/callback", "state": "x",
            }))
            .await,
    ] {
        meet(met, &reply);
    }
    assert_eq!(server.store.rows(), [0; 5]);
}

/// What a provider did not sign, signed too early or too late, and what was
/// used before.
async fn payloads(store: &Store, met: &mut Codes) {
    let token = [("SOCIAL_AUTH_TELEGRAM_BOT_TOKEN", sign::BOT_TOKEN)];
    let server = Server::start_with(store.another(), &token, |builder| builder);
    let good = sign::widget(sign::person(7, 5), sign::BOT_TOKEN);
    let body = |payload: Value| json!({"provider": "telegram", "payload": payload});
    assert_eq!(server.sign_up(body(good.clone())).await.status, 201);
    let before = server.store.rows();
    for payload in [
        good,
        sign::widget(sign::person(7, 5), "42:another"),
        sign::widget(sign::person(7, 700), sign::BOT_TOKEN),
        sign::widget(sign::person(7, -90), sign::BOT_TOKEN),
    ] {
        meet(met, &server.sign_up(body(payload)).await);
    }
    assert_eq!(server.store.rows(), before);
}

/// What an operator's settings refuse.
async fn rules(store: &Store, met: &mut Codes) {
    let known_only = r#"["social_details", "social_uid", "social_user", "user_details"]"#;
    for (environment, token, expected) in [
        (
            &[("SOCIAL_AUTH_WHITELISTED_DOMAINS", r#"["corp.example"]"#)][..],
            "alice",
            (403, "authentication_disallowed"),
        ),
        (
            &[("SOCIAL_AUTH_PIPELINE", known_only)],
            "alice",
            (400, "authentication_disallowed"),
        ),
        (
            &[
                ("SOCIAL_AUTH_ALLOW_GROUPS", r#"["staff"]"#),
                ("SOCIAL_AUTH_GROUPS_KEY", "groups"),
            ],
            "alice",
            (502, "missing_claim"),
        ),
    ] {
        let server = Server::start_with(store.another(), environment, |builder| builder);
        let reply = server.sign_up(sandbox(token)).await;
        let expected = (expected.0, expected.1.to_owned());
        assert_eq!(reply.status_and_code(), expected, "{environment:?}");
        meet(met, &reply);
        assert_eq!(server.store.rows(), [0; 5]);
    }
    let environment = [
        ("SOCIAL_AUTH_INSTAGRAM_KEY", "key"),
        ("SOCIAL_AUTH_INSTAGRAM_SECRET", "secret"),
    ];
    let server = Server::start_with(store.another(), &environment, |builder| builder);
    let unbound = json!({"provider": "instagram", "access_token": "x"});
    let reply = server.sign_up(unbound).await;
    let expected = (400, "unbound_credential".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    meet(met, &reply);
}

/// A row under a name that is another person's now, or was.
/// Who signed in too long ago changes nothing of how they sign in.
async fn long_ago(store: &Store, met: &mut Codes) {
    let clock = Ahead::new();
    let of_server = clock.clone();
    let lately = [("SOCIABLE_SESSION__ASSOCIATION_MAX_AUTH_AGE", "60")];
    let server = Server::start_with(store.another(), &lately, |builder| builder.clock(of_server));
    let bearer = server.sign_up(sandbox("alice")).await.bearer();
    clock.turn_on(61);
    meet(met, &server.associate(&bearer, sandbox("bob")).await);
}

async fn older_uids(store: &Store, met: &mut Codes) {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../src/app/sandbox.toml");
    let legacy = "legacy_id = \"preferred_username\"\nusername ";
    let file = folder.path().join("sandbox.toml");
    std::fs::write(file, text.replacen("username ", legacy, 1)).unwrap();
    let own = [("SOCIABLE_PROVIDERS_DIR", folder.path().to_str().unwrap())];
    let server = Server::start_with(store.another(), &own, |builder| builder);
    server.sign_up(sandbox("uid:alice")).await;
    let before = server.store.rows();
    let reply = server.sign_up(sandbox("alice")).await;
    let expected = (409, "identifier_migration_conflict".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    assert_eq!(reply.json()["recovery"], "use_existing_account");
    meet(met, &reply);
    assert_eq!(server.store.rows(), before);
}

/// A setting that cannot work, and a row that nobody of ours wrote.
async fn our_own(store: &Store, met: &mut Codes) {
    let private = [("SOCIAL_AUTH_SANDBOX_ALLOW_PRIVATE", "false")];
    let server = Server::start_with(store.another(), &private, |builder| builder);
    let misconfigured = server.sign_up(sandbox("alice")).await;
    meet(met, &misconfigured);
    assert_eq!(server.store.rows(), [0; 5]);

    let server = Server::start(store.another());
    server.sign_up(sandbox("alice")).await;
    server
        .store
        .query("UPDATE users SET extra = '[\"canary\"]'");
    let before = server.store.rows();
    let corrupt = server.sign_up(sandbox("alice")).await;
    meet(met, &corrupt);
    assert_eq!(server.store.rows(), before);
    for reply in [misconfigured, corrupt] {
        let expected = (500, "unknown_error".to_owned());
        assert_eq!(reply.status_and_code(), expected);
        let body = reply.json();
        assert_eq!(body["errors"], "Something went wrong on our side");
        assert_eq!(body.get("recovery"), None);
    }
}

/// The database goes away under a running server.
async fn no_database(store: &Store, met: &mut Codes) {
    let server = Server::start(store.another());
    server.sign_up(sandbox("alice")).await;
    assert_eq!(server.get("/readyz", None).await.status, 200);
    let Store::Postgres(database) = &server.store else {
        return;
    };
    database.drop_now();
    for reply in [
        server.get("/readyz", None).await,
        server.sign_up(sandbox("alice")).await,
    ] {
        let expected = (503, "unavailable".to_owned());
        assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
        meet(met, &reply);
    }
    assert_eq!(server.get("/healthz", None).await.status, 200);
}
