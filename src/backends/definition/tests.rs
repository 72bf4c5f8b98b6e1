//! Definitions: what is refused at load, and what values come to.

mod engine;
mod refused;

use serde_json::{Value as Json, json};

use super::*;
use crate::backends::BackendError;
use crate::model::JsonMap;

const WHOLE: &str = r#"
name = "example"
title = "Example"
protocol = "oauth2"
[[call]]
url = "https://api.example/user"
[user]
id = "id"
"#;

fn refused(text: &str) -> String {
    Definition::parse("example.toml", text)
        .err()
        .map_or_else(|| panic!("accepted:\n{text}"), |error| error.to_string())
}

fn changed(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from}");
    WHOLE.replace(from, to)
}

#[test]
fn a_wrong_file_is_refused_by_file_key_and_reason() {
    for (text, expected) in wrong_users().into_iter().chain(wrong_calls()) {
        let error = refused(&text);
        assert!(error.contains(expected), "{error}\n  lacks {expected}");
    }
}

fn wrong_users() -> Vec<(String, &'static str)> {
    vec![
        (
            changed("title", "titel"),
            "example.toml: titel: line 3: unknown key, the nearest known is `title`",
        ),
        (changed("oauth2", "oauth3"), "unknown variant `oauth3`"),
        (
            changed("[user]\nid = \"id\"\n", ""),
            "example.toml: [user].id: is needed",
        ),
        (
            changed("id = \"id\"", "id = \"a..b\""),
            "example.toml: [user].id: `a..b`",
        ),
        (
            changed("id = \"id\"", "id = 7"),
            "[user].id: expected a path, a list or a template, not a integer",
        ),
        (
            changed("id = \"id\"", "id = \"{{ user.id | upcase }}\""),
            "no filter is called `upcase`",
        ),
        (
            changed("id = \"id\"", "id = \"{{ usr.id }}\""),
            "no variable is called `usr`",
        ),
        (
            changed("id = \"id\"", "id = \"{{ user.id \""),
            "without its `}}`",
        ),
        (changed("id = \"id\"", "id = \"{{ user. }}\""), "[user].id"),
        (
            changed("id = \"id\"", "id = \"{{ token_response.id }}\""),
            "a client may not say who it is",
        ),
        (
            changed(
                "id = \"id\"",
                "id = \"id\"\nemail_verified = \"{{ input.email_verified }}\"",
            ),
            "[user].email_verified: a client may not say who it is",
        ),
        (
            changed("id = \"id\"", "id = [\"id\", \"{{ input.id }}\"]"),
            "a client may not say who it is",
        ),
    ]
}

fn wrong_calls() -> Vec<(String, &'static str)> {
    vec![
        (
            changed("https://api.example/user", "{{ user.host }}/user"),
            "[[call]].url",
        ),
        (
            changed("https://api.example/user", "https://{{ user.host }}/user"),
            "the host must be written here",
        ),
        (
            changed("https://api.example/user", "{{ input.host }}/user"),
            "the host must be written here",
        ),
        (
            changed("[user]", "token = \"cookie\"\n[user]"),
            "[[call]].token: `cookie`: expected bearer",
        ),
        (
            changed("[user]", "method = \"PUT\"\n[user]"),
            "[[call]].method: `PUT`: expected GET, POST or DELETE",
        ),
        (
            changed("[user]", "headers = { \"x y\" = \"1\" }\n[user]"),
            "is no header name",
        ),
        ("not toml".to_owned(), "example.toml: file: line 1"),
    ]
}

#[test]
fn every_shipped_file_is_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/providers");
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        count += 1;
        if !text.starts_with("# http") {
            wrong.push(format!("{file} opens with its provider's page"));
        }
        match Definition::parse(&file, &text) {
            Ok(definition) if format!("{}.toml", definition.name) == file => {}
            Ok(definition) => wrong.push(format!("{file} is named {}", definition.name)),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 8, "{count}");
}

fn reading(definition: &Definition, settings: &JsonMap) -> std::sync::Arc<Reading> {
    definition.readings.under(settings).unwrap()
}

fn uid_of(id: &str, answer: &Json) -> Result<String, BackendError> {
    let text = changed("id = \"id\"", &format!("id = {id}"));
    let definition = Definition::parse("example.toml", &text).unwrap();
    let fixed = Fixed::new(("key", "secret"), &JsonMap::new(), &[]);
    let nothing = JsonMap::new();
    reading(&definition, &JsonMap::new()).user.uid(&Scope::new(
        &fixed,
        "token",
        answer,
        (&nothing, &nothing),
    ))
}

#[test]
fn uid_3_and_4_a_uid_is_the_exact_text_of_its_value() {
    let big = "123456789012345678901234567890123456789012345678";
    for (json_text, uid) in [
        ("0", "0"),
        ("\"0\"", "0"),
        (big, big),
        ("\" x \"", " x "),
        ("\"AbC\"", "AbC"),
        ("\"007\"", "007"),
    ] {
        let answer: Json = serde_json::from_str(&format!("{{\"id\":{json_text}}}")).unwrap();
        assert_eq!(uid_of("\"id\"", &answer).as_deref(), Ok(uid), "{json_text}");
    }
    let whole: Json = serde_json::from_str(&format!("{{\"id\":{big}}}")).unwrap();
    assert_eq!(uid_of("\"{{ user.id }}\"", &whole).as_deref(), Ok(big));
}

