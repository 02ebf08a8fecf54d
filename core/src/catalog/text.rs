use std::borrow::Cow;

use serde::Deserialize;

/// A language texts are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Locale {
    #[default]
    English,
    Indonesian,
}

impl Locale {
    /// By the primary subtag of a BCP 47 tag; English for every other language.
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("id") { Self::Indonesian } else { Self::English }
    }

    /// The primary subtag of its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Indonesian => "id",
        }
    }
}

/// A text for people. `{name}` stands for the reason's metadata of that name; a part in `[…]`
/// is left out where a value in it is missing or empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub en: String,
    pub id: Option<String>,
}

impl Text {
    pub fn get(&self, locale: Locale) -> &str {
        match (locale, &self.id) {
            (Locale::Indonesian, Some(text)) => text,
            _ => &self.en,
        }
    }

    /// The text with every `{name}` filled in; a name without a value stays as it is, so
    /// that a gap is seen.
    pub fn render<'v>(&self, locale: Locale, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
        let mut rest = self.get(locale);
        let mut out = String::with_capacity(rest.len().saturating_add(32));
        while let Some((always, (part, tail))) =
            rest.split_once('[').and_then(|(always, after)| Some((always, after.split_once(']')?)))
        {
            fill(&mut out, always, &value);
            if names_in(part).all(|name| value(name).is_some_and(|value| !value.is_empty())) {
                fill(&mut out, part, &value);
            }
            rest = tail;
        }
        fill(&mut out, rest, &value);
        out
    }

    /// The names between braces outside of `[…]`, in one language: without them there is a gap.
    pub fn needed(&self, locale: Locale) -> impl Iterator<Item = &str> {
        let parts = self.get(locale).split('[').enumerate();
        parts.flat_map(|(row, part)| {
            let always = if row == 0 { part } else { part.split_once(']').map_or("", |(_, rest)| rest) };
            names_in(always)
        })
    }

    /// The names between braces, in one language.
    pub fn variables(&self, locale: Locale) -> impl Iterator<Item = &str> {
        names_in(self.get(locale))
    }
}

fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// Adds the text with its values.
fn fill<'v>(out: &mut String, text: &str, value: &impl Fn(&str) -> Option<Cow<'v, str>>) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                match value(name) {
                    Some(value) => out.push_str(&value),
                    None => out.extend(["{", name, "}"]),
                }
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_without_its_value_is_left_out() {
        let text = Text { en: "Order {value}[ on {order}[].".to_owned(), id: None };
        let render = |order: Option<&'static str>| {
            text.render(Locale::English, |name| {
                if name == "order" { order.map(Cow::Borrowed) } else { Some(Cow::Borrowed("it")) }
            })
        };
        assert_eq!(render(Some("wo-1")), "Order it on wo-1[.");
        assert_eq!(render(Some("")), "Order it.");
        assert_eq!(render(None), "Order it.");
        let gap = Text { en: "{gap} [".to_owned(), id: None };
        assert_eq!(gap.render(Locale::English, |_| None), "{gap} [");
    }
}
