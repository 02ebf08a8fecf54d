//! The catalogue.

use comfy_table::Cell;

use super::words;
use crate::cli::screen::{Screen, Tone, indented, keep_whole};
use crate::proto::v1::{Clause, Edition, Product, Service, Unit};

pub fn editions(editions: &[Edition], screen: &Screen) -> String {
    let mut table = screen.table(&["edition", "name", "base package", ""]);
    for edition in editions {
        table.add_row([
            screen.cell(Tone::Heading, &edition.edition_id),
            Cell::new(&edition.display_name),
            Cell::new(&edition.base_service_id),
            screen.cell(Tone::Good, if edition.is_default { "default" } else { "" }),
        ]);
    }
    indented(&table)
}

pub fn services(services: &[Service], screen: &Screen) -> String {
    let mut table = screen.table(&["service", "name", "group", "plan", "unit"]);
    for service in services {
        let unit = match service.unit() {
            Unit::Unspecified => String::new(),
            unit => unit.as_str_name().trim_start_matches("UNIT_").to_lowercase(),
        };
        table.add_row([
            screen.cell(Tone::Heading, &service.service_id),
            Cell::new(&service.display_name),
            Cell::new(&service.group),
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
            screen.cell(Tone::Heading, &product.product_id),
            Cell::new(&product.display_name),
            Cell::new(facts.join(", ")),
        ]);
    }
    indented(&table)
}

/// With the texts in `locale`, else in English.
pub fn clauses(clauses: &[Clause], locale: &str, screen: &Screen) -> String {
    let mut table = screen.table(&["clause", "section", "applied", ""]);
    for clause in clauses {
        let text = clause.texts.get(locale).or_else(|| clause.texts.get("en"));
        let kinds = clause.kinds().map(|kind| kind.as_str_name().trim_start_matches("CLAUSE_KIND_").to_lowercase());
        let mut applied = kinds.collect::<Vec<_>>().join(", ");
        if clause.waivable {
            applied.push_str("\nwaivable");
        }
        table.add_row([
            screen.cell(Tone::Heading, &clause.code),
            Cell::new(&clause.section),
            Cell::new(applied),
            Cell::new(text.map_or("", String::as_str)),
        ]);
    }
    keep_whole(&mut table, clauses.iter().map(|clause| clause.code.as_str()));
    indented(&table)
}
