//! One service of the catalogue: what it is, what it brings, what limits it, and the clauses that say so.

use comfy_table::Cell;

use super::words;
use crate::cli::screen::{Screen, Tone};
use crate::proto::v1::{Clause, ClauseKind, Service, Unit};

pub(crate) fn page(service: &Service, clauses: &[Clause], locale: &str, screen: &Screen) -> String {
    let head = format!("{}  {}", screen.paint(Tone::Good, &service.display_name), service.service_id);
    let mut parts = vec![head];
    if !service.description.is_empty() {
        parts.push(service.description.clone());
    }
    if !service.deliverables.is_empty() {
        let lines: Vec<String> = service.deliverables.iter().map(|line| format!("- {line}")).collect();
        parts.push(lines.join("\n"));
    }
    parts.push(screen.pairs(facts(service)));
    parts.push(clauses_of(service, clauses, locale, screen));
    parts.join("\n\n")
}

/// What is not said is left out.
fn facts(service: &Service) -> Vec<(&'static str, String)> {
    let enums = |names: Vec<&str>, prefix: &str| {
        words::joined(names.into_iter().map(|name| name.trim_start_matches(prefix)).collect::<Vec<_>>())
    };
    let unit = match service.unit() {
        Unit::Unspecified => String::new(),
        unit => unit.as_str_name().trim_start_matches("UNIT_").to_lowercase(),
    };
    let languages = service.languages.iter().flat_map(|rule| rule.languages.iter().map(String::as_str));
    let channels = service.channels.iter().flat_map(|rule| rule.channels().map(|channel| channel.as_str_name()));
    let list = |ids: &[String]| words::joined(ids.iter().map(String::as_str));
    let facts = [
        ("plan", words::plan(service.plan()).to_owned()),
        ("counted in", unit),
        ("delivered", enums(service.delivery_modes().map(|mode| mode.as_str_name()).collect(), "DELIVERY_MODE_")),
        ("severities", enums(service.severities().map(|severity| severity.as_str_name()).collect(), "SEVERITY_")),
        ("languages", words::joined(languages)),
        ("channels", enums(channels.collect(), "CHANNEL_")),
        ("products", list(&service.product_ids)),
        ("not for", list(&service.excluded_product_ids)),
        ("if agreed", list(&service.open_product_ids)),
        ("activities", list(&service.activities)),
        ("not done", list(&service.excluded_activities)),
        ("source", service.sections.join("; ")),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn clauses_of(service: &Service, clauses: &[Clause], locale: &str, screen: &Screen) -> String {
    let mut table = screen.table(&["clause", "section", ""]);
    for used in &service.clauses {
        let Some(clause) = clauses.iter().find(|clause| clause.code == used.code) else { continue };
        let text = clause.texts.get(locale).or_else(|| clause.texts.get("en"));
        let note = clause.kinds().all(|kind| kind == ClauseKind::Note);
        let tone = if note { Tone::Plain } else { Tone::Heading };
        let waivable = if used.waivable { "\n(can be waived in writing)" } else { "" };
        table.add_row([
            screen.name(tone, &clause.code),
            Cell::new(&clause.section),
            Cell::new(format!("{}{waivable}", readable(text.map_or("", String::as_str), &service.display_name))),
        ]);
    }
    screen.laid_out(table)
}

/// A text of the service as it is read without a case: its name is known, and what a case fills in is named.
fn readable(text: &str, service_name: &str) -> String {
    let text = text.replace("{service_name}", service_name).replace(['[', ']'], "");
    let mut parts = text.split('{');
    let mut readable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        readable.push_str(&format!("<{}>{rest}", name.replace('_', " ")));
    }
    readable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_without_a_case() {
        for (text, read) in [
            ("{service_name} is not offered in {country_name}.", "Rapid Response is not offered in <country name>."),
            (
                "At most {limit_amount}[, and {requested_amount} were asked for].",
                "At most <limit amount>, and <requested amount> were asked for.",
            ),
            ("No values.", "No values."),
        ] {
            assert_eq!(readable(text, "Rapid Response"), read);
        }
    }
}
