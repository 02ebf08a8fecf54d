//! The catalogue.

use comfy_table::Cell;

use super::words;
use crate::cli::screen::{Screen, Tone, indented};
use crate::proto::v1::{Clause, Edition, Product, Service, Unit};

pub fn editions(editions: &[Edition], screen: &Screen) -> String {
    let mut table = screen.table(&["edition", "name", "base package", ""]);
    for edition in editions {
        table.add_row([
            screen.name(Tone::Plain, &edition.edition_id),
            Cell::new(&edition.display_name),
            screen.name(Tone::Plain, &edition.base_service_id),
            screen.cell(Tone::Good, if edition.is_default { "default" } else { "" }),
        ]);
    }
    indented(&table)
}

pub fn services(services: &[Service], screen: &Screen) -> String {
    let groups = services.chunk_by(|one, next| one.group == next.group);
    groups.map(|services| group(services, screen)).collect::<Vec<_>>().join("\n\n")
}

fn group(services: &[Service], screen: &Screen) -> String {
    let heading = services.first().map_or("", |service| service.group.as_str());
    let mut table = screen.table(&[heading, "name", "plan", "unit"]);
    for service in services {
        let unit = match service.unit() {
            Unit::Unspecified => String::new(),
            unit => unit.as_str_name().trim_start_matches("UNIT_").to_lowercase(),
        };
        table.add_row([
            screen.name(Tone::Plain, &service.service_id),
            Cell::new(&service.display_name),
            Cell::new(words::plan(service.plan())),
            Cell::new(unit),
        ]);
    }
    indented(&table)
}

pub fn products(products: &[Product], screen: &Screen) -> String {
    let mut table = screen.table(&["product", "name", ""]);
    for product in products {
        let preview = (!product.preview_until.is_empty()).then(|| format!("preview until {}", product.preview_until));
        let retired = (!product.retired_from.is_empty()).then(|| format!("retired from {}", product.retired_from));
        let cloud = product.cloud.then(|| "cloud".to_owned());
        let facts: Vec<String> = [cloud, preview, retired].into_iter().flatten().collect();
        table.add_row([
            screen.name(Tone::Plain, &product.product_id),
            Cell::new(&product.display_name),
            Cell::new(facts.join(", ")),
        ]);
    }
    indented(&table)
}

/// With the texts in `locale`, else in English.
pub fn clauses(clauses: &[Clause], locale: &str, screen: &Screen) -> String {
    let mut table = screen.table(&["clause", ""]);
    for clause in clauses {
        let text = clause.texts.get(locale).or_else(|| clause.texts.get("en"));
        let kinds = clause.kinds().map(|kind| kind.as_str_name().trim_start_matches("CLAUSE_KIND_").to_lowercase());
        let waivable = clause.waivable.then(|| "waivable".to_owned());
        let applied: Vec<String> = kinds.chain(waivable).collect();
        let words = format!("{}\n{}; {}", text.map_or("", String::as_str), clause.section, applied.join(", "));
        table.add_row([screen.name(Tone::Plain, &clause.code), Cell::new(words.trim())]);
    }
    indented(&table)
}
