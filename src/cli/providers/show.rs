//! `sociable providers show NAME`.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::super::say;
use super::{binding, fields, find};
use crate::app::StartError;
use crate::backends::{Catalogue, Entry, Setting};
use crate::settings::social_variable;

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The provider's name.
    name: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(&self, catalogue: &Catalogue) -> Result<(), StartError> {
        let entry = find(catalogue, &self.name)?;
        if self.json {
            return say(&format!("{:#}\n", as_json(entry)));
        }
        say(&format!("{}\n{}", told(entry), entry.text))
    }
}

/// What comes before the file itself.
fn told(entry: &Entry) -> String {
    let mut told = format!("{} ({}), {}", entry.title, entry.name, entry.protocol);
    let note = entry.status_note.as_deref().unwrap_or_default();
    if entry.status != "live" {
        told = format!("{told}, {}: {note}", entry.status);
    }
    told.push('\n');
    let mut line = |name: &str, what: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(told, "{name:<14} {what}");
    };
    if !entry.aliases.is_empty() {
        line("also called", &entry.aliases.join(", "));
    }
    line("takes", &taken(entry));
    line("hands out", &entry.hands_out.join(", "));
    if !entry.knows.is_empty() {
        line("its file knows", &entry.knows.join(", "));
    }
    line("raw tokens", &binding::in_words(&entry.binding));
    let email = if entry.trusts_email {
        "counts as proven when the provider says that it checked it"
    } else {
        "never counts as proven: the provider does not say that it checked it"
    };
    line("e-mail", email);
    line(
        "at the provider",
        "register an app; its client id and secret go into",
    );
    for (setting, what) in [("KEY", "the client id"), ("SECRET", "the client secret")] {
        line("", &format!("{} ({what})", variable(entry, setting)));
    }
    line(
        "",
        "its redirect URIs are those of your app and its SDK: none leads here",
    );
    let scope = match entry.scope.as_slice() {
        [] => "none need to be allowed".to_owned(),
        scope => scope.join(", "),
    };
    line("scopes", &scope);
    if let Some(docs) = documentation(entry) {
        line("documentation", &docs);
    }
    for setting in &entry.settings {
        let default = match &setting.default {
            Some(default) => format!("default {default}"),
            None if setting.required => "required".to_owned(),
            None => "no default".to_owned(),
        };
        let variable = variable(entry, &setting.name);
        line(
            "setting",
            &format!("{variable} ({}, {default})", setting.kind),
        );
    }
    told
}

fn taken(entry: &Entry) -> String {
    let of = |kinds: &[crate::model::CredentialKind]| {
        let words: Vec<&str> = kinds.iter().map(|kind| fields(*kind)).collect();
        words.join(", ")
    };
    match (entry.accepts.as_slice(), entry.accepts_unbound.as_slice()) {
        ([], []) => "no raw access token".to_owned(),
        ([], unbound) => format!(
            "nothing; {} with accept_unbound_access_tokens = \"unbindable\"",
            of(unbound)
        ),
        (accepts, _) => of(accepts),
    }
}

fn variable(entry: &Entry, setting: &str) -> String {
    social_variable(Some(&entry.name), setting)
}

/// `docs`, or the first address that the file's opening comment names.
fn documentation(entry: &Entry) -> Option<String> {
    let comment = entry.text.lines().take_while(|line| line.starts_with('#'));
    let mut words = comment.flat_map(str::split_whitespace);
    let named = words.find(|word| word.starts_with("https://"));
    entry.docs.clone().or_else(|| named.map(str::to_owned))
}

fn as_json(entry: &Entry) -> Value {
    let words = |kinds: &[crate::model::CredentialKind]| -> Vec<&'static str> {
        kinds.iter().map(|kind| fields(*kind)).collect()
    };
    let setting = |setting: &Setting| {
        json!({
            "name": setting.name,
            "type": setting.kind,
            "default": setting.default,
            "required": setting.required,
            "variable": variable(entry, &setting.name),
        })
    };
    json!({
        "name": entry.name,
        "title": entry.title,
        "protocol": entry.protocol,
        "status": entry.status,
        "status_note": entry.status_note,
        "aliases": entry.aliases,
        "documentation": documentation(entry),
        "accepts": words(&entry.accepts),
        "accepts_unbound": words(&entry.accepts_unbound),
        "binding": {
            "kind": entry.binding.kind,
            "fields": entry.binding.fields,
            "in_words": binding::in_words(&entry.binding),
        },
        "email_trusted": entry.trusts_email,
        "hands_out": entry.hands_out,
        "knows": entry.knows,
        "association_only": entry.association_only,
        "scope": entry.scope,
        "client_id": variable(entry, "KEY"),
        "client_secret": variable(entry, "SECRET"),
        "settings": entry.settings.iter().map(setting).collect::<Vec<_>>(),
        "definition": entry.text,
    })
}
