//! Many at the same moment: one wins, and nobody is told an untruth.
//!
//! On SQLite one process serves them, on PostgreSQL two share the database. How
//! far they run side by side is up to the machine; `stale_reads` leaves nothing
//! to it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::http;
use crate::support::instance::Instance;
use crate::support::server::{Reply, Store, on_both};

on_both!(
    a_person_who_comes_a_hundred_times_at_once_is_one_user,
    a_hundred_people_who_want_one_name_all_come_in,
    one_of_two_users_gets_an_account_that_both_add_at_once,
    a_user_deactivated_during_sign_ins_gets_no_session_afterwards,
);

pub(crate) const MANY: usize = 100;

/// Every process that serves one database.
struct Farm {
    instances: Vec<Instance>,
    store: Store,
}

impl Farm {
    fn of(store: Store) -> Self {
        let count = match store {
            Store::Sqlite(_) => 1,
            Store::Postgres(_) => 2,
        };
        Self {
            instances: Instance::several(&store, count),
            store,
        }
    }

    /// Posts to the instances in turn, all at once; the answers come as they are ready.
    fn sign_ups(&self, bodies: Vec<(Option<String>, Value)>) -> JoinSet<(usize, Reply)> {
        let mut running = JoinSet::new();
        for (number, (bearer, body)) in bodies.into_iter().enumerate() {
            let instance = &self.instances[number % self.instances.len()];
            let url = format!("{}/social_sign_up", instance.url);
            running.spawn(async move {
                let reply = http::post(&url, bearer.as_deref(), &body).await;
                (number, reply)
            });
        }
        running
    }

    async fn sign_up(&self, body: Value) -> Reply {
        let mut running = self.sign_ups(vec![(None, body)]);
        running.join_next().await.unwrap().unwrap().1
    }
}

pub(crate) fn sandbox(token: &str) -> Value {
    json!({"provider": "sandbox", "access_token": token})
}

/// An account at the other provider.
pub(crate) fn carols_account() -> Value {
    json!({
        "provider": "sandbox-oauth1",
        "access_token": "carol",
        "access_token_secret": "carol-secret",
    })
}

pub(crate) fn all_created(answers: &[(usize, Reply)]) -> Vec<Value> {
    let created = answers.iter().map(|(_, reply)| {
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()
    });
    created.collect()
}

pub(crate) fn count(answers: &[Value], flag: &str) -> usize {
    let raised = answers.iter().filter(|answer| answer[flag] == true);
    raised.count()
}

pub(crate) fn texts<'a>(answers: &'a [Value], key: &str) -> BTreeSet<&'a str> {
    let texts = answers.iter().map(|answer| answer[key].as_str().unwrap());
    texts.collect()
}

/// RACE-1, RACE-6.
async fn a_person_who_comes_a_hundred_times_at_once_is_one_user(store: Store) {
    let farm = Farm::of(store);
    let answers = farm.sign_ups(vec![(None, sandbox("user-1")); MANY]);
    let answers = all_created(&answers.join_all().await);
    assert_eq!(answers.len(), MANY);
    assert_eq!(count(&answers, "is_new"), 1);
    assert_eq!(count(&answers, "new_association"), 1);
    assert_eq!(texts(&answers, "id").len(), 1);
    assert_eq!(texts(&answers, "username"), BTreeSet::from(["user-1"]));
    assert_eq!(farm.store.count("users"), 1);
    assert_eq!(farm.store.count("social_auth_usersocialauth"), 1);
    assert_eq!(farm.store.count("sessions"), 100);
    assert_eq!(
        farm.store
            .query("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind"),
        [["association.created", "1"], ["user.created", "1"]]
    );
    // A session is good at whichever instance did not issue it, too.
    let token = answers[0]["session"]["access_token"].as_str();
    for instance in &farm.instances {
        let me = http::get(&format!("{}/me", instance.url), token).await;
        assert_eq!(me.json()["id"], answers[0]["id"]);
    }
}

/// USR-1, RACE-6.
async fn a_hundred_people_who_want_one_name_all_come_in(store: Store) {
    let farm = Farm::of(store);
    let people = (1..=MANY).map(|number| (None, sandbox(&format!("namesake-{number}"))));
    let answers = farm.sign_ups(people.collect());
    let answers = all_created(&answers.join_all().await);
    assert_eq!(count(&answers, "is_new"), MANY);
    assert_eq!(texts(&answers, "id").len(), MANY);
    let names = texts(&answers, "username");
    assert_eq!(names.len(), MANY);
    assert!(names.contains("namesake"), "the first has it as it is");
    for name in names {
        assert!(name.starts_with("namesake"), "{name}");
    }
    assert_eq!(farm.store.count("users"), 100);
    assert_eq!(farm.store.count("social_auth_usersocialauth"), 100);
}

/// RACE-4, ASC-4, RACE-6.
async fn one_of_two_users_gets_an_account_that_both_add_at_once(store: Store) {
    let farm = Farm::of(store);
    let mut users = Vec::new();
    for person in ["alice", "bob"] {
        users.push(farm.sign_up(sandbox(person)).await);
    }
    // Two by two, so that each user is at each instance.
    let user_of = |number: usize| number / 2 % 2;
    let tries = (0..50).map(|number| (Some(users[user_of(number)].bearer()), carols_account()));
    let answers = farm.sign_ups(tries.collect()).join_all().await;

    let winner = farm
        .store
        .query("SELECT user_id FROM social_auth_usersocialauth WHERE provider = 'sandbox-oauth1'");
    let [winner] = winner.as_slice() else {
        panic!("one owner: {winner:?}");
    };
    assert!(users.iter().any(|user| user.json()["id"] == winner[0]));
    let mut created = Vec::new();
    for (number, reply) in &answers {
        if users[user_of(*number)].json()["id"] == winner[0] {
            assert_eq!(reply.status, 201, "{}", reply.text);
            assert_eq!(reply.json()["id"], winner[0]);
            created.push(reply.json());
        } else {
            let expected = (400, "identity_in_use".to_owned());
            assert_eq!(reply.status_and_code(), expected);
        }
    }
    assert!((24..=26).contains(&created.len()), "{}", created.len());
    assert_eq!(count(&created, "new_association"), 1);
    assert_eq!(count(&created, "is_new"), 0);
    assert_eq!(farm.store.count("users"), 2);
    assert_eq!(farm.store.count("social_auth_usersocialauth"), 3);
}

/// RACE-3.
async fn a_user_deactivated_during_sign_ins_gets_no_session_afterwards(store: Store) {
    let farm = Farm::of(store);
    farm.sign_up(sandbox("user-1")).await;
    let mut running = farm.sign_ups(vec![(None, sandbox("user-1")); MANY]);
    let mut answers = Vec::new();
    while answers.len() < 5 {
        answers.push(running.join_next().await.unwrap().unwrap());
    }
    farm.store.query("UPDATE users SET is_active = false");
    let sessions = farm.store.count("sessions");
    answers.extend(running.join_all().await);

    assert_eq!(farm.store.count("sessions"), sessions, "none afterwards");
    let signed_in = answers.iter().filter(|(_, reply)| reply.status == 201);
    let signed_in = u64::try_from(signed_in.count()).unwrap();
    assert_eq!(
        signed_in + 1,
        sessions,
        "and each that there is was answered"
    );
    for (_, reply) in answers.iter().filter(|(_, reply)| reply.status != 201) {
        assert_eq!(reply.status_and_code(), (400, "user_inactive".to_owned()));
    }
    let late = farm.sign_up(sandbox("user-1")).await;
    assert_eq!(late.status_and_code(), (400, "user_inactive".to_owned()));
}
