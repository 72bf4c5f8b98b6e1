//! `sociable check --from-django`: what becomes of a Django project's settings.

mod apple;
mod bad_files;
mod table;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::Process;

/// Generous: the machine has others to serve.
const SOON: Duration = Duration::from_mins(2);
const SECRETS: [&str; 3] = ["hunter2 $HOME", "o'clock\nline \"two\"", "s3cret"];

/// A folder with a dump.
struct Project(tempfile::TempDir);

impl Project {
    fn of(dump: &Value) -> Self {
        Self::of_text(&dump.to_string())
    }

    fn of_text(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.json"), text).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// Judges the dump; the exit code and what was printed.
    fn check(&self, further: &[&str]) -> (i32, Vec<String>) {
        let args = [&["check", "--from-django", "settings.json"], further].concat();
        self.run(&args, &[])
    }

    fn run(&self, args: &[&str], environment: &[(&str, &str)]) -> (i32, Vec<String>) {
        let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
        let mut process = Process::start_in(self.0.path(), program, args, environment);
        let (status, lines) = process.outcome(SOON);
        (status.code().unwrap(), lines)
    }

    /// The verdicts, as JSON.
    fn judged(&self) -> (i32, Value) {
        let (code, lines) = self.check(&["--json"]);
        (code, serde_json::from_str(&lines.join("\n")).unwrap())
    }
}

/// What is said of one setting, in a report of JSON.
fn of<'a>(report: &'a Value, name: &str) -> &'a Value {
    let settings = report["settings"].as_array().unwrap();
    let found = settings.iter().find(|judged| judged["name"] == name);
    found.unwrap_or_else(|| panic!("{name} in {report:#}"))
}

#[test]
fn each_backend_and_each_setting_gets_its_line() {
    let project = Project::of(&json!({
        "AUTHENTICATION_BACKENDS": [
            "social_core.backends.github.GithubOAuth2",
            "social.backends.google.GoogleOAuth2",
            "social_core.backends.instagram.InstagramOAuth2",
            "django.contrib.auth.backends.ModelBackend",
            "social_core.backends.github.GithubOauth2",
            "corp.auth.CorpOAuth2",
        ],
        "SOCIAL_AUTH_GITHUB_KEY": "key",
        "SOCIAL_AUTH_GITHUB_SECRET": SECRETS[2],
        "SOCIAL_AUTH_GITHUB_SCOPE": ["read:org"],
        "SOCIAL_AUTH_DISCORD_KEY": "key",
        "SOCIAL_AUTH_LOGIN_REDIRECT_URL": "/home/",
        "SOCIAL_AUTH_FORCE_EMAIL_LOWERCASE": true,
        "SOCIAL_AUTH_PROXIES": {"https": "http://proxy.example:1"},
        "SOCIAL_AUTH_VERIFY_SSL": true,
        "SOCIAL_AUTH_USER_AGENT": null,
        "SOCIAL_AUTH_UUID_LENGHT": 8,
    }));
    let (code, lines) = project.check(&[]);
    assert_eq!(code, 1);
    for expected in [
        "social_core.backends.github.GithubOAuth2: github is shipped, raw access tokens are bound to the app",
        "social.backends.google.GoogleOAuth2: google-oauth2 is shipped, raw access tokens are bound to the app",
        "social_core.backends.instagram.InstagramOAuth2: instagram is shipped, but nothing binds raw access tokens to the app: they are refused, unless `accept_unbound_access_tokens` is set",
        "django.contrib.auth.backends.ModelBackend: is not needed (passwords are no matter of this server)",
        "social_core.backends.github.GithubOauth2: is unknown, the nearest known is `social_core.backends.github.GithubOAuth2`",
        "corp.auth.CorpOAuth2: is unknown; a provider of your own is described in a file: docs/providers.md",
        "SOCIAL_AUTH_GITHUB_SCOPE: works as is",
        "SOCIAL_AUTH_DISCORD_KEY: is not needed (discord is not in AUTHENTICATION_BACKENDS)",
        "SOCIAL_AUTH_LOGIN_REDIRECT_URL: is not needed (redirects, forms and sessions of a web framework are not here)",
        "SOCIAL_AUTH_FORCE_EMAIL_LOWERCASE: works, but differs (addresses in lower case: of new users, and here also when a later sign-in changes one)",
        "SOCIAL_AUTH_PROXIES: is not supported (`SOCIABLE_HTTP__PROXY`, one for all providers)",
        "SOCIAL_AUTH_VERIFY_SSL: is not needed (its value changes nothing)",
        "SOCIAL_AUTH_USER_AGENT: is not needed (None is as good as not set)",
        "SOCIAL_AUTH_UUID_LENGHT: is unknown (the nearest known is `UUID_LENGTH`)",
        "SOCIAL_AUTH_GITHUB_SECRET",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected} in\n{}",
            lines.join("\n")
        );
    }
    assert!(!lines.concat().contains(SECRETS[2]));
}

