//! Where a provider may send a person back to: an exact list of the operator's.
//!
//! Texts are compared byte by byte (RFC 9700 §2.1): nothing is decoded,
//! normalised or resolved, because whatever two parsers read differently is a
//! way out of the list. The one exception is the port of a native app's
//! loopback address (RFC 8252 §7.3), where the entry names none.

use std::num::NonZeroU16;

use url::{Host, Url};

use super::RegistryError;
use super::build::Builder;

/// What Google's script takes instead of an address: the code is handed to
/// the page that asked for it.
const POST_MESSAGE: &str = "postmessage";
/// Loopback addresses that may have any port; `localhost` may be another's.
const LOOPBACKS: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];
/// Schemes that a browser runs or reads as a document, or that name a file.
const SCHEMES_THAT_ACT: [&str; 8] = [
    "javascript",
    "data",
    "vbscript",
    "blob",
    "file",
    "about",
    "view-source",
    "filesystem",
];

/// The addresses that one provider may send a person back to.
///
/// The empty one stands for SDKs that hand over a code without any.
#[derive(Debug, Clone, Default)]
pub(super) struct RedirectUris(Vec<String>);

impl RedirectUris {
    /// The list, each entry checked.
    ///
    /// # Errors
    /// What is wrong with an entry, for the operator.
    pub(super) fn new(entries: Vec<String>) -> Result<Self, String> {
        for entry in &entries {
            check(entry).map_err(|problem| format!("`{entry}` {problem}"))?;
        }
        Ok(Self(entries))
    }

    /// Whether none is listed.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The list as it is written.
    pub(super) fn entries(&self) -> &[String] {
        &self.0
    }

    /// Whether the operator lists this address; `""` stands for none at all.
    pub(super) fn allows(&self, redirect_uri: &str) -> bool {
        self.0
            .iter()
            .any(|entry| entry == redirect_uri || is_same_but_for_port(entry, redirect_uri))
    }
}

impl Builder<'_> {
    /// `REDIRECT_URIS` of a backend, else those for all.
    pub(super) fn redirect_uris(&self, name: &str) -> Result<RedirectUris, RegistryError> {
        let setting = "REDIRECT_URIS";
        let entries = self.settings.texts(Some(name), setting)?;
        RedirectUris::new(entries.unwrap_or_default())
            .map_err(|problem| self.settings.refused(Some(name), setting, &problem).into())
    }
}

/// Whether `given` is the loopback address `entry`, at any port.
fn is_same_but_for_port(entry: &str, given: &str) -> bool {
    LOOPBACKS.into_iter().any(|origin| {
        let rest = entry.strip_prefix(origin);
        let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        let given = given
            .strip_prefix(origin)
            .and_then(|after| after.strip_prefix(':'));
        let (Some(rest), Some(given)) = (rest, given) else {
            return false;
        };
        given.strip_suffix(rest).is_some_and(is_port)
    })
}

/// One to five digits, as a client writes a port: no sign, no leading zero.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
        && text.parse::<NonZeroU16>().is_ok()
}

