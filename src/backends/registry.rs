//! Which backends there are: definitions and an operator's settings, joined.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::build::Builder;
use super::definition::{Definition, Status, extended, the_nearest};
use super::id_token::IdTokenVerifier;
use super::known_issuers::KnownIssuers;
use super::provider_code::ProviderCodes;
use super::setting_names::{OF_ALL_OPENID, is_own, settings_of, settings_of_all};
use super::{Backend, Bundled, DefinitionError, DefinitionSources};
use crate::crypto::jose::Jws;
use crate::http::HttpClient;
use crate::model::{Ids, PROVIDER_MAX_LENGTH};
use crate::settings::{SettingError, SocialSettings};

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/providers");

/// A backend cannot be built.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    /// A definition file is wrong.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// A setting is wrong.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A backend lacks something, or is given what it cannot have.
    #[error("{backend}: {reason}")]
    Backend {
        /// The backend's name.
        backend: String,
        /// What is wrong.
        reason: String,
    },
}

/// The enabled backends by their names.
#[derive(Clone, Default)]
pub struct Registry {
    backends: BTreeMap<String, Arc<dyn Backend>>,
    /// Other names that clients may send, and the backends' own.
    aliases: BTreeMap<String, String>,
    known_issuers: KnownIssuers,
}

impl Registry {
    /// Reads all definitions and builds the enabled backends.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn build(
        settings: &SocialSettings,
        http: &HttpClient,
        ids: &Arc<dyn Ids>,
        sources: &DefinitionSources<'_>,
    ) -> Result<Self, Vec<RegistryError>> {
        let mut errors = Vec::new();
        let files = read_files(sources.bundled, sources.providers_dir, &mut errors);
        let definitions = definitions(&files, sources.codes, &mut errors);
        Self::of(&definitions, settings, (http, ids), errors)
    }

    /// Builds the enabled backends of these definitions.
    pub(super) fn of(
        definitions: &BTreeMap<String, Arc<Definition>>,
        settings: &SocialSettings,
        (http, ids): (&HttpClient, &Arc<dyn Ids>),
        mut errors: Vec<RegistryError>,
    ) -> Result<Self, Vec<RegistryError>> {
        let instances = instances(definitions, settings, &mut errors);
        let builder = Builder {
            settings,
            http,
            ids,
            verifier: IdTokenVerifier::new(http),
            known_issuers: KnownIssuers::default(),
        };
        let mut registry = Self::default();
        let mut enabled = Vec::new();
        for (name, definition) in &instances {
            match builder.backend(name, definition) {
                Ok(Some(backend)) => {
                    warn_of_status(name, definition);
                    // A further instance of a definition has its own name alone.
                    if *name == definition.name {
                        enabled.push(Arc::clone(definition));
                    }
                    registry.backends.insert(name.clone(), Arc::new(backend));
                }
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        let known = instances.iter();
        let known = known.map(|(name, definition)| (name.as_str(), definition.as_ref()));
        let is_enabled = |name: &str| registry.backends.contains_key(name);
        builder.known_issuers.learn(known, is_enabled);
        registry.known_issuers = builder.known_issuers.clone();
        for definition in enabled {
            registry.add_aliases(&definition, &mut errors);
        }
        if errors.is_empty() {
            Ok(registry)
        } else {
            Err(errors)
        }
    }

    /// The backend of that name or alias; `None` when there is none, or it is
    /// off. Its own name is what is stored.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Backend>> {
        let own_name = self.aliases.get(name).map_or(name, String::as_str);
        self.backends.get(own_name)
    }

    /// The backend whose issuer an ID token names; `None` when the text is no
    /// JWT, or nobody who is known signs so. Nothing is verified.
    pub fn by_issuer(&self, id_token: &str) -> Option<&Arc<dyn Backend>> {
        let jws = Jws::parse(id_token).ok()?;
        let text = |claim: &str| jws.unverified_claims().get(claim)?.as_str();
        let name = self.known_issuers.provider(text("iss")?, text("tid"))?;
        self.get(name)
    }

    fn add_aliases(&mut self, definition: &Definition, errors: &mut Vec<RegistryError>) {
        for alias in &definition.aliases {
            let taken = if self.backends.contains_key(alias) {
                Some(alias)
            } else {
                self.aliases.get(alias)
            };
            if let Some(other) = taken {
                errors.push(RegistryError::Backend {
                    backend: definition.name.clone(),
                    reason: format!("its alias `{alias}` is a name of `{other}` as well"),
                });
                continue;
            }
            let own_name = definition.name.clone();
            self.aliases.insert(alias.clone(), own_name);
        }
    }

    /// All enabled backends, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Backend>> {
        self.backends.values()
    }
}

