//! A PostgreSQL database for one test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::{NoTls, SimpleQueryMessage};
use url::Url;

static MADE: AtomicU64 = AtomicU64::new(0);

/// A database that nobody else uses; dropped with this value.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// An empty one on the server of `TEST_DATABASE_URL`.
    pub(crate) fn fresh() -> Self {
        let server = server_url();
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let name = format!(
            "test_{}_{}_{nanos}",
            std::process::id(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        run(&server, &format!("CREATE DATABASE {name}")).unwrap();
        Self { server, name }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        let mut url = Url::parse(&self.server).expect("TEST_DATABASE_URL is a URL");
        url.set_path(&self.name);
        url.into()
    }

    /// Drops it under whoever is connected.
    pub(crate) fn drop_now(&self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        run(&self.server, &drop).unwrap();
    }

    /// The rows of a statement as text, `NULL` for none; blocks.
    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<String>> {
        run(&self.url(), sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The whole server is thrown away at the end.
        let _ = run(&self.server, &drop);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a setting of the tests, not of the program"
)]
fn server_url() -> String {
    std::env::var("TEST_DATABASE_URL").expect(
        "TEST_DATABASE_URL names a PostgreSQL server whose user may create databases; \
         scripts/test starts one",
    )
}

/// Runs it on a thread and a connection of its own, whatever runtime asks.
fn run(url: &str, sql: &str) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(rows(url, sql))
            })
            .join()
            .unwrap()
    })
}

async fn rows(url: &str, sql: &str) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let messages = client.simple_query(sql).await?;
    drop(client);
    // The server has ended the session once this returns.
    let _ = connection.await;
    Ok(messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|column| row.get(column).unwrap_or("NULL").to_owned())
                    .collect(),
            ),
            _ => None,
        })
        .collect())
}

mod tests {
    use super::Database;

    #[test]
    fn a_fresh_database_is_empty_and_its_own() {
        let (one, other) = (Database::fresh(), Database::fresh());
        one.query("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)");
        assert_eq!(
            one.query("SELECT a, b FROM t ORDER BY a"),
            [["1", "x"], ["2", "NULL"]]
        );
        assert_eq!(other.query("SELECT to_regclass('t')"), [["NULL"]]);
    }

    #[tokio::test]
    async fn a_database_goes_with_its_value_even_when_it_is_in_use() {
        let (kept, gone) = (Database::fresh(), Database::fresh());
        let name = gone.name.clone();
        let in_use = tokio_postgres::connect(&gone.url(), tokio_postgres::NoTls)
            .await
            .unwrap();
        drop(gone);
        let found = kept.query(&format!(
            "SELECT count(*) FROM pg_database WHERE datname = '{name}'"
        ));
        assert_eq!(found, [["0"]]);
        drop(in_use);
    }
}