#[test]
fn uid_3_nobody_is_refused() {
    let missing = Err(BackendError::MissingClaim {
        claim: "id".to_owned(),
    });
    let invalid = Err(BackendError::InvalidClaim {
        claim: "id".to_owned(),
    });
    for answer in [json!({}), json!({"id": null}), json!({"id": ""})] {
        assert_eq!(uid_of("\"id\"", &answer), missing, "{answer}");
    }
    for id in [
        json!(true),
        json!(false),
        json!("None"),
        json!("null"),
        json!("undefined"),
        json!([1]),
        json!({"a": 1}),
        json!("x".repeat(256)),
    ] {
        assert_eq!(uid_of("\"id\"", &json!({"id": id})), invalid);
    }
    assert_eq!(
        uid_of("\"id\"", &json!({"id": "a\u{0}b"})),
        Err(BackendError::MalformedResponse)
    );
    assert!(uid_of("\"id\"", &json!({"id": "x".repeat(255)})).is_ok());
}

#[test]
fn a_list_takes_the_first_that_is_not_empty_and_zero_is_not() {
    for (answer, uid) in [
        (json!({"a": null, "b": "x"}), "x"),
        (json!({"a": "", "b": "x"}), "x"),
        (json!({"a": false, "b": "x"}), "x"),
        (json!({"a": [], "b": "x"}), "x"),
        (json!({"a": 0, "b": "x"}), "0"),
    ] {
        assert_eq!(uid_of("[\"a\", \"b\"]", &answer).as_deref(), Ok(uid));
    }
}

/// What templates know when there is this one setting.
fn known(name: &str, kind: &str) -> known::Known {
    let spec = toml::from_str(&format!("type = {kind:?}")).unwrap();
    known::Known {
        settings: BTreeMap::from([(name.to_owned(), spec)]),
        discovers: true,
        has_uid: true,
        code: None,
    }
}

fn eval(template: &str, answer: &Json) -> Json {
    let value = Value::compile(
        &toml::Value::String(template.to_owned()),
        &known("flag", "bool"),
    )
    .unwrap();
    let settings: JsonMap = [("flag".to_owned(), json!(true))].into_iter().collect();
    let fixed = Fixed::new(("key", "a-secret"), &settings, &["one".to_owned()]);
    let input: JsonMap = [("scopes".to_owned(), json!("a,b"))].into_iter().collect();
    value.eval(&Scope::new(
        &fixed,
        "tok.en",
        answer,
        (&JsonMap::new(), &input),
    ))
}

#[test]
fn templates_keep_types_and_know_the_filters() {
    let answer = json!({
        "emails": [{"email": "a@x", "primary": false}, {"email": "b@x", "primary": true}],
        "email": "Mail1@ex.org", "url": "https://sub.host.example/a/b%20c/", "name": "N1 Mid Last"
    });
    for (template, expected) in [
        (
            "{{ (user.emails | selectattr('primary') | first).email }}",
            json!("b@x"),
        ),
        ("{{ user.nothing.at.all }}", json!(null)),
        ("{{ user.email | before('@') }}", json!("Mail1")),
        ("{{ user.email | after('@') }}", json!("ex.org")),
        ("{{ user.url | last_segment | unquote }}", json!("b c")),
        ("{{ user.url | host_label }}", json!("sub")),
        ("{{ user.name | part_first }}", json!("N1")),
        ("{{ user.name | part_rest }}", json!("Mid Last")),
        ("{{ input.scopes | split(',') }}", json!(["a", "b"])),
        ("{{ true if user.email else false }}", json!(true)),
        ("{{ setting.flag and 'one' in scope }}", json!(true)),
        ("{{ 1 + 1 }}", json!(2)),
        ("x-{{ client.key }}-y", json!("x-key-y")),
        (
            "{{ token | hmac_sha256_hex(client.secret) }}",
            json!("91dbbb5548b9fdd353a466346d6e0992c12f427c1590037023488ee5f712d7f4"),
        ),
    ] {
        assert_eq!(eval(template, &answer), expected, "{template}");
    }
}

#[test]
fn what_a_template_puts_into_a_url_is_encoded_but_for_its_base() {
    let settings: JsonMap = [("base".to_owned(), json!("https://h.example/p"))]
        .into_iter()
        .collect();
    let fixed = Fixed::new(("k/e y?", "s"), &settings, &[]);
    let nothing = JsonMap::new();
    let answer = Json::Null;
    let scope = Scope::new(&fixed, "t", &answer, (&nothing, &nothing));
    let url = "{{ setting.base }}/apps/{{ client.key }}/token";
    let url = Address::compile(url, &[], &known("base", "url")).unwrap();
    assert_eq!(
        url.render(&scope).unwrap().as_str(),
        "https://h.example/p/apps/k%2Fe%20y%3F/token"
    );
}
