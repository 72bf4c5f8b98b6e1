//! `POST /social_sign_up`: a provider's token becomes a user.

use actix_web::{HttpRequest, HttpResponse, Resource, web};
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors};

use super::ApiError;
use super::answer::SignUpAnswer;
use super::body::Fields;
use super::caller::Caller;
use super::error::{FieldErrors, Refused};
use super::errors::{CodedError, FieldMessages, method_not_allowed};
use super::limits::TOKEN_MAX_LENGTH;
use crate::exchange::{CurrentUser, Exchange, SignUp};
use crate::model::{ClientInput, Credential, JsonMap, PROVIDER_MAX_LENGTH};

/// Credentials that other kinds of sign-in use.
const OTHER_CREDENTIALS: [&str; 5] = ["id_token", "code", "oauth_verifier", "openid", "payload"];

pub(super) fn resource() -> Resource {
    web::resource(["/social_sign_up", "/social_sign_up/"])
        .post(social_sign_up)
        .default_service(web::to(method_not_allowed("POST")))
}

/// A credential and the provider that it is of.
#[derive(Validate, ToSchema)]
#[schema(example = json!({"provider": "sandbox", "access_token": "alice"}))]
#[cfg_attr(doc, expect(dead_code, reason = "read by the schema"))]
pub(super) struct SignUpRequest {
    /// The backend's name, as `GET /providers` lists it.
    #[validate(required(message = "This field is required."), length(max = "PROVIDER_MAX", message = "Ensure this field has no more than 32 characters."), custom(function = plain))]
    #[schema(required = true, nullable = false, max_length = 32)]
    provider: Option<String>,
    /// The access token; of OAuth 1 the token.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(required = true, nullable = false, max_length = 16384)]
    access_token: Option<String>,
    /// Of OAuth 1 the token's secret; must be absent otherwise.
    #[validate(length(max = "TOKEN_MAX_LENGTH", message = "Ensure this field has no more than 16384 characters."), custom(function = token))]
    #[schema(nullable = false, max_length = 16384)]
    access_token_secret: Option<String>,
    /// What the provider's token endpoint told the SDK (`expires_in`,
    /// `refresh_token`, …): kept in extra data, never identity. JSON only.
    #[schema(value_type = Option<Object>, nullable = false)]
    token_response: Option<JsonMap>,
    /// Which of our client ids the credential was issued to, where there are
    /// several: `GET /providers` lists them. Without it each is tried.
    #[schema(nullable = false)]
    client_id: Option<String>,
}

/// [`PROVIDER_MAX_LENGTH`] in the type that the validator wants.
const PROVIDER_MAX: u64 = 32;
const _: () = assert!(PROVIDER_MAX_LENGTH == 32, "one limit, in two types");

/// Signs up, signs in, or with a bearer associates.
#[utoipa::path(post, path = "/social_sign_up", tag = "sign-up",
    security((), ("bearer" = [])),
    request_body(content(
        (SignUpRequest = "application/json"),
        (SignUpRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 201, description = "The user, new or known", body = SignUpAnswer),
        (status = 400, description = "Fields are wrong, or the credential cannot be used here", body = Refusal),
        (status = 401, description = "The credential, or the bearer, is not accepted", body = CodedError),
        (status = 403, description = "A rule keeps this person out", body = CodedError),
        (status = 404, description = "No such provider", body = CodedError),
        (status = 409, description = "An account under an older id is in the way", body = CodedError),
        (status = 413, description = "The body is too long", body = CodedError),
        (status = 415, description = "The body is neither JSON nor a form", body = CodedError),
        (status = 500, description = "Our own fault", body = CodedError),
        (status = 502, description = "The provider's answer cannot be used", body = CodedError),
        (status = 503, description = "The provider, or the database, is unavailable", body = CodedError),
        (status = 504, description = "The provider did not answer in time", body = CodedError),
    ))]
