//! The classes of `AUTHENTICATION_BACKENDS`, and the providers they stand for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use crate::backends::Catalogue;
use crate::model::CredentialKind;

/// python-social-auth's classes and the names of their providers.
const CLASSES: &str = include_str!("classes.toml");
/// Where they stand.
const MODULE: &str = "social_core.backends.";
/// Where they stood before python-social-auth was split.
const OLD_MODULE: &str = "social.backends.";

static NAMES: LazyLock<BTreeMap<String, String>> =
    // A test reads the table as well: it cannot be broken unnoticed.
    LazyLock::new(|| toml::from_str(CLASSES).unwrap_or_default());

/// What becomes of one class.
#[derive(Debug, Serialize)]
pub(super) struct Backend {
    /// As the file names it.
    pub(super) class: String,
    /// Our name of the provider; `None` for classes of others.
    pub(super) provider: Option<String>,
    /// Whether a definition is there.
    pub(super) shipped: bool,
    /// Whether raw access tokens are bound to the app, and so accepted.
    pub(super) access_tokens_bound: bool,
    /// Whether nothing has to be done.
    pub(super) works: bool,
    /// All that in words.
    pub(super) text: String,
}

/// The names of all providers that python-social-auth ever had.
pub(super) fn providers() -> impl Iterator<Item = &'static str> {
    NAMES.values().map(String::as_str)
}

/// Judges each class.
pub(super) fn judge(classes: Option<&[String]>, definitions: &Catalogue) -> Vec<Backend> {
    let classes = classes.unwrap_or_default().iter();
    classes.map(|class| judged(class, definitions)).collect()
}

fn judged(class: &str, definitions: &Catalogue) -> Backend {
    let short = class
        .strip_prefix(MODULE)
        .or_else(|| class.strip_prefix(OLD_MODULE));
    let mut backend = Backend {
        class: class.to_owned(),
        provider: short.and_then(|short| NAMES.get(short)).cloned(),
        shipped: false,
        access_tokens_bound: false,
        works: false,
        text: String::new(),
    };
    backend.text = match (&backend.provider, short) {
        (Some(provider), _) => {
            let definition = definitions.get(provider);
            backend.shipped = definition.is_some();
            let accepts = definition.map(|entry| entry.accepts.as_slice());
            backend.access_tokens_bound = accepts.is_some_and(binds);
            backend.works = accepts.is_some_and(|accepts| !accepts.is_empty());
            offer(provider, accepts)
        }
        (None, Some(short)) => format!("is unknown, {}", nearest(short)),
        (None, None) if class.starts_with("django.contrib.") => {
            backend.works = true;
            "is not needed (passwords are no matter of this server)".to_owned()
        }
        (None, None) => {
            "is unknown; a provider of your own is described in a file: docs/providers.md"
                .to_owned()
        }
    };
    backend
}

fn binds(accepts: &[CredentialKind]) -> bool {
    let raw = [CredentialKind::AccessToken, CredentialKind::OAuth1];
    accepts.iter().any(|kind| raw.contains(kind))
}

fn offer(provider: &str, accepts: Option<&[CredentialKind]>) -> String {
    match accepts {
        None => {
            format!("{provider} is not shipped; it can be described in a file: docs/providers.md")
        }
        Some(accepts) if binds(accepts) => {
            format!("{provider} is shipped, raw access tokens are bound to the app")
        }
        Some([]) => format!(
            "{provider} is shipped, but nothing binds raw access tokens to the app: they are refused, \
             unless `accept_unbound_access_tokens` is set"
        ),
        Some(_) => format!(
            "{provider} is shipped, raw access tokens are refused: clients send what else it gives"
        ),
    }
}

fn nearest(short: &str) -> String {
    let likeness = |class: &&String| -strsim::jaro_winkler(short, class);
    let nearest = NAMES
        .keys()
        .min_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let nearest = nearest.map(String::as_str).unwrap_or_default();
    format!("the nearest known is `{MODULE}{nearest}`")
}
