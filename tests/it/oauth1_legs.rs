//! OAuth 1 in a browser: request token, a person, sign-up.

mod shipped;

use serde_json::{Value, json};
use url::Url;

use crate::real_parts::browser::{follow, parameter};
use crate::support::clock::Ahead;
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_person_goes_off_and_comes_back_as_a_user_at_another_instance_too,
    oa1_7_what_comes_back_must_be_what_was_begun_here,
    oa1_7_a_request_token_and_its_handle_work_once,
    oa1_7_a_provider_that_does_not_confirm_the_callback_is_refused,
    code_5_a_person_is_sent_back_to_a_listed_address_alone,
    oa1_4_oa1_5_what_cannot_be_signed_or_is_of_another_kind_is_refused_before_any_call,
);

/// The sandbox's list names it without a port.
const CALLBACK: &str = "http://127.0.0.1:4711/callback";
const REQUEST_TOKEN: &str = "/oauth1/request_token";
const ACCESS_TOKEN: &str = "/oauth1/access_token";

async fn begin(server: &Server, redirect_uri: &str) -> Reply {
    let body = json!({"provider": "sandbox-oauth1", "redirect_uri": redirect_uri});
    ask(server, &body).await
}

async fn ask(server: &Server, body: &Value) -> Reply {
    let url = format!("{}/social_sign_up/request_token", server.url);
    http::post(&url, None, body).await
}

/// Sends a person off; what is to be posted when they are back.
async fn come_back(begun: &Value, person: &str) -> Value {
    let mut url = Url::parse(begun["authorize_url"].as_str().unwrap()).unwrap();
    url.query_pairs_mut().append_pair("person", person);
    let back = follow(url.as_str(), CALLBACK).await;
    json!({
        "provider": "sandbox-oauth1",
        "oauth_token": parameter(&back, "oauth_token"),
        "oauth_verifier": parameter(&back, "oauth_verifier"),
        "request_token": begun["request_token"],
    })
}

/// What is to be posted for a person who went off and came back.
pub(crate) async fn verifier_of(server: &Server, person: &str) -> Value {
    let begun = begin(server, CALLBACK).await;
    come_back(&begun.json(), person).await
}

async fn a_person_goes_off_and_comes_back_as_a_user_at_another_instance_too(store: Store) {
    let first = Server::start(store.clone());
    let sandbox = first.playground.sandbox().url();
    let environment = [("SOCIAL_AUTH_SANDBOX_OAUTH1_BASE_URL", sandbox.as_str())];
    let second = Server::start_with(store, &environment, |builder| builder);
    for (server, is_new) in [(&first, true), (&second, false)] {
        let begun = begin(&first, CALLBACK).await;
        assert_eq!(begun.status, 200, "{}", begun.text);
        assert_eq!(begun.headers["cache-control"], "no-store");
        let begun = begun.json();
        assert_eq!(begun["expires_in"], 600);
        let authorize_url = begun["authorize_url"].as_str().unwrap();
        let token = begun["oauth_token"].as_str().unwrap();
        let expected = format!("{sandbox}/oauth1/authorize?oauth_token={token}");
        assert_eq!(authorize_url, expected);
        let body = come_back(&begun, "alice").await;
        let signed_up = server.sign_up(body).await;
        assert_eq!(signed_up.status, 201, "{}", signed_up.text);
        let user = signed_up.json();
        assert_eq!(user["is_new"], is_new);
        assert_eq!(user["username"], "alice");
        assert_eq!(user["social_auth"]["client_id"], "sandbox-app");
        let bearer = signed_up.bearer();
        let accounts = server.get("/me/social_auth", Some(&bearer));
        assert_eq!(
            accounts.await.json()[0]["extra_data"]["access_token"],
            json!({"oauth_token": "alice", "oauth_token_secret": "alice-secret"})
        );
    }
    let marks = first.store.query("SELECT kind FROM used_marks");
    assert_eq!(marks, [["oauth_token"], ["oauth_token"]]);
    let json = begin(&first, &format!("{CALLBACK}?sandbox=json")).await;
    assert_eq!(json.status_and_code().0, 400, "a query is part of the text");
}

async fn oa1_7_what_comes_back_must_be_what_was_begun_here(store: Store) {
    let clock = Ahead::new();
    let at = clock.clone();
    let twitter = [
        ("SOCIAL_AUTH_TWITTER_KEY", "a-key"),
        ("SOCIAL_AUTH_TWITTER_SECRET", "a-secret"),
        (
            "SOCIAL_AUTH_TWITTER_REDIRECT_URIS",
            r#"["https://app.example/callback"]"#,
        ),
    ];
    let server = Server::start_with(store, &twitter, |builder| builder.clock(at));
    let begun = begin(&server, CALLBACK).await.json();
    let other = begin(&server, CALLBACK).await.json();
    let good = come_back(&begun, "alice").await;
    let with = |name: &str, value: &Value| {
        let mut body = good.clone();
        body[name] = value.clone();
        body
    };
    let handle = begun["request_token"].as_str().unwrap();
    let changed = format!("{}x", &handle[..handle.len() - 1]);
    for (field, body) in [
        ("oauth_token", with("oauth_token", &other["oauth_token"])),
        ("oauth_token", with("oauth_token", &json!("x"))),
        (
            "oauth_token",
            with("request_token", &other["request_token"]),
        ),
        ("request_token", with("request_token", &json!(changed))),
        ("request_token", with("request_token", &json!("v1.x.y"))),
        ("request_token", with("provider", &json!("twitter"))),
    ] {
        let refused = server.sign_up(body).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        let fields = refused.json();
        assert!(fields[field].is_array(), "{field}: {fields}");
    }
    assert_eq!(server.playground.sandbox().calls(ACCESS_TOKEN), 0);
    clock.turn_on(601);
    let late = server.sign_up(good.clone()).await;
    assert_eq!(
        late.json(),
        json!({"request_token": ["Its time is over: begin again."]})
    );
    assert_eq!(server.playground.sandbox().calls(ACCESS_TOKEN), 0);
    assert_eq!(server.store.rows(), [0; 5]);
    clock.turn_on(-601);
    assert_eq!(server.sign_up(good).await.status, 201);
}

