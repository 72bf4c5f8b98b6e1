//! What a request costs on PostgreSQL, counted on the wire.

use serde_json::json;

use crate::support::id_tokens::{Key, claims, serve_keys};
use crate::support::internet::FakeInternet;
use crate::support::pg_proxy::PgProxy;
use crate::support::server::{Server, Store};

/// One read and one commit.
const OF_A_SIGN_IN: u64 = 2;
/// Tries until nothing but the request itself uses the connection.
const WARM_UP: usize = 200;

/// A server with one connection, every statement of which is prepared.
async fn warm(more: &[(&str, &str)]) -> (PgProxy, Server, String) {
    let store = Store::postgres();
    let proxy = PgProxy::before(&store.url());
    let url = proxy.url(&store.url());
    let settings = [
        ("SOCIABLE_DATABASE__URL", url.as_str()),
        ("SOCIABLE_DATABASE__POOL_SIZE", "1"),
    ];
    let settings = [&settings, more].concat();
    let server = Server::start_with(store, &settings, |builder| builder);
    sign_in(&server, "alice", true).await;
    let bearer = sign_in(&server, "alice", false).await;
    // The first sweep of expired rows uses the connection as well.
    let mut quiet = 0;
    for _ in 0..WARM_UP {
        proxy.reset();
        let me = server.get("/me", Some(&bearer)).await;
        assert_eq!(me.status, 200, "{}", me.text);
        quiet = if proxy.total() == 1 { quiet + 1 } else { 0 };
        if quiet == 10 {
            return (proxy, server, bearer);
        }
    }
    panic!("GET /me does not come to cost one round trip");
}

async fn sign_in(server: &Server, token: &str, is_new: bool) -> String {
    let body = json!({"provider": "sandbox", "access_token": token});
    let reply = server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["is_new"], is_new);
    reply.bearer()
}

#[tokio::test]
async fn a_sign_in_costs_one_read_and_one_commit_and_me_one_read() {
    let (proxy, server, bearer) = warm(&[]).await;
    for number in 1..=5 {
        let newcomer = format!("user-{number}");
        for (token, is_new) in [("alice", false), (&newcomer, true), (&newcomer, false)] {
            proxy.reset();
            sign_in(&server, token, is_new).await;
            let cost = proxy.total();
            println!("{token}, is_new {is_new}: {cost} round trips");
            assert!(cost <= OF_A_SIGN_IN, "{token}, is_new {is_new}: {cost}");
        }
        proxy.reset();
        server.get("/me", Some(&bearer)).await;
        assert_eq!(proxy.total(), 1);
    }
    let connections = proxy.per_connection();
    assert_eq!(connections.len(), 2, "the pool's, and the migration's");
}

/// A name that is taken is found out by the commit; the provider is not asked again.
#[tokio::test]
async fn a_taken_name_costs_one_more_run_and_no_more_calls() {
    let (proxy, server, _) = warm(&[]).await;
    sign_in(&server, "namesake-1", true).await;
    let calls = server.playground.sandbox().calls("/oauth2/userinfo");
    proxy.reset();
    sign_in(&server, "namesake-2", true).await;
    let cost = proxy.total();
    println!("namesake-2: {cost} round trips");
    assert!(cost <= 2 * OF_A_SIGN_IN, "{cost}");
    let now = server.playground.sandbox().calls("/oauth2/userinfo");
    assert_eq!(now, calls + 1);
}

/// The rows of the older uids come with the one read, and the move goes with
/// the one commit.
#[tokio::test]
async fn a_person_with_older_uids_costs_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = include_str!("../../src/app/sandbox.toml");
    let legacy = "id = \"sub\"\nlegacy_id = [\"preferred_username\", \"email\"]";
    let id = "id             = \"sub\"";
    assert!(sandbox.contains(id));
    let file = folder.path().join("sandbox.toml");
    std::fs::write(file, sandbox.replace(id, legacy)).unwrap();
    let own = folder.path().to_str().unwrap();
    let (proxy, server, _) = warm(&[("SOCIABLE_PROVIDERS_DIR", own)]).await;
    for round in 1..=5 {
        proxy.reset();
        sign_in(&server, "alice", false).await;
        assert!(proxy.total() <= OF_A_SIGN_IN, "{round}: {}", proxy.total());
        let back = "UPDATE social_auth_usersocialauth SET uid = 'alice@example.com'";
        server.store.query(back);
        proxy.reset();
        sign_in(&server, "alice", false).await;
        assert!(proxy.total() <= OF_A_SIGN_IN, "{round}: {}", proxy.total());
        let uid = "SELECT uid FROM social_auth_usersocialauth";
        assert_eq!(server.store.query(uid), [["1001"]]);
    }
}

/// The mark of the token goes with the one commit. Once the provider's keys
/// are known, nobody outside is asked either.
#[tokio::test]
async fn a_sign_in_with_an_id_token_costs_one_read_and_one_commit_and_no_call() {
    let internet = FakeInternet::start().await;
    serve_keys(&internet, "https://id.example");
    let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
    let (proxy, server, _) = warm(&[
        ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
        ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
        ("SOCIAL_AUTH_OIDC_KEY", "our-app"),
        ("SOCIAL_AUTH_OIDC_SECRET", "a-secret"),
        ("SOCIAL_AUTH_OIDC_OIDC_ENDPOINT", "https://id.example"),
    ])
    .await;
    sign_in_by_id_token(&server, "ada", "first", true).await;
    sign_in_by_id_token(&server, "ada", "second", false).await;
    internet.clear_received();
    for number in 1..=5 {
        let newcomer = format!("person-{number}");
        for (subject, jti, is_new) in [
            ("ada", "known", false),
            (&newcomer, "new", true),
            (&newcomer, "again", false),
        ] {
            proxy.reset();
            let jti = format!("{jti}-{number}");
            sign_in_by_id_token(&server, subject, &jti, is_new).await;
            let cost = proxy.total();
            println!("{subject}, is_new {is_new}: {cost} round trips");
            assert!(cost <= OF_A_SIGN_IN, "{subject}, is_new {is_new}: {cost}");
        }
    }
    assert!(internet.received().is_empty());
}

/// Signs in with a token that says so.
async fn sign_in_by_id_token(server: &Server, subject: &str, jti: &str, is_new: bool) {
    let mut claims = claims("https://id.example", "our-app", subject);
    claims["jti"] = jti.into();
    let body = json!({"provider": "oidc", "id_token": Key::Rs256.token(&claims)});
    let reply = server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["is_new"], is_new);
}
