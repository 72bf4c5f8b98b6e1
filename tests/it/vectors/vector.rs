//! A vector as it is written, and played to a server.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::providers::fixture::Fixture;
use crate::providers::world::World;
use crate::support::internet::Answer;

#[derive(Deserialize)]
pub(super) struct Vectors {
    pub(super) cases: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vector {
    pub(super) name: String,
    pub(super) case: String,
    pub(super) settings: BTreeMap<String, String>,
    /// Further fields of the request.
    pub(super) input: BTreeMap<String, Value>,
    /// A text, or OAuth 1's pair.
    pub(super) access_token: Value,
    pub(super) token_response: Value,
    pub(super) exchanges: Vec<Exchanged>,
    pub(super) expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchanged {
    request: Asked,
    response: Answered,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    method: String,
    url: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    form: BTreeMap<String, String>,
    oauth1_signed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) uid: String,
    pub(super) details: BTreeMap<String, Option<String>>,
    pub(super) extra_data: BTreeMap<String, Value>,
}

impl Vector {
    /// What is posted for it.
    pub(super) fn body(&self) -> Value {
        let mut body = json!(self.input);
        body["provider"] = json!(self.name);
        if let Some(token) = self.access_token.get("oauth_token") {
            body["access_token"] = token.clone();
            body["access_token_secret"] = self.access_token["oauth_token_secret"].clone();
        } else {
            body["access_token"] = self.access_token.clone();
            body["token_response"] = self.token_response.clone();
        }
        body
    }

    /// Uid, details, extra data and requests, in the form that is compared.
    pub(super) fn expected(&self) -> Value {
        let mut details = json!(self.expect.details);
        details["username"] = json!(cleaned(details["username"].as_str().unwrap()));
        let requests: BTreeMap<String, Value> = self
            .exchanges
            .iter()
            .map(|Exchanged { request, .. }| {
                assert!(request.form.is_empty());
                let mut headers: BTreeMap<String, String> = request
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_lowercase(), value.clone()))
                    .collect();
                if request.oauth1_signed {
                    headers.insert("authorization".to_owned(), "<signed>".to_owned());
                }
                (
                    format!("{} {}", request.method, request.url),
                    json!({"query": request.query, "headers": headers}),
                )
            })
            .collect();
        json!({
            "uid": self.expect.uid,
            "details": details,
            "extra_data": self.expect.extra_data,
            "requests": requests,
        })
    }

    /// Lets the provider answer as the vector says, and say that the token
    /// is ours, which no vector knows of.
    pub(super) fn play(&self, world: &World, fixture: &Fixture, uid: &str) {
        if let Some(binding) = fixture.full().binding() {
            let known = fixture.full().expect.uid.as_deref().unwrap();
            let answer = about(&binding.answer.json, known, uid);
            world.answer(binding, Answer::json(200, &answer));
        }
        for Exchanged { request, response } in &self.exchanges {
            let url = request.url.strip_prefix("https://").unwrap();
            let (host, path) = url.split_once('/').unwrap();
            assert!(response.headers.is_empty());
            let answer = Answer::new(response.status, "application/json", &*response.body);
            world
                .internet
                .on(&request.method, host, &format!("/{path}"), answer);
        }
    }
}

/// The first cleaning of a username: what is no letter, digit or `_.@+-` goes.
fn cleaned(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_.@+-".contains(*c))
        .collect()
}

/// A binding answer with another subject in it.
fn about(answer: &Value, known: &str, uid: &str) -> Value {
    match answer {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), about(value, known, uid)))
            .collect(),
        Value::String(text) if text == known => json!(uid),
        Value::Number(number) if number.to_string() == known => json!(uid),
        other => other.clone(),
    }
}
