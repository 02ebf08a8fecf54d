//! Language tags (BCP 47).

/// The two-letter codes of ISO 639.
const TWO_LETTERS: &str = "\
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en \
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv \
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne \
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss \
    st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Whether a tag is well-formed and names a language. Of three letters any code is taken but
/// those that ISO 639 leaves to private use; longer ones name none.
pub(super) fn is_language(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default().to_ascii_lowercase();
    let names_one = match primary.len() {
        2 => TWO_LETTERS.split(' ').any(|code| code == primary),
        3 => primary.bytes().all(|byte| byte.is_ascii_lowercase()) && !("qaa"..="qtz").contains(&primary.as_str()),
        _ => false,
    };
    names_one && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_a_language() {
        for tag in ["en", "ID", "pt-BR", "zh-Hant-TW", "de-1996", "fil", "yue", "en-x-private", "quy"] {
            assert!(is_language(tag), "{tag}");
        }
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
            assert!(!is_language(tag), "{tag}");
        }
        assert_eq!(TWO_LETTERS.split(' ').count(), 185);
        assert!(TWO_LETTERS.split(' ').all(|code| code.len() == 2) && TWO_LETTERS.split(' ').is_sorted());
    }
}
