//! VK, Facebook and Odnoklassniki: what they sign, and what is asked then.

use serde_json::{Value, json};

use super::sign::{SECRET, hex, launch, signed_request, time};
use super::{answers, outcome, post};
use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Server, Store, on_both};

on_both!(
    vk_launch_parameters_sign_up,
    a_signed_request_signs_up_with_a_token_in_it_or_none,
    a_session_of_odnoklassniki_is_asked_whose_it_is,
);

/// A server with a provider of this name, and the internet that it sees.
async fn world(store: Store, name: &str, more: &[(&str, &str)]) -> (Server, FakeInternet) {
    let internet = FakeInternet::start().await;
    let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
    let bundle = bundle.to_str().unwrap();
    let prefix = format!("SOCIAL_AUTH_{}_", name.replace('-', "_").to_uppercase());
    let shared = [("KEY", "7"), ("SECRET", SECRET), ("REQUESTS_TIMEOUT", "60")];
    let own: Vec<(String, &str)> = shared
        .iter()
        .chain(more)
        .map(|(setting, value)| (format!("{prefix}{setting}"), *value))
        .collect();
    let mut environment = vec![
        ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
        ("SOCIABLE_HTTP__CA_BUNDLE", bundle),
    ];
    environment.extend(own.iter().map(|(name, value)| (name.as_str(), *value)));
    let server = Server::start_with(store, &environment, |builder| builder);
    (server, internet)
}

async fn vk_launch_parameters_sign_up(store: Store) {
    let (server, internet) = world(store, "vk-app", &[("SERVICE_TOKEN", "service")]).await;
    let profile = json!({"response": [
        {"id": 42, "first_name": "Ada", "last_name": "Lovelace", "screen_name": "ada", "photo_200": "https://vk.example/1.jpg"},
    ]});
    internet.on(
        "GET",
        "api.vk.ru",
        "/method/users.get",
        Answer::json(200, &profile),
    );
    let mut payload = launch(42, "7", 5, SECRET);
    payload["user_id"] = json!({"what": "is not signed is not read"});
    let first = post(&server, "vk-app", payload.clone()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.json()["social_auth"]["uid"], "42");
    assert_eq!(first.json()["username"], "ada");
    let asked = &internet.received()[0];
    assert!(
        asked
            .query
            .contains(&("user_ids".to_owned(), "42".to_owned()))
    );
    let before = server.store.rows();
    let mut other_user = launch(42, "7", 4, SECRET);
    other_user["vk_user_id"] = 43.into();
    let mut added = launch(42, "7", 4, SECRET);
    added["vk_group_id"] = 1.into();
    let mut unsigned = launch(42, "7", 4, SECRET);
    unsigned.as_object_mut().unwrap().remove("sign");
    for (payload, expected) in [
        (payload, answers(401, "token_replayed")),
        (other_user, answers(401, "invalid_signature")),
        (added, answers(401, "invalid_signature")),
        (unsigned, answers(400, "payload")),
        (
            launch(42, "7", 5, "another"),
            answers(401, "invalid_signature"),
        ),
        (
            launch(42, "8", 5, SECRET),
            answers(401, "credential_rejected"),
        ),
        (
            launch(42, "7", 700, SECRET),
            answers(401, "response_expired"),
        ),
        (
            launch(42, "7", -90, SECRET),
            answers(502, "response_not_yet_valid"),
        ),
    ] {
        assert_eq!(
            outcome(&server, "vk-app", payload.clone()).await,
            expected,
            "{payload}"
        );
    }
    assert_eq!(server.store.rows(), before);
}

/// What Facebook signs for an app.
fn content(user: impl Into<Value>, ago: i64) -> Value {
    json!({"algorithm": "HMAC-SHA256", "issued_at": time(ago), "user_id": user.into()})
}

