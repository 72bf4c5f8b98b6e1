//! JSON as it must be where somebody could gain by two readings of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::model::JsonMap;

/// Levels of objects and lists, the outermost one included.
const MAX_DEPTH: u8 = 32;

/// What `serde_json` names the one member of a number's exact text.
const NUMBER: &str = "$serde_json::private::Number";

/// An object in which no name stands twice, at any level, 32 levels at most.
///
/// Numbers keep their exact text. `None` for whatever is not that.
pub fn strict_object(json: &[u8]) -> Option<JsonMap> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = Strict { levels: MAX_DEPTH }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Reads a value that may hold so many levels more.
#[derive(Clone, Copy)]
struct Strict {
    levels: u8,
}

impl Strict {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1);
        levels
            .map(|levels| Self { levels })
            .ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut name = map.next_key::<String>()?;
        // What is no 64-bit integer comes as a map of one member, its text.
        if name.as_deref() == Some(NUMBER) {
            let text: String = map.next_value()?;
            let number = text.parse::<Number>().map_err(A::Error::custom)?;
            return Ok(Value::Number(number));
        }
        let inner = self.inner()?;
        let mut members = JsonMap::new();
        while let Some(new) = name {
            let value = map.next_value_seed(inner)?;
            // The text of a number as a second member would be one to the next reader.
            if new == NUMBER || members.insert(new, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
            name = map.next_key()?;
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> Option<Value> {
        strict_object(json.as_bytes()).map(Value::Object)
    }

    fn nested(levels: usize, (open, close): (&str, &str), innermost: &str) -> String {
        let inner = levels - 1;
        let (open, close) = (open.repeat(inner), close.repeat(inner));
        format!("{{\"a\":{open}{innermost}{close}}}")
    }

    #[test]
    fn an_object_is_read_as_serde_json_reads_it() {
        for text in [
            "{}",
            " { \"a\" : [ 1, 0, -7, -0, -2.50, 1e308, 18446744073709551616, true, false, null, \"\\u00e9\\n\", [], {} ] } ",
            "{\"a\":{\"b\":1},\"b\":{\"b\":2},\"c\":[{\"b\":1},{\"b\":2}]}",
        ] {
            assert_eq!(read(text), serde_json::from_str(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_at_every_level() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[[{"b":1,"b":2}]]}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_exact_text() {
        let long = "123456789012345678901234567890.120";
        let read = read(&format!("{{\"a\":{long}}}")).unwrap();
        assert_eq!(read["a"].to_string(), long);
    }

    #[test]
    fn the_mark_of_a_number_is_no_way_around_the_rules() {
        for (text, expected) in [
            (r#"{"a":{"$serde_json::private::Number":"x"}}"#, None),
            (r#"{"a":{"$serde_json::private::Number":1}}"#, None),
            (r#"{"a":{"$serde_json::private::Number":"1","b":2}}"#, None),
            (r#"{"a":{"b":2,"$serde_json::private::Number":"1"}}"#, None),
            (r#"{"$serde_json::private::Number":"1"}"#, None),
            (
                r#"{"a":{"$serde_json::private::Number":"1"}}"#,
                Some(json!({"a": 1})),
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    /// JWT-15.
    #[test]
    fn thirty_two_levels_are_read_and_no_more() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            assert!(read(&nested(32, (open, close), "1")).is_some(), "{open}");
            assert!(read(&nested(33, (open, close), "1")).is_none(), "{open}");
            assert!(read(&nested(9000, (open, close), "1")).is_none(), "{open}");
        }
        for empty in ["[]", "{}"] {
            assert!(read(&nested(31, ("[", "]"), empty)).is_some(), "{empty}");
            assert!(read(&nested(32, ("[", "]"), empty)).is_none(), "{empty}");
        }
    }

    #[test]
    fn whatever_is_no_object_is_refused() {
        for text in [
            "",
            " ",
            "[]",
            "1",
            "null",
            "\"a\"",
            "{",
            "{}x",
            "{}{}",
            "{\"a\":}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":\"\u{1}\"}",
            "[{\"a\":1}]",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(strict_object(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn what_is_expected_can_be_told() {
        let fault = serde_json::from_str::<Wanted>("\"x\"").unwrap_err();
        assert!(fault.to_string().contains("JSON without repeated names"));
    }

    /// Says what a [`Strict`] expects, as an error does that nothing can provoke.
    #[derive(Debug)]
    struct Wanted;

    impl<'de> serde::Deserialize<'de> for Wanted {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::invalid_type(
                serde::de::Unexpected::Other("x"),
                &Strict { levels: 1 },
            ))
        }
    }
}
