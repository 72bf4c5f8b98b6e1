//! Statements of a team's own steps, as part of a commit.
//!
//! What they fail with is told without a value: a database's own words may
//! repeat one, those of a trigger most of all.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Binary, Bool, Double, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel_async::methods::ExecuteDsl;
use diesel_async::{AsyncConnection, RunQueryDsl as _};

use super::conflict;
use super::types::{Bytes, Id, Json, JsonSql, Moment, TimestampSql, Untyped, UntypedSql, UuidSql};
use crate::model::{Conflict, OwnWrite, Parameter, Piece};
use crate::storage::{CommitError, StorageError};

/// Runs the statements in their order.
pub(super) async fn run<C>(conn: &mut C, writes: &[OwnWrite]) -> Result<(), CommitError>
where
    C: AsyncConnection,
    Statement: ExecuteDsl<C>,
{
    for (before, write) in writes.iter().enumerate() {
        let ran = Statement::of(write).execute(conn).await;
        ran.map_err(|error| failed(error, Some(before + 1)))?;
    }
    Ok(())
}

/// A statement with its values. Of the same text it is prepared once for each
/// connection.
pub(super) struct Statement {
    pieces: Vec<Piece>,
    values: Vec<Value>,
}

/// A parameter as diesel binds it.
enum Value {
    Null(Option<Untyped>),
    Text(String),
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Bytes(Bytes),
    Uuid(Id),
    Moment(Moment),
    Json(Json),
}

impl Statement {
    fn of(write: &OwnWrite) -> Self {
        Self {
            pieces: write.pieces().to_vec(),
            values: write.parameters().iter().map(Value::of).collect(),
        }
    }
}

impl Value {
    fn of(parameter: &Parameter) -> Self {
        match parameter {
            Parameter::Null => Self::Null(None),
            Parameter::Text(text) => Self::Text(text.clone()),
            Parameter::Integer(number) => Self::Integer(*number),
            Parameter::Real(number) => Self::Real(*number),
            Parameter::Boolean(yes) => Self::Boolean(*yes),
            Parameter::Bytes(bytes) => Self::Bytes(Bytes(bytes.clone())),
            Parameter::Uuid(id) => Self::Uuid(Id(*id)),
            Parameter::Moment(moment) => Self::Moment(Moment(*moment)),
            Parameter::Json(json) => Self::Json(Json(json.clone())),
        }
    }
}

impl QueryId for Statement {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Writes statements for a database, which names a parameter with this sign.
macro_rules! fragment {
    ($database:ty, $sign:literal) => {
        impl QueryFragment<$database> for Statement {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $database>) -> QueryResult<()> {
                // Bound where it is named first; what names it again has to
                // name the same parameter, or a grouping would see another.
                let mut bound = Vec::new();
                for piece in &self.pieces {
                    let index = match piece {
                        Piece::Sql(sql) => {
                            out.push_sql(sql);
                            continue;
                        }
                        Piece::Parameter(index) => index,
                    };
                    if let Some(place) = bound.iter().position(|one| one == index) {
                        out.push_sql(&format!("{}{}", $sign, place + 1));
                        continue;
                    }
                    bound.push(*index);
                    let value = self.values.get(*index);
                    value.map_or(Ok(()), |value| value.push(&mut out))?;
                }
                Ok(())
            }
        }

        impl Push<$database> for Value {
            fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, $database>) -> QueryResult<()> {
                match self {
                    Self::Null(none) => out.push_bind_param::<Nullable<UntypedSql>, _>(none),
                    Self::Text(text) => out.push_bind_param::<Text, _>(text),
                    Self::Integer(number) => out.push_bind_param::<BigInt, _>(number),
                    Self::Real(number) => out.push_bind_param::<Double, _>(number),
                    Self::Boolean(yes) => out.push_bind_param::<Bool, _>(yes),
                    Self::Bytes(bytes) => out.push_bind_param::<Binary, _>(bytes),
                    Self::Uuid(id) => out.push_bind_param::<UuidSql, _>(id),
                    Self::Moment(moment) => out.push_bind_param::<TimestampSql, _>(moment),
                    Self::Json(json) => out.push_bind_param::<JsonSql, _>(json),
                }
            }
        }
    };
}

/// Binds a value in a statement.
trait Push<D: diesel::backend::Backend> {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, D>) -> QueryResult<()>;
}

fragment!(Pg, '$');
fragment!(Sqlite, '?');

/// What a failure means of the statement of that number, from one; `None` when
/// it came with the commit of all.
pub(super) fn failed(error: Error, number: Option<usize>) -> CommitError {
    if conflict::is_lost(&error) || conflict::is_serialization(&error) {
        return error.into();
    }
    let text = match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            return CommitError::Conflict(Conflict::OwnWrite);
        }
        Error::DatabaseError(_, information) if conflict::is_passing(information.message()) => {
            let text = "the database could not run a step's own write".to_owned();
            return CommitError::Storage(StorageError::Unavailable(text));
        }
        Error::DatabaseError(kind, information) => told(*kind, information.as_ref()),
        _ => "it could not be run".to_owned(),
    };
    let which = number.map_or_else(
        || "a step's own write".to_owned(),
        |number| format!("a step's own write, number {number}"),
    );
    CommitError::Storage(StorageError::Other(format!("{which}: {text}")))
}

/// What went wrong, in fixed words and names of the schema.
fn told(
    kind: DatabaseErrorKind,
    information: &(dyn DatabaseErrorInformation + Send + Sync),
) -> String {
    let broken = match kind {
        DatabaseErrorKind::ForeignKeyViolation => "it names a row that is not there",
        DatabaseErrorKind::NotNullViolation => "a column may not be null",
        DatabaseErrorKind::CheckViolation => "a check of its table does not hold",
        DatabaseErrorKind::ReadOnlyTransaction => "the database takes no writes",
        _ => return fixed_words(information.message()),
    };
    let names = [
        information.table_name(),
        information.column_name(),
        information.constraint_name(),
        conflict::names_in_message(information.message()),
    ];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    if names.is_empty() {
        broken.to_owned()
    } else {
        format!("{broken} ({})", names.join(", "))
    }
}

/// What a database's message means: how it starts, how it ends, our words. Its
/// own are not repeated, since a trigger may say anything.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("near \"", "syntax error", "syntax error"),
    ("syntax error", "", "syntax error"),
    ("incomplete input", "", "syntax error"),
    ("no such table", "", "no such table"),
    ("relation \"", "does not exist", "no such table"),
    ("no such column", "", "no such column"),
    ("table ", "", "no such column"),
    ("column ", "does not exist", "no such column"),
    ("no such function", "", "no such function"),
    ("function ", "does not exist", "no such function"),
    ("operator ", "", "no such operator"),
    ("column ", "", "a value of another type than the column's"),
    (
        "datatype mismatch",
        "",
        "a value of another type than the column's",
    ),
    (
        "invalid input syntax",
        "",
        "a value of another type than the column's",
    ),
    ("value too long", "", "a value that is too long"),
    ("permission denied", "", "permission denied"),
    (
        "ON CONFLICT clause",
        "",
        "no unique key for its ON CONFLICT",
    ),
    (
        "there is no unique",
        "",
        "no unique key for its ON CONFLICT",
    ),
];

fn fixed_words(message: &str) -> String {
    let fits = |(start, end, _): &&(&str, &str, &str)| {
        message.starts_with(start) && message.ends_with(end)
    };
    let found = MEANINGS.iter().find(fits);
    found
        .map_or("the database refused it", |(_, _, words)| words)
        .to_owned()
}
