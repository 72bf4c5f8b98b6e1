//! Which variables an expression reads, and which members of them.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Expression;

use super::known::VARIABLES;

/// What an expression reads.
pub(super) struct Reads {
    /// Every chain of names: `user.name.first`, `token`.
    chains: BTreeSet<String>,
    /// The same by variable, for those who build what it reads.
    members: BTreeMap<String, Members>,
}

/// Which of a variable's members are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Members {
    /// Perhaps all of them.
    All,
    /// These alone.
    These(BTreeSet<String>),
}

impl Reads {
    /// What the expression of this source reads.
    pub(super) fn of(expression: &Expression<'_, '_>, source: &str) -> Self {
        let mut chains: BTreeSet<String> =
            expression.undeclared_variables(true).into_iter().collect();
        // Minijinja does not look at what a slice is taken of, nor does it
        // know that a method sees its whole value.
        chains.extend(chains_in(source));
        let mut members = BTreeMap::new();
        for chain in &chains {
            let mut names = chain.split('.');
            let variable = names.next().unwrap_or_default().to_owned();
            let read = members
                .entry(variable)
                .or_insert_with(|| Members::These(BTreeSet::new()));
            match (read, names.next()) {
                (Members::These(these), Some(member)) => {
                    these.insert(member.to_owned());
                }
                (read, None) => *read = Members::All,
                (Members::All, Some(_)) => {}
            }
        }
        Self { chains, members }
    }

    /// Every chain of names that is read: `user.name.first`, `token`.
    pub(super) fn chains(&self) -> impl Iterator<Item = &str> {
        self.chains.iter().map(String::as_str)
    }

    /// Every variable that is read, and which of its members.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &Members)> {
        let members = self.members.iter();
        members.map(|(variable, read)| (variable.as_str(), read))
    }
}

/// Chains of names that start with a variable, texts in quotes aside; of one
/// whose method is called the variable alone.
fn chains_in(source: &str) -> Vec<String> {
    let mut chains = Vec::new();
    let mut quote = None;
    let mut chain = String::new();
    for c in source.chars().chain([' ']) {
        let inside = quote.is_some();
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(_) | None => {}
        }
        // With its dot, a member of something else begins no chain.
        if !inside && (c.is_alphanumeric() || matches!(c, '_' | '.')) {
            chain.push(c);
        } else {
            chains.extend(variable_of(&chain, c));
            chain.clear();
        }
    }
    chains
}

/// A chain, when it is a variable's; `next` is what stands behind it.
fn variable_of(chain: &str, next: char) -> Option<String> {
    let chain = chain.trim_end_matches('.');
    let variable = chain.split('.').next().unwrap_or_default();
    if !VARIABLES.contains(&variable) {
        return None;
    }
    let read = if next == '(' { variable } else { chain };
    Some(read.to_owned())
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;

    use super::*;
    use crate::backends::definition::Definition;

    fn reads(source: &str) -> Reads {
        let templates = Environment::new();
        Reads::of(&templates.compile_expression(source).unwrap(), source)
    }

    #[test]
    fn all_that_an_expression_reads_is_known_slices_and_methods_too() {
        for (source, chains) in [
            ("user.a.b or token", &["token", "user.a.b"][..]),
            ("user.name[1:]", &["user.name"]),
            ("token_response.uid[:3][1:]", &["token_response.uid"]),
            ("user['input'] ~ 'token.x'", &["user"]),
            ("(user.list | first).uid", &["user.list"]),
            ("user.items()", &["user", "user.items"]),
            ("user.mails[0].input", &["user.mails"]),
            ("(user.a)[1:]", &["user.a"]),
        ] {
            let reads = reads(source);
            assert_eq!(reads.chains().collect::<Vec<_>>(), chains, "{source}");
        }
    }

    #[test]
    fn a_variable_that_is_read_itself_is_read_whole() {
        let these =
            |names: &[&str]| Members::These(names.iter().map(|name| (*name).to_owned()).collect());
        for (source, user) in [
            ("user.a.b or user.c[1:]", these(&["a", "c"])),
            ("user.a or user", Members::All),
            ("user or user.a", Members::All),
            ("user[user.a]", Members::All),
            ("user.values()", Members::All),
        ] {
            let reads = reads(source);
            let found = reads.variables().find(|(name, _)| *name == "user");
            assert_eq!(found.unwrap().1, &user, "{source}");
        }
    }

    #[test]
    fn a_slice_of_the_clients_word_is_the_clients_word() {
        let parsed = |id: &str| {
            let text = format!(
                "name = \"example\"\ntitle = \"Example\"\nprotocol = \"oauth2\"\n\
                 [[call]]\nurl = \"https://api.example/user\"\n[user]\nid = \"{id}\"\n"
            );
            Definition::parse("example.toml", &text)
        };
        assert!(parsed("{{ user.id[1:] }}").is_ok());
        for id in ["{{ token_response.id[1:] }}", "{{ input['id'][1:] }}"] {
            let error = parsed(id).err().unwrap();
            assert!(error.reason.contains("a client may not say"), "{error}");
        }
    }
}
