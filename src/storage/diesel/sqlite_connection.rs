//! One connection to a SQLite file: how it is opened, and how it is driven.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::thread;

use diesel::SqliteConnection;
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::storage::StorageError;

/// A connection whose futures are ready when they are made.
pub(super) type LiteConn = SyncConnectionWrapper<SqliteConnection, Inline>;

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

/// Makes sure of the file and who may read it; returns its whole path.
pub(super) fn prepare(path: &str) -> Result<PathBuf, StorageError> {
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

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<LiteConn, StorageError> {
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
