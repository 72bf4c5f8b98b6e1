//! `examples/save_profile.rs`: a row of one's own for each user.

use serde_json::json;

use super::program::{built, started};
use crate::support::http;
use crate::support::instance::STARTED;
use crate::support::process::Process;
use crate::support::server::{Store, on_both};

/// What every example has: tokens that everybody knows.
#[test]
fn an_example_serves_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("SOCIABLE_DATA_DIR", folder.path().to_str().unwrap()),
        ("SOCIABLE_SERVER__LISTEN", "0.0.0.0:0"),
    ];
    let mut example = Process::start(&built("save_profile"), &[], &environment);
    let (status, lines) = example.outcome(STARTED);
    assert!(!status.success());
    let refused = lines.join("\n");
    assert!(refused.contains("only a loopback address"), "{refused}");
}

on_both!(everybody_gets_a_profile_and_a_name_that_nobody_has);

async fn everybody_gets_a_profile_and_a_name_that_nobody_has(store: Store) {
    let running = started(&built("save_profile"), &store);
    let sign_up = async |person: &str| {
        let body = json!({"provider": "sandbox", "access_token": person});
        let reply = http::post(&format!("{}/social_sign_up", running.url), None, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()
    };
    let first = sign_up("user-1").await;
    let second = sign_up("user-2").await;
    assert_eq!(sign_up("user-2").await["id"], second["id"]);
    let profile = |user: &serde_json::Value| {
        let username = user["username"].as_str().unwrap();
        let found = store.query(&format!(
            "SELECT handle, p.picture FROM profiles AS p JOIN users ON users.id = p.user_id \
             WHERE username = '{username}' AND p.seen >= date_joined"
        ));
        assert_eq!(found.len(), 1, "{username}");
        found[0].clone()
    };
    let picture = "https://pictures.example/user-1.png";
    assert_eq!(profile(&first), ["user", picture]);
    let handle = profile(&second)[0].clone();
    assert_eq!((handle.len(), &handle[..5]), (13, "user-"), "{handle}");
    store.query("DELETE FROM profiles WHERE handle = 'user' RETURNING handle");
    sign_up("user-1").await;
    assert_eq!(profile(&first)[0], "user", "who lacks one gets one");
    assert_eq!(store.count("profiles"), 2);
}
