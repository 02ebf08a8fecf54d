//! Which language a caller reads, where the request itself does not say.

use tonic::Request;
use tonic::metadata::MetadataMap;

/// The message of a request; where it names no locale, the caller's `accept-language` does.
pub fn localised<M>(request: Request<M>, locale: impl FnOnce(&mut M) -> &mut Option<String>) -> M {
    let preferred = preferred(request.metadata());
    let mut message = request.into_inner();
    fill(locale(&mut message), preferred);
    message
}

/// An empty locale equals an absent one.
pub fn fill(locale: &mut Option<String>, preferred: Option<&str>) {
    if locale.as_deref().is_none_or(str::is_empty) {
        *locale = preferred.map(str::to_owned);
    }
}

/// The language of texts that is liked best, the first of equals; none if none is asked for
/// that there are texts in. What cannot be read is passed over: a preference spoils no call.
pub fn preferred(metadata: &MetadataMap) -> Option<&'static str> {
    let headers = metadata.get_all("accept-language").iter().filter_map(|header| header.to_str().ok());
    let liked = headers.flat_map(|header| header.split(',')).filter_map(|entry| {
        let (tag, parameter) = entry.split_once(';').unwrap_or((entry, ""));
        Some((language_of(tag.trim())?, weight(parameter.trim())?))
    });
    let best = liked.fold(None, |best: Option<(&'static str, f32)>, (language, weight)| match best {
        Some((_, so_far)) if so_far >= weight => best,
        _ => Some((language, weight)),
    });
    best.map(|(language, _)| language)
}

/// The language of the texts that fits a tag; any language at all is English.
fn language_of(tag: &str) -> Option<&'static str> {
    let primary = tag.split('-').next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "en" | "*" => Some("en"),
        "id" => Some("id"),
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
            ("id", Some("id")),
            ("ID-id", Some("id")),
            ("en-GB, id;q=0.9", Some("en")),
            ("en;q=0.4, id;q=0.8", Some("id")),
            ("fr, de;q=0.9, id;q=0.2", Some("id")),
            ("id;q=0.5, en;q=0.5", Some("id")),
            ("id;q=0.5, *", Some("en")),
            ("id;q=0, en;q=0.1", Some("en")),
            ("id ; Q = 0.7 ,en;q=0.6", Some("id")),
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
        assert_eq!(preferred(&metadata), Some("id"));
    }

    #[test]
    fn what_the_request_says_comes_first() {
        for (own, locale) in [(None, "id"), (Some(""), "id"), (Some("en"), "en"), (Some("fr"), "fr")] {
            let mut request = Request::new(own.map(str::to_owned));
            request.metadata_mut().insert("accept-language", "id".parse().unwrap());
            assert_eq!(localised(request, |own| own).as_deref(), Some(locale));
        }
    }
}
