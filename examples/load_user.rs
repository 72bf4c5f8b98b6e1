//! People are known elsewhere: a step of one's own looks them up in the
//! company's directory, and nobody signs up by themselves.
//!
//! The directory is a small server in this program; it knows numbers of the
//! sandbox's people. The step stands before `social_user` in the pipeline of
//! `sandbox`; at `sandbox-oidc` people sign up as usual, so that somebody is
//! there to be found.
//!
//! ```console
//! $ cargo run --example load_user
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"sandbox","access_token":"alice"}'      # 400: not here yet
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"sandbox-oidc","access_token":"alice"}' # 201: signs up
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"sandbox","access_token":"alice"}'      # 201: that very user
//! $ curl -s http://127.0.0.1:8080/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"sandbox","access_token":"carol"}'      # 403: not in the directory
//! ```

use std::error::Error;
use std::io::Write as _;

use actix_web::{HttpResponse, HttpServer, web};
use async_trait::async_trait;
use serde_json::{Value, json};
use sociable::app::{App, Playground, start_logging};
use sociable::backends::BackendError;
use sociable::http::JsonRequest;
use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};
use sociable::settings::Settings;

/// Without `create_user`: who is not found is not let in.
const PIPELINE: &str = r#"["social_details", "social_uid", "auth_allowed",
    "myapp.pipeline.load_user", "social_user", "associate_user", "load_extra_data",
    "user_details"]"#;

/// Finds the user whom the directory has for the provider's number.
struct LoadUser {
    directory: String,
}

#[async_trait]
impl Step for LoadUser {
    fn name(&self) -> &'static str {
        "myapp.pipeline.load_user"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.user.is_some() {
            return Ok(Outcome::Continue);
        }
        let url = format!("{}/people/{}", self.directory, ctx.uid);
        let request = JsonRequest::get(&url).in_private_network();
        let person = match strategy.http.ask(request).await {
            Ok(person) => person,
            Err(BackendError::HttpError { status: 404 }) => return Err(AuthError::Disallowed),
            Err(error) => return Err(error.into()),
        };
        let address = person.get("email").and_then(Value::as_str);
        let address = address.unwrap_or_default();
        let users = strategy.storage.get_users_by_email(address).await?;
        // An address that nobody proved may be anybody's.
        let mut proven = users.into_iter().filter(|user| user.email_verified);
        let update = Update {
            user: proven.next(),
            ..Update::default()
        };
        Ok(update.into())
    }
}

/// Who works here, by the provider's number.
async fn person(number: web::Path<String>) -> HttpResponse {
    match number.as_str() {
        "1001" => HttpResponse::Ok().json(json!({"email": "alice@example.com"})),
        "1002" => HttpResponse::Ok().json(json!({"email": "bob@example.com"})),
        _ => HttpResponse::NotFound().json(json!({})),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory =
        HttpServer::new(|| actix_web::App::new().route("/people/{number}", web::get().to(person)));
    let directory = directory.workers(1).bind("127.0.0.1:0")?;
    let address = directory.addrs().first().copied();
    let address = address.ok_or("the directory has no address")?;
    tokio::spawn(directory.run());

    let playground = Playground::start().await?;
    let sources = playground.sources(&[("SOCIAL_AUTH_SANDBOX_PIPELINE", PIPELINE)]);
    let settings = Settings::load(&sources)?;
    start_logging(&settings.log)?;
    let load_user = LoadUser {
        directory: format!("http://{address}"),
    };
    let app = App::builder(settings).sandbox().step(load_user);
    let running = app.build().await?.serve()?;
    writeln!(std::io::stdout(), "listening on {}", running.url())?;
    Ok(running.wait().await?)
}
