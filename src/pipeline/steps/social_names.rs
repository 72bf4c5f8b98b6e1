//! Completes names: splits a full one, or joins its parts.

use async_trait::async_trait;

use crate::model::Details;
use crate::pipeline::{AuthError, Context, Outcome, PipelineSettings, Step, Strategy, Update};

/// Fills in the names that the provider did not give.
pub(super) struct SocialNames;

#[async_trait]
impl Step for SocialNames {
    fn name(&self) -> &'static str {
        "social_names"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if !strategy.backend()?.completes_names() {
            return Ok(Outcome::Continue);
        }
        Ok(Update {
            details: Some(complete(ctx.details.clone(), strategy.settings)),
            ..Update::default()
        }
        .into())
    }
}

/// A name that stays unknown is left as it was given: absent, or empty.
pub(in crate::pipeline) fn complete(mut details: Details, settings: &PipelineSettings) -> Details {
    let strip = |name: &Option<String>| name.as_deref().unwrap_or_default().trim().to_owned();
    let mut full = strip(&details.fullname);
    let mut first = strip(&details.first_name);
    let mut last = strip(&details.last_name);
    if settings.firstlast_from_full && !full.is_empty() && first.is_empty() && last.is_empty() {
        let (head, rest) = full.split_once(' ').unwrap_or((&full, ""));
        head.trim().clone_into(&mut first);
        rest.trim().clone_into(&mut last);
    }
    if settings.full_from_firstlast && full.is_empty() {
        full = join(&first, &last);
    }
    let keep = |slot: &mut Option<String>, name: String| {
        if !name.is_empty() || slot.is_some() {
            *slot = Some(name);
        }
    };
    keep(&mut details.fullname, full);
    keep(&mut details.first_name, first);
    keep(&mut details.last_name, last);
    details
}

/// A last name that holds the first one already is the full name.
fn join(first: &str, last: &str) -> String {
    let first_parts: Vec<&str> = first.split_whitespace().collect();
    let last_parts: Vec<&str> = last.split_whitespace().collect();
    let holds = !first_parts.is_empty()
        && last_parts
            .windows(first_parts.len())
            .any(|parts| parts == first_parts.as_slice());
    if holds {
        return last.to_owned();
    }
    format!("{first} {last}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(full: Option<&str>, first: Option<&str>, last: Option<&str>) -> [Option<String>; 3] {
        let details = Details {
            fullname: full.map(str::to_owned),
            first_name: first.map(str::to_owned),
            last_name: last.map(str::to_owned),
            ..Details::default()
        };
        let settings = PipelineSettings {
            firstlast_from_full: true,
            full_from_firstlast: true,
            ..PipelineSettings::default()
        };
        let done = complete(details, &settings);
        [done.fullname, done.first_name, done.last_name]
    }

    fn some(names: [&str; 3]) -> [Option<String>; 3] {
        names.map(|name| (!name.is_empty()).then(|| name.to_owned()))
    }

    #[test]
    fn a_full_name_is_split_at_the_first_ascii_space_only() {
        assert_eq!(
            names(Some("N7 Mid Last7"), None, None),
            some(["N7 Mid Last7", "N7", "Mid Last7"])
        );
        assert_eq!(
            names(Some("李小龍"), None, None),
            some(["李小龍", "李小龍", ""])
        );
        assert_eq!(names(Some("a\tb"), None, None), some(["a\tb", "a\tb", ""]));
        assert_eq!(
            names(Some("a\u{a0}b c"), None, None),
            some(["a\u{a0}b c", "a\u{a0}b", "c"])
        );
    }

    #[test]
    fn parts_are_joined_and_given_parts_stay() {
        assert_eq!(names(None, Some(" A "), Some("B")), some(["A B", "A", "B"]));
        assert_eq!(
            names(None, Some("Ana"), Some("Ana Silva")),
            some(["Ana Silva", "Ana", "Ana Silva"])
        );
        assert_eq!(names(Some("X Y"), Some("A"), None), some(["X Y", "A", ""]));
    }

    #[test]
    fn what_nobody_knows_stays_absent() {
        assert_eq!(names(None, None, None), [None, None, None]);
        assert_eq!(
            names(Some(""), None, None),
            [Some(String::new()), None, None]
        );
    }
}