/// All files, by name and text; the operator's own come last, for they win.
pub(super) fn read_files(
    bundled: &[Bundled],
    providers_dir: Option<&Path>,
    errors: &mut Vec<RegistryError>,
) -> Vec<(String, String)> {
    let shipped = SHIPPED.files().filter_map(|file| {
        let name = file.path().to_str()?.to_owned();
        Some((name, file.contents_utf8()?.to_owned()))
    });
    let bundled = bundled
        .iter()
        .map(|file| (file.file.to_owned(), file.text.to_owned()));
    let mut files: Vec<(String, String)> = shipped.chain(bundled).collect();
    if let Some(folder) = providers_dir {
        match read_folder(folder) {
            Ok(own) => files.extend(own),
            Err(reason) => errors.push(RegistryError::Backend {
                backend: format!("providers_dir {}", folder.display()),
                reason,
            }),
        }
    }
    extended(&files, |error| errors.push(error.into()))
}

/// All definitions by name.
fn definitions(
    files: &[(String, String)],
    codes: &ProviderCodes,
    errors: &mut Vec<RegistryError>,
) -> BTreeMap<String, Arc<Definition>> {
    let mut definitions = BTreeMap::new();
    for (file, text) in files {
        let parsed = Definition::parse_with(file, text, codes);
        match parsed.and_then(|definition| named(file, definition)) {
            Ok(definition) => {
                definitions.insert(definition.name.clone(), Arc::new(definition));
            }
            Err(error) => errors.push(error.into()),
        }
    }
    definitions
}

/// A file is named for its provider, so that it can be found.
pub(super) fn named(file: &str, definition: Definition) -> Result<Definition, DefinitionError> {
    let stem = file.strip_suffix(".toml").unwrap_or(file);
    let refuse = |reason: String| DefinitionError {
        file: file.to_owned(),
        key: "name".to_owned(),
        reason,
    };
    if definition.name != stem {
        return Err(refuse(format!("`{}` is not `{stem}`", definition.name)));
    }
    if stem.is_empty() || stem.chars().count() > PROVIDER_MAX_LENGTH {
        return Err(refuse(format!(
            "at most {PROVIDER_MAX_LENGTH} characters, and not empty"
        )));
    }
    Ok(definition)
}

fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let name = path.file_name().and_then(|name| name.to_str());
            let text = std::fs::read_to_string(&path).map_err(cannot)?;
            files.push((name.unwrap_or_default().to_owned(), text));
        }
    }
    files.sort();
    Ok(files)
}

/// Every definition under its own name, and the operator's further instances.
fn instances(
    definitions: &BTreeMap<String, Arc<Definition>>,
    settings: &SocialSettings,
    errors: &mut Vec<RegistryError>,
) -> BTreeMap<String, Arc<Definition>> {
    let mut instances = definitions.clone();
    for section in settings.providers() {
        let wanted = section.definition.as_ref().unwrap_or(&section.name);
        if let Some(definition) = definitions.get(wanted) {
            instances.insert(section.name.clone(), Arc::clone(definition));
        } else if section.definition.is_some() {
            let problem = unknown_definition(wanted, definitions);
            let error = settings.refused(Some(&section.name), "DEFINITION", &problem);
            errors.push(error.into());
        }
        // A section of an unknown name is told with all unknown names.
    }
    for setting in settings_of_all() {
        if !is_own(setting) {
            settings.declare(None, setting);
        }
    }
    for setting in OF_ALL_OPENID {
        settings.declare(None, setting);
    }
    for (name, definition) in &instances {
        for setting in settings_of_all() {
            settings.declare(Some(name), setting);
        }
        if let Some(payload) = &definition.payload {
            settings.declare(Some(name), &payload.secret);
        }
        for setting in definition.settings.keys() {
            settings.declare(Some(name), &setting.to_uppercase());
        }
        for setting in settings_of(definition.protocol) {
            settings.declare(Some(name), setting);
        }
    }
    instances
}

fn unknown_definition(wanted: &str, definitions: &BTreeMap<String, Arc<Definition>>) -> String {
    let nearest = the_nearest(wanted, definitions.keys().map(String::as_str));
    format!("no definition is called `{wanted}`{nearest}")
}

/// An operator should know that a provider will not last.
fn warn_of_status(name: &str, definition: &Definition) {
    if definition.status != Status::Live {
        let note = definition.status_note.as_deref().unwrap_or_default();
        let status = definition.status.name();
        tracing::warn!(
            provider = name,
            status,
            note,
            "this provider is not what it was"
        );
    }
}
