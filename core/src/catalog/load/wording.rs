//! What the reader of TOML says, in the words of those who write files.

use crate::suggest::{did_you_mean, meant, nearest_or_all};

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
    "when.severities",
    "when.languages_but",
    "when.products",
    "when.delivery_mode",
    "when.incident",
    "when.contact_designated",
    "when.administrator_at_host",
    "when.until",
];

/// The message about the field, without the names of our types; of a long list of names, the one that was probably
/// meant.
pub(super) fn reworded(message: &str, field: &str) -> String {
    if message.starts_with("missing field") {
        return message.to_owned();
    }
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    if let Some(unknown) = what.strip_prefix("unknown field `") {
        return unknown_field(unknown.trim_end_matches('`'), &quoted(expected), field);
    }
    let told = if expected.is_empty() { what.to_owned() } else { expecting(what, expected) };
    if field.is_empty() { told } else { format!("`{field}`: {told}") }
}

/// By its path, with the path of the field that was meant.
fn unknown_field(unknown: &str, known: &[&str], field: &str) -> String {
    // In a list of tables the path ends with the list.
    let (list, table) = match field.strip_suffix(unknown) {
        Some(table) => (String::new(), table),
        None if field.is_empty() => Default::default(),
        None => (format!("`{field}`: "), ""),
    };
    let hint = match meant_field(unknown, known) {
        Some(name) => did_you_mean(&format!("{table}{name}")),
        None => format!("known are {}", known.join(", ")),
    };
    format!("{list}unknown field `{table}{unknown}`; {hint}")
}

/// One that is known here, or in a table that is.
fn meant_field(unknown: &str, known: &[&str]) -> Option<String> {
    let deeper = DEEPER.iter().filter_map(|path| Some((path.split_once('.')?, *path)));
    let deeper = deeper.filter(|((table, _), _)| known.contains(table)).map(|((_, name), path)| (name, path));
    let names: Vec<_> = known.iter().map(|name| (*name, *name)).chain(deeper).collect();
    let meant = meant(unknown, names.iter().map(|(name, _)| *name))?;
    names.iter().find(|(name, _)| *name == meant).map(|(_, path)| (*path).to_owned())
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn expecting(what: &str, expected: &str) -> String {
    if let Some(unknown) = what.strip_prefix("unknown variant `") {
        let unknown = unknown.trim_end_matches('`');
        // To those who write files, a variant is a value.
        return format!("unknown value `{unknown}`; {}", nearest_or_all(unknown, &quoted(expected)));
    }
    let found = what.strip_prefix("invalid type: ").or_else(|| what.strip_prefix("invalid value: "));
    match found {
        Some(found) => format!("expected {}, found {}", wanted(expected), value(found)),
        None => format!("{what}, expected {}", wanted(expected)),
    }
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
