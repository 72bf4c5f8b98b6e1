//! A provider's document about itself: fetched when needed, kept, never trusted blindly.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sociable::app::App;
use sociable::model::{Clock, SystemClock};
use sociable::settings::{Settings, Sources};

use crate::support::http;
use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    fifty_sign_ins_at_once_fetch_one_document,
    a_document_that_is_not_the_issuers_signs_nobody_in,
    a_document_without_the_endpoint_signs_nobody_in,
    a_provider_that_is_down_at_first_is_asked_again_after_a_while,
    a_provider_that_goes_down_later_is_known_by_its_old_document,
    a_document_that_never_comes_is_a_timeout,
    a_document_that_no_call_needs_is_never_fetched,
    a_document_for_all_tenants_may_stand_at_a_url_of_its_own,
);

const ISSUER: &str = "https://acme.example";
const DOCUMENT: &str = "/.well-known/openid-configuration";
/// Where redirects lead: nothing may follow them.
const ELSEWHERE: &str = "elsewhere.example";

const DEFINITION: &str = r#"
name     = "acme"
title    = "Acme"
protocol = "oauth2"

[settings]
oidc_endpoint = { type = "url", required = true }

[endpoints]
issuer = "{{ setting.oidc_endpoint }}"

[[call]]
url = "{{ oidc.userinfo_endpoint }}"

[user]
id = "sub"

[audience]
method  = "POST"
url     = "{{ oidc.introspection_endpoint }}"
client  = "basic"
token   = "form:token"
equals  = { active = true, client_id = "{{ client.key }}" }
subject = "sub"
"#;

/// The machine's clock, and how far the test has turned it on.
#[derive(Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.0.load(Ordering::SeqCst))
    }
}

struct World {
    server: Server,
    internet: FakeInternet,
    clock: Arc<Ahead>,
    _definitions: tempfile::TempDir,
}

impl World {
    /// A server with that definition; userinfo and introspection answer.
    async fn of(store: Store, definition: &str, more: &[(&str, &str)]) -> Self {
        let internet = FakeInternet::start().await;
        let definitions = tempfile::tempdir().unwrap();
        std::fs::write(definitions.path().join("acme.toml"), definition).unwrap();
        let clock = Arc::new(Ahead::default());
        let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
        let mut environment = vec![
            ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
            ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
            (
                "SOCIABLE_PROVIDERS_DIR",
                definitions.path().to_str().unwrap(),
            ),
            ("SOCIAL_AUTH_ACME_KEY", "a-key"),
            ("SOCIAL_AUTH_ACME_SECRET", "a-secret"),
        ];
        environment.extend(more);
        let of_test: Arc<dyn Clock> = clock.clone();
        let server = Server::start_with(store, &environment, |builder| builder.clock(of_test));
        // The token is the person's name.
        internet.on_fn("GET", "api.acme.example", "/userinfo", |received| {
            let token = received.header("authorization").unwrap();
            Answer::json(200, &json!({"sub": token.trim_start_matches("Bearer ")}))
        });
        internet.on_fn("POST", "acme.example", "/introspect", |received| {
            let token = &received.form()[0].1;
            let answer = json!({"active": true, "client_id": "a-key", "sub": token});
            Answer::json(200, &answer)
        });
        Self {
            server,
            internet,
            clock,
            _definitions: definitions,
        }
    }

    /// The definition as it stands above.
    async fn acme(store: Store) -> Self {
        let more = [
            ("SOCIAL_AUTH_ACME_OIDC_ENDPOINT", ISSUER),
            // Nothing here may depend on how busy the machine is.
            ("SOCIAL_AUTH_ACME_REQUESTS_TIMEOUT", "60"),
        ];
        Self::of(store, DEFINITION, &more).await
    }

    fn publish(&self, answer: Answer) {
        self.internet.on("GET", "acme.example", DOCUMENT, answer);
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// How often the document was asked for.
    fn fetches(&self) -> usize {
        let received = self.internet.received();
        let documents = received.iter().filter(|asked| asked.path == DOCUMENT);
        documents.count()
    }

    async fn sign_up(&self, token: &str) -> Reply {
        let body = json!({"provider": "acme", "access_token": token});
        self.server.sign_up(body).await
    }

    async fn assert_unavailable(&self, at: &str) {
        let refused = self.sign_up("ada").await;
        let expected = (503, "unavailable".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{at}");
        assert!(refused.headers.contains_key("retry-after"), "{at}");
    }

    async fn assert_signs_in(&self, at: &str) {
        let given = self.sign_up("ada").await;
        assert_eq!(given.status, 201, "{at}: {}", given.text);
        assert_eq!(given.json()["social_auth"]["uid"], "ada", "{at}");
    }
}

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "userinfo_endpoint": "https://api.acme.example/userinfo",
        "introspection_endpoint": "https://acme.example/introspect",
        "jwks_uri": "https://acme.example/jwks",
    })
}

