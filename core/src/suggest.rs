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

/// The same among names that begin with the same part, such as `gb-` of `gb-london`: a slip never leads to another country.
pub fn nearest_of_kin<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let kin = |name: &'a str| name.split_once('-').map(|(kin, _)| kin);
    let own = unknown.split_once('-').map(|(kin, _)| kin);
    nearest(unknown, known.into_iter().filter(|name| kin(name) == own))
}

/// The same where names are near each other that mean something else: a letter or two at most were slips.
pub fn nearest_slip<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let nearest = nearest(unknown, known)?;
    (strsim::damerau_levenshtein(unknown, &nearest) <= unknown.len().div_ceil(5)).then_some(nearest)
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
    fn a_slip_never_leads_elsewhere() {
        let places = ["gb-london", "ie-dublin", "hq"];
        assert_eq!(nearest_of_kin("gb-londn", places).as_deref(), Some("gb-london"));
        assert_eq!(nearest_of_kin("gb-dublin", ["ie-dublin", "gb-x"]), None);
        assert_eq!(nearest_of_kin("fr-dublin", places), None);
        assert_eq!(nearest_of_kin("hp", places).as_deref(), Some("hq"));
        let families = ["windows-server", "windows-client", "sql-server", "azure"];
        assert_eq!(nearest_slip("windows-sever", families).as_deref(), Some("windows-server"));
        assert_eq!(nearest_slip("azur", families).as_deref(), Some("azure"));
        assert_eq!(nearest_slip("exchange-server", families), None);
        assert_eq!(nearest_slip("linux", families), None);
    }

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
