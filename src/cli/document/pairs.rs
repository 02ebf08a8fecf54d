//! JSON writes a character beyond the sixteen bits of `\u` as two escapes; YAML, of which
//! JSON is otherwise a part, as one.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// `text` with every such pair as the one escape YAML knows. No line moves.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        joined.push_str(before);
        if let Some((character, behind)) = pair(escape) {
            joined.push_str(&format!("\\U{:08x}", u32::from(character)));
            rest = behind;
            continue;
        }
        joined.push('\\');
        // The escaped character too: a second backslash does not begin the next escape.
        let mut behind = escape.chars();
        joined.extend(behind.next());
        rest = behind.as_str();
    }
    joined.push_str(rest);
    Cow::Owned(joined)
}

/// The character of `uD83D\uDE00`, and what follows it.
fn pair(escape: &str) -> Option<(char, &str)> {
    let (high, behind) = unit(escape.strip_prefix('u')?)?;
    let (low, behind) = unit(behind.strip_prefix("\\u")?)?;
    let character = char::decode_utf16([high, low]).next()?.ok()?;
    (character.len_utf16() == 2).then_some((character, behind))
}

fn unit(digits: &str) -> Option<(u16, &str)> {
    let (digits, behind) = digits.split_at_checked(4)?;
    Some((u16::from_str_radix(digits, 16).ok()?, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_become_one_escape_and_nothing_else_changes() {
        assert_eq!(joined(r#"["\ud83d\ude00é\\ud83d\\ude00\u00e9\n"]"#), r#"["\U0001f600é\\ud83d\\ude00\u00e9\n"]"#);
        assert_eq!(joined(r"a: '\ud83d\ude00'"), r"a: '\ud83d\ude00'");
    }
}
