//! Backends of definitions that a test writes, and of the settings it sets.

use std::path::PathBuf;
use std::sync::Arc;

use super::RegistryError;
use super::build::Builder;
use super::defined::DefinedBackend;
use super::definition::Definition;
use super::id_token::IdTokenVerifier;
use super::known_issuers::KnownIssuers;
use crate::http::{HttpClient, Recording};
use crate::model::{Ids, SystemIds};
use crate::settings::{Settings, Sources};

/// A definition; the test fails where it is none.
pub(super) fn definition(text: &str) -> Arc<Definition> {
    let parsed = Definition::parse("example.toml", text);
    Arc::new(parsed.unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// The backend `example` of a definition, our client id `our-app`, which
/// knows the issuers of the other definitions.
pub(super) fn backend(
    text: &str,
    settings: &[(&str, &str)],
    others: &[&str],
) -> Result<DefinedBackend, RegistryError> {
    let own = [("KEY", "our-app"), ("SECRET", "a-secret")];
    let environment = own.iter().chain(settings);
    let environment = environment
        .map(|(name, value)| (format!("SOCIAL_AUTH_EXAMPLE_{name}"), (*value).to_owned()));
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: PathBuf::from("/nonexistent"),
        environment: environment.collect(),
        overrides: Vec::new(),
    });
    let http = HttpClient::replaying(&Recording::default());
    let ids: Arc<dyn Ids> = Arc::new(SystemIds::default());
    let known_issuers = KnownIssuers::default();
    let others: Vec<Arc<Definition>> = others.iter().map(|text| definition(text)).collect();
    let names = others.iter().map(|one| (one.name.as_str(), one.as_ref()));
    known_issuers.learn(names, |_| true);
    let builder = Builder {
        settings: &settings.unwrap().social,
        http: &http,
        ids: &ids,
        verifier: IdTokenVerifier::new(&http),
        known_issuers,
    };
    let built = builder.backend("example", &definition(text))?;
    Ok(built.unwrap())
}
