//! python-social-auth's settings by name, and what becomes of each here.

use std::sync::LazyLock;

use serde::Deserialize;

/// The table, which docs/settings.md shows as well.
const TABLE: &str = include_str!("python_social_auth.toml");

/// A python-social-auth setting, and what becomes of it here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParitySetting {
    /// In upper case, without `SOCIAL_AUTH_` and a provider's name.
    pub name: String,
    /// The providers that have it; empty for all of them.
    #[serde(default)]
    pub of: Vec<String>,
    /// What becomes of it.
    pub verdict: Parity,
    /// python-social-auth's default, as it is written in Python.
    pub default: Option<String>,
    /// What it does, how it differs, why it is not needed, what to do instead.
    pub text: String,
}

/// What becomes of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// Does the same here.
    Works,
    /// Does nearly the same here.
    Differs,
    /// What it steers is not here, or is so anyway.
    NotNeeded,
    /// Something else has to be done.
    NotSupported,
}

static SETTINGS: LazyLock<Vec<ParitySetting>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Table {
        setting: Vec<ParitySetting>,
    }
    // A test reads the table as well: it cannot be broken unnoticed.
    toml::from_str(TABLE).map_or_else(|_broken| Vec::new(), |table: Table| table.setting)
});

/// All of python-social-auth's settings.
pub fn parity_settings() -> &'static [ParitySetting] {
    &SETTINGS
}

impl ParitySetting {
    /// Whether a provider of that name has it.
    ///
    /// What all of OpenID has counts for everybody: a provider's protocol may
    /// be another one here.
    pub fn is_of(&self, provider: &str) -> bool {
        self.is_of_all() || self.of.iter().any(|of| of == provider)
    }

    /// Whether all providers have it, or all of OpenID.
    pub fn is_of_all(&self) -> bool {
        let all = |of: &String| of == "oidc" || of == "openid";
        self.of.is_empty() || self.of.iter().any(all)
    }
}

/// Whether python-social-auth knows the setting and we have no use for it.
pub(super) fn is_without_meaning(name: &str) -> bool {
    let mut rows = rows(name).peekable();
    let known = rows.peek().is_some();
    (known && rows.all(|row| row.verdict == Parity::NotNeeded)) || name.starts_with("ADMIN_")
}

/// What to do instead of a setting that is not supported.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    let mut rows = rows(name).filter(|row| row.verdict == Parity::NotSupported);
    rows.next().map(|row| row.text.as_str())
}

fn rows(name: &str) -> impl Iterator<Item = &'static ParitySetting> {
    parity_settings().iter().filter(move |row| row.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_read_and_names_each_setting_of_a_provider_once() {
        let mut seen = BTreeSet::new();
        for row in parity_settings() {
            for of in row
                .of
                .iter()
                .map(String::as_str)
                .chain(row.of.is_empty().then_some(""))
            {
                assert!(seen.insert((&row.name, of)), "{} {of}", row.name);
            }
            assert!(
                !row.text.contains('|') && !row.text.ends_with('.'),
                "{}",
                row.name
            );
            assert_eq!(row.name, row.name.to_uppercase());
        }
        assert!(seen.len() > 200, "{}", seen.len());
    }

    #[test]
    fn what_works_for_one_provider_is_not_without_meaning() {
        assert!(is_without_meaning("LOGIN_URL"));
        assert!(is_without_meaning("ADMIN_ANYTHING"));
        assert!(!is_without_meaning("KEY"));
        assert!(!is_without_meaning("NOBODY_KNOWS"));
        assert!(instead("PROXIES").is_some_and(|text| text.contains("SOCIABLE_HTTP__PROXY")));
        assert_eq!(instead("SCOPE"), None);
    }
}
