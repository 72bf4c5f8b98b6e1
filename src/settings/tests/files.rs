//! Files: defaults, `sociable.toml`, `--config`, `.env`, and which one wins.

use std::path::Path;

use super::super::names::KEYS;
use super::super::{Settings, Sources};
use super::Fixture;

const LISTEN: &str = "SOCIABLE_SERVER__LISTEN";

#[test]
fn without_any_source_the_defaults_hold() {
    let fixture = Fixture::new();
    let settings = fixture.settings();
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.server.public_url, None);
    assert!(settings.server.cors_origins.is_empty());
    assert_eq!(settings.server.workers, None);
    assert!(settings.database.url.is_none());
    assert_eq!(settings.database.pool_size, 16);
    assert_eq!(settings.database.readers, 2);
    assert!(settings.http.proxy.is_none() && settings.http.ca_bundle.is_none());
    assert_eq!(settings.http.connect_timeout.as_secs(), 2);
    let user_agent = concat!("sociable/", env!("CARGO_PKG_VERSION"));
    assert_eq!(settings.http.user_agent, user_agent);
    assert!(settings.keys.signing.is_empty() && settings.keys.sealing.is_empty());
    assert_eq!(settings.session.access_token_lifetime.as_secs(), 600);
    let month = 30 * 24 * 60 * 60;
    assert_eq!(settings.session.refresh_token_lifetime.as_secs(), month);
    assert_eq!(settings.session.association_max_auth_age, None);
    assert_eq!(settings.log.level, "info");
    assert_eq!(settings.log.format, super::super::LogFormat::Text);
    assert_eq!(settings.data_dir, fixture.dir.path().join("data"));
    assert_eq!(settings.providers_dir, None);
    assert!(settings.social.problems().is_empty());
    assert!(settings.social.warnings().is_empty());
}

#[test]
fn the_defaults_document_every_key_under_its_section() {
    let mut section = String::new();
    let mut documented = Vec::new();
    for line in include_str!("../default.toml").lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        }
        let line = line.trim_start_matches("# ");
        let name = line.split(" = ").next().filter(|_| line.contains(" = "));
        documented.extend(name.map(|name| match section.as_str() {
            "" => name.to_owned(),
            section => format!("{section}.{name}"),
        }));
    }
    for key in KEYS {
        assert!(documented.contains(&key.to_owned()), "{key}");
    }
}

#[test]
fn a_later_source_wins_over_an_earlier_one() {
    let listen = |fixture: &Fixture| fixture.settings().server.listen.port();
    let fixture = Fixture::toml("[server]\nlisten = \"127.0.0.1:1\"");
    assert_eq!(listen(&fixture), 1);
    let fixture = fixture.file(".env", format!("{LISTEN}=127.0.0.1:2"));
    assert_eq!(listen(&fixture), 2);
    let fixture = fixture.and_env(LISTEN, "127.0.0.1:3");
    assert_eq!(listen(&fixture), 3);
    let fixture = fixture.flag("server.listen", "127.0.0.1:4");
    assert_eq!(listen(&fixture), 4);
}

#[test]
fn a_named_file_is_read_instead_of_the_usual_one() {
    let mut fixture = Fixture::toml("[log]\nlevel = \"warn\"").file("other.toml", "[server]\n");
    fixture.sources.config = Some("other.toml".into());
    assert_eq!(fixture.settings().log.level, "info");
}

#[test]
fn a_named_file_must_exist() {
    let mut fixture = Fixture::new();
    fixture.sources.config = Some("/nowhere/s.toml".into());
    assert_eq!(
        fixture.errors(),
        "/nowhere/s.toml: cannot be read (entity not found)"
    );
}

#[test]
fn a_file_that_is_no_text_is_refused() {
    let fixture = Fixture::new().file("sociable.toml", [0xff, 0xfe]);
    assert_eq!(fixture.errors(), "sociable.toml: is not UTF-8 text");
}

#[test]
fn a_syntax_error_is_named_with_its_line_and_without_its_text() {
    let errors = Fixture::toml("[keys]\n\nsigning = \"hunter2\n").errors();
    assert!(
        errors.starts_with("sociable.toml:3: is not TOML: "),
        "{errors}"
    );
    assert!(
        !errors.contains("hunter2") && errors.lines().count() == 1,
        "{errors}"
    );
}

#[test]
fn an_unknown_section_is_named_with_the_nearest() {
    assert_eq!(
        Fixture::toml("\n[sever]\nlisten = \"127.0.0.1:1\"").errors(),
        "sociable.toml:2: sever: unknown section, the nearest known is `server`"
    );
}

#[test]
fn an_unknown_key_is_named_with_the_nearest() {
    assert_eq!(
        Fixture::toml("[server]\nworkers = 2\nlistn = \"127.0.0.1:1\"").errors(),
        "sociable.toml:3: server.listn: unknown key, the nearest known is `server.listen`"
    );
}

