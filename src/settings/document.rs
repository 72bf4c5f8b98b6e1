//! A settings file taken apart: our keys, python-social-auth's, providers'.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeInteger, DeString, DeTable, DeValue};

use super::error::{SettingError, nearest, unknown};
use super::found::{Found, Raw};
use super::names::{CLIENTS, CUSTOM, HOOKS, KEYS, PROVIDERS, SOCIAL_AUTH, sections};
use super::place::{Place, line_of};
use crate::model::{JsonMap, PROVIDER_MAX_LENGTH};

/// What a settings file holds.
#[derive(Default)]
pub(super) struct Document {
    /// Values of known keys.
    pub(super) ours: Vec<Found>,
    /// `[social_auth]` and `[providers.…]`, not judged yet.
    pub(super) social: Tables,
    /// Unknown keys and values of no use.
    pub(super) errors: Vec<SettingError>,
}

/// The tables whose keys others declare.
#[derive(Default)]
pub(super) struct Tables {
    /// `[social_auth]` by key.
    pub(super) global: BTreeMap<String, Found>,
    /// `[social_auth.custom]`.
    pub(super) custom: JsonMap,
    /// `[providers.<name>]` by name.
    pub(super) providers: BTreeMap<String, Section>,
}

/// One `[providers.<name>]`.
pub(super) struct Section {
    /// Where it begins.
    pub(super) place: Place,
    /// Its values by key.
    pub(super) values: BTreeMap<String, Found>,
}

/// One line of a table: key, value, place of the key.
type Entry<'a, 'i> = (&'a str, &'a DeValue<'i>, Place);

impl Document {
    /// Takes apart a file that is shown as `file`; the defaults without one.
    pub(super) fn parse(text: &str, file: Option<&str>) -> Self {
        let mut reader = Reader {
            text,
            file,
            document: Self::default(),
        };
        match DeTable::parse(text) {
            Ok(table) => reader.top(table.get_ref()),
            Err(error) => {
                let start = error.span().map_or(text.len(), |span| span.start);
                let place = reader.place(start);
                // Its `Display` shows the line, and that may hold a secret.
                let problem = format!("is not TOML: {}", error.message().replace('\n', " "));
                let error = SettingError::of_source(place, problem);
                reader.document.errors.push(error);
            }
        }
        reader.document
    }
}

struct Reader<'a> {
    text: &'a str,
    file: Option<&'a str>,
    document: Document,
}

