//! SQLite: a file, a thread that writes it and threads that read it.
//!
//! Their connections answer at once, so the asynchronous query bodies that wait
//! on PostgreSQL run to their end here without a runtime.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::sqlite_connection::{LiteConn, open_reader, open_writer, prepare};
use super::writer::{Writer, WriterJob};
use crate::storage::StorageError;

/// Jobs that may wait for a thread; one more is refused.
const QUEUE: usize = 4096;

type ReaderJob = Box<dyn FnOnce(&mut LiteConn) + Send>;

/// A SQLite file with its threads. They end when this is dropped.
pub(super) struct SqliteFile {
    writes: mpsc::Sender<WriterJob>,
    reads: mpsc::Sender<ReaderJob>,
}

/// The path of a `sqlite:` URL; `None` for another URL.
pub(super) fn path_of(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
}

impl SqliteFile {
    /// Opens the file, or creates it for its owner alone.
    pub(super) async fn open(path: &str, readers: usize) -> Result<Self, StorageError> {
        let path = prepare(path)?;
        let (writes, waiting) = mpsc::channel(QUEUE);
        let (opened, outcome) = oneshot::channel();
        let file = path.clone();
        spawn("sqlite-writer", move || match open_writer(&file) {
            Ok(conn) => {
                // Nobody waits any more if the caller went away; then the
                // queue is closed as well.
                opened.send(Ok(())).unwrap_or_default();
                Writer::new(file, conn).run(waiting);
            }
            Err(error) => opened.send(Err(error)).unwrap_or_default(),
        })?;
        outcome.await.map_err(|_gone| stopped())??;

        let (reads, waiting) = mpsc::channel::<ReaderJob>(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..readers.max(1) {
            let mut conn = open_reader(&path)?;
            let (path, waiting) = (path.clone(), Arc::clone(&waiting));
            spawn(&format!("sqlite-reader-{number}"), move || {
                while let Some(job) = next_job(&waiting) {
                    read_once(&mut conn, job, &path);
                }
            })?;
        }
        Ok(Self { writes, reads })
    }

    /// Runs `body` on a thread that reads.
    pub(super) async fn read<T, F>(&self, body: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&mut LiteConn) -> Result<T, StorageError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: ReaderJob = Box::new(move |conn| {
            let outcome = body(conn);
            // A caller that went away needs no answer.
            drop(answer.send(outcome));
        });
        self.reads.try_send(job).map_err(|_full| queue_is_full())?;
        answered.await.map_err(|_dropped| panicked())?
    }

    /// Runs `body` on the thread that writes; returns once it is on the disk.
    ///
    /// It is written whole, or not at all when it fails.
    pub(super) async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
        F: FnOnce(&mut LiteConn) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = WriterJob::new(body, answer);
        let sent = self.writes.try_send(job);
        sent.map_err(|_full| E::from(queue_is_full()))?;
        answered.await.map_err(|_dropped| E::from(panicked()))?
    }
}

fn queue_is_full() -> StorageError {
    StorageError::Unavailable("too many requests wait for the database".to_owned())
}

fn stopped() -> StorageError {
    StorageError::Unavailable("the database's thread has stopped".to_owned())
}

fn panicked() -> StorageError {
    StorageError::Other("a query body panicked".to_owned())
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StorageError> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
    thread
        .map(drop)
        .map_err(|error| StorageError::Unavailable(format!("no thread for SQLite: {error}")))
}

fn next_job(waiting: &Mutex<mpsc::Receiver<ReaderJob>>) -> Option<ReaderJob> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.blocking_recv()
}

fn read_once(conn: &mut LiteConn, job: ReaderJob, path: &Path) {
    let body = std::panic::AssertUnwindSafe(|| job(conn));
    if std::panic::catch_unwind(body).is_ok() {
        return;
    }
    tracing::error!("a read of SQLite panicked; its connection is opened anew");
    match open_reader(path) {
        Ok(fresh) => *conn = fresh,
        Err(error) => tracing::error!(%error, "no new connection"),
    }
}
