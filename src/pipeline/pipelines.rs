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
    disconnect: BTreeMap<String, Pipeline>,
    /// For backends that are no longer configured.
    fallback: Option<(Pipeline, Arc<PipelineSettings>)>,
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
        match compile(social, None, steps).and_then(|(_, settings)| {
            let pipeline = disconnect_pipeline(social, None, steps)?;
            Ok((pipeline, settings))
        }) {
            Ok(fallback) => pipelines.fallback = Some(fallback),
            Err(error) => note(error),
        }
        for backend in registry.iter() {
            match compile(social, Some(backend.name()), steps) {
                Ok(compiled) => {
                    let name = backend.name().to_owned();
                    pipelines.compiled.insert(name, compiled);
                }
                Err(error) => note(error),
            }
            match disconnect_pipeline(social, Some(backend.name()), steps) {
                Ok(pipeline) => {
                    let name = backend.name().to_owned();
                    pipelines.disconnect.insert(name, pipeline);
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

    /// The disconnect pipeline of a backend, configured or no longer, and its
    /// settings; `None` when nothing is compiled.
    pub fn disconnect(&self, backend: &str) -> Option<(&Pipeline, &PipelineSettings)> {
        let (fallback, settings) = self.fallback.as_ref()?;
        let own = self.disconnect.get(backend);
        let settings = self.get(backend).map_or(settings, |(_, settings)| settings);
        Some((own.unwrap_or(fallback), settings))
    }

    /// The backends whose people prove their addresses by a mail.
    pub fn that_mail(&self) -> impl Iterator<Item = &str> {
        let mailing = |settings: &PipelineSettings| settings.validates_email;
        let named = self.compiled.iter();
        named
            .filter(move |(_, (_, settings))| mailing(settings))
            .map(|(name, _)| name.as_str())
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
    let named = named_pipeline(social, (backend, "PIPELINE"), steps)?;
    let pipeline = named.unwrap_or_else(|| steps.default_pipeline());
    // What all backends share may be completed by each of them.
    if backend.is_some()
        && let Some((rule, problem)) = not_held(&settings, &pipeline)
    {
        return Err(social.refused(backend, rule, problem));
    }
    Ok((pipeline, Arc::new(settings)))
}

fn disconnect_pipeline(
    social: &SocialSettings,
    backend: Option<&str>,
    steps: &StepRegistry,
) -> Result<Pipeline, SettingError> {
    let named = named_pipeline(social, (backend, "DISCONNECT_PIPELINE"), steps)?;
    Ok(named.unwrap_or_else(|| steps.default_disconnect_pipeline()))
}

/// The pipeline that a setting lists; `None` when it is not set.
fn named_pipeline(
    social: &SocialSettings,
    (backend, setting): (Option<&str>, &str),
    steps: &StepRegistry,
) -> Result<Option<Pipeline>, SettingError> {
    let Some(names) = social.texts(backend, setting)? else {
        return Ok(None);
    };
    let unknown = |name: &String| {
        let nearest = steps.nearest(name);
        let problem = format!("no step is called `{name}`, the nearest known is `{nearest}`");
        social.refused(backend, setting, &problem)
    };
    let found = names
        .iter()
        .map(|name| steps.get(name).ok_or_else(|| unknown(name)))
        .collect::<Result<Vec<Arc<dyn Step>>, _>>()?;
    Ok(Some(Pipeline::new(found)))
}

/// The rule that nothing would hold, and why; `None` when all is well.
fn not_held(
    settings: &PipelineSettings,
    pipeline: &Pipeline,
) -> Option<(&'static str, &'static str)> {
    if !pipeline.has_step("auth_allowed")
        && let Some(rule) = settings.rule()
    {
        let problem = "is set, but a pipeline that it is for lacks `auth_allowed`, which holds it";
        return Some((rule, problem));
    }
    if settings.validates_email && !pipeline.has_step("mail_validation") {
        let problem =
            "is set, but a pipeline that it is for lacks `mail_validation`, which does it";
        return Some(("FORCE_EMAIL_VALIDATION", problem));
    }
    let without_key = !settings.allow_groups.is_empty() && settings.groups_key.is_none();
    let problem = "is set, but not `groups_key`: where do the groups stand?";
    without_key.then_some(("ALLOW_GROUPS", problem))
}
