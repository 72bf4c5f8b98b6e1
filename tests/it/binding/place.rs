//! Places in an answer: `id`, `app.client_id`, `data[0]."odd key"`.

use serde_json::Value;

/// The keys and indexes of a path, in their order.
fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.trim_start_matches('.');
        let (segment, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.split_once('"').unwrap()
        } else if let Some(index) = rest.strip_prefix('[') {
            index.split_once(']').unwrap()
        } else {
            rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()))
        };
        segments.push(segment.to_owned());
        rest = after;
    }
    segments
}

fn at<'v>(answer: &'v mut Value, segments: &[String]) -> Option<&'v mut Value> {
    segments
        .iter()
        .try_fold(answer, |value, segment| match value {
            Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?),
            other => other.get_mut(segment),
        })
}

/// What stands there; null for nothing.
pub(super) fn get(answer: &Value, path: &str) -> Value {
    let mut answer = answer.clone();
    at(&mut answer, &segments(path))
        .cloned()
        .unwrap_or_default()
}

/// Puts a value in place of the one that stands there.
pub(super) fn put(answer: &mut Value, path: &str, value: Value) {
    let place = at(answer, &segments(path));
    *place.unwrap_or_else(|| panic!("{path} is in the good answer")) = value;
}

/// Takes away what stands there.
pub(super) fn remove(answer: &mut Value, path: &str) {
    let mut segments = segments(path);
    let last = segments.pop().unwrap();
    let removed = match at(answer, &segments).unwrap() {
        Value::Array(items) => Some(items.remove(last.parse().unwrap())),
        other => other.as_object_mut().unwrap().remove(&last),
    };
    assert!(removed.is_some(), "{path} is in the good answer");
}
