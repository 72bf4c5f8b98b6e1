//! Whatever is changed in a token, it is a token no more.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

const ALPHABET: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n{\"";

static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let claims = json!({"iss": "https://a.example", "sub": "a", "aud": ["b"], "exp": 1});
    KEYS.iter().map(|key| key.token(&claims)).collect()
});
static SET: LazyLock<Jwks> = LazyLock::new(|| {
    let jwks: Vec<_> = KEYS.iter().map(|key| key.jwk()).collect();
    set(&jwks)
});

/// One change to a text.
#[derive(Debug, Clone)]
enum Change {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    Swap(Index, Index),
    Repeat(Index, Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let letter = || select(ALPHABET);
    let change = prop_oneof![
        (any::<Index>(), letter()).prop_map(|(at, to)| Change::Replace(at, to)),
        (any::<Index>(), letter()).prop_map(|(at, new)| Change::Insert(at, new)),
        any::<Index>().prop_map(Change::Remove),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), any::<Index>()).prop_map(|(one, two)| Change::Swap(one, two)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Repeat(from, to)),
    ];
    proptest::collection::vec(change, 1..4)
}

fn changed(token: &str, changes: &[Change]) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match change {
            Change::Replace(at, to) => bytes[at.index(length)] = *to,
            Change::Insert(at, new) => bytes.insert(at.index(length), *new),
            Change::Remove(at) => drop(bytes.remove(at.index(length))),
            Change::Cut(at) => bytes.truncate(at.index(length)),
            Change::Swap(one, two) => bytes.swap(one.index(length), two.index(length)),
            Change::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let part = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, part);
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_that_was_changed_never_passes(which in 0..4_usize, changes in changes()) {
        let token = &TOKENS[which];
        prop_assert!(check(token, &SET, &all()).is_ok());
        let changed = changed(token, &changes);
        prop_assume!(changed != *token);
        prop_assert!(check(&changed, &SET, &all()).is_err(), "{changed}");
    }

    #[test]
    fn the_parts_of_two_tokens_make_no_third(parts in proptest::collection::vec(0..4_usize, 3)) {
        let mixed: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(part, which)| TOKENS[*which].split('.').nth(part).unwrap())
            .collect();
        let mixed = mixed.join(".");
        prop_assert_eq!(check(&mixed, &SET, &all()).is_ok(), TOKENS.contains(&mixed));
    }

    #[test]
    fn whatever_is_sent_is_answered(bytes in any::<Vec<u8>>(), text in "[A-Za-z0-9_.-]{0,80}") {
        let _ = check(&text, &SET, &all());
        let _ = Jwks::parse(&bytes);
        let _ = VerificationKey::from_pem(&String::from_utf8_lossy(&bytes));
    }
}
