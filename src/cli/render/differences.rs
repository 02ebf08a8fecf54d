//! What differs between two versions of an order or a customer, field by field.

use std::collections::BTreeMap;

use comfy_table::Cell;

use crate::cli::document::write::Written;
use crate::cli::screen::{Screen, Tone, keep_whole};

/// One field: its path, what it was and what it is. An empty text is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub path: String,
    pub before: String,
    pub after: String,
}

/// By path. Items and the like are found by their ids, not by their place.
pub(crate) fn of(before: &Written, after: &Written) -> Vec<Difference> {
    let (before, after) = (flat(before), flat(after));
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    let text = |side: &BTreeMap<String, String>, path: &String| side.get(path).cloned().unwrap_or_default();
    let all = paths.into_iter();
    let all = all.map(|path| Difference { path: path.clone(), before: text(&before, path), after: text(&after, path) });
    all.filter(|one| one.before != one.after).collect()
}

pub(crate) fn table(differences: &[Difference], screen: &Screen) -> String {
    if differences.is_empty() {
        return "nothing differs".to_owned();
    }
    let mut table = screen.table(&["Field", "before", "after"]);
    for Difference { path, before, after } in differences {
        let shown = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
        table.add_row([
            screen.name(Tone::Plain, path),
            screen.cell(Tone::Quiet, &shown(before)),
            Cell::new(shown(after)),
        ]);
    }
    keep_whole(&mut table, &[0]);
    screen.laid_out(table)
}

fn flat(document: &Written) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    flatten(String::new(), document, &mut found);
    found
}

fn flatten(path: String, value: &Written, found: &mut BTreeMap<String, String>) {
    match value {
        Written::Map(entries) => {
            for entry in entries {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(format!("{path}{dot}{}", entry.key), &entry.value, found);
            }
        }
        Written::List(values) if values.iter().any(|value| matches!(value, Written::Map(_))) => {
            let mut ids = BTreeMap::<String, usize>::new();
            for value in values {
                let id = id(value);
                let count = ids.entry(id.clone()).or_default();
                *count = count.saturating_add(1);
                let again = if *count > 1 { format!("#{count}") } else { String::new() };
                flatten(format!("{path}[{id}{again}]"), value, found);
            }
        }
        Written::List(values) => {
            found.insert(path, values.iter().map(text).collect::<Vec<_>>().join(", "));
        }
        scalar => {
            found.insert(path, text(scalar));
        }
    }
}

/// The first field of each of them names it.
fn id(value: &Written) -> String {
    match value {
        Written::Map(entries) => entries.first().map_or(String::new(), |entry| text(&entry.value)),
        other => text(other),
    }
}

fn text(value: &Written) -> String {
    match value {
        Written::Text(text) | Written::Word(text) => text.clone(),
        Written::Number(number) => number.to_string(),
        Written::Bool(value) => value.to_string(),
        Written::List(_) | Written::Map(_) => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::document::{read, write};
    use crate::cli::screen::assert_legible;
    use crate::model::Zone;

    #[test]
    fn what_differs_is_told_by_the_ids_of_things() {
        let order = read(include_str!("../../../examples/halden-mills.yaml")).unwrap().request.work_orders.remove(0);
        let mut changed = order.clone();
        changed.items[1].unit_price = Some(25_000);
        changed.items.remove(0);
        changed.covered_products.push("power-bi".to_owned());
        changed.end_date = "2028-12-31".to_owned();
        let written = |order| write::order(order, Zone::UTC).unwrap();
        let found = of(&written(&order), &written(&changed));
        let told: Vec<_> = found.iter().map(|it| (it.path.as_str(), it.before.as_str(), it.after.as_str())).collect();
        assert_eq!(
            told,
            [
                (
                    "covered_products",
                    "azure/*, microsoft-365/*, windows-server, sql-server",
                    "azure/*, microsoft-365/*, windows-server, sql-server, power-bi"
                ),
                ("end_date", "2027-12-31", "2028-12-31"),
                ("items[base].all_locations", "true", ""),
                ("items[base].item_id", "base", ""),
                ("items[base].service_id", "unified-enterprise-base", ""),
                ("items[ede-utrecht].unit_price", "245.00 EUR", "250.00 EUR"),
            ]
        );
        assert_legible(|screen| table(&found, screen));
        assert_eq!(of(&written(&order), &written(&order)), []);
    }
}
