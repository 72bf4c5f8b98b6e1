//! python-social-auth's settings: where they are looked up, how they are read.

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::SettingError;
use super::Fixture;

fn line<T>(read: Result<T, SettingError>) -> String {
    read.err().unwrap().to_string()
}

#[test]
fn a_backends_own_value_wins_over_the_one_for_all() {
    let toml = "[social_auth]\nscope = [\"all\"]\n[providers.google-oauth2]\nkey = \"k\"";
    let social = Fixture::toml(toml).social();
    let google = Some("google-oauth2");
    assert_eq!(social.texts(google, "SCOPE").unwrap().unwrap(), ["all"]);
    let fixture = Fixture::toml(&format!("{toml}\nscope = [\"own\"]"))
        .and_env("SOCIAL_AUTH_SCOPE", r#"["variable for all"]"#);
    let social = fixture.social();
    assert_eq!(social.texts(google, "SCOPE").unwrap().unwrap(), ["own"]);
    let everyone = social.texts(None, "SCOPE").unwrap().unwrap();
    assert_eq!(everyone, ["variable for all"]);
    let social = fixture
        .and_env("SOCIAL_AUTH_GOOGLE_OAUTH2_SCOPE", r#"["own variable"]"#)
        .social();
    let own = social.texts(google, "SCOPE").unwrap().unwrap();
    assert_eq!(own, ["own variable"]);
    assert_eq!(social.texts(google, "OTHER").unwrap(), None);
}

#[test]
fn own_reads_never_fall_back_to_the_value_for_all() {
    let social = Fixture::env("SOCIAL_AUTH_KEY", "k")
        .and_env("SOCIAL_AUTH_SECRET", "s")
        .and_env("SOCIAL_AUTH_AUDIENCES", "[\"a\"]")
        .and_env("SOCIAL_AUTH_X_KEY_FILE", "nowhere")
        .social();
    assert_eq!(social.own_text("github", "KEY").unwrap(), None);
    assert!(social.own_secret("github", "SECRET").unwrap().is_none());
    assert_eq!(social.own_texts("github", "AUDIENCES").unwrap(), None);
    assert_eq!(social.text(Some("github"), "KEY").unwrap().unwrap(), "k");
    assert!(!social.has_own("github", "KEY"));
    assert!(social.has_own("x", "KEY"));
}

#[test]
fn text_is_never_parsed() {
    for value in ["[1]", "{}", "true", "1", "", " a ", "\"q\""] {
        let social = Fixture::env("SOCIAL_AUTH_GITHUB_KEY", value).social();
        assert_eq!(social.own_text("github", "KEY").unwrap().unwrap(), value);
        let secret = social.secret(Some("github"), "KEY").unwrap().unwrap();
        assert_eq!(secret.expose_secret(), value);
    }
}

#[test]
fn flags_are_read_in_all_their_spellings() {
    for (value, expected) in [
        ("true", true),
        ("True", true),
        ("1", true),
        ("YES", true),
        ("false", false),
        ("False", false),
        ("0", false),
        ("no", false),
    ] {
        let social = Fixture::env("SOCIAL_AUTH_A", value).social();
        assert_eq!(social.flag(None, "A").unwrap(), Some(expected));
        let text = social.text_or_flag(None, "A").unwrap();
        assert_eq!(text.unwrap(), expected.to_string());
    }
    let social = Fixture::toml("[social_auth]\na = true\nb = \"unbindable\"").social();
    assert_eq!(social.flag(None, "A").unwrap(), Some(true));
    assert_eq!(social.text_or_flag(None, "A").unwrap().unwrap(), "true");
    assert_eq!(
        social.text_or_flag(None, "B").unwrap().unwrap(),
        "unbindable"
    );
}

#[test]
fn numbers_times_and_urls_are_read_from_both_kinds_of_source() {
    let toml = "[social_auth]\na = 3\nb = 2.5\nc = \"0.5\"\nd = \"https://h.example/x/\"";
    let social = Fixture::toml(toml)
        .and_env("SOCIAL_AUTH_E", "18446744073709551615")
        .and_env("SOCIAL_AUTH_F", "2")
        .and_env("SOCIAL_AUTH_G", "http://127.0.0.1:1/")
        .social();
    assert_eq!(social.integer(None, "A").unwrap(), Some(3));
    assert_eq!(social.integer(None, "E").unwrap(), Some(u64::MAX));
    let millis = |name| social.seconds(None, name).unwrap().unwrap().as_millis();
    assert_eq!(
        [millis("A"), millis("B"), millis("C"), millis("F")],
        [3000, 2500, 500, 2000]
    );
    let url = |name| social.url(None, name).unwrap().unwrap().to_string();
    assert_eq!(url("D"), "https://h.example/x");
    assert_eq!(url("G"), "http://127.0.0.1:1/");
}

#[test]
fn lists_and_tables_are_toml_in_files_and_json_in_variables() {
    let social =
        Fixture::toml("[social_auth]\na = [\"x\", [\"y\", 1, true]]\nb = { k = { n = 1.5 } }")
            .and_env("SOCIAL_AUTH_C", r#"["x", ["y", 1, true]]"#)
            .and_env("SOCIAL_AUTH_D", r#"{"k": {"n": 1.5}}"#)
            .social();
    let list = vec![json!("x"), json!(["y", 1, true])];
    assert_eq!(social.list(None, "A").unwrap().unwrap(), list);
    assert_eq!(social.list(None, "C").unwrap().unwrap(), list);
    let map = json!({"k": {"n": 1.5}});
    assert_eq!(json!(social.map(None, "B").unwrap().unwrap()), map);
    assert_eq!(json!(social.map(None, "D").unwrap().unwrap()), map);
}

/// The settings of a file where `x` of github has a value.
fn at(value: &str) -> super::super::SocialSettings {
    Fixture::toml(&format!("[providers.github]\nx = {value}")).social()
}

fn says(line: &str, expected: &str) {
    let expected = format!("sociable.toml:2: providers.github.x: expected {expected}");
    assert_eq!(line, expected);
}

#[test]
fn a_wrong_scalar_in_a_file_is_named_without_the_value() {
    let github = Some("github");
    for value in ["7", "true", "[1]", "{}"] {
        says(&line(at(value).text(github, "X")), "text in quotes");
        says(&line(at(value).secret(github, "X")), "text in quotes");
        says(&line(at(value).own_text("github", "X")), "text in quotes");
        says(&line(at(value).own_secret("github", "X")), "text in quotes");
    }
    let flag = "true or false, without quotes";
    says(&line(at("\"true\"").flag(github, "X")), flag);
    let text_or_flag = "true, false or text in quotes";
    says(&line(at("7").text_or_flag(github, "X")), text_or_flag);
    for value in ["\"7\"", "-7", "7.5", "true"] {
        says(
            &line(at(value).integer(github, "X")),
            "a whole number, 0 or more",
        );
    }
    for value in ["0", "-1", "true", "\"hunter2\""] {
        let expected = "seconds above 0, such as 5 or 2.5";
        says(&line(at(value).seconds(github, "X")), expected);
    }
}

#[test]
fn a_wrong_list_table_or_url_in_a_file_is_named_without_the_value() {
    let github = Some("github");
    let secret = "\"hunter2\"";
    let texts = "a list of texts, such as [\"one\", \"two\"]";
    says(&line(at(secret).texts(github, "X")), texts);
    says(&line(at("[1]").own_texts("github", "X")), texts);
    let list = "a list, such as [\"one\", \"two\"]";
    says(&line(at(secret).list(github, "X")), list);
    let table = "a table, such as { name = \"value\" }";
    says(&line(at(secret).map(github, "X")), table);
    let url = "an https URL, or an http one on a loopback address";
    says(&line(at("\"http://a.example\"").url(github, "X")), url);
    says(&line(at("7").url(github, "X")), url);
    let bare = "a URL without user name and password";
    says(
        &line(at("\"https://u:hunter2@a.example\"").url(github, "X")),
        bare,
    );
}

#[test]
fn a_wrong_type_in_a_variable_is_named_without_the_value() {
    let social = Fixture::env("SOCIAL_AUTH_X", "hunter2").social();
    let says = |line: String, expected: &str| {
        let expected = format!("variable SOCIAL_AUTH_X: social_auth.x: expected {expected}");
        assert_eq!(line, expected);
    };
    let github = Some("github");
    says(line(social.flag(github, "X")), "true or false");
    says(
        line(social.integer(github, "X")),
        "a whole number, 0 or more",
    );
    says(
        line(social.seconds(github, "X")),
        "seconds above 0, such as 5 or 2.5",
    );
    let texts = "a list of texts in JSON, such as [\"one\", \"two\"]";
    says(line(social.texts(github, "X")), texts);
    says(
        line(social.list(github, "X")),
        "a list in JSON, such as [\"one\", \"two\"]",
    );
    says(
        line(social.map(github, "X")),
        "an object in JSON, such as {\"name\": \"value\"}",
    );
    says(
        line(social.url(github, "X")),
        "an https URL, or an http one on a loopback address",
    );
    let error = social.flag(None, "X").unwrap_err();
    assert_eq!(error.key(), Some("social_auth.x"));
    assert_eq!(error.place().unwrap(), "variable SOCIAL_AUTH_X");
}

#[test]
fn sections_of_providers_are_told_with_place_and_definition() {
    let social = Fixture::toml(
        "[providers.gitlab-corp]\ndefinition = \"gitlab\"\n\n[providers.github]\nkey = \"k\"",
    )
    .social();
    let sections = social.providers();
    let told: Vec<_> = sections
        .iter()
        .map(|section| {
            (
                section.name.as_str(),
                section.place.as_str(),
                section.definition.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("github", "sociable.toml:4", None),
            ("gitlab-corp", "sociable.toml:1", Some("gitlab")),
        ]
    );
}
