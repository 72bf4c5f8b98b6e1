//! Each backend's pipeline, compiled of the settings at start.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Pipeline, PipelineSettings, Step, StepRegistry};
use crate::backends::Registry;
use crate::settings::{SettingError, SocialSettings};

/// A pipeline cannot be built.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PipelineError {
    /// A setting is wrong.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The pipeline's setting names a step that is not there.
    #[error("{backend}: pipeline: no step is called `{name}`; the nearest is `{nearest}`")]
    UnknownStep {
        /// The backend's name.
        backend: String,
        /// The name that was asked for.
        name: String,
        /// A name that there is.
        nearest: String,
    },
    /// A rule was set, but the step that holds it is not in the pipeline.
    #[error(
        "{0}: whitelisted_emails, whitelisted_domains or allow_groups is set, but its \
         pipeline lacks `auth_allowed`, which holds them"
    )]
    RuleNotHeld(String),
    /// Groups are to be checked, but nobody said where they stand.
    #[error("{0}: allow_groups is set, but not groups_key: where do the groups stand?")]
    GroupsKeyMissing(String),
}

/// The pipelines and their settings, by backend.
#[derive(Clone, Default)]
pub struct Pipelines {
    compiled: BTreeMap<String, (Pipeline, Arc<PipelineSettings>)>,
}

impl Pipelines {
    /// Compiles the pipeline of every backend: its own setting, else the
    /// global one, else the default.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn compile(
        social: &SocialSettings,
        registry: &Registry,
        steps: &StepRegistry,
    ) -> Result<Self, Vec<PipelineError>> {
        let mut pipelines = Self::default();
        let mut errors = Vec::new();
        for backend in registry.iter() {
            match compile(social, backend.name(), steps) {
                Ok(compiled) => {
                    let name = backend.name().to_owned();
                    pipelines.compiled.insert(name, compiled);
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(pipelines)
        } else {
            Err(errors)
        }
    }

    /// The pipeline of a backend and its settings; `None` for unknown ones.
    pub fn get(&self, backend: &str) -> Option<&(Pipeline, Arc<PipelineSettings>)> {
        self.compiled.get(backend)
    }
}

fn compile(
    social: &SocialSettings,
    backend: &str,
    steps: &StepRegistry,
) -> Result<(Pipeline, Arc<PipelineSettings>), PipelineError> {
    let settings = PipelineSettings::read(social, backend)?;
    let pipeline = match social.texts(Some(backend), "PIPELINE")? {
        None => steps.default_pipeline(),
        Some(names) => {
            let found = names
                .iter()
                .map(|name| find(steps, backend, name))
                .collect::<Result<Vec<Arc<dyn Step>>, _>>()?;
            Pipeline::new(found)
        }
    };
    if settings.restricts() && !pipeline.has_step("auth_allowed") {
        return Err(PipelineError::RuleNotHeld(backend.to_owned()));
    }
    if !settings.allow_groups.is_empty() && settings.groups_key.is_none() {
        return Err(PipelineError::GroupsKeyMissing(backend.to_owned()));
    }
    Ok((pipeline, Arc::new(settings)))
}

fn find(steps: &StepRegistry, backend: &str, name: &str) -> Result<Arc<dyn Step>, PipelineError> {
    steps.get(name).ok_or_else(|| PipelineError::UnknownStep {
        backend: backend.to_owned(),
        name: name.to_owned(),
        nearest: steps.nearest(name),
    })
}