#[test]
fn a_project_that_can_move_as_it_is_succeeds() {
    let project = Project::of(&json!({
        "AUTHENTICATION_BACKENDS": ["social_core.backends.github.GithubOAuth2"],
        "SOCIAL_AUTH_GITHUB_KEY": "key",
        "SOCIAL_AUTH_GITHUB_SECRET": "secret",
        "SOCIAL_AUTH_PIPELINE": ["social_core.pipeline.social_auth.social_user"],
        "SOCIAL_AUTH_LOGIN_ERROR_URL": "/",
        "SOCIAL_AUTH_REQUESTS_TIMEOUT": 2.5,
    }));
    let (code, report) = project.judged();
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["good"], true);
    assert_eq!(report["backends"][0]["provider"], "github");
    assert_eq!(report["backends"][0]["access_tokens_bound"], true);
    let expected = json!([
        "SOCIAL_AUTH_GITHUB_KEY",
        "SOCIAL_AUTH_GITHUB_SECRET",
        "SOCIAL_AUTH_PIPELINE",
        "SOCIAL_AUTH_REQUESTS_TIMEOUT"
    ]);
    assert_eq!(report["environment"], expected);
    let (code, lines) = Project::of(&json!({})).check(&[]);
    assert_eq!((code, lines), (0, Vec::new()), "nothing to say");
}

#[test]
fn the_longest_name_of_a_provider_counts() {
    let project = Project::of(&json!({
        "SOCIAL_AUTH_GITHUB_KEY": "key",
        "SOCIAL_AUTH_GITHUB_ORG_KEY": "key",
        "SOCIAL_AUTH_GITHUB_ORG_NAME": "corp",
        "SOCIAL_AUTH_GITHUB_TEAM_ID": "7",
        "SOCIAL_AUTH_GITHUB_ENTERPRISE_ORG_API_URL": "https://git.example/api/v3/",
        "SOCIAL_AUTH_USERNAME_IS_FULL_EMAIL": true,
        "SOCIAL_AUTH_EMAIL_FORM_URL": "/form/",
        "SOCIAL_AUTH_USERNAME_KEY": "nickname",
        "SOCIAL_AUTH_GOOGLE_OAUTH2_WHITELISTED_DOMAINS": ["x.example"],
        "SOCIAL_AUTH_OIDC_OIDC_ENDPOINT": "https://id.example",
        "SOCIAL_AUTH_GITHUB_COLOUR": "red",
    }));
    let (_, report) = project.judged();
    for (name, provider) in [
        ("SOCIAL_AUTH_GITHUB_KEY", Some("github")),
        ("SOCIAL_AUTH_GITHUB_ORG_KEY", Some("github-org")),
        ("SOCIAL_AUTH_GITHUB_ORG_NAME", Some("github-org")),
        ("SOCIAL_AUTH_GITHUB_TEAM_ID", Some("github-team")),
        (
            "SOCIAL_AUTH_GITHUB_ENTERPRISE_ORG_API_URL",
            Some("github-enterprise-org"),
        ),
        ("SOCIAL_AUTH_USERNAME_IS_FULL_EMAIL", None),
        ("SOCIAL_AUTH_EMAIL_FORM_URL", None),
        ("SOCIAL_AUTH_USERNAME_KEY", None),
        (
            "SOCIAL_AUTH_GOOGLE_OAUTH2_WHITELISTED_DOMAINS",
            Some("google-oauth2"),
        ),
        ("SOCIAL_AUTH_OIDC_OIDC_ENDPOINT", Some("oidc")),
        ("SOCIAL_AUTH_GITHUB_COLOUR", Some("github")),
    ] {
        let judged = of(&report, name);
        assert_eq!(judged["provider"], json!(provider), "{judged}");
    }
    assert_eq!(
        of(&report, "SOCIAL_AUTH_GITHUB_COLOUR")["verdict"],
        "unknown"
    );
}

/// Each of its settings has a value that is wrong, but for ids and secrets.
fn wrong_values() -> Project {
    Project::of(&json!({
        "AUTHENTICATION_BACKENDS": [
            "social_core.backends.github.GithubOAuth2", "social_core.backends.gitlab.GitLabOAuth2",
            "social_core.backends.facebook.FacebookOAuth2",
        ],
        "SOCIAL_AUTH_GITHUB_KEY": "key",
        "SOCIAL_AUTH_GITHUB_SECRET": "secret",
        "SOCIAL_AUTH_GITHUB_SCOPE": "read:org",
        "SOCIAL_AUTH_GITHUB_PIPELINE": ["social_core.pipeline.user.creat_user"],
        "SOCIAL_AUTH_GITHUB_ID_KEY": "token_response.id",
        "SOCIAL_AUTH_GITLAB_KEY": "key",
        "SOCIAL_AUTH_GITLAB_SECRET": "secret",
        "SOCIAL_AUTH_GITLAB_API_URL": "git.example",
        "SOCIAL_AUTH_FACEBOOK_KEY": "key",
        "SOCIAL_AUTH_SLUGIFY_USERNAMES": "perhaps",
        "SOCIAL_AUTH_UUID_LENGTH": [8],
        "SOCIAL_AUTH_ALLOW_GROUPS": ["staff"],
        "SOCIAL_AUTH_USER_FIELD_MAPPING": {"team": 7},
        "SOCIAL_AUTH_KEY": "of all",
    }))
}

