//! What tells one sign-up's request from another.

use secrecy::{ExposeSecret as _, SecretString};

use super::SignUp;
use crate::crypto::one_use;
use crate::model::Credential;

/// Digest of who asks for what: provider, caller, and all of the credential.
pub(super) fn request_digest(provider: &str, request: &SignUp) -> [u8; 32] {
    let caller = request.caller.map(|caller| caller.id.to_string());
    let mut parts = vec![
        Some(provider.to_owned()),
        caller,
        Some(request.credential.kind().field().to_owned()),
    ];
    parts.extend(credential_parts(&request.credential));
    digest_of(parts)
}

/// Digest of some texts in their order.
pub(super) fn digest_of(parts: Vec<Option<String>>) -> [u8; 32] {
    // Each with its length, so that no two lists have the same text.
    let text = parts
        .into_iter()
        .fold(String::new(), |text, part| match part {
            None => text + "-",
            Some(part) => format!("{text}{}:{part}", part.len()),
        });
    one_use::digest(&text)
}

fn credential_parts(credential: &Credential) -> Vec<Option<String>> {
    let secret = |text: &SecretString| Some(text.expose_secret().to_owned());
    let maybe = |text: &Option<SecretString>| text.as_ref().and_then(secret);
    match credential {
        Credential::AccessToken(token) => vec![secret(token)],
        Credential::OAuth1 {
            token,
            secret: of_token,
        } => vec![secret(token), secret(of_token)],
        Credential::IdToken(given) => vec![
            secret(&given.id_token),
            maybe(&given.nonce),
            maybe(&given.access_token),
        ],
        Credential::Code(given) => vec![
            secret(&given.code),
            given.redirect_uri.clone(),
            maybe(&given.code_verifier),
            maybe(&given.nonce),
            maybe(&given.state),
            given.iss.clone(),
        ],
        Credential::OAuth1Verifier {
            oauth_token,
            oauth_verifier,
            request_token,
        } => vec![
            secret(oauth_token),
            secret(oauth_verifier),
            secret(request_token),
        ],
        Credential::OpenId(fields) | Credential::Payload(fields) => {
            vec![serde_json::to_string(fields).ok()]
        }
    }
}
