//! What is refused before anybody is asked.

use serde_json::{Value, json};

use super::world::{CALLBACK, VERIFIER, exchanged, github, github_with, sign_up, with};
use crate::providers::fixture::Fixture;
use crate::providers::world::World;
use crate::support::internet::Received;
use crate::support::server::{Store, on_both};

on_both!(
    code_5_only_an_address_of_the_list_is_asked_about,
    code_5_a_loopback_address_has_any_port_where_none_is_written,
    code_5_no_code_is_taken_while_the_list_is_empty,
    an_sdk_without_an_address_is_listed_by_an_empty_one,
    code_2_and_3_a_verifier_is_there_and_is_one,
    an_operator_may_demand_pkce_or_no_longer,
    mix_5_another_issuers_answer_is_not_exchanged,
    a_client_id_that_is_none_of_ours_sends_nothing,
    clients_are_told_how_to_come_by_a_code,
);

/// Nothing was sent, and nothing is written.
fn assert_untouched(world: &World, at: &str) {
    let asked = world.internet.received();
    assert!(asked.is_empty(), "{at}: {asked:?}");
    assert_eq!(world.server.store.rows(), [0; 5], "{at}");
}

async fn code_5_only_an_address_of_the_list_is_asked_about(store: Store) {
    let world = github(store, &json!([CALLBACK]).to_string()).await;
    for given in [
        "https://app.example/c",
        "https://app.example/cb/",
        "https://app.example/cb/more",
        "https://app.example/cb?x=1",
        "https://app.example/cb#x",
        "https://app.example/x/../cb",
        "https://app.example/%2e/cb",
        "https://app.example/Cb",
        "https://APP.example/cb",
        "https://app.example:443/cb",
        "https://app.example:444/cb",
        "https://user@app.example/cb",
        "https://app.example@evil.example/cb",
        "https://xn--pp-fka.example/cb",
        "http://app.example/cb",
        "http://127.0.0.1:4000/cb",
        "javascript:alert(1)",
        "postmessage",
    ] {
        let reply = world
            .server
            .sign_up(with("redirect_uri", given.into()))
            .await;
        let expected = (400, "redirect_uri_not_allowed".to_owned());
        assert_eq!(reply.status_and_code(), expected, "{given}");
        assert_untouched(&world, given);
    }
    let reply = world
        .server
        .sign_up(with("redirect_uri", Value::Null))
        .await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert_untouched(&world, "none");
    let reply = world.server.sign_up(sign_up("a-code")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

async fn code_5_a_loopback_address_has_any_port_where_none_is_written(store: Store) {
    let listed = r#"["http://127.0.0.1/cb", "http://[::1]:4000/cb"]"#;
    let world = github(store, listed).await;
    for refused in ["http://localhost:4000/cb", "http://[::1]:4001/cb"] {
        let reply = world
            .server
            .sign_up(with("redirect_uri", refused.into()))
            .await;
        assert_eq!(reply.code(), "redirect_uri_not_allowed", "{refused}");
    }
    assert_untouched(&world, "refused");
    let given = "http://127.0.0.1:51004/cb";
    let reply = world
        .server
        .sign_up(with("redirect_uri", given.into()))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let form = exchanged(&world)[0].form();
    assert!(form.contains(&("redirect_uri".to_owned(), given.to_owned())));
}

async fn code_5_no_code_is_taken_while_the_list_is_empty(store: Store) {
    let fixture = Fixture::read("github");
    let world = World::of(store, &fixture, fixture.full()).await;
    let reply = world.server.sign_up(sign_up("a-code")).await;
    let expected = (400, "redirect_uri_not_allowed".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    assert_untouched(&world, "empty");
    let providers = world.server.get("/providers", None).await.json();
    let github = providers.as_array().unwrap().iter();
    let github = github.clone().find(|one| one["name"] == "github").unwrap();
    assert_eq!(github["code"], Value::Null);
}

async fn an_sdk_without_an_address_is_listed_by_an_empty_one(store: Store) {
    let world = github(store, r#"["", "postmessage"]"#).await;
    let reply = world
        .server
        .sign_up(with("redirect_uri", Value::Null))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let mut body = sign_up("another");
    body["redirect_uri"] = "postmessage".into();
    let reply = world.server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let sent: Vec<String> = exchanged(&world)
        .iter()
        .flat_map(Received::form)
        .filter(|(name, _)| name == "redirect_uri")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(sent, ["", "postmessage"]);
}

async fn code_2_and_3_a_verifier_is_there_and_is_one(store: Store) {
    let world = github(store, &json!([CALLBACK]).to_string()).await;
    let long = "a".repeat(129);
    for verifier in [
        Value::Null,
        "".into(),
        VERIFIER[1..].into(),
        long.into(),
        format!("{}+", &VERIFIER[1..]).into(),
    ] {
        let at = verifier.to_string();
        let reply = world.server.sign_up(with("code_verifier", verifier)).await;
        assert_eq!(reply.status, 400, "{at}: {}", reply.text);
        assert!(reply.json()["code_verifier"].is_array(), "{}", reply.text);
        assert_untouched(&world, &at);
    }
}

async fn an_operator_may_demand_pkce_or_no_longer(store: Store) {
    let listed = json!([CALLBACK]).to_string();
    let off = [("USE_PKCE", "false")];
    let world = github_with(store.another(), &listed, &off).await;
    let reply = world
        .server
        .sign_up(with("code_verifier", Value::Null))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    drop(world);
    let fixture = Fixture::read("strava");
    let on = [("USE_PKCE", "true"), ("REDIRECT_URIS", listed.as_str())];
    let world = World::with(store, &fixture, fixture.full(), &on).await;
    let mut body = with("code_verifier", Value::Null);
    body["provider"] = "strava".into();
    let reply = world.server.sign_up(body).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert_untouched(&world, "demanded");
}

async fn mix_5_another_issuers_answer_is_not_exchanged(store: Store) {
    let world = github(store, &json!([CALLBACK]).to_string()).await;
    for iss in [
        "https://accounts.google.com",
        "https://github.com.evil.example",
        "http://github.com/login/oauth",
        "github.com",
    ] {
        let reply = world.server.sign_up(with("iss", iss.into())).await;
        assert_eq!(reply.status, 400, "{iss}: {}", reply.text);
        assert!(reply.json()["iss"].is_array(), "{}", reply.text);
        assert_untouched(&world, iss);
    }
    let ours = with("iss", "https://github.com/login/oauth".into());
    let reply = world.server.sign_up(ours).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

async fn a_client_id_that_is_none_of_ours_sends_nothing(store: Store) {
    let world = github(store, &json!([CALLBACK]).to_string()).await;
    let reply = world
        .server
        .sign_up(with("client_id", "another".into()))
        .await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert_untouched(&world, "another");
}

async fn clients_are_told_how_to_come_by_a_code(store: Store) {
    let world = github(store, &json!([CALLBACK, "http://127.0.0.1/cb"]).to_string()).await;
    let providers = world.server.get("/providers", None).await.json();
    let github = providers.as_array().unwrap().iter();
    let github = github.clone().find(|one| one["name"] == "github").unwrap();
    assert_eq!(
        github["code"],
        json!({
            "response_type": "code",
            "redirect_uris": [CALLBACK, "http://127.0.0.1/cb"],
            "code_challenge_method": "S256",
            "code_verifier_required": true,
            "renamed": {},
        })
    );
    let credentials = github["credentials"].as_array().unwrap();
    assert!(
        credentials.contains(&json!(["code", "redirect_uri"])),
        "{github}"
    );
    assert_eq!(
        github["authorize_url"],
        "https://github.com/login/oauth/authorize"
    );
    assert_eq!(github["discovery_url"], Value::Null);
    assert_untouched(&world, "told");
}
