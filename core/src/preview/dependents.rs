//! Which orders lean on a base that the change ends, moves, holds or brings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::rows::Rows;
use crate::engine::{LeaningItem, Prepared, leaning_items};
use crate::terms::Span;

/// What becomes of the base behind one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    pub work_order_id: String,
    pub effect: DependentEffect,
    pub location_ids: BTreeSet<String>,
    /// When its cover ended there, the latest; none: there was none.
    pub old_end: Option<DateTime<Utc>>,
    pub new_end: Option<DateTime<Utc>>,
}

/// The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependentEffect {
    /// No base covers it any more.
    Uncovered,
    EndsSooner,
    BeginsOtherwise,
    EndsLater,
    /// A base covers it that did not before.
    Covered,
}

/// The worst of what happens to the items of each order, by their ids. Items that are not in both contracts, and what
/// they change of their own time, are no matter of the base.
pub fn dependents(old: &Prepared, new: &Prepared) -> Rows<Dependent> {
    let before: BTreeMap<_, _> = leaning_items(old).into_iter().map(|item| (place(&item), item)).collect();
    let mut found: BTreeMap<&str, Dependent> = BTreeMap::new();
    for item in leaning_items(new) {
        let Some(old) = before.get(&place(&item)) else { continue };
        let [from, to] = [old.cover, item.cover].map(|cover| cover?.intersect(item.term));
        let Some(effect) = effect(from, to) else { continue };
        let told = Dependent {
            work_order_id: item.work_order_id.to_owned(),
            effect,
            location_ids: BTreeSet::from([item.location_id.to_owned()]),
            old_end: from.map(|span| span.end),
            new_end: to.map(|span| span.end),
        };
        match found.get_mut(item.work_order_id) {
            Some(other) if other.effect < effect => {}
            Some(other) if other.effect == effect => other.add(told),
            _ => _ = found.insert(item.work_order_id, told),
        }
    }
    Rows::of(found.into_values())
}

impl Dependent {
    /// The same at another location.
    fn add(&mut self, other: Self) {
        self.location_ids.extend(other.location_ids);
        self.old_end = self.old_end.max(other.old_end);
        self.new_end = self.new_end.max(other.new_end);
    }
}

fn place<'a>(item: &LeaningItem<'a>) -> (&'a str, &'a str, &'a str) {
    (item.work_order_id, item.item_id, item.location_id)
}

fn effect(old: Option<Span>, new: Option<Span>) -> Option<DependentEffect> {
    match (old, new) {
        (None, None) => None,
        (Some(_), None) => Some(DependentEffect::Uncovered),
        (None, Some(_)) => Some(DependentEffect::Covered),
        (Some(old), Some(new)) if new.end < old.end => Some(DependentEffect::EndsSooner),
        (Some(old), Some(new)) if new.start != old.start => Some(DependentEffect::BeginsOtherwise),
        (Some(old), Some(new)) => (new.end > old.end).then_some(DependentEffect::EndsLater),
    }
}
