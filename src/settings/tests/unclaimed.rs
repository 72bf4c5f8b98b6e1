//! Names that nobody declared, that collide, or that mean nothing here.

use super::super::SocialSettings;
use super::Fixture;

fn problems(social: &SocialSettings) -> Vec<String> {
    let problems = social.problems();
    problems.iter().map(ToString::to_string).collect()
}

/// What a registry would declare.
fn declare(social: &SocialSettings) {
    for backend in ["github", "google-oauth2"] {
        for name in ["KEY", "SECRET", "SCOPE"] {
            social.declare(Some(backend), name);
        }
    }
    social.declare(None, "PIPELINE");
    social.declare(None, "SCOPE");
}

fn problems_of(fixture: &Fixture) -> Vec<String> {
    let social = fixture.social();
    declare(&social);
    problems(&social)
}

#[test]
fn what_is_declared_or_read_is_no_problem() {
    let fixture = Fixture::toml(
        "[social_auth]\npipeline = []\n[providers.github]\nkey = \"k\"\ndefinition = \"github\"\nextra = 1",
    )
    .and_env("SOCIAL_AUTH_GOOGLE_OAUTH2_KEY", "k")
    .and_env("SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET_FILE", "f")
    .and_env("SOCIAL_AUTH_WANTED", "1")
    .and_env("PATH", "/bin");
    let social = fixture.social();
    declare(&social);
    assert_eq!(problems(&social).len(), 2);
    social.flag(Some("github"), "WANTED").unwrap();
    social.integer(Some("github"), "EXTRA").unwrap();
    assert_eq!(problems(&social), [""; 0]);
}

#[test]
fn a_misspelt_variable_is_named_with_the_nearest() {
    for (name, nearest) in [
        ("SOCIAL_AUTH_GITHB_KEY", "SOCIAL_AUTH_GITHUB_KEY"),
        (
            "SOCIAL_AUTH_GOOGLE_OAUTH_SECRET",
            "SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET",
        ),
        ("SOCIAL_AUTH_GITHUB_SECRT_FILE", "SOCIAL_AUTH_GITHUB_SECRET"),
        ("SOCIAL_AUTH_PIPELIN", "SOCIAL_AUTH_PIPELINE"),
        ("SOCIAL_AUTH_github_KEY", "SOCIAL_AUTH_GITHUB_KEY"),
    ] {
        let expected =
            format!("variable {name}: unknown variable, the nearest known is `{nearest}`");
        assert_eq!(problems_of(&Fixture::env(name, "hunter2")), [expected]);
    }
    assert_eq!(
        problems_of(&Fixture::new().file(".env", "\nSOCIAL_AUTH_GITHB_KEY=hunter2")),
        [
            ".env:2: SOCIAL_AUTH_GITHB_KEY: unknown variable, the nearest known is `SOCIAL_AUTH_GITHUB_KEY`"
        ]
    );
    let nothing_declared = Fixture::env("SOCIAL_AUTH_X", "x").social();
    assert_eq!(
        problems(&nothing_declared),
        ["variable SOCIAL_AUTH_X: unknown variable"]
    );
}

#[test]
fn a_misspelt_key_is_named_with_the_nearest_of_its_section() {
    let fixture = Fixture::toml(
        "[social_auth]\npipelin = []\ngithub_key = \"k\"\n[providers.github]\nsecrte = \"hunter2\"\nScope = []",
    );
    assert_eq!(
        problems_of(&fixture),
        [
            "sociable.toml:2: social_auth.pipelin: unknown key, the nearest known is `social_auth.pipeline`",
            "sociable.toml:3: social_auth.github_key: unknown key, the nearest known is `providers.github.key`",
            "sociable.toml:5: providers.github.secrte: unknown key, the nearest known is `providers.github.secret`",
            "sociable.toml:6: providers.github.Scope: unknown key, the nearest known is `providers.github.scope`",
        ]
    );
}

#[test]
fn a_section_of_an_unknown_provider_is_one_problem() {
    let fixture = Fixture::toml("[providers.githb]\nkey = \"k\"\nsecret = \"hunter2\"");
    assert_eq!(
        problems_of(&fixture),
        ["sociable.toml:1: providers.githb: unknown provider, the nearest known is `github`"]
    );
}

#[test]
fn a_definition_that_is_no_text_is_a_problem() {
    let fixture = Fixture::toml("[providers.github]\ndefinition = 1");
    assert_eq!(fixture.social().providers()[0].definition, None);
    assert_eq!(
        problems_of(&fixture),
        ["sociable.toml:2: providers.github.definition: expected text in quotes"]
    );
}

#[test]
fn two_settings_of_one_variable_collide() {
    let social = Fixture::new().social();
    declare(&social);
    declare(&social);
    assert_eq!(problems(&social), [""; 0]);
    social.declare(Some("google"), "OAUTH2_KEY");
    assert_eq!(
        problems(&social),
        [
            "SOCIAL_AUTH_GOOGLE_OAUTH2_KEY: one name for several settings: \
          `providers.google.oauth2_key`, `providers.google-oauth2.key`"
        ]
    );
}

#[test]
fn a_setting_that_meets_a_file_variable_or_free_names_collides() {
    let social = Fixture::new().social();
    social.declare(Some("a"), "TOKEN");
    social.declare(Some("a"), "TOKEN_FILE");
    social.declare(Some("custom"), "KEY");
    assert_eq!(
        problems(&social),
        [
            "SOCIAL_AUTH_A_TOKEN_FILE: a setting, and the file of `SOCIAL_AUTH_A_TOKEN` too",
            "SOCIAL_AUTH_CUSTOM_KEY: `providers.custom.key` meets the free names `SOCIAL_AUTH_CUSTOM_…`",
        ]
    );
}

#[test]
fn settings_without_meaning_start_with_a_warning_each() {
    let fixture = Fixture::toml(
        "[social_auth]\nlogin_redirect_url = \"/\"\n[providers.github]\nkey = \"k\"\nlogin_error_url = \"/e\"",
    )
    .and_env("SOCIAL_AUTH_SANITIZE_REDIRECTS", "true")
    .and_env("SOCIAL_AUTH_GOOGLE_OAUTH2_STRATEGY", "x")
    .and_env("SOCIAL_AUTH_ADMIN_USER_SEARCH_FIELDS", "[]");
    let social = fixture.social();
    declare(&social);
    assert_eq!(problems(&social), [""; 0]);
    let ignored = "ignored, it steers redirects or frameworks that are not here";
    let expected = [
        "sociable.toml:2: social_auth.login_redirect_url",
        "sociable.toml:5: providers.github.login_error_url",
        "variable SOCIAL_AUTH_ADMIN_USER_SEARCH_FIELDS",
        "variable SOCIAL_AUTH_GOOGLE_OAUTH2_STRATEGY",
        "variable SOCIAL_AUTH_SANITIZE_REDIRECTS",
    ]
    .map(|begin| format!("{begin}: {ignored}"));
    assert_eq!(social.warnings(), expected);
}

#[test]
fn a_declared_name_is_read_even_if_it_usually_means_nothing() {
    let social = Fixture::env("SOCIAL_AUTH_STORAGE", "x").social();
    assert_eq!(social.warnings().len(), 1);
    assert_eq!(social.text(None, "STORAGE").unwrap().unwrap(), "x");
    assert!(social.warnings().is_empty() && social.problems().is_empty());
}

#[test]
fn a_name_without_meaning_of_an_unknown_backend_is_a_problem() {
    assert_eq!(
        problems_of(&Fixture::env("SOCIAL_AUTH_GITHB_STRATEGY", "x")).len(),
        1
    );
}
