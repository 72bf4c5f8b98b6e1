//! Events are claimed by one instance at a time, in order, until they are done.

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, Event};
use crate::storage::diesel::DieselStorage;
use crate::storage::{Events as _, Storage as _};

on_both!(
    a_claimed_event_is_nobody_elses_until_the_claim_ends,
    an_event_is_done_once_and_a_record_is_never_due,
    of_a_users_events_for_a_hook_the_first_one_is_done_first,
    of_many_that_claim_at_once_each_event_is_one_claims,
    an_event_that_is_removed_leaves_nothing,
);

async fn raise(storage: &DieselStorage, events: &[Event]) {
    let changes = Changes {
        events: events.to_vec(),
        ..Changes::default()
    };
    storage.commit(changes).await.unwrap();
}

fn due(hook: Option<&str>) -> Event {
    Event {
        hook: hook.map(str::to_owned),
        due: Some(now()),
        ..new_event(new_id())
    }
}

/// The ids of what is claimed at a moment for ten seconds, and the tries.
async fn claim(storage: &DieselStorage, at: i64, limit: i64) -> Vec<(uuid::Uuid, u32)> {
    let claimed = storage.claim_events(after(at), after(at + 10), limit);
    let claimed = claimed.await.unwrap().into_iter();
    claimed.map(|one| (one.event.id, one.attempts)).collect()
}

async fn a_claimed_event_is_nobody_elses_until_the_claim_ends(storage: DieselStorage) {
    let (first, mut second) = (due(None), due(Some("crm")));
    second.created = after(1);
    raise(&storage, &[second.clone(), first.clone()]).await;
    assert_eq!(storage.next_event().await.unwrap(), Some(now()));
    assert_eq!(claim(&storage, -1, 9).await, []);
    let claimed = storage.claim_events(now(), after(10), 9).await.unwrap();
    let expected = |event: &Event| Event {
        due: Some(after(10)),
        ..event.clone()
    };
    let events: Vec<_> = claimed.into_iter().map(|one| one.event).collect();
    assert_eq!(events, [expected(&first), expected(&second)]);
    assert_eq!(storage.next_event().await.unwrap(), Some(after(10)));
    assert_eq!(claim(&storage, 9, 9).await, []);
    let again = claim(&storage, 10, 9).await;
    assert_eq!(again, [(first.id, 2), (second.id, 2)]);
    assert!(storage.put_off_event(first.id, after(60)).await.unwrap());
    assert_eq!(claim(&storage, 20, 9).await, [(second.id, 3)]);
    assert_eq!(claim(&storage, 60, 1).await.len(), 1);
}

async fn an_event_is_done_once_and_a_record_is_never_due(storage: DieselStorage) {
    let (event, record) = (due(Some("crm")), new_event(new_id()));
    raise(&storage, &[event.clone(), record.clone()]).await;
    assert!(storage.event_done(event.id, now()).await.unwrap());
    assert!(!storage.event_done(event.id, now()).await.unwrap());
    assert!(!storage.event_done(new_id(), now()).await.unwrap());
    assert!(!storage.put_off_event(event.id, now()).await.unwrap());
    assert!(!storage.put_off_event(record.id, now()).await.unwrap());
    assert_eq!(claim(&storage, 9999, 9).await, []);
    assert_eq!(storage.next_event().await.unwrap(), None);
    assert_eq!(storage.open_events().await, [record]);
}

async fn of_a_users_events_for_a_hook_the_first_one_is_done_first(storage: DieselStorage) {
    let first = due(Some("crm"));
    let later = |event: &Event, seconds| Event {
        id: new_id(),
        created: after(seconds),
        ..event.clone()
    };
    let second = later(&first, 1);
    let mut elsewhere = later(&first, 2);
    elsewhere.hook = Some("mail".to_owned());
    let mut anothers = later(&first, 3);
    anothers.user_id = Some(new_id());
    let mut back = later(&first, 4);
    back.hook = None;
    let all = [&second, &first, &elsewhere, &anothers, &back].map(Clone::clone);
    raise(&storage, &all).await;
    let ids = [first.id, elsewhere.id, anothers.id, back.id];
    assert_eq!(claim(&storage, 5, 9).await, ids.map(|id| (id, 1)));
    for id in &ids[1..] {
        assert!(storage.event_done(*id, now()).await.unwrap());
    }
    assert!(storage.put_off_event(first.id, after(600)).await.unwrap());
    assert_eq!(
        claim(&storage, 20, 9).await,
        [],
        "it waits for the first one"
    );
    assert_eq!(storage.next_event().await.unwrap(), Some(after(600)));
    assert!(storage.event_done(first.id, now()).await.unwrap());
    assert_eq!(claim(&storage, 20, 9).await, [(second.id, 1)]);
}

async fn of_many_that_claim_at_once_each_event_is_one_claims(storage: DieselStorage) {
    let events: Vec<_> = (0..40).map(|_| due(Some("crm"))).collect();
    raise(&storage, &events).await;
    let claims = (0..8).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { claim(&storage, 0, 10).await })
    });
    let mut claimed = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        claimed.extend(claim.await.unwrap());
    }
    while claimed.len() < events.len() {
        let more = claim(&storage, 0, 10).await;
        assert!(!more.is_empty(), "{} were claimed", claimed.len());
        claimed.extend(more);
    }
    claimed.sort_unstable();
    let mut expected: Vec<_> = events.iter().map(|event| (event.id, 1)).collect();
    expected.sort_unstable();
    assert_eq!(claimed, expected);
}

async fn an_event_that_is_removed_leaves_nothing(storage: DieselStorage) {
    let event = due(None);
    raise(&storage, std::slice::from_ref(&event)).await;
    assert!(storage.remove_event(event.id).await.unwrap());
    assert!(!storage.remove_event(event.id).await.unwrap());
    assert_eq!(storage.row_counts().await["events"], 0);
}
