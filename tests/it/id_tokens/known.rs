//! The shipped definitions that know ID tokens, and tokens as theirs sign them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::providers::fixture::{Fixture, shipped};
use crate::providers::world::{World, patient};
use crate::support::id_tokens::{Key, claims};
use crate::support::server::Store;

/// The nonce of every token here.
pub(super) const NONCE: &str = "a-nonce";

const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

/// A definition that knows ID tokens, as its file writes it.
pub(super) struct Known {
    pub(super) fixture: Fixture,
    settings: BTreeMap<String, String>,
    file: toml::Table,
}

impl Known {
    pub(super) fn all() -> Vec<Self> {
        let known = shipped().into_iter().filter_map(|name| {
            let path =
                PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("providers/{name}.toml"));
            let file: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let knows = file.contains_key("id_token") || file["protocol"].as_str() == Some("oidc");
            knows.then(|| Self::of(&name, file))
        });
        known.collect()
    }

    fn of(name: &str, file: toml::Table) -> Self {
        let fixture = Fixture::read(name);
        let mut settings = fixture.settings_of(fixture.full());
        if name == "cognito" {
            settings.insert("USER_POOL_ID".to_owned(), "us-east-1_Example".to_owned());
        }
        Self {
            fixture,
            settings,
            file,
        }
    }

    /// With this app of ours, by whichever setting names it.
    pub(super) fn with_app(mut self, app: &str) -> Self {
        for name in ["KEY", "CLIENT", "PROJECT_ID"] {
            if let Some(set) = self.settings.get_mut(name) {
                app.clone_into(set);
            }
        }
        self
    }

    pub(super) fn words(&self, table: &str, key: &str) -> Option<String> {
        let value = self.file.get(table)?.get(key)?;
        let text = value.as_str().or_else(|| value.get(0)?.as_str())?;
        Some(self.filled(text))
    }

    /// A text with settings in it.
    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let defaults = self.file.get("settings").and_then(|table| table.as_table());
        for (name, spec) in defaults.into_iter().flatten() {
            let set = self.settings.get(&name.to_uppercase()).cloned();
            let default = spec.get("default").and_then(|value| value.as_str());
            let value = set.or(default.map(str::to_owned)).unwrap_or_default();
            text = text.replace(&format!("{{{{ setting.{name} }}}}"), &value);
        }
        text
    }

    /// What discovery names, which may stand for all tenants.
    pub(super) fn discovered(&self) -> String {
        let issuer = self.words("endpoints", "issuer");
        issuer.unwrap_or_else(|| self.issuer())
    }

    pub(super) fn issuer(&self) -> String {
        let named = match self.fixture.name.as_str() {
            "keycloak" => "https://sso.example/realms/a".to_owned(),
            "cognito" => "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example".to_owned(),
            _ => self
                .words("id_token", "issuers")
                .or_else(|| self.words("endpoints", "issuer"))
                .unwrap_or_else(|| format!("https://{}.issuer.example", self.fixture.name)),
        };
        named.replace("{tenantid}", TENANT)
    }

    pub(super) fn key(&self) -> Key {
        match self.words("id_token", "algorithms").as_deref() {
            Some("ES256") => Key::Es256,
            Some("ES384") => Key::Es384,
            _ => Key::Rs256,
        }
    }

    /// Claims that the provider's tokens have; some are asked for by name.
    pub(super) fn claims(&self) -> Value {
        let audience = match self.fixture.name.as_str() {
            "supabase" => "authenticated".to_owned(),
            "firebase" => self.settings["PROJECT_ID"].clone(),
            "apple-id" => self.settings["CLIENT"].clone(),
            _ => self.settings["KEY"].clone(),
        };
        let mut claims = claims(&self.issuer(), &audience, "a-subject");
        for (name, value) in [
            ("email", json!("ada@example.com")),
            ("email_verified", json!(true)),
            // Two of one issuer would be one token, which works once.
            ("jti", json!(self.fixture.name)),
            ("nonce", json!(NONCE)),
            ("tid", json!(TENANT)),
            ("tfp", json!(self.settings.get("POLICY"))),
            ("token_use", json!("id")),
            ("role", json!("authenticated")),
            ("https://slack.com/team_id", json!("T1")),
            ("https://slack.com/user_id", json!("U1")),
        ] {
            claims[name] = value;
        }
        if self.fixture.name == "telegram-oidc" {
            claims["id"] = 7.into();
        }
        claims
    }

    pub(super) fn body(&self, claims: &Value) -> Value {
        json!({
            "provider": self.fixture.name,
            "id_token": self.key().token(claims),
            "nonce": NONCE,
        })
    }
}

/// A server with all of them.
pub(super) async fn world(store: Store, known: &[Known]) -> World {
    let enabled: Vec<_> = known
        .iter()
        .map(|known| (known.fixture.name.as_str(), patient(known.settings.clone())))
        .collect();
    World::start(store, &enabled).await
}
