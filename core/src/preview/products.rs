//! The products for which decisions may turn.

use std::collections::BTreeSet;

use super::change::Change;
use crate::catalog::Catalog;
use crate::model::{ProductPattern, WorkOrder};

/// The products that are added to or removed from what orders, and items they keep, are for: those that are named first.
/// All products are those of the families that the order's edition knows.
pub(super) fn turned_products(catalog: &Catalog, change: &Change<'_>) -> Vec<String> {
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut families: BTreeSet<String> = BTreeSet::new();
    for (old, new) in change.orders() {
        let Some(old) = old else { continue };
        for pattern in differing(old, new) {
            match pattern {
                ProductPattern::Component(family, component) => _ = named.insert(format!("{family}/{component}")),
                ProductPattern::Family(family) => _ = named.insert(family.clone()),
                ProductPattern::All => {
                    let known = catalog.edition(&new.edition_id).into_iter().flat_map(|edition| &edition.families);
                    families.extend(known.map(|family| family.id.clone()));
                }
            }
        }
    }
    families.retain(|family| !named.contains(family));
    named.into_iter().chain(families).collect()
}

fn differing<'a>(old: &'a WorkOrder, new: &'a WorkOrder) -> Vec<&'a ProductPattern> {
    let mut found = one_sided(&old.covered_products, &new.covered_products);
    for item in &new.items {
        if let Some(old) = old.item(&item.item_id) {
            found.extend(one_sided(&old.product_ids, &item.product_ids));
            let [one, other] = [old, item].map(|item| &item.waivers);
            let waived = one.iter().filter(|waiver| !other.contains(waiver));
            let waived = waived.chain(other.iter().filter(|waiver| !one.contains(waiver)));
            found.extend(waived.flat_map(|waiver| &waiver.product_ids));
        }
    }
    found
}

fn one_sided<'a>(one: &'a [ProductPattern], other: &'a [ProductPattern]) -> Vec<&'a ProductPattern> {
    let [gone, come] = [(one, other), (other, one)].map(|(one, other)| one.iter().filter(|own| !other.contains(own)));
    gone.chain(come).collect()
}
