//! What a provider must not say of a token: derived from `[audience]`.

use serde_json::{Value, json};

use super::place::{get, put, remove};
use crate::providers::fixture::{self, Case, Exchange, Fixture, Purpose};
use crate::support::internet::Answer;

/// A provider that tells whose a token is: when it is asked, or in the
/// profile itself.
pub(super) struct Introspection {
    pub(super) fixture: Fixture,
    /// Which of the first case's exchanges tells it.
    index: usize,
    /// Paths from the top of the answer.
    equals: Vec<(String, toml::Value)>,
    /// `None` where the answer names nobody.
    subject: Option<String>,
    expires: Option<String>,
    /// Our client secret goes along: a 401 is then about us.
    pub(super) shows_our_secret: bool,
}

/// Where an answer differs from the good one, and the answer.
pub(super) type Wrong = (String, Answer);

impl Introspection {
    /// All of the shipped ones that take an access token.
    pub(super) fn all() -> Vec<Self> {
        let all = Fixture::all_posted().into_iter();
        all.filter(|fixture| ["introspect", "profile"].contains(&fixture.binding.kind.as_str()))
            .map(Self::of)
            .collect()
    }

    fn of(fixture: Fixture) -> Self {
        let audience = fixture::audience(&fixture.name);
        let text = |key: &str| audience.get(key).and_then(|value| value.as_str());
        let equals = audience["equals"].as_table().unwrap();
        let first = equals.keys().next().unwrap();
        let (index, below) = match text("kind") {
            Some("profile") => in_profile(fixture.full(), first),
            _ => (asked(fixture.full()), text("pick").map(str::to_owned)),
        };
        let is_profile = text("kind") == Some("profile");
        let whole = |path: &str| match &below {
            Some(into) if is_profile => path.strip_prefix(into).unwrap_or(path).to_owned(),
            Some(pick) => format!("{pick}.{path}"),
            None => path.to_owned(),
        };
        Self {
            index,
            equals: equals
                .iter()
                .map(|(path, expected)| (whole(path), expected.clone()))
                .collect(),
            subject: text("subject").map(whole),
            expires: text("expires").map(whole),
            shows_our_secret: audience.contains_key("client")
                || toml::to_string(&audience)
                    .unwrap()
                    .contains("client.secret"),
            fixture,
        }
    }

    /// The call that tells whose the token is.
    pub(super) fn exchange(&self) -> &Exchange {
        &self.fixture.full().exchanges[self.index]
    }

    /// Whether a field must be one of our client ids.
    pub(super) fn names_client(&self) -> bool {
        self.equals
            .iter()
            .any(|(_, expected)| is_client_id(expected))
    }

    /// The good answer, but issued to this client.
    pub(super) fn issued_to(&self, client_id: Value) -> Answer {
        let is_id = |(_, expected): &&(String, toml::Value)| is_ours(expected);
        let (path, _) = self.equals.iter().find(is_id).unwrap();
        self.answer(&self.with(path, client_id))
    }

