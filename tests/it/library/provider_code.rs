//! A team's own code asks the provider; who somebody is, the engine decides.

use serde_json::{Value, json};
use sociable::app::App;
use sociable::backends::Bundled;
use sociable::settings::{Settings, Sources};

use super::{CODE, DEFINITION, Intranet, World, ada};
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(own_code_is_bound_and_read_as_any_definition_is,);

async fn own_code_is_bound_and_read_as_any_definition_is(store: Store) {
    let world = World::start(store, &[], |builder| builder).await;
    world.says_all(&ada());
    let new = world.sign_up().await;
    assert_eq!(new.status, 201, "{}", new.text);
    let new = new.json();
    assert_eq!(
        (&new["username"], &new["is_new"]),
        (&json!("ada"), &json!(true))
    );
    assert_eq!(new["email_verified"], true);
    assert_eq!(new["social_auth"]["uid"], "7");
    assert_eq!(new["social_auth"]["client_id"], "our-app");
    let shown = world.internet.received();
    assert_eq!(shown.len(), 2);
    assert!(
        shown
            .iter()
            .all(|one| one.header("authorization") == Some("Bearer token-0"))
    );
    let known = world.sign_up().await.json();
    assert_eq!(
        (&known["id"], &known["is_new"]),
        (&new["id"], &json!(false))
    );
}

#[tokio::test]
async fn a_token_of_another_app_an_expired_one_and_one_that_names_none_are_refused() {
    let world = World::start(Store::sqlite(), &[], |builder| builder).await;
    let until = 4_000_000_000_i64;
    for token in [
        json!({"app": "their-app", "until": until}),
        json!({"app": ["our-app"], "until": until}),
        json!({"until": until}),
        json!({"app": "our-app", "until": 1}),
        json!({"app": "our-app"}),
        json!([]),
    ] {
        world.says_all(&ada());
        world.says("/token", Answer::json(200, &token));
        let refused = world.sign_up().await;
        let expected = (401, "credential_rejected".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{token}");
    }
    assert_eq!(world.server.store.rows(), [0; 5]);
}

#[tokio::test]
async fn what_the_provider_does_wrong_is_told_as_of_any_provider() {
    let timeout = [("SOCIAL_AUTH_REQUESTS_TIMEOUT", "1")];
    let world = World::start(Store::sqlite(), &timeout, |builder| builder).await;
    let elsewhere = || Answer::text(302, "").header("Location", "https://intranet.example/other");
    let cases: [(Answer, u16, &str); 10] = [
        (Answer::json(401, &json!({})), 401, "credential_rejected"),
        (Answer::json(429, &json!({})), 503, "rate_limited"),
        (Answer::json(500, &json!({})), 503, "unavailable"),
        (Answer::html(200), 502, "malformed_response"),
        (elsewhere(), 502, "http_error"),
        (Answer::huge(2 << 20), 502, "malformed_response"),
        (Answer::close(), 502, "connection_failed"),
        (Answer::hang(), 504, "timeout"),
        (
            Answer::json(200, &json!({"login": "ada"})),
            502,
            "missing_claim",
        ),
        (
            Answer::json(200, &json!({"number": ""})),
            502,
            "missing_claim",
        ),
    ];
    for (person, status, code) in cases {
        world.says_all(&ada());
        world.says("/person", person);
        let refused = world.sign_up().await;
        assert_eq!(refused.status_and_code(), (status, code.to_owned()));
    }
    let asked = world.internet.received();
    assert!(
        asked.iter().all(|one| one.path != "/other"),
        "no redirect is followed"
    );
    assert_eq!(world.server.store.rows(), [0; 5]);
}

fn settings() -> Settings {
    let key = ("SOCIAL_AUTH_INTRANET_KEY".to_owned(), "our-app".to_owned());
    let sources = Sources {
        environment: vec![key],
        working_dir: "/nonexistent".into(),
        ..Sources::default()
    };
    Settings::load(&sources).unwrap()
}

/// Why a definition with these changes does not start.
fn refused(changes: &[(&str, &str)]) -> String {
    let mut text = DEFINITION.text.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let definition = Bundled {
        text: text.leak(),
        ..DEFINITION
    };
    let builder = App::builder(settings()).definition(definition);
    let builder = builder.provider_code(CODE, Intranet);
    let checked = builder.check().map(|_started| ());
    checked
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

#[test]
fn a_definition_that_own_code_cannot_serve_does_not_start() {
    assert_eq!(refused(&[]), "");
    let cases: [(&[(&str, &str)], &str); 5] = [
        (
            &[("code     = \"intranet\"", "code = \"intranets\"")],
            "no hook is called `intranets`, the nearest known is `intranet`",
        ),
        (
            &[("code     = \"intranet\"", "code = \"lastfn\"")],
            "no hook is called `lastfn`, the nearest known is `lastfm`",
        ),
        (
            &[("[user]", "[[call]]\nurl = \"https://a.example\"\n[user]")],
            "intranet.toml: [[call]]: the code asks in its place: leave it out",
        ),
        (
            &[
                ("kind    = \"profile\"", "kind = \"secret_proof\""),
                ("equals ", "#"),
                ("expires", "#"),
            ],
            "secret_proof is for calls that the file writes",
        ),
        (
            &[
                ("\"oauth2\"", "\"openid2\""),
                (
                    "[audience]",
                    "[endpoints]\nopenid = \"https://a.example\"\n[audience]",
                ),
            ],
            "code of one's own asks with a token",
        ),
    ];
    for (changes, expected) in cases {
        let refused = refused(changes);
        let first = refused.lines().next().unwrap_or_default();
        assert!(first.contains(expected), "{refused}");
    }
}

#[test]
fn a_name_that_is_taken_does_not_start() {
    for name in ["lastfm", "xml", CODE] {
        let builder = App::builder(settings()).definition(DEFINITION);
        let builder = builder.provider_code(CODE, Intranet);
        let refused = builder.provider_code(name, Intranet).check().err().unwrap();
        let expected = format!("provider code `{name}`: the name is taken");
        assert!(refused.to_string().starts_with(&expected), "{refused}");
    }
}

#[tokio::test]
async fn a_raw_token_that_nothing_binds_is_refused_without_asking_anybody() {
    let text: &str = DEFINITION.text.split("[audience]").next().unwrap();
    let unbound = Bundled { text, ..DEFINITION };
    let world = World::start(Store::sqlite(), &[], |builder| builder.definition(unbound)).await;
    world.says_all(&ada());
    let refused = world.sign_up().await;
    assert_eq!(
        refused.status_and_code(),
        (400, "unbound_credential".to_owned())
    );
    assert_eq!(world.internet.received().len(), 0);
    assert_eq!(
        world.server.get("/providers", None).await.json()[0]["accepts"],
        Value::Null
    );
}
