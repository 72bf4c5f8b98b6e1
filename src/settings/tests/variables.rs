//! Variables of fixed keys: `_FILE`, Kubernetes, misspelt names.

use super::Fixture;

#[test]
fn a_variable_may_name_a_file_and_one_newline_is_dropped() {
    let fixture = Fixture::env("SOCIABLE_LOG__LEVEL_FILE", "level")
        .file("level", "warn\n")
        .and_env("SOCIAL_AUTH_GITHUB_SECRET_FILE", "secret")
        .file("secret", " s \r\n\r\n");
    let settings = fixture.settings();
    assert_eq!(settings.log.level, "warn");
    let secret = settings.social.own_text("github", "SECRET").unwrap();
    assert_eq!(secret.unwrap(), " s \r\n");
    assert!(settings.social.problems().is_empty());
}

#[test]
fn a_variable_and_its_file_together_are_refused() {
    let fixture =
        Fixture::env("SOCIABLE_LOG__LEVEL", "warn").and_env("SOCIABLE_LOG__LEVEL_FILE", "level");
    assert_eq!(
        fixture.errors(),
        "variable SOCIABLE_LOG__LEVEL: log.level: SOCIABLE_LOG__LEVEL and \
         SOCIABLE_LOG__LEVEL_FILE are both given, keep one"
    );
    let social = Fixture::env("SOCIAL_AUTH_GITHUB_SECRET", "hunter2")
        .and_env("SOCIAL_AUTH_GITHUB_SECRET_FILE", "s")
        .social();
    assert_eq!(
        social
            .own_secret("github", "SECRET")
            .unwrap_err()
            .to_string(),
        "variable SOCIAL_AUTH_GITHUB_SECRET: providers.github.secret: \
         SOCIAL_AUTH_GITHUB_SECRET and SOCIAL_AUTH_GITHUB_SECRET_FILE are both given, keep one"
    );
}

