//! Where the person came back to must be ours, and as it was asked (§11.1).

use super::message::{Message, invalid};
use crate::backends::BackendError;
use crate::backends::redirect_uris::RedirectUris;

/// Checks an assertion's `return_to` against an operator's exact list.
///
/// A client may add parameters of its own to an address of the list: those
/// must have come back unchanged, beside OpenID's own.
///
/// # Errors
/// `InvalidClaim` when it is not ours, or was changed.
pub(super) fn check(message: &Message, redirect_uris: &RedirectUris) -> Result<(), BackendError> {
    let return_to = message.required("return_to")?;
    let mut cuts = return_to.match_indices(['?', '&']);
    let with_added = |(at, _): (usize, &str)| {
        let (address, rest) = return_to.split_at(at);
        let separator = if address.contains('?') { '&' } else { '?' };
        let added = rest.strip_prefix(separator);
        redirect_uris.allows(address) && added.is_some_and(|added| came_back(message, added))
    };
    if redirect_uris.allows(return_to) || cuts.any(with_added) {
        Ok(())
    } else {
        Err(invalid("return_to"))
    }
}

/// Whether parameters that were added came back, each once and unchanged.
fn came_back(message: &Message, added: &str) -> bool {
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
        let native = "http://127.0.0.1/callback".to_owned();
        let list = RedirectUris::new(vec![CALLBACK.to_owned(), with_query, native]).unwrap();
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
            (
                "http://127.0.0.1:4000/callback?state=a+b".to_owned(),
                &state,
                true,
            ),
            (
                "http://127.0.0.1:4000/other?state=a+b".to_owned(),
                &state,
                false,
            ),
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
