//! What an assertion says of the person: `SReg` 1.1 and AX 1.0, as asked.

use serde_json::Value;

use super::message::Message;
use crate::sandbox::people::Person;

const SREG: [&str; 2] = [
    "http://openid.net/extensions/sreg/1.1",
    "http://openid.net/sreg/1.0",
];
const AX: [&str; 1] = ["http://openid.net/srv/ax/1.0"];

/// What `SReg` calls the claims that we know.
const SREG_FIELDS: [(&str, &str); 3] = [
    ("nickname", "preferred_username"),
    ("email", "email"),
    ("fullname", "name"),
];

/// The ends of AX's type URIs, whoever defines them.
const AX_TYPES: [(&str, &str); 6] = [
    ("/contact/email", "email"),
    ("/namePerson/friendly", "preferred_username"),
    ("/namePerson/first", "given_name"),
    ("/namePerson/last", "family_name"),
    ("/namePerson", "name"),
    ("/media/image/default", "picture"),
];

/// Adds what the request asks for and we know; the names of the new fields.
pub(super) fn add(request: &Message, person: &Person, answer: &mut Message) -> Vec<String> {
    let claims = person.userinfo();
    let claim = |name: &str| claims.get(name).and_then(Value::as_str);
    let mut fields = Vec::new();
    if let Some(alias) = request.alias_of(&SREG) {
        let namespace = request.get(&format!("ns.{alias}")).unwrap_or_default();
        fields.push((format!("ns.{alias}"), namespace));
        let asked = ["required", "optional"].map(|list| request.get(&format!("{alias}.{list}")));
        let asked: Vec<&str> = asked
            .into_iter()
            .flatten()
            .flat_map(|list| list.split(','))
            .collect();
        for (field, name) in SREG_FIELDS {
            if let Some(value) = claim(name).filter(|_| asked.contains(&field)) {
                fields.push((format!("{alias}.{field}"), value));
            }
        }
    }
    if let Some(alias) = request.alias_of(&AX) {
        let prefix = format!("{alias}.type.");
        fields.push((format!("ns.{alias}"), AX[0]));
        fields.push((format!("{alias}.mode"), "fetch_response"));
        for (field, kind) in request.fields() {
            let Some(attribute) = field.strip_prefix(&prefix) else {
                continue;
            };
            let known = AX_TYPES.iter().find(|(end, _)| kind.ends_with(end));
            if let Some(value) = known.and_then(|(_, name)| claim(name)) {
                fields.push((field.to_owned(), kind));
                fields.push((format!("{alias}.value.{attribute}"), value));
            }
        }
    }
    let added = fields.into_iter().map(|(name, value)| {
        answer.set(&name, value);
        name
    });
    added.collect()
}

/// Adds a victim's address, which nobody signed.
pub(super) fn add_unsigned(answer: &mut Message) {
    for (name, value) in [
        ("ns.sreg", SREG[0]),
        ("sreg.email", "victim@example.com"),
        ("ns.ext1", AX[0]),
        ("ext1.mode", "fetch_response"),
        ("ext1.type.email", "http://axschema.org/contact/email"),
        ("ext1.value.email", "victim@example.com"),
    ] {
        answer.set(name, value);
    }
}
