//! Every fixed key with values it takes and values it refuses.

use secrecy::ExposeSecret as _;

use super::super::LogFormat;
use super::super::names::our_variable;
use super::Fixture;

/// The line that a value gives, in a file and in a variable, without its place.
fn refused(key: &str, value: &str) -> String {
    let variable = our_variable(key);
    let errors = Fixture::env(&variable, value).errors();
    let begin = format!("variable {variable}: {key}: ");
    let from_variable = errors.strip_prefix(&begin).unwrap_or(&errors).to_owned();
    let text = serde_json::to_string(value).unwrap();
    let errors = Fixture::toml(&format!("{key} = {text}")).errors();
    let begin = format!("sociable.toml:1: {key}: ");
    assert_eq!(errors.strip_prefix(&begin), Some(from_variable.as_str()));
    from_variable
}

#[test]
fn listen_takes_an_address_with_a_port() {
    let expected = "expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
    for value in [
        "localhost:80",
        "8080",
        "127.0.0.1",
        ":80",
        "1.2.3.4:99999",
        "",
    ] {
        assert_eq!(refused("server.listen", value), expected);
    }
    let fixture = Fixture::env("SOCIABLE_SERVER__LISTEN", "[::]:0");
    assert_eq!(fixture.settings().server.listen.to_string(), "[::]:0");
}