/// Refuses what no client should be sent back to, and what two programs may
/// read differently.
fn check(entry: &str) -> Result<(), &'static str> {
    if entry.is_empty() || entry == POST_MESSAGE {
        return Ok(());
    }
    if entry.contains('*') {
        return Err("has a wildcard: each address is listed in full");
    }
    if !entry.bytes().all(|byte| byte.is_ascii_graphic()) || entry.contains('\\') {
        return Err("is not plain ASCII: write other hosts as xn--…, and no spaces");
    }
    let url = Url::parse(entry).map_err(|_not_one| "is no absolute URL")?;
    if url.fragment().is_some() {
        return Err("has a fragment, which RFC 6749 forbids");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("names a user: what stands before `@` is no host");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("is http: only a loopback address may be"),
        scheme if SCHEMES_THAT_ACT.contains(&scheme) => return Err("has a scheme that acts"),
        // An app's own scheme: how its rest reads is the app's affair.
        _ if entry.split('/').any(|part| part == "..") => return Err("has `..` in its path"),
        _ => return Ok(()),
    }
    let read = url.as_str();
    if read != entry && read.strip_suffix('/') != Some(entry) {
        return Err(
            "is not written as a browser sends it: host in lower case, no `..`, no default port",
        );
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> RedirectUris {
        RedirectUris::new(entries.iter().map(|one| (*one).to_owned()).collect()).unwrap()
    }

    #[test]
    fn code_5_only_the_very_text_of_an_entry_is_allowed() {
        let entry = "https://app.example/callback";
        let allowed = list(&[entry]);
        assert!(allowed.allows(entry));
        for given in [
            "",
            "https://app.example",
            "https://app.example/",
            "https://app.example/callbac",
            "https://app.example/callback/",
            "https://app.example/callback2",
            "https://app.example/callback?x=1",
            "https://app.example/callback#x",
            "https://app.example/callback/../other",
            "https://app.example/x/../callback",
            "https://app.example/%2e%2e/callback",
            "https://app.example/%63allback",
            "https://app.example/Callback",
            "https://APP.example/callback",
            "HTTPS://app.example/callback",
            "https://app.example:443/callback",
            "https://app.example:8443/callback",
            "https://user@app.example/callback",
            "https://app.example@evil.example/callback",
            "https://app.example.evil.example/callback",
            "https://evil.example/https://app.example/callback",
            "https://\u{430}pp.example/callback",
            "https://app.example\\@evil.example/callback",
            " https://app.example/callback",
            "http://app.example/callback",
            "javascript:alert(1)//https://app.example/callback",
            "//app.example/callback",
        ] {
            assert!(!allowed.allows(given), "{given}");
        }
        assert!(!list(&[]).allows(entry));
        assert!(!list(&[]).allows(""));
    }

    #[test]
    fn code_5_a_loopback_address_without_a_port_stands_for_any_port() {
        let allowed = list(&["http://127.0.0.1/cb", "http://[::1]/cb", "http://127.0.0.1"]);
        for given in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:1/cb",
            "http://127.0.0.1:65535/cb",
            "http://[::1]:51004/cb",
            "http://127.0.0.1:51004",
        ] {
            assert!(allowed.allows(given), "{given}");
        }
        for given in [
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:+80/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1:80/x/cb",
            "http://127.0.0.1:80/cb?x",
            "http://127.0.0.1.evil.example:80/cb",
            "http://127.0.0.2:80/cb",
            "http://localhost:80/cb",
            "https://127.0.0.1:80/cb",
        ] {
            assert!(!allowed.allows(given), "{given}");
        }
    }

    #[test]
    fn code_5_a_loopback_address_with_a_port_or_a_name_stands_for_itself() {
        let allowed = list(&["http://127.0.0.1:4000/cb", "http://localhost/cb"]);
        assert!(allowed.allows("http://127.0.0.1:4000/cb"));
        assert!(allowed.allows("http://localhost/cb"));
        assert!(!allowed.allows("http://127.0.0.1:4001/cb"));
        assert!(!allowed.allows("http://127.0.0.1:4000:80/cb"));
        assert!(!allowed.allows("http://localhost:80/cb"));
        // Only loopback has ports to choose from.
        assert!(!list(&["https://app.example/cb"]).allows("https://app.example:444/cb"));
    }

    #[test]
    fn code_5_an_entry_that_two_programs_may_read_differently_is_refused() {
        for (entry, problem) in [
            ("/callback", "no absolute URL"),
            ("https://*.app.example/cb", "wildcard"),
            ("https://app.example/*", "wildcard"),
            ("https://app.example/cb#x", "fragment"),
            ("https://user@app.example/cb", "user"),
            ("https://:pass@app.example/cb", "user"),
            ("https://app.example/a/../cb", "as a browser"),
            ("https://app.example/%2e%2e/cb", "as a browser"),
            ("https://APP.example/cb", "as a browser"),
            ("https://app.example:443/cb", "as a browser"),
            ("https://\u{430}pp.example/cb", "ASCII"),
            ("https://app.example/a b", "ASCII"),
            ("https://app.example\\cb", "ASCII"),
            ("http://app.example/cb", "only a loopback"),
            ("http://127.0.0.1.evil.example/cb", "only a loopback"),
            ("http://10.0.0.1/cb", "only a loopback"),
            ("javascript:alert(1)", "acts"),
            ("JavaScript:alert(1)", "acts"),
            ("data:text/html,x", "acts"),
            ("file:///etc/passwd", "acts"),
            ("com.example.app:/../x", ".."),
        ] {
            let refused = RedirectUris::new(vec![entry.to_owned()]).unwrap_err();
            assert!(refused.contains(problem), "{entry}: {refused}");
        }
    }

    #[test]
    fn apps_of_all_kinds_can_be_listed() {
        for entry in [
            "",
            "https://app.example",
            "https://app.example/",
            "https://app.example:8443/cb?tenant=1",
            "https://xn--pp-fka.example/cb",
            "http://localhost:3000/cb",
            "http://127.0.0.1",
            "com.example.app:/oauth2redirect",
            "com.googleusercontent.apps.123-abc:/oauth2redirect",
            "fb123://authorize",
            "postmessage",
        ] {
            assert!(list(&[entry]).allows(entry), "{entry}");
        }
    }
}
