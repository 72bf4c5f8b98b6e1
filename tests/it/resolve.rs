//! `[http] resolve`: hosts that are where the operator says, not the world.

use serde_json::json;

use crate::openid2::assertion::Assertion;
use crate::openid2::valid;
use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Server, Store, on_both};

on_both!(a_definition_with_fixed_hosts_reaches_the_operators_address);

async fn a_definition_with_fixed_hosts_reaches_the_operators_address(store: Store) {
    let internet = FakeInternet::start().await;
    let host = "steamcommunity.com";
    let address = internet.address_of(host).await;
    let answer = Answer::text(200, &valid());
    internet.on("POST", host, "/openid/login", answer);
    let resolve = json!({host: address.to_string()}).to_string();
    let bundle = internet.ca_bundle();
    // A proxy that does not answer: nobody goes there.
    let proxied = ("SOCIABLE_HTTP__PROXY", "http://127.0.0.1:9");
    let common = [
        ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
        ("SOCIAL_AUTH_REQUESTS_TIMEOUT", "60"),
        ("SOCIAL_AUTH_STEAM_ENABLED", "true"),
        (
            "SOCIAL_AUTH_STEAM_REDIRECT_URIS",
            r#"["https://app.example/callback"]"#,
        ),
        proxied,
    ];
    let server = Server::start_with(store, &common, |builder| builder);
    let body = Assertion::of_steam().body("steam");
    let reply = server.sign_up(body).await;
    let expected = (502, "connection_failed".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    let mut with = common.to_vec();
    with.push(("SOCIABLE_HTTP__RESOLVE", &resolve));
    let server = server.restart(&with);
    let body = Assertion::of_steam().body("steam");
    let reply = server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(internet.received().len(), 1);
    assert_eq!(internet.tunnels(), 0);
}
