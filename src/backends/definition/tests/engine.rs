//! What the wider vocabulary comes to, without a provider.

use serde_json::{Value as Json, json};

use super::*;

fn definition(tables: &str) -> Definition {
    Definition::parse("example.toml", &format!("{WHOLE}\n{tables}\n")).unwrap()
}

fn address_of(source: &str, hosts: &[&str], known: &known::Known) -> Address {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    Address::compile(source, &hosts, known).unwrap()
}

/// An address under an answer, or a client's word of the same fields.
fn url_of(address: &Address, answer: &Json, said: &Json) -> Result<String, BackendError> {
    let settings: JsonMap = [("host".to_owned(), json!("id.example.com:8443"))]
        .into_iter()
        .collect();
    let fixed = Fixed::new(("key", "secret"), &settings, &[]);
    let nothing = JsonMap::new();
    let said = said.as_object().cloned().unwrap_or_default();
    let scope = Scope::new(&fixed, "token", answer, (&said, &nothing));
    address.render(&scope).map(String::from)
}

/// SSRF: a host that somebody else names is held against the list.
#[test]
fn a_host_that_an_answer_gives_is_compared_whole() {
    let allowed = ["api.example.com", ".example.org"];
    let address = address_of("{{ user.url }}/me", &allowed, &known::Known::default());
    for url in [
        "https://api.example.com",
        "https://API.example.com/",
        "https://eu1.example.org",
        "https://a.b.example.org",
    ] {
        assert!(
            url_of(&address, &json!({"url": url}), &json!({})).is_ok(),
            "{url}"
        );
    }
    for url in [
        "http://api.example.com",
        "https://example.org",
        "https://.example.org",
        "https://evilexample.org",
        "https://api.example.com.evil.net",
        "https://api.example.com@evil.net",
        "https://user@api.example.com",
        "https://evil.net#api.example.com",
        "https://evil.net/api.example.com",
        "https://evil.net\\@api.example.com",
        "https://api.example.com:8443",
        "https://sub.api.example.com",
        "https://127.0.0.1",
        "https://[::1]",
        "//api.example.com",
        "api.example.com",
        "",
    ] {
        let given = url_of(&address, &json!({"url": url}), &json!({}));
        assert_eq!(given, Err(BackendError::MalformedResponse), "{url}");
    }
    let by_client = address_of(
        "{{ token_response.url }}/me",
        &allowed,
        &known::Known::default(),
    );
    assert_eq!(
        url_of(&by_client, &json!({}), &json!({"url": "https://evil.net"})),
        Err(BackendError::CredentialRejected)
    );
}

#[test]
fn a_label_that_an_answer_gives_is_a_label_and_no_more() {
    let url = "https://{{ user.dc }}.example.com/3.0/{{ user.path }}";
    let address = address_of(url, &[".example.com"], &known::Known::default());
    let good = json!({"dc": "us19", "path": "a/../b"});
    assert_eq!(
        url_of(&address, &good, &json!({})).as_deref(),
        Ok("https://us19.example.com/3.0/a%2F..%2Fb")
    );
    for dc in [
        "",
        "evil.net/",
        "evil.net#",
        "evil.net?",
        "a@evil.net",
        "a b",
        "evil.net:1",
    ] {
        let given = url_of(&address, &json!({"dc": dc}), &json!({}));
        assert_eq!(given, Err(BackendError::MalformedResponse), "{dc}");
    }
}

#[test]
fn what_an_answer_gives_does_not_climb_out_of_its_place_in_the_path() {
    let url = "https://api.example.com/orgs/an-org/members/{{ user.login }}";
    let address = address_of(url, &[], &known::Known::default());
    let given = |login: &str| url_of(&address, &json!({"login": login}), &json!({}));
    let good = "https://api.example.com/orgs/an-org/members/..%2Fada";
    assert_eq!(given("../ada").as_deref(), Ok(good));
    for login in ["..", "."] {
        assert!(given(login).is_err(), "{login}");
    }
    let base = address_of(
        "{{ user.url }}/me",
        &["a.example.com"],
        &known::Known::default(),
    );
    for url in [
        "https://a.example.com/x/..",
        "https://a.example.com/x/%2E%2e",
    ] {
        let given = url_of(&base, &json!({"url": url}), &json!({}));
        assert_eq!(given, Err(BackendError::MalformedResponse), "{url}");
    }
}

