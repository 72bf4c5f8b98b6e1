//! Older uids of a person: what associations were stored under before.

use std::collections::BTreeMap;

use super::file::User;
use super::known::Known;
use super::path::Path;
use super::user::uid_of;
use super::{Scope, Value};

/// `[user].legacy_id`, compiled, and where extra data may hold the uid.
pub(crate) struct LegacyId {
    sources: Vec<Source>,
    uid_keys: Vec<String>,
}

struct Source {
    value: Value,
    is_address: bool,
}

/// An older uid of a person.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct LegacyUid {
    /// The uid: opaque, compared by bytes.
    pub(crate) uid: String,
    /// Whether it is the person's address, as `[user].email` has it.
    pub(crate) is_address: bool,
}

impl LegacyId {
    /// What may not stand there is refused by `UserMapping`.
    pub(super) fn compile(
        user: &User,
        extra: &BTreeMap<String, toml::Value>,
        known: &Known,
    ) -> Result<Self, (String, String)> {
        let refuse = |reason| ("[user].legacy_id".to_owned(), reason);
        let sources = match &user.legacy_id {
            None => &[][..],
            Some(toml::Value::Array(values)) => values,
            Some(value) => std::slice::from_ref(value),
        };
        let compile = |source: &toml::Value| -> Result<Source, (String, String)> {
            let value = Value::compile(source, known).map_err(refuse)?;
            let is_address = user.email.as_ref() == Some(source);
            Ok(Source { value, is_address })
        };
        Ok(Self {
            sources: sources.iter().map(compile).collect::<Result<_, _>>()?,
            uid_keys: user
                .id
                .as_ref()
                .map(|id| uid_keys(id, extra))
                .unwrap_or_default(),
        })
    }

    /// The person's older uids, each once and none of them `uid`; what cannot
    /// be a uid is none.
    pub(crate) fn uids(&self, scope: &Scope<'_>, uid: &str) -> Vec<LegacyUid> {
        let mut found: Vec<LegacyUid> = Vec::new();
        for source in &self.sources {
            let Ok(older) = uid_of(&source.value.eval(scope), "legacy_id") else {
                continue;
            };
            match found.iter_mut().find(|known| known.uid == older) {
                // A name that looks like the address proves no address.
                Some(known) => known.is_address &= source.is_address,
                None if older == uid => {}
                None => found.push(LegacyUid {
                    uid: older,
                    is_address: source.is_address,
                }),
            }
        }
        found
    }

    /// The keys of extra data that hold the stable uid, if they are there.
    pub(crate) fn uid_keys(&self) -> &[String] {
        &self.uid_keys
    }
}

