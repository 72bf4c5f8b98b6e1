//! Reads the text of a step's own statement: where its placeholders stand, and
//! whether it is one write and nothing else.

use std::collections::BTreeSet;

use super::InvalidOwnWrite;

/// What a statement may begin with. None of them ends a transaction.
const VERBS: [&str; 7] = [
    "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "SELECT", "WITH",
];

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// SQL, to be passed on as it is.
    Sql(String),
    /// The parameter of that index, from zero.
    Parameter(usize),
}

/// Makes sure that each of so many parameters is named, and no other.
pub(super) fn check(pieces: &[Piece], parameters: usize) -> Result<(), InvalidOwnWrite> {
    let named: BTreeSet<usize> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Parameter(index) => Some(*index),
            Piece::Sql(_) => None,
        })
        .collect();
    if named == (0..parameters).collect() {
        Ok(())
    } else {
        Err(InvalidOwnWrite::Parameters { parameters })
    }
}

/// Cuts a statement at its placeholders: those outside of quotes and comments.
pub(super) fn pieces(sql: &str) -> Result<Vec<Piece>, InvalidOwnWrite> {
    let verb: String = sql
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    if !VERBS.iter().any(|known| known.eq_ignore_ascii_case(&verb)) {
        return Err(InvalidOwnWrite::NoWrite);
    }
    let mut pieces = Vec::new();
    let mut text = String::new();
    // What stands outside of quotes and comments.
    let mut bare = String::new();
    let mut rest = sql;
    while let Some(next) = token(rest, text.chars().next_back())? {
        let (token, after) = rest.split_at(next.length());
        rest = after;
        match next {
            Token::Parameter { index, .. } => {
                if !text.is_empty() {
                    pieces.push(Piece::Sql(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Parameter(index));
            }
            Token::Text(_) => text.push_str(token),
        }
        bare.push_str(if token.chars().nth(1).is_none() {
            token
        } else {
            " "
        });
    }
    if words(&bare).any(|word| word.eq_ignore_ascii_case("ROLLBACK")) {
        return Err(InvalidOwnWrite::NoWrite);
    }
    if !text.is_empty() {
        pieces.push(Piece::Sql(text));
    }
    Ok(pieces)
}

/// `INSERT OR ROLLBACK` would end what SQLite commits together.
fn words(bare: &str) -> impl Iterator<Item = &str> {
    bare.split(|c| !is_word(c))
}

/// What stands next, and how many bytes it is long.
enum Token {
    Text(usize),
    Parameter { length: usize, index: usize },
}

impl Token {
    fn length(&self) -> usize {
        match self {
            Self::Text(length) | Self::Parameter { length, .. } => *length,
        }
    }
}

/// The next token; `None` at the end.
fn token(rest: &str, before: Option<char>) -> Result<Option<Token>, InvalidOwnWrite> {
    let mut chars = rest.chars();
    let Some(first) = chars.next() else {
        return Ok(None);
    };
    let second = chars.next();
    let in_word = before.is_some_and(is_word);
    Ok(Some(Token::Text(match (first, second) {
        // An escape string ends elsewhere than others do.
        ('\'', _) if matches!(before, Some('e' | 'E')) => return Err(InvalidOwnWrite::Quotes),
        ('\'' | '"' | '`', _) => through(rest, 1, first)?,
        ('-', Some('-')) => rest.find('\n').unwrap_or(rest.len()),
        ('/', Some('*')) => comment(rest)?,
        ('$', Some(digit)) if digit.is_ascii_digit() && !in_word => {
            return parameter(rest).map(Some);
        }
        // A dollar quote, which only PostgreSQL reads.
        ('$', _) if !in_word => return Err(InvalidOwnWrite::Quotes),
        ('?', _) => return Err(InvalidOwnWrite::Placeholder),
        (':' | '@', Some(name)) if is_word(name) && before != Some(':') => {
            return Err(InvalidOwnWrite::Placeholder);
        }
        (';', _) if rest.trim_end().len() > 1 => return Err(InvalidOwnWrite::Several),
        // The last one of a statement, with what follows it.
        (';', _) => rest.len(),
        _ => first.len_utf8(),
    })))
}

/// The length up to and with the closing quote. A doubled one reads as the end
/// of one quote and the start of another.
fn through(rest: &str, from: usize, quote: char) -> Result<usize, InvalidOwnWrite> {
    let end = rest.get(from..).and_then(|inside| inside.find(quote));
    end.map(|end| from + end + quote.len_utf8())
        .ok_or(InvalidOwnWrite::Quotes)
}

/// The length of a comment. One within another ends in PostgreSQL later than
/// in SQLite.
fn comment(rest: &str) -> Result<usize, InvalidOwnWrite> {
    let inside = rest.get(2..).unwrap_or_default();
    let end = inside.find("*/").ok_or(InvalidOwnWrite::Quotes)?;
    if inside.get(..end).is_some_and(|text| text.contains("/*")) {
        return Err(InvalidOwnWrite::Quotes);
    }
    Ok(end + 4)
}

/// `$1` and the like, from one.
fn parameter(rest: &str) -> Result<Token, InvalidOwnWrite> {
    let digits: String = rest
        .chars()
        .skip(1)
        .take_while(char::is_ascii_digit)
        .collect();
    let number: Option<usize> = digits.parse().ok();
    let index = number.and_then(|number| number.checked_sub(1));
    Ok(Token::Parameter {
        length: 1 + digits.len(),
        index: index.ok_or(InvalidOwnWrite::Placeholder)?,
    })
}

/// Whether a character may stand in a name.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statement as PostgreSQL gets it, with marks for the parameters.
    fn read(sql: &str) -> String {
        let pieces = pieces(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let read = pieces.iter().map(|piece| match piece {
            Piece::Sql(text) => text.clone(),
            Piece::Parameter(index) => format!("<{index}>"),
        });
        read.collect()
    }

    #[test]
    fn placeholders_are_found_where_they_are_ones() {
        for (sql, expected) in [
            (
                "INSERT INTO t VALUES ($1,$2)",
                "INSERT INTO t VALUES (<0>,<1>)",
            ),
            (
                "UPDATE t SET a=$2 WHERE b=$1 OR c=$2",
                "UPDATE t SET a=<1> WHERE b=<0> OR c=<1>",
            ),
            (
                "SELECT '$1', \"$2\", `$3`, $1",
                "SELECT '$1', \"$2\", `$3`, <0>",
            ),
            (
                "SELECT 'it''s $1', \"a\"\"$2\" || $1",
                "SELECT 'it''s $1', \"a\"\"$2\" || <0>",
            ),
            ("SELECT 1 -- $1 ' \n, $1", "SELECT 1 -- $1 ' \n, <0>"),
            ("SELECT /* $1 ' */ $1", "SELECT /* $1 ' */ <0>"),
            ("SELECT 1 -- $1", "SELECT 1 -- $1"),
            (
                "SELECT 'rollback', rollbacks",
                "SELECT 'rollback', rollbacks",
            ),
            ("SELECT a$1, $12::text", "SELECT a$1, <11>::text"),
            (
                "  insert INTO ü VALUES ($1) ; \n",
                "  insert INTO ü VALUES (<0>) ; \n",
            ),
            (
                "WITH a AS (SELECT '{\"b\": [1]}'::jsonb @> $1) SELECT 1",
                "WITH a AS (SELECT '{\"b\": [1]}'::jsonb @> <0>) SELECT 1",
            ),
        ] {
            assert_eq!(read(sql), expected);
        }
    }

    #[test]
    fn what_reads_otherwise_elsewhere_or_ends_the_transaction_is_refused() {
        use InvalidOwnWrite::{NoWrite, Placeholder, Quotes, Several};
        for (sql, expected) in [
            ("", NoWrite),
            ("COMMIT", NoWrite),
            ("ROLLBACK", NoWrite),
            ("PRAGMA foreign_keys = OFF", NoWrite),
            ("DROP TABLE users", NoWrite),
            ("INSERTED", NoWrite),
            ("INSERT or Rollback INTO t VALUES (1)", NoWrite),
            ("SELECT 1; COMMIT", Several),
            ("SELECT 1;; ", Several),
            ("INSERT INTO t VALUES (?)", Placeholder),
            ("INSERT INTO t VALUES (:name)", Placeholder),
            ("INSERT INTO t VALUES (@name)", Placeholder),
            ("INSERT INTO t VALUES ($0)", Placeholder),
            ("INSERT INTO t VALUES ($99999999999999999999)", Placeholder),
            ("SELECT $$ ; COMMIT $$", Quotes),
            ("SELECT $a$ $1 $a$", Quotes),
            ("SELECT E'\\' $1 '", Quotes),
            ("SELECT 'open $1", Quotes),
            ("SELECT /* open", Quotes),
            ("SELECT /* a /* b */ $1 */", Quotes),
        ] {
            assert_eq!(pieces(sql), Err(expected), "{sql}");
        }
    }

    #[test]
    fn each_parameter_has_a_placeholder_and_each_placeholder_a_parameter() {
        let agrees = |sql: &str, parameters| check(&pieces(sql).unwrap(), parameters);
        assert_eq!(agrees("SELECT $1, $2, $1", 2), Ok(()));
        assert_eq!(agrees("SELECT 1", 0), Ok(()));
        for (sql, parameters) in [
            ("SELECT $1", 0),
            ("SELECT $1", 2),
            ("SELECT $2", 1),
            ("SELECT $1, $3", 2),
            ("SELECT '$1'", 1),
        ] {
            let expected = InvalidOwnWrite::Parameters { parameters };
            assert_eq!(agrees(sql, parameters), Err(expected), "{sql}");
        }
    }
}
