//! Hooks are told of what was committed: at least once, in order, whatever
//! falls over.

use serde_json::{Value, json};

use super::sign_up;
use crate::disconnect::disconnect;
use crate::real_parts::hooks::HookServer;
use crate::support::clock::Ahead;
use crate::support::instance::Instance;
use crate::support::server::{KEYS, Server, Store, on_both};

on_both!(
    hook_5_a_hook_in_python_is_told_in_order_whatever_fails_in_between,
    hook_5_what_was_committed_is_told_after_kill_9,
    of_two_instances_one_tells,
    what_nobody_takes_for_a_day_is_given_up,
    what_no_hook_listens_to_is_only_recorded,
);

const ALL: [&str; 6] = [
    "user.created",
    "user.updated",
    "user.signed_in",
    "association.created",
    "association.moved",
    "association.removed",
];

fn listening(hooks: &HookServer) -> String {
    hooks.crm("told", json!({ "events": ALL }))
}

fn kinds(calls: &[Value]) -> Vec<&str> {
    let types = calls.iter().map(|call| &call["body"]["type"]);
    types.map(|kind| kind.as_str().unwrap()).collect()
}

async fn hook_5_a_hook_in_python_is_told_in_order_whatever_fails_in_between(store: Store) {
    let hooks = HookServer::start();
    let crm = listening(&hooks);
    let settings = [("SOCIABLE_HOOKS", crm.as_str())];
    let server = Server::start_with(store, &settings, |builder| builder);
    hooks.fail(json!(2)).await;
    let alice = sign_up(&server, "alice").await;
    let bearer = alice.bearer();
    let second = json!({
        "provider": "sandbox-oauth1", "access_token": "alice",
        "access_token_secret": "alice-secret",
    });
    assert_eq!(server.associate(&bearer, second).await.status, 201);
    assert_eq!(
        disconnect(&server.url, "sandbox-oauth1", &bearer)
            .await
            .status,
        204
    );
    assert_eq!(sign_up(&server, "alice").await.status, 201);
    let taken = hooks.taken(6).await;
    let expected = [
        "user.created",
        "association.created",
        "user.signed_in",
        "association.created",
        "association.removed",
        "user.signed_in",
    ];
    assert_eq!(kinds(&taken), expected);
    for call in &taken {
        assert_eq!(call["body"]["data"]["user_id"], alice.json()["id"]);
    }
    assert_eq!(taken[4]["body"]["data"]["provider"], "sandbox-oauth1");
    let seen = hooks.seen().await;
    assert_eq!(seen.len(), 8, "two failed");
    assert_eq!(
        seen[0]["id"], seen[1]["id"],
        "who is told again is told the same"
    );
    let open = "SELECT count(*) FROM events WHERE done IS NULL OR due IS NOT NULL";
    assert_eq!(server.store.query(open), [["0"]]);
}

async fn hook_5_what_was_committed_is_told_after_kill_9(store: Store) {
    let hooks = HookServer::start();
    hooks.fail(json!(503)).await;
    let (crm, url) = (listening(&hooks), store.url());
    let environment = [
        &KEYS[..],
        &[
            ("SOCIABLE_DATABASE__URL", url.as_str()),
            ("SOCIABLE_HOOKS", crm.as_str()),
        ],
    ]
    .concat();
    let start = || Instance::of(Instance::launch(&environment));
    let first = start();
    let mut people = Vec::new();
    for number in 0..5 {
        let body = json!({"provider": "sandbox", "access_token": format!("user-{number}")});
        let url = format!("{}/social_sign_up", first.url);
        let reply = crate::support::http::post(&url, None, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        people.push(reply.json()["id"].clone());
    }
    first.kill9();
    hooks.fail(json!(null)).await;
    assert!(hooks.seen().await.iter().all(|call| call["status"] == 503));
    let _second = start();
    let taken = hooks.taken(15).await;
    for person in people {
        let told: Vec<Value> = taken
            .iter()
            .filter(|call| call["body"]["data"]["user_id"] == person)
            .cloned()
            .collect();
        let mut told = kinds(&told);
        told.dedup();
        let expected = ["user.created", "association.created", "user.signed_in"];
        assert_eq!(told, expected);
    }
}

async fn of_two_instances_one_tells(store: Store) {
    let hooks = HookServer::start();
    let crm = listening(&hooks);
    let settings = [("SOCIABLE_HOOKS", crm.as_str())];
    let first = Server::start_with(store.clone(), &settings, |builder| builder);
    let second = Server::start_with(store, &settings, |builder| builder);
    let all = (0..20).map(|number| {
        let server = if number % 2 == 0 { &first } else { &second };
        async move { sign_up(server, &format!("user-{number}")).await.status }
    });
    let statuses = futures_util::future::join_all(all).await;
    assert_eq!(statuses, [201; 20]);
    let taken = hooks.taken(60).await;
    let mut ids: Vec<_> = taken.iter().map(|call| call["id"].to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), taken.len()), (60, 60), "each is told once");
}

async fn what_nobody_takes_for_a_day_is_given_up(store: Store) {
    let clock = Ahead::new();
    let hooks = HookServer::start();
    hooks.fail(json!(500)).await;
    let crm = listening(&hooks);
    let settings = [("SOCIABLE_HOOKS", crm.as_str())];
    let time = clock.clone();
    let server = Server::start_with(store, &settings, |builder| builder.clock(time));
    assert_eq!(sign_up(&server, "alice").await.status, 201);
    while hooks.seen().await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let open = "SELECT count(*) FROM events WHERE due IS NOT NULL";
    assert_eq!(server.store.query(open), [["3"]]);
    clock.turn_on(24 * 3600);
    for _ in 0..600 {
        if server.store.query(open) == [["0"]] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("they are tried for ever");
}

async fn what_no_hook_listens_to_is_only_recorded(store: Store) {
    let hooks = HookServer::start();
    let crm = hooks.crm("told", json!({"events": ["association.removed"]}));
    let settings = [("SOCIABLE_HOOKS", crm.as_str())];
    let server = Server::start_with(store, &settings, |builder| builder);
    assert_eq!(sign_up(&server, "alice").await.status, 201);
    let recorded = "SELECT kind, due FROM events ORDER BY kind";
    let expected = [["association.created", "NULL"], ["user.created", "NULL"]];
    assert_eq!(server.store.query(recorded), expected);
}
