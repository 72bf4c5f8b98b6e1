//! What a binding answer must not say: derived from `[audience]`.

use serde_json::{Value, json};

use crate::providers::fixture::{self, Exchange, Fixture};

/// A provider that is asked whose a token is.
pub(super) struct Introspection {
    pub(super) fixture: Fixture,
    /// Paths from the top of the answer.
    equals: Vec<(String, toml::Value)>,
    subject: String,
    expires: Option<String>,
    /// Our client secret goes along: a 401 is then about us.
    pub(super) shows_our_secret: bool,
}

/// Where an answer differs from the good one, and the answer.
pub(super) type Wrong = (String, Value);

impl Introspection {
    /// All of the shipped ones.
    pub(super) fn all() -> Vec<Self> {
        Fixture::all()
            .into_iter()
            .filter(|fixture| fixture.binding.kind == "introspect")
            .map(Self::of)
            .collect()
    }

    fn of(fixture: Fixture) -> Self {
        let audience = fixture::audience(&fixture.name);
        let text = |key: &str| audience.get(key).and_then(|value| value.as_str());
        let below = |path: &str| match text("pick") {
            Some(pick) => format!("{pick}.{path}"),
            None => path.to_owned(),
        };
        let equals = audience["equals"].as_table().unwrap();
        Self {
            equals: equals
                .iter()
                .map(|(path, expected)| (below(path), expected.clone()))
                .collect(),
            subject: below(text("subject").unwrap()),
            expires: text("expires").map(below),
            shows_our_secret: audience.contains_key("client")
                || toml::to_string(&audience)
                    .unwrap()
                    .contains("client.secret"),
            fixture,
        }
    }

    /// The call that asks.
    pub(super) fn exchange(&self) -> &Exchange {
        self.fixture.full().binding().unwrap()
    }

    /// The good answer, but issued to this client.
    pub(super) fn issued_to(&self, client_id: Value) -> Value {
        let mut equals = self.equals.iter();
        let (path, _) = equals.find(|(_, expected)| is_client_id(expected)).unwrap();
        self.with(path, client_id)
    }

    /// Every answer after which nobody may come in.
    pub(super) fn wrong(&self) -> Vec<Wrong> {
        let key = &self.fixture.settings["KEY"];
        let mut wrong = Vec::new();
        for (path, expected) in &self.equals {
            let values = if is_client_id(expected) {
                not_client_id(key)
            } else {
                not_exactly(expected)
            };
            wrong.extend(self.each(path, values));
        }
        let subject = self.get(&self.subject);
        wrong.extend(self.each(&self.subject, not_subject(&subject)));
        if let Some(expires) = &self.expires {
            wrong.extend(self.each(expires, not_alive()));
        }
        wrong
    }

    /// The good answer with each of the values at the path, without it, and
    /// with something else where it would stand in.
    fn each(&self, path: &str, values: Vec<Value>) -> Vec<Wrong> {
        let mut wrong: Vec<Wrong> = values
            .into_iter()
            .map(|value| (format!("{path} = {value}"), self.with(path, value)))
            .collect();
        let mut without = self.good();
        let (parent, name) = match path.rsplit_once('.') {
            Some((parent, name)) => (at(&mut without, parent), name),
            None => (&mut without, path),
        };
        let removed = parent.as_object_mut().unwrap().remove(name);
        assert!(removed.is_some(), "{path} is in the good answer");
        wrong.push((format!("no {path}"), without));
        if let Some((parent, _)) = path.rsplit_once('.') {
            let key = &self.fixture.settings["KEY"];
            for value in [json!(null), json!(key), json!([self.get(parent)])] {
                wrong.push((format!("{parent} = {value}"), self.with(parent, value)));
            }
        }
        wrong
    }

    fn good(&self) -> Value {
        self.exchange().answer.json.clone()
    }

    fn get(&self, path: &str) -> Value {
        at(&mut self.good(), path).clone()
    }

    fn with(&self, path: &str, value: Value) -> Value {
        let mut answer = self.good();
        *at(&mut answer, path) = value;
        answer
    }
}

fn is_client_id(expected: &toml::Value) -> bool {
    expected.as_str() == Some("{{ client.key }}")
}

fn at<'v>(answer: &'v mut Value, path: &str) -> &'v mut Value {
    path.split('.').fold(answer, |value, key| {
        value
            .get_mut(key)
            .unwrap_or_else(|| panic!("{path} is not in the fixture's binding answer"))
    })
}

fn not_client_id(key: &str) -> Vec<Value> {
    vec![
        json!("another-app"),
        json!(format!("{key}2")),
        json!(format!("{key} ")),
        json!(key[..key.len() - 1]),
        json!(key.to_uppercase()),
        json!(""),
        json!(null),
        json!(true),
        json!(7),
        json!([key]),
        json!({ key: key }),
    ]
}

fn not_exactly(expected: &toml::Value) -> Vec<Value> {
    let text = expected
        .as_str()
        .map_or(expected.to_string(), str::to_owned);
    let mut values = vec![
        json!(null),
        json!(""),
        json!("another"),
        json!(0),
        json!(1),
        json!(false),
        json!([text]),
        json!({}),
    ];
    values.push(match expected {
        // The word for it is another type.
        toml::Value::Boolean(_) => json!(text),
        _ => json!(text.to_lowercase()),
    });
    values
}

fn not_subject(subject: &Value) -> Vec<Value> {
    vec![
        json!("somebody-else"),
        json!(7),
        json!(null),
        json!(""),
        json!(true),
        json!([subject]),
        json!({ "id": subject }),
    ]
}

fn not_alive() -> Vec<Value> {
    vec![
        json!(978_307_200),
        json!("978307200"),
        json!("2001-01-01T00:00:00.000000+00:00"),
        json!(-1),
        json!(0),
        json!("soon"),
        json!(""),
        json!(null),
        json!(true),
        json!([4_070_908_800_u64]),
    ]
}
