//! The token language: a token says how the sandbox shall answer to it.
//!
//! | token | what it stands for |
//! |---|---|
//! | `alice` `bob` `carol` | complete profiles |
//! | `dave` `erin` `li` | no e-mail; e-mail not verified; full name only |
//! | `user-<n>` | a person for each number of 1 to 9 digits |
//! | `namesake-<n>` | the same, but all prefer the username `namesake` |
//! | `uid:<text>` | a person whose `sub` is that text, percent-decoded |
//! | `sub:<json>` | a person whose `sub` is that JSON value |
//! | `username:<text>` | a person who prefers that username, percent-decoded |
//! | `fail:<fault>` | every endpoint that is given the token fails so |
//! | `fail:no-uid` | a profile without `sub` |
//! | `other-subject:<a>:<b>` | userinfo is of person `a`, the binding names `b` |
//! | `fail-binding:<fault>:<t>` | tokeninfo and introspect fail, userinfo does not |
//! | `wrong-app:<t>` `no-app:<t>` | issued to another app; no app is named |
//! | `odd-app:<json>:<t>` | the app's name is that JSON value, without a `:` |
//! | `expired:<t>` | the binding says that it expired an hour ago |
//! | `slow:<ms>:<t>` | a wait before each answer, 60 000 ms at most |
//! | `echo:<what>:<t>` | an `access_token` in the profile: `absent`, `null`, `empty`, `other` |
//! | `issued:<text>:<t>` | as `<t>`, but another token: revoked on its own |
//!
//! `<t>` is any token again; of two that contradict, the outer one wins.
//! Faults: 401 403 404 429 500 timeout html garbage huge empty list null no-uid.
//! The secret of an OAuth 1 token is the person (the innermost part) followed
//! by `-secret`: `alice-secret` for `wrong-app:alice`.

use std::time::Duration;

use serde_json::Value;

use super::CLIENT_ID;
use super::faults::Fault;
use super::people::Person;
use super::percent;

/// A longer token is unknown. In bytes.
const LONGEST_TOKEN: usize = 4096;
/// The longest wait, however many there are. In milliseconds.
const LONGEST_DELAY: u64 = 60_000;
/// In front of an access token it makes the refresh token.
const REFRESH: &str = "refresh-";

/// What a token was issued for, and how the sandbox answers to it.
pub(super) struct Grant {
    /// Whose profile the token opens.
    pub(super) person: Person,
    /// The subject in tokeninfo and introspect; `None` leaves it out.
    pub(super) binding_subject: Option<Value>,
    /// How the profile fails; `None` when it does not.
    pub(super) fault: Option<Fault>,
    /// How tokeninfo and introspect fail; `None` when they do not.
    pub(super) binding_fault: Option<Fault>,
    /// The app that tokeninfo and introspect name; `None` leaves it out.
    pub(super) app: Option<Value>,
    /// Whether OAuth 1 finds that the token is another app's.
    pub(super) is_of_another_app: bool,
    /// The profile's `access_token`; `None` leaves it out.
    pub(super) echo: Option<Value>,
    /// Whether tokeninfo and introspect find it expired.
    pub(super) expired: bool,
    /// The wait before each answer.
    pub(super) delay: Duration,
    /// The secret of the OAuth 1 token.
    pub(super) secret: String,
}

/// What a part in front of a token changes.
enum Wrapper {
    AnotherApp,
    App(Option<Value>),
    BindingFault(Fault),
    BindingWithoutSubject,
    Delay(u64),
    Echo(Option<Value>),
    Expired,
    Issued,
}

/// The refresh token that goes with an access token.
pub(super) fn refresh_token(access_token: &str) -> String {
    format!("{REFRESH}{access_token}")
}

/// The access token that a refresh token goes with; others as they are.
pub(super) fn access_part(token: &str) -> &str {
    token.strip_prefix(REFRESH).unwrap_or(token)
}

