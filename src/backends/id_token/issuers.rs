//! Whose ID tokens are taken: issuers as they are configured, and tenants.

use serde_json::Value as Json;

use super::invalid;
use crate::backends::BackendError;
use crate::model::JsonMap;

/// Stands for the tenant in an issuer of many, as Microsoft writes it.
pub(in crate::backends) const TENANT: &str = "{tenantid}";

/// The tenant of Microsoft's personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Issuers whose tokens are taken. None by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Issuers {
    exact: Vec<String>,
    patterns: Vec<(String, Tenants)>,
}

/// Which tenants of an issuer are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Every tenant, personal accounts too.
    Common,
    /// Every tenant but that of personal accounts.
    Organizations,
    /// Personal accounts alone.
    Consumers,
    /// Those with these ids, in lower case.
    Listed(Vec<String>),
}

impl Issuers {
    /// Takes tokens of these issuers, compared byte for byte.
    ///
    /// One that holds `{tenantid}` stands for all tenants of it.
    pub fn exact(issuers: impl IntoIterator<Item = String>) -> Self {
        Self::of_tenants(issuers, &Tenants::Common)
    }

    /// The same, and of one that holds `{tenantid}` the tokens of these tenants
    /// alone, each under the issuer of the `tid` that it names.
    pub fn of_tenants(issuers: impl IntoIterator<Item = String>, tenants: &Tenants) -> Self {
        let (patterns, exact): (Vec<_>, Vec<_>) = issuers
            .into_iter()
            .partition(|issuer| issuer.contains(TENANT));
        Self {
            exact,
            patterns: patterns
                .into_iter()
                .map(|pattern| (pattern, tenants.clone()))
                .collect(),
        }
    }

    /// Whether claims name an issuer whose tokens are taken; they may be
    /// anybody's yet.
    ///
    /// # Errors
    /// `InvalidClaim` of `iss` or `tid`.
    pub fn check_name(&self, claims: &JsonMap) -> Result<(), BackendError> {
        let issuer = claims.get("iss").and_then(Json::as_str);
        let issuer = issuer.ok_or_else(|| invalid("iss"))?;
        if self.exact.iter().any(|exact| exact == issuer) {
            return Ok(());
        }
        let tenant = tenant(claims);
        let of_tenant = |(pattern, _): &&(String, Tenants)| {
            tenant.is_some_and(|tenant| pattern.replace(TENANT, tenant) == issuer)
        };
        let (_, tenants) = self
            .patterns
            .iter()
            .find(of_tenant)
            .ok_or_else(|| invalid("iss"))?;
        let taken = tenant.is_some_and(|tenant| tenants.include(tenant));
        if taken { Ok(()) } else { Err(invalid("tid")) }
    }

    /// The same of verified claims: their key must be the issuer's as well,
    /// where the key set says whose keys are whose.
    ///
    /// # Errors
    /// `InvalidClaim` of `iss` or `tid`.
    pub(super) fn check(
        &self,
        claims: &JsonMap,
        key_issuer: Option<&str>,
    ) -> Result<(), BackendError> {
        self.check_name(claims)?;
        let Some(key_issuer) = key_issuer else {
            return Ok(());
        };
        let key_issuer = key_issuer.replace(TENANT, tenant(claims).unwrap_or_default());
        match claims.get("iss") {
            Some(Json::String(issuer)) if *issuer == key_issuer => Ok(()),
            _ => Err(invalid("iss")),
        }
    }
}

impl Tenants {
    fn include(&self, tenant: &str) -> bool {
        match self {
            Self::Common => true,
            Self::Organizations => tenant != PERSONAL,
            Self::Consumers => tenant == PERSONAL,
            Self::Listed(ids) => ids.iter().any(|id| id == tenant),
        }
    }
}

/// The token's tenant: a UUID in lower case, so that it is one part of a path
/// and one tenant has one name.
fn tenant(claims: &JsonMap) -> Option<&str> {
    let tenant = claims.get("tid")?.as_str()?;
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let form = tenant.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => digit(byte),
    });
    (form && tenant.len() == 36).then_some(tenant)
}
