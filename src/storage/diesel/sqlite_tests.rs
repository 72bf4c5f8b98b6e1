//! What only SQLite can do wrong: its threads, its savepoints, its file.

use std::time::Duration;

use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use tempfile::TempDir;

use super::sqlite::SqliteFile;
use super::sqlite_connection::{LiteConn, drive};
use super::{ConnectOptions, Db, DieselStorage};
use crate::storage::{Storage as _, StorageError};

async fn opened() -> (DieselStorage, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let storage = connect(&directory, "test.db").await.unwrap();
    storage.migrate().await.unwrap();
    (storage, directory)
}

async fn connect(directory: &TempDir, file: &str) -> Result<DieselStorage, StorageError> {
    let url = format!("sqlite:{}", directory.path().join(file).display());
    let options = ConnectOptions {
        url: url.into(),
        pool_size: 1,
        readers: 2,
    };
    DieselStorage::connect(&options).await
}

fn file_of(storage: &DieselStorage) -> &SqliteFile {
    match storage.db() {
        Db::Sqlite(file) => file,
        Db::Postgres(_) => panic!("not SQLite"),
    }
}

fn remember(name: &str) -> String {
    format!("INSERT INTO signing_keys VALUES ('signing', '{name}', 0)")
}

/// Writes a key and panics, inside of a transaction of its own.
async fn panic_halfway(file: &SqliteFile) -> Result<(), StorageError> {
    file.write(|conn: &mut LiteConn| {
        drive(conn.transaction(async |conn| {
            conn.batch_execute(&remember("lost")).await?;
            let answer = conn.batch_execute("SELECT 1").await;
            assert!(answer.is_err(), "a panic inside of a transaction");
            Ok::<_, StorageError>(())
        }))
    })
    .await
}

