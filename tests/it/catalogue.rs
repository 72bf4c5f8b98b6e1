//! `sociable providers`, the program itself: what it lists, shows, and finds
//! wrong with definitions and fixtures.

mod tried;

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::internet::{Answer, FakeInternet};
use crate::support::process::Process;

/// Long enough for a machine that is busy with all other tests.
const SOON: Duration = Duration::from_mins(2);

/// Runs the program in a folder; whether it was content, and its lines.
fn run(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> (bool, Vec<String>) {
    let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
    let args = [&["providers"], args].concat();
    let mut process = Process::start_in(folder, program, &args, environment);
    let (status, lines) = process.outcome(SOON);
    (status.success(), lines)
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn all_shipped_definitions_pass_their_fixtures_from_the_projects_folder() {
    let (good, lines) = run(project(), &["check"], &[]);
    assert!(good, "{}", lines.join("\n"));
    let github = lines.iter().find(|line| line.starts_with("github "));
    assert!(github.unwrap().contains("ok    oauth2, "), "{github:?}");
}

#[test]
fn without_fixtures_the_definitions_alone_are_read_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (good, lines) = run(folder.path(), &["check"], &[]);
    assert!(good, "{}", lines.join("\n"));
    let last = lines.last().unwrap();
    assert!(last.contains("the definitions alone were read"), "{last}");
}

/// A folder with a definition and a fixture of its own.
struct Own(tempfile::TempDir);

const DEFINITION: &str = r#"
name     = "example"
title    = "Example"
protocol = "oauth2"

[[call]]
url   = "https://api.example/me"
query = { fields = "all" }

[user]
id       = "id"
username = "login"
email    = "email"
fullname = "name"

[extra]
id = "id"

[audience]
url     = "https://api.example/token"
method  = "POST"
token   = "form:token"
equals  = { app = "{{ client.key }}" }
subject = "user"
"#;

fn fixture() -> Value {
    let case = |name: &str, person: Value, expected: Value| {
        json!({
            "name": name,
            "post": {"access_token": "a-token"},
            "exchanges": [
                {
                    "purpose": "profile",
                    "request": {
                        "method": "GET", "url": "https://api.example/me",
                        "query": {"fields": "all"}, "headers": {"authorization": "Bearer a-token"}
                    },
                    "answer": {"json": person}
                },
                {
                    "purpose": "binding",
                    "request": {
                        "method": "POST", "url": "https://api.example/token",
                        "form": {"token": "a-token"}
                    },
                    "answer": {"json": {"app": "a-key", "user": 7}}
                }
            ],
            "expect": expected
        })
    };
    let expect = |username: &str, email: Value, names: [Value; 3]| {
        let [first_name, last_name, fullname] = names;
        json!({
            "uid": "7",
            "user": {
                "username": username, "email": email, "email_verified": false, "picture": null,
                "first_name": first_name, "last_name": last_name, "fullname": fullname
            },
            "extra_data": {"id": 7, "access_token": "a-token", "token_type": null}
        })
    };
    let nobody = || [Value::Null, Value::Null, Value::Null];
    let person = json!({"id": 7, "login": "ann", "email": "ann@example.com", "name": "Ann Lee"});
    let nulls = json!({"id": 7, "login": null, "email": null, "name": null});
    let known = [json!("Ann"), json!("Lee"), json!("Ann Lee")];
    json!({
        "settings": {"KEY": "a-key", "SECRET": "a-secret"},
        "binding": {"kind": "introspect", "fields": ["app", "user"]},
        "cases": [
            case("full data", person, expect("ann", json!("ann@example.com"), known)),
            case(
                "missing e-mail",
                json!({"id": 7, "login": "ann"}),
                expect("ann", Value::Null, nobody())
            ),
            case("nulls", nulls, expect("<32 hex digits>", Value::Null, nobody())),
        ],
        "differences": []
    })
}

impl Own {
    /// With the definition and the fixture, changed at these places.
    fn with(definition: &[(&str, &str)], changes: &[(&str, Value)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = DEFINITION.to_owned();
        for (from, to) in definition {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        fs::write(folder.path().join("example.toml"), text).unwrap();
        let mut fixture = fixture();
        for (place, value) in changes {
            *fixture.pointer_mut(place).unwrap() = value.clone();
        }
        let path = folder.path().join("example.json");
        fs::write(path, fixture.to_string()).unwrap();
        Self(folder)
    }

    fn check(&self) -> (bool, Vec<String>) {
        let folder = self.0.path().to_str().unwrap();
        run(Path::new("/"), &["check", folder], &[])
    }
}

#[test]
fn a_folder_of_ones_own_passes() {
    let (good, lines) = Own::with(&[], &[]).check();
    assert!(good, "{}", lines.join("\n"));
    assert!(lines[0].starts_with("example "), "{lines:?}");
}

#[test]
fn each_thing_that_is_wrong_in_a_fixture_is_told() {
    let full = "/cases/0/expect";
    let told = |place: &str, value: Value| Own::with(&[], &[(place, value)]).check();
    for ((good, lines), expected) in [
        (
            told(&format!("{full}/uid"), json!("8")),
            r#".uid: expected "8", came "7""#,
        ),
        (
            told(&format!("{full}/user/email"), json!("a@b.c")),
            r#".user.email: expected "a@b.c", came "ann@example.com""#,
        ),
        (
            told(&format!("{full}/extra_data"), json!({})),
            ".extra_data.id: expected nothing, came 7",
        ),
        (
            told(
                full,
                json!({"refused": {"status": 401, "code": "credential_rejected"}}),
            ),
            "sign-up: expected a refusal, {",
        ),
        (
            told(
                "/cases/0/exchanges/0/request/query",
                json!({"fields": "id"}),
            ),
            r#"GET https://api.example/me.query.fields: expected "id", came "all""#,
        ),
        (
            told("/cases/0/exchanges/0/request/headers", json!({})),
            "GET https://api.example/me.headers.authorization: expected nothing",
        ),
        (
            told("/cases/0/exchanges/1/request/form", json!({"token": "b"})),
            r#"POST https://api.example/token.form.token: expected "b", came "a-token""#,
        ),
        (
            told("/cases/0/exchanges/1/request/method", json!("PUT")),
            "PUT https://api.example/token: expected to be asked, came it was not",
        ),
        (
            told("/cases/0/name", json!("all")),
            "the fixture has no case of full data",
        ),
        (
            told("/binding/fields", json!(["app"])),
            "binding: expected introspect",
        ),
        (
            told("/cases/0/post", json!({})),
            "`post.access_token` or `claims`",
        ),
    ] {
        let text = lines.join("\n");
        assert!(!good && text.contains(expected), "{expected} in\n{text}");
    }
}

#[test]
fn a_setting_that_nobody_knows_is_told() {
    let misspelt = json!({"KEY": "k", "SECRT": "s"});
    let (good, lines) = Own::with(&[], &[("/settings", misspelt)]).check();
    let text = lines.join("\n");
    assert!(
        !good && text.contains("SOCIAL_AUTH_EXAMPLE_SECRT"),
        "{text}"
    );
}

#[test]
fn a_definition_that_changed_is_told_by_the_place_where_it_shows() {
    for (from, to, expected) in [
        (
            "id       = \"id\"",
            "id       = \"login\"",
            "sign-up: expected the person \"7\", came a refusal",
        ),
        (
            "username = \"login\"",
            "username = \"name\"",
            ".user.username",
        ),
        ("fields = \"all\"", "fields = \"some\"", ".query.fields"),
        ("[extra]\nid = \"id\"", "", ".extra_data.id"),
        ("equals  = { app", "equals  = { client", "binding: expected"),
        (
            "id = \"id\"\n\n[aud",
            "id = \"id\" }\n\n[aud",
            "example.toml: ",
        ),
    ] {
        let (good, lines) = Own::with(&[(from, to)], &[]).check();
        let text = lines.join("\n");
        assert!(!good && text.contains(expected), "{expected} in\n{text}");
    }
}

#[test]
fn a_definition_without_a_fixture_and_a_fixture_without_a_definition_are_errors() {
    let own = Own::with(&[], &[]);
    let folder = own.0.path();
    fs::rename(folder.join("example.json"), folder.join("other.json")).unwrap();
    let (good, lines) = own.check();
    let text = lines.join("\n");
    assert!(!good && text.contains("no fixture: "), "{text}");
    assert!(text.contains("other: a fixture, no definition"), "{text}");
}

#[test]
fn the_list_is_filtered_and_comes_as_json_too() {
    let (good, lines) = run(project(), &["list", "gitlab", "--json"], &[]);
    assert!(good, "{lines:?}");
    let list: Value = serde_json::from_str(&lines.join("\n")).unwrap();
    let gitlab = list.as_array().unwrap().iter();
    let gitlab = gitlab
        .filter(|one| one["name"] == "gitlab")
        .collect::<Vec<_>>();
    assert_eq!(gitlab[0]["accepts"], json!(["id_token", "access_token"]));
    assert_eq!(gitlab[0]["binding"], "introspect");
    for (filter, has, lacks) in [
        (&["--protocol", "oauth1"][..], "twitter", "github "),
        (&["--binding", "secret_proof"], "twitter", "github "),
        (&["--accepts", "access_token"], "github ", "instagram"),
        (&["--status", "live"], "github ", "angel "),
        (&["OCTO"], "name", "github "),
        (&["gitH"], "github ", "twitter"),
    ] {
        let (good, lines) = run(project(), &[&["list"], filter].concat(), &[]);
        let text = lines.join("\n");
        assert!(
            good && text.contains(has) && !text.contains(lacks),
            "{text}"
        );
    }
}

#[test]
fn a_definition_is_shown_with_its_settings_and_their_variables() {
    let (good, lines) = run(project(), &["show", "gitlab"], &[]);
    let text = lines.join("\n");
    assert!(good, "{text}");
    for part in [
        "SOCIAL_AUTH_GITLAB_KEY",
        "SOCIAL_AUTH_GITLAB_API_URL (url, default \"https://gitlab.com\")",
        "a token of another app is refused",
        "protocol = \"oauth2\"",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let (good, lines) = run(project(), &["show", "gitlab", "--json"], &[]);
    let shown: Value = serde_json::from_str(&lines.join("\n")).unwrap();
    assert!(good);
    assert_eq!(
        shown["settings"][0]["variable"],
        "SOCIAL_AUTH_GITLAB_API_URL"
    );
    let (good, lines) = run(project(), &["show", "gitlabb"], &[]);
    assert!(!good && lines.join("\n").contains("the nearest known is `gitlab`"));
}

/// What a process needs to see a fake internet.
fn surroundings(internet: &FakeInternet) -> Vec<(String, String)> {
    let ca_bundle = internet.ca_bundle().to_str().unwrap().to_owned();
    [
        ("SOCIABLE_HTTP__PROXY", internet.proxy_url()),
        ("SOCIABLE_HTTP__CA_BUNDLE", ca_bundle),
        ("SOCIAL_AUTH_EXAMPLE_KEY", "a-key".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[tokio::test]
async fn a_token_is_tried_at_its_provider_and_not_shown() {
    let own = Own::with(&[], &[]);
    let internet = FakeInternet::start().await;
    let person = json!({"id": 7, "login": "ann", "email": "ann@example.com"});
    let token = json!({"app": "a-key", "user": 7});
    internet.on("GET", "api.example", "/me", Answer::json(200, &person));
    internet.on("POST", "api.example", "/token", Answer::json(200, &token));
    let mut environment = surroundings(&internet);
    let folder = own.0.path().to_str().unwrap().to_owned();
    environment.push(("SOCIABLE_PROVIDERS_DIR".to_owned(), folder));
    let environment: Vec<(&str, &str)> = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let args = ["try", "example", "--access-token", "a-secret-token"];
    let (good, lines) = run(own.0.path(), &args, &environment);
    let text = lines.join("\n");
    assert!(good, "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["uid"], "7");
    assert_eq!(shown["client_id"], "a-key");
    assert_eq!(shown["details"]["email"], "ann@example.com");
    assert_eq!(shown["extra_data"]["access_token"], "…");
    assert!(!text.contains("a-secret-token"), "{text}");
    let files: Vec<_> = fs::read_dir(own.0.path()).unwrap().collect();
    assert_eq!(files.len(), 2, "nothing is stored");

    let other = json!({"app": "another", "user": 7});
    internet.on("POST", "api.example", "/token", Answer::json(200, &other));
    let (good, lines) = run(own.0.path(), &args, &environment);
    let text = lines.join("\n");
    assert!(!good && text.contains("credential_rejected"), "{text}");
    assert!(!text.contains("a-secret-token"), "{text}");
}
