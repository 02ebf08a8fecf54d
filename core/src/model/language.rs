//! Language tags (BCP 47) in their canonical form.

use icu_locale::{Locale, LocaleCanonicalizer};

/// The two-letter codes of ISO 639.
const TWO_LETTERS: &str = "\
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en \
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv \
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne \
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss \
    st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// The tag as the registry prefers it: `eng` is `en`, and `in-ID`, as old systems write Indonesian, is `id-ID`. None if
/// it is malformed or names no language. Of three letters any code is taken but those that ISO 639 leaves to private
/// use; longer ones name none.
pub fn canonical_language(tag: &str) -> Option<String> {
    let (primary, rest) = tag.split_once('-').map_or((tag, None), |(primary, rest)| (primary, Some(rest)));
    let is_subtag = |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_alphabetic = primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !matches!(primary.len(), 2 | 3) || !is_alphabetic || !rest.is_none_or(|rest| rest.split('-').all(is_subtag)) {
        return None;
    }
    // A form that CLDR has no place for, such as `zh-yue`, keeps what follows the language.
    let canonical = canonical(tag).or_else(|| {
        let primary = canonical(primary)?;
        Some(rest.map_or(primary.clone(), |rest| format!("{primary}-{rest}")))
    })?;
    names_language(canonical.split('-').next().unwrap_or_default()).then_some(canonical)
}

/// The primary subtag of the canonical form of a tag.
pub fn primary_language(tag: &str) -> Option<String> {
    let canonical = canonical_language(tag)?;
    Some(canonical.split('-').next().unwrap_or_default().to_owned())
}

fn canonical(tag: &str) -> Option<String> {
    let mut locale: Locale = tag.parse().ok()?;
    LocaleCanonicalizer::new_common().canonicalize(&mut locale);
    Some(locale.to_string())
}

fn names_language(primary: &str) -> bool {
    match primary.len() {
        2 => TWO_LETTERS.split(' ').any(|code| code == primary),
        3 => primary != "und" && !("qaa"..="qtz").contains(&primary),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_one_form() {
        for (tag, canonical) in [
            ("en", "en"),
            ("eng", "en"),
            ("ENG-gb", "en-GB"),
            ("in", "id"),
            ("in-ID", "id-ID"),
            ("ind", "id"),
            ("iw", "he"),
            ("iw-IL", "he-IL"),
            ("heb", "he"),
            ("ji", "yi"),
            ("mo", "ro"),
            ("jpn", "ja"),
            ("cmn", "zh"),
            ("ID", "id"),
            ("pt-BR", "pt-BR"),
            ("zh-Hant-TW", "zh-Hant-TW"),
            ("de-1996", "de-1996"),
            ("fil", "fil"),
            ("yue", "yue"),
            ("zh-yue", "zh-yue"),
            ("en-x-private", "en-x-private"),
            ("quy", "quy"),
        ] {
            assert_eq!(canonical_language(tag).as_deref(), Some(canonical), "{tag}");
        }
        assert_eq!(primary_language("in-ID").as_deref(), Some("id"));
    }

    #[test]
    fn other_texts_name_no_language() {
        for tag in [
            "",
            "e",
            "xx",
            "zz-ZZ",
            "qq",
            "qqq-private",
            "qpa-x-own",
            "qaa",
            "qtz",
            "und",
            "und-GB",
            "english",
            "lang",
            "en_GB",
            "en-",
            "-en",
            "en--GB",
            "en-ninechars",
            "é",
            "x-private",
            "i-klingon",
            "e1",
            "123",
        ] {
            assert_eq!(canonical_language(tag), None, "{tag}");
        }
        assert_eq!(TWO_LETTERS.split(' ').count(), 185);
        assert!(TWO_LETTERS.split(' ').all(|code| code.len() == 2) && TWO_LETTERS.split(' ').is_sorted());
    }
}
