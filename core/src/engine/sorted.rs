//! Lists of a contract that are looked into by name, however long they are.

use std::cmp::Ordering;

use crate::model::{ProductId, ProductPattern};

/// Lists up to this length are looked through: that is as fast.
const FEW: usize = 8;

/// The rows of a list in the order of its values; none for a short list.
#[derive(Debug, Default)]
pub struct Sorted(Box<[u32]>);

impl Sorted {
    pub fn of<T: Ord>(list: &[T]) -> Self {
        if list.len() <= FEW {
            return Self::default();
        }
        let mut rows: Vec<(&T, u32)> = list.iter().zip(0..).collect();
        rows.sort_unstable();
        Self(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Whether the list this was made of has a value at this place; `place` says on which side
    /// of it another one lies.
    fn has<T>(&self, list: &[T], place: impl Fn(&T) -> Ordering) -> bool {
        if self.0.is_empty() {
            return list.iter().any(|value| place(value).is_eq());
        }
        let at = |row: &u32| usize::try_from(*row).ok().and_then(|row| list.get(row)).map_or(Ordering::Less, &place);
        self.0.binary_search_by(at).is_ok()
    }

    /// Whether a pattern of the list matches the product.
    pub fn matches(&self, patterns: &[ProductPattern], product: ProductId<'_>) -> bool {
        if self.0.is_empty() {
            return patterns.iter().any(|pattern| pattern.matches(product));
        }
        self.has(patterns, |own| own.cmp(&ProductPattern::All))
            || self.has(patterns, |own| family_place(own, product.family))
            || product.component.is_some_and(|component| {
                self.has(patterns, |own| {
                    component_place(own, product.family).then_with(|| component_of(own).cmp(component))
                })
            })
    }
}

fn family_place(own: &ProductPattern, family: &str) -> Ordering {
    match own {
        ProductPattern::All => Ordering::Less,
        ProductPattern::Family(own) => own.as_str().cmp(family),
        ProductPattern::Component(..) => Ordering::Greater,
    }
}

fn component_place(own: &ProductPattern, family: &str) -> Ordering {
    match own {
        ProductPattern::All | ProductPattern::Family(_) => Ordering::Less,
        ProductPattern::Component(own, _) => own.as_str().cmp(family),
    }
}

fn component_of(own: &ProductPattern) -> &str {
    match own {
        ProductPattern::Component(_, component) => component,
        ProductPattern::All | ProductPattern::Family(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const TEXTS: [&str; 8] = ["*", "a", "a/x", "a/y", "b", "b/*", "c/x", "d/z"];

    proptest! {
        #[test]
        fn a_list_of_any_length_is_looked_through(
            texts in vec(select(TEXTS[1..].to_vec()), 0..30), all in any::<bool>(), product in select(TEXTS[1..].to_vec()),
        ) {
            let product = ProductId::new(product);
            let patterns: Vec<ProductPattern> = texts.iter().chain(all.then_some(&"*")).map(|text| (*text).into()).collect();
            let sorted = Sorted::of(&patterns);
            prop_assert_eq!(sorted.matches(&patterns, product), patterns.iter().any(|own| own.matches(product)));
        }
    }
}
