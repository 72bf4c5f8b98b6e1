//! The one credential of a request: which it is, and its fields.

use secrecy::SecretString;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::ApiError;
use super::body::Fields;
use super::limits::{TEXT_MAX_LENGTH, TOKEN_MAX_LENGTH};
use crate::model::{
    CodeCredential, Credential, CredentialKind, IdTokenCredential, JsonMap, PROVIDER_MAX_LENGTH,
};

/// What tells the kinds apart: the first field that is there names its kind.
const TOLD_BY: [(CredentialKind, &[&str]); 6] = [
    (
        CredentialKind::AccessToken,
        &["access_token", "access_token_secret"],
    ),
    (CredentialKind::IdToken, &["id_token"]),
    (CredentialKind::Code, &["code"]),
    (
        CredentialKind::OAuth1Verifier,
        &["oauth_verifier", "oauth_token"],
    ),
    (CredentialKind::OpenId, &["openid"]),
    (CredentialKind::Payload, &["payload"]),
];

/// [`PROVIDER_MAX_LENGTH`] in the type that the validator wants.
pub(super) const PROVIDER_MAX: u64 = 32;
const _: () = assert!(PROVIDER_MAX_LENGTH == 32, "one limit, in two types");

/// A credential, whose fields are those of one kind, and its provider.
#[derive(Default, Validate, ToSchema)]
#[schema(example = json!({"provider": "sandbox", "access_token": "alice"}))]
pub(super) struct SignUpRequest {
    /// The backend's name, as `GET /providers` lists it.
    #[validate(required(message = "This field is required."), length(max = "PROVIDER_MAX", message = "Ensure this field has no more than 32 characters."), custom(function = plain))]
    #[schema(required = true, nullable = false, max_length = 32)]
    pub(super) provider: Option<String>,
    /// The access token; of OAuth 1 the token. May stand beside an `id_token`
    /// that it was issued with.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 16384)]
    access_token: Option<String>,
    /// Of OAuth 1 the token's secret; must be absent otherwise.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 16384)]
    access_token_secret: Option<String>,
    /// The ID token (a JWT) of an OpenID Connect provider.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 16384)]
    id_token: Option<String>,
    /// Of `id_token` and `code`: the nonce that the app gave to the SDK.
    #[validate(length(max = "TEXT_MAX_LENGTH", message = "Ensure this field has no more than 2048 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 2048)]
    nonce: Option<String>,
    /// The authorization code, which is exchanged here.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 16384)]
    code: Option<String>,
    /// Of `code`: where the provider sent the person, exactly as it was asked.
    #[validate(length(max = "TEXT_MAX_LENGTH", message = "Ensure this field has no more than 2048 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 2048)]
    redirect_uri: Option<String>,
    /// Of `code`: the PKCE verifier (RFC 7636), where a challenge was sent.
    #[validate(custom(function = pkce_verifier))]
    #[schema(nullable = false, min_length = 43, max_length = 128)]
    code_verifier: Option<String>,
    /// Of `code`: the callback's `state`, where it came from `/challenge`.
    #[validate(length(max = "TEXT_MAX_LENGTH", message = "Ensure this field has no more than 2048 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 2048)]
    state: Option<String>,
    /// Of `code`: the callback's `iss` (RFC 9207), where it has one.
    #[validate(length(max = "TEXT_MAX_LENGTH", message = "Ensure this field has no more than 2048 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 2048)]
    iss: Option<String>,
    /// Of OAuth 1: the callback's token.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 16384)]
    oauth_token: Option<String>,
    /// Of OAuth 1: the callback's verifier.
    #[validate(length(max = "TEXT_MAX_LENGTH", message = "Ensure this field has no more than 2048 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 2048)]
    oauth_verifier: Option<String>,
    /// Of OAuth 1: what `/social_sign_up/request_token` answered.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 16384)]
    request_token: Option<String>,
    /// Of OpenID 2.0: all `openid.*` parameters of the callback. JSON only.
    #[schema(value_type = Option<Object>, nullable = false)]
    openid: Option<JsonMap>,
    /// Launch parameters that the provider signed. JSON only.
    #[schema(value_type = Option<Object>, nullable = false)]
    payload: Option<JsonMap>,
    /// What the provider's token endpoint told the SDK (`expires_in`,
    /// `refresh_token`, …): kept in extra data, never identity. JSON only.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub(super) token_response: Option<JsonMap>,
    /// Which of our client ids the credential was issued to, where there are
    /// several: `GET /providers` lists them. Without it each is tried.
    #[schema(nullable = false)]
    pub(super) client_id: Option<String>,
}

