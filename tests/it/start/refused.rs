//! One line for each mistake: the key, its place, and the nearest known name.

use super::Folder;
use crate::support::server::KEYS;

const SERVE: [&str; 1] = ["serve"];
const GITHUB: [(&str, &str); 2] = [
    ("SOCIAL_AUTH_GITHUB_KEY", "key"),
    ("SOCIAL_AUTH_GITHUB_SECRET", "secret"),
];

/// Starts with a settings file of this text.
fn file(text: &str) -> String {
    Folder::new(&[("sociable.toml", text)]).refusal(&SERVE, &[])
}

/// Starts with these variables, GitHub's registration aside.
fn variables(environment: &[(&str, &str)]) -> String {
    let all: Vec<_> = GITHUB.iter().chain(environment).copied().collect();
    Folder::new(&[]).refusal(&SERVE, &all)
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_known_one() {
    for (text, line) in [
        (
            "[server]\nlisen = \"127.0.0.1:0\"",
            "sociable.toml:2: server.lisen: unknown key, the nearest known is `server.listen`",
        ),
        (
            "[servr]\nlisten = \"127.0.0.1:0\"",
            "sociable.toml:1: servr: unknown section, the nearest known is `server`",
        ),
        (
            "\n[social_auth]\nforce_email_lowercas = true",
            "sociable.toml:3: social_auth.force_email_lowercas: unknown key, the nearest known is `social_auth.force_email_lowercase`",
        ),
        (
            "\n[providers.githib]\nkey = \"x\"",
            "sociable.toml:2: providers.githib: unknown provider, the nearest known is `github`",
        ),
        (
            "[providers.corp]\nkey = \"x\"\ndefinition = \"gitlb\"",
            "sociable.toml:3: providers.corp.definition: no definition is called `gitlb`, the nearest known is `gitlab`",
        ),
        (
            "[providers.github]\nkey = \"x\"\nsecret = \"y\"\nsceret = \"z\"",
            "sociable.toml:4: providers.github.sceret: unknown key, the nearest known is `providers.github.secret`",
        ),
    ] {
        assert_eq!(file(text), line);
    }
    for (name, line) in [
        (
            "SOCIABLE_SERVER__LISEN",
            "variable SOCIABLE_SERVER__LISEN: unknown variable, the nearest known is `SOCIABLE_SERVER__LISTEN`",
        ),
        (
            "SOCIAL_AUTH_GITHUB_SCOP",
            "variable SOCIAL_AUTH_GITHUB_SCOP: unknown variable, the nearest known is `SOCIAL_AUTH_GITHUB_SCOPE`",
        ),
        (
            "SOCIAL_AUTH_FORCE_EMAIL_LOWERCAS",
            "variable SOCIAL_AUTH_FORCE_EMAIL_LOWERCAS: unknown variable, the nearest known is `SOCIAL_AUTH_FORCE_EMAIL_LOWERCASE`",
        ),
    ] {
        assert_eq!(variables(&[(name, "x")]), line);
    }
    let known_without_any_provider = [("SOCIAL_AUTH_UUID_LENGHT", "8")];
    assert_eq!(
        Folder::new(&[]).refusal(&SERVE, &known_without_any_provider),
        "variable SOCIAL_AUTH_UUID_LENGHT: unknown variable, the nearest known is `SOCIAL_AUTH_UUID_LENGTH`"
    );
}

#[test]
fn an_impossible_value_is_told_with_what_was_expected() {
    for (text, line) in [
        (
            "[server]\nlisten = \"nowhere\"",
            "sociable.toml:2: server.listen: expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080",
        ),
        (
            "[server]\nworkers = 0",
            "sociable.toml:2: server.workers: expected a whole number from 1 to 1024",
        ),
        (
            "[log]\nformat = \"xml\"",
            "sociable.toml:2: log.format: expected `text` or `json`",
        ),
        (
            "[server]\nlisten =",
            "sociable.toml:2: is not TOML: string values must be quoted, expected literal string",
        ),
    ] {
        assert_eq!(file(text), line);
    }
    for (name, value, line) in [
        (
            "SOCIAL_AUTH_FORCE_EMAIL_LOWERCASE",
            "maybe",
            "variable SOCIAL_AUTH_FORCE_EMAIL_LOWERCASE: social_auth.force_email_lowercase: expected true or false",
        ),
        (
            "SOCIAL_AUTH_WHITELISTED_DOMAINS",
            "corp.example",
            "variable SOCIAL_AUTH_WHITELISTED_DOMAINS: social_auth.whitelisted_domains: expected a list of texts in JSON, such as [\"one\", \"two\"]",
        ),
        (
            "SOCIAL_AUTH_GITHUB_REQUESTS_TIMEOUT",
            "0",
            "variable SOCIAL_AUTH_GITHUB_REQUESTS_TIMEOUT: providers.github.requests_timeout: expected seconds above 0, such as 5 or 2.5",
        ),
        (
            "SOCIAL_AUTH_GITHUB_API_URL",
            "http://api.github.com",
            "variable SOCIAL_AUTH_GITHUB_API_URL: providers.github.api_url: expected an https URL, or an http one on a loopback address",
        ),
        (
            "SOCIABLE_SERVER__CORS_ORIGINS",
            "*",
            "variable SOCIABLE_SERVER__CORS_ORIGINS: server.cors_origins: expected exact origins such as https://app.example.com: no path, no `*`, no `null`, http for loopback only",
        ),
        (
            "SOCIABLE_DATABASE__URL",
            "mysql://x",
            "variable SOCIABLE_DATABASE__URL: database.url: expected sqlite:PATH or postgres://user:password@host/name",
        ),
    ] {
        assert_eq!(variables(&[(name, value)]), line);
    }
}

/// SUB-5.
#[test]
fn a_provider_without_a_client_id_or_secret_does_not_start() {
    for (text, line) in [
        (
            "\n[providers.github]",
            "sociable.toml:2: providers.github: its client id, `key`, is not set",
        ),
        (
            "[providers.github]\nkey = \"\"\nsecret = \"x\"",
            "sociable.toml:2: providers.github.key: a client id may not be empty",
        ),
        (
            "[providers.github]\nkey = \" \"\nsecret = \"x\"",
            "sociable.toml:2: providers.github.key: a client id may not be empty",
        ),
        (
            "[providers.github]\nkey = \"x\"\nsecret = \"x\"\naudiences = [\"y\", \"\"]",
            "sociable.toml:4: providers.github.audiences: a client id may not be empty",
        ),
        (
            "[providers.github]\nkey = \"x\"\nsecret = \"\"",
            "sociable.toml:3: providers.github.secret: the client secret may not be empty",
        ),
        (
            "[providers.github]\nkey = \"x\"",
            "providers.github.secret: is not set, but this provider needs it",
        ),
    ] {
        assert_eq!(file(text), line);
    }
    let empty = [("SOCIAL_AUTH_GITHUB_KEY", "")];
    assert_eq!(
        variables(&empty),
        "variable SOCIAL_AUTH_GITHUB_KEY: providers.github.key: a client id may not be empty"
    );
}

/// SEC-5.
#[test]
fn keys_that_are_short_samples_or_alone_do_not_start() {
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let generate = "`sociable keys generate` prints a pair";
    for (name, key) in [
        ("SOCIABLE_KEYS__SIGNING", "keys.signing"),
        ("SOCIABLE_KEYS__SEALING", "keys.sealing"),
    ] {
        let place = format!("variable {name}: {key}:");
        assert_eq!(
            variables(&[(name, "c2hvcnQ=")]),
            format!("{place} expected 32 bytes, base64: {generate}")
        );
        assert_eq!(
            variables(&[(name, zeros)]),
            format!("{place} a sample, expected random bytes: {generate}")
        );
    }
    for (index, missing) in [(0, "keys.sealing"), (1, "keys.signing")] {
        assert_eq!(
            variables(&[KEYS[index]]),
            format!("{missing}: the other key is set, so this one must be too: {generate}")
        );
    }
    let same = [KEYS[0], ("SOCIABLE_KEYS__SEALING", KEYS[0].1)];
    assert_eq!(
        variables(&same),
        format!(
            "variable SOCIABLE_KEYS__SEALING: keys.sealing: the same key as in keys.signing, expected another: {generate}"
        )
    );
}

#[test]
fn a_pipeline_that_cannot_do_what_is_asked_does_not_start() {
    let pipeline = "variable SOCIAL_AUTH_PIPELINE: social_auth.pipeline";
    for (steps, line) in [
        (
            r#"["social_core.pipeline.social_auth.social_details", "social_core.pipeline.user.create_usr"]"#,
            "no step is called `social_core.pipeline.user.create_usr`, the nearest known is `social_core.pipeline.user.create_user`",
        ),
        (
            r#"["social.pipeline.user.get_usernam"]"#,
            "no step is called `social.pipeline.user.get_usernam`, the nearest known is `social.pipeline.user.get_username`",
        ),
        (
            r#"["create_usr"]"#,
            "no step is called `create_usr`, the nearest known is `create_user`",
        ),
    ] {
        let line = format!("{pipeline}: {line}");
        assert_eq!(variables(&[("SOCIAL_AUTH_PIPELINE", steps)]), line);
    }
    let short = ("SOCIAL_AUTH_PIPELINE", r#"["social_user"]"#);
    for rule in ["WHITELISTED_EMAILS", "WHITELISTED_DOMAINS"] {
        let variable = format!("SOCIAL_AUTH_{rule}");
        let key = rule.to_lowercase();
        assert_eq!(
            variables(&[short, (&variable, r#"["corp.example"]"#)]),
            format!(
                "variable {variable}: social_auth.{key}: is set, but a pipeline that it is for lacks `auth_allowed`, which holds it"
            )
        );
    }
    assert_eq!(
        variables(&[("SOCIAL_AUTH_ALLOW_GROUPS", r#"["staff"]"#)]),
        "variable SOCIAL_AUTH_ALLOW_GROUPS: social_auth.allow_groups: is set, but not `groups_key`: where do the groups stand?"
    );
}

#[test]
fn two_providers_of_one_name_in_variables_do_not_start() {
    let provider = |name: &str| {
        format!("[providers.{name}]\ndefinition = \"gitlab\"\nkey = \"x\"\nsecret = \"y\"\n")
    };
    let text = format!("{}{}", provider("git-corp"), provider("git_corp"));
    assert_eq!(
        file(&text),
        "SOCIAL_AUTH_GIT_CORP_…: one name for several providers: `providers.git-corp`, `providers.git_corp`"
    );
}

#[test]
fn a_definition_that_is_wrong_does_not_start() {
    let whole = "title = \"A\"\nprotocol = \"oauth2\"\naliases = [\"x\"]\n[user]\nid = \"id\"\n[[call]]\nurl = \"https://a.example/\"\n[settings]\nhome = { type = \"host\" }\n";
    let named = |name: &str| format!("name = \"{name}\"\n{whole}");
    let start = |files: &[(&str, &str)], environment: &[(&str, &str)]| {
        let folder = [("SOCIABLE_PROVIDERS_DIR", "own")];
        let all: Vec<_> = GITHUB
            .iter()
            .chain(&folder)
            .chain(environment)
            .copied()
            .collect();
        Folder::new(files).refusal(&SERVE, &all)
    };
    let one = named("one");
    assert_eq!(
        start(
            &[(
                "own/one.toml",
                &one.replace("[user]\nid", "[user]\nuser_name = \"x\"\nid")
            )],
            &[]
        ),
        "one.toml: [user].user_name: line 6: unknown key, the nearest known is `username`"
    );
    let keys = [("SOCIAL_AUTH_ONE_KEY", "k"), ("SOCIAL_AUTH_TWO_KEY", "k")];
    assert_eq!(
        start(
            &[("own/one.toml", &one), ("own/two.toml", &named("two"))],
            &keys
        ),
        "two: its alias `x` is a name of `one` as well"
    );
    let home = [keys[0], ("SOCIAL_AUTH_ONE_HOME", "a.example/b")];
    assert_eq!(
        start(&[("own/one.toml", &one)], &home),
        "variable SOCIAL_AUTH_ONE_HOME: providers.one.home: expected a host name with an optional port, such as id.example.com"
    );
}
