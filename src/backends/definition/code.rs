//! `code = "…"`: which code does what the file cannot say.

use super::file::File;
use super::{BindingKind, Protocol, Refused, the_nearest};
use crate::backends::code::{self, Code};
use crate::backends::provider_code::{OwnCode, ProviderCodes};

/// The hook of ours that the file names, or a team's own code.
pub(super) fn code_of(
    file: &File,
    codes: &ProviderCodes,
) -> Result<(Option<&'static dyn Code>, Option<OwnCode>), Refused> {
    let Some(name) = file.code.as_deref() else {
        return Ok((None, None));
    };
    if let Some(ours) = code::find(name) {
        return Ok((Some(ours), None));
    }
    let Some(own) = codes.find(name) else {
        let known: Vec<String> = code::names().map(str::to_owned).collect();
        let known = known.iter().map(String::as_str).chain(codes.names());
        let nearest = the_nearest(name, known);
        let reason = format!("no hook is called `{name}`{nearest}");
        return Err(("code".to_owned(), reason));
    };
    check_place(file)?;
    Ok((None, Some(own)))
}

/// Own code asks with a token, in place of calls. What it does with our secret
/// nobody can check, so that proves nothing.
fn check_place(file: &File) -> Result<(), Refused> {
    let refuse = |key: &str, reason: &str| Err((key.to_owned(), reason.to_owned()));
    if !file.call.is_empty() {
        return refuse("[[call]]", "the code asks in its place: leave it out");
    }
    if matches!(file.protocol, Protocol::OpenId2 | Protocol::Payload) {
        return refuse(
            "code",
            "code of one's own asks with a token, and there is none",
        );
    }
    match &file.audience {
        Some(audience) if audience.kind == BindingKind::SecretProof => refuse(
            "[audience].kind",
            "secret_proof is for calls that the file writes: here nobody can check it",
        ),
        _ => Ok(()),
    }
}
