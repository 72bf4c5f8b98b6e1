//! The variables of `.env` and of the environment, with their `_FILE` forms.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::SettingError;
use super::found::{Found, Raw};
use super::names::FILE_SUFFIX;
use super::place::Place;

/// Stands where bytes were that are no UTF-8.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Variables by name; a later layer wins.
#[derive(Default)]
pub(super) struct Variables {
    layers: Vec<BTreeMap<String, (Place, String)>>,
    working_dir: PathBuf,
}

impl Variables {
    /// Layers whose later ones win; files are looked for from `working_dir`.
    pub(super) fn new(
        layers: Vec<BTreeMap<String, (Place, String)>>,
        working_dir: PathBuf,
    ) -> Self {
        Self {
            layers,
            working_dir,
        }
    }

    /// The variables of which the name alone decides whether to keep them.
    pub(super) fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let layers = self.layers.iter().map(|layer| {
            let kept = layer.iter().filter(|(name, _)| keep(name));
            kept.map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        });
        Self::new(layers.collect(), self.working_dir.clone())
    }

    /// All names with their places, a name once for each layer that has it.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &Place)> {
        let all = self.layers.iter().flatten();
        all.map(|(name, (place, _))| (name.as_str(), place))
    }

    /// The value of a variable, or of the file that its `_FILE` form names.
    ///
    /// `None` when neither is there.
    pub(super) fn find(&self, variable: &str, key: &str) -> Result<Option<Found>, SettingError> {
        let file_variable = format!("{variable}{FILE_SUFFIX}");
        for layer in self.layers.iter().rev() {
            let (value, file) = (layer.get(variable), layer.get(&file_variable));
            if let (Some((place, _)), Some(_)) = (value, file) {
                let problem = format!("{variable} and {file_variable} are both given, keep one");
                return Err(SettingError::new(place.clone(), key, problem));
            }
            let found = match (value, file) {
                (Some(value), _) => Self::of_variable(key, value)?,
                (None, Some(value)) => self.of_file(&file_variable, key, value)?,
                (None, None) => continue,
            };
            return Ok(Some(found));
        }
        Ok(None)
    }

    fn of_variable(key: &str, (place, value): &(Place, String)) -> Result<Found, SettingError> {
        if value.contains(REPLACEMENT) {
            return Err(SettingError::new(place.clone(), key, "is not UTF-8 text"));
        }
        Ok(Found {
            key: key.to_owned(),
            place: place.clone(),
            raw: Raw::Text(value.clone()),
        })
    }

    fn of_file(
        &self,
        variable: &str,
        key: &str,
        (place, path): &(Place, String),
    ) -> Result<Found, SettingError> {
        let refuse = |reason: String| {
            let problem = format!("{variable} {reason}");
            SettingError::new(place.clone(), key, problem)
        };
        let text = self.read_file(path).map_err(refuse)?;
        Ok(Found {
            key: key.to_owned(),
            place: place.clone(),
            raw: Raw::Text(text),
        })
    }

    /// The text of a file, without the line's end that editors put there.
    ///
    /// The error says which file, and what is wrong with it.
    pub(super) fn read_file(&self, path: &str) -> Result<String, String> {
        let refuse = |reason: &str| format!("names `{path}`, which {reason}");
        let bytes = std::fs::read(self.working_dir.join(path))
            .map_err(|error| refuse(&format!("cannot be read ({})", error.kind())))?;
        let mut text = String::from_utf8(bytes).map_err(|_bytes| refuse("is not UTF-8 text"))?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        Ok(text)
    }
}