/// Which kind a request holds.
///
/// # Errors
/// When it holds none, or several: only an access token may stand beside the
/// ID token that it was issued with.
pub(super) fn kind(fields: &Fields) -> Result<CredentialKind, ApiError> {
    let given: Vec<(CredentialKind, &str)> = TOLD_BY
        .iter()
        .filter_map(|(kind, names)| {
            let name = names.iter().find(|name| fields.has(name))?;
            Some((*kind, *name))
        })
        .collect();
    match given.as_slice() {
        [] => Err(ApiError::CredentialMissing),
        [(kind, _)] => Ok(*kind),
        [(_, "access_token"), (CredentialKind::IdToken, _)]
            if !fields.has("access_token_secret") =>
        {
            Ok(CredentialKind::IdToken)
        }
        several => {
            let names: Vec<&str> = several.iter().map(|(_, name)| *name).collect();
            Err(ApiError::SeveralCredentials(names.join(", ")))
        }
    }
}

impl SignUpRequest {
    /// Takes the fields of one kind; those of others stay where they are.
    pub(super) fn take(fields: &mut Fields, kind: Option<CredentialKind>) -> Self {
        let mut taken = Self {
            provider: fields.text("provider"),
            token_response: fields.object("token_response"),
            client_id: fields.text("client_id"),
            ..Self::default()
        };
        let Some(kind) = kind else {
            return taken;
        };
        match kind {
            CredentialKind::AccessToken | CredentialKind::OAuth1 => {
                taken.access_token = fields.text("access_token");
                taken.access_token_secret = fields.text("access_token_secret");
            }
            CredentialKind::IdToken => {
                taken.id_token = fields.text("id_token");
                taken.nonce = fields.text("nonce");
                taken.access_token = fields.text("access_token");
            }
            CredentialKind::Code => {
                taken.code = fields.text("code");
                taken.redirect_uri = fields.text("redirect_uri");
                taken.code_verifier = fields.text("code_verifier");
                taken.nonce = fields.text("nonce");
                taken.state = fields.text("state");
                taken.iss = fields.text("iss");
            }
            CredentialKind::OAuth1Verifier => {
                taken.oauth_token = fields.text("oauth_token");
                taken.oauth_verifier = fields.text("oauth_verifier");
                taken.request_token = fields.text("request_token");
            }
            CredentialKind::OpenId => taken.openid = fields.object("openid"),
            CredentialKind::Payload => taken.payload = fields.object("payload"),
        }
        taken
    }

    /// The fields that this request lacks for what it holds.
    pub(super) fn lacking(&self) -> Vec<&'static str> {
        let lacks_token = self.access_token_secret.is_some() && self.access_token.is_none();
        let leg = [
            ("oauth_token", self.oauth_token.is_some()),
            ("oauth_verifier", self.oauth_verifier.is_some()),
            ("request_token", self.request_token.is_some()),
        ];
        let begun = leg.iter().any(|(_, given)| *given);
        let missing = leg.iter().filter(|(_, given)| begun && !given);
        let missing = missing.map(|(name, _)| *name);
        missing
            .chain(lacks_token.then_some("access_token"))
            .collect()
    }

    /// The credential; `None` when a field that it needs is not there.
    pub(super) fn credential(self) -> Option<Credential> {
        let secret = |text: Option<String>| text.map(SecretString::from);
        if let Some(id_token) = secret(self.id_token) {
            return Some(Credential::IdToken(IdTokenCredential {
                id_token,
                nonce: secret(self.nonce),
                access_token: secret(self.access_token),
            }));
        }
        if let Some(code) = secret(self.code) {
            return Some(Credential::Code(CodeCredential {
                code,
                redirect_uri: self.redirect_uri,
                code_verifier: secret(self.code_verifier),
                nonce: secret(self.nonce),
                state: secret(self.state),
                iss: self.iss,
            }));
        }
        if let Some(oauth_verifier) = secret(self.oauth_verifier) {
            return Some(Credential::OAuth1Verifier {
                oauth_token: secret(self.oauth_token)?,
                oauth_verifier,
                request_token: secret(self.request_token)?,
            });
        }
        if let Some(token) = secret(self.access_token) {
            return Some(match secret(self.access_token_secret) {
                None => Credential::AccessToken(token),
                Some(secret) => Credential::OAuth1 { token, secret },
            });
        }
        let openid = self.openid.map(Credential::OpenId);
        openid.or(self.payload.map(Credential::Payload))
    }
}

pub(super) fn plain(text: &str) -> Result<(), ValidationError> {
    if text.chars().any(char::is_control) {
        return Err(ValidationError::new("control")
            .with_message("Control characters are not allowed.".into()));
    }
    Ok(())
}

/// RFC 6749 appendix A.12: a token is visible ASCII.
pub(super) fn token(text: &str) -> Result<(), ValidationError> {
    if !text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        return Err(
            ValidationError::new("token").with_message("A token is printable ASCII.".into())
        );
    }
    Ok(())
}

/// RFC 7636 §4.1: 43 to 128 unreserved characters.
fn pkce_verifier(text: &str) -> Result<(), ValidationError> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
        return Ok(());
    }
    Err(ValidationError::new("code_verifier")
        .with_message("Expected 43 to 128 letters, digits, `-`, `.`, `_` or `~`.".into()))
}
