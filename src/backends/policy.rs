//! What an operator accepts of tokens that nothing binds to this app.

use std::str::FromStr;

use super::definition::BindingKind;

/// `accept_unbound_access_tokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AcceptUnbound {
    /// Tokens that cannot be bound are refused.
    #[default]
    Never,
    /// Accepted where the provider offers nothing to bind them by.
    Unbindable,
    /// Accepted everywhere, existing bindings skipped: for comparisons and
    /// migrations on a loopback address.
    Always,
}

impl FromStr for AcceptUnbound {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "false" => Ok(Self::Never),
            "unbindable" => Ok(Self::Unbindable),
            "true" => Ok(Self::Always),
            _ => Err("expected false, \"unbindable\" or true"),
        }
    }
}

impl AcceptUnbound {
    /// Whether the binding of a token is asked for and must hold.
    pub(super) fn asks_binding(self, kind: BindingKind) -> bool {
        matches!(kind, BindingKind::Introspect | BindingKind::Profile) && self != Self::Always
    }

    /// Whether a token is taken although nothing binds it.
    pub(super) fn takes_unbound(self, kind: BindingKind) -> bool {
        match self {
            Self::Never => false,
            Self::Unbindable => matches!(kind, BindingKind::None | BindingKind::Pairwise),
            Self::Always => kind != BindingKind::SecretProof,
        }
    }
}
