//! The names of all settings that are not python-social-auth's.

/// What precedes our variables.
pub(super) const OUR_PREFIX: &str = "SOCIABLE_";
/// What precedes python-social-auth's variables.
pub(super) const SOCIAL_PREFIX: &str = "SOCIAL_AUTH_";
/// What ends a variable that names a file with the value.
pub(super) const FILE_SUFFIX: &str = "_FILE";

/// Every key with a fixed name.
pub(super) const KEYS: [&str; 36] = [
    "data_dir",
    "providers_dir",
    "server.listen",
    "server.public_url",
    "server.cors_origins",
    "server.workers",
    "server.explain",
    "server.behind_proxy",
    "database.url",
    "database.pool_size",
    "database.readers",
    "http.proxy",
    "http.ca_bundle",
    "http.connect_timeout",
    "http.user_agent",
    "http.resolve",
    "http.prefetch",
    "keys.signing",
    "keys.sealing",
    "session.access_token_lifetime",
    "session.refresh_token_lifetime",
    "session.association_max_auth_age",
    "session.lifetime",
    "session.access_token_format",
    "mail.smtp_url",
    "mail.hook",
    "mail.from",
    "mail.subject",
    "mail.templates",
    "mail.per_address",
    "mail.per_domain",
    "mail.per_sender",
    "log.level",
    "log.format",
    HOOKS,
    CLIENTS,
];

/// The table of hooks, a key whose value is all of them.
pub(super) const HOOKS: &str = "hooks";
/// The table of clients, likewise.
pub(super) const CLIENTS: &str = "clients";
/// The tables whose keys others declare.
pub(super) const SOCIAL_AUTH: &str = "social_auth";
/// The tables of single providers.
pub(super) const PROVIDERS: &str = "providers";
/// The free table under `[social_auth]`.
pub(super) const CUSTOM: &str = "custom";

/// The sections that hold keys of [`KEYS`], each once.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> = KEYS
        .iter()
        .filter_map(|key| key.split_once('.'))
        .map(|(section, _)| section)
        .collect();
    sections.dedup();
    sections
}

/// The variable of one of [`KEYS`].
pub(super) fn our_variable(key: &str) -> String {
    format!("{OUR_PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The variable of a python-social-auth setting, in that project's manner.
///
/// `None` for the backend is the setting of all of them.
pub fn social_variable(backend: Option<&str>, name: &str) -> String {
    match backend {
        Some(backend) => format!(
            "{SOCIAL_PREFIX}{}_{}",
            variable_part(backend),
            variable_part(name)
        ),
        None => format!("{SOCIAL_PREFIX}{}", variable_part(name)),
    }
}

/// The variable of a key of `[social_auth]` or of a provider's section.
pub(super) fn social_variable_of(key: &str) -> Option<String> {
    let mut parts = key.splitn(3, '.');
    match (parts.next()?, parts.next()?, parts.next()) {
        (PROVIDERS, backend, Some(name)) => Some(social_variable(Some(backend), name)),
        (SOCIAL_AUTH, name, None) => Some(social_variable(None, name)),
        _ => None,
    }
}

fn variable_part(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// The key of a python-social-auth setting in a settings file.
pub(super) fn social_key(backend: Option<&str>, name: &str) -> String {
    let name = name.to_lowercase();
    match backend {
        Some(backend) => format!("{PROVIDERS}.{backend}.{name}"),
        None => format!("{SOCIAL_AUTH}.{name}"),
    }
}

/// Whether Kubernetes injects such a variable for a Service of our name.
///
/// A Service's name ends in a letter or a digit, so that the misspelt
/// `SOCIABLE_SERVER__PORT` is none of these.
pub(super) fn is_of_kubernetes(variable: &str) -> bool {
    let service = |name: &str| name.ends_with(|last: char| last.is_ascii_alphanumeric());
    let before = |end: &str| variable.strip_suffix(end).is_some_and(service);
    if before("_SERVICE_HOST") || before("_SERVICE_PORT") || before("_PORT") {
        return true;
    }
    let named_port = variable.split_once("_SERVICE_PORT_");
    let numbered_port = variable
        .split_once("_PORT_")
        .filter(|(_, port)| is_port(port));
    named_port
        .or(numbered_port)
        .is_some_and(|(name, _)| service(name))
}

/// `80_TCP`, `80_TCP_ADDR`, `53_UDP_PORT`, …
fn is_port(text: &str) -> bool {
    let mut parts = text.split('_');
    let number = parts
        .next()
        .is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let protocol = matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"));
    let what = matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"));
    number && protocol && what && parts.next().is_none()
}
