//! Documents that a provider publishes: fetched when needed, then kept.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::BackendError;

/// How long a document is good for without a look.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// How long nothing is fetched after a fetch that failed.
const COOL_DOWN: TimeDelta = TimeDelta::seconds(30);

/// Documents of one kind, by their URLs.
///
/// One fetch serves all who wait for it. What is older than an hour is
/// fetched again, and serves on where that fails.
pub(super) struct DocumentCache<T> {
    slots: Mutex<HashMap<String, Arc<Slot<T>>>>,
}

struct Slot<T> {
    known: Mutex<Known<T>>,
    /// Held by the one who fetches; nobody holds `known` meanwhile.
    turn: tokio::sync::Mutex<()>,
}

struct Known<T> {
    document: Option<(Arc<T>, DateTime<Utc>)>,
    failure: Option<(BackendError, DateTime<Utc>)>,
}

/// What is to be done about a document.
enum State<T> {
    /// Nothing: this is the answer.
    Settled(Result<Arc<T>, BackendError>),
    /// It is to be fetched; what there is meanwhile.
    Due(Option<Arc<T>>),
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
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl<T> DocumentCache<T> {
    /// The document of a URL; `fetch` runs only where it is needed.
    ///
    /// # Errors
    /// What the last fetch failed with, when there is no document at all.
    pub(super) async fn get(
        &self,
        url: &str,
        now: DateTime<Utc>,
        fetch: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<Arc<T>, BackendError> {
        let slot = self.slot(url);
        let _turn = match slot.state(now) {
            State::Settled(settled) => return settled,
            State::Due(None) => slot.turn.lock().await,
            // Somebody is at it: an old document is better than a wait.
            State::Due(Some(old)) => match slot.turn.try_lock() {
                Ok(turn) => turn,
                Err(_taken) => return Ok(old),
            },
        };
        // Whoever had the turn before may have brought it.
        if let State::Settled(settled) = slot.state(now) {
            return settled;
        }
        let fetched = fetch.await;
        slot.keep(fetched, now)
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

impl<T> Slot<T> {
    fn state(&self, now: DateTime<Utc>) -> State<T> {
        let known = locked(&self.known);
        let document = known.document.as_ref();
        if let Some((document, _)) = document.filter(|(_, at)| is_within(*at, now, FRESH)) {
            return State::Settled(Ok(Arc::clone(document)));
        }
        let old = document.map(|(document, _)| Arc::clone(document));
        match &known.failure {
            Some((error, at)) if is_within(*at, now, COOL_DOWN) => {
                State::Settled(old.ok_or_else(|| error.clone()))
            }
            _ => State::Due(old),
        }
    }

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
                let old = known.document.as_ref();
                old.map(|(document, _)| Arc::clone(document)).ok_or(error)
            }
        }
    }
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
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    const URL: &str = "https://provider.example/document";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    /// A provider that counts, and answers as it is told.
    struct Provider {
        documents: DocumentCache<usize>,
        fetches: AtomicUsize,
    }

    impl Provider {
        fn new() -> Self {
            Self {
                documents: DocumentCache::default(),
                fetches: AtomicUsize::new(0),
            }
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }

        async fn get(
            &self,
            seconds: i64,
            down: Option<BackendError>,
        ) -> Result<usize, BackendError> {
            let fetch = async {
                let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
                down.map_or(Ok(number), Err)
            };
            let document = self.documents.get(URL, at(seconds), fetch).await?;
            Ok(*document)
        }

        async fn up(&self, seconds: i64) -> Result<usize, BackendError> {
            self.get(seconds, None).await
        }

        async fn down(&self, seconds: i64) -> Result<usize, BackendError> {
            self.get(seconds, Some(BackendError::Timeout)).await
        }
    }

    #[tokio::test]
    async fn a_document_is_kept_for_an_hour() {
        let provider = Provider::new();
        for (seconds, number) in [(0, 1), (1, 1), (3599, 1), (3600, 2), (7199, 2), (7200, 3)] {
            assert_eq!(provider.up(seconds).await, Ok(number), "{seconds}");
        }
        assert_eq!(provider.fetches(), 3);
    }

    #[tokio::test]
    async fn each_url_has_a_document_of_its_own() {
        let documents = DocumentCache::default();
        for (url, number) in [("https://a.example", 1), ("https://b.example", 2)] {
            let document = documents.get(url, at(0), async { Ok(number) }).await;
            assert_eq!(document, Ok(Arc::new(number)));
        }
        let first = documents.get("https://a.example", at(1), async { Ok(3) });
        assert_eq!(first.await, Ok(Arc::new(1)));
    }

    #[tokio::test]
    async fn after_a_failure_nobody_asks_for_half_a_minute() {
        let provider = Provider::new();
        for seconds in [0, 1, 29] {
            assert_eq!(provider.down(seconds).await, Err(BackendError::Timeout));
        }
        assert_eq!(provider.up(29).await, Err(BackendError::Timeout));
        assert_eq!(provider.fetches(), 1);
        assert_eq!(provider.down(30).await, Err(BackendError::Timeout));
        assert_eq!(provider.up(59).await, Err(BackendError::Timeout));
        assert_eq!(provider.fetches(), 2);
        assert_eq!(provider.up(60).await, Ok(3));
    }

    #[tokio::test]
    async fn an_old_document_serves_while_the_provider_is_down() {
        let provider = Provider::new();
        assert_eq!(provider.up(0).await, Ok(1));
        for (seconds, fetches) in [(3600, 2), (3629, 2), (3630, 3), (86_400, 4)] {
            assert_eq!(provider.down(seconds).await, Ok(1), "{seconds}");
            assert_eq!(provider.fetches(), fetches, "{seconds}");
        }
        assert_eq!(provider.up(86_430).await, Ok(5));
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_a_lot_does_not_keep_a_document_for_ever() {
        let provider = Provider::new();
        assert_eq!(provider.up(0).await, Ok(1));
        assert_eq!(provider.up(-60).await, Ok(1));
        assert_eq!(provider.up(-86_400).await, Ok(2));
    }

    #[tokio::test]
    async fn one_fetch_serves_all_who_wait() {
        let documents = DocumentCache::default();
        let fetches = AtomicUsize::new(0);
        let fetch = || async {
            fetches.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(7)
        };
        let all = (0..50).map(|_| documents.get(URL, at(0), fetch()));
        let answers = futures_util::future::join_all(all).await;
        assert!(answers.iter().all(|answer| *answer == Ok(Arc::new(7))));
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn one_failure_serves_all_who_wait() {
        let documents = DocumentCache::<usize>::default();
        let fetches = AtomicUsize::new(0);
        let fetch = || async {
            fetches.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Err(BackendError::Unavailable)
        };
        let all = (0..50).map(|_| documents.get(URL, at(0), fetch()));
        let answers = futures_util::future::join_all(all).await;
        let failed = |answer| matches!(answer, &Err(BackendError::Unavailable));
        assert!(answers.iter().all(failed));
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_new_document_while_there_is_an_old_one() {
        let documents = DocumentCache::default();
        documents.get(URL, at(0), async { Ok(1) }).await.unwrap();
        let go_on = Notify::new();
        let slow = documents.get(URL, at(3600), async {
            go_on.notified().await;
            Ok(2)
        });
        let meanwhile = async {
            let old = documents.get(URL, at(3601), async { Ok(3) }).await;
            go_on.notify_one();
            old
        };
        let (new, old) = tokio::join!(slow, meanwhile);
        assert_eq!((new, old), (Ok(Arc::new(2)), Ok(Arc::new(1))));
    }

    #[tokio::test]
    async fn who_leaves_in_the_middle_of_a_fetch_leaves_it_to_the_next() {
        let documents = DocumentCache::default();
        let left = documents.get(URL, at(0), std::future::pending());
        let waiting = documents.get(URL, at(0), async { Ok(1) });
        let left = tokio::time::timeout(std::time::Duration::from_millis(1), left);
        let (left, document) = tokio::join!(left, waiting);
        assert!(left.is_err());
        assert_eq!(document, Ok(Arc::new(1)));
    }
}
