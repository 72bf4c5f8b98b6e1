//! Where settings come from, and how later sources win over earlier ones.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::document::{Document, Tables};
use super::dotenv;
use super::error::{SettingError, nearest, unknown};
use super::found::{Found, Raw};
use super::names::{
    CUSTOM, FILE_SUFFIX, KEYS, OUR_PREFIX, SOCIAL_AUTH, SOCIAL_PREFIX, is_of_kubernetes,
    our_variable,
};
use super::place::Place;
use super::variables::Variables;

/// The defaults, and the documentation of every key.
const DEFAULTS: &str = include_str!("default.toml");
/// The file that is read when none is named.
const FILE_NAME: &str = "sociable.toml";
/// What precedes variables that are free for pipeline steps of a team.
const CUSTOM_PREFIX: &str = "SOCIAL_AUTH_CUSTOM_";

/// Everything from which settings are read.
#[derive(Clone, Default)]
pub struct Sources {
    /// `--config`; `None` reads `sociable.toml` of `working_dir` if it exists.
    pub config: Option<PathBuf>,
    /// Where `.env` is, and where relative paths start. May be empty.
    pub working_dir: PathBuf,
    /// Variables of the environment; those of others are passed over.
    pub environment: Vec<(String, String)>,
    /// Flags: the key they set, `server.listen`, and its value.
    pub overrides: Vec<(&'static str, String)>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("config", &self.config)
            .field("working_dir", &self.working_dir)
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// The environment and the working directory of this process.
    ///
    /// Only variables of our names are kept.
    pub fn of_process(config: Option<PathBuf>, overrides: Vec<(&'static str, String)>) -> Self {
        // What is no UTF-8 becomes U+FFFD, which `Settings::load` refuses.
        let environment = std::env::vars_os().map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            (name, value.to_string_lossy().into_owned())
        });
        Self {
            config,
            working_dir: PathBuf::new(),
            environment: environment.filter(|(name, _)| is_ours(name)).collect(),
            overrides,
        }
    }

    /// Reads all sources and lays them over each other.
    pub(super) fn gather(&self) -> Gathered {
        let mut gathered = Gathered::default();
        gathered.document(Document::parse(DEFAULTS, None));
        match self.config_file() {
            Ok(Some((name, text))) => gathered.document(Document::parse(&text, Some(&name))),
            Ok(None) => {}
            Err(error) => gathered.errors.push(error),
        }
        let variables = match self.variables() {
            Ok(variables) => variables,
            Err(error) => {
                gathered.errors.push(error);
                Variables::default()
            }
        };
        gathered.our_variables(&variables);
        gathered.custom_variables(&variables);
        gathered.social_variables =
            variables.only(|name| name.starts_with(SOCIAL_PREFIX) && custom_key(name).is_none());
        for (key, value) in &self.overrides {
            gathered.flag(key, value);
        }
        gathered
    }

    /// The settings file with its name as it is shown; `None` without one.
    fn config_file(&self) -> Result<Option<(String, String)>, SettingError> {
        let name = self.config.clone().unwrap_or_else(|| FILE_NAME.into());
        let shown = name.display().to_string();
        let text = read_text(&self.working_dir.join(&name), &shown, self.config.is_some())?;
        Ok(text.map(|text| (shown, text)))
    }

    /// `.env` below the environment.
    fn variables(&self) -> Result<Variables, SettingError> {
        let path = self.working_dir.join(dotenv::FILE_NAME);
        let text = read_text(&path, dotenv::FILE_NAME, false)?.unwrap_or_default();
        let file = dotenv::variables(&text)?;
        let below = file.into_iter().map(|(name, value, line)| {
            let place = Place::Line(dotenv::FILE_NAME.to_owned(), line);
            (name, (place, value))
        });
        let above = self.environment.iter().map(|(name, value)| {
            let place = Place::Variable(name.clone());
            (name.clone(), (place, value.clone()))
        });
        let layers = vec![below.collect(), above.collect()];
        Ok(Variables::new(layers, self.working_dir.clone()).only(is_ours))
    }
}

fn is_ours(variable: &str) -> bool {
    variable.starts_with(OUR_PREFIX) || variable.starts_with(SOCIAL_PREFIX)
}

