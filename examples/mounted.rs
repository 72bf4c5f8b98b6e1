//! The endpoints at `/auth` of somebody's own actix-web app, which greets who is
//! signed in, and hears in its own process of who is new.
//!
//! ```console
//! $ cargo run --example mounted
//! $ TOKEN=$(curl -s http://127.0.0.1:8080/auth/social_sign_up -H 'Content-Type: application/json' \
//!     -d '{"provider":"sandbox","access_token":"alice"}' \
//!     | sed 's/.*"session":{"access_token":"\([^"]*\)".*/\1/')
//! $ curl -s http://127.0.0.1:8080/ -H "Authorization: Bearer $TOKEN"
//! Hello alice
//! ```

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use sociable::app::{App, Playground, start_logging};
use sociable::model::EventKind;
use sociable::outbox::CommittedEvent;
use sociable::settings::Settings;

/// Greets who shows an access token of ours.
async fn hello(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let header = request.headers().get(AUTHORIZATION);
    let header = header.and_then(|header| header.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer "));
    let exchange = app.exchange();
    let Some(caller) = token.and_then(|token| exchange.authenticate(token).ok()) else {
        return HttpResponse::Unauthorized().body("Sign in at /auth/social_sign_up\n");
    };
    match exchange.me(caller).await {
        Ok(user) => HttpResponse::Ok().body(format!("Hello {}\n", user.username)),
        Err(_gone) => HttpResponse::Unauthorized().finish(),
    }
}

/// Tells of who is new; a real one would send a present.
async fn welcome(event: CommittedEvent) {
    // A full disk, or nobody at the other end, is no reason to do anything else.
    let _ = writeln!(std::io::stdout(), "welcome {}", event.user_id);
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let playground = Playground::start().await?;
    let sources = playground.sources(&[]);
    let settings = Settings::load(&sources)?;
    start_logging(&settings.log)?;
    let listen = settings.server.listen;
    let app = App::builder(settings)
        .sandbox()
        .on_events_of(&[EventKind::UserCreated], welcome)
        .build()
        .await?;
    let app = web::Data::from(Arc::new(app));
    // Once in a process: what is told and given back after a commit.
    let background = tokio::spawn(app.background());
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(app.clone())
            .service(app.scope("/auth"))
            .route("/", web::get().to(hello))
    });
    let server = server.bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    writeln!(std::io::stdout(), "listening on http://{address}")?;
    server.run().await?;
    background.abort();
    Ok(())
}
