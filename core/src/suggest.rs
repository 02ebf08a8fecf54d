//! What was most likely meant by a name that is not known.

/// In bytes; how far two names are apart takes time by the length of both.
const LONGEST_SLIP: usize = 256;

/// The known name that `unknown` is most likely a slip of.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if unknown.len() > LONGEST_SLIP {
        return None;
    }
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().max(unknown.len()).div_ceil(2))
        .map(|(_, name)| name.to_owned())
}

/// The one sentence in which a name is suggested.
pub fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// What follows a message: the sentence, or nothing.
pub fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; {}", did_you_mean(name))).unwrap_or_default()
}

/// The sentence, or else all names that are known: for those that are few.
pub fn nearest_or_all(unknown: &str, known: &[&str]) -> String {
    match nearest(unknown, known.iter().copied()) {
        Some(name) => did_you_mean(&name),
        None => format!("known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["rapid-response", "workshops", "webcasts"];
        assert_eq!(nearest("rapid-respons", known).as_deref(), Some("rapid-response"));
        assert_eq!(nearest("webcast", known).as_deref(), Some("webcasts"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest(&"webcasts".repeat(1_000_000), known), None);
    }

    #[test]
    fn a_name_is_suggested_or_all_are_told() {
        let known = ["rapid-response", "workshops"];
        assert_eq!(nearest_or_all("workshop", &known), "did you mean `workshops`?");
        assert_eq!(nearest_or_all("zzz", &known), "known are rapid-response, workshops");
        assert_eq!((hint(Some("workshops")).as_str(), hint(None).as_str()), ("; did you mean `workshops`?", ""));
    }
}
