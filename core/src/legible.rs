//! Text from outside made fit to be shown: whatever moves a cursor, changes colours, turns the
//! reading direction or cannot be seen is told by its code point.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

/// How many columns of a value from outside are quoted.
const EXCERPT: usize = 60;
/// How many columns of a sentence from outside are shown.
const SENTENCE: usize = 2_000;

/// Every control of Unicode: C0, DEL and C1; those of direction, those without a width, the two
/// separators of lines and paragraphs, and the tags.
pub fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
            | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text of one line, with every control as `\u{1b}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, is_invisible)
}

/// The same of a text that may have lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter != '\n' && is_invisible(letter))
}

/// A value as it is quoted in a sentence: its beginning, on one line.
pub fn excerpt(text: &str) -> String {
    cut(text, EXCERPT)
}

/// A sentence that may quote long values, on one line.
pub fn sentence(text: &str) -> String {
    cut(text, SENTENCE)
}

/// JSON with the controls in its texts as `\u001b`, which is the same JSON: outside of texts
/// it has none but breaks.
pub fn json(json: &str) -> Cow<'_, str> {
    replaced(
        json,
        |letter| letter != '\n' && is_invisible(letter),
        |told, letter| {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(told, "\\u{unit:04x}");
            }
        },
    )
}

/// What goes to a terminal at last: the colours of the screen pass, and no other control but
/// breaks.
pub fn painted(text: &str) -> Cow<'_, str> {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\u{1b}') {
        told.push_str(&lines(before));
        match colour(behind) {
            Some((code, behind)) => {
                told.push('\u{1b}');
                told.push_str(code);
                rest = behind;
            }
            None => {
                told.push_str("\\u{1b}");
                rest = behind;
            }
        }
    }
    if told.is_empty() {
        return lines(rest);
    }
    told.push_str(&lines(rest));
    Cow::Owned(told)
}

/// `[1;31m` and what follows it.
fn colour(text: &str) -> Option<(&str, &str)> {
    let codes = text.strip_prefix('[')?.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';');
    let behind = codes.strip_prefix('m')?;
    text.split_at_checked(text.len().checked_sub(behind.len())?)
}

fn cut(text: &str, columns: usize) -> String {
    // Letters without a width must not pile up either.
    let most_bytes = columns.saturating_mul(4);
    let mut told = String::new();
    let mut width = 0_usize;
    // Up to where the sign that something is missing has room behind it.
    let mut kept = 0;
    for letter in text.chars() {
        if width < columns {
            kept = told.len();
        }
        let before = told.len();
        if is_invisible(letter) {
            told.extend(letter.escape_unicode())
        } else {
            told.push(letter)
        }
        let added = told.get(before..).unwrap_or_default().width();
        width = width.saturating_add(added);
        if width > columns || told.len() > most_bytes {
            told.truncate(kept);
            told.push('…');
            break;
        }
    }
    told
}

fn escaped(text: &str, is_told: impl Fn(char) -> bool) -> Cow<'_, str> {
    replaced(text, is_told, |told, letter| told.extend(letter.escape_unicode()))
}

fn replaced(text: &str, is_told: impl Fn(char) -> bool, tell: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&is_told) {
        return Cow::Borrowed(text);
    }
    let mut told = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_told(letter) { tell(&mut told, letter) } else { told.push(letter) }
    }
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_told_by_code_point() {
        assert_eq!(shown("\u{1b}]0;OWNED\u{7}\u{1b}[2J"), "\\u{1b}]0;OWNED\\u{7}\\u{1b}[2J");
        for control in
            ['\0', '\n', '\r', '\t', '\u{7f}', '\u{85}', '\u{9b}', '\u{ad}', '\u{61c}', '\u{200b}', '\u{200d}']
                .into_iter()
                .chain([
                    '\u{200f}',
                    '\u{2028}',
                    '\u{202e}',
                    '\u{2066}',
                    '\u{2069}',
                    '\u{2060}',
                    '\u{feff}',
                    '\u{e0041}',
                ])
        {
            let told = shown(&format!("a{control}b")).into_owned();
            assert_eq!(told, format!("a{}b", control.escape_unicode()));
        }
        for text in ["Zürich – 東京 😀❤️ \u{a0}", "", "a \\u{1b}"] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(lines("a\n\tb"), "a\n\\u{9}b");
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("400 h"), "400 h");
        assert_eq!(excerpt(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(excerpt(&"x".repeat(61)), format!("{}…", "x".repeat(59)));
        assert_eq!(excerpt(&"東".repeat(40)), format!("{}…", "東".repeat(29)));
        assert_eq!(excerpt("a\nb"), "a\\u{a}b");
        for piled in ["\u{1b}", "a\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}", "\u{e0041}"] {
            let told = excerpt(&piled.repeat(2_000_000));
            assert!(told.width() <= 60 && told.len() < 250, "{told}");
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let told = json("{\n  \"a\": \"\u{7f}\u{9b}31m\u{202e}\u{e0041}é\"\n}");
        assert_eq!(told, "{\n  \"a\": \"\\u007f\\u009b31m\\u202e\\udb40\\udc41é\"\n}");
        let value: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!(value["a"], "\u{7f}\u{9b}31m\u{202e}\u{e0041}é");
    }

    #[test]
    fn only_colours_reach_a_terminal() {
        assert_eq!(painted("\u{1b}[1;31mred\u{1b}[0m\nnext"), "\u{1b}[1;31mred\u{1b}[0m\nnext");
        assert_eq!(painted("a\u{1b}]0;t\u{7}\u{1b}[2J\u{1b}"), "a\\u{1b}]0;t\\u{7}\\u{1b}[2J\\u{1b}");
        assert_eq!(painted("\u{9b}31m\r"), "\\u{9b}31m\\u{d}");
        assert_eq!(painted("plain"), "plain");
    }
}
