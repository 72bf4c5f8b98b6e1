//! Listeners in this process: python-social-auth's signals, told after the
//! commit.
//!
//! Each listener has a queue and a task of its own, so that a slow one holds up
//! nobody, and one that panics is told of the next event as if nothing had
//! been. What does not fit into the queue, takes too long, or is under way when
//! the process ends is lost: at most once. What must not be lost goes to a hook.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::model::EventKind;

/// Events that wait for one listener, at most.
const WAITING: usize = 1024;
/// Time that a listener has for one event.
const LONGEST: Duration = Duration::from_secs(30);

/// Something that was committed. Holds no token.
#[derive(Debug, Clone, PartialEq)]
pub struct CommittedEvent {
    /// What happened.
    pub kind: EventKind,
    /// Whom it happened to.
    pub user_id: Uuid,
    /// What hooks are sent: `user_id`, `provider`, `association_id`.
    pub payload: Value,
    /// When it happened.
    pub created: DateTime<Utc>,
}

/// Is told what was committed, and cannot change it any more.
///
/// Any `Fn(CommittedEvent)` that gives a future is one. It may wait as long as
/// it likes, half a minute at most; it may not block its thread: what blocks
/// belongs into `spawn_blocking`.
#[async_trait]
pub trait Listener: Send + Sync {
    /// Whether it is told of such events; of all, unless it says so.
    fn hears(&self, kind: EventKind) -> bool {
        let _ = kind;
        true
    }

    /// Is told of an event, one after the other.
    async fn on_event(&self, event: CommittedEvent);
}

#[async_trait]
impl<F, Told> Listener for F
where
    F: Fn(CommittedEvent) -> Told + Send + Sync,
    Told: Future<Output = ()> + Send,
{
    async fn on_event(&self, event: CommittedEvent) {
        self(event).await;
    }
}

/// A listener that hears some kinds alone.
pub struct HearsOnly<L> {
    /// These.
    pub kinds: Vec<EventKind>,
    /// Who is told.
    pub listener: L,
}

#[async_trait]
impl<L: Listener> Listener for HearsOnly<L> {
    fn hears(&self, kind: EventKind) -> bool {
        self.kinds.contains(&kind) && self.listener.hears(kind)
    }

    async fn on_event(&self, event: CommittedEvent) {
        self.listener.on_event(event).await;
    }
}

/// All listeners of this process.
#[derive(Clone, Default)]
pub struct Listeners {
    told: Arc<[Told]>,
}

/// A listener and its queue.
struct Told {
    listener: Arc<dyn Listener>,
    queue: mpsc::Sender<CommittedEvent>,
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners")
            .field("count", &self.told.len())
            .finish()
    }
}

impl Listeners {
    /// Has these told from now on, by tasks of the current runtime, which end
    /// with the last copy of this.
    pub fn start(listeners: Vec<Arc<dyn Listener>>, runtime: &tokio::runtime::Handle) -> Self {
        let told = listeners.into_iter().map(|listener| {
            let (queue, waiting) = mpsc::channel(WAITING);
            runtime.spawn(attend(Arc::clone(&listener), waiting, LONGEST));
            Told { listener, queue }
        });
        Self {
            told: told.collect(),
        }
    }

    /// Whether anybody hears such events.
    pub fn hear(&self, kind: EventKind) -> bool {
        self.told.iter().any(|told| told.listener.hears(kind))
    }

    /// Tells what was committed. Waits for nobody.
    pub fn tell(&self, events: &[CommittedEvent]) {
        for told in self.told.iter() {
            for event in events
                .iter()
                .filter(|event| told.listener.hears(event.kind))
            {
                if told.queue.try_send(event.clone()).is_err() {
                    let kind = event.kind.name();
                    tracing::warn!(kind, "a listener is too slow: an event is lost");
                }
            }
        }
    }
}

/// Tells one listener of one event after the other.
async fn attend(
    listener: Arc<dyn Listener>,
    mut waiting: mpsc::Receiver<CommittedEvent>,
    longest: Duration,
) {
    while let Some(event) = waiting.recv().await {
        let kind = event.kind.name();
        let listener = Arc::clone(&listener);
        // A task of its own: a panic ends that alone.
        let mut telling = tokio::spawn(async move { listener.on_event(event).await });
        match tokio::time::timeout(longest, &mut telling).await {
            Ok(Ok(())) => {}
            Ok(Err(_panicked)) => tracing::error!(kind, "a listener panicked"),
            Err(_elapsed) => {
                telling.abort();
                tracing::warn!(kind, "a listener took too long: it is given up");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    fn event(kind: EventKind) -> CommittedEvent {
        CommittedEvent {
            kind,
            user_id: Uuid::nil(),
            payload: json!({}),
            created: DateTime::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_into_a_full_queue_is_lost_for_that_listener_alone() {
        let heard = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&heard);
        let counting = move |_event| {
            *counter.lock().unwrap() += 1;
            async {}
        };
        let stuck = |_event| std::future::pending();
        let runtime = tokio::runtime::Handle::current();
        let listeners = Listeners::start(vec![Arc::new(stuck), Arc::new(counting)], &runtime);
        let many = WAITING + 10;
        for _ in 0..many {
            // One after the other, so that only who is stuck falls behind.
            listeners.tell(&[event(EventKind::UserCreated)]);
            tokio::task::yield_now().await;
        }
        while *heard.lock().unwrap() < many {
            tokio::task::yield_now().await;
        }
        let waiting = listeners.told.iter().map(|told| told.queue.capacity());
        assert_eq!(waiting.collect::<Vec<_>>(), [0, WAITING]);
    }

    #[tokio::test]
    async fn a_listener_that_takes_too_long_is_told_of_the_next_event() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kinds = Arc::clone(&heard);
        let listener = move |event: CommittedEvent| {
            kinds.lock().unwrap().push(event.kind);
            async move {
                if event.kind == EventKind::UserCreated {
                    std::future::pending::<()>().await;
                }
            }
        };
        let told = [EventKind::UserCreated, EventKind::UserSignedIn];
        let (queue, waiting) = mpsc::channel(told.len());
        for kind in told {
            queue.send(event(kind)).await.unwrap();
        }
        drop(queue);
        attend(Arc::new(listener), waiting, Duration::from_millis(1)).await;
        assert_eq!(*heard.lock().unwrap(), told);
    }

    #[tokio::test]
    async fn a_listener_is_asked_what_it_hears() {
        let only = HearsOnly {
            kinds: vec![EventKind::UserCreated],
            listener: |_event| async {},
        };
        let runtime = tokio::runtime::Handle::current();
        let listeners = Listeners::start(vec![Arc::new(only)], &runtime);
        assert!(listeners.hear(EventKind::UserCreated));
        assert!(!listeners.hear(EventKind::UserSignedIn));
        assert!(!Listeners::default().hear(EventKind::UserCreated));
    }
}
