//! Looks into a SQLite file from outside.

use std::fmt::Write;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::row::{Field, NamedRow, Row};
use diesel::sql_types::{Binary, Text};
use diesel::sqlite::{Sqlite, SqliteType, SqliteValue};
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use uuid::Uuid;

/// The rows of a statement as text, `NULL` for none.
///
/// Blobs are hexadecimal; those of 16 bytes are written as UUIDs, so that the
/// same assertion serves PostgreSQL.
pub(crate) fn query(path: &Path, sql: &str) -> Vec<Vec<String>> {
    let path = path.to_str().expect("a path in UTF-8");
    let mut connection = SqliteConnection::establish(path).unwrap();
    connection
        .batch_execute("PRAGMA busy_timeout = 10000")
        .unwrap();
    let rows: Vec<Cells> = sql_query(sql)
        .load(&mut connection)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.into_iter().map(|row| row.0).collect()
}

struct Cells(Vec<String>);

impl QueryableByName<Sqlite> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        (0..row.field_count())
            .map(|column| {
                let field = Row::get(row, column).expect("a column within the count");
                field.value().map_or_else(|| Ok("NULL".to_owned()), text)
            })
            .collect::<deserialize::Result<_>>()
            .map(Self)
    }
}

fn text(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<String> {
    if value.value_type() != Some(SqliteType::Binary) {
        return <String as FromSql<Text, Sqlite>>::from_sql(value);
    }
    let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
    if let Ok(id) = Uuid::from_slice(&bytes) {
        return Ok(id.to_string());
    }
    let mut hexadecimal = String::new();
    for byte in bytes {
        write!(hexadecimal, "{byte:02x}")?;
    }
    Ok(hexadecimal)
}

mod tests {
    use super::query;

    #[test]
    fn a_files_rows_are_read_as_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        query(&path, "CREATE TABLE t (a, b, c, d, e)");
        query(
            &path,
            "INSERT INTO t VALUES (1, 'x', NULL, x'00ff', x'0192000000007000800000000000000a')",
        );
        assert_eq!(
            query(&path, "SELECT * FROM t"),
            [[
                "1",
                "x",
                "NULL",
                "00ff",
                "01920000-0000-7000-8000-00000000000a"
            ]]
        );
    }
}