/// What a connection that had no part in it reads.
async fn keys_on_disk(directory: &TempDir) -> i64 {
    let fresh = connect(directory, "test.db").await.unwrap();
    fresh.row_counts().await["signing_keys"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_panics_takes_back_its_own_and_harms_no_other() {
    let (storage, directory) = opened().await;
    let panicking = panic_halfway(file_of(&storage));
    let answer = tokio::time::timeout(Duration::from_secs(5), panicking).await;
    assert!(answer.unwrap().is_err());
    storage.execute(&remember("kept")).await.unwrap();
    assert_eq!(keys_on_disk(&directory).await, 1);
    let kept = "SELECT count(*) AS count FROM signing_keys WHERE fingerprint = 'kept'";
    assert_eq!(storage.number(kept.to_owned()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_waits_is_an_error_and_takes_back_its_own() {
    let (storage, directory) = opened().await;
    let waiting = file_of(&storage).write::<(), StorageError, _>(|conn: &mut LiteConn| {
        drive(conn.transaction(async |conn| {
            conn.batch_execute(&remember("lost")).await?;
            std::future::pending::<()>().await;
            Ok::<_, StorageError>(())
        }))
    });
    let answer = tokio::time::timeout(Duration::from_secs(5), waiting).await;
    assert!(answer.unwrap().is_err());
    storage.execute(&remember("kept")).await.unwrap();
    assert_eq!(keys_on_disk(&directory).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_ends_its_batch_is_told_that_nothing_was_written() {
    let (storage, directory) = opened().await;
    // The raw statement ends the transaction behind the writer's back.
    let answer = storage.execute("ROLLBACK").await;
    let Err(StorageError::Unavailable(_)) = answer else {
        panic!("{answer:?}");
    };
    storage.execute(&remember("kept")).await.unwrap();
    assert_eq!(keys_on_disk(&directory).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_wait_together_fail_alone() {
    let (storage, directory) = opened().await;
    let (release, waiting) = std::sync::mpsc::channel::<()>();
    let holder = storage.clone();
    let first = tokio::spawn(async move {
        let body = move |_: &mut LiteConn| {
            waiting.recv().unwrap();
            Ok::<_, StorageError>(())
        };
        file_of(&holder).write(body).await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    // These meet in one batch: one panics, every third is a repetition.
    let panicking = storage.clone();
    let panicked = tokio::spawn(async move { panic_halfway(file_of(&panicking)).await });
    let writes = (0..30).map(|number| {
        let (storage, name) = (storage.clone(), format!("key{}", number - number % 3 / 2));
        tokio::spawn(async move { storage.execute(&remember(&name)).await.is_ok() })
    });
    let writes = writes.collect::<Vec<_>>();
    tokio::time::sleep(Duration::from_millis(100)).await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert!(panicked.await.unwrap().is_err());
    let mut kept = 0;
    for write in writes {
        kept += i64::from(write.await.unwrap());
    }
    assert_eq!(kept, 20);
    assert_eq!(keys_on_disk(&directory).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_full_is_said_to_be_unavailable() {
    let (storage, _directory) = opened().await;
    let (release, waiting) = std::sync::mpsc::channel::<()>();
    let holder = storage.clone();
    let first = tokio::spawn(async move {
        let body = move |_: &mut LiteConn| {
            waiting.recv().unwrap();
            Ok::<_, StorageError>(())
        };
        file_of(&holder).write(body).await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let writes = (0..5000).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { storage.execute("SELECT 1").await })
    });
    let writes = writes.collect::<Vec<_>>();
    tokio::time::sleep(Duration::from_millis(300)).await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    let mut refused = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(()) => {}
            Err(StorageError::Unavailable(_)) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused >= 5000 - 4096, "{refused}");
    storage.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_panics_harms_no_other() {
    let (storage, _directory) = opened().await;
    for _ in 0..5 {
        let answer = file_of(&storage)
            .read::<(), _>(|_| panic!("in a read"))
            .await;
        assert!(answer.is_err());
    }
    storage.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_write() {
    let (storage, _directory) = opened().await;
    let answer = file_of(&storage)
        .read(|conn| {
            drive(async {
                conn.batch_execute(&remember("x")).await?;
                Ok(())
            })
        })
        .await;
    assert!(answer.is_err());
    assert_eq!(storage.row_counts().await["signing_keys"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_commit_is_flushed_and_foreign_keys_are_held() {
    let (storage, _directory) = opened().await;
    let settings = file_of(&storage)
        .write(|conn| {
            drive(async {
                let mut settings = Vec::new();
                for name in ["synchronous", "foreign_keys"] {
                    use diesel_async::RunQueryDsl as _;
                    let sql = format!("{name} AS setting FROM pragma_{name}");
                    let sql = diesel::dsl::sql::<diesel::sql_types::Integer>(&sql);
                    settings.push(diesel::select(sql).get_result::<i32>(conn).await?);
                }
                Ok::<_, StorageError>(settings)
            })
        })
        .await
        .unwrap();
    assert_eq!(settings, [2, 1], "FULL, on");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_may_migrate_and_write_one_file_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = tokio::join!(
        connect(&directory, "test.db"),
        connect(&directory, "test.db")
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(!first.is_migrated().await.unwrap());
    let (one, other) = tokio::join!(first.migrate(), second.migrate());
    one.unwrap();
    other.unwrap();
    assert!(first.is_migrated().await.unwrap());
    let (a, b) = (remember("a"), remember("b"));
    let (one, other) = tokio::join!(first.execute(&a), second.execute(&b));
    one.unwrap();
    other.unwrap();
    assert_eq!(first.row_counts().await["signing_keys"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_is_its_owners_alone_and_its_directory_must_exist() {
    let (_storage, directory) = opened().await;
    #[cfg(unix)]
    for file in ["test.db", "test.db-wal"] {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(directory.path().join(file)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{file}");
    }
    let error = connect(&directory, "nowhere/test.db").await.unwrap_err();
    assert!(error.to_string().contains("nowhere` does not exist"));
    for url in ["sqlite:", "sqlite::memory:"] {
        let options = ConnectOptions {
            url: url.to_owned().into(),
            pool_size: 1,
            readers: 1,
        };
        let error = DieselStorage::connect(&options).await.unwrap_err();
        assert!(error.to_string().contains("sqlite:PATH"), "{error}");
    }
}