/// The text of a file; `None` when it is not there and need not be.
fn read_text(path: &Path, shown: &str, required: bool) -> Result<Option<String>, SettingError> {
    let refuse = |problem: String| SettingError::of_source(Place::File(shown.to_owned()), problem);
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refuse(format!("cannot be read ({})", error.kind()))),
    };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_bytes| refuse("is not UTF-8 text".to_owned()))
}

/// The free key that a variable sets, in lower case; `None` for all others.
fn custom_key(variable: &str) -> Option<String> {
    let key = variable.strip_prefix(CUSTOM_PREFIX)?;
    let key = key.strip_suffix(FILE_SUFFIX).unwrap_or(key);
    (!key.is_empty()).then(|| key.to_lowercase())
}

/// All sources laid over each other.
#[derive(Default)]
pub(super) struct Gathered {
    /// The last word on each key with a fixed name.
    pub(super) ours: BTreeMap<String, Found>,
    /// `[social_auth]`, its free keys, `[providers.…]`.
    pub(super) social: Tables,
    /// Variables that start with `SOCIAL_AUTH_`, but for the free ones.
    pub(super) social_variables: Variables,
    /// What was passed over.
    pub(super) warnings: Vec<String>,
    /// What was wrong so far.
    pub(super) errors: Vec<SettingError>,
}

impl Gathered {
    fn document(&mut self, document: Document) {
        self.errors.extend(document.errors);
        let ours = document.ours.into_iter();
        self.ours
            .extend(ours.map(|found| (found.key.clone(), found)));
        self.social.global.extend(document.social.global);
        self.social.custom.extend(document.social.custom);
        self.social.providers.extend(document.social.providers);
    }

    fn our_variables(&mut self, variables: &Variables) {
        let known: BTreeMap<String, &str> =
            KEYS.iter().map(|key| (our_variable(key), *key)).collect();
        for (variable, key) in &known {
            match variables.find(variable, key) {
                Ok(Some(found)) => {
                    self.ours.insert((*key).to_owned(), found);
                }
                Ok(None) => {}
                Err(error) => self.errors.push(error),
            }
        }
        for (name, place) in variables.names() {
            let Some(key) = name.strip_prefix(OUR_PREFIX) else {
                continue;
            };
            let base = name.strip_suffix(FILE_SUFFIX).unwrap_or(name);
            if known.contains_key(name) || known.contains_key(base) {
                continue;
            }
            if is_of_kubernetes(name) {
                self.warnings.push(kubernetes_warning(name, place));
                continue;
            }
            let key = key.strip_suffix(FILE_SUFFIX).unwrap_or(key);
            let key = key.to_lowercase().replace("__", ".");
            let offer = nearest(&key, KEYS).map(our_variable);
            let problem = unknown("variable", offer.as_deref());
            let error = SettingError::new(place.clone(), name, problem);
            self.errors.push(error);
        }
    }

    fn custom_variables(&mut self, variables: &Variables) {
        let keys: BTreeMap<String, String> = variables
            .names()
            .filter_map(|(name, _)| {
                let base = name.strip_suffix(FILE_SUFFIX).unwrap_or(name);
                Some((base.to_owned(), custom_key(name)?))
            })
            .collect();
        for (variable, key) in keys {
            let path = format!("{SOCIAL_AUTH}.{CUSTOM}.{key}");
            let text = variables
                .find(&variable, &path)
                .and_then(|found| found.map(|found| found.text()).transpose());
            match text {
                Ok(text) => self
                    .social
                    .custom
                    .extend(text.map(|text| (key, Json::String(text)))),
                Err(error) => self.errors.push(error),
            }
        }
    }

    fn flag(&mut self, key: &str, value: &str) {
        let name = key.rsplit('.').next().unwrap_or(key);
        let place = Place::Flag(name.replace('_', "-"));
        if !KEYS.contains(&key) {
            let problem = unknown("key", nearest(key, KEYS));
            self.errors.push(SettingError::new(place, key, problem));
            return;
        }
        let found = Found {
            key: key.to_owned(),
            place,
            raw: Raw::Text(value.to_owned()),
        };
        self.ours.insert(key.to_owned(), found);
    }
}

/// Says that a variable is taken for one of Kubernetes.
pub(super) fn kubernetes_warning(name: &str, place: &Place) -> String {
    let warning = SettingError::new(
        place.clone(),
        name,
        "ignored, Kubernetes injects such variables for a Service",
    );
    warning.to_string()
}
