//! `[[providers.<name>.clients]]`: further apps of ours at one provider.

use secrecy::SecretString;
use serde_json::Value as Json;

use super::error::{nearest, unknown};
use super::found::Found;
use super::{SettingError, SocialSettings};
use crate::model::JsonMap;

/// The setting that lists them.
const CLIENTS: &str = "CLIENTS";
/// What an entry may hold.
const KEYS: [&str; 4] = ["name", "key", "secret", "secret_file"];

/// One entry of `[[providers.<name>.clients]]`.
#[derive(Debug, Clone)]
pub struct ClientSection {
    /// What we call it: `ios`, `android`, `web`, …
    pub name: String,
    /// Its client id.
    pub key: String,
    /// Its client secret; `None` when it is not set.
    pub secret: Option<SecretString>,
}

impl SocialSettings {
    /// The backend's further registrations, in their order; empty for none.
    ///
    /// JSON in variables. `secret_file` names a file that holds the secret.
    ///
    /// # Errors
    /// The first entry that is none: a key that is missing, unknown, or of
    /// another type, or a file that cannot be read.
    pub fn own_clients(&self, backend: &str) -> Result<Vec<ClientSection>, SettingError> {
        let Some(found) = self.find_own(backend, CLIENTS)? else {
            return Ok(Vec::new());
        };
        let entries = found.list()?;
        entries
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let Json::Object(entry) = entry else {
                    return Err(found.wrong("a list of tables with `name`, `key` and `secret`"));
                };
                self.client(&found, index + 1, entry)
            })
            .collect()
    }

    fn client(
        &self,
        found: &Found,
        number: usize,
        entry: &JsonMap,
    ) -> Result<ClientSection, SettingError> {
        let refuse = |problem: &str| found.refused(format!("entry {number}: {problem}"));
        let text = |key: &str| match entry.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(refuse(&format!("`{key}`: expected text in quotes"))),
        };
        let needed = |key: &str| text(key)?.ok_or_else(|| refuse(&format!("`{key}`: is not set")));
        if let Some(other) = entry.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let problem = unknown("key", nearest(other, KEYS));
            return Err(refuse(&format!("`{other}`: {problem}")));
        }
        let secret = match (text("secret")?, text("secret_file")?) {
            (Some(_), Some(_)) => {
                return Err(refuse(
                    "`secret` and `secret_file` are both given, keep one",
                ));
            }
            (Some(secret), None) => Some(secret),
            (None, Some(path)) => {
                let read = self.variables.read_file(&path);
                Some(read.map_err(|reason| refuse(&format!("`secret_file` {reason}")))?)
            }
            (None, None) => None,
        };
        Ok(ClientSection {
            name: needed("name")?,
            key: needed("key")?,
            secret: secret.map(SecretString::from),
        })
    }
}
