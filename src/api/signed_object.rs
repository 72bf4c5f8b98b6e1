//! An object whose members a provider signed: each is given once, at any depth.
//!
//! Of two of one name the one that counts here need not be the one that
//! counted where it was signed.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::model::JsonMap;

/// Reads a value; `None` when an object in it has a member twice.
pub(super) struct SignedObject;

impl<'de> DeserializeSeed<'de> for SignedObject {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        let Once { value, twice } = Once::deserialize(value)?;
        Ok((!twice).then_some(value))
    }
}

/// What `serde_json` calls a number's text on its way through serde.
const NUMBER: &str = "$serde_json::private::Number";

/// A value, and whether any object in it has a member twice.
#[derive(Debug, PartialEq)]
struct Once {
    value: Value,
    twice: bool,
}

impl Once {
    fn plain(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            twice: false,
        }
    }
}

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once::plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Once, E> {
        Ok(Once::plain(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Once, E> {
        Ok(Once::plain(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Once, E> {
        Ok(Once::plain(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Once, E> {
        Ok(Once::plain(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Once, E> {
        Ok(Once::plain(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        let (mut values, mut twice) = (Vec::new(), false);
        while let Some(item) = items.next_element::<Once>()? {
            twice |= item.twice;
            values.push(item.value);
        }
        let value = Value::Array(values);
        Ok(Once { value, twice })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let (mut members, mut twice) = (JsonMap::new(), false);
        while let Some(name) = map.next_key::<String>()? {
            if name == NUMBER && members.is_empty() {
                let number: Number = map.next_value::<String>()?.parse().map_err(Error::custom)?;
                return Ok(Once::plain(Value::Number(number)));
            }
            let member = map.next_value::<Once>()?;
            twice |= member.twice;
            twice |= members.insert(name, member.value).is_some();
        }
        let value = Value::Object(members);
        Ok(Once { value, twice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_once_is_read_as_ever() {
        let text =
            r#"{"a": [1, -2, 3.50, 12345678901234567890123, true, null, "x\n"], "b": {"a": {}}}"#;
        let read: Once = serde_json::from_str(text).unwrap();
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            read,
            Once {
                value,
                twice: false
            }
        );
    }

    #[test]
    fn a_member_that_is_given_twice_is_seen_at_any_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": {"b": 1, "b": 2}}"#,
            r#"[{"a": [{"b": 1, "b": 2}]}]"#,
            r#"{"a": 1, "\u0061": 2}"#,
        ] {
            assert!(serde_json::from_str::<Once>(text).unwrap().twice, "{text}");
        }
        assert!(serde_json::from_str::<Once>("{\"a\": }").is_err());
    }
}
