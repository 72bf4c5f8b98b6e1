//! docs/settings.md says what the program does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sociable::backends::{Catalogue, DefinitionSources, Entry, ProviderCodes, Registry};
use sociable::http::{HttpClient, HttpOptions};
use sociable::model::{Ids, SystemIds};
use sociable::pipeline::{Pipelines, StepRegistry};
use sociable::settings::{Parity, Settings, Sources, parity_settings};

use super::{Project, of};

const DOCS: &str = include_str!("../../../docs/settings.md");

/// The cells of all tables whose head begins so.
fn rows(head: &str) -> Vec<Vec<String>> {
    let mut lines = DOCS.lines().skip_while(|line| !line.starts_with(head));
    assert!(lines.next().is_some(), "{head}");
    lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let line = line.trim().trim_start_matches("| ").trim_end_matches('|');
            line.split(" | ")
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

fn words(verdict: Parity) -> &'static str {
    match verdict {
        Parity::Works => "works as is",
        Parity::Differs => "differs",
        Parity::NotNeeded => "not needed",
        Parity::NotSupported => "not supported",
    }
}

#[test]
fn the_docs_show_the_programs_table() {
    let shown = rows("| setting | of | here |");
    let code = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("`{text}`")
        }
    };
    let own: Vec<Vec<String>> = parity_settings()
        .iter()
        .map(|row| {
            vec![
                code(&row.name),
                row.of.join(", "),
                words(row.verdict).to_owned(),
                row.text.clone(),
                code(row.default.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    for (shown, own) in shown.iter().zip(&own) {
        assert_eq!(shown, own);
    }
    assert_eq!(shown.len(), own.len());
}

/// A value that a setting takes.
fn sample(name: &str) -> Value {
    match name {
        "SCOPE"
        | "EXTRA_DATA"
        | "USER_FIELDS"
        | "WHITELISTED_EMAILS"
        | "WHITELISTED_DOMAINS"
        | "PROTECTED_USER_FIELDS"
        | "IMMUTABLE_USER_FIELDS"
        | "ALLOW_GROUPS"
        | "AUDIENCE" => json!(["email"]),
        "PIPELINE" => json!([
            "social_core.pipeline.social_auth.auth_allowed",
            "social_core.pipeline.mail.mail_validation",
        ]),
        "DISCONNECT_PIPELINE" => json!(["social_core.pipeline.disconnect.disconnect"]),
        "EMAIL_VALIDATION_URL" => json!("/look-into-your-mail/"),
        "USER_FIELD_MAPPING" | "AUTH_EXTRA_ARGUMENTS" | "PROFILE_EXTRA_PARAMS" => json!({"a": "b"}),
        "BOT_TOKEN" => json!("42:a-token"),
        "JWT_ALGORITHMS" => json!(["RS256"]),
        "PKCE_CODE_CHALLENGE_METHOD" => json!("S256"),
        "ID_TOKEN_ISSUER" | "JWKS_URI" => json!("https://id.example/keys"),
        "UUID_LENGTH" | "ID_TOKEN_MAX_AGE" | "REQUESTS_TIMEOUT" | "URLOPEN_TIMEOUT" => json!(7),
        name if name.ends_with("_KEY") || ["KEY", "SECRET", "USER_AGENT"].contains(&name) => {
            json!("roles")
        }
        _ => json!(true),
    }
}

/// Each row is asked of the program, at github for those of all providers.
#[test]
fn the_program_says_of_each_setting_what_the_docs_say() {
    let mut dump = Map::new();
    let mut expected = BTreeMap::new();
    let (shipped, _) = Catalogue::read(&[], None);
    let read = declared();
    for row in parity_settings() {
        let provider = row.of.iter().find(|name| shipped.get(name).is_some());
        let provider = match provider {
            Some(provider) => provider.as_str(),
            None if row.of.is_empty() || row.of == ["oidc"] || row.of == ["openid"] => "github",
            // A definition that is yet to come, or never will.
            None => continue,
        };
        let entry = shipped.get(provider).unwrap();
        let before = provider.to_uppercase().replace('-', "_");
        let name = format!("SOCIAL_AUTH_{before}_{}", row.name);
        let read = read.contains(&row.name);
        let verdict = match row.verdict {
            _ if has(entry, &row.name) && row.verdict != Parity::NotNeeded => "works",
            Parity::Works if read => "works",
            Parity::Differs if read => "differs",
            Parity::NotNeeded => "not_needed",
            Parity::Works | Parity::Differs | Parity::NotSupported => "not_supported",
        };
        let value = match row.default.as_deref() {
            Some("True") => json!(false),
            _ if row.verdict == Parity::NotSupported => json!("other"),
            _ => sample(&row.name),
        };
        dump.insert(name.clone(), value);
        expected.insert(name, verdict);
    }
    let (_, report) = Project::of(&Value::Object(dump)).judged();
    for (name, verdict) in &expected {
        let judged = of(&report, name);
        assert_eq!(judged["verdict"], *verdict, "{judged}");
    }
    assert!(expected.len() > 100, "{}", expected.len());
}

fn has(entry: &Entry, name: &str) -> bool {
    let mut settings = entry.settings.iter();
    settings.any(|setting| setting.name.to_uppercase() == name)
}

/// What is read when a server starts that has one provider: all names of all
/// providers, and of that one.
fn declared() -> BTreeSet<String> {
    let environment = [
        ("SOCIAL_AUTH_GITHUB_KEY", "key"),
        ("SOCIAL_AUTH_GITHUB_SECRET", "secret"),
    ];
    let settings = Settings::load(&Sources {
        working_dir: "/nonexistent".into(),
        environment: environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..Sources::default()
    })
    .unwrap();
    let http = HttpClient::new(&HttpOptions {
        proxy: None,
        ca_bundle: None,
        resolve: std::collections::BTreeMap::new(),
        connect_timeout: Duration::from_secs(1),
        user_agent: "test".to_owned(),
    });
    let ids: Arc<dyn Ids> = Arc::new(SystemIds::default());
    let social = &settings.social;
    let sources = DefinitionSources {
        bundled: &[],
        providers_dir: None,
        codes: &ProviderCodes::default(),
    };
    let registry = Registry::build(social, &http.unwrap(), &ids, &sources).unwrap();
    Pipelines::compile(social, &registry, &StepRegistry::default()).unwrap();
    let names = social.declared_names().into_iter();
    let (shipped, _) = Catalogue::read(&[], None);
    let own = shipped.get("github").unwrap();
    names
        .filter(|(backend, _)| backend.as_deref().is_none_or(|backend| backend == "github"))
        .map(|(_, name)| name)
        .filter(|name| !has(own, name))
        .collect()
}

/// Every name that the program reads stands in the docs.
#[test]
fn every_setting_that_is_declared_stands_in_the_docs() {
    let theirs = parity_settings().iter().map(|row| row.name.clone());
    let code = |cells: Vec<String>| cells[0].trim_matches('`').to_owned();
    let ours: BTreeSet<String> = rows("| our own setting |").into_iter().map(code).collect();
    let of_providers: BTreeSet<String> = theirs
        .chain(ours.iter().map(|key| key.to_uppercase()))
        .collect();
    let read = declared();
    assert!(read.len() > 30, "{read:?}");
    for name in read {
        assert!(of_providers.contains(&name), "{name}");
    }
    let fixed: BTreeSet<String> = rows("| key | default |").into_iter().map(code).collect();
    let named_by_the_operator = ["social_auth", "providers.", "hooks.", "clients."];
    let mut section = String::new();
    let mut declared = BTreeSet::new();
    for line in include_str!("../../../src/settings/default.toml").lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            section = format!("{name}.");
        }
        let key = line.split_once(" = ").map(|(key, _)| key);
        let is_key = |key: &&str| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if let Some(key) = key.filter(is_key).filter(|_| {
            !named_by_the_operator
                .iter()
                .any(|name| section.starts_with(name))
        }) {
            declared.insert(format!("{section}{key}"));
        }
    }
    assert_eq!(fixed, declared);
}
