//! Does what was committed to be done: tells hooks, gives tokens back.
//!
//! Each instance claims due events for half a minute, so that no two are at
//! the same one; what an instance that died had claimed is due again after
//! that. Failures are tried again after 1 s, 2 s, 4 s … 10 min, for a day. So
//! everything is done at least once, and perhaps more often.

mod listeners;
mod revocation;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use listeners::{CommittedEvent, HearsOnly, Listener, Listeners};
pub use revocation::revocation;

use crate::backends::Registry;
use crate::crypto::seal::Sealer;
use crate::hooks::Hooks;
use crate::model::{Clock, Event, EventKind};
use crate::storage::{ClaimedEvent, Storage, StorageError};

/// How long a claim holds.
const CLAIM: TimeDelta = TimeDelta::seconds(30);
/// Time for one event: it must end before the claim does.
const LONGEST: Duration = Duration::from_secs(20);
/// How many events are being done at a time.
const AT_ONCE: usize = 16;
/// How often is looked for what other instances left, at least.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The shortest pause between two looks that find nothing.
const PAUSE: Duration = Duration::from_millis(100);
/// The wait after a first failure, in seconds; each further one doubles it.
const FIRST_WAIT: u64 = 1;
/// The longest of these waits, in seconds.
const LONGEST_WAIT: u64 = 600;
/// How long an event is tried.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(24);

/// Wakes the outbox of this process; clones ring the same one.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Says that an event is due.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// What the outbox works with.
#[derive(Clone)]
pub struct Outbox {
    /// Where events stand.
    pub storage: Arc<dyn Storage>,
    /// Whom tokens are given back to.
    pub registry: Registry,
    /// Who is told.
    pub hooks: Hooks,
    /// Opens tokens.
    pub sealer: Arc<Sealer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Wakes it.
    pub bell: Bell,
}

/// Why an event was not done.
#[derive(Debug, thiserror::Error)]
enum Undone {
    /// It may be done later.
    #[error("{0}")]
    ForNow(String),
    /// Nobody can do it.
    #[error("{0}")]
    Ever(&'static str),
}

impl Outbox {
    /// Does events as they fall due; never ends. What is under way when it is
    /// dropped is done again later.
    pub async fn run(self) {
        let mut under_way = JoinSet::new();
        loop {
            let wait = match self.begin(&mut under_way).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "no event could be claimed");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = self.bell.0.notified() => {}
                () = tokio::time::sleep(wait) => {}
                Some(_) = under_way.join_next() => {}
            }
        }
    }

    /// Begins what is due; tells how long nothing else will be.
    async fn begin(&self, under_way: &mut JoinSet<()>) -> Result<Duration, StorageError> {
        // Those that are through leave their places.
        while under_way.try_join_next().is_some() {}
        loop {
            let free = AT_ONCE.saturating_sub(under_way.len());
            if free == 0 {
                return Ok(LOOK_EVERY);
            }
            let now = self.clock.now();
            let limit = i64::try_from(free).unwrap_or(1);
            let claimed = self.storage.claim_events(now, now + CLAIM, limit).await?;
            if claimed.is_empty() {
                break;
            }
            for claimed in claimed {
                let outbox = self.clone();
                under_way.spawn(async move { outbox.attend(claimed).await });
            }
        }
        let next = self.storage.next_event().await?;
        let wait = next.map(|due| due.signed_duration_since(self.clock.now()));
        let wait = wait.map(|wait| wait.to_std().unwrap_or_default().max(PAUSE));
        Ok(wait.unwrap_or(LOOK_EVERY).min(LOOK_EVERY))
    }

    async fn attend(&self, claimed: ClaimedEvent) {
        let ClaimedEvent { event, attempts } = claimed;
        let done = tokio::time::timeout(LONGEST, self.attempt(&event)).await;
        let late = || Err(Undone::ForNow("it took too long".to_owned()));
        let settled = match done.unwrap_or_else(|_elapsed| late()) {
            Ok(()) => self.settle(&event).await,
            Err(undone) => self.put_off(&event, attempts, &undone).await,
        };
        if let Err(error) = settled {
            // The claim ends by itself, and it is done once more.
            tracing::warn!(%error, event = %event.id, "an event could not be settled");
        }
    }

    async fn attempt(&self, event: &Event) -> Result<(), Undone> {
        let now = self.clock.now();
        if event.kind == EventKind::TokensRevoked {
            return self.give_back(event, now).await;
        }
        let name = event.hook.as_deref().unwrap_or_default();
        let hook = self.hooks.get(name);
        let hook = hook.ok_or(Undone::Ever("its hook is not configured any more"))?;
        let told = hook.tell(event, now).await;
        told.map_err(|error| Undone::ForNow(error.to_string()))
    }

    /// Tokens do not stay a moment longer than they are needed.
    async fn settle(&self, event: &Event) -> Result<bool, StorageError> {
        if event.kind == EventKind::TokensRevoked {
            return self.storage.remove_event(event.id).await;
        }
        self.storage.event_done(event.id, self.clock.now()).await
    }

    async fn put_off(
        &self,
        event: &Event,
        attempts: u32,
        undone: &Undone,
    ) -> Result<bool, StorageError> {
        let now = self.clock.now();
        let (id, kind) = (event.id, event.kind.name());
        let hook = event.hook.as_deref();
        if matches!(undone, Undone::Ever(_)) || now >= event.created + GIVEN_UP_AFTER {
            tracing::error!(event = %id, kind, hook, attempts, reason = %undone, "an event is given up");
            return self.settle(event).await;
        }
        tracing::warn!(event = %id, kind, hook, attempts, reason = %undone, "an event is not done yet");
        let due = now + wait_after(attempts);
        self.storage.put_off_event(id, due).await
    }

    async fn give_back(&self, event: &Event, now: DateTime<Utc>) -> Result<(), Undone> {
        let kept = revocation::open(event, &self.sealer);
        let kept = kept.ok_or(Undone::Ever("its tokens do not open"))?;
        let backend = self.registry.get(&kept.provider);
        let backend = backend.ok_or(Undone::Ever("its provider is not configured any more"))?;
        let revoked = backend.revoke(&kept.uid, &kept.tokens, now).await;
        revoked.map_err(|error| Undone::ForNow(error.to_string()))
    }
}

/// The wait after so many failures.
fn wait_after(attempts: u32) -> TimeDelta {
    let doubled = FIRST_WAIT.checked_shl(attempts.saturating_sub(1).min(32));
    let seconds = doubled.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
    TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_second_to_ten_minutes() {
        let waits = [1, 2, 3, 10, 11, 40, u32::MAX].map(|tries| wait_after(tries).num_seconds());
        assert_eq!(waits, [1, 2, 4, 512, 600, 600, 600]);
    }
}
