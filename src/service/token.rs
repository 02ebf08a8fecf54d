//! Opaque tokens. They have a version and a checksum that detects an altered token. They hide nothing and prove
//! nothing; they only keep callers from making up tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Parts are joined by this; ids never hold it.
const SEPARATOR: char = '\u{1f}';
const CHECKSUM_BYTES: usize = 6;

/// A token of a kind, holding `parts`.
pub fn seal(kind: &str, parts: &[&str]) -> String {
    let mut text = kind.to_owned();
    for part in parts {
        text.push(SEPARATOR);
        text.push_str(part);
    }
    let mut bytes = checksum(text.as_bytes()).to_vec();
    bytes.extend_from_slice(text.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The parts of a token; none if it is of another kind or was altered.
pub fn open(kind: &str, token: &str) -> Option<Vec<String>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (sum, text) = bytes.split_at_checked(CHECKSUM_BYTES)?;
    if sum != checksum(text) {
        return None;
    }
    let mut parts = std::str::from_utf8(text).ok()?.split(SEPARATOR).map(str::to_owned);
    (parts.next()? == kind).then(|| parts.collect())
}

/// A short fingerprint of what a page token is bound to.
pub fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(hasher.finalize().get(..9).unwrap_or_default())
}

fn checksum(text: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::digest(text);
    let mut sum = [0; CHECKSUM_BYTES];
    sum.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_as_sealed_and_no_other_way() {
        let token = seal("rev1", &["contoso", "7"]);
        assert_eq!(open("rev1", &token), Some(vec!["contoso".to_owned(), "7".to_owned()]));
        assert_eq!(open("page1", &token), None);
        assert_eq!(open("rev1", ""), None);
        assert_eq!(open("rev1", "%%%"), None);
        for position in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[position] = if altered[position] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(altered == token || open("rev1", &altered).is_none(), "{altered}");
        }
    }
}
