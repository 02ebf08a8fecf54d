//! What an order covers, worked out once for all of its items: both patterns and items may be a thousand.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ProductPattern, WorkOrder};

/// The products of an order, less those that it excepts.
pub(super) struct Covered<'a> {
    covered: Patterns<'a>,
    excepted: Patterns<'a>,
    /// What is covered and not excepted as a whole, by family; `*` by none.
    left: BTreeMap<Option<&'a str>, Vec<&'a ProductPattern>>,
}

impl<'a> Covered<'a> {
    pub(super) fn of(order: &'a WorkOrder) -> Self {
        let (covered, excepted) = (Patterns::of(&order.covered_products), Patterns::of(&order.covered_products_except));
        let mut left: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for pattern in order.covered_products.iter().filter(|pattern| !excepted.includes(pattern)) {
            left.entry(pattern.family()).or_default().push(pattern);
        }
        Self { covered, excepted, left }
    }

    /// Whether anything is left of what is wanted, beside what else is excepted.
    pub(super) fn leaves(&self, wanted: &ProductPattern, except: &[ProductPattern]) -> bool {
        let is_free = |pattern: &ProductPattern| !except.iter().any(|other| other.includes(pattern));
        if self.covered.includes(wanted) {
            return !self.excepted.includes(wanted) && is_free(wanted);
        }
        // What is covered is narrower.
        match wanted {
            ProductPattern::All => self.left.values().flatten().any(|pattern| is_free(pattern)),
            ProductPattern::Family(family) => {
                self.left.get(&Some(family.as_str())).into_iter().flatten().any(|pattern| is_free(pattern))
            }
            ProductPattern::Component(..) => false,
        }
    }
}

/// Patterns, found by their words.
struct Patterns<'a>(BTreeSet<&'a ProductPattern>);

impl<'a> Patterns<'a> {
    fn of(patterns: &'a [ProductPattern]) -> Self {
        Self(patterns.iter().collect())
    }

    /// Whether everything that this one matches is matched.
    fn includes(&self, pattern: &ProductPattern) -> bool {
        let is_of_family = |family: &str| self.0.contains(&ProductPattern::Family(family.to_owned()));
        self.0.contains(pattern) || self.0.contains(&ProductPattern::All) || pattern.family().is_some_and(is_of_family)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{changed_order, contract, item};
    use super::*;

    const WORDS: [&str; 5] = ["*", "a/*", "b/*", "a/x", "a/y"];

    /// None, each, and each two.
    fn lists() -> Vec<Vec<ProductPattern>> {
        let pairs = WORDS.iter().flat_map(|one| WORDS.map(|other| vec![(*one).into(), other.into()]));
        [Vec::new()].into_iter().chain(WORDS.map(|one| vec![one.into()])).chain(pairs).collect()
    }

    /// Each with each.
    fn leaves(order: &WorkOrder, wanted: &ProductPattern, except: &[ProductPattern]) -> bool {
        let common = order.covered_products.iter().filter_map(|covered| covered.common(wanted));
        let excepts = || order.covered_products_except.iter().chain(except);
        common.into_iter().any(|pattern| !excepts().any(|except| except.includes(pattern)))
    }

    #[test]
    fn what_is_left_is_what_each_pattern_with_each_other_leaves() {
        let mut contract = contract(vec![item("advisor")]);
        for covered in lists() {
            for except in lists() {
                let order = changed_order(&mut contract);
                (order.covered_products, order.covered_products_except) = (covered.clone(), except);
                let found = Covered::of(order);
                for wanted in WORDS.map(ProductPattern::from) {
                    for more in lists() {
                        let expected = leaves(order, &wanted, &more);
                        assert_eq!(found.leaves(&wanted, &more), expected, "{order:?} {wanted} {more:?}");
                    }
                }
            }
        }
    }
}
