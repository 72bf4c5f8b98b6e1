//! A step of one's own that waits for the client: it asks for an address when
//! the provider gave none. (`require_email` comes along as well.)
//!
//! ```console
//! $ cargo run --example require_email
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"sandbox","access_token":"dave"}'       # 202: what is wanted, and a partial_token
//! $ curl -s http://127.0.0.1:8080/complete/sandbox -H 'Content-Type: application/json' \
//!     -d '{"partial_token":"…","email":"dave@example.com"}'   # 201
//! ```

use std::error::Error;
use std::io::Write as _;

use async_trait::async_trait;
use serde_json::json;
use sociable::app::{App, Playground, start_logging};
use sociable::model::Details;
use sociable::pipeline::{AuthError, Context, Fields, Halt, Outcome, Step, Strategy, Update};
use sociable::settings::Settings;

const PIPELINE: &str = r#"["social_details", "social_names", "social_uid", "auth_allowed",
    "social_user", "myapp.pipeline.require_email", "get_username", "create_user",
    "associate_user", "load_extra_data", "user_details"]"#;

/// Asks new people for an address, unless the provider gave one.
struct RequireEmail;

#[async_trait]
impl Step for RequireEmail {
    fn name(&self) -> &'static str {
        "myapp.pipeline.require_email"
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.user.is_some() || ctx.details.email.is_some() {
            return Ok(Outcome::Continue);
        }
        let Some(email) = ctx.input.get("email").and_then(|email| email.as_str()) else {
            let fields = Fields::new(json!({
                "type": "object",
                "properties": {"email": {"type": "string", "format": "email", "maxLength": 254}},
                "required": ["email"],
            }))?;
            return Ok(Halt::for_fields(fields).into());
        };
        // What somebody typed proves nothing.
        let details = Details {
            email: Some(email.to_owned()),
            email_verified: false,
            ..ctx.details.clone()
        };
        let update = Update {
            details: Some(details),
            ..Update::default()
        };
        Ok(update.into())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let playground = Playground::start().await?;
    let sources = playground.sources(&[("SOCIAL_AUTH_PIPELINE", PIPELINE)]);
    let settings = Settings::load(&sources)?;
    start_logging(&settings.log)?;
    let app = App::builder(settings).sandbox().step(RequireEmail);
    let running = app.build().await?.serve()?;
    writeln!(std::io::stdout(), "listening on {}", running.url())?;
    Ok(running.wait().await?)
}
