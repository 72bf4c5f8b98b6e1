//! What is kept of an answer: python-social-auth's `extra_data`.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::Value as Json;

use super::file::ExtraTable;
use super::known::Known;
use super::{Scope, Value, is_empty};
use crate::model::{Details, JsonMap};

/// One entry of extra data.
pub(crate) struct Extra {
    alias: String,
    source: Source,
    skip_empty: bool,
}

enum Source {
    /// A key of the answer, then of the details; an explicit null wins.
    Name(String),
    /// Anything else that a definition can say.
    Value(Value),
}

/// The settings that decide what is kept.
#[derive(Debug, Default)]
pub(crate) struct ExtraSettings {
    /// `GET_ALL_EXTRA_DATA`: keep all of the answer.
    pub(crate) everything: bool,
    /// `EXTRA_DATA`: `(name, alias, discard when empty)`, beside the
    /// definition's own.
    pub(crate) more: Vec<(String, String, bool)>,
}

impl Extra {
    /// Compiles the table `[extra]`.
    pub(super) fn compile_all(
        table: BTreeMap<String, toml::Value>,
        known: &Known,
    ) -> Result<Vec<Self>, (String, String)> {
        table
            .into_iter()
            .map(|(alias, entry)| {
                Self::compile(&alias, entry, known)
                    .map_err(|reason| (format!("[extra].{alias}"), reason))
            })
            .collect()
    }

    fn compile(alias: &str, entry: toml::Value, known: &Known) -> Result<Self, String> {
        let (from, skip_empty) = if entry.is_table() {
            let table =
                ExtraTable::deserialize(entry).map_err(|error| error.message().to_owned())?;
            (table.from, table.skip_empty)
        } else {
            (entry, false)
        };
        let value = Value::compile(&from, known)?;
        if value.is_of("client.secret") {
            return Err("our client secret is not to be kept".to_owned());
        }
        let name = value.as_path().and_then(super::Path::single_key);
        let source = match name {
            Some(name) => Source::Name(name.to_owned()),
            None => Source::Value(value),
        };
        Ok(Self {
            alias: alias.to_owned(),
            source,
            skip_empty,
        })
    }

    /// Collects the extra data of a sign-in, but for tokens and times.
    pub(crate) fn collect(
        entries: &[Self],
        settings: &ExtraSettings,
        scope: &Scope<'_>,
        details: &Details,
    ) -> JsonMap {
        let mut kept = JsonMap::new();
        if settings.everything {
            kept.extend(scope.token_response.clone());
            kept.extend(scope.answer.as_object().cloned().unwrap_or_default());
            return kept;
        }
        for entry in entries {
            let value = match &entry.source {
                Source::Name(name) => named(name, &entry.alias, scope, details),
                Source::Value(value) => value.eval(scope),
            };
            keep(&mut kept, &entry.alias, value, entry.skip_empty);
        }
        for (name, alias, discard) in &settings.more {
            keep(
                &mut kept,
                alias,
                named(name, alias, scope, details),
                *discard,
            );
        }
        kept
    }
}

fn keep(kept: &mut JsonMap, alias: &str, value: Json, skip_empty: bool) {
    // Python's idea of emptiness here: a zero is discarded as well.
    let zero = value.as_f64().is_some_and(|number| number == 0.0);
    if !(skip_empty && (is_empty(&value) || zero)) {
        kept.insert(alias.to_owned(), value);
    }
}

fn named(name: &str, alias: &str, scope: &Scope<'_>, details: &Details) -> Json {
    scope
        .answer
        .get(name)
        .or_else(|| scope.token_response.get(name))
        .cloned()
        .or_else(|| detail(details, name))
        .or_else(|| detail(details, alias))
        .unwrap_or(Json::Null)
}

fn detail(details: &Details, name: &str) -> Option<Json> {
    let text = match name {
        "username" => &details.username,
        "email" => &details.email,
        "fullname" => &details.fullname,
        "first_name" => &details.first_name,
        "last_name" => &details.last_name,
        "picture" => &details.picture,
        other => return details.other.get(other).cloned(),
    };
    text.clone().map(Json::String)
}