async fn oa1_7_a_request_token_and_its_handle_work_once(store: Store) {
    let server = Server::start(store);
    let begun = begin(&server, CALLBACK).await.json();
    let mut wrong = come_back(&begun, "alice").await;
    wrong["oauth_verifier"] = json!("another");
    let rejected = (401, "authorization_code_rejected".to_owned());
    assert_eq!(server.sign_up(wrong).await.status_and_code(), rejected);
    assert_eq!(server.store.rows(), [0; 5]);

    let begun = begin(&server, CALLBACK).await.json();
    let body = come_back(&begun, "alice").await;
    assert_eq!(server.sign_up(body.clone()).await.status, 201);
    let before = server.store.rows();
    let again = server.sign_up(body.clone()).await;
    assert_eq!(again.status_and_code(), rejected);
    assert_eq!(again.json()["recovery"], "get_a_fresh_credential");
    assert_eq!(server.store.rows(), before);
}

async fn oa1_7_a_provider_that_does_not_confirm_the_callback_is_refused(store: Store) {
    let list = ["unconfirmed", "html", "json"].map(|fault| format!("{CALLBACK}?sandbox={fault}"));
    let setting = serde_json::to_string(&list).unwrap();
    let environment = [("SOCIAL_AUTH_SANDBOX_OAUTH1_REDIRECT_URIS", setting.as_str())];
    let server = Server::start_with(store, &environment, |builder| builder);
    for (callback, code) in [
        (&list[0], "missing_claim"),
        (&list[1], "malformed_response"),
    ] {
        let refused = begin(&server, callback).await;
        assert_eq!(refused.status_and_code(), (502, code.to_owned()));
        assert!(!refused.text.contains("oauth_token\""), "{}", refused.text);
    }
    let begun = begin(&server, &list[2]).await;
    assert_eq!(begun.status, 200, "JSON is read too: {}", begun.text);
    let body = come_back(&begun.json(), "bob").await;
    assert_eq!(server.sign_up(body).await.status, 201);
}

async fn code_5_a_person_is_sent_back_to_a_listed_address_alone(store: Store) {
    let list = r#"["https://app.example/callback"]"#;
    let environment = [("SOCIAL_AUTH_SANDBOX_OAUTH1_REDIRECT_URIS", list)];
    let server = Server::start_with(store, &environment, |builder| builder);
    for redirect_uri in [
        CALLBACK,
        "https://app.example/",
        "https://app.example/callback/..",
        "https://app.example/%2e%2e/callback",
        "https://app.example@evil.example/callback",
        "https://app.example:444/callback",
        "https://app.example/callback#x",
        "https://app.example/Callback",
        "javascript:alert(1)",
    ] {
        let refused = begin(&server, redirect_uri).await;
        let expected = (400, "redirect_uri_not_allowed".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{redirect_uri}");
    }
    assert_eq!(server.playground.sandbox().calls(REQUEST_TOKEN), 0);
    assert_eq!(
        begin(&server, "https://app.example/callback").await.status,
        200
    );
    assert_eq!(server.playground.sandbox().calls(REQUEST_TOKEN), 1);
}

async fn oa1_4_oa1_5_what_cannot_be_signed_or_is_of_another_kind_is_refused_before_any_call(
    store: Store,
) {
    let server = Server::start(store);
    let good = json!({
        "provider": "sandbox-oauth1", "oauth_token": "t", "oauth_verifier": "v",
        "request_token": "r",
    });
    for field in ["oauth_token", "oauth_verifier", "request_token"] {
        for value in ["a\r\nX: y", "a\nb", "a\u{0}b", "\u{fc}", ""] {
            let mut body = good.clone();
            body[field] = json!(value);
            let refused = server.sign_up(body).await;
            assert_eq!(refused.status, 400, "{}", refused.text);
            assert!(refused.json()[field].is_array(), "{}", refused.text);
        }
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        let refused = server.sign_up(body).await;
        assert_eq!(refused.json()[field][0], "This field is required.");
    }
    let mut body = good.clone();
    body["provider"] = json!("sandbox");
    let other_kind = (400, "credential_not_supported".to_owned());
    assert_eq!(server.sign_up(body).await.status_and_code(), other_kind);
    let body = json!({"provider": "sandbox", "redirect_uri": CALLBACK});
    assert_eq!(ask(&server, &body).await.status_and_code(), other_kind);
    let body = json!({"provider": "nobody", "redirect_uri": CALLBACK});
    let missing = (404, "backend_missing".to_owned());
    assert_eq!(ask(&server, &body).await.status_and_code(), missing);
    let nothing = ask(&server, &json!({"redirect_uri": 7})).await;
    assert_eq!(
        nothing.json(),
        json!({
            "provider": ["This field is required."], "redirect_uri": ["Not a valid string."],
        })
    );
    let body = json!({
        "provider": "sandbox-oauth1", "redirect_uri": CALLBACK, "client_id": "another",
    });
    assert!(ask(&server, &body).await.json()["client_id"].is_array());
    for path in [REQUEST_TOKEN, ACCESS_TOKEN] {
        assert_eq!(server.playground.sandbox().calls(path), 0);
    }
    assert_eq!(server.store.rows(), [0; 5]);
}
