//! Every shipped definition that exchanges codes: the request that it makes is
//! the one that its provider wants, said here a second time, and the person is
//! the one that an access token names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::{CALLBACK, VERIFIER};
use crate::providers::fixture::{Fixture, folder, shipped};
use crate::providers::world::{World, patient};
use crate::support::internet::{Answer, Received};
use crate::support::server::{Store, on_both};

on_both!(every_definition_exchanges_codes_as_its_provider_wants);

/// Client id and secret go by HTTP Basic.
const BASIC: [&str; 30] = [
    "airtable",
    "battlenet-oauth2",
    "bitbucket-oauth2",
    "canva",
    "chatwork",
    "clever",
    "codeberg",
    "dataporten",
    "ebay",
    "epicgames",
    "faceit",
    "figma",
    "fitbit",
    "forgejo",
    "fusionauth",
    "justgiving",
    "lyft",
    "mendeley-oauth2",
    "mollie",
    "notion",
    "paypal-oauth2-sandbox",
    "paypal-oauth2",
    "pinterest",
    "pipedrive",
    "reddit",
    "spotify",
    "twitter-oauth2",
    "vimeo-oauth2",
    "yahoo-oauth2",
    "zoom-oauth2",
];
/// The secret does not go along as a parameter.
const PUBLIC: [&str; 4] = ["etsy", "lichess", "vk-id", "zalo"];
/// Parameters stand in the URL.
const GET: [&str; 9] = [
    "bitrix24",
    "deezer",
    "facebook",
    "facebook-app",
    "qq",
    "untappd",
    "vk-oauth2",
    "weixin",
    "weixinapp",
];
/// The body is JSON.
const JSON: [&str; 9] = [
    "dingtalk", "feishu", "fxa", "lark", "notion", "qiita", "square", "trakt", "zendesk",
];
/// Standard parameters by another name.
const RENAMED: [(&str, &[(&str, &str)]); 7] = [
    (
        "deezer",
        &[("client_id", "app_id"), ("client_secret", "secret")],
    ),
    (
        "dingtalk",
        &[
            ("client_id", "clientId"),
            ("client_secret", "clientSecret"),
            ("grant_type", "grantType"),
        ],
    ),
    ("tiktok", &[("client_id", "client_key")]),
    ("untappd", &[("redirect_uri", "redirect_url")]),
    (
        "weixin",
        &[("client_id", "appid"), ("client_secret", "secret")],
    ),
    (
        "weixinapp",
        &[("client_id", "appid"), ("client_secret", "secret")],
    ),
    ("zalo", &[("client_id", "app_id")]),
];
/// Parameters beside the standard ones.
const MORE: [(&str, &[(&str, &str)]); 4] = [
    ("basecamp", &[("type", "web_server")]),
    ("qq", &[("fmt", "json")]),
    ("scistarter", &[("key", "a-secret")]),
    ("vk-id", &[("device_id", "a-device")]),
];
/// Headers beside the usual ones.
const HEADERS: [(&str, &str, &str); 3] = [
    ("bungie", "x-api-key", "an-api-key"),
    ("mapmyfitness", "api-key", "a-key"),
    ("zalo", "secret_key", "a-secret"),
];
/// Where the token stands in the answer.
const TOKEN_AT: [(&str, &str); 3] = [
    ("dingtalk", "/accessToken"),
    ("qiita", "/token"),
    ("untappd", "/response/access_token"),
];
/// Answered by a form.
const FORM_ANSWERS: [&str; 2] = ["deezer", "stackoverflow"];

/// A definition that exchanges codes, and where.
struct Exchanging {
    fixture: Fixture,
    host: String,
    path: String,
}

/// All whose person is told by calls, and whose file writes the endpoint.
fn exchanging() -> Vec<Exchanging> {
    let all = shipped().into_iter().filter_map(|name| {
        let file = folder("providers").join(format!("{name}.toml"));
        let file: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
        let token = file.get("endpoints")?.get("token")?.as_str()?.to_owned();
        let protocol = file["protocol"].as_str().unwrap();
        if !["oauth2", "oidc"].contains(&protocol) || file.contains_key("id_token") {
            return None;
        }
        let fixture = Fixture::read(&name);
        let full = fixture.full();
        if full.claims.is_some() || full.expect.refused.is_some() {
            return None;
        }
        let url = filled(&token, &fixture, &file);
        let (host, path) = url
            .strip_prefix("https://")
            .unwrap()
            .split_once('/')
            .unwrap();
        Some(Exchanging {
            host: host.to_owned(),
            path: format!("/{path}"),
            fixture,
        })
    });
    all.collect()
}

