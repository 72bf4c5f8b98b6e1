//! Tests of kept documents: when they are fetched, and who waits.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::*;

const URL: &str = "https://provider.example/document";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A provider that counts, and answers as it is told.
#[derive(Default)]
struct Provider {
    documents: DocumentCache<usize>,
    fetches: Arc<AtomicUsize>,
}

impl Provider {
    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn fetch(
        &self,
        down: Option<BackendError>,
    ) -> impl Future<Output = Result<usize, BackendError>> + Send + 'static {
        let fetches = Arc::clone(&self.fetches);
        async move {
            let number = fetches.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            down.map_or(Ok(number), Err)
        }
    }

    async fn get(&self, seconds: i64, down: Option<BackendError>) -> Result<usize, BackendError> {
        let document = self.documents.get(URL, at(seconds), self.fetch(down)).await;
        settle().await;
        document.map(|document| *document)
    }

    async fn up(&self, seconds: i64) -> Result<usize, BackendError> {
        self.get(seconds, None).await
    }

    async fn down(&self, seconds: i64) -> Result<usize, BackendError> {
        self.get(seconds, Some(BackendError::Timeout)).await
    }

    /// Looks for what the document of `since` lacks.
    async fn newer(
        &self,
        seconds: i64,
        lacking: &Arc<usize>,
        down: Option<BackendError>,
    ) -> Result<usize, BackendError> {
        let fetch = self.fetch(down);
        let newer = self.documents.newer(URL, at(seconds), lacking, fetch);
        newer.await.map(|document| *document)
    }

    async fn document(&self, seconds: i64) -> Arc<usize> {
        let document = self.documents.get(URL, at(seconds), self.fetch(None));
        document.await.unwrap()
    }
}

/// Lets what runs in the background come to its end.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_document_is_kept_for_an_hour_and_serves_while_the_next_is_fetched() {
    let provider = Provider::default();
    for (seconds, number) in [
        (0, 1),
        (1, 1),
        (HOUR - 1, 1),
        (HOUR, 1),
        (HOUR, 2),
        (2 * HOUR - 1, 2),
        (2 * HOUR, 2),
        (2 * HOUR, 3),
    ] {
        assert_eq!(provider.up(seconds).await, Ok(number), "{seconds}");
    }
    assert_eq!(provider.fetches(), 3);
}

#[tokio::test]
async fn a_document_that_is_known_can_be_had_without_a_fetch() {
    let provider = Provider::default();
    assert_eq!(provider.documents.known(URL), None);
    assert_eq!(provider.up(0).await, Ok(1));
    assert_eq!(provider.down(DAY).await, Err(BackendError::Timeout));
    assert_eq!(provider.documents.known(URL), Some(Arc::new(1)));
    assert_eq!(provider.documents.known("https://other.example"), None);
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test]
async fn each_url_has_a_document_of_its_own() {
    let documents = DocumentCache::default();
    for (url, number) in [("https://a.example", 1), ("https://b.example", 2)] {
        let document = documents.get(url, at(0), async move { Ok(number) }).await;
        assert_eq!(document, Ok(Arc::new(number)));
    }
    let first = documents.get("https://a.example", at(1), async { Ok(3) });
    assert_eq!(first.await, Ok(Arc::new(1)));
}

