//! Usernames and names, as the default steps leave them.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sociable::app::Rehearsal;
use sociable::backends::{Bundled, Catalogue};
use sociable::exchange::Exchange;
use sociable::http::Recording;
use sociable::model::{ClientInput, Details};
use sociable::pipeline::username::UsernameRules;
use sociable::settings::social_variable;

use super::answers::leaf;
use super::may_be_username;

/// A definition that says a person's names as they stand in the answer.
const DEFINITION: Bundled = Bundled {
    file: "example.toml",
    text: r#"
name     = "example"
title    = "Example"
protocol = "oauth2"

[[call]]
url = "https://api.example/me"

[user]
id         = "id"
username   = "login"
fullname   = "full"
first_name = "first"
last_name  = "last"
"#,
};

/// The use cases of that provider, and what they stand on.
async fn example() -> (Rehearsal, Exchange) {
    let (catalogue, errors) = Catalogue::read(&[DEFINITION], None);
    assert!(errors.is_empty(), "{errors:?}");
    let rehearsal = Rehearsal::open().await.unwrap();
    let key = social_variable(Some("example"), "KEY");
    let settings = rehearsal.settings(vec![(key, "a-key".to_owned())]).unwrap();
    let entry = catalogue.get("example").unwrap();
    let exchange = rehearsal
        .exchange(entry, &settings, &Recording::default())
        .unwrap();
    (rehearsal, exchange)
}

fn details(exchange: &Exchange, answer: &Value) -> Details {
    let mut claims: Map<String, Value> = answer.as_object().unwrap().clone();
    claims.insert("id".to_owned(), json!(1));
    let input = ClientInput::default();
    let draft = exchange.draft("example", (&claims, None), &input);
    draft.unwrap().details
}

#[tokio::test]
async fn a_username_is_the_cleaned_text_of_what_the_provider_says_or_made_up() {
    let (_rehearsal, exchange) = example().await;
    proptest!(ProptestConfig::with_cases(1024), |(login in leaf())| {
        let name = details(&exchange, &json!({"login": login})).username;
        let said = match &login {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            scalar => scalar.to_string(),
        };
        // NUL is dropped from all that is stored, before anything is cut.
        let first: Vec<char> = said.chars().filter(|c| *c != '\0').take(150).collect();
        let kept = first
            .into_iter()
            .filter(|c| c.is_ascii_alphanumeric() || "_.@+-".contains(*c));
        let kept: String = kept.collect();
        prop_assert_eq!(name.unwrap_or_default(), kept);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_username_with_digits_for_a_taken_one_is_always_a_username(
        said in ".{0,300}",
        hex in "[0-9a-f]{32}",
        length in 0_usize..=32,
    ) {
        let rules = UsernameRules { uuid_length: length, ..UsernameRules::default() };
        let name = rules.with_suffix(&said, &hex);
        prop_assert!(name.ends_with(&hex[..length]), "{}", name);
        prop_assert!(name.is_empty() == (length == 0 && rules.plain(&said).is_none()));
        prop_assert!(name.is_empty() || may_be_username(&name), "{}", name);
    }
}

/// A name as providers give it: absent, empty, blank, with odd spaces.
fn name() -> impl Strategy<Value = Option<String>> {
    let spaces = proptest::sample::select(vec![" ", "  ", "\t", "\u{a0}", "\u{3000}", ""]);
    let word = "[A-Za-zé李]{0,8}";
    let text = (spaces.clone(), word, spaces.clone(), word, spaces, word)
        .prop_map(|(a, b, c, d, e, f)| format!("{a}{b}{c}{d}{e}{f}"));
    proptest::option::weighted(0.8, text)
}

#[tokio::test]
async fn names_are_split_at_the_first_space_and_joined_where_one_lacks() {
    let (_rehearsal, exchange) = example().await;
    let config = ProptestConfig::with_cases(1024);
    proptest!(config, |(full in name(), first in name(), last in name())| {
        let answer = json!({"full": full, "first": first, "last": last});
        let done = details(&exchange, &answer);
        let [full, first, last] = [full, first, last]
            .map(|name| name.unwrap_or_default().trim().to_owned());
        let [got_full, got_first, got_last] = [done.fullname, done.first_name, done.last_name]
            .map(Option::unwrap_or_default);
        for got in [&got_full, &got_first, &got_last] {
            prop_assert_eq!(got.trim(), got, "nothing hangs over");
        }
        if first.is_empty() && last.is_empty() {
            let (head, rest) = full.find(' ').map_or((&*full, ""), |at| full.split_at(at));
            let split = (&full, head.trim(), rest.trim());
            prop_assert_eq!((&got_full, &*got_first, &*got_last), split);
        } else {
            prop_assert_eq!((&got_first, &got_last), (&first, &last), "given parts stay");
            let said: Vec<&str> = last.split_whitespace().collect();
            let parts: Vec<&str> = first.split_whitespace().collect();
            let holds = !parts.is_empty() && said.windows(parts.len()).any(|run| run == parts);
            let joined = if holds { last } else { format!("{first} {last}").trim().to_owned() };
            prop_assert_eq!(got_full, if full.is_empty() { joined } else { full });
        }
    });
}
