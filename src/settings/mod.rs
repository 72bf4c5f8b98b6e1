//! Settings: files, `.env`, the environment and flags, each value with its place.
//!
//! Keys of our own are read and checked here. python-social-auth's names are
//! read by whoever declares them, through [`SocialSettings`]. `default.toml`
//! holds every default and documents every key.

mod clients;
mod document;
mod dotenv;
mod error;
mod found;
mod hooks;
mod hosts;
mod keys;
mod mail;
mod named_section;
mod names;
mod ours;
mod parity;
mod place;
mod registrations;
mod sections;
mod session;
mod social;
mod sources;
mod unclaimed;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use clients::TokenClient;
pub use error::{SettingError, SettingsErrors};
pub use hooks::{HookSection, OnError};
pub use keys::Keys;
pub use mail::MailSettings;
pub use names::social_variable;
pub use parity::{Parity, ParitySetting, parity_settings};
pub use registrations::ClientSection;
pub use sections::{Database, Http, Log, LogFormat, Server};
pub use session::SessionSettings;
pub use social::{ProviderSection, SocialSettings};
pub use sources::Sources;

use ours::Ours;

/// All settings, checked.
#[derive(Debug)]
pub struct Settings {
    /// `[server]`.
    pub server: Server,
    /// `[database]`.
    pub database: Database,
    /// `[http]`.
    pub http: Http,
    /// `[keys]`.
    pub keys: Keys,
    /// `[session]`.
    pub session: SessionSettings,
    /// `[mail]`.
    pub mail: MailSettings,
    /// `[log]`.
    pub log: Log,
    /// `[hooks.<name>]`, by name.
    pub hooks: BTreeMap<String, HookSection>,
    /// `[clients.<id>]`, by id.
    pub clients: BTreeMap<String, TokenClient>,
    /// Where the database of SQLite and keys made at the first start are kept.
    pub data_dir: PathBuf,
    /// A folder of further provider definitions; `None` for none.
    pub providers_dir: Option<PathBuf>,
    /// `[social_auth]` and `[providers.<name>]`: read by others.
    pub social: SocialSettings,
}

impl Settings {
    /// Reads and checks everything but what others declare.
    ///
    /// # Errors
    /// Every fault at once, a line each.
    pub fn load(sources: &Sources) -> Result<Self, SettingsErrors> {
        let gathered = sources.gather();
        let working_dir = sources.working_dir.clone();
        let mut ours = Ours::new(gathered.ours, working_dir, gathered.errors);
        let server = Server::read(&mut ours);
        let database = Database::read(&mut ours);
        let http = Http::read(&mut ours);
        let keys = Keys::read(&mut ours);
        let session = SessionSettings::read(&mut ours);
        let hooks = hooks::read(&mut ours);
        let mail = MailSettings::read(&mut ours, &hooks);
        let log = Log::read(&mut ours);
        let clients = clients::read(&mut ours);
        let data_dir = ours.path("data_dir", |_, _| Ok(()));
        let providers_dir = ours.path("providers_dir", |_, _| Ok(()));
        let social = SocialSettings::new(
            gathered.social,
            gathered.social_variables,
            gathered.warnings,
        );
        let settings = || {
            Some(Self {
                server: server?,
                database: database?,
                http: http?,
                keys,
                session: session?,
                mail: mail?,
                log: log?,
                hooks,
                clients,
                data_dir: data_dir?,
                providers_dir,
                social,
            })
        };
        match settings() {
            Some(settings) if ours.errors.is_empty() => Ok(settings),
            _ => {
                ours.errors.sort_by_key(SettingError::order);
                Err(SettingsErrors(ours.errors))
            }
        }
    }
}
