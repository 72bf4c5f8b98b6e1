//! A disconnection that asks for a password first: python-social-auth's example
//! of a pipeline that halts.
//!
//! Who signs in by one social account alone may not take it away: nothing would
//! be left. Here the client is asked for a password, which is hashed, set and
//! counted as a way to sign in, all in the commit that takes the account away.
//!
//! ```console
//! $ cargo run --example fill_password
//! $ TOKEN=$(curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider": "sandbox", "access_token": "alice"}' \
//!     | sed 's/.*"session":{"access_token":"\([^"]*\)".*/\1/')
//! $ PARTIAL=$(curl -s -X POST http://127.0.0.1:8080/disconnect/sandbox \
//!     -H "Authorization: Bearer $TOKEN" | sed 's/.*"partial_token":"\([^"]*\)".*/\1/')
//! $ curl -si http://127.0.0.1:8080/disconnect/sandbox -H "Authorization: Bearer $TOKEN" \
//!     -H 'Content-Type: application/json' \
//!     -d '{"partial_token": "'$PARTIAL'", "password": "correct horse battery"}'
//! ```
//!
//! The last answer is 204. Signing in by that password is the app's own business:
//! the hash stands in `users.password`, and nothing here reads it. Settings come
//! from where `sociable serve` has them; the sandbox is there without any.

use std::io::Write as _;
use std::path::PathBuf;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc;
use async_trait::async_trait;
use clap::Parser;
use serde_json::{Value, json};
use sociable::app::{App, Playground, start_logging};
use sociable::model::{PasswordHash, UserChanges};
use sociable::pipeline::{AuthError, Context, Fields, Halt, Outcome, Step, Strategy, Update};
use sociable::settings::{Settings, Sources};

/// The default steps, and ours before them: the guard has to see the password.
const PIPELINE: &str = r#"["example.fill_password", "allowed_to_disconnect", "get_entries",
    "revoke_tokens", "disconnect"]"#;

/// Halts for a password when the user has none that can be used.
struct FillPassword;

#[async_trait]
impl Step for FillPassword {
    fn name(&self) -> &'static str {
        "example.fill_password"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(user) = &ctx.user else {
            return Err(AuthError::NoUser);
        };
        if user.has_usable_password() {
            return Ok(Outcome::Continue);
        }
        let Some(password) = ctx.input.get("password").and_then(Value::as_str) else {
            // Checked before a step sees it; the upper end bounds the hashing.
            let fields = Fields::new(json!({
                "type": "object",
                "properties": {
                    "password": { "type": "string", "minLength": 12, "maxLength": 128 },
                },
                "required": ["password"],
            }))?;
            return Ok(Halt::for_fields(fields).into());
        };
        let mut salt = [0; 16];
        let filled = strategy.ids.fill(&mut salt);
        filled.map_err(|_none| AuthError::NoRandomness)?;
        let hash = hashed(password.to_owned(), salt).await?;
        Ok(Update {
            user_changes: Some(UserChanges {
                password: Some(Some(hash)),
                ..UserChanges::default()
            }),
            ..Update::default()
        }
        .into())
    }
}

/// Argon2id takes its time, which the threads that serve do not have.
async fn hashed(password: String, salt: [u8; 16]) -> Result<PasswordHash, AuthError> {
    let hashing = tokio::task::spawn_blocking(move || {
        let hash: phc::PasswordHash =
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt)?;
        Ok(PasswordHash::new(hash.to_string()))
    });
    let failed = AuthError::StepFailed("the password could not be hashed");
    match hashing.await {
        Ok(hashed) => hashed.map_err(|_cause: argon2::password_hash::Error| failed),
        Err(_stopped) => Err(failed),
    }
}

#[derive(Parser)]
struct Args {
    /// The settings file; ./sociable.toml if it is there.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let playground = Playground::start().await?;
    let mut sources = Sources::of_process(Args::parse().config, Vec::new());
    sources.environment.extend(playground.environment());
    sources.environment.push((
        "SOCIAL_AUTH_DISCONNECT_PIPELINE".to_owned(),
        PIPELINE.to_owned(),
    ));
    let settings = Settings::load(&sources)?;
    start_logging(&settings.log)?;
    let app = App::builder(settings)
        .sandbox()
        .step(FillPassword)
        .migrate(true)
        .build()
        .await?;
    let running = app.serve()?;
    writeln!(std::io::stdout(), "listening on {}", running.url())?;
    running.wait().await?;
    Ok(())
}
