//! What a hook said holds for the whole run: it is not asked again.

use serde_json::{Value, json};

use super::sign_up;
use crate::partials::{resume, token_of};
use crate::real_parts::hooks::HookServer;
use crate::support::server::{Server, Store, on_both};

on_both!(
    an_answer_holds_over_halts_and_the_told_user_is_the_one_committed,
    an_answer_holds_over_the_tries_of_a_run,
);

fn with(store: Store, hooks: &HookServer, pipeline: &str) -> Server {
    let crm = hooks.crm("decide", json!({}));
    let settings = [
        ("SOCIAL_AUTH_PIPELINE", pipeline),
        ("SOCIABLE_HOOKS", crm.as_str()),
        (
            "SOCIAL_AUTH_USER_FIELDS",
            r#"["username", "email", "plan"]"#,
        ),
    ];
    Server::start_with(store, &settings, |builder| builder)
}

async fn an_answer_holds_over_halts_and_the_told_user_is_the_one_committed(store: Store) {
    let hooks = HookServer::start();
    let pipeline = r#"["social_user", "get_username", "hook.crm", "create_user", "hook.told",
        "require_email", "associate_user", "load_extra_data", "user_details"]"#;
    let mut both: Value = serde_json::from_str(&hooks.crm("decide", json!({}))).unwrap();
    both["told"] = both["crm"].clone();
    both["told"]["url"] = hooks.url("told").into();
    let settings = [
        ("SOCIAL_AUTH_PIPELINE", pipeline),
        ("SOCIABLE_HOOKS", &both.to_string()),
        (
            "SOCIAL_AUTH_USER_FIELDS",
            r#"["username", "email", "plan"]"#,
        ),
    ];
    let server = Server::start_with(store, &settings, |builder| builder);
    let token = token_of(&sign_up(&server, "dave").await);
    let asked = resume(&server.url, &token, json!({"plan": "paid"})).await;
    assert_eq!(asked.json()["step"], "require_email");
    let token = token_of(&asked);
    let done = resume(&server.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(done.status, 201, "{}", done.text);
    let plan = server.store.query("SELECT extra FROM users");
    assert!(plan[0][0].contains("paid"), "{plan:?}");

    let seen = hooks.seen().await;
    let paths: Vec<_> = seen.iter().map(|call| &call["path"]).collect();
    assert_eq!(
        paths,
        ["/decide", "/decide", "/told"],
        "none is asked again"
    );
    let told = &seen[2]["body"]["data"];
    assert_eq!(told["user"]["id"], done.json()["id"]);
    assert_eq!(
        (&told["user"]["committed"], &told["is_new"]),
        (&json!(false), &json!(true))
    );
}

async fn an_answer_holds_over_the_tries_of_a_run(store: Store) {
    let hooks = HookServer::start();
    let pipeline = r#"["social_user", "hook.crm", "get_username", "create_user",
        "associate_user", "load_extra_data", "user_details"]"#;
    let server = with(store, &hooks, pipeline);
    for person in ["namesake-1", "namesake-2"] {
        let reply = sign_up(&server, person).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    let names = server
        .store
        .query("SELECT username FROM users ORDER BY username");
    assert_eq!(names[0], ["namesake"]);
    assert_ne!(names[1], ["namesake"], "its run was repeated");
    let seen = hooks.seen().await;
    let uids: Vec<_> = seen
        .iter()
        .map(|call| &call["body"]["data"]["uid"])
        .collect();
    assert_eq!(uids, ["n1", "n2"], "each was asked about once");
}