/// The document with another value there.
fn with(member: &str, value: &str) -> Answer {
    let mut document = document();
    document[member] = json!(value);
    Answer::json(200, &document)
}

async fn fifty_sign_ins_at_once_fetch_one_document(store: Store) {
    let world = World::acme(store).await;
    let late = std::time::Duration::from_millis(300);
    world.publish(Answer::json(200, &document()).after(late));
    let url = format!("{}/social_sign_up", world.server.url);
    let mut running = tokio::task::JoinSet::new();
    for number in 0..50 {
        let url = url.clone();
        let token = format!("person-{number}");
        let body = json!({"provider": "acme", "access_token": token});
        running.spawn(async move { http::post(&url, None, &body).await });
    }
    for reply in running.join_all().await {
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    assert_eq!(world.fetches(), 1);
    assert_eq!(world.server.store.count("users"), 50);
    world.pass(3590);
    world.assert_signs_in("within the hour").await;
    assert_eq!(world.fetches(), 1);
    world.pass(60);
    world.assert_signs_in("after it").await;
    assert_eq!(world.fetches(), 2);
}

/// Nothing of what was published is a document of that issuer.
async fn a_document_that_is_not_the_issuers_signs_nobody_in(store: Store) {
    let world = World::acme(store).await;
    let moved = Answer::text(302, "").header("Location", &format!("https://{ELSEWHERE}/"));
    let mut without_issuer = document();
    without_issuer.as_object_mut().unwrap().remove("issuer");
    for (at, answer) in [
        ("another issuer", with("issuer", "https://evil.example")),
        ("a longer one", with("issuer", "https://acme.example/x")),
        ("another scheme", with("issuer", "http://acme.example")),
        ("no issuer", Answer::json(200, &without_issuer)),
        (
            "http",
            with("userinfo_endpoint", "http://api.acme.example/userinfo"),
        ),
        (
            "http elsewhere",
            with("jwks_uri", "http://acme.example/jwks"),
        ),
        (
            "this machine",
            with("userinfo_endpoint", "http://127.0.0.1/userinfo"),
        ),
        ("a redirect", moved),
        ("a list", Answer::json(200, &json!([document()]))),
        ("null", Answer::json(200, &Value::Null)),
        ("HTML", Answer::html(200)),
        ("half of it", Answer::json(200, &document()).truncated()),
        ("a connection that closes", Answer::close()),
        ("too much", Answer::huge(2 * 1024 * 1024)),
        ("status 400", Answer::json(400, &document())),
        ("status 401", Answer::json(401, &document())),
        ("status 403", Answer::json(403, &document())),
        ("status 404", Answer::html(404)),
        ("status 500", Answer::html(500)),
    ] {
        world.internet.clear_received();
        world.publish(answer);
        world.assert_unavailable(at).await;
        let asked = world.internet.received();
        let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
        assert_eq!(paths, [DOCUMENT], "{at}");
        world.pass(31);
    }
    assert_eq!(world.server.store.rows(), [0; 5]);
    // A setting loses its last slash, so that one more is the same issuer.
    world.publish(with("issuer", "https://acme.example/"));
    world.assert_signs_in("a slash").await;
}

async fn a_document_without_the_endpoint_signs_nobody_in(store: Store) {
    for member in ["userinfo_endpoint", "introspection_endpoint"] {
        for value in [Some(Value::Null), None] {
            let world = World::acme(store.another()).await;
            let mut document = document();
            let members = document.as_object_mut().unwrap();
            members.remove(member);
            members.extend(value.map(|value| (member.to_owned(), value)));
            world.publish(Answer::json(200, &document));
            world.assert_unavailable(member).await;
            assert_eq!(world.server.store.rows(), [0; 5], "{member}");
        }
    }
}

async fn a_provider_that_is_down_at_first_is_asked_again_after_a_while(store: Store) {
    let world = World::acme(store).await;
    world.publish(Answer::text(503, "later"));
    for _ in 0..3 {
        world.assert_unavailable("down").await;
    }
    assert_eq!(world.fetches(), 1, "one try for all who come");
    world.publish(Answer::json(200, &document()));
    world.assert_unavailable("not asked yet").await;
    assert_eq!(world.fetches(), 1);
    world.pass(31);
    world.assert_signs_in("up").await;
    assert_eq!(world.fetches(), 2);
}

async fn a_provider_that_goes_down_later_is_known_by_its_old_document(store: Store) {
    let world = World::acme(store).await;
    world.publish(Answer::json(200, &document()));
    world.assert_signs_in("up").await;
    for (passed, answer) in [
        (3601, Answer::text(503, "later")),
        (61, Answer::close()),
        (61, with("issuer", "https://evil.example")),
        (80_000, Answer::html(200)),
    ] {
        world.internet.clear_received();
        world.publish(answer);
        world.pass(passed);
        for _ in 0..3 {
            world.assert_signs_in("by the old document").await;
        }
        // Nobody waits for it, this test excepted.
        for _ in 0..200 {
            if world.fetches() > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(world.fetches(), 1, "{passed}");
    }
    world.pass(10_000);
    world.assert_unavailable("a day without a document").await;
}

async fn a_document_that_never_comes_is_a_timeout(store: Store) {
    let more = [
        ("SOCIAL_AUTH_ACME_OIDC_ENDPOINT", ISSUER),
        ("SOCIAL_AUTH_ACME_REQUESTS_TIMEOUT", "0.5"),
    ];
    let world = World::of(store, DEFINITION, &more).await;
    world.publish(Answer::hang());
    for _ in 0..2 {
        let refused = world.sign_up("ada").await;
        assert_eq!(refused.status_and_code(), (504, "timeout".to_owned()));
    }
    assert_eq!(world.fetches(), 1);
    assert_eq!(world.server.store.rows(), [0; 5]);
}

async fn a_document_that_no_call_needs_is_never_fetched(store: Store) {
    let definition = DEFINITION
        .replace(
            "oidc.userinfo_endpoint",
            "setting.oidc_endpoint }}/userinfo{{ ''",
        )
        .replace(
            "oidc.introspection_endpoint",
            "setting.oidc_endpoint }}/introspect{{ ''",
        );
    let unwanted = "[[call]]\nurl = \"{{ oidc.userinfo_endpoint }}\"\nwhen = \"{{ not user.sub }}\"\ninto = \"more\"\n";
    let definition = definition.replace("[user]", &format!("{unwanted}[user]"));
    let more = [("SOCIAL_AUTH_ACME_OIDC_ENDPOINT", ISSUER)];
    let world = World::of(store, &definition, &more).await;
    world
        .internet
        .on_fn("GET", "acme.example", "/userinfo", |_| {
            Answer::json(200, &json!({"sub": "ada"}))
        });
    world.assert_signs_in("without it").await;
    assert_eq!(world.fetches(), 0);
}

async fn a_document_for_all_tenants_may_stand_at_a_url_of_its_own(store: Store) {
    let definition = DEFINITION.replace(
        "issuer = \"{{ setting.oidc_endpoint }}\"",
        "issuer = \"https://acme.example/{{ setting.tenant }}/v2.0\"\ndiscovery = \"{{ setting.oidc_endpoint }}/common\"",
    );
    let definition = definition.replace(
        "[endpoints]",
        "tenant = { type = \"string\", required = true }\n\n[endpoints]",
    );
    let more = [
        ("SOCIAL_AUTH_ACME_OIDC_ENDPOINT", ISSUER),
        ("SOCIAL_AUTH_ACME_TENANT", "contoso.com"),
    ];
    let world = World::of(store, &definition, &more).await;
    for (issuer, is_good) in [
        ("https://acme.example/{tenantid}/v1.0", false),
        ("https://evil.example/{tenantid}/v2.0", false),
        ("https://acme.example/{tenantid}/v2.0", true),
    ] {
        let answer = with("issuer", issuer);
        world.internet.on("GET", "acme.example", "/common", answer);
        if is_good {
            world.assert_signs_in(issuer).await;
        } else {
            world.assert_unavailable(issuer).await;
        }
        world.pass(31);
    }
    assert_eq!(world.fetches(), 0, "it is not looked for below the issuer");
}

#[test]
fn a_call_that_reads_a_document_needs_an_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let definition = DEFINITION.replace("issuer = \"{{ setting.oidc_endpoint }}\"", "");
    std::fs::write(folder.path().join("acme.toml"), definition).unwrap();
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: folder.path().to_owned(),
        environment: vec![(
            "SOCIABLE_PROVIDERS_DIR".to_owned(),
            folder.path().to_str().unwrap().to_owned(),
        )],
        overrides: Vec::new(),
    });
    let refused = App::builder(settings.unwrap()).check().err().unwrap();
    let refused = refused.to_string();
    assert!(refused.contains("acme.toml: "), "{refused}");
    assert!(refused.contains("[endpoints].issuer"), "{refused}");
}