#[test]
fn a_host_of_the_operators_may_have_a_port() {
    let address = address_of("https://{{ setting.host }}/me", &[], &known("host", "host"));
    assert_eq!(
        url_of(&address, &json!({}), &json!({})).as_deref(),
        Ok("https://id.example.com:8443/me")
    );
}

#[test]
fn an_option_replaces_what_it_names_when_its_setting_is_so() {
    let definition = definition(
        r#"
        [settings]
        by_name = { type = "bool", default = false }
        kind = { type = "string" }
        [extra]
        a = "a"
        [[option]]
        setting = "by_name"
        user = { id = "login" }
        extra = { b = "b" }
        [[option]]
        setting = "kind"
        is = "mail"
        user = { id = "email" }
        "#,
    );
    let answer = json!({"id": 1, "login": "l", "email": "e"});
    let fixed = Fixed::new(("key", "secret"), &JsonMap::new(), &[]);
    let nothing = JsonMap::new();
    for (settings, uid, extras) in [
        (json!({}), "1", 1),
        (json!({"by_name": false, "kind": null}), "1", 1),
        (json!({"by_name": true}), "l", 2),
        (json!({"kind": "mail"}), "e", 1),
        (json!({"by_name": true, "kind": "mail"}), "e", 2),
    ] {
        let settings = settings.as_object().unwrap();
        let reading = reading(&definition, settings);
        let scope = Scope::new(&fixed, "", &answer, (&nothing, &nothing));
        assert_eq!(reading.user.uid(&scope).as_deref(), Ok(uid), "{settings:?}");
        assert_eq!(reading.extra.len(), extras, "{settings:?}");
    }
}

#[test]
fn an_error_in_a_good_answer_is_told_by_its_code() {
    let definition = definition(
        r#"
        [error]
        when        = "{{ user.ok == false or user.error.code }}"
        code        = ["error.code", "error"]
        revoked     = ["token_revoked", 5]
        unavailable = ["internal"]
        limited     = [29]
        "#,
    );
    let fixed = Fixed::new(("key", "secret"), &JsonMap::new(), &[]);
    let nothing = JsonMap::new();
    let limited = BackendError::RateLimited { retry_after: None };
    for (answer, expected) in [
        (json!({"id": 1}), Ok(())),
        (json!({"ok": true, "error": null}), Ok(())),
        (json!({"ok": false}), Err(BackendError::CredentialRejected)),
        (
            json!({"ok": false, "error": "token_revoked"}),
            Err(BackendError::TokenRevoked),
        ),
        (
            json!({"error": {"code": 5}}),
            Err(BackendError::TokenRevoked),
        ),
        (
            json!({"error": {"code": "5"}}),
            Err(BackendError::TokenRevoked),
        ),
        (
            json!({"ok": false, "error": "internal"}),
            Err(BackendError::Unavailable),
        ),
        (json!({"error": {"code": 29}}), Err(limited)),
        (
            json!({"error": {"code": 30}}),
            Err(BackendError::CredentialRejected),
        ),
    ] {
        let scope = Scope::new(&fixed, "", &answer, (&nothing, &nothing));
        let trouble = definition.trouble.as_ref().unwrap();
        assert_eq!(trouble.check(&scope), expected, "{answer}");
    }
}

