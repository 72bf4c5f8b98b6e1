//! Documents that a provider publishes: fetched when needed, then kept.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;

use super::BackendError;

/// How long a document is good for without a look.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// How long a document serves when no newer one is to be had.
const STALE: TimeDelta = TimeDelta::hours(24);

/// How long nothing is fetched after a fetch, whatever came of it, by those
/// who have a document.
const COOL_DOWN: TimeDelta = TimeDelta::seconds(60);

/// How long nothing is fetched after a fetch that failed, by those who have
/// nothing: shorter, as nobody can sign in meanwhile.
const RETRY: TimeDelta = TimeDelta::seconds(30);

/// Documents of one kind, by their URLs.
///
/// One fetch serves all who wait for it. What is older than an hour is
/// fetched again in the background; until that has brought a newer one it
/// serves on, for a day at most.
pub(super) struct DocumentCache<T> {
    slots: Mutex<HashMap<String, Arc<Slot<T>>>>,
}

struct Slot<T> {
    known: Mutex<Known<T>>,
    /// Held while somebody fetches; nobody holds `known` meanwhile.
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Known<T> {
    document: Option<(Arc<T>, DateTime<Utc>)>,
    /// Of the last fetch, where it failed.
    failure: Option<(BackendError, DateTime<Utc>)>,
}

/// What is to be done about a document.
enum State<T> {
    /// Nothing: this is the answer.
    Settled(Result<Arc<T>, BackendError>),
    /// It is old, and serves while a newer one is fetched.
    Old(Arc<T>),
    /// There is none.
    Missing,
}

impl<T> Default for DocumentCache<T> {
    fn default() -> Self {
        Self {
            slots: Mutex::default(),
        }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            known: Mutex::new(Known {
                document: None,
                failure: None,
            }),
            turn: Arc::default(),
        }
    }
}

impl<T: Send + Sync + 'static> DocumentCache<T> {
    /// The document of a URL; `fetch` runs only where it is needed.
    ///
    /// Waits only where there is no document that can serve.
    ///
    /// # Errors
    /// What the last fetch failed with, when there is no document at all.
    pub(super) async fn get(
        &self,
        url: &str,
        now: DateTime<Utc>,
        fetch: impl Future<Output = Result<T, BackendError>> + Send + 'static,
    ) -> Result<Arc<T>, BackendError> {
        let slot = self.slot(url);
        match slot.state(now) {
            State::Settled(settled) => return settled,
            State::Old(old) => {
                // Where the turn is taken somebody is at it, and whoever had
                // it a moment ago may have brought a newer one.
                if let Ok(turn) = Arc::clone(&slot.turn).try_lock_owned()
                    && matches!(slot.state(now), State::Old(_))
                {
                    drop(slot.start(turn, now, fetch));
                }
                return Ok(old);
            }
            State::Missing => {}
        }
        let turn = Arc::clone(&slot.turn).lock_owned().await;
        // Whoever had the turn before may have brought it.
        match slot.state(now) {
            State::Settled(settled) => settled,
            State::Old(old) => Ok(old),
            State::Missing => done(slot.start(turn, now, fetch)).await,
        }
    }

    /// Fetches the document of a URL before anybody needs it, where there is
    /// none. A failure is not remembered: whoever needs it asks for himself.
    ///
    /// # Errors
    /// What the fetch failed with.
    pub(super) async fn prefetch(
        &self,
        url: &str,
        now: DateTime<Utc>,
        fetch: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<Arc<T>, BackendError> {
        let slot = self.slot(url);
        let _turn = slot.turn.lock().await;
        match slot.state(now) {
            State::Settled(settled) => settled,
            State::Old(old) => Ok(old),
            // In this task, so that it ends with whoever wanted it.
            State::Missing => slot.keep(Ok(fetch.await?), now),
        }
    }

    /// The document of a URL if there is one, however old: nothing is fetched.
    pub(super) fn known(&self, url: &str) -> Option<Arc<T>> {
        let slot = self.slot(url);
        let known = locked(&slot.known);
        known
            .document
            .as_ref()
            .map(|(document, _)| Arc::clone(document))
    }

    /// A document newer than `lacking`, in which something was looked for in
    /// vain; `lacking` itself when the last look was less than a minute ago.
    ///
    /// # Errors
    /// What the last fetch failed with: what is looked for may be there.
    pub(super) async fn newer(
        &self,
        url: &str,
        now: DateTime<Utc>,
        lacking: &Arc<T>,
        fetch: impl Future<Output = Result<T, BackendError>> + Send + 'static,
    ) -> Result<Arc<T>, BackendError> {
        let slot = self.slot(url);
        if let Some(looked) = slot.looked(now, lacking) {
            return looked;
        }
        let turn = Arc::clone(&slot.turn).lock_owned().await;
        match slot.looked(now, lacking) {
            Some(looked) => looked,
            None => done(slot.start(turn, now, fetch)).await,
        }
    }

    fn slot(&self, url: &str) -> Arc<Slot<T>> {
        let mut slots = locked(&self.slots);
        if let Some(slot) = slots.get(url) {
            return Arc::clone(slot);
        }
        let slot = Arc::default();
        slots.insert(url.to_owned(), Arc::clone(&slot));
        slot
    }
}

