//! Ids, and why a text is none: what cannot be seen, or only looks like a letter, is told by its code point.

use crate::legible::{excerpt, is_invisible};

/// The longest id.
pub const LONGEST_ID: usize = 64;

/// Whether it can be an id: 1 to 64 characters of `a-z 0-9 . _ -`.
pub fn is_id(text: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(is_good)
}

/// Characters that cannot be told from nothing, or from a space.
const INVISIBLE: [(char, &str); 12] = [
    ('\t', "tab"),
    ('\n', "line break"),
    ('\r', "line break"),
    ('\u{a0}', "no-break space"),
    ('\u{ad}', "soft hyphen"),
    ('\u{200b}', "zero width space"),
    ('\u{200c}', "zero width non-joiner"),
    ('\u{200d}', "zero width joiner"),
    ('\u{200e}', "left-to-right mark"),
    ('\u{200f}', "right-to-left mark"),
    ('\u{2060}', "word joiner"),
    ('\u{feff}', "byte order mark"),
];
/// Letters of other scripts, and dashes, that look like characters of ids.
const LOOK_ALIKE: [(&str, &str); 3] =
    [("аеорсухіјѕһԁԛԝ", "aeopcyxijshdqw"), ("οανικρɡı", "oavikpgi"), ("‐‑‒–—―−", "-------")];
const FULL_WIDTH: std::ops::RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';

/// Why it is none, and what to write.
pub fn wrong_id(id: &str) -> String {
    let quoted = excerpt(id);
    let rule = format!("`{quoted}` is no id: use 1 to 64 of `a-z 0-9 . _ -`");
    match first_hidden(id) {
        Some(hidden) => format!("{rule}; {hidden}"),
        None if is_id(&id.to_ascii_lowercase()) => format!("{rule}; write `{}`", id.to_ascii_lowercase()),
        None => rule,
    }
}

/// What a reader cannot see of a text: its first character that is invisible, or only looks like another.
pub fn first_hidden(text: &str) -> Option<String> {
    text.chars().enumerate().find_map(|(row, letter)| hidden(row.saturating_add(1), letter))
}

/// What a reader cannot see of a character; columns count from 1.
fn hidden(column: usize, letter: char) -> Option<String> {
    let code = format!("U+{:04X}", u32::from(letter));
    if let Some(alike) = look_alike(letter) {
        return Some(format!("{code} in column {column} only looks like `{alike}`: type `{alike}`"));
    }
    let name = INVISIBLE.iter().find(|(known, _)| *known == letter).map(|(_, name)| *name);
    if name.is_none() && !is_invisible(letter) && !(letter.is_whitespace() && letter != ' ') {
        return None;
    }
    let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
    Some(format!("{code}{name} in column {column} cannot be seen: leave it out"))
}

fn look_alike(letter: char) -> Option<char> {
    let alike = LOOK_ALIKE.iter().find_map(|(others, own)| {
        let (_, own) = others.chars().zip(own.chars()).find(|(other, _)| *other == letter)?;
        Some(own)
    });
    alike.or_else(|| {
        let narrow = u32::from(letter).checked_sub(0xfee0).filter(|_| FULL_WIDTH.contains(&letter))?;
        char::from_u32(narrow)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_told_by_its_code_point_and_column() {
        let rule = "use 1 to 64 of `a-z 0-9 . _ -`";
        for (id, told) in [
            (
                "\u{200b}hq",
                "`\\u{200b}hq` is no id: R; U+200B (zero width space) in column 1 cannot be seen: leave it out",
            ),
            ("hq\u{a0}", "`hq\u{a0}` is no id: R; U+00A0 (no-break space) in column 3 cannot be seen: leave it out"),
            ("a\u{2066}b", "`a\\u{2066}b` is no id: R; U+2066 in column 2 cannot be seen: leave it out"),
            ("p\u{430}ris", "`p\u{430}ris` is no id: R; U+0430 in column 2 only looks like `a`: type `a`"),
            ("gb\u{2013}london", "`gb\u{2013}london` is no id: R; U+2013 in column 3 only looks like `-`: type `-`"),
            ("\u{ff41}b", "`\u{ff41}b` is no id: R; U+FF41 in column 1 only looks like `a`: type `a`"),
            ("GB-London", "`GB-London` is no id: R; write `gb-london`"),
            ("zürich", "`zürich` is no id: R"),
            ("a b", "`a b` is no id: R"),
            ("", "`` is no id: R"),
        ] {
            assert_eq!(wrong_id(id), told.replace('R', rule));
        }
        assert!(LOOK_ALIKE.iter().all(|(others, own)| others.chars().count() == own.chars().count()));
        assert!(wrong_id(&"x".repeat(1_000_000)).len() < 200);
    }
}
