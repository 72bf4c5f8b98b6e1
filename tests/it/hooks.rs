//! Hooks in pipelines: a server in Python adds, asks, refuses, and can do no
//! more than that.

mod down;
mod kept;
mod notifications;
mod settings;

use serde_json::{Value, json};

use crate::partials::{resume, token_of};
use crate::real_parts::hooks::{HookServer, OTHER_SECRET, SECRET};
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    hook_1_a_hook_in_python_adds_a_value_asks_for_a_field_and_refuses,
    hook_1_a_wrong_secret_is_refused_there_and_one_of_two_is_enough,
    hook_4_a_hook_sets_no_id_no_uid_and_proves_no_address,
    a_hook_is_sent_what_is_known_and_no_more_than_it_is_to_have,
    a_disconnection_is_a_hooks_to_refuse,
);

/// The default pipeline with a hook before and, as it is told of the user that
/// is proposed, after the user's making.
pub(crate) const PIPELINE: (&str, &str) = (
    "SOCIAL_AUTH_PIPELINE",
    r#"["social_details", "social_names", "social_uid", "auth_allowed", "social_user",
        "get_username", "hook.crm", "create_user", "associate_user", "load_extra_data",
        "user_details"]"#,
);
const FIELDS: (&str, &str) = (
    "SOCIAL_AUTH_USER_FIELDS",
    r#"["username", "email", "fullname", "plan", "uid", "email_verified", "is_staff"]"#,
);

/// A server whose pipeline asks that hook.
pub(super) fn asking(store: Store, hooks: &str) -> Server {
    let settings = [PIPELINE, FIELDS, ("SOCIABLE_HOOKS", hooks)];
    Server::start_with(store, &settings, |builder| builder)
}

pub(super) async fn sign_up(server: &Server, person: &str) -> Reply {
    server
        .sign_up(json!({"provider": "sandbox", "access_token": person}))
        .await
}

/// What users keep beside their fields.
fn kept(server: &Server) -> Vec<Value> {
    let rows = server.store.query("SELECT extra FROM users ORDER BY id");
    let read = |row: &Vec<String>| serde_json::from_str(&row[0]).unwrap();
    rows.iter().map(read).collect()
}

async fn hook_1_a_hook_in_python_adds_a_value_asks_for_a_field_and_refuses(store: Store) {
    let hooks = HookServer::start();
    let server = asking(store, &hooks.crm("decide", json!({})));
    let alice = sign_up(&server, "alice").await;
    assert_eq!(alice.status, 201, "{}", alice.text);
    assert_eq!(alice.json()["fullname"], "Alice of the CRM");
    assert_eq!(alice.json()["email_verified"], true);
    assert_eq!(kept(&server), [json!({"plan": "gold"})]);

    let rows = server.store.rows();
    let bob = sign_up(&server, "bob").await;
    assert_eq!(bob.status_and_code(), (403, "hook_refused".to_owned()));
    assert_eq!(bob.json()["errors"], "Bob owes us money");
    assert_eq!(server.store.rows(), rows, "nothing is half-written");

    let dave = sign_up(&server, "dave").await;
    let token = token_of(&dave);
    assert_eq!(dave.json()["step"], "hook.crm");
    let plan = &dave.json()["required"]["properties"]["plan"];
    assert_eq!(plan, &json!({"enum": ["free", "paid"]}));
    let wrong = resume(&server.url, &token, json!({"plan": "gold"})).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    let dave = resume(&server.url, &token, json!({"plan": "paid"})).await;
    assert_eq!(dave.status, 201, "{}", dave.text);
    assert_eq!(kept(&server)[1], json!({"plan": "paid"}));

    let seen = hooks.seen().await;
    let answers: Vec<_> = seen.iter().map(|call| &call["status"]).collect();
    assert_eq!(answers, [200; 4], "every signature is good");
    let input = |call: usize| &seen[call]["body"]["data"]["input"];
    assert_eq!((input(2), input(3)), (&json!({}), &json!({"plan": "paid"})));
}

async fn hook_1_a_wrong_secret_is_refused_there_and_one_of_two_is_enough(store: Store) {
    let hooks = HookServer::start();
    let crm = hooks.crm("decide", json!({"secret": OTHER_SECRET}));
    let server = asking(store, &crm);
    let refused = sign_up(&server, "alice").await;
    assert_eq!(
        refused.status_and_code(),
        (503, "hook_unavailable".to_owned())
    );
    assert_eq!(server.store.rows(), [0; 5]);
    assert_eq!(hooks.seen().await[0]["status"], 401);
    let both = hooks.crm("decide", json!({"secret": [OTHER_SECRET, SECRET]}));
    let server = server.restart(&[PIPELINE, ("SOCIABLE_HOOKS", &both)]);
    let alice = sign_up(&server, "alice").await;
    assert_eq!(alice.status, 201, "{}", alice.text);
    assert_eq!(hooks.seen().await[1]["status"], 200);
}

