//! How several apps are set, and what keeps the program from starting.

use serde_json::json;
use sociable::app::App;
use sociable::settings::{Settings, Sources};

/// What is said of `[providers.<name>]` with these further lines.
fn refusal_of(provider: &str, more: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "from a file\n").unwrap();
    let config = folder.path().join("sociable.toml");
    let text = format!("[providers.{provider}]\nkey = \"main\"\nsecret = \"s3cr3t\"\n{more}");
    std::fs::write(&config, text).unwrap();
    let settings = Settings::load(&Sources {
        config: Some(config),
        working_dir: folder.path().to_owned(),
        environment: Vec::new(),
        overrides: Vec::new(),
    })
    .unwrap();
    let error = App::builder(settings).check().err()?.to_string();
    let (_, error) = error.split_once("sociable.toml:").unwrap();
    assert!(!error.contains("s3cr3t"), "{error}");
    Some(error.to_owned())
}

fn entry(lines: &[&str]) -> String {
    format!("[[providers.github.clients]]\n{}\n", lines.join("\n"))
}

#[test]
fn apps_that_cannot_be_told_apart_do_not_start() {
    let good = entry(&["name = \"ios\"", "key = \"one\"", "secret = \"s3cr3t\""]);
    assert_eq!(refusal_of("github", &good), None);
    for (second, reason) in [
        (
            ["name = \"ios\"", "key = \"two\""],
            "the name `ios` is given twice",
        ),
        (
            ["name = \"web\"", "key = \"one\""],
            "the client id `one` is given twice",
        ),
        (
            ["name = \"web\"", "key = \"main\""],
            "the client id `main` is given twice",
        ),
        (
            ["name = \"web\"", "key = \"\""],
            "`web`: a client id may not be empty",
        ),
        (
            ["name = \"web\"", "key = \" \""],
            "`web`: a client id may not be empty",
        ),
        (
            ["name = \"\"", "key = \"two\""],
            "a client's name may not be empty",
        ),
    ] {
        let second = entry(&[second[0], second[1], "secret = \"s3cr3t\""]);
        let line = format!("4: providers.github.clients: {reason}");
        assert_eq!(refusal_of("github", &format!("{good}{second}")), Some(line));
    }
    for (audiences, line) in [
        (
            "[\"main\"]",
            "4: providers.github.audiences: the client id `main` is given twice",
        ),
        (
            "[\"a\", \"a\"]",
            "4: providers.github.audiences: the client id `a` is given twice",
        ),
        (
            "[\"one\"]",
            "5: providers.github.clients: the client id `one` is given twice",
        ),
    ] {
        let more = format!("audiences = {audiences}\n{good}");
        assert_eq!(refusal_of("github", &more).as_deref(), Some(line));
    }
}

#[test]
fn an_entry_that_is_none_does_not_start() {
    for (lines, reason) in [
        (&["key = \"one\""][..], "entry 1: `name`: is not set"),
        (&["name = \"ios\""], "entry 1: `key`: is not set"),
        (
            &["name = \"ios\"", "key = 1"],
            "entry 1: `key`: expected text in quotes",
        ),
        (
            &["name = \"ios\"", "key = \"one\"", "sceret = \"s3cr3t\""],
            "entry 1: `sceret`: unknown key, the nearest known is `secret`",
        ),
        (
            &["name = \"ios\"", "key = \"one\""],
            "`ios`: `secret` is not set, but this provider needs it",
        ),
        (
            &["name = \"ios\"", "key = \"one\"", "secret = \"\""],
            "`ios`: the client secret may not be empty",
        ),
        (
            &["name = \"ios\"", "key = \"one\"", "secret_file = \"none\""],
            "entry 1: `secret_file` names `none`, which cannot be read (entity not found)",
        ),
        (
            &[
                "name = \"ios\"",
                "key = \"one\"",
                "secret = \"s3cr3t\"",
                "secret_file = \"secret\"",
            ],
            "entry 1: `secret` and `secret_file` are both given, keep one",
        ),
    ] {
        let line = format!("4: providers.github.clients: {reason}");
        assert_eq!(refusal_of("github", &entry(lines)), Some(line));
    }
    let from_file = entry(&[
        "name = \"ios\"",
        "key = \"one\"",
        "secret_file = \"secret\"",
    ]);
    assert_eq!(refusal_of("github", &from_file), None);
    for (value, expected) in [
        ("\"ios\"", "expected a list, such as [\"one\", \"two\"]"),
        (
            "[\"ios\"]",
            "expected a list of tables with `name`, `key` and `secret`",
        ),
    ] {
        let line = format!("4: providers.github.clients: {expected}");
        assert_eq!(
            refusal_of("github", &format!("clients = {value}\n")),
            Some(line)
        );
    }
}

#[test]
fn an_app_without_a_secret_is_one_where_none_is_needed() {
    let entry = "[[providers.discord.clients]]\nname = \"ios\"\nkey = \"one\"\n";
    assert_eq!(refusal_of("discord", entry), None);
}

/// One value for all backends makes no sense.
#[test]
fn apps_are_of_one_provider() {
    let clients = json!([{"name": "ios", "key": "one", "secret": "s3cr3t"}]).to_string();
    let variable = |name: &str| {
        let settings = Settings::load(&Sources {
            config: None,
            working_dir: "/nonexistent".into(),
            environment: vec![
                ("SOCIAL_AUTH_GITHUB_KEY".to_owned(), "main".to_owned()),
                ("SOCIAL_AUTH_GITHUB_SECRET".to_owned(), "s3cr3t".to_owned()),
                (name.to_owned(), clients.clone()),
            ],
            overrides: Vec::new(),
        });
        let checked = App::builder(settings.unwrap()).check();
        checked.err().map(|error| error.to_string())
    };
    assert_eq!(variable("SOCIAL_AUTH_GITHUB_CLIENTS"), None);
    let refused = variable("SOCIAL_AUTH_CLIENTS").unwrap();
    assert!(
        refused.contains("SOCIAL_AUTH_CLIENTS: unknown variable"),
        "{refused}"
    );
}
