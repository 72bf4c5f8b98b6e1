//! The floors, and what breaks their rules in a set of sources.

use std::collections::HashSet;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::paths::{Path, Reader, path_start};

const FLOORS: [&[&str]; 8] = [
    &["model", "settings", "crypto"],
    &["storage", "http"],
    &["backends", "session", "mail", "hooks"],
    &["pipeline", "outbox"],
    &["exchange"],
    &["api"],
    &["sandbox"],
    &["app", "cli", "main", "lib"],
];
const SANDBOX: usize = 6;
const TOP: usize = 7;
const LONGEST_FILE: usize = 300;

/// Types that one file alone may write out or put methods on.
const GUARDED: [(&str, &str); 3] = [
    ("VerifiedIdentity", "backends/verified.rs"),
    ("NewAssociation", "model/association.rs"),
    ("MovedUid", "model/association_changes.rs"),
];
/// Where the constructors of an association and of its move may be called.
const OF_VERIFIED: [&str; 4] = [
    "model/association.rs",
    "model/association_changes.rs",
    "backends/verified.rs",
    "storage/contract/",
];

/// A file under `src`.
pub(super) struct Source {
    /// Relative to `src`, with `/`.
    pub(super) path: String,
    /// What it holds.
    pub(super) text: String,
}

struct Parsed<'a> {
    source: &'a Source,
    module: Vec<String>,
    tokens: Vec<TokenTree>,
    reader: Reader,
}

/// What breaks the rules, a line each, the file named first.
pub(super) fn breaches(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let mut files = Vec::new();
    for source in sources {
        match TokenStream::from_str(&source.text) {
            Ok(tokens) => files.push(parse(source, tokens)),
            Err(_) => found.push(format!("src/{}: not readable as Rust", source.path)),
        }
    }
    let tests: HashSet<_> = files.iter().flat_map(|file| &file.reader.tests).collect();
    for file in &files {
        let is_test = (1..=file.module.len()).any(|n| tests.contains(&file.module[..n].to_vec()));
        imports(file, is_test, &mut found);
        constructions(file, &file.tokens, &mut found);
        if !is_test {
            length(file, &mut found);
        }
    }
    found
}

fn parse(source: &Source, tokens: TokenStream) -> Parsed<'_> {
    let stem = source.path.trim_end_matches(".rs");
    let mut module: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|name| name == "mod") || stem == "lib" || stem == "main" {
        module.pop();
    }
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut reader = Reader::default();
    reader.read(&tokens, &module);
    Parsed {
        source,
        module,
        tokens,
        reader,
    }
}

fn imports(file: &Parsed<'_>, is_test: bool, found: &mut Vec<String>) {
    let path = &file.source.path;
    let first = path.split('/').next().unwrap_or_default();
    let own = first.trim_end_matches(".rs");
    let Some(floor) = floor_of(own) else {
        found.push(format!("src/{path}: `{own}` has no floor"));
        return;
    };
    for Path { segments, line } in &file.reader.paths {
        let target = segments.first().map_or("the crate's root", String::as_str);
        let allowed = own == target
            || floor == TOP
            || floor_of(target).is_some_and(|below| {
                floor != SANDBOX
                    && (target == "model" || below < floor || is_test && below <= SANDBOX)
            });
        if !allowed {
            found.push(format!("src/{path}:{line}: `{own}` uses `{target}`"));
        }
    }
}

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn constructions(file: &Parsed<'_>, tokens: &[TokenTree], found: &mut Vec<String>) {
    let path = &file.source.path;
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            constructions(file, &inner, found);
        }
        let TokenTree::Ident(name) = token else {
            continue;
        };
        let line = name.span().start().line;
        for (guarded, home) in GUARDED {
            if name != guarded || path == home {
                continue;
            }
            match tokens.get(at + 1) {
                Some(TokenTree::Group(group))
                    if group.delimiter() == Delimiter::Brace && !is_returned(tokens, at) =>
                {
                    found.push(format!("src/{path}:{line}: writes `{guarded} {{`"));
                }
                Some(TokenTree::Ident(alias)) if alias == "as" => {
                    found.push(format!("src/{path}:{line}: gives `{guarded}` another name"));
                }
                _ => {}
            }
        }
        if name == "of_verified"
            && path_start(tokens, at) < at
            && !OF_VERIFIED.iter().any(|home| path.starts_with(home))
        {
            found.push(format!("src/{path}:{line}: calls `::of_verified`"));
        }
    }
}

/// Whether the type, or a reference to it, is what a function returns: the
/// braces are the function's body then.
fn is_returned(tokens: &[TokenTree], at: usize) -> bool {
    let mut before = tokens.get(..path_start(tokens, at)).unwrap_or_default();
    if let [rest @ .., TokenTree::Ident(word)] = before
        && word == "mut"
    {
        before = rest;
    }
    if let [rest @ .., TokenTree::Punct(tick), TokenTree::Ident(_)] = before
        && tick.as_char() == '\''
    {
        before = rest;
    }
    if let [rest @ .., TokenTree::Punct(reference)] = before
        && reference.as_char() == '&'
    {
        before = rest;
    }
    matches!(before, [.., TokenTree::Punct(dash), TokenTree::Punct(tip)]
        if dash.as_char() == '-' && tip.as_char() == '>')
}

fn length(file: &Parsed<'_>, found: &mut Vec<String>) {
    let lines = match file.tokens.as_slice() {
        [
            ..,
            hash @ TokenTree::Punct(_),
            TokenTree::Group(attribute),
            TokenTree::Ident(keyword),
            TokenTree::Ident(_),
            TokenTree::Group(_),
        ] if keyword == "mod" && attribute.stream().to_string() == "cfg (test)" => {
            hash.span().start().line - 1
        }
        _ => file.source.text.lines().count(),
    };
    if lines > LONGEST_FILE {
        let path = &file.source.path;
        found.push(format!(
            "src/{path}: {lines} lines without its tests, {LONGEST_FILE} at most"
        ));
    }
}
