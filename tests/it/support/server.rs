//! A running server with its sandbox, on a database of its own.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use sociable::app::{App, AppBuilder, Playground, Running};
use sociable::settings::{Settings, Sources};

use super::postgres::Database;
use super::{http, sqlite};

/// Keys for tests: fixed, so that two servers can share a database.
pub(crate) const KEYS: [(&str, &str); 2] = [
    (
        "SOCIABLE_KEYS__SIGNING",
        "q3sF0yG9fK2mXv7bT1wZ8cR5nU4jL6hPdQeAoIyBxSk=",
    ),
    (
        "SOCIABLE_KEYS__SEALING",
        "Zt8Kp2VxQ9mJ4rW7cY1uD6sG3hN0bLfAeTqRiOwXyEk=",
    ),
];

/// The tables of a sign-up.
const TABLES: [&str; 5] = [
    "users",
    "social_auth_usersocialauth",
    "sessions",
    "events",
    "used_marks",
];

/// A database, thrown away at the end of its last owner.
#[derive(Clone)]
pub(crate) enum Store {
    /// A file in a folder of its own.
    Sqlite(Arc<tempfile::TempDir>),
    /// A database of its own on the tests' PostgreSQL.
    Postgres(Arc<Database>),
}

impl Store {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Arc::new(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(Arc::new(Database::fresh()))
    }

    /// A fresh one of the same kind.
    pub(crate) fn another(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres(_) => Self::postgres(),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(_) => format!("sqlite:{}", self.sqlite_path().display()),
            Self::Postgres(database) => database.url(),
        }
    }

    fn sqlite_path(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("sociable.db"),
            Self::Postgres(_) => panic!("not SQLite"),
        }
    }

    /// The rows of a statement as text, `NULL` for none.
    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Self::Sqlite(_) => sqlite::query(&self.sqlite_path(), sql),
            Self::Postgres(database) => database.query(sql),
        }
    }

    pub(crate) fn count(&self, table: &str) -> u64 {
        self.query(&format!("SELECT count(*) FROM {table}"))[0][0]
            .parse()
            .unwrap()
    }

    /// How many rows the tables of a sign-up hold: what a refusal leaves alone.
    pub(crate) fn rows(&self) -> [u64; 5] {
        TABLES.map(|table| self.count(table))
    }

    /// All that stands in those tables.
    pub(crate) fn contents(&self) -> [Vec<Vec<String>>; 5] {
        TABLES.map(|table| self.query(&format!("SELECT * FROM {table} ORDER BY 1")))
    }
}

/// A server in this process.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) playground: Playground,
    running: Option<Running>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// The error's code; the test fails when there is none.
    pub(crate) fn code(&self) -> String {
        self.json()["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no code: {} {}", self.status, self.text))
            .to_owned()
    }

    /// The access token of the session.
    pub(crate) fn bearer(&self) -> String {
        self.json()["session"]["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {} {}", self.status, self.text))
            .to_owned()
    }

    /// Status and code together, for tables of cases.
    pub(crate) fn status_and_code(&self) -> (u16, String) {
        (self.status, self.code())
    }
}

impl Server {
    /// A server with the sandbox providers and nothing else set.
    pub(crate) fn start(store: Store) -> Self {
        Self::start_with(store, &[], |builder| builder)
    }

    /// A server with further variables, and whatever the builder is given.
    pub(crate) fn start_with(
        store: Store,
        environment: &[(&str, &str)],
        build: impl FnOnce(AppBuilder) -> AppBuilder + Send,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let (playground, running) = std::thread::scope(|scope| {
            scope
                .spawn(|| runtime.block_on(launch(&store, environment, build)))
                .join()
                .unwrap()
        });
        Self {
            url: running.url(),
            store,
            playground,
            running: Some(running),
            runtime: Some(runtime),
        }
    }

    /// Ends it, and starts another with other settings on the same database.
    pub(crate) fn restart(self, environment: &[(&str, &str)]) -> Self {
        let store = self.store.clone();
        drop(self);
        Self::start_with(store, environment, |builder| builder)
    }

    /// Tells it to end, and waits until it has.
    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    /// Posts JSON to `/social_sign_up`.
    pub(crate) async fn sign_up(&self, body: Value) -> Reply {
        http::post(&format!("{}/social_sign_up", self.url), None, &body).await
    }

    /// Posts JSON to `/social_sign_up` with a bearer.
    pub(crate) async fn associate(&self, bearer: &str, body: Value) -> Reply {
        http::post(&format!("{}/social_sign_up", self.url), Some(bearer), &body).await
    }

    /// Gets a path, with a bearer if one is given.
    pub(crate) async fn get(&self, path: &str, bearer: Option<&str>) -> Reply {
        http::get(&format!("{}{path}", self.url), bearer).await
    }
}

async fn launch(
    store: &Store,
    environment: &[(&str, &str)],
    build: impl FnOnce(AppBuilder) -> AppBuilder,
) -> (Playground, Running) {
    let playground = Playground::start().await.unwrap();
    let mut variables = playground.environment();
    let database = store.url();
    let ours = [
        ("SOCIABLE_DATABASE__URL", database.as_str()),
        ("SOCIABLE_SERVER__LISTEN", "127.0.0.1:0"),
        ("SOCIABLE_SERVER__WORKERS", "2"),
    ];
    // A test says itself what is asked, and when.
    let quiet = [("SOCIABLE_HTTP__PREFETCH", "false")];
    let unsaid = quiet
        .iter()
        .filter(|(name, _)| environment.iter().all(|(given, _)| given != name));
    variables.extend(
        ours.iter()
            .chain(&KEYS)
            .chain(unsaid)
            .chain(environment)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: PathBuf::from("/nonexistent"),
        environment: variables,
        overrides: Vec::new(),
    })
    .unwrap_or_else(|errors| panic!("{errors}"));
    let app = build(App::builder(settings).sandbox().migrate(true))
        .build()
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    (playground, app.serve().unwrap())
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server ends with its runtime; a runtime may not be dropped in
        // another one's task.
        drop(self.running.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Makes a test of each database out of one body.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name($crate::support::server::Store::sqlite()).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name($crate::support::server::Store::postgres()).await;
                }
            )+
        }
    };
}

pub(crate) use on_both;
