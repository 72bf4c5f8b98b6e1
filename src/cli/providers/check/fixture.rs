//! The exchanges that a definition is held to, as they are written down.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::model::JsonMap;

/// A provider's fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixture {
    /// `KEY` and the like, without the provider's prefix.
    #[serde(default)]
    pub(super) settings: JsonMap,
    pub(super) binding: Binding,
    pub(super) cases: Vec<Case>,
    /// Where python-social-auth makes something else; held elsewhere.
    #[serde(default, rename = "differences")]
    _differences: Vec<Difference>,
}

/// By what a token is bound, said a second time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Binding {
    pub(super) kind: String,
    pub(super) fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    #[serde(rename = "case")]
    _case: String,
    #[serde(rename = "at")]
    _at: String,
    #[serde(rename = "why")]
    _why: String,
}

/// One sign-in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    /// Beside the fixture's own, or instead of them.
    #[serde(default)]
    pub(super) settings: JsonMap,
    /// What is posted beside `provider`.
    #[serde(default)]
    pub(super) post: JsonMap,
    /// What a validated `id_token` or assertion says, where none is posted.
    pub(super) claims: Option<JsonMap>,
    /// OpenID 2.0: the identity URL beside the claims.
    pub(super) identity: Option<String>,
    #[serde(default)]
    pub(super) exchanges: Vec<Exchange>,
    pub(super) expect: Expect,
}

/// A call to the provider, and its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    pub(super) purpose: Purpose,
    pub(super) request: Request,
    pub(super) answer: Answer,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Purpose {
    Profile,
    Binding,
    Discovery,
}

/// A request, whole: what is not written here may not be sent.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without its query.
    pub(super) url: String,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    /// But for those that every request has.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) json: Option<Value>,
    #[serde(default)]
    pub(super) form: Option<BTreeMap<String, String>>,
}

/// An answer: `json`, or `text` for any other body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    #[serde(default = "good")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) json: Option<Value>,
    pub(super) text: Option<String>,
}

fn good() -> u16 {
    200
}

/// A JSON null that is written down is an answer too.
fn present<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(given).map(Some)
}

/// What comes of a sign-in: a person, or a refusal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) uid: Option<String>,
    pub(super) user: Option<JsonMap>,
    /// All of it but `auth_time`.
    pub(super) extra_data: Option<JsonMap>,
    pub(super) refused: Option<Refusal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
}

/// The fields of a user that a case must speak of.
pub(super) const USER_FIELDS: [&str; 7] = [
    "username",
    "email",
    "email_verified",
    "first_name",
    "last_name",
    "fullname",
    "picture",
];

/// What the names of a fixture's cases must hold.
const CASES: [&str; 3] = ["full data", "missing e-mail", "nulls"];

impl Fixture {
    /// What the fixture lacks to be one; empty when it is whole.
    pub(super) fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for part in CASES {
            if !self.cases.iter().any(|case| case.name.contains(part)) {
                gaps.push(format!("the fixture has no case of {part}"));
            }
        }
        for case in &self.cases {
            if let Some(gap) = case.gap() {
                gaps.push(format!("{}: {gap}", case.name));
            }
        }
        gaps
    }

    /// The provider's settings in a case, as variables hold them.
    pub(super) fn settings_of(&self, case: &Case) -> BTreeMap<String, String> {
        let both = self.settings.iter().chain(&case.settings);
        both.map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            (name.clone(), text)
        })
        .collect()
    }
}

impl Case {
    /// Why the case says too little or too much; `None` when all is well.
    fn gap(&self) -> Option<String> {
        let credential = ["access_token", "access_token_secret"];
        if self.claims.is_some() == credential.iter().any(|name| self.post.contains_key(*name)) {
            return Some("`post.access_token` or `claims`, one of them".to_owned());
        }
        let both = |answer: &Answer| answer.json.is_some() && answer.text.is_some();
        if self.exchanges.iter().any(|exchange| both(&exchange.answer)) {
            return Some("an answer is `json` or `text`, not both".to_owned());
        }
        match &self.expect {
            Expect {
                refused: Some(_),
                uid: None,
                user: None,
                extra_data: None,
            } => None,
            Expect {
                refused: None,
                uid: Some(_),
                user: Some(user),
                extra_data: Some(_),
            } => {
                let all = user.len() == USER_FIELDS.len()
                    && USER_FIELDS.iter().all(|field| user.contains_key(*field));
                (!all).then(|| format!("`expect.user` is not {}", USER_FIELDS.join(", ")))
            }
            _ => Some("`expect` is uid, user and extra_data, or refused alone".to_owned()),
        }
    }
}
