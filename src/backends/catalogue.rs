//! All definitions that there are, enabled or not, for those who look at them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use super::accepted::accepted;
use super::definition::{Definition, SettingSpec};
use super::registry::{named, read_files};
use super::{AcceptUnbound, Bundled, Registry, RegistryError};
use crate::http::HttpClient;
use crate::model::{CredentialKind, Ids};
use crate::settings::SocialSettings;

/// All definitions by name, whether enabled or not.
#[derive(Default)]
pub struct Catalogue {
    entries: BTreeMap<String, Entry>,
}

/// A definition, and what its file says beside the engine's part.
pub struct Entry {
    /// The name that clients send: the file's.
    pub name: String,
    /// The name that people read.
    pub title: String,
    /// `oauth1`, `oauth2`, `oidc`, `openid2` or `payload`.
    pub protocol: &'static str,
    /// `live`, `deprecated` or `dead`.
    pub status: String,
    /// A sentence on the status; `None` when there is nothing to say.
    pub status_note: Option<String>,
    /// Other names that clients may send.
    pub aliases: Vec<String>,
    /// The provider's own documentation; `None` when the file names none.
    pub docs: Option<String>,
    /// Kinds of credentials that the provider hands out, taken here or not:
    /// `access_token`, `oauth1`, `id_token`, `code`, `openid`, `payload`.
    pub hands_out: Vec<&'static str>,
    /// What else its file tells the way to: `discovery`, `refresh`, `revoke`.
    pub knows: Vec<&'static str>,
    /// What it takes; without credentials that nothing binds to this app.
    pub accepts: Vec<CredentialKind>,
    /// What it would take if the operator accepted unbound ones.
    pub accepts_unbound: Vec<CredentialKind>,
    /// How a raw access token is bound to this app.
    pub binding: TokenBinding,
    /// Whether the provider says that it checked an address.
    pub trusts_email: bool,
    /// May only be associated to a signed-in user, never signed in with.
    pub association_only: bool,
    /// The scopes that are asked for by default.
    pub scope: Vec<String>,
    /// The definition's own settings, by name.
    pub settings: Vec<Setting>,
    /// The file's text.
    pub text: String,
    definition: Arc<Definition>,
}

/// How a definition binds raw access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBinding {
    /// The word of `[audience].kind`; `none` without that table.
    pub kind: String,
    /// Paths of the answer that are looked at, from its top, sorted.
    pub fields: Vec<String>,
}

/// A setting of a definition's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The name in the file, in lower case.
    pub name: String,
    /// The word for its type.
    pub kind: String,
    /// Its value when none is set; `None` without one.
    pub default: Option<Json>,
    /// Whether the backend cannot be enabled without it.
    pub required: bool,
}

impl Catalogue {
    /// Reads the shipped files, the bundled ones, and an operator's folder.
    ///
    /// What cannot be read is told beside the rest.
    pub fn read(bundled: &[Bundled], providers_dir: Option<&Path>) -> (Self, Vec<RegistryError>) {
        let mut errors = Vec::new();
        let mut catalogue = Self::default();
        for (file, text) in read_files(bundled, providers_dir, &mut errors) {
            match Definition::parse(&file, &text).and_then(|definition| named(&file, definition)) {
                Ok(definition) => {
                    let entry = Entry::of(definition, text);
                    catalogue.entries.insert(entry.name.clone(), entry);
                }
                Err(error) => errors.push(error.into()),
            }
        }
        (catalogue, errors)
    }

    /// The definition of that name; `None` when there is none.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// All definitions, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The nearest known name to one that is not known; `None` without any.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let close = |known: &&Entry| strsim::jaro_winkler(name, &known.name);
        let nearest = self
            .entries
            .values()
            .max_by(|a, b| close(a).total_cmp(&close(b)))?;
        Some(&nearest.name)
    }
}

impl IntoIterator for Catalogue {
    type Item = Entry;
    type IntoIter = std::collections::btree_map::IntoValues<String, Entry>;

    /// All definitions, by name.
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_values()
    }
}

impl Entry {
    fn of(definition: Definition, text: String) -> Self {
        let declared = &definition.declared;
        Self {
            name: definition.name.clone(),
            title: definition.title.clone(),
            protocol: definition.protocol.name(),
            status: definition.status.name().to_owned(),
            status_note: definition.status_note.clone(),
            aliases: definition.aliases.clone(),
            docs: declared.docs.clone(),
            hands_out: definition.credentials(),
            knows: definition.knows(),
            accepts: accepted(&definition, AcceptUnbound::Never, (true, true)),
            accepts_unbound: accepted(&definition, AcceptUnbound::Unbindable, (true, true)),
            binding: TokenBinding {
                kind: declared.binding.to_owned(),
                fields: declared.bound_by.clone(),
            },
            trusts_email: declared.trusts_email,
            association_only: definition.association_only,
            scope: definition.scope.clone(),
            settings: definition
                .settings
                .iter()
                .map(|(name, spec)| Setting::of(name, spec))
                .chain(Setting::of_payload(&definition))
                .collect(),
            text,
            definition: Arc::new(definition),
        }
    }

    /// A registry of this definition alone, enabled by these settings.
    ///
    /// # Errors
    /// Everything that is wrong with the settings.
    pub fn registry(
        &self,
        settings: &SocialSettings,
        http: &HttpClient,
        ids: &Arc<dyn Ids>,
    ) -> Result<Registry, Vec<RegistryError>> {
        let alone = BTreeMap::from([(self.name.clone(), Arc::clone(&self.definition))]);
        Registry::of(&alone, settings, (http, ids), Vec::new())
    }
}

impl Setting {
    /// The secret that payloads are signed with, where it has its own name.
    fn of_payload(definition: &Definition) -> Option<Self> {
        let name = definition.payload.as_ref()?.secret.to_lowercase();
        (name != "secret").then_some(Self {
            name,
            kind: "string".to_owned(),
            default: None,
            required: true,
        })
    }

    fn of(name: &str, spec: &SettingSpec) -> Self {
        Self {
            name: name.to_owned(),
            kind: format!("{:?}", spec.kind).to_lowercase(),
            default: spec.default_json(),
            required: spec.required,
        }
    }
}
