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

/// The name of a fixed list that was meant. Such names mean different things however alike they look, as `weekend` and
/// `weekday` do: only a slip of the pen, another number or another spelling leads to one, and none if two are as near.
pub fn meant<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if unknown.len() > LONGEST_SLIP {
        return None;
    }
    let unknown = plain(unknown);
    let most = match unknown.len() {
        0..=2 => 0,
        3..=7 => 1,
        8..=14 => 2,
        _ => 3,
    };
    let near = known.into_iter().map(|name| (strsim::damerau_levenshtein(&unknown, &plain(name)), name));
    let near: Vec<_> = near.filter(|(distance, _)| *distance <= most).collect();
    let (least, nearest) = *near.iter().min()?;
    near.iter().all(|(distance, name)| *distance > least || *name == nearest).then_some(nearest)
}

/// In small letters with `_` between the words, each in the singular.
fn plain(name: &str) -> String {
    let (mut plain, mut is_within_word) = (String::new(), false);
    for letter in name.chars() {
        if letter.is_uppercase() && is_within_word {
            plain.push('_');
        }
        is_within_word = letter.is_lowercase();
        plain.extend(if matches!(letter, '-' | ' ') { '_' } else { letter }.to_lowercase());
    }
    plain.split('_').map(singular).collect::<Vec<_>>().join("_")
}

fn singular(word: &str) -> String {
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(one)) if one.len() > 1 && !one.ends_with('s') => one.to_owned(),
        _ => word.to_owned(),
    }
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
    match meant(unknown, known.iter().copied()) {
        Some(name) => did_you_mean(name),
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
    fn a_name_of_a_fixed_list_is_never_taken_for_another() {
        let fields =
            ["open", "close", "weekend", "date", "dated", "products_only", "severities", "id", "listen_address"];
        for (unknown, expected) in [
            ("opens", Some("open")),
            ("weekends", Some("weekend")),
            ("weekday", None),
            ("severity", Some("severities")),
            ("product_only", Some("products_only")),
            ("ProductsOnly", Some("products_only")),
            ("products-only", Some("products_only")),
            ("products_olny", Some("products_only")),
            ("products", None),
            ("ids", Some("id")),
            ("in", None),
            ("name", None),
            // As near to `date` as to `dated`.
            ("datet", None),
            ("LISTEN_ADRESS", Some("listen_address")),
        ] {
            assert_eq!(meant(unknown, fields), expected, "{unknown}");
        }
        assert_eq!(meant(&"open".repeat(1_000_000), fields), None);
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
