//! Mail.ru (My World): `sig` over the sorted parameters and our secret.

use super::digest::{md5_hex, sorted};
use super::{Code, Keys, Parameters};

/// Signs with MD5 of the parameters and our secret, as servers do.
#[derive(Debug)]
pub(super) struct Mailru;

impl Code for Mailru {
    fn name(&self) -> &'static str {
        "mailru"
    }

    fn signs(&self) -> bool {
        true
    }

    fn sign(&self, parameters: &mut Parameters, keys: &Keys<'_>) {
        let signed = sorted(parameters, &[], "=");
        let signature = md5_hex(&format!("{signed}{}", keys.secret));
        parameters.push(("sig".to_owned(), signature));
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
        Mailru.sign(&mut parameters, &Keys { secret, token });
        parameters
    }

    #[test]
    fn all_parameters_are_signed_with_our_secret_at_the_end() {
        let parameters = [
            ("session_key", "tok.1"),
            ("method", "users.getInfo"),
            ("secure", "1"),
            ("app_id", "7"),
        ];
        // md5("app_id=7method=users.getInfosecure=1session_key=tok.1shh")
        let expected = (
            "sig".to_owned(),
            "f403386bfed81a703fb24d58bf57d599".to_owned(),
        );
        assert_eq!(signed(&parameters, "shh", "tok.1").last(), Some(&expected));
        assert_ne!(
            signed(&parameters, "other", "tok.1").last(),
            Some(&expected)
        );
    }
}
