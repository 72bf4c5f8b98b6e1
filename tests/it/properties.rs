//! What holds whatever a provider answers: uids are exact, names are names,
//! and no shape of an answer brings anything down.
//!
//! A value that once failed is kept in `tests/proptest-regressions` and tried
//! first from then on.

mod answers;
mod definitions;
mod names;
mod served;

use std::path::PathBuf;
use std::sync::Arc;

use sociable::backends::{Backend, Entry};
use sociable::http::{HttpClient, Recording};
use sociable::model::{Ids, SystemIds};
use sociable::settings::{Settings, Sources, social_variable};

/// Whether a text may name a person.
fn may_be_uid(text: &str) -> bool {
    !text.is_empty()
        && !text.contains('\0')
        && !matches!(text, "None" | "null" | "undefined")
        && text.chars().count() <= 255
}

/// Whether a text may be a username.
fn may_be_username(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.@+-".contains(c);
    (1..=150).contains(&text.len()) && text.chars().all(allowed)
}

/// The backend of a definition, with nothing set but what it needs.
fn backend(entry: &Entry) -> Arc<dyn Backend> {
    let needed = entry.settings.iter().filter(|setting| setting.required);
    let needed = needed.map(|setting| {
        let value = match setting.kind.as_str() {
            _ if setting.name == "bot_token" => "42:a-token",
            "url" => "https://id.example",
            "host" => "id.example",
            "bool" => "true",
            "int" => "7",
            "list" => r#"["one"]"#,
            _ => "one",
        };
        (setting.name.to_uppercase(), value)
    });
    let mut ours = vec![("KEY", "a-key"), ("SECRET", "a-secret")];
    if entry.protocol == "openid2" {
        let endpoints = r#"{"https://id.example/op": "https://id.example/people/"}"#;
        ours.push(("OP_ENDPOINTS", endpoints));
        ours.push(("REDIRECT_URIS", r#"["https://app.example/callback"]"#));
    }
    let ours = ours
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let variable = |(name, value): (String, &str)| {
        let variable = social_variable(Some(&entry.name), &name);
        (variable, value.to_owned())
    };
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: PathBuf::from("/nonexistent"),
        environment: needed.chain(ours).map(variable).collect(),
        overrides: Vec::new(),
    })
    .unwrap_or_else(|errors| panic!("{}: {errors}", entry.name));
    let http = HttpClient::replaying(&Recording::default());
    let ids: Arc<dyn Ids> = Arc::new(SystemIds::default());
    let registry = entry
        .registry(&settings.social, &http, &ids)
        .unwrap_or_else(|errors| panic!("{}: {errors:?}", entry.name));
    Arc::clone(registry.get(&entry.name).unwrap())
}
