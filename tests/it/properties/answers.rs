//! Answers of every shape, odd values among them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

/// JSON whose keys are chosen when the words of a definition are known.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Leaf(Value),
    List(Vec<Shape>),
    Map(Vec<(Index, Shape)>),
}

impl Shape {
    /// The JSON, its keys from among these words.
    pub(super) fn with_keys(&self, words: &[String]) -> Value {
        match self {
            Self::Leaf(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.with_keys(words)).collect(),
            Self::Map(members) => Value::Object(members_of(members, words)),
        }
    }
}

pub(super) fn members_of(members: &[(Index, Shape)], words: &[String]) -> Map<String, Value> {
    let member = |(key, shape): &(Index, Shape)| (key.get(words).clone(), shape.with_keys(words));
    members.iter().map(member).collect()
}

/// The members of an answer.
pub(super) fn answer() -> impl Strategy<Value = Vec<(Index, Shape)>> {
    let shape = leaf()
        .prop_map(Shape::Leaf)
        .prop_recursive(4, 48, 6, |below| {
            prop_oneof![
                vec(below.clone(), 0..4).prop_map(Shape::List),
                vec((any::<Index>(), below), 0..6).prop_map(Shape::Map),
            ]
        });
    vec((any::<Index>(), shape), 0..24)
}

/// A scalar, or what stands for nothing.
pub(super) fn leaf() -> impl Strategy<Value = Value> {
    let odd = [
        "",
        " ",
        "None",
        "null",
        "undefined",
        "0",
        "00",
        "-1",
        "true",
        "a\0b",
        "NaN",
        "1e400",
        " 7 ",
        "\u{feff}7",
        "李小龍",
        "a b",
        "https://a.example/b/c/",
        "%",
        "{{ token }}",
    ];
    let long = ("[a-zé李 ]", 140_usize..300).prop_map(|(c, times)| Value::from(c.repeat(times)));
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        3 => number(),
        3 => select(odd.to_vec()).prop_map(Value::from),
        2 => ".{0,40}".prop_map(Value::from),
        1 => "[0-9]{1,40}".prop_map(Value::from),
        1 => long,
    ]
}

/// A number with its exact text: integers far beyond 2^64, and fractions.
fn number() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["-?[1-9][0-9]{0,60}", "0", "-?[1-9][0-9]{0,5}\\.[0-9]{1,20}"];
    text.prop_map(|text| {
        let number: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(number.to_string(), text, "JSON numbers keep their text");
        number
    })
}
