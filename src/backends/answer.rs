//! Reading a provider's answer: what its status means, and its JSON.

use reqwest::header::HeaderMap;
use serde_json::Value as Json;

use super::BackendError;
use super::code::Asked;
use super::definition::{Call, Expect, Format};
use crate::http::{Answer, HttpError};
use crate::model::JsonMap;

/// What a call was for: the same status means other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Asks who the person is.
    Profile,
    /// Asks whose the token is.
    Binding {
        /// Our client id and secret went along.
        with_our_credentials: bool,
    },
}

/// What a good answer says; null of one whose status alone counts.
///
/// The headers that the call keeps come along. A hook of the call reads by
/// what was `asked`.
///
/// # Errors
/// What the status says, or `MalformedResponse` when it cannot be read.
pub(super) fn read(
    answer: Result<Answer, HttpError>,
    purpose: Purpose,
    call: &Call,
    asked: Option<&Asked<'_>>,
) -> Result<(Json, JsonMap), BackendError> {
    let answer = answer.map_err(transport)?;
    let saved = call
        .saved(&answer.headers)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    if let Some(expected) = call.expect {
        judge_expected(answer.status, &answer.headers, expected)?;
        return Ok((Json::Null, saved));
    }
    judge(answer.status, &answer.headers, purpose)?;
    let hook = call.code().zip(asked);
    let given = match hook.and_then(|(code, asked)| code.read(&answer.body, asked)) {
        Some(read) => read?,
        None => parse(&answer.body, call.format()).ok_or(BackendError::MalformedResponse)?,
    };
    Ok((given, saved))
}

/// A good answer that no definition describes: JSON.
///
/// # Errors
/// What the status says, or `MalformedResponse` when it cannot be read.
pub(super) fn document(answer: Result<Answer, HttpError>) -> Result<Json, BackendError> {
    let answer = answer.map_err(transport)?;
    judge(answer.status, &answer.headers, Purpose::Profile)?;
    parse(&answer.body, Format::Json).ok_or(BackendError::MalformedResponse)
}

/// The JSON of a service that knows nothing of the credential.
///
/// # Errors
/// `HttpError` for any status that is neither good nor says to come back.
pub(super) fn of_service(answer: Result<Answer, HttpError>) -> Result<Json, BackendError> {
    let answer = answer.map_err(transport)?;
    match judge(answer.status, &answer.headers, Purpose::Profile) {
        Err(BackendError::CredentialRejected) => Err(BackendError::HttpError {
            status: answer.status,
        }),
        judged => judged,
    }?;
    parse(&answer.body, Format::Json).ok_or(BackendError::MalformedResponse)
}

/// The body of a good answer, whatever it is.
///
/// # Errors
/// What the status says, as of a call for a profile.
pub(super) fn body(answer: Result<Answer, HttpError>) -> Result<Vec<u8>, BackendError> {
    let answer = answer.map_err(transport)?;
    judge(answer.status, &answer.headers, Purpose::Profile)?;
    Ok(answer.body)
}

