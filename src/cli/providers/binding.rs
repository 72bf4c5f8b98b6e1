//! How a raw access token is bound, in words.

use crate::backends::TokenBinding;

/// A sentence on what a kind of binding means for a raw token.
pub(super) fn in_words(binding: &TokenBinding) -> String {
    let fields = binding.fields.join(", ");
    match binding.kind.as_str() {
        "introspect" => format!(
            "the provider is asked which app the token was issued to ({fields}): a token of another app is refused"
        ),
        "profile" => format!(
            "the profile names the app that the token was issued to ({fields}): a token of another app is refused"
        ),
        "secret_proof" => {
            "the profile is given only for our own secret: a token of another app is refused"
                .to_owned()
        }
        "self_contained" => format!(
            "the token is signed by the provider and names the app itself ({fields}): a token of another app is refused"
        ),
        "pairwise" => {
            "nothing names the app, but each app sees other ids: refused, unless accept_unbound_access_tokens = \"unbindable\""
                .to_owned()
        }
        _ => {
            "nothing tells which app a token was issued to: refused, unless accept_unbound_access_tokens = \"unbindable\""
                .to_owned()
        }
    }
}
