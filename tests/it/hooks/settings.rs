//! `[hooks.<name>]`: what is wrong with it stops the start.

use std::path::PathBuf;

use serde_json::{Value, json};
use sociable::settings::{Settings, Sources};

use crate::real_parts::hooks::{OTHER_SECRET, SECRET};

/// The line that such a section gives; `None` when it is taken.
fn refused(more: Value) -> Option<String> {
    let mut section = json!({"url": "https://crm.example/", "secret": SECRET});
    let Value::Object(more) = more else {
        panic!("a table")
    };
    section.as_object_mut().unwrap().extend(more);
    loaded(&json!({ "crm": section }).to_string()).err()
}

fn loaded(hooks: &str) -> Result<Settings, String> {
    let sources = Sources {
        working_dir: PathBuf::from("/nonexistent"),
        environment: vec![("SOCIABLE_HOOKS".to_owned(), hooks.to_owned())],
        ..Sources::default()
    };
    Settings::load(&sources).map_err(|errors| errors.to_string())
}

#[test]
fn a_section_is_taken_or_refused_with_its_key() {
    for taken in [
        json!({}),
        json!({"secret": [SECRET, OTHER_SECRET], "timeout": 15, "on_error": "continue"}),
        json!({"url": "http://localhost:1/x", "events": ["user.created"], "fields": []}),
        json!({"allow_private": true, "timeout": 0.5}),
    ] {
        assert_eq!(refused(taken.clone()), None, "{taken}");
    }
    let secret = "`crm.secret`: expected `whsec_` and 24 to 64 random bytes in base64, \
                  or a list of such";
    for (wrong, problem) in [
        (
            json!({"url": "http://crm.example/"}),
            "`crm.url`: expected an https URL, or an http one on a loopback address",
        ),
        (
            json!({"url": "https://u:p@crm.example/"}),
            "`crm.url`: expected an https URL, or an http one on a loopback address",
        ),
        (json!({"secret": "hunter2"}), secret),
        (json!({"secret": "whsec_c2hvcnQ="}), secret),
        (json!({"secret": []}), secret),
        (
            json!({"secret_file": "x"}),
            "`crm.secret_file`: `secret` is given as well, keep one",
        ),
        (
            json!({"timeout": 16}),
            "`crm.timeout`: expected seconds above 0, at most 15",
        ),
        (
            json!({"timeout": 0}),
            "`crm.timeout`: expected seconds above 0, at most 15",
        ),
        (
            json!({"on_error": "ignore"}),
            "`crm.on_error`: expected \"refuse\" or \"continue\"",
        ),
        (
            json!({"fields": "uid"}),
            "`crm.fields`: expected a list of texts",
        ),
        (
            json!({"allow_private": 1}),
            "`crm.allow_private`: expected true or false",
        ),
        (
            json!({"evnts": []}),
            "`crm.evnts`: unknown key, the nearest known is `events`",
        ),
    ] {
        let line = format!("variable SOCIABLE_HOOKS: hooks: {problem}");
        assert_eq!(refused(wrong.clone()), Some(line), "{wrong}");
    }
    let events = refused(json!({"events": ["tokens.revoked"]})).unwrap();
    assert!(
        events.contains("`crm.events`: expected some of user.created, "),
        "{events}"
    );
}

#[test]
fn sections_stand_in_files_and_secrets_in_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[hooks.crm]\nurl = \"https://crm.example/\"\nsecret_file = \"crm.secret\"\n\
                [hooks.mail]\nurl = \"https://mail.example/\"\nsecret = 7\n";
    std::fs::write(folder.path().join("sociable.toml"), file).unwrap();
    std::fs::write(folder.path().join("crm.secret"), format!("{SECRET}\n")).unwrap();
    let sources = Sources {
        working_dir: folder.path().to_owned(),
        ..Sources::default()
    };
    let errors = Settings::load(&sources).unwrap_err().to_string();
    let expected = "sociable.toml:1: hooks: `mail.secret`: expected a list of texts";
    assert_eq!(errors, expected);
    let right = file.replace("secret = 7", &format!("secret = \"{OTHER_SECRET}\""));
    std::fs::write(folder.path().join("sociable.toml"), right).unwrap();
    let hooks = Settings::load(&sources).unwrap().hooks;
    assert_eq!(hooks.keys().collect::<Vec<_>>(), ["crm", "mail"]);
    assert_eq!(hooks["crm"].secrets.len(), 1);
    let nobody = loaded(r#"{"": {}}"#).unwrap_err();
    assert!(
        nobody.contains("expected names of at most 32 letters"),
        "{nobody}"
    );
}