async fn a_signed_request_signs_up_with_a_token_in_it_or_none(store: Store) {
    let (server, internet) = world(store, "facebook-app", &[]).await;
    let plain = signed_request(&content("10", 5), SECRET);
    let first = post(&server, "facebook-app", plain.clone()).await;
    assert_eq!(first.json()["social_auth"]["uid"], "10", "{}", first.text);
    assert!(
        internet.received().is_empty(),
        "there is nothing to ask with"
    );
    let profile = json!({"id": "10", "name": "Ada Lovelace", "email": "ada@example.com"});
    internet.on(
        "GET",
        "graph.facebook.com",
        "/v24.0/me",
        Answer::json(200, &profile),
    );
    let mut with_token = content("10", 4);
    with_token["oauth_token"] = "a-token".into();
    let second = post(&server, "facebook-app", signed_request(&with_token, SECRET)).await;
    assert_eq!(second.json()["id"], first.json()["id"], "{}", second.text);
    assert_eq!(
        internet.received().len(),
        1,
        "whose it is needs no question"
    );
    let before = server.store.rows();
    let mut unsafe_algorithm = content("10", 3);
    unsafe_algorithm["algorithm"] = "none".into();
    for (payload, expected) in [
        (plain, answers(401, "token_replayed")),
        (
            signed_request(&content("10", 5), "another"),
            answers(401, "invalid_signature"),
        ),
        (
            signed_request(&unsafe_algorithm, SECRET),
            answers(401, "invalid_signature"),
        ),
        (
            signed_request(&content("10", 700), SECRET),
            answers(401, "response_expired"),
        ),
        (
            signed_request(&content(Value::Null, 3), SECRET),
            answers(502, "missing_claim"),
        ),
        (
            signed_request(&content(true, 3), SECRET),
            answers(401, "invalid_claim"),
        ),
        (json!({"signed_request": "x.y.z"}), answers(400, "payload")),
    ] {
        assert_eq!(
            outcome(&server, "facebook-app", payload.clone()).await,
            expected,
            "{payload}"
        );
    }
    assert_eq!(server.store.rows(), before);
}

fn launched(session: &str) -> Value {
    let sig = md5(&format!("571234{session}{SECRET}"));
    json!({"logged_user_id": "571234", "session_key": session, "session_secret_key": "of-session",
        "auth_sig": sig, "api_server": "https://evil.example/", "application_key": "PUBLIC"})
}

fn md5(text: &str) -> String {
    use md5::Digest as _;
    hex(&md5::Md5::digest(text.as_bytes()))
}

async fn a_session_of_odnoklassniki_is_asked_whose_it_is(store: Store) {
    let (server, internet) = world(store, "odnoklassniki-app", &[("PUBLIC_NAME", "PUBLIC")]).await;
    let person = json!([{"uid": "571234", "first_name": "Ada", "last_name": "Lovelace", "name": "Ada Lovelace"}]);
    internet.on("GET", "api.ok.ru", "/fb.do", Answer::json(200, &person));
    let session_of = |user: &Value| {
        internet.on("POST", "api.ok.ru", "/fb.do", Answer::json(200, user));
    };
    session_of(&json!("571234"));
    let first = post(&server, "odnoklassniki-app", launched("one")).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.json()["social_auth"]["uid"], "571234");
    assert_eq!(first.json()["fullname"], "Ada Lovelace");
    let sig = |parameters: &[(String, String)]| {
        let found = parameters.iter().find(|(name, _)| name == "sig");
        found.unwrap().1.clone()
    };
    let asked = internet.received();
    let of_session = "application_key=PUBLICformat=JSONmethod=users.getLoggedInUserof-session";
    assert_eq!(sig(&asked[0].form()), md5(of_session));
    let of_app = format!(
        "application_key=PUBLICfields=uid,first_name,last_name,nameformat=JSONmethod=users.getInfouids=571234{SECRET}"
    );
    assert_eq!(sig(&asked[1].query), md5(&of_app));
    let before = server.store.rows();
    let replayed = outcome(&server, "odnoklassniki-app", launched("one")).await;
    assert_eq!(replayed, answers(401, "token_replayed"));
    let mut forged = launched("two");
    forged["logged_user_id"] = "571235".into();
    let forged = outcome(&server, "odnoklassniki-app", forged).await;
    assert_eq!(forged, answers(401, "invalid_signature"));
    session_of(&json!("571235"));
    let of_another = outcome(&server, "odnoklassniki-app", launched("two")).await;
    assert_eq!(of_another, answers(502, "missing_claim"));
    session_of(&json!({"error_code": 102, "error_msg": "PARAM_SESSION_EXPIRED"}));
    let over = outcome(&server, "odnoklassniki-app", launched("two")).await;
    assert_eq!(over, answers(401, "token_revoked"));
    assert_eq!(server.store.rows(), before);
}
