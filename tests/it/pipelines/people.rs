//! A provider whose people are whatever a test says.

use serde_json::{Value, json};
use sociable::backends::Bundled;

use crate::support::internet::{Answer, FakeInternet, Received};
use crate::support::server::{Reply, Server, Store};

const HOST: &str = "people.example";
const DEFINITION: Bundled = Bundled {
    file: "people.toml",
    text: r#"
        name     = "people"
        title    = "People"
        protocol = "oauth2"

        [endpoints]
        authorize = "https://people.example/authorize"

        [[call]]
        url   = "https://people.example/me"
        query = { fields = "id,name", lang = "en" }

        [user]
        id             = "id"
        username       = "username"
        email          = "email"
        email_verified = "verified"
        fullname       = "name"
        first_name     = "first"
        last_name      = "last"
        other          = { team = "team" }

        [extra]
        plan       = "plan"
        expires_in = "expires_in"

        [audience]
        url     = "https://people.example/app"
        token   = "query:access_token"
        equals  = { app = "{{ client.key }}" }
        subject = "id"
    "#,
};

/// A server with that provider.
pub(super) struct People {
    internet: FakeInternet,
    pub(super) server: Server,
}

impl People {
    pub(super) async fn start(store: &Store, settings: &[(&str, &str)]) -> Self {
        let internet = FakeInternet::start().await;
        let (proxy, ca_bundle) = (internet.proxy_url(), internet.ca_bundle());
        let mut environment = vec![
            ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
            ("SOCIABLE_HTTP__CA_BUNDLE", ca_bundle.to_str().unwrap()),
            ("SOCIAL_AUTH_PEOPLE_KEY", "key"),
        ];
        environment.extend(settings);
        let server = Server::start_with(store.another(), &environment, |builder| {
            builder.definition(DEFINITION)
        });
        Self { internet, server }
    }

    fn answer(&self, profile: &Value) {
        let app = json!({"app": "key", "id": profile["id"]});
        self.internet
            .on("GET", HOST, "/me", Answer::json(200, profile));
        self.internet
            .on("GET", HOST, "/app", Answer::json(200, &app));
    }

    /// Signs up with the token of a person of this profile.
    pub(super) async fn sign_up(&self, profile: Value) -> Reply {
        self.answer(&profile);
        let body = json!({"provider": "people", "access_token": "token"});
        self.server.sign_up(body).await
    }

    /// Signs up where the provider says whose the token is by this answer.
    pub(super) async fn sign_up_of(&self, profile: &Value, owner: &Value) -> Reply {
        self.answer(profile);
        self.internet
            .on("GET", HOST, "/app", Answer::json(200, owner));
        let body = json!({"provider": "people", "access_token": "token"});
        self.server.sign_up(body).await
    }

    /// Signs up with further fields of the client's.
    pub(super) async fn sign_up_with(&self, profile: Value, said: Value) -> Reply {
        self.answer(&profile);
        let mut body = json!({"provider": "people", "access_token": "token"});
        let fields = said.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        self.server.sign_up(body).await
    }

    /// Adds the person to whoever the bearer is of.
    pub(super) async fn associate(&self, bearer: &str, profile: Value) -> Reply {
        self.answer(&profile);
        let body = json!({"provider": "people", "access_token": "token"});
        self.server.associate(bearer, body).await
    }

    /// Signs up, and tells the user that became of it.
    pub(super) async fn user(&self, profile: Value) -> Value {
        let reply = self.sign_up(profile).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()
    }

    /// Signs up, and tells what is kept of the answer.
    pub(super) async fn extra_data(&self, profile: Value) -> Value {
        let reply = self.sign_up(profile).await;
        let accounts = self
            .server
            .get("/me/social_auth", Some(&reply.bearer()))
            .await;
        accounts.json()[0]["extra_data"].clone()
    }

    /// The last request for a profile.
    pub(super) fn profile_request(&self) -> Received {
        let mut received = self.internet.received().into_iter();
        received.rfind(|request| request.path == "/me").unwrap()
    }

    /// How many requests reached the provider.
    pub(super) fn asked(&self) -> usize {
        self.internet.received().len()
    }
}
