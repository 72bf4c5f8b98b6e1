//! Plain paths into a provider's answer: `id`, `emails[0].value`, `"odd key".x`.

use serde_json::Value;

/// A path, resolved on the JSON itself, so that numbers keep their exact text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
}

impl Path {
    /// Reads a path; `Err` says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            let (segment, after) = key(rest, text)?;
            segments.push(Segment::Key(segment));
            rest = after;
            while let Some(inside) = rest.strip_prefix('[') {
                let (number, after) = inside
                    .split_once(']')
                    .ok_or_else(|| format!("`{text}`: a `[` without its `]`"))?;
                let index = number
                    .parse()
                    .map_err(|_not_a_number| format!("`{text}`: `[{number}]` is no index"))?;
                segments.push(Segment::Index(index));
                rest = after;
            }
            if rest.is_empty() {
                return Ok(Self(segments));
            }
            rest = rest
                .strip_prefix('.')
                .ok_or_else(|| format!("`{text}`: expected `.` before `{rest}`"))?;
        }
    }

    /// What stands at the path; `None` when nothing does.
    pub(crate) fn find<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.0
            .iter()
            .try_fold(root, |value, segment| match segment {
                Segment::Key(key) => value.get(key),
                Segment::Index(index) => value.get(index),
            })
    }

    /// The key of the answer that the path begins with.
    pub(crate) fn first_key(&self) -> &str {
        match self.0.first() {
            Some(Segment::Key(key)) => key,
            _ => "",
        }
    }

    /// The key, when the path is just one key of the answer.
    pub(crate) fn single_key(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Segment::Key(key)] => Some(key),
            _ => None,
        }
    }
}

/// Takes a key off the front: bare, or in double quotes.
fn key<'t>(rest: &'t str, whole: &str) -> Result<(String, &'t str), String> {
    if let Some(quoted) = rest.strip_prefix('"') {
        let (key, after) = quoted
            .split_once('"')
            .ok_or_else(|| format!("`{whole}`: a quote is not closed"))?;
        return Ok((key.to_owned(), after));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (key, after) = rest.split_at(end);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@' | ':' | '/');
    if key.is_empty() || !key.chars().all(plain) {
        return Err(format!(
            "`{whole}`: `{key}` is no key (put odd keys in double quotes)"
        ));
    }
    Ok((key.to_owned(), after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_walks_keys_and_indexes_and_keeps_big_numbers() {
        let answer: Value =
            serde_json::from_str(r#"{"a":{"odd key":[{"n":123456789012345678901234567890}]}}"#)
                .unwrap();
        let path = Path::parse(r#"a."odd key"[0].n"#).unwrap();
        assert_eq!(
            path.find(&answer).unwrap().to_string(),
            "123456789012345678901234567890"
        );
        assert_eq!(Path::parse("a.b[3]").unwrap().find(&answer), None);
        assert_eq!(Path::parse("id").unwrap().find(&json!([1])), None);
    }

    #[test]
    fn a_wrong_path_says_what_is_wrong() {
        for (path, part) in [
            ("", "is no key"),
            ("a..b", "is no key"),
            ("a[x]", "is no index"),
            ("a[0", "without its"),
            ("a[0]b", "expected `.`"),
            ("\"a", "not closed"),
            ("a b", "double quotes"),
        ] {
            let error = Path::parse(path).unwrap_err();
            assert!(error.contains(part), "{path}: {error}");
        }
    }
}
