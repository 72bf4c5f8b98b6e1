//! Last.fm: `api_sig` over the sorted parameters and our secret.

use super::digest::{md5_hex, sorted};
use super::{Code, Keys, Parameters};

/// Signs with MD5 of the parameters and our secret.
#[derive(Debug)]
pub(super) struct Lastfm;

impl Code for Lastfm {
    fn name(&self) -> &'static str {
        "lastfm"
    }

    fn signs(&self) -> bool {
        true
    }

    fn sign(&self, parameters: &mut Parameters, keys: &Keys<'_>) {
        // What only shapes the answer is not signed.
        let signed = sorted(parameters, &["format", "callback"], "");
        let signature = md5_hex(&format!("{signed}{}", keys.secret));
        parameters.push(("api_sig".to_owned(), signature));
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
        Lastfm.sign(&mut parameters, &Keys { secret, token });
        parameters
    }

    #[test]
    fn all_but_the_answers_format_is_signed_with_our_secret_at_the_end() {
        let parameters = [
            ("sk", "tok.1"),
            ("method", "user.getInfo"),
            ("format", "json"),
            ("api_key", "k"),
        ];
        // md5("api_keykmethoduser.getInfosktok.1shh")
        let expected = (
            "api_sig".to_owned(),
            "1d338a2b5122ce65350ed3dd75b9e0ef".to_owned(),
        );
        assert_eq!(signed(&parameters, "shh", "tok.1").last(), Some(&expected));
        assert_ne!(
            signed(&parameters, "other", "tok.1").last(),
            Some(&expected)
        );
    }
}
