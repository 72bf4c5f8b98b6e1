//! What a provider says of a person: Simple Registration and Attribute
//! Exchange, of each only what is signed.

use serde_json::Value as Json;

use super::message::Message;
use crate::model::JsonMap;

const SREG: [&str; 2] = [
    "http://openid.net/extensions/sreg/1.1",
    "http://openid.net/sreg/1.0",
];
const AX: &str = "http://openid.net/srv/ax/1.0";
/// What is asked for by Simple Registration.
const SREG_FIELDS: [&str; 3] = ["email", "fullname", "nickname"];
/// So many of these types are asked for: an answer with all of them is longer
/// than a URL may be, and would come as a form that no app can read.
const AX_ASKED: usize = 5;
/// Types of Attribute Exchange, and the names that they get here; of two for
/// one name the later counts.
const AX_TYPES: [(&str, &str); 8] = [
    ("http://axschema.org/contact/email", "email"),
    ("http://axschema.org/namePerson", "fullname"),
    ("http://axschema.org/namePerson/first", "first_name"),
    ("http://axschema.org/namePerson/last", "last_name"),
    ("http://axschema.org/namePerson/friendly", "nickname"),
    ("http://schema.openid.net/contact/email", "email"),
    ("http://schema.openid.net/namePerson", "fullname"),
    ("http://schema.openid.net/namePerson/friendly", "nickname"),
];

/// The parameters that ask for both.
pub(super) fn request() -> Vec<(String, String)> {
    let mut asked = vec![
        ("openid.ns.sreg".to_owned(), SREG[0].to_owned()),
        ("openid.sreg.optional".to_owned(), SREG_FIELDS.join(",")),
        ("openid.ns.ax".to_owned(), AX.to_owned()),
        ("openid.ax.mode".to_owned(), "fetch_request".to_owned()),
    ];
    let aliases: Vec<String> = (1..=AX_ASKED).map(|n| format!("a{n}")).collect();
    for (alias, (uri, _)) in aliases.iter().zip(AX_TYPES) {
        asked.push((format!("openid.ax.type.{alias}"), uri.to_owned()));
    }
    asked.push(("openid.ax.required".to_owned(), aliases.join(",")));
    asked
}

/// What is signed of both, by the names that definitions read.
pub(super) fn said(message: &Message) -> JsonMap {
    let mut said = JsonMap::new();
    for alias in aliases(message, &SREG) {
        for field in SREG_FIELDS {
            put(
                &mut said,
                field,
                message.signed(&format!("{alias}.{field}")),
            );
        }
    }
    for alias in aliases(message, &[AX]) {
        for (uri, name) in AX_TYPES {
            put(&mut said, name, exchanged(message, alias, uri));
        }
    }
    said
}

/// An empty value is none: it must not hide one that another field gives.
fn put(said: &mut JsonMap, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
        said.insert(name.to_owned(), Json::from(value));
    }
}

/// The words that stand for an extension in this message: who could exchange
/// them could make one value another.
fn aliases<'m>(message: &'m Message, uris: &[&str]) -> Vec<&'m str> {
    let given = message.iter().filter_map(|(name, value)| {
        let alias = name.strip_prefix("ns.")?;
        (uris.contains(&value) && message.is_signed(name)).then_some(alias)
    });
    given.collect()
}

/// The one value of a type; `None` when there is none, or several.
fn exchanged<'m>(message: &'m Message, extension: &str, uri: &str) -> Option<&'m str> {
    let prefix = format!("{extension}.type.");
    let alias = message.iter().find_map(|(name, value)| {
        let alias = name.strip_prefix(&prefix)?;
        (value == uri && message.is_signed(name)).then_some(alias)
    })?;
    let count = message.get(&format!("{extension}.count.{alias}"));
    match count {
        None => message.signed(&format!("{extension}.value.{alias}")),
        Some("1") if message.is_signed(&format!("{extension}.count.{alias}")) => {
            message.signed(&format!("{extension}.value.{alias}.1"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said_by(parameters: Json, unsigned: &[&str]) -> Json {
        let Json::Object(mut map) = parameters else {
            panic!("an object");
        };
        let names = map.keys().filter_map(|name| name.strip_prefix("openid."));
        let names: Vec<&str> = names.filter(|name| !unsigned.contains(name)).collect();
        let signed = names.join(",");
        map.insert("openid.signed".to_owned(), signed.into());
        Json::Object(said(&Message::of(&map).unwrap()))
    }

    fn both() -> Json {
        json!({
            "openid.ns.sreg": SREG[0], "openid.sreg.email": "ada@sreg.example",
            "openid.sreg.nickname": "ada", "openid.sreg.fullname": "Ada Lovelace",
            "openid.ns.ext1": AX, "openid.ext1.mode": "fetch_response",
            "openid.ext1.type.e": AX_TYPES[0].0, "openid.ext1.value.e": "ada@ax.example",
            "openid.ext1.type.f": AX_TYPES[2].0, "openid.ext1.count.f": "1",
            "openid.ext1.value.f.1": "Ada",
        })
    }

    #[test]
    fn both_extensions_are_read_and_what_is_exchanged_counts() {
        let expected = json!({
            "email": "ada@ax.example", "nickname": "ada", "fullname": "Ada Lovelace",
            "first_name": "Ada",
        });
        assert_eq!(said_by(both(), &[]), expected);
    }

    #[test]
    fn oid2_3_a_value_that_is_not_signed_is_ignored() {
        for (unsigned, name, left) in [
            ("sreg.nickname", "nickname", None),
            ("sreg.email", "email", Some("ada@ax.example")),
            ("ext1.value.e", "email", Some("ada@sreg.example")),
            ("ext1.type.e", "email", Some("ada@sreg.example")),
            ("ns.ext1", "email", Some("ada@sreg.example")),
            ("ns.sreg", "nickname", None),
            ("ext1.value.f.1", "first_name", None),
            ("ext1.count.f", "first_name", None),
            ("ns.ext1", "first_name", None),
        ] {
            let said = said_by(both(), &[unsigned]);
            assert_eq!(said.get(name).and_then(Json::as_str), left, "{unsigned}");
        }
    }

    #[test]
    fn an_extension_of_another_name_is_none() {
        let mut other = both();
        other["openid.ns.sreg"] = "http://sreg.example/".into();
        other["openid.ext1.count.f"] = "2".into();
        let said = said_by(other, &[]);
        assert_eq!(said, json!({"email": "ada@ax.example"}));
    }
}
