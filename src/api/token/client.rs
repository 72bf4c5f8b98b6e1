//! Who asks the token endpoint: HTTP Basic, or fields of the body (RFC 6749,
//! section 2.3.1).

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, ORIGIN};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::TokenRefusal;
use crate::api::body::Fields;
use crate::session::ShownClient;

/// What a request says of its client.
///
/// # Errors
/// [`TokenRefusal::InvalidRequest`] when it says it twice,
/// [`TokenRefusal::BadBasic`] for a header that is no HTTP Basic.
pub(super) fn read_client(
    request: &HttpRequest,
    fields: &mut Fields,
) -> Result<ShownClient, TokenRefusal> {
    let origin = request.headers().get(ORIGIN);
    let origin = origin.map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
    let (id, secret) = (fields.text("client_id"), fields.text("client_secret"));
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return Ok(ShownClient {
            id,
            secret: secret.map(Into::into),
            origin,
        });
    };
    let basic = header.to_str().ok().and_then(basic);
    let (Some((basic_id, basic_secret)), None) = (basic, headers.next()) else {
        return Err(TokenRefusal::BadBasic);
    };
    if secret.is_some() || id.is_some_and(|id| id != basic_id) {
        return Err(TokenRefusal::InvalidRequest(
            "The client is named twice: send HTTP Basic, or client_id and client_secret".to_owned(),
        ));
    }
    Ok(ShownClient {
        id: Some(basic_id),
        secret: (!basic_secret.is_empty()).then(|| basic_secret.into()),
        origin,
    })
}

/// Both parts are forms' texts.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_text(id)?, form_text(secret)?))
}

fn form_text(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}
