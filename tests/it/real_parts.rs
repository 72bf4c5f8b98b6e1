//! Providers that others wrote: oidc-provider, oauthlib, python3-openid; a mail server, aiosmtpd; and
//! a verifier of hooks, standardwebhooks.

pub(crate) mod browser;
pub(crate) mod hooks;
pub(crate) mod oauth1;
mod oauth1_legs;
mod oauth1_sign_up;
pub(crate) mod oidc;
mod oidc_codes;
mod oidc_id_tokens;
mod oidc_sign_up;
pub(crate) mod openid2;
mod openid2_sign_up;
mod part;
pub(crate) mod smtp;

/// Where people are sent back to; every real part takes it.
pub(crate) const CALLBACK: &str = "https://app.example/callback";
