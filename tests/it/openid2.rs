//! OpenID 2.0 over HTTP: what an assertion must be, and what it comes to.

pub(crate) mod assertion;
mod associations;
mod refused;
mod sandbox;
mod used_once;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Server, Store, on_both};
use assertion::{Assertion, CALLBACK, NS};

on_both!(
    a_proven_assertion_signs_its_person_up_and_in,
    a_steam_assertion_is_a_steam_id_and_its_player,
    get_providers_gives_the_urls_to_send_people_to,
);

/// The operator's providers: their endpoints and identifiers.
pub(crate) const ENDPOINTS: &str = r#"{"https://op.example/openid": "https://op.example/id/",
    "https://other.example/openid": ["https://other.example/id/", "https://other.example/u/"]}"#;

/// A server that takes assertions, and the internet that it sees.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) internet: FakeInternet,
}

impl World {
    pub(crate) async fn start(store: Store, more: &[(&str, &str)]) -> Self {
        let internet = FakeInternet::start().await;
        let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
        let addresses = format!("[\"{CALLBACK}\", \"https://app.example/second?app=1\"]");
        let mut environment = vec![
            ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
            ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
            ("SOCIAL_AUTH_REQUESTS_TIMEOUT", "60"),
            ("SOCIAL_AUTH_OPENID_ENABLED", "true"),
            ("SOCIAL_AUTH_OPENID_OP_ENDPOINTS", ENDPOINTS),
            ("SOCIAL_AUTH_OPENID_REDIRECT_URIS", &addresses),
            ("SOCIAL_AUTH_STEAM_ENABLED", "true"),
            ("SOCIAL_AUTH_STEAM_API_KEY", "an-api-key"),
            ("SOCIAL_AUTH_STEAM_REDIRECT_URIS", &addresses),
        ];
        environment.extend(more);
        let server = Server::start_with(store, &environment, |builder| builder);
        let world = Self { server, internet };
        world.says("op.example", "/openid", &valid());
        world
    }

    /// What the endpoint answers from now on.
    pub(crate) fn says(&self, host: &str, path: &str, body: &str) {
        let answer = Answer::text(200, body);
        self.internet.on("POST", host, path, answer);
    }

    /// The hosts that were asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let received = self.internet.received();
        received.into_iter().map(|asked| asked.host).collect()
    }
}

pub(crate) fn valid() -> String {
    format!("ns:{NS}\nis_valid:true\n")
}

/// A salt that no other nonce has.
pub(crate) fn salt() -> String {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    format!("salt{}", LAST.fetch_add(1, Ordering::SeqCst))
}

async fn a_proven_assertion_signs_its_person_up_and_in(store: Store) {
    let World { server, internet } = World::start(store, &[]).await;
    let mut assertion = Assertion::of("https://op.example", "ada");
    assertion.sign("ns.sreg", "http://openid.net/extensions/sreg/1.1");
    assertion.sign("sreg.email", "ada@people.example");
    assertion.sign("sreg.fullname", "Ada Lovelace");
    let reply = server.sign_up(assertion.body("openid")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let user = reply.json();
    assert_eq!(user["is_new"], true);
    assert_eq!(user["social_auth"]["uid"], "https://op.example/id/ada");
    assert_eq!(user["email"], "ada@people.example");
    assert_eq!(user["email_verified"], false);
    assert_eq!(user["last_name"], "Lovelace");
    assert_eq!(user["username"], "AdaLovelace");
    // The question is the assertion itself, but for its mode.
    let asked = internet.received().remove(0);
    let mut form: Vec<(String, String)> = asked.form();
    form.sort();
    let mut expected = assertion.parameters();
    expected.insert("openid.mode".to_owned(), "check_authentication".into());
    expected.retain(|name, _| name.starts_with("openid."));
    let pairs = expected.iter();
    let expected: Vec<(String, String)> = pairs
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(form, expected);
    let again = Assertion::of("https://op.example", "ada");
    let again = server.sign_up(again.body("openid")).await.json();
    assert_eq!(
        (&again["id"], &again["is_new"]),
        (&user["id"], &json!(false))
    );
    let kept = "SELECT count(*) FROM social_auth_nonce";
    assert_eq!(server.store.query(kept), [["2"]]);
}

async fn a_steam_assertion_is_a_steam_id_and_its_player(store: Store) {
    let world = World::start(store, &[]).await;
    world.says("steamcommunity.com", "/openid/login", &valid());
    let player = json!({"steamid": assertion::STEAM_ID, "personaname": "ada", "avatarfull": "https://a.example/1.jpg"});
    let players = json!({"response": {"players": [player]}});
    let path = "/ISteamUser/GetPlayerSummaries/v2/";
    let answer = Answer::json(200, &players);
    world
        .internet
        .on("GET", "api.steampowered.com", path, answer);
    let reply = world
        .server
        .sign_up(Assertion::of_steam().body("steam"))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let user = reply.json();
    assert_eq!(user["social_auth"]["uid"], assertion::STEAM_ID);
    assert_eq!(user["username"], "ada");
    assert_eq!(user["picture"], "https://a.example/1.jpg");
    assert_eq!(
        world.asked(),
        ["steamcommunity.com", "api.steampowered.com"]
    );
}

async fn get_providers_gives_the_urls_to_send_people_to(store: Store) {
    let World { server, internet } = World::start(store, &[]).await;
    let listed = server.get("/providers", None).await.json();
    let provider = |name: &str| -> Value {
        let mut all = listed.as_array().unwrap().iter();
        all.find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(provider("sandbox")["openid_urls"], json!([]));
    let steam = provider("steam");
    assert_eq!(steam["credentials"], json!([["openid"]]));
    assert_eq!(steam["client_id"], "");
    let urls = steam["openid_urls"].as_array().unwrap();
    assert_eq!(urls.len(), 2);
    assert_eq!(urls[0]["redirect_uri"], CALLBACK);
    let url = url::Url::parse(urls[0]["url"].as_str().unwrap()).unwrap();
    assert!(
        url.as_str()
            .starts_with("https://steamcommunity.com/openid/login?")
    );
    let given = |name: &str| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let select = "http://specs.openid.net/auth/2.0/identifier_select";
    for (name, value) in [
        ("openid.ns", NS),
        ("openid.mode", "checkid_setup"),
        ("openid.claimed_id", select),
        ("openid.identity", select),
        ("openid.return_to", CALLBACK),
        ("openid.realm", "https://app.example/"),
        ("openid.sreg.optional", "email,fullname,nickname"),
        ("openid.ax.mode", "fetch_request"),
        ("openid.assoc_handle", ""),
    ] {
        assert_eq!(given(name), value, "{name}");
    }
    // Two endpoints, two addresses.
    assert_eq!(
        provider("openid")["openid_urls"].as_array().unwrap().len(),
        4
    );
    assert_eq!(internet.received().len(), 0);
}
