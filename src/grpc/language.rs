//! Finds the language that a caller reads, if the request itself does not name one.

use tonic::metadata::MetadataMap;

use crate::catalog::Locale;
use crate::model::primary_language;

/// The language of texts that is liked best, the first of equals; none if none is asked for
/// that there are texts in. What cannot be read is passed over: a preference spoils no call.
pub(super) fn preferred(metadata: &MetadataMap) -> Option<Locale> {
    let headers = metadata.get_all("accept-language").iter().filter_map(|header| header.to_str().ok());
    let liked = headers.flat_map(|header| header.split(',')).filter_map(|entry| {
        let (tag, parameter) = entry.split_once(';').unwrap_or((entry, ""));
        Some((language_of(tag.trim())?, weight(parameter.trim())?))
    });
    let best = liked.fold(None, |best: Option<(Locale, f32)>, (language, weight)| match best {
        Some((_, so_far)) if so_far >= weight => best,
        _ => Some((language, weight)),
    });
    best.map(|(language, _)| language)
}

/// The language of the texts that fits a tag, in whichever form it is written; any language at all is English.
fn language_of(tag: &str) -> Option<Locale> {
    if tag == "*" {
        return Some(Locale::English);
    }
    // Java writes `in_ID`.
    match primary_language(&tag.replace('_', "-"))?.as_str() {
        "en" => Some(Locale::English),
        "id" => Some(Locale::Indonesian),
        _ => None,
    }
}

/// `q=0.8`; 1 if nothing is said. None for what is not wanted, or not to be read.
fn weight(parameter: &str) -> Option<f32> {
    if parameter.is_empty() {
        return Some(1.0);
    }
    let (name, value) = parameter.split_once('=')?;
    let weight: f32 = value.trim().parse().ok()?;
    (name.trim().eq_ignore_ascii_case("q") && weight > 0.0 && weight <= 1.0).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_best_is_taken() {
        let cases = [
            ("id", Some(Locale::Indonesian)),
            ("ID-id", Some(Locale::Indonesian)),
            ("en-GB, id;q=0.9", Some(Locale::English)),
            ("en;q=0.4, id;q=0.8", Some(Locale::Indonesian)),
            ("fr, de;q=0.9, id;q=0.2", Some(Locale::Indonesian)),
            ("id;q=0.5, en;q=0.5", Some(Locale::Indonesian)),
            ("id;q=0.5, *", Some(Locale::English)),
            ("in-ID", Some(Locale::Indonesian)),
            ("in_ID", Some(Locale::Indonesian)),
            ("ind, en;q=0.5", Some(Locale::Indonesian)),
            ("eng;q=0.9, in;q=0.5", Some(Locale::English)),
            ("english, in;q=0.5", Some(Locale::Indonesian)),
            ("klingon-tag, xx, id;q=0.1", Some(Locale::Indonesian)),
            ("id;q=0, en;q=0.1", Some(Locale::English)),
            ("id ; Q = 0.7 ,en;q=0.6", Some(Locale::Indonesian)),
            ("fr, ja;q=0.8", None),
            ("id;q=0", None),
            ("id;q=2, en;q=much", None),
            ("id;q=NaN", None),
            ("", None),
            (";;;,,q=", None),
        ];
        for (header, language) in cases {
            let mut metadata = MetadataMap::new();
            metadata.insert("accept-language", header.parse().unwrap());
            assert_eq!(preferred(&metadata), language, "{header}");
        }
        let mut metadata = MetadataMap::new();
        assert_eq!(preferred(&metadata), None);
        metadata.append("accept-language", "fr".parse().unwrap());
        metadata.append("accept-language", "id".parse().unwrap());
        assert_eq!(preferred(&metadata), Some(Locale::Indonesian));
    }
}
