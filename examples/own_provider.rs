//! A provider of one's own, with code for what a definition cannot say: who
//! somebody is stands in one answer, and whose the token is in another.
//!
//! The code only asks. `[audience]` says what binds a token to this app, and
//! the engine holds the answer to it: a token of another app is refused. The
//! company's sign-in is played by the sandbox.
//!
//! ```console
//! $ cargo run --example own_provider
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"intranet","access_token":"alice"}'             # 201
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"intranet","access_token":"wrong-app:alice"}'   # 401
//! ```

use std::error::Error;
use std::io::Write as _;

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use sociable::app::{App, Playground, start_logging};
use sociable::backends::{BackendError, Bundled, ProviderCode, Question};
use sociable::http::JsonRequest;
use sociable::model::JsonMap;
use sociable::sandbox::CLIENT_ID;
use sociable::settings::Settings;

const DEFINITION: Bundled = Bundled {
    file: "intranet.toml",
    text: r#"
        name     = "intranet"
        title    = "Intranet"
        protocol = "oauth2"
        code     = "intranet"

        [settings]
        base_url = { type = "url", required = true }

        [user]
        id             = "person.sub"
        username       = "person.preferred_username"
        email          = "person.email"
        email_verified = "person.email_verified"
        fullname       = "person.name"

        [audience]
        kind    = "profile"
        equals  = { "token.aud" = "{{ client.key }}" }
        expires = "token.exp"
    "#,
};

/// Asks the company's sign-in for both.
struct Intranet;

#[async_trait]
impl ProviderCode for Intranet {
    async fn ask(&self, question: &Question<'_>) -> Result<JsonMap, BackendError> {
        let base = question.settings.get("base_url").and_then(Value::as_str);
        let base = base.ok_or(BackendError::Misconfigured("no base_url"))?;
        let person = JsonRequest::get(&format!("{base}/oauth2/userinfo")).bearer(question.token);
        let token = JsonRequest::get(&format!("{base}/oauth2/tokeninfo"));
        let token = token.query("access_token", question.token.expose_secret());
        let person = question.http.ask(person).await?;
        let token = question.http.ask(token).await?;
        // Both must be of one person, or somebody could mix them.
        if person.get("sub") != token.get("sub") {
            return Err(BackendError::CredentialRejected);
        }
        let answer = [("person".to_owned(), person), ("token".to_owned(), token)];
        Ok(answer.into_iter().collect())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let playground = Playground::start().await?;
    let sources = playground.sources(&[
        ("SOCIAL_AUTH_INTRANET_KEY", CLIENT_ID),
        ("SOCIAL_AUTH_INTRANET_BASE_URL", &playground.sandbox().url()),
        ("SOCIAL_AUTH_INTRANET_ALLOW_PRIVATE", "true"),
    ]);
    let settings = Settings::load(&sources)?;
    start_logging(&settings.log)?;
    let app = App::builder(settings)
        .sandbox()
        .definition(DEFINITION)
        .provider_code("intranet", Intranet);
    let running = app.build().await?.serve()?;
    writeln!(std::io::stdout(), "listening on {}", running.url())?;
    Ok(running.wait().await?)
}
