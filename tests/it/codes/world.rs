//! A server that takes codes of GitHub, and GitHub itself.

use serde_json::{Value, json};

use crate::providers::fixture::Fixture;
use crate::providers::world::World;
use crate::support::internet::{Answer, Received};
use crate::support::server::Store;

/// Where people are sent back to.
pub(super) const CALLBACK: &str = "https://app.example/cb";
/// RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Where GitHub exchanges codes.
pub(super) const TOKEN_PATH: &str = "/login/oauth/access_token";

/// With GitHub's people answering, and codes taken for these addresses.
pub(super) async fn github(store: Store, redirect_uris: &str) -> World {
    github_with(store, redirect_uris, &[]).await
}

pub(super) async fn github_with(store: Store, redirect_uris: &str, more: &[(&str, &str)]) -> World {
    let fixture = Fixture::read("github");
    let settings = [&[("REDIRECT_URIS", redirect_uris)], more].concat();
    let world = World::with(store, &fixture, fixture.full(), &settings).await;
    grant(&world);
    world
}

/// From now on GitHub gives the token of the fixture for any code.
pub(super) fn grant(world: &World) {
    let fixture = Fixture::read("github");
    let token = fixture.full().post["access_token"].clone();
    let answer = json!({"access_token": token, "token_type": "bearer", "scope": "user:email"});
    answer_codes(world, Answer::json(200, &answer));
}

/// From now on GitHub answers all codes so.
pub(super) fn answer_codes(world: &World, answer: Answer) {
    world.internet.on("POST", "github.com", TOKEN_PATH, answer);
}

/// A sign-up with that code, everything else as it must be.
pub(super) fn sign_up(code: &str) -> Value {
    json!({
        "provider": "github",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    })
}

/// The same with one field set, or taken away by null.
pub(super) fn with(field: &str, value: Value) -> Value {
    let mut body = sign_up("a-code");
    match value {
        Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
        value => body[field] = value,
    }
    body
}

/// What GitHub was asked to exchange.
pub(super) fn exchanged(world: &World) -> Vec<Received> {
    let mut asked = world.internet.received();
    asked.retain(|request| request.path == TOKEN_PATH);
    asked
}