/// Reads a token; `None` when the sandbox never issued it.
pub(super) fn read(token: &str) -> Option<Grant> {
    if token.len() > LONGEST_TOKEN {
        return None;
    }
    // A loop and no recursion: a token of 4 KiB nests hundreds deep.
    let mut wrappers = Vec::new();
    let mut rest = token;
    while let Some((wrapper, inner)) = peel(rest) {
        wrappers.push(wrapper);
        rest = inner;
    }
    let mut grant = innermost(rest)?;
    let mut delay: u64 = 0;
    for wrapper in wrappers.into_iter().rev() {
        match wrapper {
            Wrapper::AnotherApp => {
                grant.app = Some(Value::from("another-app"));
                grant.is_of_another_app = true;
            }
            Wrapper::App(app) => {
                grant.app = app;
                grant.is_of_another_app = false;
            }
            Wrapper::BindingFault(fault) => grant.binding_fault = Some(fault),
            Wrapper::BindingWithoutSubject => {
                grant.binding_fault = None;
                grant.binding_subject = None;
            }
            Wrapper::Delay(milliseconds) => delay = delay.saturating_add(milliseconds),
            Wrapper::Echo(echo) => grant.echo = echo,
            Wrapper::Expired => grant.expired = true,
            Wrapper::Issued => {}
        }
    }
    grant.delay = Duration::from_millis(delay.min(LONGEST_DELAY));
    Some(grant)
}

/// Splits the outermost wrapper off; `None` when there is none that is valid.
fn peel(token: &str) -> Option<(Wrapper, &str)> {
    let (name, rest) = token.split_once(':')?;
    let simple = match name {
        "wrong-app" => Wrapper::AnotherApp,
        "no-app" => Wrapper::App(None),
        "expired" => Wrapper::Expired,
        _ => return peel_with_argument(name, rest),
    };
    Some((simple, rest))
}

fn peel_with_argument<'t>(name: &str, rest: &'t str) -> Option<(Wrapper, &'t str)> {
    let (argument, inner) = rest.split_once(':')?;
    let wrapper = match (name, argument) {
        ("odd-app", json) => Wrapper::App(Some(serde_json::from_str(json).ok()?)),
        ("fail-binding", "no-uid") => Wrapper::BindingWithoutSubject,
        ("fail-binding", fault) => Wrapper::BindingFault(Fault::named(fault)?),
        ("issued", _) => Wrapper::Issued,
        ("slow", milliseconds) => Wrapper::Delay(milliseconds.parse().ok()?),
        ("echo", "absent") => Wrapper::Echo(None),
        ("echo", "null") => Wrapper::Echo(Some(Value::Null)),
        ("echo", "empty") => Wrapper::Echo(Some(Value::from(""))),
        ("echo", "other") => Wrapper::Echo(Some(Value::from(format!("echoed-{inner}")))),
        _ => return None,
    };
    Some((wrapper, inner))
}

fn innermost(token: &str) -> Option<Grant> {
    if let Some(fault) = token.strip_prefix("fail:") {
        let nobody = Person::bare(None, "someone");
        if fault == "no-uid" {
            return Some(Grant::of(nobody, token));
        }
        let fault = Some(Fault::named(fault)?);
        return Some(Grant {
            fault,
            binding_fault: fault,
            ..Grant::of(nobody, token)
        });
    }
    if let Some(both) = token.strip_prefix("other-subject:") {
        let mut splits = both.match_indices(':');
        return splits.find_map(|(at, _)| {
            let (first, second) = (both.get(..at)?, both.get(at + 1..)?);
            let binding_subject = person(second)?.subject;
            Some(Grant {
                binding_subject,
                ..Grant::of(person(first)?, first)
            })
        });
    }
    Some(Grant::of(person(token)?, token))
}

fn person(token: &str) -> Option<Person> {
    match token.split_once(':') {
        None => Person::named(token),
        Some(("uid", text)) => Some(Person::known_as(percent::decode_text(text)?, "someone")),
        Some(("sub", json)) => {
            let subject = serde_json::from_str(json).ok()?;
            Some(Person::bare(Some(subject), "someone"))
        }
        Some(("username", text)) => {
            let username = percent::decode_text(text)?;
            Some(Person::known_as(format!("name-{username}"), &username))
        }
        Some(_) => None,
    }
}

