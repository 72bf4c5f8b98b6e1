//! The people who have an account at the sandbox, and what it says of them.

use serde_json::{Map, Value, json};

/// A person, as the answers show them. What is `None` is left out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Person {
    /// The `sub` of OAuth 2, any JSON; `None` leaves it out.
    pub(super) subject: Option<Value>,
    /// The `id` of OAuth 1, any JSON; `None` leaves it out.
    oauth1_id: Option<Value>,
    /// The same as text; `None` leaves it out.
    oauth1_id_str: Option<String>,
    username: String,
    email: Option<String>,
    email_verified: bool,
    name: Option<String>,
    given_and_family_name: Option<(String, String)>,
    picture: Option<String>,
}

/// Token, digits at the end of the ids, given and family name.
const NAMED: [(&str, &str, &str, &str); 5] = [
    ("alice", "1", "Alice", "Liddell"),
    ("bob", "2", "Bob", "Builder"),
    ("carol", "3", "Carol", "Danvers"),
    ("dave", "4", "Dave", "Bowman"),
    ("erin", "5", "Erin", "Lindsay"),
];

impl Person {
    /// The person of that name, `user-<n>` or `namesake-<n>`; `None` if unknown.
    pub(super) fn named(name: &str) -> Option<Self> {
        if name == "li" {
            let mut li = Self::with_profile(("li", "1006", "2006".to_owned()), "李小龍");
            li.given_and_family_name = None;
            return Some(li);
        }
        if let Some(digits) = name.strip_prefix("user-") {
            let id = numbered('3', digits)?;
            let subject = format!("u{digits}");
            let mut user = Self::with_profile((name, &subject, id), &format!("User {digits}"));
            user.given_and_family_name = Some(("User".to_owned(), digits.to_owned()));
            return Some(user);
        }
        if let Some(digits) = name.strip_prefix("namesake-") {
            let id = numbered('4', digits)?;
            let subject = format!("n{digits}");
            let full = format!("Namesake {digits}");
            let mut namesake = Self::with_profile((name, &subject, id), &full);
            namesake.given_and_family_name = Some(("Namesake".to_owned(), digits.to_owned()));
            "namesake".clone_into(&mut namesake.username);
            return Some(namesake);
        }
        let (_, digit, given, family) = NAMED.into_iter().find(|person| person.0 == name)?;
        let ids = (name, &*format!("100{digit}"), format!("200{digit}"));
        let mut person = Self::with_profile(ids, &format!("{given} {family}"));
        person.given_and_family_name = Some((given.to_owned(), family.to_owned()));
        person.email_verified = name != "erin";
        person.email = person.email.filter(|_| name != "dave");
        Some(person)
    }

    /// A person of whom only the subject and a username are known.
    pub(super) fn bare(subject: Option<Value>, username: &str) -> Self {
        Self {
            oauth1_id: subject.clone(),
            oauth1_id_str: None,
            subject,
            username: username.to_owned(),
            email: None,
            email_verified: false,
            name: None,
            given_and_family_name: None,
            picture: None,
        }
    }

    /// As [`Self::bare`], known by a text that OAuth 1 has as `id_str` as well.
    pub(super) fn known_as(subject: String, username: &str) -> Self {
        Self {
            oauth1_id_str: Some(subject.clone()),
            ..Self::bare(Some(Value::from(subject)), username)
        }
    }

    fn with_profile((name, subject, id): (&str, &str, String), full: &str) -> Self {
        Self {
            subject: Some(Value::from(subject)),
            oauth1_id: id.parse().ok().map(Value::Number),
            oauth1_id_str: Some(id),
            username: name.to_owned(),
            email: Some(format!("{name}@example.com")),
            email_verified: true,
            name: Some(full.to_owned()),
            given_and_family_name: None,
            picture: Some(format!("https://pictures.example/{name}.png")),
        }
    }

    /// The claims of OpenID Connect's userinfo.
    pub(super) fn userinfo(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut say = |claim: &str, value: Option<Value>| {
            if let Some(value) = value {
                claims.insert(claim.to_owned(), value);
            }
        };
        say("sub", self.subject.clone());
        say("preferred_username", Some(json!(self.username)));
        say("email", self.email.as_deref().map(Value::from));
        let verified = self.email.as_ref().map(|_| json!(self.email_verified));
        say("email_verified", verified);
        say("name", self.name.as_deref().map(Value::from));
        if let Some((given, family)) = &self.given_and_family_name {
            say("given_name", Some(json!(given)));
            say("family_name", Some(json!(family)));
        }
        say("picture", self.picture.as_deref().map(Value::from));
        claims
    }

    /// The members of the answer of OAuth 1's `verify_credentials`.
    pub(super) fn credentials(&self) -> Map<String, Value> {
        let mut members = Map::new();
        let mut say = |member: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(member.to_owned(), value);
            }
        };
        say("id", self.oauth1_id.clone());
        say("id_str", self.oauth1_id_str.as_deref().map(Value::from));
        say("screen_name", Some(json!(self.username)));
        say("name", self.name.as_deref().map(Value::from));
        say("email", self.email.as_deref().map(Value::from));
        members
    }
}

