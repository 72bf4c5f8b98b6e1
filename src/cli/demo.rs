//! `sociable demo`: everything on this machine, thrown away at the end.

use std::net::SocketAddr;

use clap::Args;

use super::{demo_mail, say};
use crate::app::{App, Playground, StartError, start_logging};
use crate::settings::{Settings, Sources};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

impl Demo {
    pub(super) async fn run(self) -> Result<(), StartError> {
        if !self.listen.ip().is_loopback() {
            return Err(StartError::new(format!(
                "--listen: everybody knows a demo's tokens, so it serves a loopback address only, not {}",
                self.listen
            )));
        }
        let folder = tempfile::tempdir()
            .map_err(|error| StartError::new(format!("no folder to throw away: {error}")))?;
        let playground = Playground::start().await?;
        let sandbox = playground.sandbox().url();
        std::fs::write(
            folder.path().join("sociable.toml"),
            demo_mail::settings(&sandbox),
        )
        .map_err(|error| StartError::new(format!("no settings to throw away: {error}")))?;
        let mut environment = playground.environment();
        environment.push(("SOCIABLE_LOG__LEVEL".to_owned(), "warn".to_owned()));
        let settings = Settings::load(&Sources {
            config: None,
            working_dir: folder.path().to_owned(),
            environment,
            overrides: vec![
                ("server.listen", self.listen.to_string()),
                ("server.explain", "true".to_owned()),
                ("data_dir", folder.path().join("data").display().to_string()),
            ],
        })?;
        start_logging(&settings.log)?;
        let app = App::builder(settings)
            .sandbox()
            .mailer(demo_mail::Terminal {
                url: format!("http://{}", self.listen),
            })
            .allow_loopback_origins(true)
            .build()
            .await?;
        let running = app.serve()?;
        say(&welcome(&running.url(), &sandbox))?;
        let ended = running.wait().await;
        drop(playground);
        ended.map_err(|error| StartError::new(error.to_string()))
    }
}

fn welcome(url: &str, sandbox: &str) -> String {
    format!(
        r#"listening on {url}
A demo: the database is thrown away at the end, the providers are `sandbox`,
`sandbox-oauth1`, `sandbox-oidc`, `sandbox-openid` and `sandbox-mail`, and a token is a name:
alice, bob, carol, dave, erin, li, user-1, … Paste these into another terminal:

# a new user: 201, is_new true
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox","access_token":"alice"}}'

# the same person again: the same id, is_new false
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox","access_token":"alice"}}'

# OAuth 1: a token and its secret
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox-oauth1","access_token":"bob","access_token_secret":"bob-secret"}}'

# associate: sign in as alice, add carol's OAuth 1 account
TOKEN=$(curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox","access_token":"alice"}}' \
  | sed 's/.*"session":{{"access_token":"\([^"]*\)".*/\1/')
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -H "Authorization: Bearer $TOKEN" \
  -d '{{"provider":"sandbox-oauth1","access_token":"carol","access_token_secret":"carol-secret"}}'

# a token that alice gave to another app: 401
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox","access_token":"wrong-app:alice"}}'

# who am I, and which accounts are mine?
curl -s {url}/me -H "Authorization: Bearer $TOKEN"
curl -s {url}/me/social_auth -H "Authorization: Bearer $TOKEN"

# OpenID Connect: an id token of dave, as sandbox-oidc signs it; it works once
ID_TOKEN=$(curl -s {sandbox}/oidc/id_token -d person=dave -d format=text)
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox-oidc","id_token":"'$ID_TOKEN'"}}'

# one that is for another app: 401
ID_TOKEN=$(curl -s {sandbox}/oidc/id_token -d person=dave -d fault=wrong-aud -d format=text)
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox-oidc","id_token":"'$ID_TOKEN'"}}'

# the address has to be proven: 202, and the mail is printed here
curl -s {url}/social_sign_up -H 'Content-Type: application/json' \
  -d '{{"provider":"sandbox-mail","access_token":"erin"}}'

Ctrl-C ends it.
"#
    )
}
