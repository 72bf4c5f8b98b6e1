//! Faults that stay on until they are switched off, place by place.
//!
//! A `POST` sets the places that it names: to one fault, a list of them (in a
//! form: with commas), or to `null` or the empty text for none. The answer, and
//! that of `GET`, shows all places.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::client::members;
use super::faults::Fault;

/// Where something can go wrong.
pub(super) struct Place {
    pub(super) name: &'static str,
    /// The faults that only this place knows.
    pub(super) faults: &'static [&'static str],
    /// Whether those of the token language can be had too.
    pub(super) any: bool,
}

/// The faults that are on.
pub(super) struct Switches {
    places: &'static [Place],
    on: Mutex<BTreeMap<&'static str, Vec<&'static str>>>,
}

impl Switches {
    /// All places are healthy.
    pub(super) fn of(places: &'static [Place]) -> Self {
        Self {
            places,
            on: Mutex::default(),
        }
    }

    /// The faults that are on at a place.
    pub(super) fn at(&self, place: &str) -> Vec<&'static str> {
        let on = self.on.lock().unwrap_or_else(PoisonError::into_inner);
        on.get(place).cloned().unwrap_or_default()
    }

    /// Whether that fault is on at a place.
    pub(super) fn has(&self, place: &str, fault: &str) -> bool {
        self.at(place).contains(&fault)
    }

    /// The answer of a place that fails altogether; `None` when it does not.
    pub(super) async fn answer(&self, place: &str) -> Option<HttpResponse> {
        let at = self.at(place);
        if at.contains(&"redirect") {
            let target = ("Location", "/healthz");
            return Some(HttpResponse::Found().insert_header(target).finish());
        }
        let fault = at.into_iter().find_map(Fault::named)?;
        Some(fault.answer("").await)
    }

    /// Shows the faults of all places.
    pub(super) fn show(&self) -> HttpResponse {
        let shown: Map<String, Value> = self
            .places
            .iter()
            .map(|place| (place.name.to_owned(), json!(self.at(place.name))))
            .collect();
        HttpResponse::Ok().json(Value::Object(shown))
    }

    /// Sets the places of a body, all of them or none.
    pub(super) fn set(&self, request: &HttpRequest, body: &Bytes) -> HttpResponse {
        let read = members(request, body)
            .ok_or_else(|| "a JSON object or a form is needed".to_owned())
            .and_then(|given| {
                given
                    .iter()
                    .map(|(place, faults)| self.read(place, faults))
                    .collect::<Result<Vec<_>, _>>()
            });
        match read {
            Ok(places) => {
                let mut on = self.on.lock().unwrap_or_else(PoisonError::into_inner);
                on.extend(places);
                drop(on);
                self.show()
            }
            Err(text) => refused(&text),
        }
    }

    fn read(
        &self,
        place: &str,
        faults: &Value,
    ) -> Result<(&'static str, Vec<&'static str>), String> {
        let known = self.places.iter().find(|known| known.name == place);
        let place = known.ok_or_else(|| {
            let names: Vec<&str> = self.places.iter().map(|place| place.name).collect();
            format!("no such place; there are {}", names.join(", "))
        })?;
        let faults = names(faults)
            .ok_or_else(|| format!("{}: a name, a list of names or null", place.name))?
            .iter()
            .map(|fault| place.fault(fault))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((place.name, faults))
    }
}

impl Place {
    fn fault(&self, name: &str) -> Result<&'static str, String> {
        let any: &[&str] = if self.any { &Fault::NAMES } else { &[] };
        let mut known = self.faults.iter().chain(any);
        known.find(|known| **known == name).copied().ok_or_else(|| {
            let names: Vec<&str> = self.faults.iter().chain(any).copied().collect();
            format!(
                "{}: no such fault; there are {}",
                self.name,
                names.join(", ")
            )
        })
    }
}

/// The names in a text with commas, a list of texts, or `null`; else `None`.
pub(super) fn names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(
            text.split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
        Value::Array(names) => names
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

/// 400 that says what is wrong with a wish.
pub(super) fn refused(text: &str) -> HttpResponse {
    HttpResponse::build(StatusCode::BAD_REQUEST)
        .json(json!({"error": "invalid_request", "error_description": text}))
}
