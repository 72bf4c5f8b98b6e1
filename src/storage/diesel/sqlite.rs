//! SQLite: a file, a thread that writes it and threads that read it.
//!
//! Their connections answer at once, so the asynchronous query bodies that wait
//! on PostgreSQL run to their end here without a runtime ([`drive`]).

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use diesel::SqliteConnection;
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::writer::{Writer, WriterJob};
use crate::storage::StorageError;

/// A connection whose futures are ready when they are made.
pub(super) type LiteConn = SyncConnectionWrapper<SqliteConnection, Inline>;

/// Jobs that may wait for a thread; one more is refused.
const QUEUE: usize = 4096;

/// Runs a task where it is, instead of on another thread.
pub(super) struct Inline;

impl SpawnBlocking for Inline {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn std::error::Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        std::future::ready(Ok(task())).boxed()
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// Runs a query body to its end; one that waits for anything else is an error.
pub(super) fn drive<T, E: From<StorageError>>(
    body: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    body.now_or_never().unwrap_or_else(|| {
        let text = "a query body waited for something that is no query";
        Err(StorageError::Other(text.to_owned()).into())
    })
}

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

/// Makes sure of the file and who may read it; returns its whole path.
fn prepare(path: &str) -> Result<PathBuf, StorageError> {
    if path.is_empty() || path.starts_with(':') || path.contains('\0') {
        let text = "the database URL must be `sqlite:PATH` with the path of a file";
        return Err(StorageError::Other(text.to_owned()));
    }
    let path = std::path::absolute(path).map_err(|error| cannot_open(Path::new(path), &error))?;
    let parent = path.parent().unwrap_or(Path::new("/"));
    if !parent.is_dir() {
        let text = format!("the directory `{}` does not exist", parent.display());
        return Err(StorageError::Unavailable(text));
    }
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&path)
        .map_err(|error| cannot_open(&path, &error))?;
    Ok(path)
}

fn cannot_open(path: &Path, error: &std::io::Error) -> StorageError {
    StorageError::Unavailable(format!("cannot open `{}`: {error}", path.display()))
}

/// Opens the connection that writes.
///
/// Of two processes that turn a new file to WAL at the same moment SQLite
/// refuses one at once, without waiting: that one tries again.
pub(super) fn open_writer(path: &Path) -> Result<LiteConn, StorageError> {
    const TRIES: usize = 50;
    let mut opened = open_writer_once(path);
    for _ in 1..TRIES {
        if opened.is_ok() {
            break;
        }
        thread::sleep(std::time::Duration::from_millis(20));
        opened = open_writer_once(path);
    }
    opened
}

fn open_writer_once(path: &Path) -> Result<LiteConn, StorageError> {
    open_with(
        path,
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )
}

fn open_reader(path: &Path) -> Result<LiteConn, StorageError> {
    open_with(path, "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")
}

fn open_with(path: &Path, pragmas: &str) -> Result<LiteConn, StorageError> {
    let text = path.to_str().ok_or_else(|| {
        StorageError::Other("the path of the database is no valid UTF-8".to_owned())
    })?;
    drive(async {
        let opened = LiteConn::establish(text).await;
        let mut conn = opened.map_err(|_unopened| {
            StorageError::Unavailable(format!("SQLite cannot open `{}`", path.display()))
        })?;
        conn.batch_execute(pragmas).await?;
        Ok(conn)
    })
}
