//! Where the token stands in a call.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::backends::BackendError;

/// Where the token stands in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placement {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: <word> …`
    Scheme(String),
    /// A query parameter.
    Query(String),
    /// A form field.
    Form(String),
    /// A header of its own.
    Header(HeaderName),
    /// HTTP Basic, with the token as the user.
    BasicUser,
    /// An OAuth 1.0a signature.
    OAuth1,
    /// Nowhere; a template puts it somewhere.
    Nowhere,
}

impl Placement {
    /// Whether it stands in a body.
    pub(super) fn is_in_form(&self) -> bool {
        matches!(self, Self::Form(_))
    }

    /// Reads a placement; `Err` says which there are.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.contains("{{") {
            return Err(format!("`{text}`: no template can stand here"));
        }
        let named = text.split_once(':').filter(|(_, name)| !name.is_empty());
        match (text, named) {
            ("bearer", _) => Ok(Self::Bearer),
            ("oauth1", _) => Ok(Self::OAuth1),
            ("basic_user", _) => Ok(Self::BasicUser),
            ("none", _) => Ok(Self::Nowhere),
            (_, Some(("scheme", word))) => Ok(Self::Scheme(word.to_owned())),
            (_, Some(("query", name))) => Ok(Self::Query(name.to_owned())),
            (_, Some(("form", name))) => Ok(Self::Form(name.to_owned())),
            (_, Some(("header", name))) => name
                .parse()
                .map(Self::Header)
                .map_err(|_invalid| format!("`{name}` is no header name")),
            _ => Err(format!(
                "`{text}`: expected bearer, scheme:<word>, query:<name>, form:<name>, \
                 header:<name>, basic_user, oauth1 or none"
            )),
        }
    }
}

/// Puts the token where it belongs; a signature comes later.
pub(super) fn place(
    placement: &Placement,
    token: &str,
    query: &mut Vec<(String, String)>,
    form: &mut Vec<(String, String)>,
    headers: &mut Vec<(HeaderName, HeaderValue)>,
) -> Result<(), BackendError> {
    match placement {
        Placement::Bearer => {
            headers.push((AUTHORIZATION, header_value(&format!("Bearer {token}"))?));
        }
        Placement::Scheme(word) => {
            headers.push((AUTHORIZATION, header_value(&format!("{word} {token}"))?));
        }
        Placement::Header(name) => headers.push((name.clone(), header_value(token)?)),
        Placement::BasicUser => {
            let pair = STANDARD.encode(format!("{token}:"));
            headers.push((AUTHORIZATION, header_value(&format!("Basic {pair}"))?));
        }
        Placement::Query(name) => query.push((name.clone(), token.to_owned())),
        Placement::Form(name) => form.push((name.clone(), token.to_owned())),
        Placement::OAuth1 | Placement::Nowhere => {}
    }
    Ok(())
}

/// A token that cannot stand in a header is no token of the provider's.
pub(super) fn header_value(text: &str) -> Result<HeaderValue, BackendError> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_not_a_header| BackendError::CredentialRejected)?;
    value.set_sensitive(true);
    Ok(value)
}
