//! A document as YAML for people, and as JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::write::{Entry, Written};
use crate::legible::is_invisible;

/// How wide a list may be that stands on one line.
const WIDEST: usize = 100;
/// What YAML, of one version or another, reads as something else than text.
const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// As YAML, from its first line.
pub fn yaml(document: &Written) -> String {
    let mut text = String::new();
    if let Written::Map(entries) = document {
        map(&mut text, entries, 0);
    }
    text
}

fn map(text: &mut String, entries: &[Entry], indent: usize) {
    for (row, entry) in entries.iter().enumerate() {
        // The first of a list's element stands behind its dash.
        if row > 0 || indent == 0 {
            text.push_str(&" ".repeat(indent));
        }
        text.push_str(&entry.key);
        text.push(':');
        value(text, &entry.value, indent);
        if !entry.note.is_empty() {
            text.insert_str(text.len().saturating_sub(1), &format!(" # {}", entry.note));
        }
    }
}

/// What stands behind a key, to the end of its line or lines.
fn value(text: &mut String, value: &Written, indent: usize) {
    let below = indent.saturating_add(2);
    match value {
        Written::Map(entries) if !entries.is_empty() => {
            text.push('\n');
            text.push_str(&" ".repeat(below));
            map(text, entries, below);
        }
        Written::List(values) => match on_one_line(values).filter(|line| line.len() <= WIDEST) {
            Some(line) => text.push_str(&format!(" {line}\n")),
            None => {
                text.push('\n');
                values.iter().for_each(|value| element(text, value, below));
            }
        },
        other => text.push_str(&format!(" {}\n", scalar(other).unwrap_or_else(|| "{}".to_owned()))),
    }
}

fn element(text: &mut String, value: &Written, indent: usize) {
    text.push_str(&" ".repeat(indent));
    text.push_str("- ");
    match value {
        Written::Map(entries) if !entries.is_empty() => map(text, entries, indent.saturating_add(2)),
        other => text.push_str(&format!("{}\n", scalar(other).unwrap_or_else(|| "{}".to_owned()))),
    }
}

/// A list of values without fields of their own.
fn on_one_line(values: &[Written]) -> Option<String> {
    let values: Option<Vec<_>> = values.iter().map(scalar).collect();
    Some(format!("[{}]", values?.join(", ")))
}

fn scalar(value: &Written) -> Option<String> {
    match value {
        Written::Text(text) if is_plain(text) => Some(text.clone()),
        Written::Text(text) => Some(quoted(text)),
        // Of a server that this program does not know, it may be anything.
        Written::Word(word) if word.chars().all(is_of_word) => Some(word.clone()),
        Written::Word(word) => Some(quoted(word)),
        Written::Number(number) => Some(number.to_string()),
        Written::Bool(value) => Some(value.to_string()),
        Written::List(_) | Written::Map(_) => None,
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '.' | '-' | '+' | '_' | ':')
}

/// Whether every reader of YAML takes it for a text without quotes.
fn is_plain(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | '/'))
        && !WORDS.contains(&lower.as_str())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if is_invisible(letter) => quoted.push_str(&format!("\\U{:08x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Word(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::List(values) => values.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|entry| map.serialize_entry(&entry.key, &entry.value))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::document::{read, write};
    use crate::proto::v1::{Customer, Item, Location, Unit, WorkOrder};

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let names = [
            "NO",
            "on",
            "null",
            "1e5",
            "12",
            "a: b",
            "a #b",
            "- a",
            " a",
            "a ",
            "",
            "Malmö, “Süd” 🏢",
            "\"",
            "\\",
            "'",
            "\n",
            "\u{202e}x\u{7}",
            "{a}",
            "[a]",
            "*a",
            "&a",
            "!a",
            "%",
            "@",
            "2026-01-01",
            "~",
            "é",
            "e\u{301}",
            "0x1F",
            "y",
        ];
        for name in names {
            let location = Location { location_id: "a".into(), display_name: name.into(), ..Location::default() };
            let customer = Customer {
                customer_id: "c".into(),
                display_name: name.into(),
                locations: vec![location],
                licenses: vec![name.into(), "x".into()],
                ..Customer::default()
            };
            let text = yaml(&write::document(&customer, &[]).unwrap());
            let found = read(&text).unwrap_or_else(|mistakes| panic!("{name:?}: {mistakes:?}\n{text}"));
            assert_eq!(found.request.customer, Some(customer), "{text}");
        }
    }

    #[test]
    fn short_forms_are_those_of_people() {
        let text = include_str!("../../../examples/halden-mills.yaml");
        let mut request = read(text).unwrap().request;
        request.work_orders[0].terminate_time = Some(crate::cli::values::time("2026-07-01T10:00:00Z").unwrap());
        request.work_orders[0].version = 7;
        let written = write::document(request.customer.as_ref().unwrap(), &request.work_orders).unwrap();
        let text = yaml(&written);
        for line in [
            "    location_ids: [nl-utrecht]",
            "    terminate_time: 2026-07-01T12:00:00+02:00 # Europe/Amsterdam",
            "    covered_products: [\"azure/*\", \"microsoft-365/*\", windows-server, sql-server]",
            "        quantity: 400h",
            "        unit_price: 245.00 EUR",
            "        quantity: 20 attendees",
            "    start_date: 2026-01-01",
        ] {
            assert!(text.lines().any(|it| it.ends_with(line.trim_start())), "{line} in\n{text}");
        }
        assert!(!text.contains("version"), "{text}");
        request.work_orders[0].version = 0;
        assert_eq!(read(&text).unwrap().request, request);
        assert_eq!(read(&serde_json::to_string_pretty(&written).unwrap()).unwrap().request, request);
        // An hour and a half stays what it is.
        let quantity = crate::proto::v1::Quantity { amount: 90, unit: Unit::Minutes.into() };
        let items =
            vec![Item { quantity: Some(quantity), included_hours: Some(Default::default()), ..Item::default() }];
        let order = WorkOrder { items, ..WorkOrder::default() };
        let customer = Customer::default();
        let text = yaml(&write::document(&customer, std::slice::from_ref(&order)).unwrap());
        assert!(text.contains("quantity: 90m") && text.contains("included_hours: {}"), "{text}");
        assert_eq!(read(&text).unwrap().request.work_orders, [order]);
    }
}
