//! Percent-encoding as RFC 5849 §3.6 wants it: strict, over bytes.

/// Writes all but RFC 3986's unreserved characters as `%XX`, upper case.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for nibble in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
                text.push(digit.to_ascii_uppercase());
            }
        }
    }
    text
}

/// The bytes that `text` stands for; `None` when a `%` lacks its two digits.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = digit(rest.next()?)?;
            let low = digit(rest.next()?)?;
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

/// As [`decode`], where `+` is a space: `application/x-www-form-urlencoded`.
pub(super) fn decode_form(text: &str) -> Option<Vec<u8>> {
    decode(&text.replace('+', " "))
}

/// As [`decode`]; `None` also when the bytes are not UTF-8.
pub(super) fn decode_text(text: &str) -> Option<String> {
    String::from_utf8(decode(text)?).ok()
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        assert_eq!(encode(b"aZ09-._~"), "aZ09-._~");
        assert_eq!(
            encode("☃ +=&%*!/".as_bytes()),
            "%E2%98%83%20%2B%3D%26%25%2A%21%2F"
        );
    }

    #[test]
    fn what_was_encoded_decodes_to_the_same_bytes() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), Some(all));
    }

    #[test]
    fn a_percent_sign_without_two_digits_is_refused() {
        for text in ["%", "%4", "a%zz", "%4g", "%+1"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_plus_is_a_space_in_forms_alone() {
        assert_eq!(decode("a+b"), Some(b"a+b".to_vec()));
        assert_eq!(decode_form("a+b%2B"), Some(b"a b+".to_vec()));
    }

    #[test]
    fn text_must_be_utf_8() {
        assert_eq!(decode_text("%e6%9d%8e").as_deref(), Some("李"));
        assert_eq!(decode_text("%ff"), None);
    }
}