#[tokio::test]
async fn after_a_failure_nobody_who_has_nothing_asks_for_half_a_minute() {
    let provider = Provider::default();
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
async fn an_old_document_serves_for_a_day_while_the_provider_is_down() {
    let provider = Provider::default();
    assert_eq!(provider.up(0).await, Ok(1));
    for (seconds, fetches) in [
        (HOUR, 2),
        (HOUR + 59, 2),
        (HOUR + 60, 3),
        (HOUR + 119, 3),
        (DAY - 1, 4),
    ] {
        assert_eq!(provider.down(seconds).await, Ok(1), "{seconds}");
        assert_eq!(provider.fetches(), fetches, "{seconds}");
    }
    // The failure of a second ago is nobody's answer for another half minute.
    assert_eq!(provider.up(DAY).await, Err(BackendError::Timeout));
    assert_eq!(provider.up(DAY + 29).await, Ok(5));
}

#[tokio::test]
async fn a_document_of_yesterday_is_waited_for() {
    let provider = Provider::default();
    assert_eq!(provider.up(0).await, Ok(1));
    assert_eq!(provider.up(DAY).await, Ok(2));
}

#[tokio::test]
async fn a_clock_that_is_set_back_a_lot_does_not_keep_a_document_for_ever() {
    let provider = Provider::default();
    assert_eq!(provider.up(0).await, Ok(1));
    assert_eq!(provider.up(-60).await, Ok(1));
    assert_eq!(provider.up(-DAY).await, Ok(2));
}

#[tokio::test]
async fn one_fetch_serves_all_who_wait() {
    let provider = Provider::default();
    let answers = join_all((0..50).map(|_| provider.up(0))).await;
    assert!(answers.iter().all(|answer| *answer == Ok(1)));
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn one_failure_serves_all_who_wait() {
    let provider = Provider::default();
    let answers = join_all((0..50).map(|_| provider.down(0))).await;
    assert!(
        answers
            .iter()
            .all(|answer| *answer == Err(BackendError::Timeout))
    );
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn one_fetch_in_the_background_is_for_all_who_find_the_document_old() {
    let provider = Provider::default();
    assert_eq!(provider.up(0).await, Ok(1));
    let answers = join_all((0..50).map(|_| provider.document(HOUR))).await;
    assert!(answers.iter().all(|answer| **answer == 1));
    settle().await;
    assert_eq!(provider.fetches(), 2);
    assert_eq!(provider.up(HOUR).await, Ok(2));
}

#[tokio::test]
async fn nobody_waits_for_a_new_document_while_there_is_an_old_one() {
    let documents = DocumentCache::default();
    documents.get(URL, at(0), async { Ok(1) }).await.unwrap();
    let go_on = Arc::new(Notify::new());
    let told = Arc::clone(&go_on);
    let slow = async move {
        told.notified().await;
        Ok(2)
    };
    let old = documents.get(URL, at(HOUR), slow).await;
    assert_eq!(old, Ok(Arc::new(1)));
    settle().await;
    let old = documents.get(URL, at(HOUR + 1), async { Ok(3) }).await;
    assert_eq!(old, Ok(Arc::new(1)));
    go_on.notify_one();
    settle().await;
    let new = documents.get(URL, at(HOUR + 1), async { Ok(4) }).await;
    assert_eq!(new, Ok(Arc::new(2)));
}

#[tokio::test]
async fn who_leaves_in_the_middle_of_a_fetch_leaves_it_to_the_others() {
    let documents = DocumentCache::default();
    let go_on = Arc::new(Notify::new());
    let told = Arc::clone(&go_on);
    let slow = async move {
        told.notified().await;
        Ok(1)
    };
    let left = documents.get(URL, at(0), slow);
    let left = tokio::time::timeout(std::time::Duration::from_millis(1), left).await;
    assert!(left.is_err());
    go_on.notify_one();
    let document = documents.get(URL, at(0), async { Ok(2) }).await;
    assert_eq!(document, Ok(Arc::new(1)));
}

#[tokio::test]
async fn a_fetch_that_panics_is_a_failure_of_this_once() {
    let documents = DocumentCache::<usize>::default();
    let broken = documents.get(URL, at(0), async { panic!("planted") }).await;
    assert_eq!(broken, Err(BackendError::Unavailable));
    let document = documents.get(URL, at(0), async { Ok(1) }).await;
    assert_eq!(document, Ok(Arc::new(1)));
}

#[tokio::test]
async fn what_a_document_lacks_is_looked_for_once_a_minute() {
    let provider = Provider::default();
    let first = provider.document(0).await;
    for (seconds, number) in [(0, 1), (59, 1), (60, 2)] {
        let newer = provider.newer(seconds, &first, None).await;
        assert_eq!(newer, Ok(number), "{seconds}");
    }
    // Whoever still has the first one gets the second without a fetch.
    assert_eq!(provider.newer(600, &first, None).await, Ok(2));
    let second = provider.document(61).await;
    assert_eq!(provider.newer(119, &second, None).await, Ok(2));
    assert_eq!(provider.newer(120, &second, None).await, Ok(3));
    assert_eq!(provider.fetches(), 3);
}

#[tokio::test]
async fn what_a_document_lacks_may_be_in_one_that_cannot_be_fetched() {
    let provider = Provider::default();
    let down = || Some(BackendError::Timeout);
    let first = provider.document(0).await;
    for (seconds, fetches) in [(60, 2), (61, 2), (119, 2), (120, 3)] {
        let newer = provider.newer(seconds, &first, down()).await;
        assert_eq!(newer, Err(BackendError::Timeout), "{seconds}");
        assert_eq!(provider.fetches(), fetches, "{seconds}");
        assert_eq!(provider.up(seconds).await, Ok(1), "{seconds}");
    }
    assert_eq!(provider.newer(180, &first, None).await, Ok(4));
}

#[tokio::test]
async fn a_failure_after_a_newer_document_does_not_hide_it() {
    let provider = Provider::default();
    let first = provider.document(0).await;
    assert_eq!(provider.newer(60, &first, None).await, Ok(2));
    let second = provider.document(60).await;
    let down = Some(BackendError::Timeout);
    let failed = provider.newer(120, &second, down).await;
    assert_eq!(failed, Err(BackendError::Timeout));
    assert_eq!(provider.newer(121, &first, None).await, Ok(2));
}

#[tokio::test]
async fn one_look_serves_all_who_lack_the_same() {
    let provider = Provider::default();
    let first = provider.document(0).await;
    let answers = join_all((0..50).map(|_| provider.newer(60, &first, None))).await;
    assert!(answers.iter().all(|answer| *answer == Ok(2)));
    assert_eq!(provider.fetches(), 2);
}
