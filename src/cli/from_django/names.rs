//! Whose a setting is: of all providers, or of one by the longest name.

use crate::backends::Catalogue;
use crate::settings::{ParitySetting, parity_settings};

use super::classes;

/// What precedes all names.
const PREFIX: &str = "SOCIAL_AUTH_";

/// A name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// `None` for all providers.
    pub(super) provider: Option<String>,
    /// What follows the provider's name.
    pub(super) setting: String,
    /// Whether anybody knows such a setting.
    pub(super) known: bool,
}

/// All names that settings may be of.
pub(super) struct Names<'a> {
    definitions: &'a Catalogue,
    /// The longest first.
    providers: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// The providers of python-social-auth and ours.
    pub(super) fn new(definitions: &'a Catalogue) -> Self {
        let ours = definitions.iter().map(|entry| entry.name.as_str());
        let theirs = classes::providers().map(|name| -> &'a str { name });
        let mut providers: Vec<&'a str> = theirs.chain(ours).collect();
        providers.sort_by_key(|name| (std::cmp::Reverse(name.len()), *name));
        providers.dedup();
        Self {
            definitions,
            providers,
        }
    }

    /// Takes a name apart; `None` when it is not python-social-auth's.
    pub(super) fn split(&self, name: &str) -> Option<Name> {
        let setting = name.strip_prefix(PREFIX)?;
        let of_all = |known| Name {
            provider: None,
            setting: setting.to_owned(),
            known,
        };
        let rows = || parity_settings().iter().filter(|row| row.name == setting);
        if rows().any(ParitySetting::is_of_all) {
            return Some(of_all(true));
        }
        let own: Vec<Name> = self.of_providers(setting).collect();
        let known = own.iter().find(|name| name.known);
        // What one provider has may be said for all of them, too.
        if known.is_none() && rows().next().is_some() {
            return Some(of_all(true));
        }
        Some(
            known
                .or(own.first())
                .cloned()
                .unwrap_or_else(|| of_all(false)),
        )
    }

    /// The row of the table that counts for a name.
    pub(super) fn row(name: &Name) -> Option<&'static ParitySetting> {
        let rows = || {
            parity_settings()
                .iter()
                .filter(|row| row.name == name.setting)
        };
        let Some(provider) = &name.provider else {
            return rows()
                .find(|row| row.of.is_empty())
                .or_else(|| rows().next());
        };
        let own = rows().find(|row| row.of.contains(provider));
        own.or_else(|| rows().find(|row| row.is_of(provider)))
    }

    /// Whether the provider's definition declares the setting.
    pub(super) fn is_declared(&self, provider: &str, setting: &str) -> bool {
        let entry = self.definitions.get(provider);
        let mut settings = entry.iter().flat_map(|entry| &entry.settings);
        settings.any(|own| own.name.to_uppercase() == setting)
    }

    /// Whether there is a definition of that provider.
    pub(super) fn is_shipped(&self, provider: &str) -> bool {
        self.definitions.get(provider).is_some()
    }

    /// The settings of a provider, or of all, that are most like a wrong one.
    pub(super) fn nearest(name: &Name) -> Option<&'static str> {
        let of = |row: &&ParitySetting| match &name.provider {
            Some(provider) => row.is_of(provider),
            None => row.of.is_empty(),
        };
        let rows = parity_settings().iter().filter(of);
        let nearest = rows.min_by_key(|row| strsim::osa_distance(&row.name, &name.setting));
        nearest.map(|row| row.name.as_str())
    }

    fn of_providers(&self, setting: &str) -> impl Iterator<Item = Name> {
        self.providers.iter().filter_map(move |provider| {
            let before = format!("{}_", provider.to_uppercase().replace('-', "_"));
            let own = setting
                .strip_prefix(&before)
                .filter(|own| !own.is_empty())?;
            let mut rows = parity_settings().iter();
            let known = self.is_declared(provider, own)
                || rows.any(|row| row.name == own && row.is_of(provider));
            Some(Name {
                provider: Some((*provider).to_owned()),
                setting: own.to_owned(),
                known,
            })
        })
    }
}