#[test]
fn public_url_is_https_or_loopback_and_ends_without_slash() {
    for (given, kept) in [
        ("https://login.example/auth/", "https://login.example/auth"),
        ("https://login.example", "https://login.example/"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/"),
        ("http://[::1]:1/a//", "http://[::1]:1/a"),
        ("http://localhost", "http://localhost/"),
    ] {
        let fixture = Fixture::env("SOCIABLE_SERVER__PUBLIC_URL", given);
        let url = fixture.settings().server.public_url.unwrap();
        assert_eq!(url.as_str(), kept);
    }
    let expected = "expected an https URL, or an http one on a loopback address";
    for value in [
        "http://login.example",
        "login.example",
        "https:login.example",
        "https:///login.example",
        "https://login.example\\x",
        " https://login.example",
        "http://localhost.example",
        "ftp://localhost",
        "https://",
        "",
    ] {
        assert_eq!(refused("server.public_url", value), expected, "{value}");
    }
    for value in ["https://a.example/?x=1", "https://a.example/#x"] {
        let expected = "expected a URL without query and fragment";
        assert_eq!(refused("server.public_url", value), expected);
    }
    assert_eq!(
        refused("server.public_url", "https://u:hunter2@a.example"),
        "expected a URL without user name and password"
    );
}

#[test]
fn cors_origins_are_exact() {
    let fixture = Fixture::toml(
        "[server]\ncors_origins = [\"https://a.example\", \"https://a.example:8443\", \"http://localhost:3000\"]",
    );
    assert_eq!(fixture.settings().server.cors_origins.len(), 3);
    for value in [
        "https://a.example, https://b.example",
        "[\"https://a.example\", \"https://b.example\"]",
    ] {
        let fixture = Fixture::env("SOCIABLE_SERVER__CORS_ORIGINS", value);
        let origins = fixture.settings().server.cors_origins;
        assert_eq!(origins, ["https://a.example", "https://b.example"]);
    }
    let expected = "expected exact origins such as https://app.example.com: no path, no `*`, no `null`, http for loopback only";
    for value in [
        "*",
        "null",
        "https://*.example",
        "https://a.example/",
        "https://a.example/x",
        "https://A.example",
        "https://a.example:443",
        "https://u@a.example",
        "http://a.example",
        "a.example",
    ] {
        assert_eq!(refused("server.cors_origins", value), expected, "{value}");
    }
    assert_eq!(
        Fixture::toml("[server]\ncors_origins = [1]").errors(),
        "sociable.toml:2: server.cors_origins: expected a list of texts, such as [\"one\", \"two\"]"
    );
    assert_eq!(
        Fixture::env("SOCIABLE_SERVER__CORS_ORIGINS", "[\"https://a.example\"").errors(),
        "variable SOCIABLE_SERVER__CORS_ORIGINS: server.cors_origins: expected a list of texts in JSON, such as [\"one\", \"two\"]"
    );
}

#[test]
fn counts_keep_to_their_ranges() {
    for (key, longest) in [
        ("server.workers", 1024),
        ("database.pool_size", 1000),
        ("database.readers", 64),
    ] {
        let expected = format!("expected a whole number from 1 to {longest}");
        let over = (longest + 1).to_string();
        for value in [
            "0",
            "-1",
            "1.5",
            "two",
            "",
            "+1",
            "99999999999999999999999",
            over.as_str(),
        ] {
            assert_eq!(refused(key, value), expected, "{value}");
        }
        Fixture::env(&our_variable(key), &longest.to_string()).settings();
        Fixture::env(&our_variable(key), "1").settings();
        let toml = format!("{key} = {over}");
        let errors = Fixture::toml(&toml).errors();
        assert_eq!(errors, format!("sociable.toml:1: {key}: {expected}"));
    }
}

#[test]
fn database_url_names_sqlite_or_postgresql() {
    for url in [
        "sqlite:a.db",
        "sqlite:/a.db",
        "postgres://u:p@h/d",
        "postgresql://h/d",
    ] {
        let fixture = Fixture::env("SOCIABLE_DATABASE__URL", url);
        let kept = fixture.settings().database.url.unwrap();
        assert_eq!(kept.expose_secret(), url);
    }
    let expected = "expected sqlite:PATH or postgres://user:password@host/name";
    for value in [
        "mysql://u:hunter2@h/d",
        "sqlite:",
        "postgres://",
        "a.db",
        "",
    ] {
        assert_eq!(refused("database.url", value), expected);
    }
}

#[test]
fn proxy_is_a_url() {
    for url in [
        "http://p:1",
        "https://u:p@p",
        "socks5://p:1",
        "socks5h://p:1",
    ] {
        Fixture::env("SOCIABLE_HTTP__PROXY", url).settings();
    }
    let expected = "expected a proxy's URL: http, https, socks5 or socks5h";
    for value in [
        "proxy:3128",
        "ftp://p",
        "http://",
        "u:hunter2@p:1",
        "http:p",
        "",
    ] {
        assert_eq!(refused("http.proxy", value), expected, "{value}");
    }
}

#[test]
fn ca_bundle_must_be_readable() {
    let fixture = Fixture::env("SOCIABLE_HTTP__CA_BUNDLE", "ca.pem").file("ca.pem", "x");
    let path = fixture.settings().http.ca_bundle.unwrap();
    assert_eq!(path, fixture.dir.path().join("ca.pem"));
    assert_eq!(
        refused("http.ca_bundle", "/nowhere/ca.pem"),
        "names `/nowhere/ca.pem`, which cannot be read (entity not found)"
    );
    assert_eq!(refused("http.ca_bundle", ""), "expected a path");
}

#[test]
fn resolve_holds_hosts_and_their_addresses() {
    let given = r#"{"id.example.com": "10.0.0.7", "other.example": "[::1]:8443"}"#;
    let resolve = Fixture::env("SOCIABLE_HTTP__RESOLVE", given)
        .settings()
        .http
        .resolve;
    let addresses: Vec<String> = resolve.values().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.0.7:0", "[::1]:8443"]);
    for bad in [
        r#"{"id.example.com": "other.example.com"}"#,
        r#"{"id.example.com": ""}"#,
        r#"{"id.example.com": 1}"#,
        r#"{"id.example.com:443": "10.0.0.7"}"#,
        r#"{"https://id.example.com": "10.0.0.7"}"#,
        r#"{"ID.example.com": "10.0.0.7"}"#,
        r#"{"10.0.0.1": "10.0.0.7"}"#,
        r#"{"localhost": "10.0.0.7"}"#,
        r#"["10.0.0.7"]"#,
        "x",
    ] {
        let told = Fixture::env("SOCIABLE_HTTP__RESOLVE", bad).errors();
        assert!(told.contains(": http.resolve: expected "), "{bad}: {told}");
    }
}

#[test]
fn times_are_seconds_in_their_ranges() {
    for (key, range, [low, high]) in [
        ("http.connect_timeout", "0.1 to 60", ["0.09", "60.1"]),
        (
            "session.access_token_lifetime",
            "60 to 3600",
            ["59", "3601"],
        ),
        (
            "session.refresh_token_lifetime",
            "3600 to 315360000",
            ["3599.9", "315360001"],
        ),
        (
            "session.association_max_auth_age",
            "1 to 31536000",
            ["0.9", "31536001"],
        ),
    ] {
        let expected = format!("expected seconds, {range}");
        for value in [
            low,
            high,
            "0",
            "-60",
            "1e3",
            "inf",
            "nan",
            "60s",
            "60.",
            ".5",
            "",
            "9999999999999999999999999",
        ] {
            assert_eq!(refused(key, value), expected, "{value}");
        }
    }
    let time = |value: &str| {
        let fixture = Fixture::env("SOCIABLE_HTTP__CONNECT_TIMEOUT", value);
        fixture.settings().http.connect_timeout.as_millis()
    };
    assert_eq!(time("2.5"), 2500);
    assert_eq!(time(" 60 "), 60_000);
    let fixture =
        Fixture::toml("[http]\nconnect_timeout = 0.25\n[session]\naccess_token_lifetime = 60");
    assert_eq!(fixture.settings().http.connect_timeout.as_millis(), 250);
    assert_eq!(
        fixture.settings().session.access_token_lifetime.as_secs(),
        60
    );
}

#[test]
fn user_agent_is_visible_ascii() {
    let fixture = Fixture::env("SOCIABLE_HTTP__USER_AGENT", "login/1 (x)");
    assert_eq!(fixture.settings().http.user_agent, "login/1 (x)");
    for value in ["", "  ", "a\nb", "ä"] {
        assert_eq!(
            refused("http.user_agent", value),
            "expected visible ASCII text"
        );
    }
}

#[test]
fn the_log_takes_filter_directives_and_two_formats() {
    let fixture = Fixture::env("SOCIABLE_LOG__LEVEL", "info,sociable::pipeline=debug")
        .and_env("SOCIABLE_LOG__FORMAT", "json");
    assert_eq!(fixture.settings().log.format, LogFormat::Json);
    for value in ["", "sociable=loud", "[[="] {
        assert_eq!(
            refused("log.level", value),
            "expected a level such as `info`, or levels by module such as `info,sociable=debug`"
        );
    }
    assert_eq!(refused("log.format", "JSON"), "expected `text` or `json`");
}

#[test]
fn folders_start_at_the_working_directory() {
    let fixture = Fixture::env("SOCIABLE_PROVIDERS_DIR", "own").and_env("SOCIABLE_DATA_DIR", "/d");
    let settings = fixture.settings();
    assert_eq!(
        settings.providers_dir.unwrap(),
        fixture.dir.path().join("own")
    );
    assert_eq!(settings.data_dir.to_str(), Some("/d"));
    assert_eq!(refused("data_dir", ""), "expected a path");
    assert_eq!(
        Fixture::toml("providers_dir = [\"a\"]").errors(),
        "sociable.toml:1: providers_dir: expected text in quotes"
    );
}