/// The uid's own key, every alias under which `[extra]` keeps the uid, and for
/// `sub` also `id`, under which older clients of OpenID Connect kept it.
fn uid_keys(id: &toml::Value, extra: &BTreeMap<String, toml::Value>) -> Vec<String> {
    let source = |entry: &toml::Value| entry.get("from").unwrap_or(entry).clone();
    let own = id
        .as_str()
        .and_then(|id| Path::parse(id).ok())
        .and_then(|path| path.single_key().map(str::to_owned));
    let holds_another = |key: &str| extra.get(key).is_some_and(|entry| source(entry) != *id);
    let also = own.as_deref() == Some("sub") && !holds_another("id");
    let aliases = extra
        .iter()
        .filter(|(_, entry)| source(entry) == *id)
        .map(|(alias, _)| alias.clone());
    let mut keys: Vec<String> = own
        .into_iter()
        .chain(also.then(|| "id".to_owned()))
        .chain(aliases)
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::backends::definition::{Definition, DefinitionError, Fixed};
    use crate::model::JsonMap;

    fn definition(user: &str, extra: &str) -> Result<Definition, DefinitionError> {
        let text = format!(
            "name = \"example\"\ntitle = \"Example\"\nprotocol = \"oauth2\"\n\
             [[call]]\nurl = \"https://api.example/user\"\n[user]\n{user}\n[extra]\n{extra}\n"
        );
        Definition::parse("example.toml", &text)
    }

    fn found(user: &str, answer: &Json) -> Vec<(String, bool)> {
        let definition = definition(user, "").unwrap();
        let fixed = Fixed::new(("", ""), &JsonMap::new(), &[]);
        let nothing = JsonMap::new();
        let scope = Scope::new(&fixed, "", answer, (&nothing, &nothing));
        let reading = definition.readings.under(&JsonMap::new()).unwrap();
        let uids = reading.legacy.uids(&scope, "1");
        uids.into_iter()
            .map(|found| (found.uid, found.is_address))
            .collect()
    }

    #[test]
    fn each_value_of_a_list_is_an_older_uid() {
        let user = "id = \"id\"\nemail = \"mail\"\nlegacy_id = [\"login\", \"mail\", \"old\"]";
        let answer = json!({"id": 1, "login": "Octo", "mail": "o@example.com", "old": 7});
        let expected = [
            ("Octo".to_owned(), false),
            ("o@example.com".to_owned(), true),
            ("7".to_owned(), false),
        ];
        assert_eq!(found(user, &answer), expected);
    }

    #[test]
    fn what_is_no_uid_or_is_the_uid_itself_is_no_older_one() {
        let user = "id = \"id\"\nlegacy_id = \"old\"";
        for old in [
            json!(null),
            json!(""),
            json!(true),
            json!([7]),
            json!({"a": 7}),
            json!("None"),
            json!("null"),
            json!("undefined"),
            json!("a\0b"),
            json!("x".repeat(256)),
            json!("1"),
            json!(1),
        ] {
            assert_eq!(found(user, &json!({"id": 1, "old": old})), [], "{old}");
        }
        assert_eq!(found(user, &json!({"id": 1})), []);
        assert_eq!(found("id = \"id\"", &json!({"id": 1})), []);
    }

    #[test]
    fn a_name_that_looks_like_the_address_is_no_address() {
        let both = json!({"login": "o@example.com", "mail": "o@example.com"});
        for legacy in ["[\"login\", \"mail\"]", "[\"mail\", \"login\"]"] {
            let user = format!("id = \"id\"\nemail = \"mail\"\nlegacy_id = {legacy}");
            assert_eq!(found(&user, &both), [("o@example.com".to_owned(), false)]);
        }
    }

    #[test]
    fn a_client_may_not_say_its_older_uid() {
        for value in [
            "\"{{ input.id }}\"",
            "[\"login\", \"{{ token_response.id }}\"]",
        ] {
            let user = format!("id = \"id\"\nlegacy_id = {value}");
            let refused = definition(&user, "").err().unwrap().to_string();
            let expected = "example.toml: [user].legacy_id: a client may not say";
            assert!(refused.starts_with(expected), "{refused}");
        }
        let refused = definition("id = \"id\"\nlegacy_id = 7", "").err().unwrap();
        assert_eq!(refused.key, "[user].legacy_id");
    }

    #[test]
    fn the_uid_is_looked_for_where_it_may_be_kept() {
        for (id, extra, expected) in [
            ("\"id\"", "", &["id"][..]),
            ("\"id\"", "user_id = \"id\"", &["id", "user_id"]),
            ("\"sub\"", "", &["id", "sub"]),
            ("\"sub\"", "id = \"number\"", &["sub"]),
            ("\"sub\"", "id = { from = \"sub\" }", &["id", "sub"]),
            ("\"data.id\"", "", &[]),
            (
                "\"data.id\"",
                "id = { from = \"data.id\", skip_empty = true }",
                &["id"],
            ),
            ("[\"a\", \"b\"]", "a = \"a\"\nc = [\"a\", \"b\"]", &["c"]),
        ] {
            let definition = definition(&format!("id = {id}"), extra).unwrap();
            let reading = definition.readings.under(&JsonMap::new()).unwrap();
            assert_eq!(reading.legacy.uid_keys(), expected, "{id} {extra}");
        }
    }
}