/// A URL with the settings of the first case in it.
fn filled(url: &str, fixture: &Fixture, file: &toml::Table) -> String {
    let set = fixture.settings_of(fixture.full());
    let mut url = url.to_owned();
    while let Some((before, rest)) = url.split_once("{{ setting.") {
        let (name, after) = rest.split_once(" }}").unwrap();
        let given = set.get(&name.to_uppercase()).cloned();
        let value = given.unwrap_or_else(|| {
            file["settings"][name]["default"]
                .as_str()
                .unwrap()
                .to_owned()
        });
        url = format!("{before}{value}{after}");
    }
    url
}

async fn every_definition_exchanges_codes_as_its_provider_wants(store: Store) {
    let all = exchanging();
    assert!(all.len() > 180, "{}", all.len());
    for some in all.chunks(60) {
        let enabled: Vec<_> = some
            .iter()
            .map(|one| {
                let mut settings = patient(one.fixture.settings_of(one.fixture.full()));
                settings.insert("REDIRECT_URIS".to_owned(), json!([CALLBACK]).to_string());
                (one.fixture.name.as_str(), settings)
            })
            .collect();
        let world = World::start(store.another(), &enabled).await;
        for one in some {
            play(&world, one).await;
        }
    }
}

async fn play(world: &World, one: &Exchanging) {
    let (name, full) = (&one.fixture.name, one.fixture.full());
    world.internet.clear_received();
    world.play(full);
    for method in ["GET", "POST"] {
        let answer = answer(name, &full.post);
        world.internet.on(method, &one.host, &one.path, answer);
    }
    let mut body = full.post.clone();
    let beside = ["access_token", "token_response", "client_id"];
    for field in beside {
        body.as_object_mut().unwrap().remove(field);
    }
    body["provider"] = name.as_str().into();
    body["code"] = "a-code".into();
    body["redirect_uri"] = CALLBACK.into();
    body["code_verifier"] = VERIFIER.into();
    body["device_id"] = "a-device".into();
    let reply = world.server.sign_up(body).await;
    assert_eq!(
        reply.status,
        201,
        "{name}: {}\n{:?}",
        reply.text,
        world.internet.received()
    );
    let uid = reply.json()["social_auth"]["uid"].clone();
    assert_eq!(uid.as_str(), full.expect.uid.as_deref(), "{name}");
    let asked = world.internet.received();
    let to_endpoint = |asked: &&Received| asked.host == one.host && asked.path == one.path;
    let exchanged: Vec<&Received> = asked.iter().filter(to_endpoint).collect();
    assert_eq!(exchanged.len(), 1, "{name}: {asked:?}");
    let settings = one.fixture.settings_of(full);
    assert_request(name, exchanged[0], (&settings["KEY"], &settings["SECRET"]));
}

/// The token of the fixture, as this provider writes it.
fn answer(name: &str, post: &Value) -> Answer {
    let token = post["access_token"].as_str().unwrap();
    let mut told = post.get("token_response").cloned().unwrap_or(json!({}));
    if FORM_ANSWERS.contains(&name) {
        return Answer::form(200, &[("access_token", token), ("expires", "3600")]);
    }
    match TOKEN_AT.iter().find(|(known, _)| *known == name) {
        Some((_, "/response/access_token")) => told["response"] = json!({"access_token": token}),
        Some((_, at)) => told[&at[1..]] = token.into(),
        None => told["access_token"] = token.into(),
    }
    Answer::json(200, &told)
}

fn assert_request(name: &str, asked: &Received, (key, secret): (&str, &str)) {
    let of = |table: &[(&str, &'static [(&str, &str)])]| {
        let found = table.iter().find(|(known, _)| *known == name);
        found.map_or(&[][..], |(_, entries)| *entries)
    };
    let mut expected = BTreeMap::from([
        ("grant_type", "authorization_code"),
        ("code", "a-code"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    let basic = BASIC.contains(&name);
    if !basic {
        expected.insert("client_id", key);
        if !PUBLIC.contains(&name) {
            expected.insert("client_secret", secret);
        }
    }
    for (standard, own) in of(&RENAMED) {
        let value = expected.remove(standard).unwrap();
        expected.insert(own, value);
    }
    expected.extend(of(&MORE).iter().copied());
    let body: Vec<(String, String)> = if JSON.contains(&name) {
        let body: BTreeMap<String, String> = serde_json::from_slice(&asked.body).unwrap();
        body.into_iter().collect()
    } else {
        asked.form()
    };
    let method = if GET.contains(&name) { "GET" } else { "POST" };
    assert_eq!(asked.method, method, "{name}");
    let sent: Vec<_> = body.iter().chain(&asked.query).collect();
    let given: BTreeMap<&str, &str> = sent
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(given.len(), sent.len(), "{name}: a parameter is sent twice");
    assert_eq!(given, expected, "{name}");
    let pair = format!("Basic {}", base64(&format!("{key}:{secret}")));
    let expected = basic.then_some(pair.as_str());
    assert_eq!(asked.header("authorization"), expected, "{name}");
    for (known, header, value) in HEADERS {
        let expected = (known == name).then_some(value);
        assert_eq!(asked.header(header), expected, "{name}: {header}");
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
