//! A step asks the provider, or another service, for more.

use async_trait::async_trait;
use serde_json::{Value, json};
use sociable::http::JsonRequest;
use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

use super::{World, ada};
use crate::partials::{resume, token_of};
use crate::support::http;
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(
    a_step_asks_with_the_persons_token_and_what_it_adds_is_kept,
    a_repeated_run_and_one_that_goes_on_ask_nobody_twice,
);

const TEAMS: &str = "teams.example";
const PIPELINE: (&str, &str) = (
    "SOCIAL_AUTH_PIPELINE",
    r#"["social_details", "social_uid", "auth_allowed", "social_user", "get_username",
        "myapp.teams", "require_email", "create_user", "associate_user", "load_extra_data",
        "user_details"]"#,
);
const FIELDS: (&str, &str) = (
    "SOCIAL_AUTH_USER_FIELDS",
    r#"["username", "email", "teams"]"#,
);
const TIMEOUT: (&str, &str) = ("SOCIAL_AUTH_REQUESTS_TIMEOUT", "1");

/// Adds a new person's teams.
struct Teams {
    url: String,
    /// Goes on without an answer.
    optional: bool,
}

#[async_trait]
impl Step for Teams {
    fn name(&self) -> &'static str {
        "myapp.teams"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let token = ctx.access_token().unwrap_or_default();
        let teams = match strategy
            .http
            .ask(JsonRequest::get(&self.url).bearer(&token))
            .await
        {
            Ok(teams) => teams,
            Err(_unknown) if self.optional => return Ok(Outcome::Continue),
            Err(error) => return Err(error.into()),
        };
        let mut update = Update::default();
        update.extra.insert("teams".to_owned(), teams["of"].clone());
        Ok(update.into())
    }
}

async fn world(store: Store, url: &str, optional: bool) -> World {
    let teams = Teams {
        url: url.to_owned(),
        optional,
    };
    let settings = [PIPELINE, FIELDS, TIMEOUT];
    World::start(store, &settings, |builder| builder.step(teams)).await
}

async fn asking(store: Store) -> World {
    world(store, &format!("https://{TEAMS}/me"), false).await
}

/// What a team's users keep beside their fields, in the order they came.
fn kept(world: &World) -> Vec<Value> {
    let rows = world
        .server
        .store
        .query("SELECT extra FROM users ORDER BY id");
    let read = |row: &Vec<String>| serde_json::from_str(&row[0]).unwrap();
    rows.iter().map(read).collect()
}

fn calls(world: &World) -> usize {
    let calls = world.internet.received();
    calls.iter().filter(|call| call.host == TEAMS).count()
}

async fn a_step_asks_with_the_persons_token_and_what_it_adds_is_kept(store: Store) {
    let world = asking(store).await;
    world.says_all(&ada());
    world.internet.on(
        "GET",
        TEAMS,
        "/me",
        Answer::json(200, &json!({"of": ["red"]})),
    );
    let new = world.sign_up().await;
    assert_eq!(new.status, 201, "{}", new.text);
    assert_eq!(kept(&world), [json!({"teams": ["red"]})]);
    let received = world.internet.received();
    let call = received.iter().find(|call| call.host == TEAMS).unwrap();
    assert_eq!(call.header("authorization"), Some("Bearer token-0"));
    assert_eq!(call.header("accept"), Some("application/json"));
}

