//! A URL to call: where templates may stand in it, and whose word its host is.

use url::Url;

use super::file::SettingKind;
use super::known::Known;
use super::scalar::as_text;
use super::scope::{Scope, from_template};
use super::template::Template;
use super::text::{Part, SEGMENT, Text};
use crate::backends::BackendError;

/// A URL whose host is written in the file, set by the operator, or held
/// against a list.
pub(crate) struct Address {
    text: Text,
    /// How many parts make up scheme and host.
    host_parts: usize,
    hosts: Vec<AllowedHost>,
    from_client: bool,
}

/// A host that an answer or a client may send us to.
enum AllowedHost {
    Exactly(String),
    /// With its dot in front.
    Below(String),
}

impl Address {
    /// Reads a URL; `hosts` is needed where the host is somebody else's word.
    pub(super) fn compile(source: &str, hosts: &[String], known: &Known) -> Result<Self, String> {
        let text = Text::compile(source, known)?;
        let host_parts = host_parts(text.parts(), source)?;
        let mut foreign = false;
        let mut from_client = false;
        for (index, part) in text.parts().iter().take(host_parts).enumerate() {
            if let Part::Template(template) = part {
                foreign |= !is_operators(template, index == 0, known)
                    .map_err(|reason| format!("`{source}`: {reason}"))?;
                from_client |= template.is_client_supplied();
            }
        }
        if foreign && hosts.is_empty() {
            return Err(format!(
                "`{source}`: the host must be written here or come from a setting; one that \
                 an answer or the client gives needs `hosts`"
            ));
        }
        if !foreign && !hosts.is_empty() {
            return Err("`hosts` is for a host that an answer or the client gives".to_owned());
        }
        Ok(Self {
            text,
            host_parts,
            hosts: hosts
                .iter()
                .map(|host| AllowedHost::parse(host))
                .collect::<Result<_, _>>()?,
            from_client,
        })
    }

    /// The URL as text, for clients; `None` when it comes out empty.
    pub(crate) fn as_text(&self, scope: &Scope<'_>) -> Option<String> {
        let mut out = String::new();
        for (index, part) in self.text.parts().iter().enumerate() {
            match part {
                Part::Literal(text) if out.ends_with('/') && index == 1 => {
                    out.push_str(text.strip_prefix('/').unwrap_or(text));
                }
                Part::Literal(text) => out.push_str(text),
                Part::Template(template) => {
                    let text = as_text(&from_template(&template.eval(scope)));
                    match index {
                        0 if text.is_empty() => return None,
                        0 => out.push_str(&text),
                        _ if index < self.host_parts => out.push_str(host_text(&text)?),
                        // Without it another thing of the provider's would be asked.
                        _ if text.is_empty() && is_told(template) => return None,
                        _ => out.extend(percent_encoding::utf8_percent_encode(&text, SEGMENT)),
                    }
                }
            }
        }
        // What a template gives never climbs out of its place in the path.
        let climbs = out.split(['/', '\\', '?', '#']).any(is_dots);
        (!out.is_empty() && !climbs).then_some(out)
    }

    /// The URL to call.
    ///
    /// # Errors
    /// A host beyond the list, or nothing where a part of the path belongs:
    /// `CredentialRejected` where the client named it, else
    /// `MalformedResponse`.
    pub(crate) fn render(&self, scope: &Scope<'_>) -> Result<Url, BackendError> {
        let url = self.as_text(scope).and_then(|url| Url::parse(&url).ok());
        let url = url.filter(|url| self.hosts.is_empty() || self.allows(url));
        url.ok_or_else(|| {
            if self.from_client || self.is_of("token") {
                BackendError::CredentialRejected
            } else if self.text.templates().any(is_told) {
                BackendError::MalformedResponse
            } else {
                BackendError::Misconfigured("a definition's URL is none")
            }
        })
    }

