//! The fields of a payload as texts, and signatures as bytes.

use serde_json::Value as Json;

use super::super::BackendError;
use crate::model::JsonMap;

/// A field's name, and its exact text.
pub(super) type Pair = (String, String);

/// A payload that is not written as it must be.
pub(super) fn refuse(problem: &'static str) -> BackendError {
    BackendError::InvalidField {
        field: "payload",
        problem,
    }
}

/// All fields as texts, sorted by name; a number keeps its exact text.
///
/// # Errors
/// `InvalidField` for any other type of value.
pub(super) fn texts(payload: &JsonMap) -> Result<Vec<Pair>, BackendError> {
    let mut pairs = payload
        .iter()
        .map(|(name, value)| match value {
            Json::String(text) => Ok((name.clone(), text.clone())),
            Json::Number(number) => Ok((name.clone(), number.to_string())),
            _ => Err(refuse("Its values must be texts or numbers.")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    pairs.sort();
    Ok(pairs)
}

/// The pairs of a query string, decoded, sorted by name.
///
/// # Errors
/// `InvalidField` when a name stands there twice.
pub(super) fn query(text: &str) -> Result<Vec<Pair>, BackendError> {
    let mut pairs: Vec<Pair> = url::form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.sort();
    let twice = pairs.windows(2).any(|two| match two {
        [(one, _), (other, _)] => one == other,
        _ => false,
    });
    if twice {
        return Err(refuse("A field stands there twice."));
    }
    Ok(pairs)
}

/// Takes a field out.
///
/// # Errors
/// `InvalidField` when it is not there, or empty.
pub(super) fn take(pairs: &mut Vec<Pair>, name: &str) -> Result<String, BackendError> {
    let at = pairs.iter().position(|(own, _)| own == name);
    let taken = at.map(|at| pairs.remove(at).1);
    taken
        .filter(|value| !value.is_empty())
        .ok_or_else(|| refuse("A field that must be there is missing."))
}

/// The text of a field; `None` when it is not there.
pub(super) fn text<'p>(pairs: &'p [Pair], name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(own, _)| own == name)?;
    Some(&found.1)
}

/// A field's time, in seconds since 1970.
///
/// # Errors
/// `InvalidField` when it is not there, or no plain number.
pub(super) fn time(pairs: &[Pair], name: &str) -> Result<i64, BackendError> {
    let digits = text(pairs, name).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = digits.and_then(|text| text.parse().ok());
    seconds.ok_or_else(|| refuse("Its time is not there, or is no number of seconds."))
}

/// Bytes of hexadecimal digits in lower case; `None` for any other text.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pair(name: &str, value: &str) -> Pair {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn numbers_keep_their_text_and_other_types_are_refused() {
        let payload: JsonMap =
            serde_json::from_str(r#"{"b": 123456789012345678901234567890, "a": "1e3", "c": 1e3}"#)
                .unwrap();
        let expected = [
            pair("a", "1e3"),
            pair("b", "123456789012345678901234567890"),
            pair("c", "1e3"),
        ];
        // The exponent's sign is JSON's own; it is no decimal number anyway.
        let given = texts(&payload).unwrap();
        assert_eq!(given[..2], expected[..2]);
        assert!(given[2].1.contains('e'), "{given:?}");
        for value in [json!(null), json!(true), json!([1]), json!({"a": 1})] {
            let payload = JsonMap::from_iter([("a".to_owned(), value)]);
            assert!(texts(&payload).is_err());
        }
    }

    #[test]
    fn a_query_is_decoded_and_no_name_stands_there_twice() {
        let expected = [pair("a", "x y&"), pair("b", "")];
        assert_eq!(query("b=&a=x%20y%26").unwrap(), expected);
        for twice in ["a=1&a=1", "a=1&b=2&%61=3"] {
            assert!(query(twice).is_err(), "{twice}");
        }
    }

    #[test]
    fn times_are_plain_digits() {
        let at = |text: &str| time(&[pair("at", text)], "at").ok();
        assert_eq!(at("1750000000"), Some(1_750_000_000));
        for text in ["", "-1", "+1", "1.5", "1e9", " 1", "99999999999999999999"] {
            assert_eq!(at(text), None, "{text}");
        }
        assert!(time(&[], "at").is_err());
    }

    #[test]
    fn hexadecimal_digits_are_lower_case_pairs() {
        assert_eq!(from_hex("00ff1a"), Some(vec![0, 255, 26]));
        for text in ["0", "0g", "FF", "+1", "é"] {
            assert_eq!(from_hex(text), None, "{text}");
        }
    }
}
