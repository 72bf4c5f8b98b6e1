//! Tables of a team's own, beside ours.

use std::borrow::Cow;

/// How a team's own tables are made, as each database has it written.
///
/// It runs each time our tables are brought up to date, after them, in their
/// transaction and under their lock: so it must do nothing where the tables are
/// there (`CREATE TABLE IF NOT EXISTS`), and must not end the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTables {
    /// Statements of SQLite; empty for none. `users.id` is a BLOB there.
    pub sqlite: Cow<'static, str>,
    /// Statements of PostgreSQL; empty for none. `users.id` is a uuid there.
    pub postgres: Cow<'static, str>,
}
