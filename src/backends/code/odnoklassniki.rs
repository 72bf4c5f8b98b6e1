//! Odnoklassniki: `sig` over the sorted parameters and a secret of the session.

use super::digest::{md5_hex, sorted};
use super::{Code, Keys, Parameters};

/// Signs with MD5 of the parameters and of the token with our secret.
#[derive(Debug)]
pub(super) struct Odnoklassniki;

impl Code for Odnoklassniki {
    fn name(&self) -> &'static str {
        "odnoklassniki"
    }

    fn signs(&self) -> bool {
        true
    }

    fn sign(&self, parameters: &mut Parameters, keys: &Keys<'_>) {
        // The secret of the session, which the provider derives likewise.
        let session = md5_hex(&format!("{}{}", keys.token, keys.secret));
        let signed = sorted(parameters, &["access_token", "session_key"], "=");
        parameters.push(("sig".to_owned(), md5_hex(&format!("{signed}{session}"))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(parameters: &[(&str, &str)], secret: &str, token: &str) -> Parameters {
        let mut parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Odnoklassniki.sign(&mut parameters, &Keys { secret, token });
        parameters
    }

    #[test]
    fn the_token_counts_by_the_sessions_secret_alone() {
        let parameters = [
            ("method", "users.getCurrentUser"),
            ("access_token", "tok.1"),
            ("format", "JSON"),
            ("application_key", "CBA"),
        ];
        let given = signed(&parameters, "shh", "tok.1");
        // md5("tok.1shh") is 7aac02f883eeb82b1fb332058ae32d35; then
        // md5("application_key=CBAformat=JSONmethod=users.getCurrentUser" and that).
        let expected = (
            "sig".to_owned(),
            "7b24e8662d8c633b2b7f76cb7dcb9421".to_owned(),
        );
        assert_eq!(given.last(), Some(&expected));
        assert_eq!(given.len(), 5);
        for (secret, token) in [("shh", "tok.2"), ("other", "tok.1")] {
            assert_ne!(signed(&parameters, secret, token).last(), Some(&expected));
        }
    }
}
