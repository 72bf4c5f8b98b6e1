//! Odnoklassniki's apps in a frame: `sig` by the session's secret, or by ours.

use super::digest::{md5_hex, sorted};
use super::{Code, Keys, Parameters};

/// Signs with MD5: a call of a session with that session's secret, which is
/// the credential here, any other one with our own.
#[derive(Debug)]
pub(super) struct OdnoklassnikiApp;

impl Code for OdnoklassnikiApp {
    fn name(&self) -> &'static str {
        "odnoklassniki-app"
    }

    fn signs(&self) -> bool {
        true
    }

    fn sign(&self, parameters: &mut Parameters, keys: &Keys<'_>) {
        let of_session = parameters.iter().any(|(name, _)| name == "session_key");
        let secret = if of_session { keys.token } else { keys.secret };
        let signed = sorted(parameters, &["session_key"], "=");
        parameters.push(("sig".to_owned(), md5_hex(&format!("{signed}{secret}"))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(parameters: &[(&str, &str)]) -> Option<String> {
        let mut parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let keys = Keys {
            secret: "shh",
            token: "session-secret",
        };
        OdnoklassnikiApp.sign(&mut parameters, &keys);
        parameters.pop().map(|(_, sig)| sig)
    }

    #[test]
    fn a_sessions_call_is_signed_by_its_secret_and_any_other_by_ours() {
        // md5("format=JSONmethod=users.getLoggedInUsersession-secret")
        let of_session = [
            ("method", "users.getLoggedInUser"),
            ("session_key", "key.1"),
            ("format", "JSON"),
        ];
        assert_eq!(
            signed(&of_session).as_deref(),
            Some("d11704c41576d02b9d0df9bee7b14092")
        );
        // md5("format=JSONmethod=users.getInfouids=7shh")
        let of_app = [
            ("method", "users.getInfo"),
            ("uids", "7"),
            ("format", "JSON"),
        ];
        assert_eq!(
            signed(&of_app).as_deref(),
            Some("f87cf8611f3f44f4ae852322f2cf0bcb")
        );
    }
}
