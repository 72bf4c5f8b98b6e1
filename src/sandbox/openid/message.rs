//! OpenID 2.0 messages: fields in a query or a form, answers in key-value form.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use url::form_urlencoded;

/// The namespace of OpenID 2.0.
pub(super) const NS: &str = "http://specs.openid.net/auth/2.0";

/// Names without their `openid.`, and values, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Message(Vec<(String, String)>);

impl Message {
    /// The fields of a query or a form; others are passed over.
    ///
    /// `None` when one comes twice.
    pub(super) fn read(encoded: &[u8]) -> Option<Self> {
        let mut message = Self::default();
        for (name, value) in form_urlencoded::parse(encoded) {
            let Some(name) = name.strip_prefix("openid.") else {
                continue;
            };
            if message.get(name).is_some() {
                return None;
            }
            message.0.push((name.to_owned(), value.into_owned()));
        }
        Some(message)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        fields.find_map(|(other, value)| (other == name).then_some(value.as_str()))
    }

    /// Replaces a field, or adds it at the end.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| other != name);
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The alias of an extension; `None` when the message has it not.
    pub(super) fn alias_of(&self, namespaces: &[&str]) -> Option<&str> {
        self.fields().find_map(|(name, value)| {
            let alias = name.strip_prefix("ns.")?;
            namespaces.contains(&value).then_some(alias)
        })
    }

    /// What is signed, by the names in `signed`; `None` when one is missing.
    pub(super) fn signed_text(&self) -> Option<String> {
        let mut text = String::new();
        for name in self.get("signed")?.split(',') {
            let value = self.get(name)?;
            text.push_str(&format_line(name, value));
        }
        Some(text)
    }

    /// The message as an answer to a direct request.
    pub(super) fn answer(&self, status: StatusCode) -> HttpResponse {
        let lines: String = self
            .fields()
            .map(|(name, value)| format_line(name, value))
            .collect();
        plain(status, lines)
    }
}

/// An answer that is said to be in key-value form.
pub(super) fn plain(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .body(body)
}

/// 400 for a direct request that is none.
pub(super) fn failure(text: &str) -> HttpResponse {
    let mut message = Message::default();
    message.set("ns", NS);
    message.set("error", text);
    message.answer(StatusCode::BAD_REQUEST)
}

fn format_line(name: &str, value: &str) -> String {
    format!("{name}:{value}\n")
}
