//! Usernames: python-social-auth's cleaning, cutting and suffixing.

use crate::model::USERNAME_MAX_LENGTH;

/// How usernames are made, by the settings of those names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsernameRules {
    /// `USERNAME_IS_FULL_EMAIL`: the address is the name, where there is one.
    pub is_full_email: bool,
    /// `UUID_LENGTH`: hex digits added when a name is taken; 32 at most.
    pub uuid_length: usize,
    /// `SLUGIFY_USERNAMES`: lower case, dashes for spaces.
    pub slugify: bool,
    /// `CLEAN_USERNAMES`: drop what does not belong into a name.
    pub clean: bool,
}

impl Default for UsernameRules {
    fn default() -> Self {
        Self {
            is_full_email: false,
            uuid_length: 16,
            slugify: false,
            clean: true,
        }
    }
}

impl UsernameRules {
    /// The name as it was proposed; `None` when nothing of it is left.
    pub fn plain(&self, proposed: &str) -> Option<String> {
        let name = self.finish(&cut(proposed, USERNAME_MAX_LENGTH));
        (!name.is_empty()).then_some(name)
    }

    /// The name with random hex digits at its end, for when it is taken.
    pub fn with_suffix(&self, proposed: &str, hex: &str) -> String {
        let kept = USERNAME_MAX_LENGTH.saturating_sub(self.uuid_length);
        let suffix = cut(hex, self.uuid_length);
        self.finish(&format!("{}{suffix}", cut(proposed, kept)))
    }

    fn finish(&self, name: &str) -> String {
        let cleaned = if self.clean {
            clean(name)
        } else {
            name.to_owned()
        };
        if self.slugify {
            slugify(&cleaned)
        } else {
            cleaned
        }
    }
}

/// Drops non-ASCII, then all but letters, digits and `_.@+-`.
pub fn clean(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '+' | '-'))
        .collect()
}

/// Lower case; letters, digits, `_` and `-` only; a dash for each run of spaces.
fn slugify(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let kept: String = name
        .nfkd()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || c.is_ascii_whitespace())
        .collect();
    let mut slug = String::new();
    for c in kept.trim().to_ascii_lowercase().chars() {
        let dash = c == '-' || c.is_ascii_whitespace();
        if !dash {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_first_and_cleaned_then() {
        let rules = UsernameRules::default();
        assert_eq!(rules.plain("N2 Mid Last2").as_deref(), Some("N2MidLast2"));
        assert_eq!(rules.plain("李小龍"), None);
        assert_eq!(
            rules.plain("l\u{ed}a.o+b@c-d_e!").as_deref(),
            Some("la.o+b@c-d_e")
        );
        let long = format!("é{}", "x".repeat(200));
        assert_eq!(rules.plain(&long).map(|name| name.len()), Some(149));
    }

    #[test]
    fn a_taken_name_keeps_134_characters_and_gains_16_digits() {
        let rules = UsernameRules::default();
        let hex = "0123456789abcdef0123456789abcdef";
        assert_eq!(rules.with_suffix("li", hex), "li0123456789abcdef");
        let name = rules.with_suffix(&"x".repeat(150), hex);
        assert_eq!(name, format!("{}0123456789abcdef", "x".repeat(134)));
        assert_eq!(rules.with_suffix("李", hex), "0123456789abcdef");
    }

    #[test]
    fn slugs_are_lower_case_with_single_dashes() {
        let rules = UsernameRules {
            slugify: true,
            clean: false,
            ..UsernameRules::default()
        };
        assert_eq!(
            rules.plain(" Zoë  Q. Weaver ").as_deref(),
            Some("zoe-q-weaver")
        );
    }
}
