//! What only PostgreSQL can do wrong: round trips, lost lines, TLS, migrations
//! of two processes at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::fixtures::*;
use super::harness::{admin, connect, drop_database, url_of, with_database};
use super::proxy::Proxy;
use crate::model::{Changes, Conflict, Guard, UserChanges};
use crate::storage::diesel::{ConnectOptions, DieselStorage};
use crate::storage::{Associations as _, CommitError, Storage as _, StorageError, Users as _};

/// A store of one connection, behind a proxy.
async fn behind_proxy(url: String) -> (DieselStorage, Proxy) {
    let proxy = Proxy::before(&url, None).await;
    let options = options(&proxy.url(&url));
    let storage = DieselStorage::connect(&options).await.unwrap();
    (storage, proxy)
}

fn options(url: &str) -> ConnectOptions {
    ConnectOptions {
        url: url.to_owned().into(),
        pool_size: 1,
        readers: 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_commit_and_a_warm_read_take_one_round_trip_each() {
    let test = async |(storage, proxy): (DieselStorage, Proxy)| {
        let commit = async |changes| {
            let before = proxy.round_trips();
            storage.commit(changes).await.unwrap();
            proxy.round_trips() - before
        };
        // What opening the connection left unread is read with this.
        storage.ping().await.unwrap();
        let before = proxy.round_trips();
        storage.ping().await.unwrap();
        assert_eq!(proxy.round_trips() - before, 1);
        let cold = commit(sign_up("first", "github", "1")).await;
        assert!(cold <= 2, "{cold} round trips when cold");
        for number in 2..12 {
            let name = format!("user{number}");
            assert_eq!(commit(sign_up(&name, "github", &name)).await, 1);
        }
        let (id, _) = signed_up(&storage, "known", "github", "known").await;
        let login = UserChanges {
            last_login: Some(now()),
            ..UserChanges::default()
        };
        let sign_in = Changes {
            user: Some((id, login)),
            session: Some(new_session(id)),
            guards: vec![Guard::UserActive(id)],
            ..Changes::default()
        };
        assert_eq!(commit(sign_in).await, 1);

        storage.get_social_auth("github", "1").await.unwrap();
        let before = proxy.round_trips();
        let found = storage.get_social_auth("github", "known").await.unwrap();
        assert_eq!(found.unwrap().1.id, id);
        assert_eq!(proxy.round_trips() - before, 1);
    };
    let database = with_database(behind_proxy).await;
    database
        .run(|opened| async move { test(opened).await })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_lost_during_a_commit_leaves_it_unknown_and_the_pool_recovers() {
    let database = with_database(behind_proxy).await;
    database
        .run(|(storage, proxy)| async move {
            signed_up(&storage, "first", "github", "1").await;
            proxy.line.cut.store(true, Ordering::SeqCst);
            let lost = storage.commit(sign_up("second", "github", "2")).await;
            assert!(matches!(lost, Err(CommitError::Unknown(_))), "{lost:?}");
            proxy.line.cut.store(false, Ordering::SeqCst);
            // The server had it: the answer alone was lost.
            let found = storage.get_social_auth("github", "2").await.unwrap();
            assert!(found.is_some());
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_terminated_is_unavailable_and_then_replaced() {
    let open = |url: String| async move { (connect(&url).await, behind_proxy(url).await.0) };
    let database = with_database(open).await;
    database
        .run(|(other, storage)| async move {
            storage.ping().await.unwrap();
            let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                             WHERE pid <> pg_backend_pid() AND datname = current_database()";
            other.execute(terminate).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            storage.ping().await.unwrap();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_a_serialization_conflict() {
    let open = |url: String| async move { (connect(&url).await, url) };
    let database = with_database(open).await;
    database
        .run(|(storage, url)| async move {
            let (first, _) = signed_up(&storage, "first", "github", "1").await;
            let (second, association) = signed_up(&storage, "second", "github", "2").await;
            // Another session holds the association and waits for the user that
            // the commit holds, while the commit waits for the association.
            let rival = tokio::spawn(rival(url, first, second));
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let changes = Changes {
                user: Some((first, UserChanges::default())),
                removed_associations: vec![association],
                ..Changes::default()
            };
            let mine = storage.commit(changes).await;
            let theirs = rival.await.unwrap();
            // The server picks the one that finds the circle.
            match (&mine, theirs) {
                (Err(CommitError::Conflict(Conflict::Serialization)), true) | (Ok(_), false) => {}
                other => panic!("{other:?}"),
            }
            assert!(mine.is_err(), "the commit waits first and finds it first");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_is_deactivated_while_the_commit_waits_is_a_conflict() {
    let open = |url: String| async move { (connect(&url).await, url) };
    let database = with_database(open).await;
    database
        .run(|(storage, url)| async move {
            let (id, _) = signed_up(&storage, "octocat", "github", "1").await;
            let mut rival = AsyncPgConnection::establish(&url).await.unwrap();
            let deactivate = "BEGIN; UPDATE users SET is_active = false";
            rival.batch_execute(deactivate).await.unwrap();
            let sign_in = Changes {
                session: Some(new_session(id)),
                guards: vec![Guard::UserActive(id)],
                ..Changes::default()
            };
            let waiting = storage.clone();
            let commit = tokio::spawn(async move { waiting.commit(sign_in).await });
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            rival.batch_execute("COMMIT").await.unwrap();
            assert_eq!(conflict(commit.await.unwrap()), Conflict::Guard);
            assert_eq!(storage.row_counts().await["sessions"], 1);
        })
        .await;
}

/// Locks the second user's association, then changes the first user.
async fn rival(url: String, first: uuid::Uuid, second: uuid::Uuid) -> bool {
    let mut conn = AsyncPgConnection::establish(&url).await.unwrap();
    let lock = format!(
        "SET deadlock_timeout = '60s'; BEGIN; \
         SELECT 1 FROM social_auth_usersocialauth WHERE user_id = '{second}' FOR UPDATE"
    );
    conn.batch_execute(&lock).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    let change = format!("UPDATE users SET picture = 'x' WHERE id = '{first}'; COMMIT");
    conn.batch_execute(&change).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_migrate_at_once_both_succeed() {
    for _ in 0..5 {
        let name = format!("sociable_test_{}", new_id().simple());
        let create = format!("CREATE DATABASE {name}");
        admin().await.batch_execute(&create).await.unwrap();
        let (first, second) = (connect(&url_of(&name)).await, connect(&url_of(&name)).await);
        assert!(!first.is_migrated().await.unwrap());
        let missing = first.get_user(new_id()).await.unwrap_err();
        assert!(matches!(missing, StorageError::Other(_)), "{missing:?}");
        let racers = [first.clone(), second]
            .map(|storage| tokio::spawn(async move { storage.migrate().await }));
        let mut outcomes = Vec::new();
        for racer in racers {
            outcomes.push(racer.await.unwrap());
        }
        let migrated = first.is_migrated().await.unwrap();
        drop_database(&name).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert!(migrated);
    }
}

/// A certificate of `localhost`, and the file that makes it trusted.
fn certificate(directory: &std::path::Path) -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let file = directory.join("ca.pem");
    std::fs::write(&file, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    (acceptor, file.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_where_the_url_demands_it_and_only_with_a_trusted_certificate() {
    let database = with_database(|url| async { url }).await;
    database
        .run(|url| async move {
            let directory = tempfile::tempdir().unwrap();
            let (acceptor, roots) = certificate(directory.path());
            let proxy = Proxy::before(&url, Some(acceptor)).await;
            let base = proxy.url(&url);
            for mode in ["require", "verify-full"] {
                let trusted = format!("{base}?sslmode={mode}&sslrootcert={roots}");
                let storage = DieselStorage::connect(&options(&trusted)).await.unwrap();
                storage.ping().await.unwrap();
                let unknown = format!("{base}?sslmode={mode}");
                let refused = DieselStorage::connect(&options(&unknown)).await;
                let refused = refused.unwrap_err();
                assert!(matches!(refused, StorageError::Unavailable(_)), "{refused}");
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_is_none_is_refused_without_its_password() {
    let urls = [
        "mysql://root:secret@h/db",
        "postgres://u:secret@h:port/db",
        "postgres://u:secret@h/db?sslmode=secret",
        "postgres://u:secret@127.0.0.1:1/db",
        "",
    ];
    for url in urls {
        let error = DieselStorage::connect(&options(url)).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_too_long_for_a_connection_is_told_so() {
    let database = with_database(behind_proxy).await;
    database
        .run(|(storage, _proxy)| async move {
            let busy = storage.clone();
            let holder = tokio::spawn(async move { busy.execute("SELECT pg_sleep(6)").await });
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let error = storage.ping().await.unwrap_err();
            assert!(matches!(error, StorageError::Unavailable(_)), "{error}");
            holder.await.unwrap().unwrap();
        })
        .await;
}