impl Grant {
    fn of(person: Person, token: &str) -> Self {
        Self {
            binding_subject: person.subject.clone(),
            person,
            fault: None,
            binding_fault: None,
            app: Some(Value::from(CLIENT_ID)),
            is_of_another_app: false,
            echo: None,
            expired: false,
            delay: Duration::ZERO,
            secret: format!("{token}-secret"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn grant(token: &str) -> Grant {
        read(token).unwrap_or_else(|| panic!("{token} is unknown"))
    }

    #[test]
    fn wrappers_nest_in_any_order() {
        let grant = grant("slow:200:wrong-app:echo:other:fail-binding:429:expired:slow:50:alice");
        assert_eq!(grant.person, Person::named("alice").unwrap());
        assert_eq!(grant.delay, Duration::from_millis(250));
        assert_eq!(grant.app, Some(json!("another-app")));
        assert!(grant.is_of_another_app && grant.expired);
        assert_eq!(
            grant.echo,
            Some(json!("echoed-fail-binding:429:expired:slow:50:alice"))
        );
        assert_eq!(grant.fault, None);
        assert_eq!(grant.binding_fault, Fault::named("429"));
        assert_eq!(grant.secret, "alice-secret");
    }

    #[test]
    fn of_two_wrappers_that_contradict_the_outer_one_wins() {
        assert_eq!(grant("no-app:wrong-app:alice").app, None);
        assert!(!grant("no-app:wrong-app:alice").is_of_another_app);
        assert!(grant("wrong-app:no-app:alice").is_of_another_app);
        assert_eq!(
            grant("fail-binding:no-uid:fail-binding:500:bob").binding_fault,
            None
        );
    }

    #[test]
    fn an_app_may_be_any_json_value() {
        assert_eq!(grant("odd-app:null:alice").app, Some(Value::Null));
        assert_eq!(grant("odd-app:17:alice").app, Some(json!(17)));
        assert_eq!(
            grant("odd-app:[\"sandbox-app\",\"x\"]:bob").app,
            Some(json!(["sandbox-app", "x"]))
        );
        assert!(read("odd-app:nonsense:alice").is_none());
    }

    #[test]
    fn subjects_are_kept_to_the_letter() {
        let subject = |token| grant(token).person.subject.unwrap();
        assert_eq!(subject("uid:"), "");
        assert_eq!(subject("uid:a%3Ab%20%E6%9D%8E:c"), "a:b 李:c");
        assert_eq!(subject("uid:%00"), "\0");
        assert_eq!(subject("sub:null"), Value::Null);
        assert_eq!(subject("sub:true"), true);
        assert_eq!(subject("sub:\"\""), "");
        let large = "123456789012345678901234567890";
        assert_eq!(subject(&format!("sub:{large}")).to_string(), large);
        assert_eq!(grant("fail:no-uid").person.subject, None);
        for token in ["uid:%", "uid:%ff", "sub:", "sub:{", "sub:1 2", "sub:nul"] {
            assert!(read(token).is_none(), "{token}");
        }
    }

    #[test]
    fn the_binding_names_the_same_subject_unless_told_otherwise() {
        for token in ["alice", "uid:x", "sub:18446744073709551616", "wrong-app:li"] {
            let grant = grant(token);
            assert_eq!(grant.binding_subject, grant.person.subject, "{token}");
        }
        let two = grant("slow:1:other-subject:uid:1:2:sub:3");
        assert_eq!(two.person.subject, Some(json!("1:2")));
        assert_eq!(two.binding_subject, Some(json!(3)));
        assert_eq!(grant("fail-binding:no-uid:bob").binding_subject, None);
    }

    #[test]
    fn a_wait_is_capped() {
        assert_eq!(grant("slow:0:alice").delay, Duration::ZERO);
        let longest = Duration::from_mins(1);
        assert_eq!(grant("slow:60001:alice").delay, longest);
        let overflowing = format!("slow:{}:slow:1:alice", u64::MAX);
        assert_eq!(grant(&overflowing).delay, longest);
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        let unknown = [
            "",
            ":",
            "::",
            "mallory",
            "Alice",
            " alice",
            "alice ",
            "alice:",
            "wrong-app:",
            "wrong-app",
            "WRONG-APP:alice",
            "slow:-1:alice",
            "slow:x:alice",
            "slow:1",
            "fail:",
            "fail:418",
            "fail:401:alice",
            "fail-binding:418:alice",
            "fail-binding:401",
            "echo:both:alice",
            "other-subject:alice",
            "other-subject:alice:",
            "other-subject:alice:mallory",
        ];
        for token in unknown {
            assert!(read(token).is_none(), "{token}");
        }
    }

    #[test]
    fn the_deepest_token_is_read_and_a_longer_one_is_unknown() {
        let room = LONGEST_TOKEN - "alice".len();
        let deep = format!("{}alice", "no-app:".repeat(room / 7));
        assert_eq!(grant(&deep).app, None);
        let splits = format!("other-subject:{}", ":".repeat(4000));
        assert!(read(&splits).is_none());
        let longest = format!("uid:{}", "x".repeat(LONGEST_TOKEN - 4));
        assert!(read(&longest).is_some());
        assert!(read(&format!("{longest}x")).is_none());
    }
}
