//! An object whose members a provider signed: each is given once.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::model::JsonMap;

/// As a JSON reader names the one member of a number.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads an object of which no member is given twice; `None` when one is.
/// What is no object becomes null: no such field may be anything else.
pub(super) struct SignedObject;

impl<'de> DeserializeSeed<'de> for SignedObject {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SignedObject {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }

    fn visit_str<E>(self, _value: &str) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Value::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = JsonMap::new();
        let mut once = true;
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if name == NUMBER {
                return Ok(Some(Value::Null));
            }
            once &= members.insert(name, value).is_none();
        }
        Ok(once.then_some(Value::Object(members)))
    }
}
