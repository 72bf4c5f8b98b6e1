//! kill -9 at random moments: what was answered is there, and nothing by halves.
//!
//! `SOCIABLE_TEST_SEED` repeats a run's draws; each run prints its own.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};

use crate::examples::program;
use crate::support::http;
use crate::support::instance::Instance;
use crate::support::server::{Store, on_both};

on_both!(
    what_was_acknowledged_survives_twenty_kills,
    a_teams_own_row_lives_and_dies_with_its_user_over_twenty_kills,
);

/// Kills in a row, each of the database that the one before left.
const KILLS: usize = 20;
/// Requests in flight at any time.
const CLIENTS: usize = 8;
/// Answers of 201 in each round, before it is killed.
const ACKNOWLEDGED: u64 = 100;
/// So many more of them may come before the kill, drawn in each round.
const FURTHER: u64 = 50;
/// Longest wait after that, in microseconds: about a commit and a half.
const PAUSE: u64 = 20_000;

/// What is killed.
struct Victim<'a> {
    /// Starts it on the database as it is.
    start: &'a dyn Fn(&Store) -> Instance,
    /// What finds a sign-up that is there by half.
    halves: &'a [&'a str],
}

const HALVES: [&str; 5] = [
    "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM social_auth_usersocialauth)",
    "SELECT id FROM social_auth_usersocialauth WHERE user_id NOT IN (SELECT id FROM users)",
    "SELECT id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)",
    "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM sessions)",
    "SELECT id FROM users WHERE id NOT IN \
     (SELECT user_id FROM events WHERE kind = 'user.created')",
];
/// The table of `examples/save_profile.rs`.
const OWN_HALVES: [&str; 2] = [
    "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM profiles)",
    "SELECT user_id FROM profiles WHERE user_id NOT IN (SELECT id FROM users)",
];

/// Random numbers that a seed repeats: splitmix64.
struct Dice(Cell<u64>);

impl Dice {
    #[expect(
        clippy::disallowed_methods,
        reason = "a setting of the tests, not of the program"
    )]
    fn of_seed(kind: &str) -> Self {
        let given = std::env::var("SOCIABLE_TEST_SEED").ok();
        let seed = given.map_or_else(
            || {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                u64::from(now.subsec_nanos())
            },
            |seed| seed.parse().expect("SOCIABLE_TEST_SEED is a number"),
        );
        println!("{kind}: SOCIABLE_TEST_SEED={seed}");
        Self(Cell::new(seed))
    }

    fn below(&self, bound: u64) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What the clients were told, over all rounds.
struct Ledger {
    dice: Dice,
    /// The ids of acknowledged users by the number of `user-<n>`.
    acknowledged: RefCell<BTreeMap<u64, String>>,
    /// Numbers whose last request got no whole answer.
    unanswered: RefCell<BTreeSet<u64>>,
    in_flight: Cell<usize>,
    next: Cell<u64>,
    /// Answers of 201 so far.
    answers: watch::Sender<u64>,
}

impl Ledger {
    fn new(kind: &str) -> Self {
        Self {
            dice: Dice::of_seed(kind),
            acknowledged: RefCell::default(),
            unanswered: RefCell::default(),
            in_flight: Cell::default(),
            next: Cell::default(),
            answers: watch::Sender::new(0),
        }
    }

    /// Mostly somebody new, now and then somebody known.
    fn draw(&self) -> u64 {
        let drawn = self.dice.below(4 * self.next.get().max(1));
        if self.acknowledged.borrow().contains_key(&drawn) {
            return drawn;
        }
        let next = self.next.get();
        self.next.set(next + 1);
        next
    }

    /// Signs a person in; `false` when no whole answer came.
    async fn sign_in(&self, url: &str, number: u64) -> bool {
        self.in_flight.set(self.in_flight.get() + 1);
        let token = format!("user-{number}");
        let body = json!({"provider": "sandbox", "access_token": token});
        let request = http::request(Method::POST, &format!("{url}/social_sign_up"));
        let reply = http::send_if_alive(request.json(&body)).await;
        self.in_flight.set(self.in_flight.get() - 1);
        let Some(reply) = reply else {
            self.unanswered.borrow_mut().insert(number);
            return false;
        };
        assert_eq!(reply.status, 201, "{token}: {}", reply.text);
        self.acknowledge(number, &reply.json());
        true
    }

    fn acknowledge(&self, number: u64, user: &Value) {
        let id = user["id"].as_str().unwrap().to_owned();
        let unanswered = self.unanswered.borrow_mut().remove(&number);
        let known = self.acknowledged.borrow_mut().insert(number, id.clone());
        match known {
            Some(known) => {
                assert_eq!(id, known, "user-{number} is somebody else now");
                assert_eq!(user["is_new"], false, "user-{number} was lost");
            }
            // Without an answer nobody knows whether it was done.
            None if unanswered => {}
            None => assert_eq!(user["is_new"], true, "user-{number}"),
        }
        self.answers.send_modify(|answers| *answers += 1);
    }

