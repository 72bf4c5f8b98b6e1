//! Who is known to sign ID tokens, for those that went to the wrong provider.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::definition::{Definition, Fixed, Scope};
use super::id_token::TENANT;
use crate::model::JsonMap;

/// Issuers, and the providers whose ID tokens they sign. A copy shares them.
#[derive(Clone, Default)]
pub(super) struct KnownIssuers(Arc<OnceLock<BTreeMap<String, String>>>);

impl KnownIssuers {
    /// Of these definitions, by what their files and defaults say; those of
    /// enabled ones come first.
    pub(super) fn learn<'d>(
        &self,
        definitions: impl Iterator<Item = (&'d str, &'d Definition)>,
        is_enabled: impl Fn(&str) -> bool,
    ) {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for (name, definition) in definitions {
            for issuer in issuers(definition) {
                let taken = known.get(&issuer).is_some_and(|other| is_enabled(other));
                if !taken {
                    known.insert(issuer, name.to_owned());
                }
            }
        }
        // Filled once, by the registry that it was made for.
        let _already = self.0.set(known);
    }

    /// The provider whose tokens name this issuer; `None` when nobody knows.
    pub(super) fn provider(&self, issuer: &str, tenant: Option<&str>) -> Option<&str> {
        let known = self.0.get()?;
        let pattern = || Some(issuer.replace(tenant.filter(|tenant| tenant.len() > 8)?, TENANT));
        let found = known.get(issuer);
        found.or_else(|| known.get(&pattern()?)).map(String::as_str)
    }
}

/// The issuers that a file alone tells.
fn issuers(definition: &Definition) -> Vec<String> {
    let Some(id_token) = &definition.id_token else {
        return Vec::new();
    };
    let defaults: JsonMap = definition
        .settings
        .iter()
        .filter_map(|(name, spec)| Some((name.clone(), spec.default_json()?)))
        .collect();
    // What a setting would have to say is not known here.
    let fixed = Fixed::new(("", ""), &defaults, &[]);
    let nothing = JsonMap::new();
    let scope = Scope::new(&fixed, "", &serde_json::Value::Null, (&nothing, &nothing));
    let written = id_token.signed.issuers.iter();
    let written: Vec<String> = written.flat_map(|words| words.texts(&scope)).collect();
    let discovered = definition.endpoints.issuer.as_ref();
    let discovered = discovered.and_then(|issuer| issuer.as_text(&scope));
    let named = if written.is_empty() {
        discovered.into_iter().collect()
    } else {
        written
    };
    let whole = |issuer: &String| {
        url::Url::parse(issuer)
            .is_ok_and(|url| url.host_str().is_some_and(|host| host.contains('.')))
            || !issuer.contains('/')
    };
    named.into_iter().filter(whole).collect()
}

#[cfg(test)]
mod tests;
