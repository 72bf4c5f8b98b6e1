//! Definitions of an operator's own, word by word, over HTTP.

use serde_json::{Value, json};

use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Reply, Server, Store};

/// A server with one provider of its own, and the internet that it sees.
struct Own {
    server: Server,
    internet: FakeInternet,
    _folder: tempfile::TempDir,
}

const HEAD: &str = r#"
name = "example"
title = "Example"
protocol = "oauth2"
"#;
const CALL: &str = r#"
[[call]]
url = "https://api.example.com/me"
"#;
const USER: &str = r#"
[user]
id = "id"
username = "login"
"#;
const BOUND: &str = r#"
[audience]
kind = "profile"
equals = { app = "{{ client.key }}" }
"#;

impl Own {
    async fn start(definition: &str, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("example.toml"), definition).unwrap();
        let internet = FakeInternet::start().await;
        let proxy = internet.proxy_url();
        let bundle = internet.ca_bundle();
        let names: Vec<String> = settings
            .iter()
            .map(|(name, _)| format!("SOCIAL_AUTH_EXAMPLE_{name}"))
            .collect();
        let own = names.iter().zip(settings);
        let mut environment = vec![
            ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
            ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
            ("SOCIABLE_PROVIDERS_DIR", folder.path().to_str().unwrap()),
            ("SOCIAL_AUTH_EXAMPLE_KEY", "a-key"),
            ("SOCIAL_AUTH_EXAMPLE_SECRET", "a-secret"),
        ];
        environment.extend(own.map(|(name, (_, value))| (name.as_str(), *value)));
        let server = Server::start_with(Store::sqlite(), &environment, |builder| builder);
        Self {
            server,
            internet,
            _folder: folder,
        }
    }

    /// `GET https://api.example.com/me` answers so.
    fn says(&self, answer: Answer) {
        self.internet.on("GET", "api.example.com", "/me", answer);
    }

    async fn signs_up_with(&self, more: Value) -> Reply {
        let mut body = json!({"provider": "example", "access_token": "a-token"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.server.sign_up(body).await
    }

    async fn signs_up(&self) -> Reply {
        self.signs_up_with(json!({})).await
    }

    async fn refuses(&self) -> (u16, String) {
        let refused = self.signs_up().await;
        assert_eq!(self.server.store.rows(), [0; 5], "{}", refused.text);
        refused.status_and_code()
    }
}

fn ours() -> Value {
    json!({"id": 7, "login": "ada", "app": "a-key"})
}

/// SUB-1, where the profile names the app.
#[tokio::test]
async fn a_profile_that_names_another_app_signs_nobody_in() {
    let own = Own::start(&[HEAD, CALL, USER, BOUND].concat(), &[]).await;
    for app in [
        json!("another-key"),
        json!(null),
        json!(["a-key"]),
        json!(""),
    ] {
        own.says(Answer::json(200, &json!({"id": 7, "app": app})));
        assert_eq!(own.refuses().await, (401, "credential_rejected".to_owned()));
    }
    own.says(Answer::json(200, &ours()));
    let signed_up = own.signs_up().await;
    assert_eq!(signed_up.status, 201, "{}", signed_up.text);
    assert_eq!(signed_up.json()["social_auth"]["uid"], "7");
}

#[tokio::test]
async fn an_error_with_status_200_is_told_by_its_code() {
    let error = r#"
    [error]
    when        = "error"
    code        = "error.code"
    message     = "error.text"
    revoked     = [190]
    limited     = ["slow_down"]
    unavailable = ["down"]
    "#;
    let own = Own::start(&[HEAD, CALL, USER, BOUND, error].concat(), &[]).await;
    for (code, expected) in [
        (json!(190), (401, "token_revoked")),
        (json!("slow_down"), (503, "rate_limited")),
        (json!("down"), (503, "unavailable")),
        (json!("other"), (401, "credential_rejected")),
    ] {
        let mut answer = ours();
        answer["error"] = json!({"code": code, "text": "canary-text"});
        own.says(Answer::json(200, &answer));
        let refused = own.signs_up().await;
        assert_eq!(
            refused.status_and_code(),
            (expected.0, expected.1.to_owned())
        );
        assert!(!refused.text.contains("canary"), "{}", refused.text);
        assert_eq!(
            refused.headers.contains_key("retry-after"),
            expected.0 == 503
        );
    }
    own.says(Answer::json(200, &ours()));
    assert_eq!(own.signs_up().await.status, 201);
}

/// MIX: who is no member stays out, and a provider in trouble decides nothing.
#[tokio::test]
async fn only_members_come_in_where_an_operator_asks_for_them() {
    let member = r#"
    [[call]]
    url = "https://api.example.com/members/{{ user.login }}"
    expect = 204
    refusal = "membership_required"
    "#;
    let own = Own::start(&[HEAD, CALL, member, USER, BOUND].concat(), &[]).await;
    own.says(Answer::json(200, &ours()));
    for (status, expected) in [
        (302, (403, "membership_required")),
        (401, (403, "membership_required")),
        (403, (403, "membership_required")),
        (404, (403, "membership_required")),
        (200, (401, "credential_rejected")),
        (429, (503, "rate_limited")),
        (500, (503, "unavailable")),
    ] {
        let answer = Answer::text(status, "no JSON at all");
        own.internet
            .on("GET", "api.example.com", "/members/ada", answer);
        assert_eq!(
            own.refuses().await,
            (expected.0, expected.1.to_owned()),
            "{status}"
        );
    }
    let nobody = Answer::text(204, "");
    own.internet
        .on("GET", "api.example.com", "/members/ada", nobody);
    assert_eq!(own.signs_up().await.status, 201);
}

#[tokio::test]
async fn answers_in_jsonp_and_in_forms_are_read_and_headers_are_kept() {
    let calls = r#"
    [[call]]
    url = "https://api.example.com/openid"
    token = "query:access_token"
    format = "jsonp"
    save_headers = { app = "x-app-id" }
    [[call]]
    url = "https://api.example.com/details"
    method = "POST"
    form = { openid = "{{ user.openid }}", none = "{{ user.none }}" }
    format = "form"
    into = "details"
    "#;
    let user = "[user]\nid = \"openid\"\nusername = \"details.nick\"\n";
    let own = Own::start(&[HEAD, calls, user, BOUND].concat(), &[]).await;
    let openid = Answer::text(200, "callback( {\"openid\":\"o-1\"} );\n");
    let details = Answer::form(200, &[("nick", "Ada L"), ("x", "")]);
    own.internet
        .on("POST", "api.example.com", "/details", details);
    own.internet
        .on("GET", "api.example.com", "/openid", openid.clone());
    assert_eq!(own.refuses().await, (401, "credential_rejected".to_owned()));
    let openid = openid.header("X-App-Id", "a-key");
    own.internet.on("GET", "api.example.com", "/openid", openid);
    let signed_up = own.signs_up().await;
    assert_eq!(signed_up.status, 201, "{}", signed_up.text);
    assert_eq!(signed_up.json()["social_auth"]["uid"], "o-1");
    let asked = own.internet.received();
    let posted = asked.iter().find(|asked| asked.path == "/details").unwrap();
    assert_eq!(posted.form(), [("openid".to_owned(), "o-1".to_owned())]);
}

/// SSRF: a host that the client names is asked only if the file lists it.
#[tokio::test]
async fn a_host_beyond_the_list_is_never_asked() {
    let call = r#"
    [[call]]
    url = "{{ token_response.instance }}/me"
    hosts = ["api.example.com"]
    "#;
    let own = Own::start(&[HEAD, call, USER, BOUND].concat(), &[]).await;
    own.says(Answer::json(200, &ours()));
    for host in ["evil.example.net", "api.example.com.evil.net", "127.0.0.1"] {
        own.internet
            .on("GET", host, "/me", Answer::json(200, &ours()));
    }
    let instance = |url: &str| json!({"token_response": {"instance": url}});
    for url in [
        "https://evil.example.net",
        "https://api.example.com.evil.net",
        "https://api.example.com@evil.example.net",
        "https://evil.example.net/?",
        "http://api.example.com",
        "https://127.0.0.1",
        "",
    ] {
        let refused = own.signs_up_with(instance(url)).await;
        let expected = (401, "credential_rejected".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{url}");
    }
    assert!(own.internet.received().is_empty());
    assert_eq!(own.internet.tunnels(), 0);
    let good = own
        .signs_up_with(instance("https://api.example.com/"))
        .await;
    assert_eq!(good.status, 201, "{}", good.text);
}

#[tokio::test]
async fn an_alias_signs_in_under_the_real_name() {
    let head = format!("{HEAD}aliases = [\"ex\", \"example-app\"]\nstatus = \"deprecated\"\n");
    let own = Own::start(&[&head, CALL, USER, BOUND].concat(), &[]).await;
    own.says(Answer::json(200, &ours()));
    let first = own.signs_up().await.json();
    for alias in ["ex", "example-app"] {
        let again = own.signs_up_with(json!({"provider": alias})).await.json();
        assert_eq!(again["id"], first["id"], "{alias}");
        assert_eq!(again["is_new"], false, "{alias}");
        assert_eq!(again["social_auth"]["provider"], "example", "{alias}");
    }
    let strange = own.signs_up_with(json!({"provider": "exam"})).await;
    assert_eq!(
        strange.status_and_code(),
        (404, "backend_missing".to_owned())
    );
    let listed = own.server.get("/providers", None).await.json();
    let listed = listed.as_array().unwrap();
    let names: Vec<_> = listed.iter().map(|provider| &provider["name"]).collect();
    assert!(names.contains(&&json!("example")) && !names.contains(&&json!("ex")));
    let example = listed.iter().find(|provider| provider["name"] == "example");
    assert_eq!(example.unwrap()["status"], "deprecated");
}

#[tokio::test]
async fn a_setting_may_change_what_the_uid_is() {
    let option = r#"
    [settings]
    by_login = { type = "bool", default = false }
    [[option]]
    setting = "by_login"
    user = { id = "login" }
    "#;
    let definition = [HEAD, CALL, USER, BOUND, option].concat();
    for (settings, uid) in [(&[][..], "7"), (&[("BY_LOGIN", "true")][..], "ada")] {
        let own = Own::start(&definition, settings).await;
        own.says(Answer::json(200, &ours()));
        let signed_up = own.signs_up().await;
        assert_eq!(signed_up.json()["social_auth"]["uid"], uid);
    }
}

#[tokio::test]
async fn a_definition_without_calls_is_listed_and_takes_no_token() {
    let own = Own::start(&[HEAD, USER].concat(), &[]).await;
    let listed = own.server.get("/providers", None).await.json();
    let mut listed = listed.as_array().unwrap().iter();
    let example = listed.find(|provider| provider["name"] == "example");
    assert_eq!(example.unwrap()["credentials"], json!([]));
    assert_eq!(
        own.refuses().await,
        (400, "credential_not_supported".to_owned())
    );
    assert!(own.internet.received().is_empty());
}
