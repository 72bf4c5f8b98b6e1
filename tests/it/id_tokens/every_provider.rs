//! Every shipped definition that knows ID tokens takes one, of its issuer
//! alone, for our app alone, signed by its algorithm.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::providers::fixture::{Fixture, shipped};
use crate::providers::world::{World, patient};
use crate::support::id_tokens::{Key, claims, serve_keys};
use crate::support::server::{Store, on_both};

on_both!(every_provider_with_id_tokens_takes_its_own_and_no_other);

const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

/// A definition that knows ID tokens, as its file writes it.
struct Known {
    fixture: Fixture,
    settings: BTreeMap<String, String>,
    file: toml::Table,
}

impl Known {
    fn all() -> Vec<Self> {
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

    fn words(&self, table: &str, key: &str) -> Option<String> {
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
    fn discovered(&self) -> String {
        let issuer = self.words("endpoints", "issuer");
        issuer.unwrap_or_else(|| self.issuer())
    }

    fn issuer(&self) -> String {
        let named = match self.fixture.name.as_str() {
            "keycloak" => "https://sso.example/realms/a".to_owned(),
            "cognito" => "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example".to_owned(),
            _ => self
                .words("id_token", "issuers")
                .or_else(|| self.words("endpoints", "issuer"))
                .unwrap_or_else(|| "https://issuer.example/x".to_owned()),
        };
        named.replace("{tenantid}", TENANT)
    }

    fn key(&self) -> Key {
        match self.words("id_token", "algorithms").as_deref() {
            Some("ES256") => Key::Es256,
            Some("ES384") => Key::Es384,
            _ => Key::Rs256,
        }
    }

    /// Claims that the provider's tokens have; some are asked for by name.
    fn claims(&self) -> Value {
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
            ("nonce", json!("a-nonce")),
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

    fn body(&self, claims: &Value) -> Value {
        json!({
            "provider": self.fixture.name,
            "id_token": self.key().token(claims),
            "nonce": "a-nonce",
        })
    }
}

async fn every_provider_with_id_tokens_takes_its_own_and_no_other(store: Store) {
    let known = Known::all();
    assert!(known.len() > 80, "{}", known.len());
    let enabled: Vec<_> = known
        .iter()
        .map(|known| (known.fixture.name.as_str(), patient(known.settings.clone())))
        .collect();
    let world = World::start(store, &enabled).await;
    for known in &known {
        let name = &known.fixture.name;
        serve_keys(&world.internet, &known.discovered());
        world.internet.clear_received();
        let mut wrong = vec![
            ("aud", json!("another-app")),
            ("iss", json!("https://evil.example")),
        ];
        if name.starts_with("azuread") {
            wrong.push((
                "iss",
                json!("https://login.microsoftonline.com/another/v2.0"),
            ));
        }
        for (claim, value) in wrong {
            let mut claims = known.claims();
            claims[claim] = value;
            let given = world.server.sign_up(known.body(&claims)).await;
            let expected = (401, "invalid_claim".to_owned());
            assert_eq!(given.status_and_code(), expected, "{name}, {claim}");
        }
        let given = world.server.sign_up(known.body(&known.claims())).await;
        assert_eq!(given.status, 201, "{name}: {}", given.text);
        let uid = match name.as_str() {
            "slack-openid" => "T1-U1",
            "telegram-oidc" => "7",
            _ => "a-subject",
        };
        assert_eq!(given.json()["social_auth"]["uid"], uid, "{name}");
        let asked = world.internet.received();
        assert!(asked.len() <= 2, "{name}: {asked:?}");
        let silent = |asked: &crate::support::internet::Received| {
            asked.method == "GET" && asked.header("authorization").is_none()
        };
        assert!(asked.iter().all(silent), "{name}: {asked:?}");
    }
}