/// The body as JSON; `None` when it is not written as it must be.
pub(super) fn parse(body: &[u8], format: Format) -> Option<Json> {
    match format {
        Format::Json => serde_json::from_slice(body).ok(),
        Format::Jsonp => {
            let text = std::str::from_utf8(body).ok()?.trim();
            let text = text.trim_end_matches(';').trim_end();
            let argument = match text.split_once('(') {
                Some((callback, rest)) if is_callback(callback.trim()) => rest.strip_suffix(')')?,
                _ => text,
            };
            serde_json::from_str(argument).ok()
        }
        Format::Form => {
            let text = std::str::from_utf8(body).ok()?.trim();
            let fields: JsonMap = url::form_urlencoded::parse(text.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                .collect();
            (text.contains('=') && !text.starts_with(['<', '{'])).then_some(Json::Object(fields))
        }
    }
}

fn is_callback(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.');
    !name.is_empty() && name.chars().all(plain)
}

/// The one good status; a provider in trouble says nothing about the person.
fn judge_expected(status: u16, headers: &HeaderMap, expected: Expect) -> Result<(), BackendError> {
    if status == expected.status {
        return Ok(());
    }
    match judge(status, headers, Purpose::Profile) {
        Err(error @ (BackendError::RateLimited { .. } | BackendError::Unavailable)) => Err(error),
        _ if expected.of_members && matches!(status, 302 | 401 | 403 | 404) => {
            Err(BackendError::MembershipRequired)
        }
        _ => Err(BackendError::CredentialRejected),
    }
}

/// What it means that there is no answer.
pub(super) fn transport(error: HttpError) -> BackendError {
    match error {
        HttpError::Timeout => BackendError::Timeout,
        HttpError::Connection => BackendError::ConnectionFailed,
        HttpError::Tls => BackendError::TlsError,
        HttpError::TooLarge | HttpError::Protocol => BackendError::MalformedResponse,
        HttpError::ForbiddenAddress => {
            BackendError::Misconfigured("the provider's address is private")
        }
        HttpError::ForbiddenScheme => {
            BackendError::Misconfigured("the provider's URL is not https")
        }
        HttpError::Unwritable => BackendError::Misconfigured("a request cannot be written"),
    }
}

/// What a status means.
///
/// # Errors
/// Whatever keeps the answer from being a good one.
pub(super) fn judge(
    status: u16,
    headers: &HeaderMap,
    purpose: Purpose,
) -> Result<(), BackendError> {
    let retry_after = headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let exhausted = headers
        .get("x-ratelimit-remaining")
        .is_some_and(|left| left.as_bytes() == b"0");
    let ours = Purpose::Binding {
        with_our_credentials: true,
    };
    match status {
        200..=299 => Ok(()),
        429 => Err(BackendError::RateLimited { retry_after }),
        403 if retry_after.is_some() || exhausted => Err(BackendError::RateLimited { retry_after }),
        401 if purpose == ours => Err(BackendError::ClientRejected),
        400 | 401 | 403 => Err(BackendError::CredentialRejected),
        404 | 422 if purpose != Purpose::Profile => Err(BackendError::CredentialRejected),
        500..=599 => Err(BackendError::Unavailable),
        status => Err(BackendError::HttpError { status }),
    }
}

/// Adds a call's answer to what there is: under its name, or key by key.
///
/// # Errors
/// `MalformedResponse` when an answer without a name is no object.
pub(super) fn merge(
    answer: &mut JsonMap,
    into: Option<&str>,
    given: Json,
) -> Result<(), BackendError> {
    match (into, given) {
        (Some(name), given) => {
            answer.insert(name.to_owned(), given);
            Ok(())
        }
        (None, Json::Object(given)) => {
            answer.extend(given);
            Ok(())
        }
        (None, _) => Err(BackendError::MalformedResponse),
    }
}

/// Drops NUL from all texts: a database may refuse it, and nobody's name has it.
pub(super) fn strip_nul(value: &mut Json) {
    match value {
        Json::String(text) if text.contains('\0') => text.retain(|c| c != '\0'),
        Json::Array(items) => items.iter_mut().for_each(strip_nul),
        Json::Object(map) => map.values_mut().for_each(strip_nul),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_read_as_its_format_says_and_as_nothing_else() {
        let object = Some(json!({"a": "b"}));
        for (format, body, expected) in [
            (Format::Json, "{\"a\":\"b\"}", object.clone()),
            (Format::Json, "callback({\"a\":\"b\"});", None),
            (
                Format::Jsonp,
                "callback( {\"a\":\"b\"} );\n",
                object.clone(),
            ),
            (Format::Jsonp, "jQuery1.cb_$({\"a\":\"b\"})", object.clone()),
            (Format::Jsonp, "{\"a\":\"b\"}", object.clone()),
            (
                Format::Jsonp,
                "{\"a\":\"b(c)\"}",
                Some(json!({"a": "b(c)"})),
            ),
            (Format::Jsonp, "callback({\"a\":\"b\"}", None),
            (Format::Jsonp, "<html>(x)</html>", None),
            (Format::Form, "a=b", object.clone()),
            (
                Format::Form,
                "a=b%20c&d=",
                Some(json!({"a": "b c", "d": ""})),
            ),
            (Format::Form, "{\"a\":\"b=c\"}", None),
            (Format::Form, "<html a=b>", None),
            (Format::Form, "nothing", None),
            (Format::Form, "", None),
        ] {
            assert_eq!(parse(body.as_bytes(), format), expected, "{body}");
        }
    }

    #[test]
    fn an_expected_status_is_the_only_good_one() {
        let expected = |status: u16, of_members: bool| {
            let expected = Expect {
                status: 204,
                of_members,
            };
            judge_expected(status, &HeaderMap::new(), expected)
        };
        assert_eq!(expected(204, true), Ok(()));
        for status in [302, 401, 403, 404] {
            assert_eq!(
                expected(status, true),
                Err(BackendError::MembershipRequired)
            );
            assert_eq!(
                expected(status, false),
                Err(BackendError::CredentialRejected)
            );
        }
        for status in [200, 201, 301, 400, 410] {
            assert_eq!(
                expected(status, true),
                Err(BackendError::CredentialRejected)
            );
        }
        assert_eq!(expected(500, true), Err(BackendError::Unavailable));
        let limited = BackendError::RateLimited { retry_after: None };
        assert_eq!(expected(429, true), Err(limited));
    }
}
