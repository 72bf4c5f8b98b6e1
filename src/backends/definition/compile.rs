//! From a file's tables to a definition: every key is checked here, at start.

use std::collections::BTreeMap;

use super::code::code_of;
use super::declared::Declared;
use super::file::{self, File};
use super::keys::method;
use super::known::Known;
use super::tokens::refresh;
use super::{
    Address, Binding, BindingKind, Call, Definition, Endpoints, Exchange, IdToken, PinnedOpenId,
    Protocol, Readings, Refused, Revoke, SettingKind, SettingSpec, SignedPayload, Text, Trouble,
    is_host,
};
use crate::backends::provider_code::ProviderCodes;
use crate::model::PROVIDER_MAX_LENGTH;

impl Definition {
    /// Compiles a file; `Err` names the key and the reason.
    pub(super) fn compile(file: File, codes: &ProviderCodes) -> Result<Self, Refused> {
        check_words(&file)?;
        let declared = Declared::of(&file);
        check_settings(&file.settings)?;
        let known = known(&file);
        let (hook, own_code) = code_of(&file, codes)?;
        let verifying = known.with_code(hook);
        let token_endpoint = file.endpoints.token.clone();
        let calls = calls(file.call, &verifying)?;
        let binding = Binding::compile(file.audience, &verifying)?;
        check_secret_proof(&binding, &calls)?;
        let payload = SignedPayload::of(file.payload, file.protocol)?;
        let needs_secret = file.protocol == Protocol::OAuth1
            || payload.is_some()
            || calls.iter().chain(&binding.call).any(Call::needs_secret);
        let exchange = exchange(&file.endpoints, (file.protocol, file.exchange), &known)?;
        let id_token = id_token(file.id_token, file.protocol, &known)?;
        let openid = PinnedOpenId::compile(file.openid, file.protocol)?;
        let refresh = file
            .refresh
            .map(|table| refresh(table, token_endpoint.as_deref(), &known))
            .transpose()?;
        let revoke = file
            .revoke
            .map(|table| Revoke::compile(table, &known))
            .transpose()?;
        let trouble = file
            .error
            .map(|table| Trouble::compile(&table, &known))
            .transpose()?;
        Ok(Self {
            name: file.name,
            title: file.title,
            protocol: file.protocol,
            status: file.status,
            status_note: file.status_note,
            aliases: file.aliases,
            declared,
            endpoints: Endpoints::compile(file.endpoints, &known)?,
            scope: file.scope.default,
            scope_separator: file.scope.separator,
            scope_param: file.scope.param,
            association_only: file.association_only,
            calls,
            own_code,
            readings: Readings::compile(file.user, file.extra, file.option, &known)?,
            sealed: file.sealed,
            binding,
            trouble,
            exchange,
            id_token,
            openid,
            token_begins: file.begins.access_token,
            code_begins: file.begins.code,
            refresh,
            revoke,
            payload,
            needs_secret,
            settings: known.settings,
        })
    }
}

/// How codes are exchanged; `None` where no endpoint would take one.
fn exchange(
    endpoints: &file::Endpoints,
    (protocol, table): (Protocol, Option<file::Exchange>),
    known: &Known,
) -> Result<Option<Exchange>, Refused> {
    let has_endpoint = match protocol {
        Protocol::OAuth2 => endpoints.token.is_some(),
        Protocol::Oidc => endpoints.token.is_some() || known.discovers,
        Protocol::OAuth1 | Protocol::OpenId2 | Protocol::Payload => false,
    };
    let compiled = table.map(|table| Exchange::compile(table, known));
    match compiled.transpose()? {
        Some(_) if !has_endpoint => Err((
            "[endpoints].token".to_owned(),
            "is needed: [exchange] says how it is asked".to_owned(),
        )),
        Some(exchange) => Ok(Some(exchange)),
        None => Ok(has_endpoint.then(|| Exchange::standard(protocol))),
    }
}

impl Endpoints {
    fn compile(endpoints: file::Endpoints, known: &Known) -> Result<Self, Refused> {
        let address = |key: &str, url: Option<String>| {
            url.map(|url| Address::compile(&url, &[], known))
                .transpose()
                .map_err(|reason| (format!("[endpoints].{key}"), reason))
        };
        let has_legs = endpoints.request_token.is_some();
        let leg = |key: &str, given: Option<String>| {
            let refuse = |reason: String| (format!("[endpoints].{key}"), reason);
            match given {
                Some(_) if !has_legs => Err(refuse("belongs to `request_token`".to_owned())),
                given => method(given.as_deref().or(Some("POST"))).map_err(refuse),
            }
        };
        Ok(Self {
            request_token_method: leg("request_token_method", endpoints.request_token_method)?,
            token_method: leg("token_method", endpoints.token_method)?,
            authorize: address("authorize", endpoints.authorize)?,
            token: address("token", endpoints.token)?,
            request_token: address("request_token", endpoints.request_token)?,
            issuer: address("issuer", endpoints.issuer)?,
            discovery: address("discovery", endpoints.discovery)?,
            openid: address("openid", endpoints.openid)?,
        })
    }
}

