//! Listeners in the server's own process: told after the commit, and in
//! nobody's way.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sociable::app::AppBuilder;
use sociable::model::EventKind;
use sociable::outbox::CommittedEvent;

use crate::disconnect::{disconnect, with_two_accounts};
use crate::partials::{ASKING, dave, resume, token_of};
use crate::support::server::{Server, Store, on_both};

on_both!(
    each_event_is_told_once_it_is_committed_and_without_a_token,
    what_is_refused_or_waits_is_told_to_nobody,
);

const SOON: Duration = Duration::from_mins(1);

/// What was told, in its order.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<CommittedEvent>>>);

impl Ear {
    fn hear(&self, event: CommittedEvent) {
        self.0.lock().unwrap().push(event);
    }

    fn told(&self) -> Vec<CommittedEvent> {
        self.0.lock().unwrap().clone()
    }

    /// What it was told once there are so many.
    async fn kinds(&self, count: usize) -> Vec<&'static str> {
        let deadline = Instant::now() + SOON;
        while self.told().len() < count {
            assert!(Instant::now() < deadline, "{:?}", self.told());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.told().iter().map(|event| event.kind.name()).collect()
    }

    fn listening(&self, builder: AppBuilder) -> AppBuilder {
        let ear = self.clone();
        builder.on_event(move |event: CommittedEvent| {
            let ear = ear.clone();
            async move { ear.hear(event) }
        })
    }
}

fn sandbox(person: &str) -> Value {
    json!({"provider": "sandbox", "access_token": person})
}

async fn each_event_is_told_once_it_is_committed_and_without_a_token(store: Store) {
    let ear = Ear::default();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (rows, database) = (Arc::clone(&seen), store.clone());
    let server = Server::start_with(store, &[], |builder| {
        let kinds = [EventKind::UserCreated];
        ear.listening(builder).on_events_of(&kinds, move |_event| {
            let users = database.count("users");
            rows.lock().unwrap().push(users);
            async {}
        })
    });
    let bearer = with_two_accounts(&server, "alice").await;
    let mut expected = vec!["user.created", "association.created", "user.signed_in"];
    expected.push("association.created");
    assert_eq!(ear.kinds(4).await, expected);
    assert_eq!(server.sign_up(sandbox("alice")).await.status, 201);
    expected.push("user.signed_in");
    assert_eq!(ear.kinds(5).await, expected);
    let gone = disconnect(&server.url, "sandbox-oauth1", &bearer).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    expected.push("association.removed");
    assert_eq!(ear.kinds(6).await, expected);
    assert_eq!(
        *seen.lock().unwrap(),
        [1],
        "the user is there, and told of once"
    );
    let me = server.get("/me", Some(&bearer)).await.json();
    for event in ear.told() {
        assert_eq!(event.user_id.to_string(), me["id"].as_str().unwrap());
        let members: Vec<_> = event.payload.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["association_id", "provider", "user_id"]);
    }
    assert_eq!(ear.told()[5].payload["provider"], "sandbox-oauth1");
}

async fn what_is_refused_or_waits_is_told_to_nobody(store: Store) {
    let ear = Ear::default();
    let server = Server::start_with(store, &[ASKING], |builder| ear.listening(builder));
    assert_eq!(server.sign_up(sandbox("wrong-app:alice")).await.status, 401);
    let waiting = token_of(&server.sign_up(dave()).await);
    assert_eq!(server.sign_up(sandbox("alice")).await.status, 201);
    assert_eq!(ear.kinds(3).await.len(), 3, "of Alice alone");
    let email = json!({"email": "dave@example.com"});
    assert_eq!(resume(&server.url, &waiting, email).await.status, 201);
    let kinds = ear.kinds(6).await;
    assert_eq!(
        kinds[3..],
        ["user.created", "association.created", "user.signed_in"]
    );
}

#[tokio::test]
async fn a_listener_that_panics_or_never_ends_harms_nobody() {
    let (ear, panicking) = (Ear::default(), Ear::default());
    let heard = panicking.clone();
    let server = Server::start_with(Store::sqlite(), &[], |builder| {
        let builder = builder.on_event(move |event: CommittedEvent| {
            let heard = heard.clone();
            async move {
                let kind = event.kind;
                heard.hear(event);
                assert_ne!(kind, EventKind::UserCreated, "a listener's own fault");
            }
        });
        let builder = builder.on_event(|_event| std::future::pending());
        ear.listening(builder)
    });
    for person in ["alice", "bob", "carol"] {
        assert_eq!(server.sign_up(sandbox(person)).await.status, 201);
    }
    assert_eq!(ear.kinds(9).await.len(), 9);
    let one = ["user.created", "association.created", "user.signed_in"];
    assert_eq!(panicking.kinds(9).await, one.repeat(3));
}
