//! A table of one's own that is written with the sign-up: python-social-auth's
//! `save_profile`.
//!
//! A row of `profiles` is committed in the very transaction that creates its
//! user, and goes with them: there is no user without a profile and no profile
//! without a user, also when the machine dies in between. What people are called
//! is unique there; whoever comes second is run again and gets another name.
//!
//! ```console
//! $ cargo run --example save_profile
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider": "sandbox", "access_token": "user-1"}'
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider": "sandbox", "access_token": "user-2"}'
//! $ sqlite3 data/sociable.db 'SELECT handle, picture FROM profiles'
//! ```
//!
//! Settings come from where `sociable serve` has them; the sandbox, a provider to
//! play with, is there without any. On PostgreSQL it makes its tables by itself.

use std::io::Write as _;
use std::path::PathBuf;

use async_trait::async_trait;
use clap::Parser;
use serde_json::json;
use sociable::app::{App, Playground, start_logging};
use sociable::model::{Conflict, OwnWrite};
use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};
use sociable::settings::{Settings, Sources};
use sociable::storage::OwnTables;

/// All default steps, and ours behind them.
const PIPELINE: &str = r#"["social_details", "social_names", "social_uid", "auth_allowed",
    "social_user", "get_username", "create_user", "associate_user", "load_extra_data",
    "user_details", "example.save_profile"]"#;

const SQLITE: &str = "CREATE TABLE IF NOT EXISTS profiles (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    handle TEXT NOT NULL UNIQUE,
    picture TEXT,
    details TEXT NOT NULL,
    seen INTEGER NOT NULL
)";

const POSTGRES: &str = "CREATE TABLE IF NOT EXISTS profiles (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    handle text NOT NULL UNIQUE,
    picture text,
    details jsonb NOT NULL,
    seen timestamptz NOT NULL
)";

/// For whoever has a profile already.
const REFRESH: &str = "UPDATE profiles SET picture = $2, details = $3, seen = $4 \
    WHERE user_id = $1";

/// For everybody else.
const CREATE: &str = "INSERT INTO profiles (user_id, handle, picture, details, seen) \
    SELECT $1, $2, $3, $4, $5 \
    WHERE NOT EXISTS (SELECT 1 FROM profiles WHERE user_id = $1)";

/// Gives everybody who signs in a profile.
struct SaveProfile;

#[async_trait]
impl Step for SaveProfile {
    fn name(&self) -> &'static str {
        "example.save_profile"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(user) = &ctx.user else {
            return Ok(Outcome::Continue);
        };
        let name = user.first_name.as_deref().unwrap_or("somebody");
        let mut handle = name.to_lowercase();
        // The database decides whose a handle is. If an earlier try met another
        // one's, this one asks for a handle that nobody has.
        if strategy.attempt.met(Conflict::OwnWrite) {
            let random = strategy.random_hex()?;
            handle.push('-');
            handle.extend(random.chars().take(8));
        }
        let picture = user.picture.as_deref();
        let details = json!(ctx.details);
        let refresh = OwnWrite::new(
            REFRESH,
            [
                user.id.into(),
                picture.into(),
                details.clone().into(),
                strategy.now.into(),
            ],
        )?;
        let create = OwnWrite::new(
            CREATE,
            [
                user.id.into(),
                handle.into(),
                picture.into(),
                details.into(),
                strategy.now.into(),
            ],
        )?;
        Ok(Update {
            own_writes: vec![refresh, create],
            ..Update::default()
        }
        .into())
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
    let pipeline = ("SOCIAL_AUTH_PIPELINE".to_owned(), PIPELINE.to_owned());
    sources.environment.push(pipeline);
    let settings = Settings::load(&sources)?;
    start_logging(&settings.log)?;
    let app = App::builder(settings)
        .sandbox()
        .step(SaveProfile)
        .own_tables(OwnTables {
            sqlite: SQLITE.into(),
            postgres: POSTGRES.into(),
        })
        .migrate(true)
        .build()
        .await?;
    let running = app.serve()?;
    writeln!(std::io::stdout(), "listening on {}", running.url())?;
    running.wait().await?;
    Ok(())
}
