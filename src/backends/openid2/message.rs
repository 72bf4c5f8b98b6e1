//! A message of OpenID 2.0: its parameters, and what of them is signed.

use std::collections::{BTreeMap, BTreeSet};

use crate::backends::BackendError;
use crate::model::JsonMap;

/// What all messages of OpenID 2.0 carry as `openid.ns`.
pub(super) const NS: &str = "http://specs.openid.net/auth/2.0";
/// What precedes the names of OpenID's own parameters.
const PREFIX: &str = "openid.";

/// The parameters that a person came back with.
pub(super) struct Message {
    /// OpenID's own, without `openid.`.
    own: BTreeMap<String, String>,
    /// All others, such as those of `return_to`.
    others: BTreeMap<String, String>,
    /// The names in `signed`, without `openid.`.
    signed: BTreeSet<String>,
}

impl Message {
    /// Reads the request's object.
    ///
    /// # Errors
    /// `InvalidField` when a value is no text, `InvalidClaim` when `signed`
    /// names a field twice.
    pub(super) fn of(parameters: &JsonMap) -> Result<Self, BackendError> {
        let (mut own, mut others) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in parameters {
            let text = value.as_str().ok_or(BackendError::InvalidField {
                field: "openid",
                problem: "Expected the callback's parameters by name, each a string.",
            })?;
            match name.strip_prefix(PREFIX) {
                Some(name) => own.insert(name.to_owned(), text.to_owned()),
                None => others.insert(name.clone(), text.to_owned()),
            };
        }
        let mut signed = BTreeSet::new();
        for name in own.get("signed").iter().flat_map(|list| list.split(',')) {
            if !signed.insert(name.to_owned()) {
                return Err(invalid("signed"));
            }
        }
        Ok(Self {
            own,
            others,
            signed,
        })
    }

    /// One of OpenID's own, named without `openid.`; `None` when not there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.own.get(name).map(String::as_str)
    }

    /// The same where it must be there.
    ///
    /// # Errors
    /// `InvalidClaim` when it is not, or is empty.
    pub(super) fn required(&self, name: &str) -> Result<&str, BackendError> {
        let given = self.get(name).filter(|value| !value.is_empty());
        given.ok_or_else(|| invalid(name))
    }

    /// One of OpenID's own, if the provider signed it.
    pub(super) fn signed(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|_| self.is_signed(name))
    }

    /// Whether `signed` names it, and it is there.
    pub(super) fn is_signed(&self, name: &str) -> bool {
        self.signed.contains(name) && self.own.contains_key(name)
    }

    /// A parameter that is not OpenID's own; `None` when not there.
    pub(super) fn other(&self, name: &str) -> Option<&str> {
        self.others.get(name).map(String::as_str)
    }

    /// OpenID's own by name, without `openid.`.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.own.iter();
        own.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What the signature is made over: the signed fields in their order, in
    /// key-value form (§6.1).
    ///
    /// # Errors
    /// `InvalidClaim` when one is not there, or cannot be written so.
    pub(super) fn signed_text(&self) -> Result<String, BackendError> {
        let mut text = String::new();
        for name in self.required("signed")?.split(',') {
            let value = self.get(name).ok_or_else(|| invalid("signed"))?;
            if name.contains([':', '\n']) || value.contains('\n') {
                return Err(invalid("signed"));
            }
            text.extend([name, ":", value, "\n"]);
        }
        Ok(text)
    }

    /// The same message as a question whether it is the provider's (§11.4.2.1).
    pub(super) fn as_question(&self) -> Vec<(String, String)> {
        let asked = self.iter().map(|(name, value)| match name {
            "mode" => ("openid.mode".to_owned(), "check_authentication".to_owned()),
            name => (format!("{PREFIX}{name}"), value.to_owned()),
        });
        asked.collect()
    }
}

/// The refusal of a parameter that is not what it must be.
pub(super) fn invalid(name: &str) -> BackendError {
    BackendError::InvalidClaim {
        claim: format!("{PREFIX}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(parameters: serde_json::Value) -> Result<Message, BackendError> {
        let serde_json::Value::Object(map) = parameters else {
            panic!("an object");
        };
        Message::of(&map)
    }

    #[test]
    fn only_what_is_named_and_there_is_signed() {
        let message = message(json!({
            "openid.signed": "a,b,gone", "openid.a": "1", "openid.b": "", "openid.c": "3", "d": "4",
        }))
        .unwrap();
        assert_eq!(message.signed("a"), Some("1"));
        assert_eq!(message.signed("b"), Some(""));
        assert_eq!(message.signed("c"), None);
        assert!(!message.is_signed("gone"));
        assert_eq!((message.get("d"), message.other("d")), (None, Some("4")));
        assert_eq!(message.signed_text(), Err(invalid("signed")));
    }

    #[test]
    fn the_signed_text_is_in_the_order_of_the_list() {
        let text = |signed: &str, b: &str| {
            let given = json!({"openid.signed": signed, "openid.a": "x:y", "openid.b": b});
            message(given).and_then(|message| message.signed_text())
        };
        assert_eq!(text("b,a", "2"), Ok("b:2\na:x:y\n".to_owned()));
        assert_eq!(text("a,b", "2\na:3"), Err(invalid("signed")));
        assert_eq!(text("a,a", "2"), Err(invalid("signed")));
        assert_eq!(text("", "2"), Err(invalid("signed")));
    }

    #[test]
    fn a_value_that_is_no_text_is_no_parameter() {
        for value in [json!(1), json!(null), json!(["a"]), json!({"a": "b"})] {
            let refused = message(json!({"openid.mode": value})).err();
            assert!(matches!(refused, Some(BackendError::InvalidField { .. })));
        }
    }
}
