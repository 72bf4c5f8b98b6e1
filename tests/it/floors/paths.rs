//! The paths that lead through a crate's root, wherever they stand.

use proc_macro2::{Delimiter, TokenTree};

/// A path from the crate's root.
pub(super) struct Path {
    /// Its names; `*` for a glob.
    pub(super) segments: Vec<String>,
    /// The line it begins at.
    pub(super) line: usize,
}

/// What reading a file's tokens gathers.
#[derive(Default)]
pub(super) struct Reader {
    /// Paths written with `crate::`, or with `super::` or `self::`.
    pub(super) paths: Vec<Path>,
    /// Modules in files of their own that only tests have.
    pub(super) tests: Vec<Vec<String>>,
}

impl Reader {
    /// Reads the tokens of a module, and of the modules written inside it.
    pub(super) fn read(&mut self, tokens: &[TokenTree], module: &[String]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at = match token {
                TokenTree::Ident(word) if word == "pub" && is_visibility(tokens.get(at + 1)) => {
                    at + 2
                }
                TokenTree::Ident(word) if word == "mod" => self.module(tokens, at, module),
                TokenTree::Ident(word)
                    if (word == "crate" || word == "super" || word == "self")
                        && (is_path_separator(tokens, at + 1) || is_renamed(tokens, at)) =>
                {
                    let line = word.span().start().line;
                    self.path(tokens, at, module.to_vec(), line)
                }
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.read(&inner, module);
                    at + 1
                }
                _ => at + 1,
            };
        }
    }

    /// Reads `mod name { … }` or `mod name;` at its keyword; where to go on.
    fn module(&mut self, tokens: &[TokenTree], at: usize, module: &[String]) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else {
            return at + 1;
        };
        let mut path = module.to_vec();
        path.push(name.to_string());
        match tokens.get(at + 2) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                self.read(&inner, &path);
                at + 3
            }
            _ => {
                if is_for_tests(tokens, at) {
                    self.tests.push(path);
                }
                at + 2
            }
        }
    }

    /// Reads a path or a tree of them; where to go on.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        mut at: usize,
        mut base: Vec<String>,
        line: usize,
    ) -> usize {
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(word)) if word == "crate" => base.clear(),
                Some(TokenTree::Ident(word)) if word == "super" => drop(base.pop()),
                Some(TokenTree::Ident(word)) if word == "self" => {}
                Some(TokenTree::Ident(word)) => base.push(word.to_string()),
                Some(TokenTree::Punct(star)) if star.as_char() == '*' => base.push("*".to_owned()),
                Some(TokenTree::Group(tree)) if tree.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = tree.stream().into_iter().collect();
                    for part in inner.split(is_comma) {
                        if let Some(first) = part.first() {
                            self.path(part, 0, base.clone(), first.span().start().line);
                        }
                    }
                    return at + 1;
                }
                _ => break,
            }
            at += 1;
            if !is_path_separator(tokens, at) {
                break;
            }
            at += 2;
        }
        self.paths.push(Path {
            segments: base,
            line,
        });
        at
    }
}

/// Where the path begins whose last name is at `at`.
pub(super) fn path_start(tokens: &[TokenTree], mut at: usize) -> usize {
    while at >= 3
        && is_path_separator(tokens, at - 2)
        && matches!(tokens.get(at - 3), Some(TokenTree::Ident(_)))
    {
        at -= 3;
    }
    at
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at..at + 2), Some([TokenTree::Punct(one), TokenTree::Punct(two)])
        if one.as_char() == ':' && two.as_char() == ':')
}

/// Whether this is `crate as …`, which would hide what comes after it.
fn is_renamed(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at..at + 2), Some([TokenTree::Ident(root), TokenTree::Ident(word)])
        if root == "crate" && word == "as")
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')
}

/// Whether this follows `pub` as in `pub(in crate::backends)`: no import.
fn is_visibility(token: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = token else {
        return false;
    };
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    match inner.as_slice() {
        [TokenTree::Ident(only)] => only == "crate" || only == "super" || only == "self",
        [TokenTree::Ident(first), ..] => first == "in",
        _ => false,
    }
}

/// Whether `#[cfg(test)]` stands among the attributes of the item at `at`.
fn is_for_tests(tokens: &[TokenTree], at: usize) -> bool {
    let mut before = tokens.get(..at).unwrap_or_default();
    loop {
        before = match before {
            [rest @ .., TokenTree::Ident(word)] if word == "pub" => rest,
            [rest @ .., TokenTree::Ident(word), TokenTree::Group(_)] if word == "pub" => rest,
            [
                rest @ ..,
                TokenTree::Punct(hash),
                TokenTree::Group(attribute),
            ] if hash.as_char() == '#' => {
                if attribute.stream().to_string() == "cfg (test)" {
                    return true;
                }
                rest
            }
            _ => return false,
        };
    }
}
