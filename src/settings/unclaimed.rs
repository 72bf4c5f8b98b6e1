//! What nobody declared: misspelt names, colliding ones, ones without meaning.

use std::collections::{BTreeMap, BTreeSet};

use super::SettingError;
use super::document::Section;
use super::error::{nearest, unknown};
use super::found::Found;
use super::names::{
    CUSTOM, FILE_SUFFIX, PROVIDERS, SOCIAL_AUTH, SOCIAL_PREFIX, is_of_kubernetes, social_variable,
    social_variable_of,
};
use super::parity::{instead, is_without_meaning};
use super::place::Place;
use super::social::{DEFINITION, Name, SocialSettings, without_file};
use super::sources::kubernetes_warning;

/// What was declared, from several sides.
struct Known {
    /// Names by the variable that sets them.
    variables: BTreeMap<String, Vec<Name>>,
    /// Dotted keys.
    keys: BTreeSet<String>,
    /// Backends that declared more than what every section may hold.
    backends: BTreeSet<String>,
}

impl Known {
    fn of(declared: &BTreeSet<Name>) -> Self {
        let mut variables: BTreeMap<String, Vec<Name>> = BTreeMap::new();
        for name in declared {
            let names = variables.entry(name.variable()).or_default();
            names.push(name.clone());
        }
        let backends = declared
            .iter()
            .filter(|name| name.name != DEFINITION)
            .filter_map(|name| name.backend.clone());
        Self {
            variables,
            keys: declared.iter().map(Name::key).collect(),
            backends: backends.collect(),
        }
    }

    fn has_variable(&self, variable: &str) -> bool {
        self.variables.contains_key(variable) || self.variables.contains_key(without_file(variable))
    }

    /// Whether a setting, for all or for one backend, is of no use here.
    fn is_without_meaning(&self, variable: &str) -> bool {
        self.names_in(variable).any(is_without_meaning)
    }

    /// The names that a variable may set: of all, or of one backend.
    fn names_in<'a>(&'a self, variable: &'a str) -> impl Iterator<Item = &'a str> {
        let variable = without_file(variable);
        let of_backend = move |backend: &String| {
            let before = social_variable(Some(backend), "");
            variable.strip_prefix(before.as_str())
        };
        let of_all = variable.strip_prefix(SOCIAL_PREFIX);
        of_all
            .into_iter()
            .chain(self.backends.iter().filter_map(of_backend))
    }

    fn unknown_variable(&self, variable: &str, place: &Place) -> SettingError {
        let bare = without_file(variable);
        let known = self.variables.keys().map(String::as_str);
        let problem = match self.names_in(bare).find_map(instead) {
            Some(instead) => format!("is not supported: {instead}"),
            None => unknown("variable", nearest(bare, known)),
        };
        SettingError::new(place.clone(), variable, problem)
    }

    fn unknown_global_key(&self, key: &str, found: &Found) -> SettingError {
        // `github_key` is python-social-auth's name; its place is the provider's.
        let elsewhere = self.variables.get(&social_variable(None, key));
        let elsewhere = elsewhere.and_then(|names| names.first()).map(Name::key);
        let section = format!("{SOCIAL_AUTH}.");
        let among = self.keys_under(&section);
        let offer = elsewhere.or_else(|| nearest(&found.key, among).map(str::to_owned));
        found.refused(unknown("key", offer.as_deref()))
    }

    fn unknown_own_key(&self, provider: &str, found: &Found) -> SettingError {
        let section = format!("{PROVIDERS}.{provider}.");
        let among = self.keys_under(&section);
        found.refused(unknown("key", nearest(&found.key, among)))
    }

    fn keys_under<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a str> {
        let keys = self.keys.iter().map(String::as_str);
        keys.filter(move |key| key.starts_with(section))
    }

    fn collisions(&self) -> Vec<SettingError> {
        let mut collisions = Vec::new();
        let mut namesakes = BTreeSet::new();
        for (variable, names) in &self.variables {
            let keys: Vec<String> = names
                .iter()
                .map(|name| format!("`{}`", name.key()))
                .collect();
            if let Some(sections) = sections_of_one_name(names) {
                // Else each of their settings would be told.
                if namesakes.insert(sections.clone()) {
                    let problem = format!("one name for several providers: {sections}");
                    let all = variable.strip_suffix(&social_variable_end(names));
                    let all = format!("{}…", all.unwrap_or(variable));
                    collisions.push(SettingError::of_name(all, problem));
                }
            } else if keys.len() > 1 {
                let problem = format!("one name for several settings: {}", keys.join(", "));
                collisions.push(SettingError::of_name(variable, problem));
            }
            let file_variable = format!("{variable}{FILE_SUFFIX}");
            if self.variables.contains_key(&file_variable) {
                let problem = format!("a setting, and the file of `{variable}` too");
                collisions.push(SettingError::of_name(file_variable, problem));
            }
            let free = social_variable(Some(CUSTOM), "");
            if variable.starts_with(&free) && variable.len() > free.len() {
                let problem = format!("{} meets the free names `{free}…`", keys.join(", "));
                collisions.push(SettingError::of_name(variable, problem));
            }
        }
        collisions
    }
}

