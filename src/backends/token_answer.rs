//! What a token endpoint says, made one thing of many dialects: errors with
//! status 200, forms for JSON, numbers as texts, tokens by other names.

use secrecy::SecretString;
use serde_json::Value as Json;

use super::BackendError;
use super::answer;
use super::definition::{Exchange, ExchangeClient, TokenAnswer as Written};
use crate::http::{Answer, HttpError};
use crate::model::JsonMap;

/// Kinds of tokens that a bearer's calls cannot be made with.
const BOUND_TO_A_KEY: [&str; 5] = ["mac", "pop", "dpop", "hok", "n_a"];

/// A good answer.
pub(super) struct TokenAnswer {
    pub(super) access_token: SecretString,
    /// `None` where the provider gave none.
    pub(super) id_token: Option<SecretString>,
    /// All that was said but the access token.
    pub(super) told: JsonMap,
}

/// What an answer holds instead of a token.
pub(super) enum NoToken {
    /// What it means is clear.
    Refused(BackendError),
    /// The definition may know: the answer.
    Unclear(JsonMap, BackendError),
}

/// Reads the answer to the exchange of a code.
///
/// # Errors
/// What it means; where only the definition can tell, the answer as well.
pub(super) fn read(
    answer: Result<Answer, HttpError>,
    exchange: &Exchange,
) -> Result<TokenAnswer, NoToken> {
    let answer = answer.map_err(|error| NoToken::Refused(answer::transport(error)))?;
    if matches!(answer.status, 429 | 500..=599) {
        return Err(NoToken::Refused(of_status(&answer, exchange)));
    }
    let said = parse(&answer.body, exchange.answer);
    let Some(mut said) = said else {
        return Err(NoToken::Refused(of_status(&answer, exchange)));
    };
    if let Some(error) = said.get("error").and_then(Json::as_str)
        && !error.is_empty()
    {
        return Err(NoToken::Refused(of_error(error)));
    }
    let token = take_token(&mut said, exchange);
    let Some(access_token) = token.filter(|_| (200..300).contains(&answer.status)) else {
        return Err(NoToken::Unclear(said, of_status(&answer, exchange)));
    };
    let said = normalised(said, exchange);
    if said
        .get("token_type")
        .and_then(Json::as_str)
        .is_some_and(is_bound_to_a_key)
    {
        return Err(NoToken::Refused(BackendError::MalformedResponse));
    }
    let id_token = said.get("id_token").and_then(Json::as_str);
    Ok(TokenAnswer {
        access_token,
        id_token: id_token
            .filter(|text| !text.is_empty())
            .map(SecretString::from),
        told: said,
    })
}

/// JSON or a form, whatever its content type says; `None` for anything else.
fn parse(body: &[u8], written: Written) -> Option<JsonMap> {
    let text = std::str::from_utf8(body)
        .ok()?
        .trim_start_matches('\u{feff}')
        .trim();
    let json = || match serde_json::from_str(text).ok()? {
        Json::Object(said) => Some(said),
        _ => None,
    };
    let form = || {
        let is_form = text.contains('=') && !text.starts_with(['{', '[', '<', '"']);
        let fields = url::form_urlencoded::parse(text.as_bytes());
        is_form.then(|| {
            fields
                .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                .collect()
        })
    };
    match written {
        Written::Json => json().or_else(form),
        Written::Form => form().or_else(json),
    }
}

/// The access token, taken out with whatever holds it.
fn take_token(said: &mut JsonMap, exchange: &Exchange) -> Option<SecretString> {
    let found = match &exchange.token_at {
        None => said.get("access_token").cloned(),
        Some(path) => path.find(&Json::Object(said.clone())).cloned(),
    };
    let text = found?.as_str().filter(|text| !text.is_empty())?.to_owned();
    let holder = match &exchange.token_at {
        None => "access_token",
        Some(path) => path.first_key(),
    };
    said.remove(holder);
    said.remove("access_token");
    Some(text.into())
}

/// The answer with standard names, and a time in seconds as a number.
fn normalised(mut said: JsonMap, exchange: &Exchange) -> JsonMap {
    for (standard, own) in &exchange.rename {
        if let (false, Some(value)) = (said.contains_key(standard), said.get(own)) {
            let value = value.clone();
            said.insert(standard.clone(), value);
        }
    }
    if let Some(Json::String(text)) = said.get("expires_in")
        && let Ok(seconds) = text.trim().parse::<u64>()
    {
        said.insert("expires_in".to_owned(), seconds.into());
    }
    let mut said = Json::Object(said);
    answer::strip_nul(&mut said);
    match said {
        Json::Object(said) => said,
        _ => JsonMap::new(),
    }
}

fn is_bound_to_a_key(token_type: &str) -> bool {
    BOUND_TO_A_KEY
        .iter()
        .any(|kind| token_type.eq_ignore_ascii_case(kind))
}

/// What an error of RFC 6749 §5.2 means, and some of providers' own words.
fn of_error(error: &str) -> BackendError {
    match error {
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" => {
            BackendError::ClientRejected
        }
        "temporarily_unavailable" | "server_error" => BackendError::Unavailable,
        "slow_down" => BackendError::RateLimited { retry_after: None },
        _ => BackendError::CodeRejected,
    }
}

/// What an answer without a word that we know means.
fn of_status(answer: &Answer, exchange: &Exchange) -> BackendError {
    let purpose = answer::Purpose::Binding {
        // RFC 6749 §5.2: 401 is about the client that authenticates so.
        with_our_credentials: exchange.client == ExchangeClient::Basic,
    };
    match answer::judge(answer.status, &answer.headers, purpose) {
        Ok(()) => BackendError::MalformedResponse,
        Err(BackendError::CredentialRejected) => BackendError::CodeRejected,
        Err(other) => other,
    }
}