    /// https on its own port, nobody's password, and a host of the list.
    fn allows(&self, url: &Url) -> bool {
        url.scheme() == "https"
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && url
                .domain()
                .is_some_and(|host| self.hosts.iter().any(|allowed| allowed.covers(host)))
    }

    /// Whether this variable, or this member of one, goes into it.
    pub(crate) fn is_of(&self, wanted: &str) -> bool {
        self.text.is_of(wanted)
    }

    /// Whether what stands last in it is a template's.
    pub(crate) fn ends_in_template(&self) -> bool {
        matches!(self.text.parts().last(), Some(Part::Template(_)))
    }
}

/// How many parts make up scheme and host.
fn host_parts(parts: &[Part], source: &str) -> Result<usize, String> {
    let ends = |text: &str| text.contains(['/', '?', '#']);
    match parts {
        [Part::Template(_)] => Ok(1),
        [Part::Template(_), Part::Literal(next), ..] if next.starts_with(['/', '?']) => Ok(1),
        [Part::Template(_), ..] => Err(format!("`{source}`: `/` must follow the base")),
        [Part::Literal(start), rest @ ..] => {
            let after = start
                .strip_prefix("https://")
                .or_else(|| start.strip_prefix("http://"))
                .ok_or_else(|| format!("`{source}` is no https URL"))?;
            if ends(after) {
                return Ok(1);
            }
            let more = rest
                .iter()
                .take_while(|part| !matches!(part, Part::Literal(text) if ends(text)));
            Ok(1 + more.count())
        }
        [] => Err("a URL is needed".to_owned()),
    }
}

/// Whether the operator alone decides what a template in the host gives.
fn is_operators(template: &Template, front: bool, known: &Known) -> Result<bool, String> {
    let mut trusted = true;
    for name in template.reads() {
        match name.split_once('.') {
            Some(("oidc", _)) if front => {}
            Some(("setting", setting)) => {
                let name = setting.split('.').next().unwrap_or_default();
                let fits = match known.setting(name)?.kind {
                    SettingKind::Url => front,
                    SettingKind::Host => !front,
                    // May choose between hosts that are written out.
                    SettingKind::Bool => true,
                    _ => false,
                };
                if !fits {
                    return Err(format!(
                        "`setting.{name}`: at the front of a URL a setting must be of type url, \
                         in its host of type host"
                    ));
                }
            }
            _ => trusted = false,
        }
    }
    Ok(trusted)
}

/// Whether it reads what a provider or a client says.
fn is_told(template: &Template) -> bool {
    let told = ["user", "claims", "token", "token_response", "input"];
    told.iter().any(|name| template.is_of(name))
}

/// A segment that means another one, as URLs are read.
fn is_dots(segment: &str) -> bool {
    matches!(
        segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
        "." | ".."
    )
}

/// What may stand in a host: labels, and a port; `None` for anything else.
fn host_text(text: &str) -> Option<&str> {
    is_host(text).then_some(text)
}

/// Whether a text is a host name or labels of one, with an optional port.
pub(crate) fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.chars().all(plain)
    };
    name.split('.').all(label) && port.parse::<u16>().is_ok_and(|port| port != 0)
}

impl AllowedHost {
    fn parse(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix('.').unwrap_or(text);
        let good = is_host(name)
            && name.contains('.')
            && !name.contains([':', '_'])
            && name.parse::<std::net::IpAddr>().is_err()
            && !name.chars().any(|c| c.is_ascii_uppercase());
        match (good, text.starts_with('.')) {
            (false, _) => Err(format!(
                "hosts: `{text}`: expected \"api.example.com\" or \".example.com\""
            )),
            (true, true) => Ok(Self::Below(text.to_owned())),
            (true, false) => Ok(Self::Exactly(text.to_owned())),
        }
    }

    fn covers(&self, host: &str) -> bool {
        match self {
            Self::Exactly(name) => name == host,
            Self::Below(suffix) => host
                .strip_suffix(suffix)
                .is_some_and(|front| !front.is_empty() && is_host(front)),
        }
    }
}
