//! Every shipped definition, whatever the answer: a person or a refusal.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sociable::backends::{Backend, BackendError, Catalogue, Mapping};
use sociable::model::ClientInput;

use super::answers::{answer, leaf, members_of};
use super::{backend, may_be_uid};

/// A definition, and the words by which it reads an answer.
struct Defined {
    name: String,
    backend: Arc<dyn Backend>,
    words: Vec<String>,
    /// The path of the uid, where it is a plain one and stands alone.
    uid: Option<Vec<String>>,
    /// Whether fields must be there beside the uid.
    requires: bool,
}

impl Defined {
    fn all() -> Vec<Self> {
        let (catalogue, errors) = Catalogue::read(&[], None);
        assert!(errors.is_empty(), "{errors:?}");
        let all: Vec<Self> = catalogue
            .iter()
            .map(|entry| {
                let file: toml::Table = toml::from_str(&entry.text).unwrap();
                let mut words = BTreeSet::from(["id".to_owned()]);
                for table in ["user", "extra"] {
                    words_in(file.get(table), &mut words);
                }
                Self {
                    name: entry.name.clone(),
                    backend: backend(entry),
                    words: words.into_iter().collect(),
                    uid: uid_path(&file),
                    requires: file["user"].get("require").is_some(),
                }
            })
            .collect();
        assert!(all.len() > 250);
        all
    }

    fn map(&self, answer: &Map<String, Value>) -> Result<Mapping, BackendError> {
        let input = ClientInput::default();
        self.backend
            .map_claims((answer, None), &input, DateTime::UNIX_EPOCH)
    }
}

/// All names in the values of a table.
fn words_in(value: Option<&toml::Value>, words: &mut BTreeSet<String>) {
    match value {
        Some(toml::Value::String(text)) => {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | ':' | '/');
            let parts = text.split(|c| !plain(c));
            words.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
        }
        Some(toml::Value::Array(items)) => {
            for item in items {
                words_in(Some(item), words);
            }
        }
        Some(toml::Value::Table(table)) => {
            for (_, value) in table {
                words_in(Some(value), words);
            }
        }
        _ => {}
    }
}

/// `[user].id`, when it is keys with dots between them and no setting changes it.
fn uid_path(file: &toml::Table) -> Option<Vec<String>> {
    let id = file["user"].get("id")?.as_str()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let fits = id.chars().all(plain) && !file.contains_key("option");
    fits.then(|| id.split('.').map(str::to_owned).collect())
}

/// An answer with this value where the uid stands, and nothing else.
fn with_uid(path: &[String], uid: &Value) -> Map<String, Value> {
    let whole = path
        .iter()
        .rev()
        .fold(uid.clone(), |below, key| json!({ key: below }));
    whole.as_object().unwrap().clone()
}

/// What a value comes to as a uid: its exact text, or the refusal's name.
fn expected(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Null => Err("missing"),
        Value::String(text) if text.is_empty() => Err("missing"),
        Value::String(text) if text.contains('\0') => Err("malformed"),
        Value::String(text) if may_be_uid(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err("invalid"),
    }
}

fn kind(error: &BackendError) -> &'static str {
    match error {
        BackendError::MissingClaim { .. } => "missing",
        BackendError::InvalidClaim { .. } => "invalid",
        BackendError::MalformedResponse => "malformed",
        _ => "another",
    }
}

/// Templates, paths and lists, over lists, nulls and texts where maps should be.
#[test]
fn no_shape_of_an_answer_makes_a_definition_panic_or_name_nobody() {
    let all = Defined::all();
    let people = Cell::new(0_u32);
    proptest!(ProptestConfig::with_cases(96), |(answer in answer(), named in any::<bool>())| {
        for defined in &all {
            let mut answer = members_of(&answer, &defined.words);
            if let (true, Some(path)) = (named, &defined.uid) {
                answer.extend(with_uid(path, &json!(7)));
            }
            match defined.map(&answer) {
                Ok(mapping) => {
                    prop_assert!(may_be_uid(&mapping.uid), "{}: {:?}", defined.name, mapping.uid);
                    let kept = &mapping.extra_data;
                    prop_assert!(kept.contains_key("auth_time"), "{}", defined.name);
                    people.set(people.get() + 1);
                }
                Err(error) => {
                    prop_assert_ne!(kind(&error), "another", "{}: {}", &defined.name, error);
                }
            }
        }
    });
    assert!(
        people.get() > 1000,
        "answers that name somebody are among them"
    );
}

#[test]
fn a_uid_is_the_exact_text_of_its_value_or_none_at_all() {
    let all = Defined::all();
    let plain = all.iter().filter(|defined| defined.uid.is_some()).count();
    assert!(
        plain > 150,
        "most definitions name the uid by a path: {plain}"
    );
    proptest!(ProptestConfig::with_cases(128), |(uid in leaf())| {
        for defined in &all {
            let Some(path) = &defined.uid else { continue };
            match (expected(&uid), defined.map(&with_uid(path, &uid))) {
                (Ok(text), Ok(mapping)) => prop_assert_eq!(mapping.uid, text, "{}", &defined.name),
                (Err(wanted), Err(error)) if !defined.requires => {
                    prop_assert_eq!(kind(&error), wanted, "{}", &defined.name);
                }
                (_, Err(_)) if defined.requires => {}
                (wanted, got) => {
                    prop_assert!(false, "{}: {:?}, {:?}", defined.name, wanted, got);
                }
            }
        }
    });
}