/// The first of the 17 digits by which OpenID 2.0 knows a person.
const OPENID_PREFIX: &str = "765611";

impl Person {
    /// The end of the OpenID 2.0 identifier: 17 digits for those with a name,
    /// the text itself for `uid:<text>`; `None` for nobody.
    pub(super) fn openid_number(&self) -> Option<String> {
        Some(match self.oauth1_id.as_ref()? {
            Value::Number(id) => format!("{OPENID_PREFIX}{:0>11}", id.to_string()),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The name of the person with those 17 digits; `None` if unknown.
    pub(super) fn name_of_openid_number(number: &str) -> Option<String> {
        let id = number.strip_prefix(OPENID_PREFIX)?.trim_start_matches('0');
        let named = NAMED.into_iter().map(|(name, ..)| name).chain(["li"]);
        let of_kind =
            ["user", "namesake"].map(|kind| format!("{kind}-{}", id.get(2..).unwrap_or("")));
        named.map(str::to_owned).chain(of_kind).find(|name| {
            Self::named(name)
                .and_then(|person| person.openid_number())
                .as_deref()
                == Some(number)
        })
    }
}

/// A number of its own for each spelling (7, 07, 007), none of them a named
/// person's; `None` unless there are 1 to 9 digits.
fn numbered(kind: char, digits: &str) -> Option<String> {
    let fits = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| format!("{kind}{}{digits}", digits.len()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn claims(name: &str) -> Value {
        Value::Object(Person::named(name).unwrap().userinfo())
    }

    #[test]
    fn alice_has_every_claim() {
        assert_eq!(
            claims("alice"),
            json!({
                "sub": "1001",
                "preferred_username": "alice",
                "email": "alice@example.com",
                "email_verified": true,
                "name": "Alice Liddell",
                "given_name": "Alice",
                "family_name": "Liddell",
                "picture": "https://pictures.example/alice.png",
            })
        );
    }

    #[test]
    fn what_a_person_lacks_is_left_out() {
        assert!(claims("dave").get("email").is_none());
        assert!(claims("dave").get("email_verified").is_none());
        assert_eq!(claims("dave")["name"], "Dave Bowman");
        assert_eq!(claims("erin")["email_verified"], false);
        assert_eq!(claims("li")["name"], "李小龍");
        assert_eq!(claims("li")["preferred_username"], "li");
        assert!(claims("li").get("given_name").is_none());
        assert!(claims("li").get("family_name").is_none());
    }

    #[test]
    fn namesakes_are_different_people_who_want_one_username() {
        assert_eq!(claims("namesake-1")["preferred_username"], "namesake");
        assert_eq!(claims("namesake-2")["preferred_username"], "namesake");
        assert_eq!(claims("namesake-2")["sub"], "n2");
        assert_eq!(claims("namesake-2")["email"], "namesake-2@example.com");
        assert_eq!(claims("user-2")["preferred_username"], "user-2");
        assert_eq!(claims("user-2")["sub"], "u2");
    }

    #[test]
    fn nobody_shares_an_id() {
        let names = [
            "alice",
            "bob",
            "carol",
            "dave",
            "erin",
            "li",
            "user-7",
            "user-07",
            "user-17",
            "user-117",
            "namesake-7",
            "namesake-07",
            "user-999999999",
        ];
        let mut subjects = HashSet::new();
        let mut ids = HashSet::new();
        for name in names {
            assert!(subjects.insert(claims(name)["sub"].to_string()), "{name}");
            let members = Person::named(name).unwrap().credentials();
            assert_eq!(
                members["id"].to_string(),
                members["id_str"].as_str().unwrap()
            );
            assert!(members["id"].is_u64(), "{name}");
            assert!(ids.insert(members["id"].to_string()), "{name}");
        }
    }

    #[test]
    fn openid_knows_people_by_seventeen_digits_both_ways() {
        for name in ["alice", "li", "user-7", "user-007", "namesake-999999999"] {
            let number = Person::named(name).unwrap().openid_number().unwrap();
            assert!(number.len() == 17 && number.bytes().all(|byte| byte.is_ascii_digit()));
            assert_eq!(
                Person::name_of_openid_number(&number).as_deref(),
                Some(name)
            );
        }
        assert_eq!(
            Person::known_as("2001".to_owned(), "x")
                .openid_number()
                .unwrap(),
            "2001"
        );
        for unknown in ["", "2001", "76561100000002007", "765611000000020010"] {
            assert_eq!(Person::name_of_openid_number(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_number_has_one_to_nine_digits() {
        for name in [
            "user-",
            "user-1234567890",
            "user-1a",
            "user-+1",
            "namesake-",
            "Alice",
            "mallory",
            "",
        ] {
            assert_eq!(Person::named(name), None, "{name}");
        }
    }
}
