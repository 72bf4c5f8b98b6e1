//! What has to be there before addresses can be proven.

use sociable::app::App;
use sociable::settings::{Settings, Sources};

use super::{FORCED, FROM, PROVING, SMTP};

const MAIL: (&str, &str) = (SMTP, "smtps://mail.example.com");
const GITHUB: [(&str, &str); 2] = [
    ("SOCIAL_AUTH_GITHUB_KEY", "key"),
    ("SOCIAL_AUTH_GITHUB_SECRET", "secret"),
];
const HOOKS: (&str, &str) = (
    "SOCIABLE_HOOKS",
    r#"{"mailer": {"url": "https://mail.example.com/", "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}}"#,
);
const HERE: (&str, &str) = ("SOCIABLE_SERVER__PUBLIC_URL", "https://login.example.com");

/// Why an app that others can reach does not start; empty when it does.
fn refusal(more: &[(&str, &str)]) -> String {
    let open = [("SOCIABLE_SERVER__LISTEN", "0.0.0.0:8080")];
    let environment = GITHUB.iter().chain(&open).chain(more);
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: "/nonexistent".into(),
        environment: environment
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        overrides: Vec::new(),
    });
    match settings {
        Ok(settings) => match App::builder(settings).check() {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        },
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn a_start_is_refused_where_a_proof_could_not_be_had() {
    assert_eq!(refusal(&[]), "");
    assert_eq!(refusal(&[PROVING, FORCED, FROM, MAIL, HERE]), "");
    let by_hook = ("SOCIABLE_MAIL__HOOK", "mailer");
    assert_eq!(refusal(&[PROVING, FORCED, HOOKS, by_hook, HERE]), "");
    for (settings, told) in [
        (
            [FORCED, FROM, MAIL, HERE].as_slice(),
            "a pipeline that it is for lacks `mail_validation`",
        ),
        (
            &[("SOCIAL_AUTH_GITHUB_REQUIRES_EMAIL_VALIDATION", "true")],
            "a pipeline that it is for lacks `mail_validation`",
        ),
        (&[PROVING, FORCED, HERE], "mail.smtp_url: is not set"),
        (
            &[PROVING, FORCED, FROM, MAIL],
            "server.public_url: is not set",
        ),
        (&[MAIL], "mail.from: is not set, but mail.smtp_url is"),
        (
            &[MAIL, ("SOCIABLE_MAIL__FROM", "nobody")],
            "mail.from: expected an address",
        ),
        (
            &[(SMTP, "http://mail.example.com")],
            "mail.smtp_url: expected",
        ),
        (
            &[FROM, MAIL, HOOKS, ("SOCIABLE_MAIL__HOOK", "mailer")],
            "mail.hook: mail.smtp_url is set as well, keep one",
        ),
        (
            &[HOOKS, ("SOCIABLE_MAIL__HOOK", "mailr")],
            "mail.hook: unknown hook, the nearest known is `mailer`",
        ),
        (
            &[("SOCIABLE_MAIL__HOOK", "mailer")],
            "mail.hook: unknown hook",
        ),
        (
            &[("SOCIABLE_MAIL__TEMPLATES", "/nowhere")],
            "mail.templates: names `/nowhere`, which is no folder",
        ),
        (
            &[("SOCIABLE_MAIL__PER_ADDRESS", "0")],
            "mail.per_address: expected",
        ),
        (
            &[("SOCIABLE_MAIL__SUBJECT", "{{ ap }}")],
            "mail.templates: ",
        ),
    ] {
        let refusal = refusal(settings);
        assert!(refusal.contains(told), "{settings:?}: {refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
    }
}
