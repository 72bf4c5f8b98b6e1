//! A step of one's own that asks the provider for more, with the person's
//! token: what they granted is kept beside a new user's fields.
//!
//! It is asked once, however often the run is repeated; when the provider does
//! not answer, nobody is signed up and the client may try again.
//!
//! ```console
//! $ cargo run --example api_call
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"sandbox","access_token":"alice"}'
//! $ sqlite3 data/sociable.db 'SELECT username, extra FROM users'
//! ```

use std::error::Error;
use std::io::Write as _;

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use sociable::app::{App, Playground, start_logging};
use sociable::http::JsonRequest;
use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};
use sociable::settings::Settings;

const PIPELINE: &str = r#"["social_details", "social_names", "social_uid", "auth_allowed",
    "social_user", "myapp.pipeline.api_call", "get_username", "create_user",
    "associate_user", "load_extra_data", "user_details"]"#;

/// Adds what a new person granted.
struct ApiCall;

#[async_trait]
impl Step for ApiCall {
    fn name(&self) -> &'static str {
        "myapp.pipeline.api_call"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(token) = ctx.access_token().filter(|_| ctx.user.is_none()) else {
            return Ok(Outcome::Continue);
        };
        let api = strategy.settings.custom.get("api");
        let api = api.and_then(|api| api.as_str()).unwrap_or_default();
        // The sandbox wants the token in the query; most take `.bearer(&token)`.
        let request = JsonRequest::get(&format!("{api}/oauth2/tokeninfo"));
        let request = request.query("access_token", token.expose_secret());
        let told = strategy.http.ask(request).await?;
        let granted = told.get("scope").cloned().unwrap_or_default();
        let mut update = Update::default();
        update.extra.insert("granted".to_owned(), granted);
        Ok(update.into())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let playground = Playground::start().await?;
    let sources = playground.sources(&[
        ("SOCIAL_AUTH_PIPELINE", PIPELINE),
        (
            "SOCIAL_AUTH_USER_FIELDS",
            r#"["username", "email", "granted"]"#,
        ),
        ("SOCIAL_AUTH_CUSTOM_API", &playground.sandbox().url()),
    ]);
    let settings = Settings::load(&sources)?;
    start_logging(&settings.log)?;
    let app = App::builder(settings).sandbox().step(ApiCall);
    let running = app.build().await?.serve()?;
    writeln!(std::io::stdout(), "listening on {}", running.url())?;
    Ok(running.wait().await?)
}
