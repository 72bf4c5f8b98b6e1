//! Token exchange (RFC 8693): a provider's token for tokens of ours.

use std::net::IpAddr;

use super::TokenRefusal;
use crate::api::body::Fields;
use crate::api::social_sign_up::read;
use crate::exchange::{Exchange, SignUpOutcome};
use crate::session::{Client, Tokens};

/// RFC 8693, section 3.
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// A token of OAuth 1, whose secret stands in `subject_token_secret`.
const OAUTH1: &str = "urn:sociable:token-type:oauth1";
/// Parameters of RFC 8693 that ask for what is not done here.
const NOT_DONE: [&str; 2] = ["actor_token", "actor_token_type"];
/// Fields by which a credential would be sent to `/social_sign_up`.
const CREDENTIALS: [&str; 7] = [
    "access_token",
    "access_token_secret",
    "id_token",
    "code",
    "oauth_token",
    "oauth_verifier",
    "payload",
];

/// Signs the subject token's person up or in.
pub(super) async fn exchange_token(
    exchange: &Exchange,
    client: Option<&Client>,
    (mut fields, sender): (Fields, Option<IpAddr>),
) -> Result<Tokens, TokenRefusal> {
    let refused = |text: &str| Err(TokenRefusal::InvalidRequest(text.to_owned()));
    if NOT_DONE.iter().any(|name| fields.has(name)) {
        return refused("actor_token: nobody acts for another here");
    }
    if let Some(name) = CREDENTIALS.iter().find(|name| fields.has(name)) {
        return refused(&format!(
            "{name}: send the provider's token as subject_token"
        ));
    }
    if let Some(wanted) = fields.text("requested_token_type")
        && wanted != ACCESS_TOKEN
    {
        return refused("requested_token_type: only access tokens are issued");
    }
    let audience = match (fields.text("audience"), fields.text("resource")) {
        (Some(audience), None) | (None, Some(audience)) => Some(audience),
        (None, None) => None,
        (Some(_), Some(_)) => return refused("resource: audience is given as well, keep one"),
    };
    let token = fields.required("subject_token");
    let kind = fields.required("subject_token_type");
    let secret = fields.text("subject_token_secret");
    let mut fields: Fields = fields.finish()?.into();
    match (kind.as_str(), &secret) {
        (ACCESS_TOKEN, None) => fields.put("access_token", token),
        (ID_TOKEN, None) => {
            name_provider(exchange, &mut fields, &token);
            fields.put("id_token", token);
        }
        (OAUTH1, Some(secret)) => {
            fields.put("access_token", token);
            fields.put("access_token_secret", secret.clone());
        }
        (OAUTH1, None) => return refused("subject_token_secret: This field is required."),
        (ACCESS_TOKEN | ID_TOKEN, Some(_)) => {
            return refused("subject_token_secret: only a token of OAuth 1 has one");
        }
        _ => {
            return refused(&format!(
                "subject_token_type: expected {ACCESS_TOKEN}, {ID_TOKEN} or {OAUTH1}"
            ));
        }
    }
    let terms = exchange.terms_for(client, audience.as_deref())?;
    let mut request = read(fields, (None, sender))?;
    request.terms = Some(terms);
    match exchange.sign_up(request).await? {
        SignUpOutcome::SignedUp(signed_up) => match signed_up.tokens {
            Some(tokens) => Ok(tokens),
            None => refused("subject_token: it opened no session"),
        },
        SignUpOutcome::Halted(run) => Err(TokenRefusal::Halted(run)),
    }
}

/// An ID token says itself who issued it.
fn name_provider(exchange: &Exchange, fields: &mut Fields, id_token: &str) {
    if fields.has("provider") {
        return;
    }
    if let Some(backend) = exchange.registry.by_issuer(id_token) {
        fields.put("provider", backend.name().to_owned());
    }
}
