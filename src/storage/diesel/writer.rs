//! SQLite's one writer: it commits what is waiting together.
//!
//! A commit costs a disk flush, so the jobs that wait are run one after the
//! other in one transaction, each in a savepoint of its own, and answered only
//! when the whole is on the disk. A job that fails takes back its own writes.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use diesel::QueryResult;
use diesel::connection::AnsiTransactionManager;
use diesel_async::TransactionManager as _;
use diesel_async::sync_connection_wrapper::SyncTransactionManagerWrapper;
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};

use super::sqlite_connection::{LiteConn, open_writer};
use crate::storage::StorageError;

type Manager = SyncTransactionManagerWrapper<AnsiTransactionManager>;

/// Jobs that are committed together at most.
const BATCH: usize = 256;
/// The depth inside the batch's transaction, and inside a job's savepoint.
const IN_BATCH: u32 = 1;
const IN_JOB: u32 = 2;

/// What became of a job's writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Committed,
    NotCommitted,
}

/// A job that ran: whether its writes are wanted, and how to tell its caller.
struct Done {
    keep: bool,
    answer: Box<dyn FnOnce(Fate) + Send>,
}

/// A write that waits for its turn.
pub(super) struct WriterJob {
    run: Run,
}

/// Without a connection it fails without having run.
type Run = Box<dyn FnOnce(Option<&mut LiteConn>) -> Done + Send>;

impl WriterJob {
    /// A job that runs `body` and sends what it returns, once committed.
    pub(super) fn new<T, E, F>(body: F, answer: oneshot::Sender<Result<T, E>>) -> Self
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
        F: FnOnce(&mut LiteConn) -> Result<T, E> + Send + 'static,
    {
        let run = move |conn: Option<&mut LiteConn>| {
            let outcome = conn.map_or_else(|| Err(E::from(not_written())), body);
            let keep = outcome.is_ok();
            let answer = Box::new(move |fate| {
                let outcome = match fate {
                    Fate::Committed => outcome,
                    Fate::NotCommitted => outcome.and_then(|_lost| Err(E::from(not_written()))),
                };
                // A caller that went away needs no answer.
                drop(answer.send(outcome));
            });
            Done { keep, answer }
        };
        Self { run: Box::new(run) }
    }
}

fn not_written() -> StorageError {
    StorageError::Unavailable("the database could not write".to_owned())
}

/// The connection that writes, and where to get a new one.
pub(super) struct Writer {
    path: PathBuf,
    conn: Option<LiteConn>,
}

impl Writer {
    pub(super) fn new(path: PathBuf, conn: LiteConn) -> Self {
        Self {
            path,
            conn: Some(conn),
        }
    }

    /// Serves until the last sender is gone.
    pub(super) fn run(mut self, mut waiting: mpsc::Receiver<WriterJob>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut jobs = vec![first];
            while jobs.len() < BATCH
                && let Ok(job) = waiting.try_recv()
            {
                jobs.push(job);
            }
            self.serve(jobs);
        }
    }

    fn serve(&mut self, jobs: Vec<WriterJob>) {
        let mut batch = Batch {
            waiting: jobs.into_iter(),
            done: Vec::new(),
            failed: Vec::new(),
        };
        let mut committed = false;
        if let Some(mut conn) = self.connection() {
            let body = AssertUnwindSafe(|| batch.run(&mut conn));
            committed = catch_unwind(body).unwrap_or(false);
            if committed {
                self.conn = Some(conn);
            } else {
                tracing::error!("a batch of writes failed; its connection is opened anew");
                // Closing it takes back whatever is open.
                drop(catch_unwind(AssertUnwindSafe(|| drop(conn))));
            }
        }
        batch.tell(if committed {
            Fate::Committed
        } else {
            Fate::NotCommitted
        });
    }

    fn connection(&mut self) -> Option<LiteConn> {
        if let Some(conn) = self.conn.take() {
            return Some(conn);
        }
        open_writer(&self.path)
            .inspect_err(|error| tracing::error!(%error, "no connection to write"))
            .ok()
    }
}

/// Jobs that live or die together.
struct Batch {
    waiting: std::vec::IntoIter<WriterJob>,
    done: Vec<Done>,
    /// What wrote nothing. Told with the others: what such a job met may be
    /// another's of this batch, and who reads at once shall find it.
    failed: Vec<Done>,
}

impl Batch {
    /// Runs and commits the jobs. `false`: nothing is written, and the
    /// connection is not to be used again.
    fn run(&mut self, conn: &mut LiteConn) -> bool {
        if !begin(conn) {
            return false;
        }
        while let Some(job) = self.waiting.next() {
            if !self.run_one(conn, job) {
                return false;
            }
        }
        finished(Manager::commit_transaction(conn)) && depth(conn) == Some(0)
    }

    /// Runs a job in a savepoint. `false`: the transaction is not sound.
    fn run_one(&mut self, conn: &mut LiteConn, job: WriterJob) -> bool {
        if !finished(Manager::begin_transaction(conn)) {
            self.done.push((job.run)(None));
            return false;
        }
        let ran = catch_unwind(AssertUnwindSafe(|| (job.run)(Some(conn))));
        match ran {
            Ok(done) if done.keep && depth(conn) == Some(IN_JOB) => {
                self.done.push(done);
                finished(Manager::commit_transaction(conn))
            }
            Ok(done) => {
                // It failed, or left a savepoint of its own behind.
                self.failed.push(done);
                roll_back_to_batch(conn)
            }
            Err(_panic) => {
                tracing::error!("a write panicked; what it wrote is taken back");
                roll_back_to_batch(conn)
            }
        }
    }

    fn tell(self, fate: Fate) {
        for job in self.waiting {
            ((job.run)(None).answer)(Fate::NotCommitted);
        }
        for done in self.done {
            (done.answer)(fate);
        }
        for failed in self.failed {
            (failed.answer)(Fate::NotCommitted);
        }
    }
}

/// Takes the write lock at once, so that no job meets another writer halfway.
fn begin(conn: &mut LiteConn) -> bool {
    finished(conn.spawn_blocking(|inner| {
        AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")
    }))
}

fn roll_back_to_batch(conn: &mut LiteConn) -> bool {
    loop {
        match depth(conn) {
            Some(IN_BATCH) => return true,
            Some(deeper) if deeper > IN_BATCH => {
                if !finished(Manager::rollback_transaction(conn)) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// How many transactions are open; `None` when the connection cannot tell.
fn depth(conn: &mut LiteConn) -> Option<u32> {
    let status = Manager::transaction_manager_status_mut(conn);
    let depth = status.transaction_depth().ok()?;
    Some(depth.map_or(0, std::num::NonZeroU32::get))
}

fn finished(step: impl Future<Output = QueryResult<()>>) -> bool {
    matches!(step.now_or_never(), Some(Ok(())))
}