#[tracing::instrument(name = "api.social_sign_up", skip_all)]
pub(super) async fn social_sign_up(
    exchange: web::Data<Exchange>,
    caller: Caller,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let request = read(Fields::read(&request, body)?, caller.0)?;
    let signed_up = exchange.sign_up(request).await?;
    Ok(HttpResponse::Created().json(SignUpAnswer::from(signed_up)))
}

/// Either kind of refusal.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "for the schema: errors are written where they arise"
)]
pub(super) enum Refusal {
    /// With a code.
    Coded(CodedError),
    /// By field.
    Fields(FieldMessages),
}

/// Reads the fields of a body as a request to `/social_sign_up` is read,
/// nobody being signed in.
///
/// # Errors
/// As a client is told that a field is wrong, or the credential.
pub fn read_sign_up(fields: JsonMap) -> Result<SignUp, Refused> {
    read(fields.into(), None).map_err(|error| error.kind().into())
}

fn read(mut fields: Fields, caller: Option<CurrentUser>) -> Result<SignUp, ApiError> {
    let others: Vec<&'static str> = OTHER_CREDENTIALS
        .into_iter()
        .filter(|name| fields.has(name))
        .collect();
    let has_token = fields.has("access_token") || fields.has("access_token_secret");
    let request = SignUpRequest {
        provider: fields.text("provider"),
        access_token: fields.text("access_token"),
        access_token_secret: fields.text("access_token_secret"),
        token_response: fields.object("token_response"),
        client_id: fields.text("client_id"),
    };
    if let Err(errors) = request.validate() {
        let mut errors = messages(&errors);
        errors.retain(|field, _| !fields.is_noted(field));
        fields.note_all(errors);
    }
    let lacks_token = request.access_token.is_none() && !fields.is_noted("access_token");
    if request.access_token_secret.is_some() && lacks_token {
        fields.note::<()>("access_token", "This field is required.");
    }
    let rest = fields.finish()?;
    match (has_token, others.as_slice()) {
        (true, []) => {}
        (false, []) => return Err(ApiError::CredentialMissing),
        (false, [one]) => return Err(ApiError::CredentialNotSupported(one)),
        (_, several) => {
            let mut names = several.to_vec();
            if has_token {
                names.insert(0, "access_token");
            }
            return Err(ApiError::SeveralCredentials(names.join(", ")));
        }
    }
    let token = SecretString::from(request.access_token.ok_or(ApiError::CredentialMissing)?);
    let credential = match request.access_token_secret {
        None => Credential::AccessToken(token),
        Some(secret) => Credential::OAuth1 {
            token,
            secret: secret.into(),
        },
    };
    Ok(SignUp {
        provider: request.provider.unwrap_or_default(),
        credential,
        input: ClientInput {
            client_id: request.client_id,
            fields: rest,
            token_response: token_response(request.token_response),
        },
        caller,
    })
}

/// The posted token is the credential: a second one is not listened to.
fn token_response(given: Option<JsonMap>) -> JsonMap {
    let mut given = given.unwrap_or_default();
    given.remove("access_token");
    given
}

fn plain(text: &str) -> Result<(), ValidationError> {
    if text.chars().any(char::is_control) {
        return Err(ValidationError::new("control")
            .with_message("Control characters are not allowed.".into()));
    }
    Ok(())
}

/// RFC 6749 appendix A.12: a token is visible ASCII.
fn token(text: &str) -> Result<(), ValidationError> {
    if !text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        return Err(
            ValidationError::new("token").with_message("A token is printable ASCII.".into())
        );
    }
    Ok(())
}

/// The validator's findings in the words of Django REST Framework.
fn messages(errors: &ValidationErrors) -> FieldErrors {
    errors
        .field_errors()
        .into_iter()
        .map(|(field, errors)| {
            let messages = errors
                .iter()
                .map(|error| error.message.as_deref().unwrap_or("Not valid.").to_owned())
                .collect();
            (field.to_string(), messages)
        })
        .collect()
}
