//! Each backend's pipeline, compiled of the settings at start.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Pipeline, PipelineSettings, Step, StepRegistry};
use crate::backends::Registry;
use crate::settings::{SettingError, SocialSettings};

/// The pipelines and their settings, by backend.
#[derive(Clone, Default)]
pub struct Pipelines {
    compiled: BTreeMap<String, (Pipeline, Arc<PipelineSettings>)>,
}

impl Pipelines {
    /// Compiles the pipeline of every backend: its own setting, else the
    /// global one, else the default. The global one is judged without any
    /// backend too, so that its settings are known wherever they are set.
    ///
    /// # Errors
    /// Everything that is wrong, at once, and each once.
    pub fn compile(
        social: &SocialSettings,
        registry: &Registry,
        steps: &StepRegistry,
    ) -> Result<Self, Vec<SettingError>> {
        let mut pipelines = Self::default();
        let mut errors = Vec::new();
        let mut note = |error| {
            if !errors.contains(&error) {
                errors.push(error);
            }
        };
        if let Err(error) = compile(social, None, steps) {
            note(error);
        }
        for backend in registry.iter() {
            match compile(social, Some(backend.name()), steps) {
                Ok(compiled) => {
                    let name = backend.name().to_owned();
                    pipelines.compiled.insert(name, compiled);
                }
                Err(error) => note(error),
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
    backend: Option<&str>,
    steps: &StepRegistry,
) -> Result<(Pipeline, Arc<PipelineSettings>), SettingError> {
    let settings = PipelineSettings::read(social, backend)?;
    let pipeline = match social.texts(backend, "PIPELINE")? {
        None => steps.default_pipeline(),
        Some(names) => {
            let unknown = |name: &String| {
                let nearest = steps.nearest(name);
                let problem =
                    format!("no step is called `{name}`, the nearest known is `{nearest}`");
                social.refused(backend, "PIPELINE", &problem)
            };
            let found = names
                .iter()
                .map(|name| steps.get(name).ok_or_else(|| unknown(name)))
                .collect::<Result<Vec<Arc<dyn Step>>, _>>()?;
            Pipeline::new(found)
        }
    };
    // What all backends share may be completed by each of them.
    if backend.is_some()
        && let Some((rule, problem)) = not_held(&settings, &pipeline)
    {
        return Err(social.refused(backend, rule, problem));
    }
    Ok((pipeline, Arc::new(settings)))
}

/// The rule that nothing would hold, and why; `None` when all is well.
fn not_held(
    settings: &PipelineSettings,
    pipeline: &Pipeline,
) -> Option<(&'static str, &'static str)> {
    if !pipeline.has_step("auth_allowed") {
        let problem = "is set, but a pipeline that it is for lacks `auth_allowed`, which holds it";
        return Some((settings.rule()?, problem));
    }
    let without_key = !settings.allow_groups.is_empty() && settings.groups_key.is_none();
    let problem = "is set, but not `groups_key`: where do the groups stand?";
    without_key.then_some(("ALLOW_GROUPS", problem))
}
