//! Files that are no dump: one clear line each, without what stands in them.

use super::Project;

#[test]
fn a_file_that_is_no_dump_is_told_in_one_line() {
    for (text, line) in [
        ("", "is not JSON: line 1, column 0"),
        (
            "{\"SOCIAL_AUTH_GITHUB_SECRET\": hunter2}",
            "is not JSON: line 1, column 31",
        ),
        (
            "[\"hunter2\"]",
            "expected an object of settings by name, not a list",
        ),
        (
            "\"hunter2\"",
            "expected an object of settings by name, not a text",
        ),
        ("null", "expected an object of settings by name, not null"),
        (
            "{\"AUTHENTICATION_BACKENDS\": \"social_core.backends.github.GithubOAuth2\"}",
            "AUTHENTICATION_BACKENDS: expected a list of dotted class names",
        ),
        (
            "{\"AUTHENTICATION_BACKENDS\": [7]}",
            "AUTHENTICATION_BACKENDS: expected a list of dotted class names",
        ),
    ] {
        let (code, lines) = Project::of_text(text).check(&[]);
        assert_eq!(code, 1, "{text}: {lines:?}");
        assert_eq!(
            lines,
            [format!("sociable: settings.json: {line}")],
            "{text}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_and_options_alone_are_refused() {
    let project = Project::of_text("{}");
    let (code, lines) = project.run(&["check", "--from-django", "none.json"], &[]);
    assert_eq!(code, 1);
    assert_eq!(
        lines,
        ["sociable: none.json: cannot be read (entity not found)"]
    );
    let (code, lines) = project.check(&["--write-env", "no/folder/env"]);
    assert_eq!(code, 1);
    assert_eq!(
        lines,
        ["sociable: --write-env no/folder/env: entity not found"]
    );
    let (code, lines) = project.run(&["check", "--json"], &[]);
    assert_eq!(code, 2, "{lines:?}");
    assert!(lines.concat().contains("--from-django"), "{lines:?}");
}

#[test]
fn a_name_that_is_not_python_social_auths_is_told() {
    let project = Project::of_text(r#"{"DEBUG": true, "social_auth_github_key": "k"}"#);
    let (code, lines) = project.check(&[]);
    assert_eq!(code, 1);
    assert_eq!(
        lines,
        ["DEBUG", "social_auth_github_key"].map(|name| format!(
            "{name}: is unknown (no setting of python-social-auth's begins so)"
        ))
    );
}
