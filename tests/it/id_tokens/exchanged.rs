//! An ID token at the token endpoint: its issuer tells whose it is.

use super::Town;
use crate::sessions::{form, is_refused, text};
use crate::support::id_tokens::{Key, claims, serve_keys};
use crate::support::server::{Store, on_both};

on_both!(an_id_token_is_exchanged_by_its_issuer_alone);

const GOOGLE: &str = "https://accounts.google.com";

async fn an_id_token_is_exchanged_by_its_issuer_alone(store: Store) {
    let town = Town::start(store, &[]).await;
    serve_keys(&town.internet, GOOGLE);
    let url = format!("{}/token", town.server.url);
    let mut ada = claims(GOOGLE, "our-google-app", "ada");
    ada["email"] = "ada@example.com".into();
    ada["email_verified"] = true.into();
    let token = Key::Rs256.token(&ada);
    let fields = [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:id_token",
        ),
        ("subject_token", token.as_str()),
    ];
    let reply = form(&url, &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let bearer = text(&reply.json(), "access_token");
    let accounts = town
        .server
        .get("/me/social_auth", Some(&bearer))
        .await
        .json();
    assert_eq!(accounts[0]["provider"], "google-oauth2");
    let replayed = form(&url, &fields).await;
    is_refused(&replayed, 400, "invalid_request");
    assert_eq!(replayed.json()["code"], "token_replayed");
}