impl<T: Send + Sync + 'static> Slot<T> {
    fn state(&self, now: DateTime<Utc>) -> State<T> {
        let known = locked(&self.known);
        let failed_within = |span| {
            let failure = known.failure.as_ref();
            failure.filter(|(_, at)| is_within(*at, now, span))
        };
        match &known.document {
            Some((document, at)) if is_within(*at, now, FRESH) => {
                State::Settled(Ok(Arc::clone(document)))
            }
            Some((document, at)) if is_within(*at, now, STALE) => match failed_within(COOL_DOWN) {
                Some(_) => State::Settled(Ok(Arc::clone(document))),
                None => State::Old(Arc::clone(document)),
            },
            _ => match failed_within(RETRY) {
                Some((error, _)) => State::Settled(Err(error.clone())),
                None => State::Missing,
            },
        }
    }

    /// What there is instead of a fetch; `None` when one is due.
    fn looked(&self, now: DateTime<Utc>, lacking: &Arc<T>) -> Option<Result<Arc<T>, BackendError>> {
        let known = locked(&self.known);
        let (document, at) = known.document.as_ref()?;
        if !Arc::ptr_eq(document, lacking) {
            return Some(Ok(Arc::clone(document)));
        }
        match &known.failure {
            Some((error, at)) => is_within(*at, now, COOL_DOWN).then(|| Err(error.clone())),
            None => is_within(*at, now, COOL_DOWN).then(|| Ok(Arc::clone(document))),
        }
    }

    /// Fetches in a task of its own: whoever waits for it may leave.
    fn start(
        self: Arc<Self>,
        turn: OwnedMutexGuard<()>,
        now: DateTime<Utc>,
        fetch: impl Future<Output = Result<T, BackendError>> + Send + 'static,
    ) -> JoinHandle<Result<Arc<T>, BackendError>> {
        tokio::spawn(async move {
            let kept = self.keep(fetch.await, now);
            drop(turn);
            kept
        })
    }

    /// # Errors
    /// What the fetch failed with; an older document is kept all the same.
    fn keep(
        &self,
        fetched: Result<T, BackendError>,
        now: DateTime<Utc>,
    ) -> Result<Arc<T>, BackendError> {
        let mut known = locked(&self.known);
        match fetched {
            Ok(document) => {
                let document = Arc::new(document);
                known.document = Some((Arc::clone(&document), now));
                known.failure = None;
                Ok(document)
            }
            Err(error) => {
                known.failure = Some((error.clone(), now));
                Err(error)
            }
        }
    }
}

async fn done<T>(
    fetching: JoinHandle<Result<Arc<T>, BackendError>>,
) -> Result<Arc<T>, BackendError> {
    // A fetch that panicked brought nothing.
    fetching.await.unwrap_or(Err(BackendError::Unavailable))
}

/// Whether the two are less than `span` apart. Either may be the later one:
/// who waited knows an older time, and a clock may be set back.
fn is_within(at: DateTime<Utc>, now: DateTime<Utc>, span: TimeDelta) -> bool {
    now.signed_duration_since(at).abs() < span
}

/// The lock: what it guards is whole after every change, panic or not.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
