//! Where the person came back to must be ours, and as it was asked (§11.1).

use super::message::{Message, invalid};
use crate::backends::BackendError;

/// Checks an assertion's `return_to` against an operator's exact list.
///
/// A client may add parameters of its own to an address of the list: those
/// must have come back unchanged, beside OpenID's own.
///
/// # Errors
/// `InvalidClaim` when it is not ours, or was changed.
pub(super) fn check(message: &Message, redirect_uris: &[String]) -> Result<(), BackendError> {
    let return_to = message.required("return_to")?;
    let mut ours = redirect_uris.iter();
    if ours.any(|uri| is_answered(message, return_to, uri)) {
        Ok(())
    } else {
        Err(invalid("return_to"))
    }
}

/// Whether `return_to` is an address of ours, and all that was added to it
/// came back.
fn is_answered(message: &Message, return_to: &str, redirect_uri: &str) -> bool {
    let Some(rest) = return_to.strip_prefix(redirect_uri) else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    let Some(added) = rest.strip_prefix(separator) else {
        return false;
    };
    let mut names = Vec::new();
    for (name, value) in url::form_urlencoded::parse(added.as_bytes()) {
        let twice = names.contains(&name);
        if twice || message.other(&name) != Some(&*value) {
            return false;
        }
        names.push(name);
    }
    !added.contains('#')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::JsonMap;

    const CALLBACK: &str = "https://app.example/callback";

    fn checked(return_to: &str, others: Value) -> bool {
        let Value::Object(mut parameters) = others else {
            return false;
        };
        parameters.insert("openid.return_to".to_owned(), return_to.into());
        let with_query = format!("{CALLBACK}/2?app=1");
        let list = [CALLBACK.to_owned(), with_query];
        let parameters: JsonMap = parameters;
        check(&Message::of(&parameters).unwrap(), &list).is_ok()
    }

    #[test]
    fn oid2_2_what_was_added_to_an_address_of_ours_comes_back_unchanged() {
        let nothing = json!({});
        let state = json!({"state": "a b"});
        for (return_to, others, good) in [
            (CALLBACK.to_owned(), &nothing, true),
            (CALLBACK.to_owned(), &state, true),
            (format!("{CALLBACK}?state=a%20b"), &state, true),
            (format!("{CALLBACK}?state=a+b"), &state, true),
            (format!("{CALLBACK}/2?app=1"), &nothing, true),
            (format!("{CALLBACK}/2?app=1&state=a+b"), &state, true),
            (format!("{CALLBACK}?state=a%20b"), &nothing, false),
            (format!("{CALLBACK}?state=ab"), &state, false),
            (format!("{CALLBACK}?state=a+b&state=a+b"), &state, false),
            (format!("{CALLBACK}?state=a+b#x"), &state, false),
            (format!("{CALLBACK}/"), &nothing, false),
            (format!("{CALLBACK}2"), &nothing, false),
            (format!("{CALLBACK}/2"), &nothing, false),
            (format!("{CALLBACK}/2?app=2"), &nothing, false),
            (format!("{CALLBACK}/2?app=12"), &nothing, false),
            (format!("{CALLBACK}/../callback"), &nothing, false),
            (format!("{CALLBACK}&state=a+b"), &state, false),
            ("https://app.example/other".to_owned(), &nothing, false),
            ("http://app.example/callback".to_owned(), &nothing, false),
            ("https://evil.example/callback".to_owned(), &nothing, false),
            (
                "https://app.example@evil.example/callback".to_owned(),
                &nothing,
                false,
            ),
            (String::new(), &nothing, false),
        ] {
            assert_eq!(checked(&return_to, others.clone()), good, "{return_to}");
        }
    }
}
