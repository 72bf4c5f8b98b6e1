//! `[openid]`: the one endpoint of an OpenID 2.0 provider, and its identifiers.

use regex_lite::{Regex, RegexBuilder};
use url::Url;

use super::{Protocol, file};

/// What an assertion of the provider is held to.
pub(crate) struct PinnedOpenId {
    /// The endpoint, as the provider writes it.
    pub(crate) op_endpoint: Url,
    /// Matches an identifier of the provider's as a whole.
    pub(crate) claimed_id: Regex,
}

impl PinnedOpenId {
    /// Checks the table; `Err` names the key and the reason.
    pub(super) fn compile(
        table: Option<file::OpenIdTable>,
        protocol: Protocol,
    ) -> Result<Option<Self>, (String, String)> {
        let Some(table) = table else {
            return Ok(None);
        };
        let refuse = |key: &str, reason: &str| (format!("[openid]{key}"), reason.to_owned());
        if protocol != Protocol::OpenId2 {
            return Err(refuse("", "belongs to protocol = \"openid2\""));
        }
        let url = Url::parse(&table.op_endpoint).ok();
        let url = url.filter(|url| url.scheme() == "https" && url.as_str() == table.op_endpoint);
        let op_endpoint = url.ok_or_else(|| {
            refuse(
                ".op_endpoint",
                "expected an https URL as the provider writes it",
            )
        })?;
        let claimed_id = whole(&table.claimed_id).ok_or_else(|| {
            refuse(
                ".claimed_id",
                "expected a regular expression of whole identifiers",
            )
        })?;
        Ok(Some(Self {
            op_endpoint,
            claimed_id,
        }))
    }
}

/// An expression that matches from the first character to the last; `None`
/// when it is none, or matches anything.
pub(crate) fn whole(pattern: &str) -> Option<Regex> {
    // On its own first: it must not close the group that makes it whole.
    Regex::new(pattern).ok()?;
    let whole = RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
        .build()
        .ok()?;
    let nobodys = ["", "https://", "https://nobody.invalid/"];
    (!nobodys.iter().any(|text| whole.is_match(text))).then_some(whole)
}
