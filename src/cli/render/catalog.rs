//! The catalogue.

use comfy_table::Cell;

use super::words;
use crate::catalog::{Loaded, OverlayChange};
use crate::cli::screen::{Screen, Tone};
use crate::legible::shown;
use crate::proto::v1::{Clause, Edition, Product, Service, Unit};

pub(crate) fn editions(editions: &[Edition], screen: &Screen) -> String {
    let mut table = screen.table(&["edition", "name", "base package", ""]);
    for edition in editions {
        table.add_row([
            screen.name(Tone::Plain, &edition.edition_id),
            Cell::new(&edition.display_name),
            screen.name(Tone::Plain, &edition.base_service_id),
            screen.cell(Tone::Good, if edition.is_default { "default" } else { "" }),
        ]);
    }
    screen.laid_out(table)
}

/// A catalogue out of files: what there is, and what its overlays change.
pub(crate) fn loaded(loaded: &Loaded, screen: &Screen) -> String {
    let mut table = screen.table(&["edition", "services", "clauses", "products", ""]);
    let default = loaded.catalog.default_edition();
    for edition in loaded.catalog.editions() {
        let note = if edition.id == default.id { "default" } else { "" };
        table.add_row([
            screen.name(Tone::Plain, &shown(&edition.id)),
            Screen::number(edition.services.len()),
            Screen::number(edition.clauses.len()),
            Screen::number(edition.products()),
            screen.cell(Tone::Good, note),
        ]);
    }
    let files = loaded.changes.chunk_by(|one, next| (&one.file, &one.edition_id) == (&next.file, &next.edition_id));
    let changes = files.map(|changes| overlay(changes, screen));
    std::iter::once(screen.laid_out(table)).chain(changes).collect::<Vec<_>>().join("\n\n")
}

fn overlay(changes: &[OverlayChange], screen: &Screen) -> String {
    let heading = changes.first().map(|first| format!("{}, over {}", shown(&first.file), first.edition_id));
    let heading = heading.unwrap_or_default();
    let mut table = screen.table(&["", "id", "changes"]);
    for change in changes {
        let what = if change.fields.is_empty() { "new".to_owned() } else { change.fields.join(", ") };
        table.add_row([Cell::new(change.noun), screen.name(Tone::Plain, &shown(&change.id)), Cell::new(shown(&what))]);
    }
    format!("{}\n{}", screen.paint(Tone::Heading, &shown(&heading)), screen.laid_out(table))
}

pub(crate) fn services(services: &[Service], screen: &Screen) -> String {
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
    screen.laid_out(table)
}

pub(crate) fn products(products: &[Product], screen: &Screen) -> String {
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
    screen.laid_out(table)
}

/// With the texts in `locale`, else in English.
pub(crate) fn clauses(clauses: &[Clause], locale: &str, screen: &Screen) -> String {
    let mut table = screen.table(&["clause", ""]);
    for clause in clauses {
        let text = clause.texts.get(locale).or_else(|| clause.texts.get("en"));
        let kinds = clause.kinds().map(|kind| kind.as_str_name().trim_start_matches("CLAUSE_KIND_").to_lowercase());
        let waivable = clause.waivable.then(|| "waivable".to_owned());
        let applied: Vec<String> = kinds.chain(waivable).collect();
        let words = format!("{}\n{}; {}", text.map_or("", String::as_str), clause.section, applied.join(", "));
        table.add_row([screen.name(Tone::Plain, &clause.code), Cell::new(words.trim())]);
    }
    screen.laid_out(table)
}
