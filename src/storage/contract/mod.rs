//! What every store must do, proven on SQLite and on PostgreSQL alike.
//!
//! PostgreSQL is the cluster of `TEST_DATABASE_URL`, where databases may be
//! created: each test has its own, and drops it at the end.

mod associations;
mod codes;
mod commits;
mod conflicts;
mod events;
mod fixtures;
mod guards;
mod harness;
mod moves;
mod own_writes;
mod postgres_only;
mod proxy;
mod races;
mod sealed;
mod stores;
mod sweeps;
mod users;
mod values;

/// Makes a test on SQLite and one on PostgreSQL of each named function.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    crate::storage::contract::harness::on_sqlite(super::$name).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    crate::storage::contract::harness::on_postgres(super::$name).await;
                }
            )+
        }
    };
}
use on_both;
