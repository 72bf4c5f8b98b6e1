//! Bindings: what binds, and what proves nothing.

use serde_json::json;

use super::*;

fn binding(audience: &str) -> Binding {
    let audience: Audience = toml::from_str(audience).unwrap();
    Binding::compile(Some(audience), &Known::default()).unwrap()
}

fn check(answer: &Json) -> Result<Bound, BackendError> {
    let binding = binding(
        r#"
        url = "https://provider.example/info"
        equals = { "app.id" = "{{ client.key }}", valid = true }
        subject = "user.id"
        expires = "exp"
        "#,
    );
    let ours = ["app-1".to_owned(), "4711".to_owned()];
    let nothing = JsonMap::new();
    binding.check(
        answer,
        (&ours, &nothing),
        DateTime::from_timestamp(1000, 0).unwrap(),
    )
}

fn good() -> Json {
    json!({"app": {"id": "app-1"}, "valid": true, "user": {"id": 7}, "exp": 1001})
}

#[test]
fn any_of_our_client_ids_binds_by_its_exact_text() {
    let bound = check(&good()).unwrap();
    assert_eq!(bound.client_id, "app-1");
    assert_eq!(bound.subject.as_deref(), Some("7"));
    let mut numeric = good();
    numeric["app"]["id"] = json!(4711);
    assert_eq!(check(&numeric).unwrap().client_id, "4711");
    let mut dated = good();
    dated["exp"] = json!("2030-01-01T00:00:00+00:00");
    assert!(check(&dated).is_ok());
}

#[test]
fn sub_3_whatever_is_missing_or_of_another_type_refuses() {
    for (path, value) in [
        ("/app/id", json!("app-10")),
        ("/app/id", json!("App-1")),
        ("/app/id", json!("app")),
        ("/app/id", json!(null)),
        ("/app/id", json!(["app-1"])),
        ("/app/id", json!({"app-1": true})),
        ("/app/id", json!(true)),
        ("/app/id", json!("")),
        ("/app", json!("app-1")),
        ("/valid", json!(false)),
        ("/valid", json!("true")),
        ("/valid", json!(1)),
        ("/user/id", json!(null)),
        ("/user/id", json!("")),
        ("/user/id", json!([7])),
        ("/user", json!(null)),
        ("/exp", json!(1000)),
        ("/exp", json!(0)),
        ("/exp", json!(null)),
        ("/exp", json!("soon")),
    ] {
        let mut answer = good();
        *answer.pointer_mut(path).unwrap() = value.clone();
        assert_eq!(
            check(&answer),
            Err(BackendError::CredentialRejected),
            "{path} = {value}"
        );
    }
    for missing in ["app", "valid", "user", "exp"] {
        let mut answer = good();
        answer.as_object_mut().unwrap().remove(missing);
        assert_eq!(
            check(&answer),
            Err(BackendError::CredentialRejected),
            "{missing}"
        );
    }
}

/// Tables that bind nothing, and the key at fault.
const PROVES_NOTHING: [(&str, &str); 14] = [
    (
        "url = \"https://a.example/\"\nsubject = \"id\"",
        "[audience].equals",
    ),
    (
        "url = \"https://a.example/\"\nequals = { a = true }\nsubject = \"id\"",
        "[audience].equals",
    ),
    (
        "url = \"https://a.example/\"\nequals = { a = \"{{ client.key }}\" }",
        "[audience].subject",
    ),
    ("kind = \"introspect\"", "[audience].url"),
    (
        "kind = \"none\"\nurl = \"https://a.example/\"",
        "[audience].url",
    ),
    (
        "url = \"https://a.example/\"\nequals = { a = \"{{ client.key }}\" }\nsubject = true",
        "[audience].subject",
    ),
    (
        "url = \"https://a.example/\"\nequals = { a = \"{{ setting.app }}\" }\nsubject = \"id\"",
        "[audience].equals.a",
    ),
    (
        "url = \"https://a.example/\"\nequals = { a = \"{{ setting.loose }}\" }\nsubject = \"id\"",
        "[audience].equals.a",
    ),
    ("kind = \"profile\"", "[audience].equals"),
    (
        "kind = \"profile\"\nequals = { a = true }",
        "[audience].equals",
    ),
    (
        "kind = \"profile\"\nequals = { a = \"{{ client.key }}\" }\nsubject = \"id\"",
        "[audience].subject",
    ),
    (
        "kind = \"none\"\nequals = { a = \"{{ client.key }}\" }",
        "[audience].equals",
    ),
    (
        "kind = \"secret_proof\"\nclient = \"basic\"",
        "[audience].client",
    ),
    (
        "url = \"https://a.example/\"\nequals = { a = \"{{ token }}\" }\nsubject = \"id\"",
        "[audience].equals.a",
    ),
];

#[test]
fn an_audience_that_proves_nothing_is_refused_at_start() {
    let known = Known {
        settings: [(
            "loose".to_owned(),
            toml::from_str("type = \"string\"").unwrap(),
        )]
        .into(),
        ..Known::default()
    };
    for (audience, key) in PROVES_NOTHING {
        let audience: Audience = toml::from_str(audience).unwrap();
        let refused = Binding::compile(Some(audience), &known)
            .err()
            .map(|(at, _)| at);
        assert_eq!(refused.as_deref(), Some(key));
    }
}

/// SUB-3, where the provider knows our app by another id.
#[test]
fn a_required_setting_may_name_our_app() {
    let settings = "required = true\ntype = \"string\"";
    let known = Known {
        settings: [("app".to_owned(), toml::from_str(settings).unwrap())].into(),
        ..Known::default()
    };
    let audience = "kind = \"profile\"\nequals = { app = \"{{ setting.app }}\" }";
    let audience: Audience = toml::from_str(audience).unwrap();
    let binding = Binding::compile(Some(audience), &known).unwrap();
    let now = DateTime::from_timestamp(1000, 0).unwrap();
    let check = |set: &str, given: Json| {
        let set = JsonMap::from_iter([("app".to_owned(), json!(set))]);
        let ours = ["client".to_owned()];
        binding.check(&json!({"app": given}), (&ours, &set), now)
    };
    assert_eq!(check("12", json!("12")).unwrap().client_id, "client");
    assert!(check("12", json!(12)).is_ok());
    for (set, given) in [
        ("12", json!("13")),
        ("12", json!("client")),
        ("12", json!(null)),
        ("", json!("")),
        ("", json!(null)),
    ] {
        assert_eq!(check(set, given), Err(BackendError::CredentialRejected));
    }
}
