//! A JSON object that can be read in one way only, told by its text beside what
//! `serde_json` makes of it.

use serde_json::{Map, Value};

/// Levels of objects and lists that are read.
const LEVELS: usize = 32;
/// Under this name `serde_json` hides a number's text from itself.
const NUMBER: &str = "$serde_json::private::Number";

/// The object; `None` where a name stands twice, where it is too deep, or none.
pub fn object(json: &[u8]) -> Option<Map<String, Value>> {
    let Value::Object(members) = serde_json::from_slice(json).ok()? else {
        return None;
    };
    let (names, levels) = names_and_levels(json);
    let again = serde_json::to_vec(&members).ok()?;
    let single = names == names_and_levels(&again).0;
    (single && levels <= LEVELS).then_some(members)
}

/// Whether a text holds the name that nothing but `serde_json` should write.
pub fn is_marked(json: &[u8]) -> bool {
    String::from_utf8_lossy(json).contains(NUMBER)
}

/// How many members all objects of a text have, and how deep it is.
fn names_and_levels(json: &[u8]) -> (usize, usize) {
    let (mut names, mut level, mut deepest) = (0, 0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b':' if !in_text => names += 1,
            b'{' | b'[' if !in_text => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !in_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    (names, deepest)
}