    /// Every answer after which nobody may come in.
    pub(super) fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        for (path, expected) in &self.equals {
            let values = match expected.as_str() {
                Some(text) if is_ours(expected) => not_client_id(&self.set(text)),
                _ => not_exactly(expected),
            };
            wrong.extend(self.each(path, values));
        }
        if let Some(subject) = &self.subject {
            let values = not_subject(&get(&self.good(), subject));
            wrong.extend(self.each(subject, values));
        }
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
            .map(|value| {
                let name = format!("{path} = {value}");
                (name, self.answer(&self.with(path, value)))
            })
            .collect();
        let mut without = self.good();
        remove(&mut without, path);
        wrong.push((format!("no {path}"), self.answer(&without)));
        if let Some((parent, _)) = path.rsplit_once('.') {
            let key = &self.set("{{ client.key }}");
            for value in [json!(null), json!(key), json!([get(&self.good(), parent)])] {
                let name = format!("{parent} = {value}");
                wrong.push((name, self.answer(&self.with(parent, value))));
            }
        }
        wrong
    }

    /// What a template of `equals` comes to by the fixture's settings.
    fn set(&self, template: &str) -> String {
        let name = match template.split_once("setting.") {
            Some((_, rest)) => rest.trim_end_matches([' ', '}']).to_uppercase(),
            None => "KEY".to_owned(),
        };
        let settings = self.fixture.settings_of(self.fixture.full());
        settings
            .get(&name)
            .unwrap_or_else(|| panic!("{}: the fixture sets no {name}", self.fixture.name))
            .clone()
    }

    /// What the good answer says, out of JSONP too.
    fn good(&self) -> Value {
        let given = &self.exchange().answer;
        match &given.text {
            None => given.json.clone(),
            Some(text) => serde_json::from_str(inside(text)).unwrap(),
        }
    }

    fn with(&self, path: &str, value: Value) -> Value {
        let mut answer = self.good();
        put(&mut answer, path, value);
        answer
    }

    /// That, said as the provider says it.
    fn answer(&self, said: &Value) -> Answer {
        match &self.exchange().answer.text {
            None => Answer::json(200, said),
            Some(text) => Answer::text(200, &text.replace(inside(text), &said.to_string())),
        }
    }
}

/// The object in a text around it.
fn inside(text: &str) -> &str {
    let (start, end) = (text.find('{').unwrap(), text.rfind('}').unwrap());
    &text[start..=end]
}

fn asked(case: &Case) -> usize {
    let mut exchanges = case.exchanges.iter();
    exchanges
        .position(|exchange| exchange.purpose == Purpose::Binding)
        .unwrap()
}

/// Which profile answer holds the path, and what stands before it there.
fn in_profile(case: &Case, path: &str) -> (usize, Option<String>) {
    let holds = |exchange: &Exchange, path: &str| {
        let text = exchange.answer.body();
        let start = text.find('{').unwrap_or(text.len());
        let end = text.rfind('}').map_or(start, |end| end + 1);
        let said: Option<Value> = serde_json::from_str(&text[start..end]).ok();
        said.is_some_and(|said| !get(&said, path).is_null())
    };
    let exchanges = || case.exchanges.iter();
    if let Some(index) = exchanges().position(|exchange| holds(exchange, path)) {
        return (index, None);
    }
    let (into, rest) = path.split_once('.').expect("a path into the profile");
    let index = exchanges().position(|exchange| holds(exchange, rest));
    (index.unwrap(), Some(format!("{into}.")))
}

fn is_client_id(expected: &toml::Value) -> bool {
    expected.as_str() == Some("{{ client.key }}")
}

/// A client id, or a setting in its place.
fn is_ours(expected: &toml::Value) -> bool {
    expected
        .as_str()
        .is_some_and(|text| text.starts_with("{{") && text.ends_with("}}"))
}

fn not_client_id(key: &str) -> Vec<Value> {
    let upper = key.to_uppercase();
    let other_case = (upper != key).then(|| json!(upper));
    let mut wrong = vec![
        json!("another-app"),
        json!(format!("{key}2")),
        json!(format!("{key} ")),
        json!(key[..key.len() - 1]),
        json!(""),
        json!(null),
        json!(true),
        json!(7),
        json!([key]),
        json!({ key: key }),
    ];
    wrong.extend(other_case);
    wrong
}

fn not_exactly(expected: &toml::Value) -> Vec<Value> {
    let text = expected
        .as_str()
        .map_or(expected.to_string(), str::to_owned);
    let mut values = vec![
        json!(null),
        json!(""),
        json!("another"),
        json!(-1),
        json!(2),
        json!(false),
        json!([text]),
        json!({}),
    ];
    match expected {
        // The word for it is another type.
        toml::Value::Boolean(_) => values.push(json!(text)),
        toml::Value::String(_) if text.to_lowercase() != text => {
            values.push(json!(text.to_lowercase()));
        }
        _ => {}
    }
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
