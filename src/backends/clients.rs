//! Our registrations at a provider: client ids, and the secrets they go with.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};

use super::build::Builder;
use super::definition::{Definition, Fixed, Protocol};
use super::{BackendError, ClientInfo, RegistryError};
use crate::settings::ClientSection;

/// So many registrations are tried for a credential that names none: each
/// may cost the provider's calls once more.
const MOST_TRIED: usize = 8;

/// An app of ours at a provider.
pub(super) struct Registration {
    /// Its client id.
    pub(super) id: String,
    /// Its secret; empty where the definition needs none and none is set.
    pub(super) secret: SecretString,
    /// What its calls may look at.
    pub(super) fixed: Fixed,
}

/// All apps of ours at a provider.
pub(super) struct Clients {
    /// Of `key` and `secret`.
    main: Registration,
    /// Of `[[clients]]`, in their order.
    platforms: Vec<Registration>,
    /// Every client id whose tokens are ours, `audiences` too.
    ids: Vec<String>,
}

/// What one credential is tried with.
pub(super) struct Candidates<'a> {
    /// In this order, the next one when the provider refuses one.
    pub(super) registrations: Vec<&'a Registration>,
    /// The client ids that the credential may have been issued to.
    pub(super) ids: &'a [String],
}

/// Client ids and secrets as they are set.
pub(super) struct Registered {
    pub(super) key: String,
    secret: SecretString,
    audiences: Vec<String>,
    platforms: Vec<ClientSection>,
}

impl Clients {
    /// The registrations, each with what `fixed` makes of its id and secret.
    pub(super) fn new(registered: Registered, fixed: impl Fn((&str, &str)) -> Fixed) -> Self {
        let registration = |id: String, secret: SecretString| Registration {
            fixed: fixed((&id, secret.expose_secret())),
            id,
            secret,
        };
        let ids = registered.ids().cloned().collect();
        let platforms = registered.platforms.into_iter();
        Self {
            main: registration(registered.key, registered.secret),
            platforms: platforms
                .map(|client| registration(client.key, client.secret.unwrap_or_default()))
                .collect(),
            ids,
        }
    }

    /// The registration of `key` and `secret`.
    pub(super) fn main(&self) -> &Registration {
        &self.main
    }

    /// Every client id whose tokens are ours, that of `key` first.
    pub(super) fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The registration of that client id; the main one where there is none.
    pub(super) fn of(&self, client_id: Option<&str>) -> &Registration {
        client_id
            .and_then(|id| self.all().find(|client| client.id == id))
            .unwrap_or(&self.main)
    }

    fn all(&self) -> impl Iterator<Item = &Registration> {
        std::iter::once(&self.main).chain(&self.platforms)
    }

    /// What to try a credential with: the app that the request names, or any.
    ///
    /// `by_pair` says that calls show which app of ours asks; otherwise one
    /// run serves all. `answered` says that the provider names the app.
    ///
    /// # Errors
    /// `ClientUnknown` when the named app is none of ours, or cannot be proven.
    pub(super) fn candidates(
        &self,
        named: Option<&str>,
        by_pair: bool,
        answered: bool,
    ) -> Result<Candidates<'_>, BackendError> {
        let Some(named) = named else {
            let tried = if by_pair { MOST_TRIED } else { 1 };
            return Ok(Candidates {
                registrations: self.all().take(tried).collect(),
                ids: &self.ids,
            });
        };
        let known = self.ids.iter().find(|id| *id == named);
        let known = known.ok_or(BackendError::ClientUnknown)?;
        let own = self.all().find(|client| client.id == named);
        // An audience has no secret: only the provider's word can prove it.
        let client = own.or(answered.then_some(&self.main));
        Ok(Candidates {
            registrations: vec![client.ok_or(BackendError::ClientUnknown)?],
            ids: std::slice::from_ref(known),
        })
    }
}

impl Registered {
    /// What clients are told of the registrations that have a name.
    pub(super) fn info(&self) -> Vec<ClientInfo> {
        let named = self.platforms.iter();
        named
            .map(|client| ClientInfo {
                name: client.name.clone(),
                client_id: client.key.clone(),
            })
            .collect()
    }

    fn ids(&self) -> impl Iterator<Item = &String> {
        let platforms = self.platforms.iter().map(|client| &client.key);
        std::iter::once(&self.key)
            .chain(&self.audiences)
            .chain(platforms)
    }
}

