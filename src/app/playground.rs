//! The sandbox providers, as backends of an app on this machine.

use std::net::{Ipv4Addr, SocketAddr};

use super::AppBuilder;
use super::error::StartError;
use crate::backends::Bundled;
use crate::sandbox::{CLIENT_ID, CLIENT_SECRET, Sandbox};
use crate::settings::Sources;

const SANDBOX: Bundled = Bundled {
    file: "sandbox.toml",
    text: include_str!("sandbox.toml"),
};
const SANDBOX_OAUTH1: Bundled = Bundled {
    file: "sandbox-oauth1.toml",
    text: include_str!("sandbox-oauth1.toml"),
};
const SANDBOX_OIDC: Bundled = Bundled {
    file: "sandbox-oidc.toml",
    text: include_str!("sandbox-oidc.toml"),
};
const SANDBOX_OPENID: Bundled = Bundled {
    file: "sandbox-openid.toml",
    text: include_str!("sandbox-openid.toml"),
};

/// Where apps on this machine have people sent back to, at any port.
const CALLBACK: &str = "http://127.0.0.1/callback";

/// A running sandbox. It ends when this is dropped.
pub struct Playground {
    sandbox: Sandbox,
}

impl Playground {
    /// Starts the sandbox on this machine, at a free port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> Result<Self, StartError> {
        let sandbox = Sandbox::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .await
            .map_err(|error| StartError::new(format!("the sandbox cannot start: {error}")))?;
        Ok(Self { sandbox })
    }

    /// The sandbox itself.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The settings of this process with the sandbox providers enabled, and
    /// with these variables wherever the process has none of that name: for a
    /// program to try things with.
    pub fn sources(&self, variables: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::of_process(None, Vec::new());
        for (name, value) in variables {
            if sources.environment.iter().all(|(set, _)| set != name) {
                let variable = ((*name).to_owned(), (*value).to_owned());
                sources.environment.push(variable);
            }
        }
        sources.environment.extend(self.environment());
        sources
    }

    /// The settings that enable all sandbox providers, as variables.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            "SANDBOX",
            "SANDBOX_OAUTH1",
            "SANDBOX_OIDC",
            "SANDBOX_OPENID",
        ]
        .into_iter()
        .flat_map(|name| {
            [
                ("KEY", CLIENT_ID.to_owned()),
                ("SECRET", CLIENT_SECRET.to_owned()),
                ("BASE_URL", self.sandbox.url()),
                ("ALLOW_PRIVATE", "true".to_owned()),
                ("REDIRECT_URIS", format!("[\"{CALLBACK}\"]")),
            ]
            .map(|(key, value)| (format!("SOCIAL_AUTH_{name}_{key}"), value))
        })
        .chain([self.openid_endpoint()])
        .collect()
    }

    /// Whose assertions are taken, and of whom.
    fn openid_endpoint(&self) -> (String, String) {
        let provider = format!("{}/openid", self.sandbox.url());
        (
            "SOCIAL_AUTH_SANDBOX_OPENID_OP_ENDPOINTS".to_owned(),
            format!("{{\"{provider}\": \"{provider}/id/\"}}"),
        )
    }
}

impl AppBuilder {
    /// Adds the definitions of the sandbox providers: only for an app that
    /// serves this machine alone.
    #[must_use]
    pub fn sandbox(self) -> Self {
        [SANDBOX, SANDBOX_OAUTH1, SANDBOX_OIDC, SANDBOX_OPENID]
            .into_iter()
            .fold(self, Self::definition)
    }

    /// Everybody knows the sandbox's tokens.
    pub(super) fn check_sandbox(&self) -> Result<(), StartError> {
        let listen = self.settings.server.listen;
        let is_there = self.bundled.iter().any(|one| one.file == SANDBOX.file);
        if !is_there || listen.ip().is_loopback() {
            return Ok(());
        }
        Err(StartError::new(format!(
            "server.listen: everybody knows the sandbox's tokens, so only a loopback address may \
             serve it, not {listen}"
        )))
    }
}
