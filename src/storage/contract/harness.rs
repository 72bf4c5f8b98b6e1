//! A fresh database for each test.

use std::future::Future;
use std::time::Duration;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use ring::digest;
use url::Url;

use crate::model::{Ids as _, SystemIds};
use crate::storage::Storage as _;
use crate::storage::diesel::{ConnectOptions, DieselStorage};

const TABLES: [&str; 8] = [
    include_str!("../../../migrations/postgres/2026-01-01-000001_tables/up.sql"),
    include_str!("../../../migrations/postgres/2026-01-01-000002_idempotent_answers/up.sql"),
    include_str!("../../../migrations/postgres/2026-01-01-000003_partial_links/up.sql"),
    include_str!("../../../migrations/postgres/2026-01-01-000004_mailed_codes/up.sql"),
    include_str!("../../../migrations/postgres/2026-01-01-000005_outbox/up.sql"),
    include_str!("../../../migrations/postgres/2026-01-01-000006_session_authenticated/up.sql"),
    include_str!("../../../migrations/postgres/2026-01-01-000007_proven_addresses/up.sql"),
    include_str!("../../../migrations/postgres/2026-01-01-000008_refresh_tokens/up.sql"),
];

/// Runs a test on a SQLite file of its own.
pub(super) async fn on_sqlite<F, R>(test: F)
where
    F: FnOnce(DieselStorage) -> R,
    R: Future<Output = ()> + Send + 'static,
{
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let storage = connect(&format!("sqlite:{}", path.display())).await;
    storage.migrate().await.unwrap();
    test(storage).await;
}

/// Runs a test on a PostgreSQL database of its own.
pub(super) async fn on_postgres<F, R>(test: F)
where
    F: FnOnce(DieselStorage) -> R,
    R: Future<Output = ()> + Send + 'static,
{
    with_database(|url| async move { connect(&url).await })
        .await
        .run(test)
        .await;
}

/// Connects with room for a race.
pub(super) async fn connect(url: &str) -> DieselStorage {
    let options = ConnectOptions {
        url: url.to_owned().into(),
        pool_size: 8,
        readers: 2,
    };
    DieselStorage::connect(&options).await.unwrap()
}

/// A database that is dropped when its test is over, however that ends.
pub(super) struct TestDatabase<T> {
    name: String,
    opened: T,
}

/// Makes a database out of the migrated template.
pub(super) async fn with_database<T, R>(open: impl FnOnce(String) -> R) -> TestDatabase<T>
where
    R: Future<Output = T>,
{
    let template = template().await;
    let name = format!("sociable_test_{}", SystemIds::default().new_id().simple());
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    admin().await.batch_execute(&create).await.unwrap();
    let opened = open(url_of(&name)).await;
    TestDatabase { name, opened }
}

impl<T> TestDatabase<T> {
    pub(super) async fn run<F, R>(self, test: F)
    where
        F: FnOnce(T) -> R,
        R: Future<Output = ()> + Send + 'static,
    {
        let outcome = tokio::spawn(test(self.opened)).await;
        drop_database(&self.name).await;
        if let Err(error) = outcome {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

pub(super) async fn drop_database(name: &str) {
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    admin().await.batch_execute(&drop).await.unwrap();
}

/// The URL of another database of the cluster.
pub(super) fn url_of(database: &str) -> String {
    let mut url = Url::parse(&cluster()).expect("TEST_DATABASE_URL is a URL");
    url.set_path(database);
    url.into()
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn cluster() -> String {
    std::env::var("TEST_DATABASE_URL").expect(
        "TEST_DATABASE_URL must name a PostgreSQL database (postgres://…) of a cluster in which \
         the tests may create databases",
    )
}

/// A connection to the cluster's own database.
pub(super) async fn admin() -> AsyncPgConnection {
    AsyncPgConnection::establish(&cluster())
        .await
        .expect("TEST_DATABASE_URL names a database that answers")
}

/// The template's name. It is made by whichever test comes first, in whichever
/// process, and made anew when the tables change.
async fn template() -> String {
    let hash = digest::digest(&digest::SHA256, TABLES.concat().as_bytes());
    let hash = &uuid::Uuid::from_slice(&hash.as_ref()[..16]).unwrap();
    let name = format!("sociable_template_{}", hash.simple());
    let mut admin = admin().await;
    let lock = "SELECT pg_advisory_lock(7021)";
    admin.batch_execute(lock).await.unwrap();
    if !exists(&mut admin, &name).await {
        let building = format!("{name}_building");
        drop_database(&building).await;
        let create = format!("CREATE DATABASE {building}");
        admin.batch_execute(&create).await.unwrap();
        let storage = connect(&url_of(&building)).await;
        storage.migrate().await.unwrap();
        drop(storage);
        rename(&mut admin, &building, &name).await;
    }
    name
}

async fn exists(admin: &mut AsyncPgConnection, name: &str) -> bool {
    use diesel::sql_types::Text;
    use diesel_async::RunQueryDsl as _;

    let query = diesel::sql_query("SELECT 1 FROM pg_database WHERE datname = $1");
    query.bind::<Text, _>(name).execute(admin).await.unwrap() > 0
}

/// Renames a database as soon as its last connection is closed.
async fn rename(admin: &mut AsyncPgConnection, from: &str, to: &str) {
    let rename = format!("ALTER DATABASE {from} RENAME TO {to}");
    for _ in 0..100 {
        if admin.batch_execute(&rename).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the template is still in use");
}
