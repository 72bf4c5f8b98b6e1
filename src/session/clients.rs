//! Programs that are known to the token endpoint by name.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};

use super::terms::whole_seconds;
use super::{SessionError, Terms};
use crate::crypto::one_use;
use crate::settings::TokenClient;

/// All registered clients.
#[derive(Debug, Default)]
pub struct Clients {
    by_id: BTreeMap<String, Client>,
}

/// A registered client.
#[derive(Debug)]
pub struct Client {
    id: String,
    /// SHA-256 of each secret; empty for a public client.
    secrets: Vec<[u8; 32]>,
    origins: Vec<String>,
    audiences: Vec<String>,
    access: Option<TimeDelta>,
    refresh: Option<TimeDelta>,
}

/// What a request says of its client.
#[derive(Debug, Default)]
pub struct ShownClient {
    /// Its id; `None` when none is named.
    pub id: Option<String>,
    /// Its secret; `None` when none is shown.
    pub secret: Option<SecretString>,
    /// The page that the request came from; `None` for what is no page.
    pub origin: Option<String>,
}

/// The client is not known, or is not who it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client is not known, or is not who it says")]
pub struct NotThatClient;

impl Clients {
    /// Those of the settings.
    ///
    /// # Errors
    /// [`SessionError::Lifetime`] when one is impossible.
    pub fn new(sections: &BTreeMap<String, TokenClient>) -> Result<Self, SessionError> {
        let clients = sections.iter().map(|(id, section)| {
            let secrets = section.secrets.iter();
            let client = Client {
                id: id.clone(),
                secrets: secrets
                    .map(|secret| one_use::digest(secret.expose_secret()))
                    .collect(),
                origins: section.origins.clone(),
                audiences: section.audiences.clone(),
                access: section
                    .access_token_lifetime
                    .map(whole_seconds)
                    .transpose()?,
                refresh: section
                    .refresh_token_lifetime
                    .map(whole_seconds)
                    .transpose()?,
            };
            Ok((id.clone(), client))
        });
        Ok(Self {
            by_id: clients.collect::<Result<_, SessionError>>()?,
        })
    }

    /// Who a request comes from; `None` when it names nobody.
    ///
    /// # Errors
    /// [`NotThatClient`] for an unknown id, a wrong or missing secret, a secret
    /// of a public client, and a page that may not act as it.
    pub fn identify(&self, shown: &ShownClient) -> Result<Option<&Client>, NotThatClient> {
        let Some(id) = &shown.id else {
            let nothing = shown.secret.is_none();
            return nothing.then_some(None).ok_or(NotThatClient);
        };
        let client = self.by_id.get(id).ok_or(NotThatClient)?;
        let origin = shown.origin.as_ref();
        let from_its_page = origin
            .is_none_or(|origin| client.origins.is_empty() || client.origins.contains(origin));
        let proven = match &shown.secret {
            Some(secret) => client.has_secret(secret),
            None => client.secrets.is_empty(),
        };
        (proven && from_its_page)
            .then_some(Some(client))
            .ok_or(NotThatClient)
    }

    /// The client of that id; `None` when it is not, or no longer, registered.
    pub fn get(&self, id: &str) -> Option<&Client> {
        self.by_id.get(id)
    }
}

impl Client {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it proves itself with a secret.
    pub fn is_confidential(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Whether it may have tokens made out to that one.
    pub fn may_address(&self, audience: &str) -> bool {
        self.audiences.iter().any(|known| known == audience)
    }

    /// The terms of its sessions; those of all where it has none of its own.
    pub fn terms(&self, of_all: &Terms) -> Terms {
        Terms {
            client: Some(self.id.clone()),
            audience: None,
            access: self.access.unwrap_or(of_all.access),
            refresh: self.refresh.unwrap_or(of_all.refresh),
            session: of_all.session,
        }
    }

    fn has_secret(&self, shown: &SecretString) -> bool {
        let shown = one_use::digest(shown.expose_secret());
        self.secrets
            .iter()
            .any(|secret| one_use::same(secret, &shown))
    }
}
