//! Holds the values to what a start would say of them, and starts nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::judge::{Judged, Verdict};
use crate::app::StartError;
use crate::backends::{DefinitionSources, ProviderCodes, Registry, RegistryError};
use crate::http::{HttpClient, HttpOptions};
use crate::model::{Ids, SystemIds};
use crate::pipeline::{Pipelines, StepRegistry};
use crate::settings::{SettingError, Settings, Sources};

/// A fault, by the variable that is at fault.
struct Fault {
    variable: String,
    problem: String,
    verdict: Verdict,
}

/// Judges the values of all settings that work, each fault on its own.
///
/// What is at fault is left out and the rest is tried again, since some faults
/// hide others.
pub(super) fn run(settings: &mut Vec<Judged>, config: Option<PathBuf>) -> Result<(), StartError> {
    let folder = tempfile::tempdir()
        .map_err(|error| StartError::new(format!("no folder to throw away: {error}")))?;
    let mut sources = Sources {
        config,
        working_dir: folder.path().to_owned(),
        ..Sources::default()
    };
    let mut left_out = BTreeSet::new();
    for _each in 0..=settings.len() {
        sources.environment = settings
            .iter()
            .filter_map(|judged| Some((judged.variable.clone()?, judged.value.clone())))
            .filter(|(variable, _)| !left_out.contains(variable))
            .collect();
        let faults = faults(&sources)?;
        if faults.is_empty() {
            break;
        }
        for fault in faults {
            left_out.insert(key_of(&fault.variable));
            note(settings, fault);
        }
    }
    Ok(())
}

/// What is missing of a provider is told once: it is then tried without.
fn key_of(variable: &str) -> String {
    match variable.strip_suffix("_SECRET") {
        Some(provider) => format!("{provider}_KEY"),
        None => variable.to_owned(),
    }
}

fn note(settings: &mut Vec<Judged>, fault: Fault) {
    let at_fault = |judged: &&mut Judged| {
        judged.variable.as_ref() == Some(&fault.variable) || judged.name == fault.variable
    };
    if let Some(judged) = settings.iter_mut().find(at_fault) {
        judged.verdict = fault.verdict;
        judged.text = fault.problem;
        judged.variable = None;
        return;
    }
    settings.push(Judged {
        name: fault.variable,
        provider: None,
        verdict: fault.verdict,
        text: fault.problem,
        variable: None,
        value: String::new(),
    });
}

fn faults(sources: &Sources) -> Result<Vec<Fault>, StartError> {
    let settings = Settings::load(sources)?;
    let http = HttpClient::new(&HttpOptions {
        proxy: None,
        ca_bundle: None,
        resolve: std::collections::BTreeMap::new(),
        connect_timeout: settings.http.connect_timeout,
        user_agent: settings.http.user_agent.clone(),
    })
    .map_err(|error| StartError::new(format!("http: {error}")))?;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds::default());
    let social = &settings.social;
    let sources = DefinitionSources {
        bundled: &[],
        providers_dir: settings.providers_dir.as_deref(),
        codes: &ProviderCodes::default(),
    };
    let registry = match Registry::build(social, &http, &ids, &sources) {
        Ok(registry) => registry,
        Err(errors) => return errors.iter().map(of_registry).collect(),
    };
    let wrong = |error: &SettingError| of_setting(error, Verdict::Wrong);
    if let Err(errors) = Pipelines::compile(social, &registry, &StepRegistry::default()) {
        return errors.iter().map(wrong).collect();
    }
    let unread = |error: &SettingError| of_setting(error, Verdict::NotSupported);
    social.problems().iter().map(unread).collect()
}

fn of_registry(error: &RegistryError) -> Result<Fault, StartError> {
    match error {
        RegistryError::Setting(error) => of_setting(error, Verdict::Wrong),
        other => Err(StartError::new(other.to_string())),
    }
}

fn of_setting(error: &SettingError, verdict: Verdict) -> Result<Fault, StartError> {
    let variable = error.variable();
    let variable = variable.ok_or_else(|| StartError::new(error.to_string()))?;
    let problem = match verdict {
        Verdict::NotSupported => "nothing here reads it".to_owned(),
        _ => error.problem().to_owned(),
    };
    Ok(Fault {
        variable,
        problem,
        verdict,
    })
}
