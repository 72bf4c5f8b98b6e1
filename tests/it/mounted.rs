//! The endpoints below a path of somebody else's actix-web app.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App as Host, HttpResponse, HttpServer, web};
use async_trait::async_trait;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sociable::app::{App, Playground};
use sociable::mail::{MailError, Mailer, ValidationMail};
use sociable::settings::{Settings, Sources};

use crate::disconnect::{disconnect, with_accounts_at};
use crate::mail_validation::{FORCED, PROVING};
use crate::partials::ASKING;
use crate::support::http;
use crate::support::server::{Reply, Store};

const REVOKES: (&str, &str) = ("SOCIAL_AUTH_REVOKE_TOKENS_ON_DISCONNECT", "true");
const PREFETCHES: (&str, &str) = ("SOCIABLE_HTTP__PREFETCH", "true");
const SOON: Duration = Duration::from_mins(1);

/// Keeps mails instead of sending them.
#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Vec<ValidationMail>>>);

#[async_trait]
impl Mailer for Desk {
    async fn send(&self, mail: &ValidationMail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// Somebody's app, with ours at `/auth`.
struct Mounted {
    /// Where ours is.
    auth: String,
    host: String,
    playground: Playground,
    desk: Desk,
    server: ServerHandle,
    _store: Store,
}

impl Mounted {
    async fn start(settings: &[(&str, &str)], is_public: bool) -> Self {
        let (store, desk) = (Store::sqlite(), Desk::default());
        let playground = Playground::start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let auth = format!("{host}/auth");
        let (database, public_url) = (store.url(), auth.clone());
        let mut ours = vec![("SOCIABLE_DATABASE__URL", database.as_str())];
        ours.extend(crate::support::server::KEYS);
        ours.extend(is_public.then_some(("SOCIABLE_SERVER__PUBLIC_URL", public_url.as_str())));
        let mut environment = playground.environment();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        environment.extend(ours.iter().chain(settings).map(own));
        let sources = Sources {
            environment,
            working_dir: "/nonexistent".into(),
            ..Sources::default()
        };
        let builder = App::builder(Settings::load(&sources).unwrap()).sandbox();
        let app = Arc::new(builder.mailer(desk.clone()).build().await.unwrap());
        tokio::spawn(app.background());
        let server = serve(app, listener);
        Self {
            auth,
            host,
            playground,
            desk,
            server,
            _store: store,
        }
    }

    async fn sign_up(&self, person: &str) -> Reply {
        let body = json!({"provider": "sandbox", "access_token": person});
        http::post(&format!("{}/social_sign_up", self.auth), None, &body).await
    }

    async fn get(&self, path: &str) -> Reply {
        http::get(&format!("{}{path}", self.host), None).await
    }

    /// Waits until the sandbox was called at a path.
    async fn wait_for_call(&self, path: &str) {
        let deadline = Instant::now() + SOON;
        while self.playground.sandbox().calls(path) == 0 {
            assert!(Instant::now() < deadline, "nobody called {path}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

fn serve(app: Arc<App>, listener: TcpListener) -> ServerHandle {
    let server = HttpServer::new(move || {
        let teapot = |_, _: &_| {
            let answer = HttpResponse::build(StatusCode::IM_A_TEAPOT).body("the host's");
            actix_web::error::InternalError::from_response("", answer).into()
        };
        Host::new()
            .app_data(web::Data::new("the host's own".to_owned()))
            .app_data(web::PayloadConfig::new(200_000))
            .app_data(web::JsonConfig::default().error_handler(teapot))
            .service(app.scope("/auth"))
            .route(
                "/",
                web::get().to(|data: web::Data<String>| async move { data.to_string() }),
            )
            .route(
                "/json",
                web::post().to(|body: web::Json<Value>| async move { body }),
            )
            .route(
                "/bytes",
                web::post().to(|body: web::Bytes| async move { body.len().to_string() }),
            )
            .route("/authors", web::get().to(|| async { "Ada" }))
            .default_service(web::to(|| async {
                HttpResponse::NotFound().body("no page")
            }))
    });
    let server = server.workers(1).listen(listener).unwrap().run();
    let handle = server.handle();
    tokio::spawn(server);
    handle
}

#[tokio::test]
async fn every_path_is_found_below_the_scope_with_and_without_a_slash() {
    let mounted = Mounted::start(&[], false).await;
    for path in ["/healthz", "/readyz", "/providers", "/openapi.yaml"] {
        for slash in ["", "/"] {
            let reply = mounted.get(&format!("/auth{path}{slash}")).await;
            assert_eq!(reply.status, 200, "{path}{slash}");
            assert_eq!(reply.headers["cache-control"], "no-store");
            assert!(reply.headers.contains_key("x-request-id"));
        }
        assert_eq!(
            mounted.get(path).await.text,
            "no page",
            "{path} is the host's"
        );
    }
    let bearer = mounted.sign_up("alice").await.bearer();
    for path in ["/me", "/me/", "/me/social_auth", "/me/social_auth/"] {
        let reply = http::get(&format!("{}{path}", mounted.auth), Some(&bearer)).await;
        assert_eq!(reply.status, 200, "{path}");
    }
    let body = json!({"provider": "sandbox", "access_token": "bob"});
    let slash = http::post(&format!("{}/social_sign_up/", mounted.auth), None, &body).await;
    assert_eq!(slash.status, 201, "{}", slash.text);
    let other = mounted.get("/auth/social_sign_up").await;
    assert_eq!(
        other.status_and_code(),
        (405, "method_not_allowed".to_owned())
    );
    assert_eq!(other.headers["allow"], "POST");
    let missing = mounted.get("/auth/nothing").await;
    assert_eq!(missing.status_and_code(), (404, "not_found".to_owned()));
    let id = missing.headers["x-request-id"].to_str().unwrap();
    assert_eq!(missing.json()["request_id"], id);
}

#[tokio::test]
async fn the_hosts_own_routes_errors_and_data_are_undisturbed() {
    let mounted = Mounted::start(&[], false).await;
    let home = mounted.get("/").await;
    assert_eq!(home.text, "the host's own");
    for ours in ["x-request-id", "cache-control", "content-security-policy"] {
        assert!(!home.headers.contains_key(ours), "{ours}");
    }
    assert_eq!(mounted.get("/authors").await.text, "Ada");
    let missing = mounted.get("/nothing").await;
    assert_eq!((missing.status, missing.text.as_str()), (404, "no page"));
    let json = "application/json";
    let wrong = http::post_text(&format!("{}/json", mounted.host), None, json, "{").await;
    assert_eq!((wrong.status, wrong.text.as_str()), (418, "the host's"));
    let long = "x".repeat(100_000);
    let bytes = http::post_text(&format!("{}/bytes", mounted.host), None, json, long.clone()).await;
    assert_eq!(bytes.text, "100000");
    // And none of the host's in ours.
    let url = format!("{}/social_sign_up", mounted.auth);
    let wrong = http::post_text(&url, None, json, "{").await;
    assert_eq!(
        wrong.status_and_code(),
        (400, "invalid_parameter".to_owned())
    );
    let long = http::post_text(&url, None, json, long).await;
    assert_eq!(
        long.status_and_code(),
        (413, "payload_too_large".to_owned())
    );
}

#[tokio::test]
async fn a_halted_run_goes_on_where_the_answer_says() {
    for is_public in [false, true] {
        let mounted = Mounted::start(&[ASKING], is_public).await;
        let halted = mounted.sign_up("dave").await;
        assert_eq!(halted.status, 202, "{}", halted.text);
        let url = halted.json()["resume"]["url"].clone();
        assert_eq!(url, "/auth/complete/sandbox");
        let token = halted.json()["partial_token"].as_str().unwrap().to_owned();
        let path = format!("/auth/complete/sandbox?partial_token={token}");
        assert_eq!(mounted.get(&path).await.json()["resume"]["url"], url);
        let fields = json!({"partial_token": token, "email": "dave@example.com"});
        let url = format!("{}{}", mounted.host, url.as_str().unwrap());
        let done = http::post(&url, None, &fields).await;
        assert_eq!(done.status, 201, "{}", done.text);
    }
}

#[tokio::test]
async fn the_link_of_a_mail_leads_below_the_scope() {
    let mounted = Mounted::start(&[PROVING, FORCED], true).await;
    let halted = mounted.sign_up("alice").await;
    assert_eq!(halted.status, 202, "{}", halted.text);
    let link = mounted.desk.0.lock().unwrap()[0]
        .link
        .expose_secret()
        .to_owned();
    assert!(
        link.starts_with(&format!("{}/complete/", mounted.auth)),
        "{link}"
    );
    let page = http::get(&link, None).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("<form method=\"post\">"),
        "{}",
        page.text
    );
    let (path, query) = link.split_once('?').unwrap();
    let pressed = http::request(Method::POST, path);
    let pressed = pressed.header("Content-Type", "application/x-www-form-urlencoded");
    let pressed = http::send(pressed.body(query.to_owned())).await;
    assert_eq!(pressed.json()["email_confirmed"], true, "{}", pressed.text);
    let token = json!({"partial_token": halted.json()["partial_token"]});
    let done = http::post(&format!("{}/complete/sandbox", mounted.auth), None, &token).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["email_verified"], true);
}

#[tokio::test]
async fn what_runs_beside_the_endpoints_runs_there_too() {
    let mounted = Mounted::start(&[REVOKES, PREFETCHES], false).await;
    mounted
        .wait_for_call("/oidc/.well-known/openid-configuration")
        .await;
    mounted.wait_for_call("/oidc/jwks").await;
    let bearer = with_accounts_at(&mounted.auth, "alice").await;
    let gone = disconnect(&mounted.auth, "sandbox", &bearer).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    mounted.wait_for_call("/oauth2/revoke").await;
}
