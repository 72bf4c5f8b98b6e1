//! Providers that do not answer: nobody else waits for them.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(
    requests_that_hang_at_a_provider_hold_no_database_connection,
    a_request_that_hung_goes_on_when_the_provider_answers,
);

const HANGING: u64 = 60;
const USERINFO: &str = "/oauth2/userinfo";
/// Nobody waits so long but where the test fails.
const LONG: Duration = Duration::from_mins(2);

/// One connection to the database is all there is.
fn narrow(store: Store, patience: &str) -> Server {
    let settings = [
        ("SOCIABLE_DATABASE__POOL_SIZE", "1"),
        ("SOCIABLE_DATABASE__READERS", "1"),
        ("SOCIAL_AUTH_REQUESTS_TIMEOUT", patience),
    ];
    Server::start_with(store, &settings, |builder| builder)
}

/// BULK-1, DB-2.
async fn requests_that_hang_at_a_provider_hold_no_database_connection(store: Store) {
    let server = narrow(store, "60");
    let alice = server
        .sign_up(json!({"provider": "sandbox", "access_token": "alice"}))
        .await;
    let calls = server.playground.sandbox().calls(USERINFO);
    let mut hanging = JoinSet::new();
    for number in 0..HANGING {
        let url = format!("{}/social_sign_up", server.url);
        // Half of them associate: those have read the caller already.
        let bearer = (number % 2 == 1).then(|| alice.bearer());
        let token = if number % 3 == 0 {
            "fail:timeout"
        } else {
            "slow:60000:bob"
        };
        let body = json!({"provider": "sandbox", "access_token": token});
        hanging.spawn(async move { http::post(&url, bearer.as_deref(), &body).await });
    }
    let all_hang = async {
        while server.playground.sandbox().calls(USERINFO) < calls + HANGING {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        hang = tokio::time::timeout(LONG, all_hang) => hang.unwrap(),
        early = hanging.join_next() => panic!("answered: {early:?}"),
    }

    for number in 1..=5 {
        let me = server.get("/me", Some(&alice.bearer())).await;
        assert_eq!(me.status, 200, "{}", me.text);
        let token = format!("user-{number}");
        let other = server
            .sign_up(json!({"provider": "sandbox", "access_token": token}))
            .await;
        assert_eq!(other.status, 201, "{}", other.text);
        let ready = server.get("/readyz", None).await;
        assert_eq!(ready.status, 200, "{}", ready.text);
    }
    assert!(hanging.try_join_next().is_none(), "they still hang");
    assert_eq!(server.store.count("users"), 6);
}

/// The provider's patience decides: within it a sign-in, beyond it a 504.
async fn a_request_that_hung_goes_on_when_the_provider_answers(store: Store) {
    let server = narrow(store, "2");
    let late = server
        .sign_up(json!({"provider": "sandbox", "access_token": "slow:200:alice"}))
        .await;
    assert_eq!(late.status, 201, "{}", late.text);
    let rows = server.store.rows();
    for token in ["fail:timeout", "slow:20000:bob"] {
        let never = server
            .sign_up(json!({"provider": "sandbox", "access_token": token}))
            .await;
        assert_eq!(never.status_and_code(), (504, "timeout".to_owned()));
    }
    assert_eq!(server.store.rows(), rows);
}
