//! Sign-ups with what oidc-provider hands out.

use serde_json::json;

use super::CALLBACK;
use super::oidc::{CLIENT, OTHER_CLIENT, Oidc, secret};
use crate::support::server::{Server, Store, on_both};

on_both!(
    an_access_token_signs_its_person_up,
    an_access_token_of_another_app_signs_nobody_in,
    a_revoked_access_token_signs_nobody_in,
);

/// A server that knows a provider named `real`.
pub(super) struct World {
    pub(super) server: Server,
    _definitions: tempfile::TempDir,
}

impl World {
    /// With the definition's own endpoints at this issuer.
    pub(super) fn of(store: Store, oidc: &Oidc) -> Self {
        Self::with(store, oidc, &[])
    }

    /// The same with further settings.
    pub(super) fn with(store: Store, oidc: &Oidc, more: &[(&str, &str)]) -> Self {
        let definitions = tempfile::tempdir().unwrap();
        let file = definitions.path().join("real.toml");
        std::fs::write(file, definition(oidc.url())).unwrap();
        let secret = secret(CLIENT);
        let redirect_uris = json!([CALLBACK]).to_string();
        let mut environment = vec![
            (
                "SOCIABLE_PROVIDERS_DIR",
                definitions.path().to_str().unwrap(),
            ),
            ("SOCIAL_AUTH_REAL_KEY", CLIENT),
            ("SOCIAL_AUTH_REAL_SECRET", &secret),
            ("SOCIAL_AUTH_REAL_ALLOW_PRIVATE", "true"),
            ("SOCIAL_AUTH_REAL_REDIRECT_URIS", &redirect_uris),
        ];
        environment.extend(more);
        Self {
            server: Server::start_with(store, &environment, |builder| builder),
            _definitions: definitions,
        }
    }
}

fn definition(issuer: &str) -> String {
    format!(
        r#"
name     = "real"
title    = "oidc-provider"
protocol = "oidc"

[endpoints]
issuer = "{issuer}"

[scope]
default = ["openid", "profile", "email"]

[exchange]
client = "basic"
pkce   = "required"

[[call]]
url = "{{{{ oidc.userinfo_endpoint }}}}"

[user]
id             = "sub"
email          = "email"
email_verified = "email_verified"
fullname       = "name"

[audience]
method  = "POST"
url     = "{{{{ oidc.introspection_endpoint }}}}"
client  = "basic"
token   = "form:token"
equals  = {{ active = true, client_id = "{{{{ client.key }}}}" }}
subject = "sub"
expires = "exp"
"#
    )
}

async fn an_access_token_signs_its_person_up(store: Store) {
    let oidc = Oidc::shared();
    let server = &World::of(store, oidc).server;
    for (person, verified) in [("zoe", true), ("mallory", false)] {
        let token = oidc.tokens(CLIENT, person, &[]).await.access_token;
        let body = json!({"provider": "real", "access_token": token});
        let reply = server.sign_up(body.clone()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let user = reply.json();
        assert_eq!(user["email"], format!("{person}@people.example"));
        assert_eq!(user["email_verified"], verified);
        let again = server.sign_up(body).await.json();
        assert_eq!(again["id"], user["id"]);
        assert_eq!(again["is_new"], false);
    }
    let uids = "SELECT provider, uid FROM social_auth_usersocialauth ORDER BY uid";
    let expected = [["real", "mallory"], ["real", "zoe"]];
    assert_eq!(server.store.query(uids), expected);
}

/// SUB-1.
async fn an_access_token_of_another_app_signs_nobody_in(store: Store) {
    let oidc = Oidc::shared();
    let server = &World::of(store, oidc).server;
    let token = oidc.tokens(OTHER_CLIENT, "ada", &[]).await.access_token;
    // Nothing else is wrong with it.
    let known = oidc.introspect(CLIENT, &token).await;
    assert_eq!(known["active"], true);
    assert_eq!(known["client_id"], OTHER_CLIENT);
    let body = json!({"provider": "real", "access_token": token});
    let reply = server.sign_up(body).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert_eq!(server.store.rows(), [0; 5]);
}

async fn a_revoked_access_token_signs_nobody_in(store: Store) {
    let oidc = Oidc::shared();
    let server = &World::of(store, oidc).server;
    let token = oidc.tokens(CLIENT, "ada", &[]).await.access_token;
    oidc.revoke(CLIENT, &token).await;
    let body = json!({"provider": "real", "access_token": token});
    let reply = server.sign_up(body).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert_eq!(server.store.rows(), [0; 5]);
}