#[test]
fn values_are_held_to_what_a_start_would_say() {
    let project = wrong_values();
    let (code, report) = project.judged();
    assert_eq!(code, 1);
    for (name, problem) in [
        (
            "SOCIAL_AUTH_GITHUB_SCOPE",
            "expected a list of texts in JSON, such as [\"one\", \"two\"]",
        ),
        (
            "SOCIAL_AUTH_GITHUB_PIPELINE",
            "no step is called `social_core.pipeline.user.creat_user`, the nearest known is `social_core.pipeline.user.create_user`",
        ),
        (
            "SOCIAL_AUTH_GITHUB_ID_KEY",
            "a client may not say who it is: `token_response` and `input` prove nothing",
        ),
        (
            "SOCIAL_AUTH_GITLAB_API_URL",
            "expected an https URL, or an http one on a loopback address",
        ),
        (
            "SOCIAL_AUTH_FACEBOOK_SECRET",
            "is not set, but this provider needs it",
        ),
        ("SOCIAL_AUTH_SLUGIFY_USERNAMES", "expected true or false"),
        (
            "SOCIAL_AUTH_UUID_LENGTH",
            "expected a whole number, 0 or more",
        ),
        (
            "SOCIAL_AUTH_ALLOW_GROUPS",
            "is set, but not `groups_key`: where do the groups stand?",
        ),
        (
            "SOCIAL_AUTH_USER_FIELD_MAPPING",
            "`team`: expected the name of a user's field",
        ),
    ] {
        let judged = of(&report, name);
        assert_eq!(judged["verdict"], "wrong", "{judged}");
        assert_eq!(judged["text"], problem, "{name}");
        assert_eq!(judged["variable"], Value::Null);
    }
    assert_eq!(of(&report, "SOCIAL_AUTH_GITHUB_KEY")["verdict"], "differs");
    let unread = of(&report, "SOCIAL_AUTH_KEY");
    assert_eq!(unread["verdict"], "not_supported");
    assert_eq!(unread["text"], "nothing here reads it");
}

#[test]
fn the_variables_are_written_for_their_owner_and_start_the_server() {
    let project = Project::of(&json!({
        "AUTHENTICATION_BACKENDS": ["social_core.backends.github.GithubOAuth2"],
        "SOCIAL_AUTH_GITHUB_KEY": SECRETS[0],
        "SOCIAL_AUTH_GITHUB_SECRET": SECRETS[1],
        "SOCIAL_AUTH_EXTRA_DATA": [["login", "name", true], "it's"],
        "SOCIAL_AUTH_USERNAME_IS_FULL_EMAIL": true,
        "SOCIAL_AUTH_PROXIES": {"https": "http://proxy.example:1"},
    }));
    let (code, lines) = project.check(&["--write-env", ".env"]);
    assert_eq!(code, 1, "{lines:?}");
    let all = lines.join("\n");
    for secret in SECRETS {
        assert!(!all.contains(secret), "{all}");
    }
    let written = project.file(".env");
    assert!(!written.contains("PROXIES"), "{written}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = project.0.path().join(".env").metadata().unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    let read = dotenvy::from_path_iter(project.0.path().join(".env")).unwrap();
    let read: Vec<(String, String)> = read.map(Result::unwrap).collect();
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    assert_eq!(
        read,
        [
            (
                "SOCIAL_AUTH_EXTRA_DATA",
                r#"[["login","name",true],"it's"]"#
            ),
            ("SOCIAL_AUTH_GITHUB_KEY", SECRETS[0]),
            ("SOCIAL_AUTH_GITHUB_SECRET", SECRETS[1]),
            ("SOCIAL_AUTH_USERNAME_IS_FULL_EMAIL", "true"),
        ]
        .map(own)
    );
    let (code, lines) = project.run(&["check"], &[]);
    assert_eq!(code, 0, "{lines:?}");
    assert_eq!(lines, ["the settings are good; providers: github"]);
    let (code, lines) = project.check(&["--write-env", ".env"]);
    assert_eq!(code, 1);
    assert_eq!(lines, ["sociable: --write-env .env: entity already exists"]);
    assert_eq!(project.file(".env"), written, "nothing is overwritten");
}