impl SocialSettings {
    /// Every name that is set but was never declared, and every collision.
    ///
    /// To be asked once everyone has declared or read their names.
    pub fn problems(&self) -> Vec<SettingError> {
        let known = Known::of(&self.declared());
        let mut problems = Vec::new();
        for (key, found) in &self.tables.global {
            let variable = social_variable(None, key);
            if !known.keys.contains(&found.key) && !known.is_without_meaning(&variable) {
                problems.push(known.unknown_global_key(key, found));
            }
        }
        for (name, section) in &self.tables.providers {
            self.section_problems(&known, (name, section), &mut problems);
        }
        for (variable, place) in self.variables.names() {
            let passed_over = is_of_kubernetes(variable) || known.is_without_meaning(variable);
            if !known.has_variable(variable) && !passed_over {
                problems.push(known.unknown_variable(variable, place));
            }
        }
        problems.sort_by_key(SettingError::order);
        problems.extend(known.collisions());
        problems
    }

    fn section_problems(
        &self,
        known: &Known,
        (name, section): (&str, &Section),
        problems: &mut Vec<SettingError>,
    ) {
        let definition = self.own_text(name, DEFINITION);
        let is_instance = matches!(definition, Ok(Some(_)));
        problems.extend(definition.err());
        if !known.backends.contains(name) {
            if is_instance {
                // Of a definition that nobody has: told by who looked for it.
                return;
            }
            let offer = nearest(name, known.backends.iter().map(String::as_str));
            let path = format!("{PROVIDERS}.{name}");
            let problem = unknown("provider", offer);
            problems.push(SettingError::new(section.place.clone(), path, problem));
            return;
        }
        for (key, found) in &section.values {
            let variable = social_variable(Some(name), key);
            if !known.keys.contains(&found.key) && !known.is_without_meaning(&variable) {
                problems.push(known.unknown_own_key(name, found));
            }
        }
    }

    /// What is passed over, a line each.
    ///
    /// Variables of Kubernetes, and python-social-auth's settings that mean
    /// nothing here. To be asked once everyone has declared their names.
    pub fn warnings(&self) -> Vec<String> {
        let known = Known::of(&self.declared());
        let mut warnings = self.passed_over.clone();
        let own = self.tables.providers.values();
        let own = own.flat_map(|section| section.values.values());
        for found in self.tables.global.values().chain(own) {
            let variable = variable_of(found);
            if !known.keys.contains(&found.key) && known.is_without_meaning(&variable) {
                warnings.push(found.refused(WITHOUT_MEANING).to_string());
            }
        }
        for (variable, place) in self.variables.names() {
            if known.has_variable(variable) {
                continue;
            }
            if known.is_without_meaning(variable) {
                let warning = SettingError::new(place.clone(), variable, WITHOUT_MEANING);
                warnings.push(warning.to_string());
            } else if is_of_kubernetes(variable) {
                warnings.push(kubernetes_warning(variable, place));
            }
        }
        warnings
    }
}

/// The sections whose names are one in variables, when nothing else collides.
fn sections_of_one_name(names: &[Name]) -> Option<String> {
    let first = names.first()?;
    let alike = |name: &&Name| name.name == first.name && name.backend.is_some();
    if names.len() < 2 || !names.iter().all(|name| alike(&name)) {
        return None;
    }
    let backends = names.iter().filter_map(|name| name.backend.as_deref());
    let sections: Vec<String> = backends
        .map(|backend| format!("`{PROVIDERS}.{backend}`"))
        .collect();
    Some(sections.join(", "))
}

/// What follows the backend in the variable that these names share.
fn social_variable_end(names: &[Name]) -> String {
    let name = names.first().map(|name| name.name.as_str());
    let variable = social_variable(None, name.unwrap_or_default());
    variable.trim_start_matches(SOCIAL_PREFIX).to_owned()
}

const WITHOUT_MEANING: &str = "ignored, it steers redirects or frameworks that are not here";

/// The variable that would set what a file sets.
fn variable_of(found: &Found) -> String {
    social_variable_of(&found.key).unwrap_or_default()
}