#[test]
fn a_key_in_the_wrong_section_is_shown_its_place() {
    assert_eq!(
        Fixture::toml("listen = \"127.0.0.1:1\"\n[http]\nworkers = 3").errors(),
        "sociable.toml:1: listen: unknown key, the nearest known is `server.listen`\n\
         sociable.toml:3: http.workers: unknown key, the nearest known is `server.workers`"
    );
}

#[test]
fn a_section_must_be_a_table() {
    assert_eq!(
        Fixture::toml("server = 1\nproviders = []").errors(),
        "sociable.toml:1: server: expected a table, `[server]`\n\
         sociable.toml:2: providers: expected a table, `[providers]`"
    );
}

#[test]
fn a_provider_must_be_a_table_of_a_usable_name() {
    assert_eq!(
        Fixture::toml("[providers]\ngithub = 1\n[providers.\"a b\"]\n").errors(),
        "sociable.toml:2: providers.github: expected a table, `[providers.github]`\n\
         sociable.toml:3: providers.a b: expected a name of at most 32 letters, digits, `-` and `_`"
    );
}

#[test]
fn values_that_settings_cannot_hold_are_refused() {
    assert_eq!(
        Fixture::toml("[social_auth]\na = 2026-01-01\nb = inf\nc = 99999999999999999999").errors(),
        "sociable.toml:2: social_auth.a: expected no date; put text in quotes\n\
         sociable.toml:3: social_auth.b: expected a number\n\
         sociable.toml:4: social_auth.c: is too large a number"
    );
}

#[test]
fn the_lines_of_dotenv_are_counted_over_comments_and_long_values() {
    let text = "# ours\n\nOTHER=1\nexport SOCIAL_AUTH_A='one\ntwo'\n\n  SOCIABLE_LOG__FORMAT=xml # no\nSOCIABLE_SERVER__WORKERS=0";
    assert_eq!(
        Fixture::new().file(".env", text).errors(),
        ".env:7: log.format: expected `text` or `json`\n\
         .env:8: server.workers: expected a whole number from 1 to 1024"
    );
    let social = Fixture::new()
        .file(".env", "\n\nSOCIAL_AUTH_A='one\ntwo'\n")
        .social();
    assert_eq!(
        social.flag(None, "A").unwrap_err().to_string(),
        ".env:3: social_auth.a: expected true or false"
    );
    assert_eq!(social.text(None, "A").unwrap().unwrap(), "one\ntwo");
}

#[test]
fn a_dotenv_line_longer_than_a_buffer_keeps_the_count() {
    let text = format!("LONG={}\nSOCIABLE_LOG__FORMAT=xml", "x".repeat(40_000));
    assert_eq!(
        Fixture::new().file(".env", text).errors(),
        ".env:2: log.format: expected `text` or `json`"
    );
}

#[test]
fn a_dotenv_line_at_fault_is_named_and_not_shown() {
    let fixture = Fixture::new().file(".env", "A=1\nSOCIAL_AUTH_GITHUB_SECRET=two words");
    assert_eq!(
        fixture.errors(),
        ".env:2: expected NAME=value; put single quotes around a value that holds spaces, `#` or `$`"
    );
}

#[test]
fn all_faults_are_told_at_once() {
    let fixture = Fixture::toml("[server]\nlisten = 1\nworker = 1\n[log]\nformat = \"xml\"")
        .and_env("SOCIABLE_DATABASE__READERS", "many")
        .flag("log.level", "");
    assert_eq!(fixture.load().unwrap_err().0.len(), 5);
    assert_eq!(fixture.errors().lines().count(), 5);
}

#[test]
fn the_process_gives_only_variables_of_our_names() {
    let sources = Sources::of_process(None, vec![("server.listen", "127.0.0.1:0".to_owned())]);
    assert_eq!(sources.working_dir, Path::new(""));
    let ours = |name: &str| name.starts_with("SOCIABLE_") || name.starts_with("SOCIAL_AUTH_");
    assert!(sources.environment.iter().all(|(name, _)| ours(name)));
    assert_eq!(sources.overrides.len(), 1);
}

#[test]
fn debug_shows_no_secret() {
    let key = "qwjjfVGxB8qJXiTAhP2yQ0XrV4m8s5u7PzLk1NnWtYc=";
    let fixture = Fixture::toml("[http]\nproxy = \"http://u:hunter2@proxy:1\"")
        .and_env("SOCIABLE_DATABASE__URL", "postgres://u:hunter2@h/d")
        .and_env("SOCIABLE_KEYS__SIGNING", key)
        .and_env("SOCIAL_AUTH_GITHUB_SECRET", "hunter2");
    let settings: Settings = fixture.settings();
    let shown = format!("{settings:?} {:?}", fixture.sources);
    assert!(
        !shown.contains("hunter2") && !shown.contains(key),
        "{shown}"
    );
    let bytes = secrecy::ExposeSecret::expose_secret(&settings.keys.signing[0]);
    assert!(!shown.contains(&format!("{bytes:?}")), "{shown}");
}
