//! Where something is not as a fixture says.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// Stands for a name made up where the provider gave none.
const RANDOM: &str = "<32 hex digits>";

/// One place where something else came than was expected.
pub(super) struct Finding {
    at: String,
    expected: String,
    came: String,
}

impl Finding {
    pub(super) fn new(
        at: impl Into<String>,
        expected: impl Into<String>,
        came: impl Into<String>,
    ) -> Self {
        Self {
            at: at.into(),
            expected: expected.into(),
            came: came.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, expected, came } = self;
        write!(f, "{at}: expected {expected}, came {came}")
    }
}

/// Notes every place at and below `at` where the two are not the same.
pub(super) fn differences(at: &str, expected: &Value, came: &Value, findings: &mut Vec<Finding>) {
    let (Value::Object(expected_map), Value::Object(came_map)) = (expected, came) else {
        let same = match expected.as_str() {
            Some(RANDOM) => came.as_str().is_some_and(is_random),
            _ => expected == came,
        };
        if !same {
            findings.push(Finding::new(at, expected.to_string(), came.to_string()));
        }
        return;
    };
    let keys: BTreeSet<&String> = expected_map.keys().chain(came_map.keys()).collect();
    for key in keys {
        let below = format!("{at}.{key}");
        match (expected_map.get(key), came_map.get(key)) {
            (Some(expected), Some(came)) => differences(&below, expected, came, findings),
            (Some(expected), None) => {
                findings.push(Finding::new(below, expected.to_string(), "nothing"));
            }
            (None, Some(came)) => {
                findings.push(Finding::new(below, "nothing", came.to_string()));
            }
            (None, None) => {}
        }
    }
}

fn is_random(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