#[test]
fn the_further_filters_leave_out_what_is_empty() {
    let answer = json!({"a": "A", "b": "B", "n": 7, "none": null,
        "list": ["x", "", null, "y"], "map": {"k": {"id": 1}}});
    for (template, expected) in [
        ("{{ user.a | concat('-', user.b) }}", json!("A-B")),
        ("{{ user.a | concat('-', user.n) }}", json!("A-7")),
        ("{{ user.a | concat('-', user.none) }}", json!("")),
        ("{{ user.gone | concat('x') }}", json!("")),
        ("{{ user.list | skip_join(' ') }}", json!("x y")),
        (
            "{{ [user.a, user.none, user.b] | skip_join(' ') }}",
            json!("A B"),
        ),
        ("{{ (user.map | first_value).id }}", json!(1)),
        ("{{ user.list | first_value }}", json!("x")),
        ("{{ user.none | first_value }}", json!(null)),
        ("{{ 'a b/c' | urlencode }}", json!("a%20b/c")),
    ] {
        assert_eq!(eval(template, &answer), expected, "{template}");
    }
}

#[test]
fn a_definition_without_calls_loads_and_says_what_its_provider_knows() {
    let text = changed("[[call]]\nurl = \"https://api.example/user\"\n", "");
    let text = text.replace("oauth2", "openid2");
    let text = format!(
        "{text}\nusername = \"{{{{ uid | last_segment }}}}\"\n[endpoints]\nopenid = \"https://api.example/openid\""
    );
    let openid = Definition::parse("example.toml", &text).unwrap();
    assert_eq!(openid.credentials(), ["openid"]);
    let oidc = WHOLE.replace("oauth2", "oidc");
    let oidc = oidc.replace("https://api.example/user", "{{ oidc.userinfo_endpoint }}");
    let oidc = format!("{oidc}\n[endpoints]\nissuer = \"https://api.example\"");
    let oidc = Definition::parse("example.toml", &oidc).unwrap();
    assert_eq!(oidc.credentials(), ["access_token", "id_token", "code"]);
}

fn put_together(files: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let mut errors = Vec::new();
    let whole = extended(&files, |error| errors.push(error.to_string()));
    if errors.is_empty() {
        Ok(whole)
    } else {
        Err(errors.join("\n"))
    }
}

#[test]
fn a_file_may_be_a_changed_copy_of_another() {
    let base = format!(
        "aliases = [\"ex\"]{WHOLE}email = \"mail\"\n[scope]\ndefault = [\"a\"]\nseparator = \",\"\n"
    );
    let own = "extends = \"example\"\nname = \"corp\"\n[user]\nid = \"sub\"\n[scope]\ndefault = [\"b\"]\n";
    let again = "extends = \"corp\"\nname = \"corp\"\ntitle = \"Corp\"\n";
    let files = [
        ("example.toml", base.as_str()),
        ("corp.toml", own),
        ("corp.toml", again),
    ];
    let whole = put_together(&files).unwrap();
    let corp = Definition::parse("corp.toml", &whole[2].1).unwrap();
    assert_eq!((corp.name.as_str(), corp.title.as_str()), ("corp", "Corp"));
    assert_eq!(corp.scope, ["b"]);
    assert_eq!(corp.scope_separator, ",");
    assert!(corp.aliases.is_empty(), "they stand for the other one");
    assert_eq!(corp.calls.len(), 1);
    for (own, expected) in [
        (
            "extends = \"exmple\"",
            "extends: no definition is called `exmple`, the nearest known is `example`",
        ),
        (
            "extends = \"corp\"\nname = \"corp\"",
            "corp.toml: extends: no definition is called `corp`",
        ),
        ("extends = 1", "extends: expected a definition's name"),
        (
            "extends = \"example\"\n[user]\nidd = \"x\"",
            "corp.toml: idd: line 3: unknown key, the nearest known is `id`",
        ),
    ] {
        let error = put_together(&[("example.toml", &base), ("corp.toml", own)]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let circle = [("a.toml", "extends = \"b\""), ("b.toml", "extends = \"a\"")];
    let error = put_together(&circle).unwrap_err();
    assert!(error.contains("a file cannot extend itself"), "{error}");
}
