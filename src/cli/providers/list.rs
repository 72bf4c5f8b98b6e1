//! `sociable providers list`.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use super::super::say;
use super::fields;
use crate::app::StartError;
use crate::backends::{Catalogue, Entry};

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Only those whose name, title or alias holds this text.
    text: Option<String>,
    /// Only oauth1, oauth2, oidc or openid2.
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// Only those that bind raw access tokens so: introspect, `secret_proof`, …
    #[arg(long, value_name = "KIND")]
    binding: Option<String>,
    /// Only live, deprecated or dead.
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only those that take this field of a sign-up, such as `access_token`.
    #[arg(long, value_name = "FIELD")]
    accepts: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(&self, catalogue: &Catalogue) -> Result<(), StartError> {
        let wanted: Vec<&Entry> = catalogue.iter().filter(|entry| self.wants(entry)).collect();
        if self.json {
            let list: Vec<_> = wanted.into_iter().map(as_json).collect();
            return say(&format!("{:#}\n", json!(list)));
        }
        say(&table(&wanted))
    }

    fn wants(&self, entry: &Entry) -> bool {
        let is = |asked: &Option<String>, own: &str| asked.as_deref().is_none_or(|one| one == own);
        let text = self.text.as_deref().unwrap_or_default().to_lowercase();
        let mut names = [&entry.name, &entry.title]
            .into_iter()
            .chain(&entry.aliases);
        is(&self.protocol, entry.protocol)
            && is(&self.binding, &entry.binding.kind)
            && is(&self.status, &entry.status)
            && self
                .accepts
                .as_deref()
                .is_none_or(|field| accepted(entry).split(['+', ' ']).any(|own| own == field))
            && names.any(|name| name.to_lowercase().contains(&text))
    }
}

/// The credentials that are taken; in brackets those that nothing binds.
fn accepted(entry: &Entry) -> String {
    let words: Vec<&str> = entry.accepts.iter().map(|kind| fields(*kind)).collect();
    words.join(" ")
}

fn as_json(entry: &Entry) -> serde_json::Value {
    json!({
        "name": entry.name,
        "title": entry.title,
        "protocol": entry.protocol,
        "accepts": entry.accepts.iter().map(|kind| fields(*kind)).collect::<Vec<_>>(),
        "binding": entry.binding.kind,
        "email_trusted": entry.trusts_email,
        "status": entry.status,
        "status_note": entry.status_note,
        "aliases": entry.aliases,
    })
}

fn table(entries: &[&Entry]) -> String {
    let head = [
        "name",
        "title",
        "protocol",
        "accepts",
        "raw tokens",
        "e-mail",
        "status",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(entries.iter().map(|entry| {
        let accepts = match accepted(entry) {
            none if none.is_empty() => "-".to_owned(),
            accepts => accepts,
        };
        [
            entry.name.clone(),
            entry.title.clone(),
            entry.protocol.to_owned(),
            accepts,
            entry.binding.kind.clone(),
            if entry.trusts_email { "yes" } else { "no" }.to_owned(),
            entry.status.clone(),
        ]
    }));
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut table = String::new();
    for row in &rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            // Writing to a text cannot fail.
            let _ = write!(line, "{cell:<width$}  ");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}
