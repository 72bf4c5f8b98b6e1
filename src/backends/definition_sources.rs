//! Where definitions come from, beside the shipped files.

use std::path::Path;

use super::ProviderCodes;

/// A definition that comes with the program, beside the shipped ones.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    /// The file's name.
    pub file: &'static str,
    /// The file's text.
    pub text: &'static str,
}

/// Where definitions come from, beside the shipped ones.
#[derive(Debug, Clone, Copy)]
pub struct DefinitionSources<'a> {
    /// Those that come with the program.
    pub bundled: &'a [Bundled],
    /// An operator's own files; one of a shipped name replaces it. `None`
    /// where there are none.
    pub providers_dir: Option<&'a Path>,
    /// The code of a team's own that they may name.
    pub codes: &'a ProviderCodes,
}