    /// Acknowledged numbers, from this one on.
    fn since(&self, first: u64) -> Vec<u64> {
        let acknowledged = self.acknowledged.borrow();
        acknowledged
            .range(first..)
            .map(|(number, _)| *number)
            .collect()
    }

    /// Signs all of these in again.
    async fn revisit(&self, url: &str, numbers: Vec<u64>) {
        for some in numbers.chunks(CLIENTS) {
            let again = some.iter().map(|&number| self.sign_in(url, number));
            let answered = futures_util::future::join_all(again).await;
            assert!(answered.iter().all(|answered| *answered));
        }
    }

    /// Holds the rows against what was told.
    fn check_rows(&self, store: &Store, halves: &[&str]) {
        let found: BTreeMap<String, String> = store
            .query("SELECT uid, user_id FROM social_auth_usersocialauth")
            .into_iter()
            .map(|row| (row[0].clone(), row[1].clone()))
            .collect();
        for (number, id) in self.acknowledged.borrow().iter() {
            assert_eq!(found.get(&format!("u{number}")), Some(id), "user-{number}");
        }
        for half in halves {
            let found = store.query(half);
            assert!(found.is_empty(), "{half}: {found:?}");
        }
        assert!(store.count("sessions") >= *self.answers.borrow());
        if let Store::Sqlite(_) = store {
            assert_eq!(store.query("PRAGMA integrity_check"), [["ok"]]);
            assert!(store.query("PRAGMA foreign_key_check").is_empty());
        }
    }
}

/// Kills the server while all clients wait for it.
async fn one_round(ledger: &Rc<Ledger>, instance: Instance) {
    let mut clients = JoinSet::new();
    let enough = *ledger.answers.borrow() + ACKNOWLEDGED + ledger.dice.below(FURTHER);
    let pause = Duration::from_micros(ledger.dice.below(PAUSE));
    for _ in 0..CLIENTS {
        let (ledger, url) = (Rc::clone(ledger), instance.url.clone());
        clients.spawn_local(async move { while ledger.sign_in(&url, ledger.draw()).await {} });
    }
    let mut answers = ledger.answers.subscribe();
    tokio::select! {
        reached = answers.wait_for(|answers| *answers >= enough) => {
            reached.unwrap();
        }
        ended = clients.join_next() => ended.unwrap().expect("no client fails"),
    }
    assert!(*ledger.answers.borrow() >= enough, "it died by itself");
    // The moment is drawn; nothing is waited for.
    tokio::time::sleep(pause).await;
    assert_eq!(ledger.in_flight.get(), CLIENTS);
    instance.kill9();
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

/// KILL-1 at random moments, DB-3.
async fn what_was_acknowledged_survives_twenty_kills(store: Store) {
    let victim = Victim {
        start: &Instance::on,
        halves: &HALVES,
    };
    killed(&victim, store).await;
}

/// KILL-1 with a table of one's own.
async fn a_teams_own_row_lives_and_dies_with_its_user_over_twenty_kills(store: Store) {
    let program = program::built("save_profile");
    let start = |store: &Store| program::started(&program, store);
    let victim = Victim {
        start: &start,
        halves: &[&HALVES[..], &OWN_HALVES].concat(),
    };
    killed(&victim, store.clone()).await;
    assert_eq!(store.count("profiles"), store.count("users"));
    assert!(store.count("users") > 0);
}

/// Kills it again and again, and looks at what it leaves.
async fn killed(victim: &Victim<'_>, store: Store) {
    let start = victim.start;
    let kind = match store {
        Store::Sqlite(_) => "SQLite",
        Store::Postgres(_) => "PostgreSQL",
    };
    let ledger = Rc::new(Ledger::new(kind));
    let rounds = async {
        let mut instance = start(&store);
        for _ in 0..KILLS {
            let first = ledger.next.get();
            one_round(&ledger, instance).await;

            instance = start(&store);
            ledger.check_rows(&store, victim.halves);
            let lost: Vec<_> = ledger.unanswered.borrow().iter().copied().collect();
            assert!(!lost.is_empty(), "requests were in flight");
            let of_round = ledger.since(first);
            ledger.revisit(&instance.url, of_round).await;
            ledger.revisit(&instance.url, lost.clone()).await;
            ledger.revisit(&instance.url, lost).await;
            ledger.check_rows(&store, victim.halves);
        }
        ledger.revisit(&instance.url, ledger.since(0)).await;
        ledger.check_rows(&store, victim.halves);
    };
    LocalSet::new().run_until(rounds).await;
    let users = u64::try_from(ledger.acknowledged.borrow().len()).unwrap();
    assert_eq!(store.count("users"), users);
    println!(
        "{kind}: {KILLS} kills, {users} users, {} answers",
        *ledger.answers.borrow()
    );
}
