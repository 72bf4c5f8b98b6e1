//! Runs that have all read before any of them writes: every read is stale.
//!
//! A step of the tests' own holds each run at its end until all are there.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::races::{MANY, all_created, carols_account, count, sandbox, texts};
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_hundred_runs_that_know_of_no_user_make_one,
    a_hundred_runs_that_find_a_name_free_make_a_hundred_names,
    two_users_who_both_find_an_account_free_do_not_both_get_it,
    a_user_deactivated_between_the_last_read_and_the_commit_gets_nothing,
);

/// The last step of a pipeline, at which runs wait while it is shut.
struct Gate {
    arrived: Arc<watch::Sender<usize>>,
    open: watch::Receiver<bool>,
}

#[async_trait]
impl Step for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    async fn run(&self, _: &Strategy<'_>, _: &Context) -> Result<Outcome, AuthError> {
        self.arrived.send_modify(|arrived| *arrived += 1);
        let opened = self.open.clone().wait_for(|open| *open).await.is_ok();
        assert!(opened, "the test ended without opening the gate");
        Ok(Outcome::Continue)
    }
}

const PIPELINE: &str = r#"["social_details", "social_names", "social_uid", "auth_allowed",
    "social_user", "get_username", "create_user", "associate_user", "load_extra_data",
    "user_details", "gate"]"#;

/// A server whose runs wait at the gate; it is open at first.
struct Gated {
    server: Server,
    open: watch::Sender<bool>,
    arrived: Arc<watch::Sender<usize>>,
}

impl Gated {
    fn start(store: Store) -> Self {
        let (open, gate) = watch::channel(true);
        let arrived = Arc::new(watch::Sender::new(0));
        let step = Gate {
            arrived: Arc::clone(&arrived),
            open: gate,
        };
        let settings = [("SOCIAL_AUTH_PIPELINE", PIPELINE)];
        let server = Server::start_with(store, &settings, |builder| builder.step(step));
        Self {
            server,
            open,
            arrived,
        }
    }

    /// Brings all of these to the gate, does something, and lets them go on.
    async fn let_go(
        &self,
        bodies: Vec<(Option<String>, Value)>,
        meanwhile: impl FnOnce(&Store),
    ) -> Vec<(usize, Reply)> {
        self.open.send_replace(false);
        self.arrived.send_replace(0);
        let expected = bodies.len();
        let mut running = JoinSet::new();
        for (number, (bearer, body)) in bodies.into_iter().enumerate() {
            let url = format!("{}/social_sign_up", self.server.url);
            running.spawn(async move {
                let reply = http::post(&url, bearer.as_deref(), &body).await;
                (number, reply)
            });
        }
        let mut arrived = self.arrived.subscribe();
        tokio::select! {
            all = arrived.wait_for(|arrived| *arrived == expected) => {
                all.unwrap();
            }
            early = running.join_next() => panic!("answered before the gate: {early:?}"),
        }
        meanwhile(&self.server.store);
        self.open.send_replace(true);
        running.join_all().await
    }
}

/// RACE-1, RACE-6.
async fn a_hundred_runs_that_know_of_no_user_make_one(store: Store) {
    let gated = Gated::start(store);
    let answers = gated.let_go(vec![(None, sandbox("user-1")); MANY], |_| {});
    let answers = all_created(&answers.await);
    assert_eq!(count(&answers, "is_new"), 1);
    assert_eq!(count(&answers, "new_association"), 1);
    assert_eq!(texts(&answers, "id").len(), 1);
    // User, association, a session each, and what happened to them.
    assert_eq!(gated.server.store.rows(), [1, 1, 100, 2, 0]);
}

/// USR-1, RACE-6.
async fn a_hundred_runs_that_find_a_name_free_make_a_hundred_names(store: Store) {
    let gated = Gated::start(store);
    let people = (1..=MANY).map(|number| (None, sandbox(&format!("namesake-{number}"))));
    let answers = gated.let_go(people.collect(), |_| {}).await;
    let answers = all_created(&answers);
    assert_eq!(texts(&answers, "username").len(), MANY);
    assert_eq!(gated.server.store.rows(), [100, 100, 100, 200, 0]);
}

/// RACE-4, ASC-4, RACE-6.
async fn two_users_who_both_find_an_account_free_do_not_both_get_it(store: Store) {
    let gated = Gated::start(store);
    let mut users = Vec::new();
    for person in ["alice", "bob"] {
        users.push(gated.server.sign_up(sandbox(person)).await);
    }
    let tries = (0..50).map(|number| (Some(users[number % 2].bearer()), carols_account()));
    let answers = gated.let_go(tries.collect(), |_| {}).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|(_, reply)| reply.status == 201);
    assert_eq!((won.len(), lost.len()), (25, 25));
    let won = all_created(&won);
    assert_eq!(texts(&won, "id").len(), 1, "one of the two");
    assert_eq!(count(&won, "new_association"), 1);
    for (_, reply) in lost {
        let expected = (400, "identity_in_use".to_owned());
        assert_eq!(reply.status_and_code(), expected);
    }
    assert_eq!(gated.server.store.count("social_auth_usersocialauth"), 3);
}

/// RACE-3, at its narrowest.
async fn a_user_deactivated_between_the_last_read_and_the_commit_gets_nothing(store: Store) {
    let gated = Gated::start(store);
    let alice = gated.server.sign_up(sandbox("alice")).await;
    let before = gated.server.store.rows();
    // Sign-ins, and in between associations of somebody's account.
    let bodies = (0..20).map(|number| match number % 2 {
        0 => (None, sandbox("alice")),
        _ => (Some(alice.bearer()), sandbox("bob")),
    });
    let deactivate = |store: &Store| {
        store.query("UPDATE users SET is_active = false");
    };
    for (number, reply) in gated.let_go(bodies.collect(), deactivate).await {
        let expected = match number % 2 {
            0 => (400, "user_inactive".to_owned()),
            _ => (401, "invalid_token".to_owned()),
        };
        assert_eq!(reply.status_and_code(), expected);
    }
    assert_eq!(gated.server.store.rows(), before);
}
