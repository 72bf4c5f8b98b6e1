//! What `[audience]` may say together, and what it must.

use super::{Audience, BindingKind, Expected, Path, Subject, at};

/// Refuses keys that would do nothing for this kind.
pub(super) fn check_keys(audience: &Audience) -> Result<(), (String, String)> {
    let asks = audience.url.is_some();
    if asks != (audience.kind == BindingKind::Introspect) {
        return Err(at("url")(
            "belongs to kind = \"introspect\", and is needed there".to_owned(),
        ));
    }
    let of_calls = [
        ("method", audience.method.is_some()),
        ("token", audience.token.is_some()),
        ("client", audience.client.is_some()),
        ("query", !audience.query.is_empty()),
        ("headers", !audience.headers.is_empty()),
        ("form", !audience.form.is_empty()),
        ("json", !audience.json.is_empty()),
        ("format", audience.format.is_some()),
        ("pick", audience.pick.is_some()),
        ("save_headers", !audience.save_headers.is_empty()),
        ("hosts", !audience.hosts.is_empty()),
    ];
    let of_subjects = [("subject", audience.subject.is_some())];
    let signed = audience.kind == BindingKind::SelfContained;
    let of_signed = [
        ("issuers", !audience.issuers.is_empty()),
        ("jwks", audience.jwks.is_some()),
        ("algorithms", !audience.algorithms.is_empty()),
    ];
    let reads = asks || signed || audience.kind == BindingKind::Profile;
    let of_answers = [
        ("equals", !audience.equals.is_empty()),
        ("expires", audience.expires.is_some()),
    ];
    let idle = of_calls
        .iter()
        .filter(|_| !asks)
        .chain(of_subjects.iter().filter(|_| !asks && !signed))
        .chain(of_signed.iter().filter(|_| !signed))
        .chain(of_answers.iter().filter(|_| !reads))
        .find(|(_, given)| *given);
    match idle {
        Some((key, _)) => Err(at(key)("does nothing for this kind".to_owned())),
        None => Ok(()),
    }
}

/// Refuses a binding that proves nothing.
pub(super) fn check_proof(
    audience: &Audience,
    equals: &[(Path, Expected)],
) -> Result<(), (String, String)> {
    if !matches!(
        audience.kind,
        BindingKind::Introspect | BindingKind::Profile | BindingKind::SelfContained
    ) {
        return Ok(());
    }
    let names_us = |(_, expected): &(Path, Expected)| {
        matches!(expected, Expected::ClientId | Expected::Setting(_))
    };
    if !equals.iter().any(names_us) {
        return Err(at("equals")(
            "one field must equal \"{{ client.key }}\", or a required setting".to_owned(),
        ));
    }
    match (&audience.subject, audience.kind) {
        (None, BindingKind::Introspect | BindingKind::SelfContained) => Err(at("subject")(
            "is needed: whose token is it? (false: the answer names nobody)".to_owned(),
        )),
        (Some(Subject::Is(true)), _) => Err(at("subject")("expected a path, or false".to_owned())),
        _ => Ok(()),
    }
}