#[test]
fn the_environment_wins_over_dotenv_in_either_form() {
    let fixture = Fixture::env("SOCIABLE_LOG__LEVEL_FILE", "level")
        .file("level", "warn")
        .file(".env", "SOCIABLE_LOG__LEVEL=debug");
    assert_eq!(fixture.settings().log.level, "warn");
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_variable() {
    assert_eq!(
        Fixture::env("SOCIABLE_KEYS__SIGNING_FILE", "/nowhere/key").errors(),
        "variable SOCIABLE_KEYS__SIGNING_FILE: keys.signing: SOCIABLE_KEYS__SIGNING_FILE \
         names `/nowhere/key`, which cannot be read (entity not found)"
    );
    let social = Fixture::new()
        .file(".env", "SOCIAL_AUTH_GITHUB_SECRET_FILE=/nowhere/s")
        .social();
    assert_eq!(
        social
            .secret(Some("github"), "SECRET")
            .unwrap_err()
            .to_string(),
        ".env:1: providers.github.secret: SOCIAL_AUTH_GITHUB_SECRET_FILE names \
         `/nowhere/s`, which cannot be read (entity not found)"
    );
}

#[test]
fn a_file_or_a_value_that_is_no_text_is_refused() {
    let fixture = Fixture::env("SOCIABLE_LOG__LEVEL_FILE", "level").file("level", [0xff]);
    assert_eq!(
        fixture.errors(),
        "variable SOCIABLE_LOG__LEVEL_FILE: log.level: SOCIABLE_LOG__LEVEL_FILE names \
         `level`, which is not UTF-8 text"
    );
    let lossy = String::from_utf8_lossy(&[b'a', 0xff]);
    assert_eq!(
        Fixture::env("SOCIABLE_DATABASE__URL", &lossy).errors(),
        "variable SOCIABLE_DATABASE__URL: database.url: is not UTF-8 text"
    );
}

#[test]
fn an_unknown_variable_is_named_with_the_nearest() {
    let error = |name: &str| Fixture::env(name, "hunter2").errors();
    for (name, nearest) in [
        ("SOCIABLE_SERVER__LISTN", "SOCIABLE_SERVER__LISTEN"),
        ("SOCIABLE_SERVER_LISTEN", "SOCIABLE_SERVER__LISTEN"),
        ("SOCIABLE_LISTEN", "SOCIABLE_SERVER__LISTEN"),
        ("SOCIABLE_DATADIR", "SOCIABLE_DATA_DIR"),
        ("SOCIABLE_DATABASE__URI_FILE", "SOCIABLE_DATABASE__URL"),
    ] {
        assert_eq!(
            error(name),
            format!("variable {name}: unknown variable, the nearest known is `{nearest}`")
        );
    }
    assert_eq!(
        Fixture::new().file(".env", "SOCIABLE_LOG__LEVL=x").errors(),
        ".env:1: SOCIABLE_LOG__LEVL: unknown variable, the nearest known is `SOCIABLE_LOG__LEVEL`"
    );
}

#[test]
fn variables_of_kubernetes_are_passed_over_with_a_warning() {
    for name in [
        "SOCIABLE_SERVICE_HOST",
        "SOCIABLE_SERVICE_PORT",
        "SOCIABLE_SERVICE_PORT_HTTP",
        "SOCIABLE_PORT",
        "SOCIABLE_PORT_80_TCP",
        "SOCIABLE_PORT_80_TCP_ADDR",
        "SOCIABLE_PORT_53_UDP_PROTO",
        "SOCIABLE_DB_PORT_5432_TCP_PORT",
        "SOCIAL_AUTH_SERVICE_HOST",
        "SOCIAL_AUTH_PORT",
        "SOCIAL_AUTH_WEB_PORT_80_TCP",
    ] {
        let social = Fixture::env(name, "tcp://10.0.0.1:80").social();
        assert!(social.problems().is_empty(), "{name}");
        let warning =
            format!("variable {name}: ignored, Kubernetes injects such variables for a Service");
        assert_eq!(social.warnings(), [warning]);
    }
}

#[test]
fn a_misspelt_port_is_no_variable_of_kubernetes() {
    assert_eq!(
        Fixture::env("SOCIABLE_SERVER__PORT", "80").errors(),
        "variable SOCIABLE_SERVER__PORT: unknown variable, the nearest known is \
         `SOCIABLE_SERVER__LISTEN`"
    );
}

#[test]
fn a_declared_setting_that_looks_like_kubernetes_is_read() {
    let social = Fixture::env("SOCIAL_AUTH_MAIL_PORT", "25").social();
    assert_eq!(social.integer(None, "MAIL_PORT").unwrap(), Some(25));
    assert!(social.warnings().is_empty() && social.problems().is_empty());
}

#[test]
fn a_flag_is_shown_as_it_is_typed() {
    assert_eq!(
        Fixture::new().flag("server.listen", "here").errors(),
        "--listen: server.listen: expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080"
    );
    assert_eq!(
        Fixture::new().flag("data_dir", "").errors(),
        "--data-dir: data_dir: expected a path"
    );
    assert_eq!(
        Fixture::new().flag("server.lisen", "x").errors(),
        "--lisen: server.lisen: unknown key, the nearest known is `server.listen`"
    );
}

#[test]
fn free_names_become_lower_case_keys_as_text() {
    let fixture = Fixture::toml("[social_auth.custom]\nlimit = 3\nTeam = \"a\"\nmode = \"x\"")
        .and_env("SOCIAL_AUTH_CUSTOM_MODE", "[1]")
        .and_env("SOCIAL_AUTH_CUSTOM_TOKEN_FILE", "token")
        .file("token", "t\n");
    let social = fixture.social();
    let expected = serde_json::json!({"limit": 3, "Team": "a", "mode": "[1]", "token": "t"});
    assert_eq!(serde_json::Value::Object(social.custom()), expected);
    assert!(social.problems().is_empty());
}

#[test]
fn free_names_must_be_a_table_and_their_files_readable() {
    assert_eq!(
        Fixture::toml("[social_auth]\ncustom = 1")
            .and_env("SOCIAL_AUTH_CUSTOM_A_FILE", "no")
            .errors(),
        "sociable.toml:2: social_auth.custom: expected a table, such as { name = \"value\" }\n\
         variable SOCIAL_AUTH_CUSTOM_A_FILE: social_auth.custom.a: SOCIAL_AUTH_CUSTOM_A_FILE \
         names `no`, which cannot be read (entity not found)"
    );
}
