//! What a team's own step writes into tables of its own, in the commit.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::own_sql::{self, Piece};

/// A statement on a team's own table, run in the transaction of the commit.
///
/// It lives and dies with what the run writes: when either fails, neither is
/// there. It is prepared once for each text and connection, so values belong
/// into parameters. `Debug` shows the text and of the parameters the kinds.
#[derive(Clone, PartialEq)]
pub struct OwnWrite {
    sql: String,
    pieces: Vec<Piece>,
    parameters: Vec<Parameter>,
}

/// A value of an [`OwnWrite`].
///
/// | | PostgreSQL | SQLite |
/// |---|---|---|
/// | `Null` | of whatever type is wanted | NULL |
/// | `Text` | text | TEXT |
/// | `Integer` | bigint | INTEGER |
/// | `Real` | double precision | REAL |
/// | `Boolean` | boolean | INTEGER, 0 or 1 |
/// | `Bytes` | bytea | BLOB |
/// | `Uuid` | uuid | BLOB of 16 bytes, as `users.id` is |
/// | `Moment` | timestamptz | INTEGER, microseconds since 1970 |
/// | `Json` | jsonb | TEXT |
///
/// A column of another type wants a cast: `CAST($1 AS mood)`.
#[derive(Clone, PartialEq)]
pub enum Parameter {
    /// No value.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Yes or no.
    Boolean(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An id, such as a user's.
    Uuid(Uuid),
    /// A point in time, to the microsecond.
    Moment(DateTime<Utc>),
    /// A JSON value.
    Json(Value),
}

/// Why a statement is none of a step's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOwnWrite {
    /// The placeholders are not `$1` to `$n` for `n` parameters.
    #[error(
        "its placeholders and its parameters do not agree: each of `$1` to `${parameters}` has to \
         stand in it, and no other"
    )]
    Parameters {
        /// How many parameters were given.
        parameters: usize,
    },
    /// A placeholder is written as another database has it.
    #[error("a placeholder is written `$1`, not `?`, `:name` or `@name`")]
    Placeholder,
    /// It does something else than to write, such as to end the transaction.
    #[error(
        "it has to begin with INSERT, UPDATE, DELETE, REPLACE, MERGE, SELECT or WITH, and may not \
         roll back"
    )]
    NoWrite,
    /// There are several statements in one.
    #[error("it has to be one statement: each is a write of its own")]
    Several,
    /// A quote or a comment does not end, or is one that only PostgreSQL reads.
    #[error("a quote or a comment does not end, or is none of `'…'`, `\"…\"`, `--` and `/*…*/`")]
    Quotes,
}

impl OwnWrite {
    /// A statement with placeholders `$1`, `$2` …, on both databases, and their
    /// values in that order. One may stand in it more than once.
    ///
    /// # Errors
    /// When it is no single write, or has not a value for each placeholder and
    /// a placeholder for each value.
    pub fn new(
        sql: impl Into<String>,
        parameters: impl IntoIterator<Item = Parameter>,
    ) -> Result<Self, InvalidOwnWrite> {
        let sql = sql.into();
        let parameters: Vec<Parameter> = parameters.into_iter().collect();
        let pieces = own_sql::pieces(&sql)?;
        own_sql::check(&pieces, parameters.len())?;
        Ok(Self {
            sql,
            pieces,
            parameters,
        })
    }

    /// The statement, as it was given.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The values.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The statement, cut at its placeholders.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

impl fmt::Debug for OwnWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnWrite")
            .field("sql", &self.sql)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Text(_) => "Text(..)",
            Self::Integer(_) => "Integer(..)",
            Self::Real(_) => "Real(..)",
            Self::Boolean(_) => "Boolean(..)",
            Self::Bytes(_) => "Bytes(..)",
            Self::Uuid(_) => "Uuid(..)",
            Self::Moment(_) => "Moment(..)",
            Self::Json(_) => "Json(..)",
        })
    }
}

/// Makes a kind of parameter of a type.
macro_rules! from {
    ($($from:ty => $kind:ident),+ $(,)?) => {
        $(
            impl From<$from> for Parameter {
                fn from(value: $from) -> Self {
                    Self::$kind(value.into())
                }
            }
        )+
    };
}

from! {
    &str => Text,
    String => Text,
    i64 => Integer,
    i32 => Integer,
    f64 => Real,
    bool => Boolean,
    &[u8] => Bytes,
    Vec<u8> => Bytes,
    Uuid => Uuid,
    DateTime<Utc> => Moment,
    Value => Json,
}

impl<T: Into<Self>> From<Option<T>> for Parameter {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shown_of_a_write_holds_no_value() {
        let parameters = [
            Parameter::from("s3cret"),
            Parameter::from(41_017_i64),
            Parameter::from(0.41017),
            Parameter::from(true),
            Parameter::from(&b"s3cret"[..]),
            Parameter::from(Uuid::from_u128(0x4101_7000)),
            Parameter::from(DateTime::<Utc>::MAX_UTC),
            Parameter::from(json!({"s3cret": 41017})),
            Parameter::from(None::<String>),
        ];
        let sql = "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let shown = format!("{:?}", OwnWrite::new(sql, parameters).unwrap());
        assert!(shown.contains(sql), "{shown}");
        for value in ["s3cret", "41017", "true", "262142"] {
            assert!(!shown.contains(value), "{value}: {shown}");
        }
        assert!(shown.contains("Text(..)") && shown.contains("Null"));
    }
}
