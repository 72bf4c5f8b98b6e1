//! MD5, as three providers sign with it: nothing of ours rests on it.

use std::fmt::Write as _;

use md5::{Digest as _, Md5};

use super::Parameters;

/// The digest of a text in lower-case hex.
pub(in crate::backends) fn md5_hex(text: &str) -> String {
    let mut hex = String::with_capacity(32);
    for byte in Md5::digest(text.as_bytes()) {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// All parameters but those of some names, each as name, `between`, value,
/// sorted by name and joined.
pub(super) fn sorted(parameters: &Parameters, but: &[&str], between: &str) -> String {
    let mut pairs: Vec<_> = parameters
        .iter()
        .filter(|(name, _)| !but.contains(&name.as_str()))
        .collect();
    pairs.sort();
    pairs
        .iter()
        .flat_map(|(name, value)| [name.as_str(), between, value.as_str()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_of_rfc_1321_come_out() {
        assert_eq!(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn parameters_are_sorted_by_name_and_some_are_left_out() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let given = vec![
            pair("b", "2"),
            pair("z", "0"),
            pair("a", "1"),
            pair("A", "3"),
        ];
        assert_eq!(sorted(&given, &["z"], "="), "A=3a=1b=2");
        assert_eq!(sorted(&given, &[], ""), "A3a1b2z0");
    }
}
