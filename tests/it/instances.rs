//! Several processes on one PostgreSQL: how they start, and which do not.

use std::process::ExitStatus;

use serde_json::json;

use crate::support::http;
use crate::support::instance::{Instance, STARTED};
use crate::support::process::Process;
use crate::support::server::{KEYS, Store};

const OTHER_KEYS: [(&str, &str); 2] = [
    (
        "SOCIABLE_KEYS__SIGNING",
        "Pz+FpySkz4DxI5nSH1+/bOhOpcIE7ZTMjDrvN2f/eLA=",
    ),
    (
        "SOCIABLE_KEYS__SEALING",
        "f0oaiJsjIMcwzqOVKmlD6mYmZgKCAUYDZLIRKoVWLUs=",
    ),
];

/// Waits for the end of a process that shall not start.
fn refused(mut process: Process) -> (ExitStatus, String) {
    let status = process.wait(STARTED).expect("it does not go on");
    process.wait_for_line(|line| line.starts_with("sociable: "), STARTED);
    (status, process.lines().join("\n"))
}

#[tokio::test]
async fn two_instances_that_migrate_an_empty_database_at_once_both_come_up() {
    for _ in 0..3 {
        let store = Store::postgres();
        let instances = Instance::several(&store, 2);
        let body = json!({"provider": "sandbox", "access_token": "alice"});
        let mut new = Vec::new();
        for instance in &instances {
            let ready = http::get(&format!("{}/readyz", instance.url), None).await;
            assert_eq!(ready.status, 200, "{}", ready.text);
            let url = format!("{}/social_sign_up", instance.url);
            new.push(http::post(&url, None, &body).await.json()["is_new"].clone());
        }
        assert_eq!(new, [true, false], "they share the database");
        assert_eq!(store.count("signing_keys"), 2, "one for each purpose");
    }
}

#[test]
fn an_instance_with_other_keys_does_not_start_on_the_same_database() {
    let store = Store::postgres();
    let first = Instance::several(&store, 1);
    let keys = store.query("SELECT purpose, fingerprint FROM signing_keys ORDER BY purpose");
    let url = store.url();
    for (name, purposes) in [("signing", 0..1), ("sealing", 1..2), ("signing", 0..2)] {
        let mut environment = KEYS.to_vec();
        environment[purposes.clone()].copy_from_slice(&OTHER_KEYS[purposes]);
        environment.push(("SOCIABLE_DATABASE__URL", url.as_str()));
        let (status, printed) = refused(Instance::launch(&environment));
        assert!(!status.success());
        let said = format!("keys.{name}: this database was used with other keys");
        assert!(printed.contains(&said), "{printed}");
        for (_, key) in KEYS.iter().chain(&OTHER_KEYS) {
            assert!(!printed.contains(key), "a key is in the output");
        }
        assert!(!printed.contains("listening on"), "{printed}");
    }
    assert_eq!(
        store.query("SELECT purpose, fingerprint FROM signing_keys ORDER BY purpose"),
        keys,
        "it leaves no trace"
    );
    drop(first);
    Instance::several(&store, 1);
}

#[test]
fn without_keys_no_instance_starts_on_postgresql() {
    let store = Store::postgres();
    let url = store.url();
    for (keys, said) in [
        (
            &[][..],
            "keys.signing, keys.sealing: PostgreSQL is shared, so keys must be set",
        ),
        (&KEYS[..1], "keys.sealing: the other key is set"),
        (&KEYS[1..], "keys.signing: the other key is set"),
    ] {
        let environment = [keys, &[("SOCIABLE_DATABASE__URL", url.as_str())]].concat();
        let (status, printed) = refused(Instance::launch(&environment));
        assert!(!status.success());
        assert!(printed.contains(said), "{printed}");
        assert!(printed.contains("sociable keys generate"), "{printed}");
    }
    assert_eq!(
        store.query("SELECT to_regclass('users')"),
        [["NULL"]],
        "and nothing is written"
    );
}
