//! Names in one form of Unicode.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// A name in its composed form (NFC): `é` is one character, however the sender wrote it. It looks the same.
pub fn composed(name: String) -> String {
    if is_nfc(&name) { name } else { name.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_form() {
        assert_eq!(composed("Socie\u{301}te\u{301}".to_owned()), "Soci\u{e9}t\u{e9}");
        assert_eq!(composed("Soci\u{e9}t\u{e9} \u{fb01}".to_owned()), "Soci\u{e9}t\u{e9} \u{fb01}");
    }
}