async fn hook_4_a_hook_sets_no_id_no_uid_and_proves_no_address(store: Store) {
    let hooks = HookServer::start();
    let server = asking(store, &hooks.crm("decide", json!({})));
    let erin = sign_up(&server, "erin").await.json();
    assert_eq!(
        erin["fullname"], "Erin of the CRM",
        "what it may set is set"
    );
    assert_eq!(erin["email_verified"], false);
    assert_eq!(erin["social_auth"]["uid"], "1005");
    assert_ne!(erin["id"], "01a1fdaf-92c0-7062-8925-65ff0fc760ed");
    let proven = "SELECT verified_email_key FROM users";
    assert_eq!(server.store.query(proven), [["NULL"]]);
    let again = sign_up(&server, "erin").await.json();
    assert_eq!(
        (&again["id"], &again["is_new"]),
        (&erin["id"], &json!(false))
    );
    assert_eq!(again["email_verified"], false);
}

async fn a_hook_is_sent_what_is_known_and_no_more_than_it_is_to_have(store: Store) {
    let hooks = HookServer::start();
    let server = asking(store, &hooks.crm("decide", json!({})));
    let body = json!({"provider": "sandbox", "access_token": "carol", "campaign": "spring"});
    let carol = server.sign_up(body.clone()).await;
    assert_eq!(carol.status, 201, "{}", carol.text);
    let again = server.sign_up(body.clone()).await.json();
    let seen = hooks.seen().await;
    let data = |call: usize| &seen[call]["body"]["data"];
    assert_eq!(seen[0]["body"]["type"], "pipeline");
    assert_eq!(data(0)["provider"], "sandbox");
    assert_eq!(data(0)["uid"], "1003");
    assert_eq!(data(0)["details"]["email"], "carol@example.com");
    assert_eq!(data(0)["request"], json!({"campaign": "spring"}));
    assert_eq!(
        (&data(0)["user"], &data(0)["username"]),
        (&json!(null), &json!("carol"))
    );
    assert_eq!(data(1)["user"]["id"], again["id"]);
    assert_eq!(data(1)["user"]["committed"], true);
    assert_ne!(
        seen[0]["id"], seen[1]["id"],
        "another sign-in is another question"
    );

    let less = hooks.crm("decide", json!({"fields": ["uid", "is_new"]}));
    let server = server.restart(&[PIPELINE, ("SOCIABLE_HOOKS", &less)]);
    assert_eq!(server.sign_up(body).await.status, 201);
    let seen = hooks.seen().await;
    assert_eq!(
        seen[2]["body"]["data"],
        json!({"uid": "1003", "is_new": false})
    );
    for secret in ["carol-secret", "access_token", "sandbox-secret"] {
        assert!(!json!(seen).to_string().contains(secret), "{secret}");
    }
}

async fn a_disconnection_is_a_hooks_to_refuse(store: Store) {
    let hooks = HookServer::start();
    let pipeline = (
        "SOCIAL_AUTH_DISCONNECT_PIPELINE",
        r#"["allowed_to_disconnect", "get_entries", "hook.crm", "disconnect"]"#,
    );
    let crm = hooks.crm("decide", json!({}));
    let settings = [pipeline, ("SOCIABLE_HOOKS", crm.as_str())];
    let server = Server::start_with(store, &settings, |builder| builder);
    let bearer = sign_up(&server, "alice").await.bearer();
    let second = json!({"provider": "sandbox", "access_token": "bob"});
    assert_eq!(server.associate(&bearer, second).await.status, 201);
    let entries = server.get("/me/social_auth", Some(&bearer)).await.json();
    let gone = format!("/disconnect/sandbox/{}", entries[1]["id"].as_str().unwrap());
    hooks.fail(json!(500)).await;
    let url = format!("{}{gone}", server.url);
    let refused = http::post(&url, Some(&bearer), &json!({})).await;
    assert_eq!(
        refused.status_and_code(),
        (503, "hook_unavailable".to_owned())
    );
    assert_eq!(server.store.count("social_auth_usersocialauth"), 2);
    hooks.fail(json!(null)).await;
    let done = http::post(&url, Some(&bearer), &json!({})).await;
    assert_eq!(done.status, 204, "{}", done.text);
    let asked = hooks.seen().await[1]["body"]["data"]["entries"].clone();
    let expected = json!([{"id": entries[1]["id"], "provider": "sandbox", "uid": "1002"}]);
    assert_eq!(asked, expected);
}