impl Reader<'_> {
    fn place(&self, byte: usize) -> Place {
        self.file.map_or(Place::Default, |file| {
            Place::Line(file.to_owned(), line_of(self.text, byte))
        })
    }

    fn entries<'a, 'i>(&self, table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
        let mut entries: Vec<(&Spanned<DeString<'i>>, &Spanned<DeValue<'i>>)> =
            table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| {
                (
                    key.get_ref().as_ref(),
                    value.get_ref(),
                    self.place(key.span().start),
                )
            })
            .collect()
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value, place) in self.entries(table) {
            let known_section =
                sections().contains(&key) || [SOCIAL_AUTH, PROVIDERS].contains(&key);
            match value {
                DeValue::Table(table) if key == SOCIAL_AUTH => self.social_auth(table),
                DeValue::Table(table) if key == PROVIDERS => self.providers(table),
                DeValue::Table(table) if known_section => self.section(key, table),
                _ if known_section => {
                    self.refuse(place, key, format!("expected a table, `[{key}]`"));
                }
                DeValue::Table(_) if [HOOKS, CLIENTS].contains(&key) => {
                    self.our_value(key.to_owned(), value, place);
                }
                DeValue::Table(_) => {
                    let mut known = sections();
                    known.extend([SOCIAL_AUTH, PROVIDERS, HOOKS, CLIENTS]);
                    self.refuse(place, key, unknown("section", nearest(key, known)));
                }
                value => self.our_value(key.to_owned(), value, place),
            }
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value, place) in self.entries(table) {
            self.our_value(format!("{section}.{key}"), value, place);
        }
    }

    fn our_value(&mut self, key: String, value: &DeValue<'_>, place: Place) {
        if KEYS.contains(&key.as_str()) {
            if let Some(found) = self.found(key, value, place) {
                self.document.ours.push(found);
            }
        } else {
            let problem = unknown("key", nearest(&key, KEYS));
            self.refuse(place, &key, problem);
        }
    }

    fn social_auth(&mut self, table: &DeTable<'_>) {
        for (key, value, place) in self.entries(table) {
            let path = format!("{SOCIAL_AUTH}.{key}");
            let Some(found) = self.found(path, value, place) else {
                continue;
            };
            if key != CUSTOM {
                self.document.social.global.insert(key.to_owned(), found);
                continue;
            }
            match found.map() {
                Ok(custom) => self.document.social.custom = custom,
                Err(error) => self.document.errors.push(error),
            }
        }
    }

    fn providers(&mut self, table: &DeTable<'_>) {
        for (name, value, place) in self.entries(table) {
            let path = format!("{PROVIDERS}.{name}");
            let DeValue::Table(table) = value else {
                self.refuse(place, &path, format!("expected a table, `[{path}]`"));
                continue;
            };
            if !is_provider_name(name) {
                let problem = format!(
                    "expected a name of at most {PROVIDER_MAX_LENGTH} letters, digits, `-` and `_`"
                );
                self.refuse(place, &path, problem);
                continue;
            }
            let mut values = BTreeMap::new();
            for (key, value, place) in self.entries(table) {
                if let Some(found) = self.found(format!("{path}.{key}"), value, place) {
                    values.insert(key.to_owned(), found);
                }
            }
            let section = Section { place, values };
            let providers = &mut self.document.social.providers;
            providers.insert(name.to_owned(), section);
        }
    }

    fn found(&mut self, key: String, value: &DeValue<'_>, place: Place) -> Option<Found> {
        match json(value) {
            Ok(value) => Some(Found {
                key,
                place,
                raw: Raw::Typed(value),
            }),
            Err(problem) => {
                self.refuse(place, &key, problem.to_owned());
                None
            }
        }
    }

    fn refuse(&mut self, place: Place, key: &str, problem: String) {
        let error = SettingError::new(place, key, problem);
        self.document.errors.push(error);
    }
}

fn is_provider_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=PROVIDER_MAX_LENGTH).contains(&name.len()) && name.bytes().all(allowed)
}

/// The value as JSON; the error says what JSON cannot hold.
fn json(value: &DeValue<'_>) -> Result<Json, &'static str> {
    Ok(match value {
        DeValue::String(text) => Json::String(text.clone().into_owned()),
        DeValue::Boolean(flag) => Json::Bool(*flag),
        DeValue::Integer(number) => integer(number).ok_or("is too large a number")?,
        DeValue::Float(number) => {
            let number = number.as_str().parse().ok();
            let number = number.and_then(serde_json::Number::from_f64);
            Json::Number(number.ok_or("expected a number")?)
        }
        DeValue::Datetime(_) => return Err("expected no date; put text in quotes"),
        DeValue::Array(list) => {
            let list = list.iter().map(|entry| json(entry.get_ref()));
            Json::Array(list.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let entries = table.iter().map(|(key, value)| {
                let key = key.get_ref().clone().into_owned();
                Ok::<_, &'static str>((key, json(value.get_ref())?))
            });
            Json::Object(entries.collect::<Result<_, _>>()?)
        }
    })
}

fn integer(number: &DeInteger<'_>) -> Option<Json> {
    let (text, radix) = (number.as_str(), number.radix());
    let signed = i64::from_str_radix(text, radix).map(Json::from);
    signed
        .or_else(|_| u64::from_str_radix(text, radix).map(Json::from))
        .ok()
}
