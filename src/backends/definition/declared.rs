//! What a file says to those who read about it, beside the engine's part.

use super::BindingKind;
use super::file::{File, Subject};

/// A file's words for people; kept as they are written.
pub(crate) struct Declared {
    /// The provider's own documentation; `None` when the file names none.
    pub(crate) docs: Option<String>,
    /// Whether the file says where an address is called verified.
    pub(crate) trusts_email: bool,
    /// The word of `[audience].kind`; `none` without that table.
    pub(crate) binding: &'static str,
    /// Paths of the binding's answer that are looked at, from its top, sorted.
    pub(crate) bound_by: Vec<String>,
}

impl Declared {
    /// Reads a file that was not compiled yet.
    pub(super) fn of(file: &File) -> Self {
        let audience = file.audience.as_ref();
        Self {
            docs: file.docs.clone(),
            trusts_email: file.user.email_verified.is_some(),
            binding: audience
                .map_or(BindingKind::None, |audience| audience.kind)
                .name(),
            bound_by: bound_by(file),
        }
    }
}

fn bound_by(file: &File) -> Vec<String> {
    let Some(audience) = &file.audience else {
        return Vec::new();
    };
    let pick = audience.pick.as_ref();
    let pick = pick.map_or_else(String::new, |pick| format!("{pick}."));
    let subject = match &audience.subject {
        Some(Subject::At(path)) => Some(path),
        Some(Subject::Is(_)) | None => None,
    };
    let equals = audience.equals.keys();
    let mut fields: Vec<String> = equals
        .chain(subject)
        .chain(&audience.expires)
        .map(|field| format!("{pick}{field}"))
        .collect();
    fields.sort();
    fields
}
