//! What the reader of TOML says, in the words of those who write files.

use crate::suggest::nearest_or_all;

/// Fields that stand a level deeper than they are often looked for.
const DEEPER: &[&str] = &[
    "purchase.quantity",
    "purchase.predefined",
    "purchase.minimum_minutes",
    "purchase.step_minutes",
    "purchase.exact_minutes",
    "purchase.maximum",
    "purchase.maximum_per_contract_year",
    "service_hours.zone",
    "service_hours.otherwise",
    "event.notice_days",
    "event.per_solution",
    "life_cycle.preview_until",
    "life_cycle.retired_from",
    "when.languages_but",
    "when.delivery_mode",
];

/// The message about the field, without the names of our types; of a long list of names, the one that was probably
/// meant.
pub(super) fn reworded(message: &str, field: &str) -> String {
    if message.starts_with("missing field") {
        return message.to_owned();
    }
    let told = match message.split_once(", expected ") {
        Some((what, expected)) => expecting(what, expected),
        None => message.to_owned(),
    };
    // Of an unknown field the name is told already.
    if field.is_empty() || told.starts_with("unknown field") { told } else { format!("`{field}`: {told}") }
}

fn expecting(what: &str, expected: &str) -> String {
    if let Some((noun, unknown)) = what.split_once(" `").filter(|(noun, _)| noun.starts_with("unknown ")) {
        let unknown = unknown.trim_end_matches('`');
        let known: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
        let hint = deeper(unknown, &known).unwrap_or_else(|| nearest_or_all(unknown, &known));
        // To those who write files, a variant is a value.
        return format!("{} `{unknown}`; {hint}", noun.replace("variant", "value"));
    }
    let found = what.strip_prefix("invalid type: ").or_else(|| what.strip_prefix("invalid value: "));
    match found {
        Some(found) => format!("expected {}, found {}", wanted(expected), value(found)),
        None => format!("{what}, expected {}", wanted(expected)),
    }
}

/// A field of that name in a table that is known here.
fn deeper(unknown: &str, known: &[&str]) -> Option<String> {
    let is_it =
        |field: &&&str| field.split_once('.').is_some_and(|(table, name)| name == unknown && known.contains(&table));
    DEEPER.iter().find(is_it).map(|field| format!("did you mean `{field}`?"))
}

fn wanted(expected: &str) -> String {
    match expected {
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "i64" | "u8" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "string or table" => "the name of one of its values".to_owned(),
        _ if expected.starts_with("struct ") => "a table such as `{ … }`".to_owned(),
        _ if expected.starts_with("enum ") => "the name of one of its values".to_owned(),
        _ => expected.to_owned(),
    }
}

fn value(found: &str) -> String {
    match found {
        "map" => "a table".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => match found.split_once(' ') {
            Some(("integer" | "boolean", value)) => value.to_owned(),
            Some(("string", value)) => format!("the text {value}"),
            Some(("floating", value)) => value.trim_start_matches("point ").to_owned(),
            _ => found.to_owned(),
        },
    }
}