async fn a_repeated_run_and_one_that_goes_on_ask_nobody_twice(store: Store) {
    let world = asking(store).await;
    world.internet.on(
        "GET",
        TEAMS,
        "/me",
        Answer::json(200, &json!({"of": ["red"]})),
    );
    world.says_all(&ada());
    assert_eq!(world.sign_up().await.status, 201);
    assert_eq!(calls(&world), 1);
    // The same name: the first try of this run meets a conflict.
    let mut namesake = ada();
    namesake["number"] = 8.into();
    namesake["mail"] = Value::Null;
    world.says_all(&namesake);
    let halted = world.sign_up().await;
    let token = token_of(&halted);
    assert_eq!(calls(&world), 2);
    // The service is gone, but has said all.
    world.internet.unreachable(TEAMS);
    let fields = json!({"partial_token": token, "email": "other@intranet.example"});
    let url = format!("{}/complete/intranet", world.server.url);
    let done = http::post(&url, None, &fields).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_ne!(done.json()["username"], "ada");
    assert_eq!(calls(&world), 2);
    assert_eq!(kept(&world)[1], json!({"teams": ["red"]}));
}

#[tokio::test]
async fn what_a_service_does_wrong_ends_the_run_and_nothing_is_written() {
    let world = asking(Store::sqlite()).await;
    world.says_all(&ada());
    let later = Answer::json(429, &json!({})).header("Retry-After", "7");
    world.internet.on("GET", TEAMS, "/me", later);
    assert_eq!(world.sign_up().await.headers["retry-after"], "7");
    let elsewhere = Answer::text(302, "").header("Location", &format!("https://{TEAMS}/other"));
    for (answer, status, code) in [
        (Answer::json(401, &json!({})), 502, "http_error"),
        (Answer::json(403, &json!({})), 502, "http_error"),
        (Answer::json(404, &json!({})), 502, "http_error"),
        (elsewhere, 502, "http_error"),
        (Answer::json(429, &json!({})), 503, "rate_limited"),
        (Answer::json(500, &json!({})), 503, "unavailable"),
        (Answer::html(200), 502, "malformed_response"),
        (
            Answer::json(200, &json!({"of": "x".repeat(210_000)})),
            502,
            "malformed_response",
        ),
        (Answer::close(), 502, "connection_failed"),
        (Answer::hang(), 504, "timeout"),
    ] {
        world.internet.on("GET", TEAMS, "/me", answer);
        let refused = world.sign_up().await;
        assert_eq!(refused.status_and_code(), (status, code.to_owned()));
        assert_eq!(world.server.store.rows(), [0; 5]);
    }
    world.internet.untrusted(TEAMS);
    assert_eq!(
        world.sign_up().await.status_and_code(),
        (502, "tls_error".to_owned())
    );
    let asked = world.internet.received();
    assert!(
        asked.iter().all(|call| call.path != "/other"),
        "no redirect is followed"
    );
}

#[tokio::test]
async fn a_step_may_go_on_without_the_answer() {
    let world = world(Store::sqlite(), &format!("https://{TEAMS}/me"), true).await;
    world.says_all(&ada());
    world
        .internet
        .on("GET", TEAMS, "/me", Answer::json(500, &json!({})));
    let new = world.sign_up().await;
    assert_eq!(new.status, 201, "{}", new.text);
    assert_eq!(kept(&world), [json!({})]);
}

#[tokio::test]
async fn a_private_address_is_asked_only_where_calls_to_the_provider_may_go_there() {
    use crate::support::server::Server;
    // The sandbox's provider may be at home, and the intranet may not.
    let elsewhere = Server::start(Store::sqlite());
    let url = format!("{}/oauth2/userinfo", elsewhere.playground.sandbox().url());
    let world = world(Store::sqlite(), &url, false).await;
    world.says_all(&ada());
    let refused = world.sign_up().await;
    assert_eq!(refused.status_and_code(), (500, "unknown_error".to_owned()));
    assert_eq!(elsewhere.playground.sandbox().calls("/oauth2/userinfo"), 0);
    let dave = json!({"provider": "sandbox", "access_token": "dave"});
    let token = token_of(&world.server.sign_up(dave).await);
    assert_eq!(elsewhere.playground.sandbox().calls("/oauth2/userinfo"), 1);
    let fields = json!({"email": "dave@intranet.example"});
    assert_eq!(resume(&world.server.url, &token, fields).await.status, 201);
}
