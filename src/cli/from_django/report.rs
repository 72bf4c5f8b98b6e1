//! The report: a line each for people, or JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::classes::Backend;
use super::judge::{Judged, Verdict};
use crate::app::StartError;

/// What becomes of a project.
#[derive(Serialize)]
pub(super) struct Report {
    /// Whether all of it works or is not needed.
    good: bool,
    backends: Vec<Backend>,
    settings: Vec<Judged>,
    /// The variables to set, without their values.
    environment: Vec<String>,
}

impl Report {
    pub(super) fn new(backends: Vec<Backend>, settings: Vec<Judged>) -> Self {
        let good = |judged: &Judged| judged.verdict <= Verdict::NotNeeded;
        let environment = settings.iter().filter_map(|judged| judged.variable.clone());
        Self {
            good: backends.iter().all(|backend| backend.works) && settings.iter().all(good),
            environment: environment.collect(),
            backends,
            settings,
        }
    }

    /// Whether all of it works or is not needed.
    pub(super) fn is_good(&self) -> bool {
        self.good
    }

    /// The variables to set, with their values.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().filter_map(|judged| {
            let variable = judged.variable.as_deref()?;
            Some((variable, judged.value.as_str()))
        })
    }

    pub(super) fn json(&self) -> Result<String, StartError> {
        let json = serde_json::to_string_pretty(self);
        json.map(|json| format!("{json}\n"))
            .map_err(|error| StartError::new(error.to_string()))
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for backend in &self.backends {
            line(&mut text, &backend.class, &backend.text);
        }
        for judged in &self.settings {
            line(&mut text, &judged.name, &words(judged));
        }
        if !self.environment.is_empty() {
            text.push_str("\nto set in the environment, with values by --write-env FILE:\n");
        }
        for variable in &self.environment {
            text.push_str(variable);
            text.push('\n');
        }
        text
    }
}

fn line(text: &mut String, name: &str, words: &str) {
    // Writing to a String cannot fail.
    let _written = writeln!(text, "{name}: {words}");
}

fn words(judged: &Judged) -> String {
    let text = &judged.text;
    match judged.verdict {
        Verdict::Works => "works as is".to_owned(),
        Verdict::Differs => format!("works, but differs ({text})"),
        Verdict::NotNeeded => format!("is not needed ({text})"),
        Verdict::NotSupported => format!("is not supported ({text})"),
        Verdict::Wrong => format!("is wrong ({text})"),
        Verdict::Unknown => format!("is unknown ({text})"),
    }
}