impl Builder<'_> {
    /// Our client ids and secrets; `None` when the backend is not enabled.
    pub(super) fn registered(
        &self,
        name: &str,
        definition: &Definition,
    ) -> Result<Option<Registered>, RegistryError> {
        let secret_setting = secret_setting(definition);
        let secret = self.settings.own_secret(name, secret_setting)?;
        let enabled = self.settings.flag(Some(name), "ENABLED")?;
        // A provider of signed assertions gives out no client ids.
        let keyless = definition.protocol == Protocol::OpenId2;
        let key = self.client_id(name, definition, secret.as_ref())?;
        let key = key.or_else(|| (keyless && enabled == Some(true)).then(String::new));
        let Some(key) = key else {
            let sections = self.settings.providers();
            return match sections.iter().find(|section| section.name == name) {
                // What stands in the settings file must be complete.
                Some(_off) if enabled == Some(false) => Ok(None),
                Some(section) => Err(RegistryError::Backend {
                    backend: format!("{}: providers.{name}", section.place),
                    reason: if keyless {
                        "say `enabled = true` or `enabled = false`".to_owned()
                    } else {
                        "its client id, `key`, is not set".to_owned()
                    },
                }),
                None => Ok(None),
            };
        };
        if enabled == Some(false) {
            return Ok(None);
        }
        let refuse = |setting: &str, reason: &str| -> RegistryError {
            self.settings.refused(Some(name), setting, reason).into()
        };
        match &secret {
            Some(secret) if secret.expose_secret().is_empty() => {
                return Err(refuse(secret_setting, "the client secret may not be empty"));
            }
            None if definition.needs_secret => {
                return Err(refuse(
                    secret_setting,
                    "is not set, but this provider needs it",
                ));
            }
            _ => {}
        }
        let registered = Registered {
            key,
            secret: secret.unwrap_or_default(),
            audiences: self
                .settings
                .own_texts(name, "AUDIENCES")?
                .unwrap_or_default(),
            platforms: self.settings.own_clients(name)?,
        };
        if keyless && registered.key.is_empty() {
            return Ok(Some(registered));
        }
        let wrong = check_ids(&registered)
            .or_else(|| check_platforms(&registered.platforms, definition.needs_secret));
        match wrong {
            Some((setting, reason)) => Err(refuse(setting, &reason)),
            None => Ok(Some(registered)),
        }
    }
}

impl Builder<'_> {
    /// Our client id, as it is set or as our secret tells it.
    fn client_id(
        &self,
        name: &str,
        definition: &Definition,
        secret: Option<&SecretString>,
    ) -> Result<Option<String>, RegistryError> {
        let key = self.settings.own_text(name, "KEY")?;
        let payload = definition.payload.as_ref();
        let Some(payload) = payload.filter(|payload| payload.signature.secret_tells_client_id())
        else {
            return Ok(key);
        };
        let refuse = |reason: &str| {
            let refused = self.settings.refused(Some(name), &payload.secret, reason);
            Err(RegistryError::from(refused))
        };
        let Some(secret) = secret else {
            let wanted = self.settings.flag(Some(name), "ENABLED")? == Some(true);
            return if wanted || key.is_some() {
                refuse("is not set, but this provider needs it")
            } else {
                Ok(None)
            };
        };
        match payload.signature.client_id(secret.expose_secret()) {
            Some(id) => Ok(Some(key.unwrap_or_else(|| id.to_owned()))),
            None => refuse("does not begin with a client id and a colon"),
        }
    }
}

/// The setting that holds our secret.
fn secret_setting(definition: &Definition) -> &str {
    let payload = definition.payload.as_ref();
    payload.map_or("SECRET", |payload| &payload.secret)
}

/// A setting's name, and what is wrong with its value.
type Wrong = (&'static str, String);

fn check_ids(registered: &Registered) -> Option<Wrong> {
    let empty = |id: &String| id.trim().is_empty();
    if empty(&registered.key) {
        return Some(("KEY", "a client id may not be empty".to_owned()));
    }
    if registered.audiences.iter().any(empty) {
        return Some(("AUDIENCES", "a client id may not be empty".to_owned()));
    }
    let mut seen = BTreeSet::from([&registered.key]);
    if let Some(id) = registered.audiences.iter().find(|id| !seen.insert(id)) {
        return Some(("AUDIENCES", format!("the client id `{id}` is given twice")));
    }
    let keys = registered.platforms.iter().map(|client| &client.key);
    keys.into_iter()
        .find(|id| !empty(id) && !seen.insert(id))
        .map(|id| ("CLIENTS", format!("the client id `{id}` is given twice")))
}

fn check_platforms(platforms: &[ClientSection], needs_secret: bool) -> Option<Wrong> {
    let mut names = BTreeSet::new();
    let reason = platforms.iter().find_map(|client| {
        let ClientSection { name, key, secret } = client;
        let empty = secret
            .as_ref()
            .is_some_and(|secret| secret.expose_secret().is_empty());
        if name.trim().is_empty() {
            Some("a client's name may not be empty".to_owned())
        } else if !names.insert(name) {
            Some(format!("the name `{name}` is given twice"))
        } else if key.trim().is_empty() {
            Some(format!("`{name}`: a client id may not be empty"))
        } else if empty {
            Some(format!("`{name}`: the client secret may not be empty"))
        } else if secret.is_none() && needs_secret {
            Some(format!(
                "`{name}`: `secret` is not set, but this provider needs it"
            ))
        } else {
            None
        }
    });
    reason.map(|reason| ("CLIENTS", reason))
}