fn calls(calls: Vec<file::Call>, known: &Known) -> Result<Vec<Call>, Refused> {
    calls
        .into_iter()
        .enumerate()
        .map(|(index, call)| match index {
            0 => Call::compile(call, "[[call]]", known),
            _ => Call::compile(call, &format!("[[call]] {}", index + 1), known),
        })
        .collect()
}

/// `[id_token]`; what OpenID Connect says, where the file leaves it at that.
fn id_token(
    table: Option<file::IdToken>,
    protocol: Protocol,
    known: &Known,
) -> Result<Option<IdToken>, Refused> {
    match table {
        Some(table) => IdToken::compile(table, known).map(Some),
        None if protocol == Protocol::Oidc && known.discovers => {
            IdToken::of_discovery(known).map(Some)
        }
        None => Ok(None),
    }
}

/// What the file's templates may name.
fn known(file: &File) -> Known {
    Known {
        settings: file.settings.clone(),
        discovers: file.endpoints.issuer.is_some() || file.endpoints.discovery.is_some(),
        has_uid: file.protocol == Protocol::OpenId2,
        code: None,
    }
}

/// Plain words: where a template would stand for itself, and stay unread.
fn check_words(file: &File) -> Result<(), Refused> {
    let words = [
        ("name", vec![&file.name]),
        ("title", vec![&file.title]),
        ("status_note", file.status_note.iter().collect()),
        ("aliases", file.aliases.iter().collect()),
        ("sealed", file.sealed.iter().collect()),
        ("[scope].default", file.scope.default.iter().collect()),
        ("[scope].separator", vec![&file.scope.separator]),
        ("[scope].param", vec![&file.scope.param]),
    ];
    for (key, texts) in words {
        if texts.into_iter().any(|text| Text::is_template(text)) {
            return Err((key.to_owned(), "no template can stand here".to_owned()));
        }
    }
    for (index, alias) in file.aliases.iter().enumerate() {
        let refuse = |reason: &str| Err(("aliases".to_owned(), format!("`{alias}` {reason}")));
        if alias.is_empty() || alias.chars().count() > PROVIDER_MAX_LENGTH {
            return refuse("is empty or too long for a name");
        }
        if *alias == file.name
            || file
                .aliases
                .iter()
                .skip(index + 1)
                .any(|other| other == alias)
        {
            return refuse("is said twice");
        }
    }
    Ok(())
}

fn check_settings(settings: &BTreeMap<String, SettingSpec>) -> Result<(), Refused> {
    for (name, spec) in settings {
        check_setting(spec).map_err(|reason| (format!("[settings].{name}"), reason))?;
    }
    Ok(())
}

/// A default must be what the operator could set.
fn check_setting(spec: &SettingSpec) -> Result<(), String> {
    let Some(default) = &spec.default else {
        return Ok(());
    };
    if spec.required {
        return Err("what has a default is never required".to_owned());
    }
    let fits = match (spec.kind, default) {
        (SettingKind::String, toml::Value::String(_))
        | (SettingKind::Bool, toml::Value::Boolean(_))
        | (SettingKind::Int, toml::Value::Integer(_)) => true,
        (SettingKind::Url, toml::Value::String(url)) => {
            let parsed = url::Url::parse(url);
            parsed.is_ok_and(|url| url.scheme() == "https") && !url.ends_with('/')
        }
        (SettingKind::Host, toml::Value::String(host)) => is_host(host),
        (SettingKind::List, toml::Value::Array(items)) => {
            items.iter().all(|item| item.as_str().is_some())
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err("the default is not of that type (a url has no slash at its end)".to_owned())
    }
}

/// A proof by our secret needs a call that our secret goes into.
fn check_secret_proof(binding: &Binding, calls: &[Call]) -> Result<(), Refused> {
    if binding.kind != BindingKind::SecretProof || calls.is_empty() {
        return Ok(());
    }
    if calls.iter().any(Call::proves_our_app) {
        return Ok(());
    }
    Err((
        "[audience].kind".to_owned(),
        "secret_proof needs a call that is always made with our secret".to_owned(),
    ))
}
