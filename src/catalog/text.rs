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
}

/// A text for people. `{name}` stands for the reason's metadata of that name.
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
    pub fn render<'v>(&self, locale: Locale, value: impl Fn(&str) -> Option<&'v str>) -> String {
        let mut rest = self.get(locale);
        let mut out = String::with_capacity(rest.len().saturating_add(32));
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) => {
                    match value(name) {
                        Some(value) => out.push_str(value),
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
        out
    }

    /// The names between braces, in one language.
    pub fn variables(&self, locale: Locale) -> impl Iterator<Item = &str> {
        self.get(locale).split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
    }
}
