//! Filters that definitions may use beside minijinja's own.

use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Value};
use ring::hmac;

use super::scope::to_template;

/// Makes the filters known.
pub(super) fn add_to(templates: &mut Environment<'static>) {
    templates.add_filter("before", before);
    templates.add_filter("after", after);
    templates.add_filter("last_segment", last_segment);
    templates.add_filter("unquote", unquote);
    templates.add_filter("part_first", part_first);
    templates.add_filter("part_rest", part_rest);
    templates.add_filter("host_label", host_label);
    templates.add_filter("concat", concat);
    templates.add_filter("first_value", first_value);
    templates.add_filter("skip_join", skip_join);
    templates.add_filter("urlencode", urlencode);
    templates.add_filter("from_json", from_json);
    templates.add_filter("hmac_sha256_hex", hmac_sha256_hex);
}

/// The names after a `|` in an expression, texts in quotes aside.
pub(super) fn names_in(expression: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut quote = None;
    for (at, c) in expression.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '|' => {
                let after = expression.get(at + 1..).unwrap_or_default().trim_start();
                let end = after
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(after.len());
                names.extend(after.get(..end).map(str::to_owned));
            }
            Some(_) | None => {}
        }
    }
    names
}

/// The text of a scalar; nothing for anything else.
fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_undefined() || value.is_none() => String::new(),
        None => value.to_string(),
    }
}

/// What stands before the first `mark`; all of it when there is none.
fn before(value: &Value, mark: &str) -> String {
    let text = text(value);
    text.split_once(mark)
        .map_or_else(|| text.clone(), |(before, _)| before.to_owned())
}

/// What stands after the first `mark`; nothing when there is none.
fn after(value: &Value, mark: &str) -> String {
    text(value)
        .split_once(mark)
        .map_or_else(String::new, |(_, after)| after.to_owned())
}

/// The last part of a path or URL, a trailing slash aside.
fn last_segment(value: &Value) -> String {
    let text = text(value);
    let trimmed = text.trim_end_matches('/');
    trimmed.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Percent-decodes.
fn unquote(value: &Value) -> String {
    percent_encoding::percent_decode_str(&text(value))
        .decode_utf8_lossy()
        .into_owned()
}

/// The text before the first space.
fn part_first(value: &Value) -> String {
    before(value, " ")
}

/// The text after the first space.
fn part_rest(value: &Value) -> String {
    after(value, " ")
}

/// The first label of a URL's host.
fn host_label(value: &Value) -> String {
    url::Url::parse(&text(value))
        .ok()
        .and_then(|url| url.host_str().map(|host| before(&Value::from(host), ".")))
        .unwrap_or_default()
}

/// The text with the others behind it; nothing when one of them is empty.
#[expect(clippy::needless_pass_by_value, reason = "a filter takes its rest so")]
fn concat(value: &Value, more: Rest<Value>) -> String {
    let parts: Vec<String> = std::iter::once(value)
        .chain(more.iter())
        .map(text)
        .collect();
    if parts.iter().any(String::is_empty) {
        return String::new();
    }
    parts.concat()
}

/// The first member of a list or a map; nothing of anything else.
fn first_value(value: &Value) -> Value {
    let Some(first) = value.try_iter().ok().and_then(|mut items| items.next()) else {
        return Value::UNDEFINED;
    };
    match value.kind() {
        ValueKind::Map => value.get_item(&first).unwrap_or(Value::UNDEFINED),
        ValueKind::Seq | ValueKind::Iterable => first,
        _ => Value::UNDEFINED,
    }
}

/// The texts of a list, `mark` between them, empty ones left out.
fn skip_join(value: &Value, mark: &str) -> String {
    let parts: Vec<String> = value
        .try_iter()
        .into_iter()
        .flatten()
        .map(|item| text(&item))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(mark)
}

/// Percent-encodes all but letters, digits, `-`, `.`, `_`, `~` and `/`.
fn urlencode(value: &Value) -> String {
    percent_encoding::utf8_percent_encode(&text(value), PATH).to_string()
}

const PATH: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// What a text says in JSON; anything else is left as it is.
fn from_json(value: &Value) -> Value {
    let parsed = value
        .as_str()
        .map(serde_json::from_str::<serde_json::Value>);
    match parsed {
        Some(Ok(parsed)) => to_template(&parsed),
        Some(Err(_)) => Value::UNDEFINED,
        None => value.clone(),
    }
}

/// HMAC-SHA256 of the text under `key`, in lower-case hex.
fn hmac_sha256_hex(value: &Value, key: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let tag = hmac::sign(&key, text(value).as_bytes());
    tag.as_ref().iter().fold(String::new(), |mut hex, byte| {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _written = write!(hex, "{byte:02x}");
        hex
    })
}
