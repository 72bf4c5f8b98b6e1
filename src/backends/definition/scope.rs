//! What a definition's values may look at while one sign-in is verified.

use std::cell::OnceCell;

use minijinja::value::{DynObject, ValueKind};
use serde_json::{Number, Value};

use super::reads::{Members, Reads};
use crate::model::JsonMap;

/// The variables of a definition's values.
///
/// Built for one sign-in; of an answer templates see what they read.
pub(crate) struct Scope<'a> {
    /// All calls' answers, merged.
    pub(crate) answer: &'a Value,
    /// The credential: the access token.
    pub(crate) token: &'a str,
    /// `client`, `setting` and `scope`: fixed when the backend is built.
    pub(crate) fixed: &'a Fixed,
    /// What the client says the token endpoint said. Never identity.
    pub(crate) token_response: &'a JsonMap,
    /// Further fields of the request. Never identity.
    pub(crate) input: &'a JsonMap,
    /// What a validated ID token claims; `None` without one.
    pub(crate) claims: Option<&'a JsonMap>,
    /// The provider's discovery document; `None` until it is there.
    pub(crate) oidc: Option<&'a JsonMap>,
    /// The identity URL, or a stored uid; `None` before it is known.
    pub(crate) uid: Option<&'a str>,
    /// Parameters that a call takes beside its own.
    pub(crate) more_query: &'a [(String, String)],
    /// The answer as templates see it, when one reads all of it.
    whole_answer: OnceCell<minijinja::Value>,
}

/// What does not change from one sign-in to the next.
pub(crate) struct Fixed {
    client: minijinja::Value,
    setting: minijinja::Value,
    scope: minijinja::Value,
    /// The definition's settings, by name.
    pub(crate) settings: JsonMap,
}

impl Fixed {
    /// The variables of one backend: client id and secret, settings, scopes.
    pub(crate) fn new((key, secret): (&str, &str), settings: &JsonMap, scope: &[String]) -> Self {
        let client = minijinja::Value::from_pairs([("key", key), ("secret", secret)]);
        let scope = scope.iter().map(String::as_str).collect();
        Self {
            client,
            setting: map_to_template(settings),
            settings: settings.clone(),
            scope,
        }
    }
}

impl<'a> Scope<'a> {
    /// A scope over an answer.
    pub(crate) fn new(
        fixed: &'a Fixed,
        token: &'a str,
        answer: &'a Value,
        (token_response, input): (&'a JsonMap, &'a JsonMap),
    ) -> Self {
        Self {
            answer,
            token,
            fixed,
            token_response,
            input,
            claims: None,
            oidc: None,
            uid: None,
            more_query: &[],
            whole_answer: OnceCell::new(),
        }
    }

    /// The scope of a call that takes further parameters.
    pub(crate) fn with_query(self, more_query: &'a [(String, String)]) -> Self {
        Self { more_query, ..self }
    }

    /// The variables as a template sees them that reads these.
    pub(super) fn template_view(&self, reads: &Reads) -> minijinja::Value {
        let variables = reads.variables();
        minijinja::Value::from_pairs(
            variables.map(|(name, members)| (name, self.variable(name, members))),
        )
    }

    fn variable(&self, name: &str, members: &Members) -> minijinja::Value {
        let given = |map: &JsonMap| members_to_template(map, members);
        let known = match name {
            "user" => match (members, self.answer.as_object()) {
                (Members::These(_), Some(answer)) => Some(given(answer)),
                _ => Some(self.whole_answer()),
            },
            "token" => Some(minijinja::Value::from(self.token)),
            "client" => Some(self.fixed.client.clone()),
            "setting" => Some(self.fixed.setting.clone()),
            "scope" => Some(self.fixed.scope.clone()),
            "token_response" => Some(given(self.token_response)),
            "input" => Some(given(self.input)),
            "claims" => self.claims.map(given),
            "oidc" => self.oidc.map(given),
            "uid" => self.uid.map(minijinja::Value::from),
            _ => None,
        };
        known.unwrap_or(minijinja::Value::UNDEFINED)
    }

    fn whole_answer(&self) -> minijinja::Value {
        let view = || to_template(self.answer);
        self.whole_answer.get_or_init(view).clone()
    }
}

/// A map as a template sees it that reads these members.
fn members_to_template(map: &JsonMap, members: &Members) -> minijinja::Value {
    let Members::These(names) = members else {
        return map_to_template(map);
    };
    let given = names.iter().filter_map(|name| {
        let value = map.get(name)?;
        Some((name.as_str(), to_template(value)))
    });
    minijinja::Value::from_pairs(given)
}

fn map_to_template(map: &JsonMap) -> minijinja::Value {
    minijinja::Value::from_pairs(
        map.iter()
            .map(|(key, value)| (key.as_str(), to_template(value))),
    )
}

/// JSON as templates see it. By hand: under `arbitrary_precision` serde would
/// show a number as a map. A number beyond 128 bits becomes its exact text.
pub(super) fn to_template(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(flag) => minijinja::Value::from(*flag),
        Value::Number(number) => number_to_template(number),
        Value::String(text) => minijinja::Value::from(text.as_str()),
        Value::Array(items) => items.iter().map(to_template).collect::<Vec<_>>().into(),
        Value::Object(map) => map_to_template(map),
    }
}

fn number_to_template(number: &Number) -> minijinja::Value {
    let text = number.to_string();
    if let Ok(integer) = text.parse::<i64>() {
        return minijinja::Value::from(integer);
    }
    if let Ok(integer) = text.parse::<i128>() {
        return minijinja::Value::from(integer);
    }
    let whole = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    match number.as_f64() {
        Some(float) if !whole && float.is_finite() => minijinja::Value::from(float),
        _ => minijinja::Value::from(text),
    }
}

/// A template's result as JSON. Undefined becomes null.
pub(super) fn from_template(value: &minijinja::Value) -> Value {
    match value.kind() {
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => value
            .to_string()
            .parse::<Number>()
            .map_or(Value::Null, Value::Number),
        ValueKind::String => Value::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Seq | ValueKind::Iterable => value.try_iter().map_or(Value::Null, |items| {
            items.map(|item| from_template(&item)).collect()
        }),
        ValueKind::Map => object_to_json(value),
        _ => Value::Null,
    }
}

fn object_to_json(value: &minijinja::Value) -> Value {
    let Some(pairs) = value.as_object().and_then(DynObject::try_iter_pairs) else {
        return Value::Null;
    };
    pairs
        .map(|(key, value)| (key.to_string(), from_template(&value)))
        .collect::<JsonMap>()
        .into()
}
