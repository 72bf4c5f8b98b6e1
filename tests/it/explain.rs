//! A sign-up that is explained: told step by step, and not done.

use serde_json::{Value, json};

use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    every_step_is_told_and_nothing_is_written,
    a_halt_and_a_refusal_are_told_as_what_they_are,
    what_works_once_is_not_explained,
    where_it_is_off_nobody_is_told_and_nothing_is_done,
);

const ON: (&str, &str) = ("SOCIABLE_SERVER__EXPLAIN", "true");

async fn explain(server: &Server, body: &Value, bearer: Option<&str>) -> Reply {
    let url = format!("{}/social_sign_up?explain=1", server.url);
    http::post(&url, bearer, body).await
}

fn steps(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = reply.json()["steps"].as_array().unwrap().clone();
    steps
        .iter()
        .map(|step| (text(&step["step"]), text(&step["outcome"])))
        .collect()
}

/// Every table and every row.
fn everything(store: &Store) -> Vec<Vec<Vec<String>>> {
    [
        "users",
        "social_auth_usersocialauth",
        "social_auth_nonce",
        "social_auth_association",
        "social_auth_code",
        "social_auth_partial",
        "sessions",
        "access_tokens",
        "signing_keys",
        "used_marks",
        "events",
        "idempotent_answers",
    ]
    .map(|table| store.query(&format!("SELECT * FROM {table} ORDER BY 1")))
    .into()
}

async fn every_step_is_told_and_nothing_is_written(store: Store) {
    let server = Server::start_with(store, &[ON], |builder| builder);
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let empty = everything(&server.store);
    let new = explain(&server, &alice, None).await;
    let merged = |step: &str| (step.to_owned(), "merged".to_owned());
    let continued = |step: &str| (step.to_owned(), "continued".to_owned());
    let expected = [
        merged("social_details"),
        merged("social_names"),
        continued("social_uid"),
        continued("auth_allowed"),
        continued("social_user"),
        merged("get_username"),
        merged("create_user"),
        merged("associate_user"),
        merged("load_extra_data"),
        merged("user_details"),
    ];
    assert_eq!(steps(&new), expected);
    let told = new.json();
    assert_eq!(told["ends"], "signed_up");
    assert_eq!(told["uid"], "1001");
    assert_eq!(
        told["steps"][0]["merged"]["details"]["email"],
        "alice@example.com"
    );
    assert_eq!(told["steps"][4]["read"], json!(["get_social_auths: 0"]));
    assert!(told["steps"][4]["microseconds"].as_u64().unwrap() > 0);
    assert_eq!(told["changes"]["new_user"]["username"], "alice");
    assert_eq!(told["changes"]["new_association"]["uid"], "1001");
    let names = &told["changes"]["new_association"]["extra_data"];
    assert!(names.as_array().unwrap().contains(&json!("access_token")));
    assert_eq!(everything(&server.store), empty);

    let known = server.sign_up(alice.clone()).await;
    let before = everything(&server.store);
    let again = explain(&server, &alice, None).await.json();
    assert_eq!(again["user"]["id"], known.json()["id"]);
    assert_eq!(again["changes"].get("new_user"), None);
    let erin = json!({"provider": "sandbox", "access_token": "erin"});
    let added = explain(&server, &erin, Some(&known.bearer())).await.json();
    assert_eq!(added["user"]["id"], known.json()["id"]);
    assert_eq!(everything(&server.store), before);
}

async fn a_halt_and_a_refusal_are_told_as_what_they_are(store: Store) {
    let pipeline = (
        "SOCIAL_AUTH_PIPELINE",
        r#"["social_details", "social_core.pipeline.debug.debug", "social_user", "require_email",
            "create_user", "associate_user"]"#,
    );
    let server = Server::start_with(store, &[ON, pipeline], |builder| builder);
    let before = everything(&server.store);
    let dave = json!({"provider": "sandbox", "access_token": "dave"});
    let halted = explain(&server, &dave, None).await;
    assert_eq!(steps(&halted).last().unwrap().1, "halted");
    assert_eq!(halted.json()["ends"], "halted");
    assert!(halted.json()["steps"][3]["merged"]["required"]["properties"]["email"].is_object());
    assert_eq!(everything(&server.store), before);
    let keep_out = ("SOCIAL_AUTH_WHITELISTED_EMAILS", r#"["nobody@x.example"]"#);
    let server = server.restart(&[ON, keep_out]);
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let refused = explain(&server, &alice, None).await;
    assert_eq!(
        steps(&refused).last().unwrap(),
        &("auth_allowed".to_owned(), "refused".to_owned())
    );
    assert_eq!(refused.json()["ends"], "refused");
    assert_eq!(refused.json()["code"], "authentication_disallowed");
    assert_eq!(everything(&server.store), before);
    let nobody = json!({"provider": "sandbox", "access_token": "nobody"});
    let rejected = explain(&server, &nobody, None).await;
    assert_eq!(
        rejected.status_and_code(),
        (401, "credential_rejected".to_owned())
    );
}

async fn what_works_once_is_not_explained(store: Store) {
    let server = Server::start_with(store, &[ON], |builder| builder);
    let before = everything(&server.store);
    let code =
        json!({"provider": "sandbox", "code": "c", "redirect_uri": "http://127.0.0.1/callback"});
    let reply = explain(&server, &code, None).await;
    assert_eq!(
        reply.status_and_code(),
        (400, "credential_not_supported".to_owned())
    );
    assert_eq!(everything(&server.store), before);
}

async fn where_it_is_off_nobody_is_told_and_nothing_is_done(store: Store) {
    let server = Server::start(store);
    let before = everything(&server.store);
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let reply = explain(&server, &alice, None).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.json(),
        json!({"explain": ["Not here: server.explain is off."]})
    );
    assert_eq!(everything(&server.store), before);
}

#[test]
fn the_command_line_explains_a_sandbox_token() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sociable"))
        .args([
            "explain",
            "--provider",
            "sandbox",
            "--access-token",
            "alice",
        ])
        .env("SOCIABLE_DATA_DIR", folder.path())
        .env("SOCIABLE_LOG__LEVEL", "error")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(told["ends"], "signed_up");
    assert_eq!(told["changes"]["new_user"]["email"], "alice@example.com");
    assert_eq!(told["steps"].as_array().unwrap().len(), 10);
}
