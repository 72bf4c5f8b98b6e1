//! The key-value form in which a provider answers directly (§4.1.1).

use std::collections::BTreeMap;

use super::message::NS;

/// A direct answer of OpenID 2.0.
pub(super) struct KeyValues(BTreeMap<String, String>);

impl KeyValues {
    /// Reads a body; `None` unless it is that form to the letter: every line
    /// ends, has a colon and names what no other line does, and `ns` is that
    /// of OpenID 2.0.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let lines = text.strip_suffix('\n')?;
        let mut read = BTreeMap::new();
        for line in lines.split('\n') {
            let (name, value) = line.split_once(':')?;
            if line.contains('\r') || read.insert(name.to_owned(), value.to_owned()).is_some() {
                return None;
            }
        }
        let read = Self(read);
        (read.get("ns") == Some(NS)).then_some(read)
    }

    /// A value; `None` when it is not there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oid2_6_only_the_form_to_the_letter_is_read() {
        let good = format!("ns:{NS}\nis_valid:true\n");
        let read = KeyValues::read(good.as_bytes()).unwrap();
        assert_eq!(read.get("is_valid"), Some("true"));
        assert_eq!(read.get("other"), None);
        for body in [
            String::new(),
            "\n".to_owned(),
            "is_valid:true\n".to_owned(),
            format!("ns:{NS}\nis_valid:true"),
            format!("ns:{NS}\r\nis_valid:true\r\n"),
            format!("ns:{NS}\nis_valid:true\n\n"),
            format!("ns:{NS}\nis_valid:false\nis_valid:true\n"),
            format!("ns:{NS} is_valid:true\n"),
            format!("ns: {NS}\nis_valid:true\n"),
            "ns:http://openid.net/signon/1.1\nis_valid:true\n".to_owned(),
            "<html>is_valid:true\n</html>\n".to_owned(),
        ] {
            assert!(KeyValues::read(body.as_bytes()).is_none(), "{body:?}");
        }
        assert!(KeyValues::read(b"ns:\xff\n").is_none());
        let padded = format!("ns:{NS}\nis_valid: true\n");
        let read = KeyValues::read(padded.as_bytes()).unwrap();
        assert_ne!(read.get("is_valid"), Some("true"));
    }
}
